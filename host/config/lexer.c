/* SPDX-License-Identifier: MIT
 *
 * libconfig's words, cut the way its scanner cuts them: the longest match wins. What differs,
 * on purpose: a comment may end with the file, an unclosed comment is a mistake, a byte-order
 * mark is skipped, a text must be UTF-8, and a name where a value belongs is told as a mistake
 * and read as a value, so that the rest of the file is checked as well. */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX ((size_t)4 << 20) /* bytes of one file */
#define INCLUDE_DEPTH 10           /* as libconfig */

/* One text that is being read; `outer` is the one that includes it. */
typedef struct source {
    const struct source *outer;
    const char *file;
    int32_t line;
    const char *start, *p, *end;
} source;

typedef struct lexer {
    config *cfg;
    tokens *out;
    char *buf; /* a text without its quotes and escapes */
    size_t len, room;
    qn_err *err;
} lexer;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static const char *skip_long(const char *p, const char *end)
{
    if (p < end && *p == 'L') p++;
    if (p < end && p[-1] == 'L' && *p == 'L') p++;
    return p;
}

/* Behind "e-12"; `p` itself where there is no exponent. */
static const char *skip_exponent(const char *p, const char *end)
{
    const char *q = p;

    if (q == end || (*q != 'e' && *q != 'E')) return p;
    q++;
    if (q < end && (*q == '+' || *q == '-')) q++;
    return q < end && is_digit(*q) ? skip_digits(q, end) : p;
}

size_t number_scan(const char *p, const char *end, token_kind *kind)
{
    const char *q = p;
    const char *digits;

    *kind = TOKEN_INT;
    if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && is_hex(p[2])) {
        for (q = p + 2; q < end && is_hex(*q);)
            q++;
        return (size_t)(skip_long(q, end) - p);
    }
    if (q < end && (*q == '+' || *q == '-')) q++;
    digits = q;
    q = skip_digits(q, end);
    if (q < end && *q == '.') {
        *kind = TOKEN_NUMBER;
        q = skip_exponent(skip_digits(q + 1, end), end);
        return (size_t)(q - p);
    }
    if (q == digits) return 0;
    if (skip_exponent(q, end) != q) {
        *kind = TOKEN_NUMBER;
        return (size_t)(skip_exponent(q, end) - p);
    }
    return (size_t)(skip_long(q, end) - p);
}

int32_t integer_parse(const char *text, size_t len, int64_t *out)
{
    const char *p = text;
    const char *end = text + len;
    bool is_negative = false;
    uint64_t base = 10;
    uint64_t value = 0;

    if (p < end && (*p == '+' || *p == '-')) is_negative = *p++ == '-';
    if (end - p > 2 && p[0] == '0' && (p[1] | 32) == 'x') {
        base = 16;
        p += 2;
    }
    if (p == end || !(base == 16 ? is_hex(*p) : is_digit(*p))) return QN_E_SYNTAX;
    for (; p < end && (base == 16 ? is_hex(*p) : is_digit(*p)); p++) {
        uint64_t digit = (uint64_t)(is_digit(*p) ? *p - '0' : (*p | 32) - 'a' + 10);
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return QN_E_OVERFLOW;
    }
    if (skip_long(p, end) != end) return QN_E_SYNTAX;
    if (value > (uint64_t)INT64_MAX + is_negative) return QN_E_OVERFLOW;
    *out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return QN_OK;
}

int32_t number_parse(const char *text, size_t len, double *out)
{
    token_kind kind;
    char copy[512]; /* more digits than any double has */
    char *stop;
    double value;
    int64_t whole;
    int32_t rc;

    if (len == 0 || number_scan(text, text + len, &kind) != len) return QN_E_SYNTAX;
    if (kind == TOKEN_INT) {
        if ((rc = integer_parse(text, len, &whole)) == QN_OK) *out = (double)whole;
        return rc;
    }
    if (len >= sizeof copy) return QN_E_OVERFLOW;
    memcpy(copy, text, len);
    copy[len] = '\0';
    value = strtod(copy, &stop);
    if (stop != copy + len) return QN_E_SYNTAX; /* "." : libconfig takes it for 0 */
    if (value > DBL_MAX || value < -DBL_MAX) return QN_E_RANGE;
    *out = value;
    return QN_OK;
}

/* Length of the UTF-8 sequence at p, 0 if it is none: overlong forms, surrogates and what
 * lies beyond U+10FFFF are refused. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first, last, low, high; /* of the lead byte, of the second byte */
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (*p < forms[i].first || *p > forms[i].last || forms[i].length > left) continue;
        if (forms[i].length > 1 && (p[1] < forms[i].low || p[1] > forms[i].high)) return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((p[k] & 0xc0) != 0x80) return 0;
        return forms[i].length;
    }
    return 0;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n)
        if (!(n = utf8_length((const unsigned char *)text + i, len - i))) return false;
    return true;
}

static int32_t no_memory(lexer *lx)
{
    lx->cfg->is_out_of_memory = true;
    return fail(lx->err, QN_E_NO_MEMORY, "out of memory reading %s", lx->cfg->file);
}

/* A mistake behind which the text cannot be read on. */
#define UNUSABLE(lx, src, line, code, ...)                                                         \
    do {                                                                                           \
        config_mistake_at((lx)->cfg, (src)->file, (line), (code), __VA_ARGS__);                    \
        (lx)->out->is_unusable = true;                                                             \
    } while (0)

/* A name stands where a value belongs: say so, and go on with a value in its place. */
static void name_to_value(lexer *lx, token *t)
{
    bool is_infinite = strcasecmp(t->text, "nan") == 0 || strcasecmp(t->text, "inf") == 0 ||
                       strcasecmp(t->text, "infinity") == 0;

    if (is_infinite)
        config_mistake_at(lx->cfg, t->file, t->line, QN_E_RANGE,
                          "found '%.64s', expected a finite number", t->text);
    else
        config_mistake_at(lx->cfg, t->file, t->line, QN_E_SYNTAX,
                          "found the name '%.64s', expected a value: texts stand in quotes, "
                          "\"%.64s\"",
                          t->text, t->text);
    t->kind = is_infinite ? TOKEN_NUMBER : TOKEN_TEXT;
    t->is_bad = true;
}

static bool is_value_place(const tokens *ts)
{
    bool in_row = ts->depth > 0 && ts->open[ts->depth - 1] != TOKEN_GROUP;
    token_kind before = ts->n > 1 ? ts->items[ts->n - 2].kind : TOKEN_SEMICOLON;

    return before == TOKEN_EQUALS ||
           (in_row && (before == TOKEN_COMMA || before == TOKEN_ARRAY || before == TOKEN_LIST));
}

/* A name that is followed by anything but '=' is no key. */
static void settle_name(lexer *lx, token_kind next)
{
    tokens *ts = lx->out;

    if (ts->n > 0 && ts->items[ts->n - 1].kind == TOKEN_NAME && next != TOKEN_EQUALS &&
        is_value_place(ts))
        name_to_value(lx, &ts->items[ts->n - 1]);
}

static int32_t push(lexer *lx, const source *src, int32_t line, token_kind kind, const char *text,
                    bool is_bad)
{
    tokens *ts = lx->out;

    if (!text) return no_memory(lx);
    settle_name(lx, kind);
    if (!mem_reserve((void **)&ts->items, &ts->room, ts->n + 1, sizeof *ts->items))
        return no_memory(lx);
    ts->items[ts->n++] = (token){kind, line, src->file, text, is_bad};
    return QN_OK;
}

static int32_t lex_number(lexer *lx, source *src, size_t len, token_kind kind)
{
    config *cfg = lx->cfg;
    int64_t whole = 0;
    double value;
    int32_t rc =
        kind == TOKEN_INT ? integer_parse(src->p, len, &whole) : number_parse(src->p, len, &value);
    const char *text = kind == TOKEN_INT ? arena_format(&cfg->arena, "%" PRId64, whole)
                                         : config_text_n(cfg, src->p, len);
    int shown = len < 64 ? (int)len : 64;

    if (rc == QN_E_OVERFLOW)
        config_mistake_at(cfg, src->file, src->line, rc,
                          "the number %.*s%s is too long, expected one of up to 64 bits", shown,
                          src->p, len > 64 ? "..." : "");
    else if (rc == QN_E_RANGE)
        config_mistake_at(cfg, src->file, src->line, rc,
                          "the number %.*s is not finite, expected one up to 1.79e308", shown,
                          src->p);
    else if (rc != QN_OK)
        config_mistake_at(cfg, src->file, src->line, rc, "'%.*s' is no number", shown, src->p);
    src->p += len;
    return push(lx, src, src->line, kind, text, rc != QN_OK);
}

static int32_t lex_name(lexer *lx, source *src)
{
    const char *p = src->p;
    const char *text;
    token_kind kind = TOKEN_NAME;

    while (src->p < src->end && (is_letter(*src->p) || is_digit(*src->p) || *src->p == '-' ||
                                 *src->p == '_' || *src->p == '*'))
        src->p++;
    text = config_text_n(lx->cfg, p, (size_t)(src->p - p));
    if (text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0)) {
        kind = TOKEN_BOOL;
        text = (text[0] | 32) == 't' ? "true" : "false";
    }
    return push(lx, src, src->line, kind, text, false);
}

static bool put(lexer *lx, char c)
{
    if (!mem_reserve((void **)&lx->buf, &lx->room, lx->len + 1, 1)) return false;
    lx->buf[lx->len++] = c;
    return true;
}

/* Reads what a backslash at src->p stands for. A backslash before anything but these letters
 * is itself. */
static char lex_escape(source *src)
{
    static const char letters[] = "nrtf\\\"";
    static const char stands_for[] = "\n\r\t\f\\\"";
    const char *p = src->p;
    const char *found;
    char hex[3] = {0};

    if (src->end - p >= 4 && (p[1] | 32) == 'x' && is_hex(p[2]) && is_hex(p[3])) {
        memcpy(hex, p + 2, 2);
        src->p += 4;
        return (char)strtoul(hex, NULL, 16);
    }
    if (src->end - p >= 2 && p[1] && (found = strchr(letters, p[1]))) {
        src->p += 2;
        return stands_for[found - letters];
    }
    src->p++;
    return '\\';
}

/* A quoted text; src->p stands on its opening quote. */
static int32_t lex_text(lexer *lx, source *src)
{
    int32_t line = src->line;
    bool is_good;

    lx->len = 0;
    for (src->p++; src->p < src->end && *src->p != '"';) {
        char c = *src->p;
        if (c == '\n') src->line++;
        if (c == '\\')
            c = lex_escape(src);
        else
            src->p++;
        if (!put(lx, c)) return no_memory(lx);
    }
    if (src->p == src->end) {
        UNUSABLE(lx, src, line, QN_E_SYNTAX, "the text that begins here has no closing quote");
        return QN_OK;
    }
    src->p++;
    is_good = !memchr(lx->buf ? lx->buf : "", '\0', lx->len) && text_is_utf8(lx->buf, lx->len);
    if (!is_good)
        config_mistake_at(lx->cfg, src->file, line, QN_E_SYNTAX,
                          "the text holds a zero byte or is not UTF-8");
    return push(lx, src, line, TOKEN_TEXT,
                config_text_n(lx->cfg, lx->buf ? lx->buf : "", is_good ? lx->len : 0), !is_good);
}

/* The single characters that mean something, and whether they open (1) or close (-1). Which
 * bracket closes which is the grammar's business. */
static const struct mark {
    const char *text;
    token_kind kind;
    int change;
} marks[] = {
    {"=", TOKEN_EQUALS, 0},    {":", TOKEN_EQUALS, 0},     {",", TOKEN_COMMA, 0},
    {";", TOKEN_SEMICOLON, 0}, {"{", TOKEN_GROUP, 1},      {"[", TOKEN_ARRAY, 1},
    {"(", TOKEN_LIST, 1},      {"}", TOKEN_GROUP_END, -1}, {"]", TOKEN_ARRAY_END, -1},
    {")", TOKEN_LIST_END, -1},
};

static int32_t lex_mark(lexer *lx, source *src, const struct mark *mark)
{
    tokens *ts = lx->out;
    int32_t rc = push(lx, src, src->line, mark->kind, mark->text, false);

    src->p++;
    if (rc != QN_OK) return rc;
    if (mark->change < 0 && ts->depth > 0) ts->depth--;
    if (mark->change <= 0) return QN_OK;
    if (ts->depth == TOKEN_DEPTH)
        UNUSABLE(lx, src, src->line, QN_E_RANGE, "brackets are nested deeper than %d", TOKEN_DEPTH);
    else
        ts->open[ts->depth++] = mark->kind;
    return QN_OK;
}

static int32_t lex_other(lexer *lx, source *src)
{
    const char *text;

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (*src->p == marks[i].text[0]) return lex_mark(lx, src, &marks[i]);
    text = config_text_n(lx->cfg, src->p, 1);
    src->p++;
    return push(lx, src, src->line, TOKEN_GARBAGE, text, false);
}

/* Behind blanks, newlines and comments. */
static void skip_blank(lexer *lx, source *src)
{
    while (src->p < src->end) {
        size_t left = (size_t)(src->end - src->p);
        const char *p = src->p;
        const char *stop;

        if (*p == '\n') src->line++;
        if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f') {
            src->p++;
            if (*p == '\n') return; /* an @include may follow */
        } else if (*p == '#' || (left > 1 && p[0] == '/' && p[1] == '/')) {
            stop = memchr(p, '\n', left);
            src->p = stop ? stop : src->end;
        } else if (left > 1 && p[0] == '/' && p[1] == '*') {
            if (!(stop = memmem(p + 2, left - 2, "*/", 2))) {
                UNUSABLE(lx, src, src->line, QN_E_SYNTAX,
                         "the comment that begins here has no closing */");
                return;
            }
            for (; p < stop; p++)
                src->line += *p == '\n';
            src->p = stop + 2;
        } else {
            return;
        }
    }
}

static const char *skip_spaces(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* Behind `@include "` at the start of a line, or NULL. */
static const char *include_open(const source *src)
{
    static const char word[] = "@include";
    const size_t len = sizeof word - 1;
    const char *p = skip_spaces(src->p, src->end);
    const char *blank;

    if (src->p > src->start && src->p[-1] != '\n') return NULL;
    if ((size_t)(src->end - p) <= len || memcmp(p, word, len) != 0) return NULL;
    blank = p + len;
    p = skip_spaces(blank, src->end);
    return p > blank && p < src->end && *p == '"' ? p + 1 : NULL;
}

static int32_t read_file(lexer *lx, const source *outer, const char *path);

static bool is_included_by_itself(const source *src, const char *path)
{
    for (; src; src = src->outer)
        if (strcmp(src->file, path) == 0) return true;
    return false;
}

/* Reads an included file. What is wrong with it is a mistake of the line that names it. */
static int32_t include_file(lexer *lx, const source *src, int32_t line, const char *name)
{
    char path[PATH_ROOM];
    qn_err why = QN_ERR_INIT;
    qn_err *err = lx->err;
    int depth = 0;
    int32_t rc = path_join(lx->cfg->dir, name, path, &why);

    for (const source *s = src; s; s = s->outer)
        depth++;
    if (rc == QN_OK && is_included_by_itself(src, path))
        rc = fail(&why, QN_E_INVALID, "%.160s includes itself", path);
    else if (rc == QN_OK && depth > INCLUDE_DEPTH)
        rc = fail(&why, QN_E_RANGE, "files are included deeper than %d", INCLUDE_DEPTH);
    if (rc == QN_OK) {
        lx->err = &why;
        rc = read_file(lx, src, path);
        lx->err = err;
    }
    if (rc == QN_E_NO_MEMORY) return no_memory(lx);
    if (rc != QN_OK) UNUSABLE(lx, src, line, rc, "@include: %s", why.msg);
    return QN_OK;
}

static int32_t lex_include(lexer *lx, source *src, const char *p)
{
    int32_t line = src->line;

    lx->len = 0;
    for (; p < src->end && *p != '"'; p++) {
        if (*p == '\n') src->line++;
        if (*p == '\\' && src->end - p > 1 && (p[1] == '\\' || p[1] == '"')) p++;
        if (!put(lx, *p)) return no_memory(lx);
    }
    if (!put(lx, '\0')) return no_memory(lx);
    if (p == src->end) {
        UNUSABLE(lx, src, line, QN_E_SYNTAX, "the file name of @include has no closing quote");
        return QN_OK;
    }
    src->p = p + 1;
    return include_file(lx, src, line, lx->buf);
}

static int32_t lex_one(lexer *lx, source *src)
{
    token_kind kind;
    size_t len = number_scan(src->p, src->end, &kind);

    if (len > 0) return lex_number(lx, src, len, kind);
    if (is_letter(*src->p) || *src->p == '*') return lex_name(lx, src);
    if (*src->p == '"') return lex_text(lx, src);
    return lex_other(lx, src);
}

static int32_t lex(lexer *lx, source *src)
{
    int32_t rc = QN_OK;

    while (rc == QN_OK && src->p < src->end && !lx->out->is_unusable) {
        const char *name = include_open(src);
        const char *p = src->p;

        if (name) {
            rc = lex_include(lx, src, name);
            continue;
        }
        skip_blank(lx, src);
        if (src->p == p) rc = lex_one(lx, src);
    }
    return rc;
}

/* A file's text as a source; `file` and `text` live at least as long as the lexer. */
static int32_t lex_file(lexer *lx, const source *outer, const char *file, const char *text,
                        size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skip = size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    source src = {outer, file, 1, text + skip, text + skip, text + size};

    if (size > TEXT_MAX || memchr(text, '\0', size)) {
        UNUSABLE(lx, &src, 1, QN_E_SYNTAX,
                 "this is no config: a text of up to %zu bytes without zero bytes was expected",
                 TEXT_MAX);
        return QN_OK;
    }
    return lex(lx, &src);
}

static int32_t read_file(lexer *lx, const source *outer, const char *path)
{
    config *cfg = lx->cfg;
    const char *file;
    char *text = NULL;
    size_t size = 0;
    int32_t rc = file_read(path, &text, &size, lx->err);

    if (rc != QN_OK) return rc;
    file = outer ? config_text_n(cfg, path, strlen(path)) : cfg->file;
    if (!file || config_file_add(cfg, file) != QN_OK) {
        rc = no_memory(lx);
        goto done;
    }
    if (outer) sha256_add(cfg->hash, "", 1); /* so that files cannot flow into each other */
    sha256_add(cfg->hash, text, size);
    rc = lex_file(lx, outer, file, text, size);
done:
    mem_free(text);
    return rc;
}

int32_t tokens_read_file(config *cfg, const char *path, tokens *out, qn_err *err)
{
    lexer lx = {.cfg = cfg, .out = out, .err = err};
    int32_t rc = read_file(&lx, NULL, path);

    if (rc == QN_OK) settle_name(&lx, TOKEN_GARBAGE);
    mem_free(lx.buf);
    return rc;
}

int32_t tokens_read_text(config *cfg, const char *file, const char *text, size_t len, tokens *out)
{
    lexer lx = {.cfg = cfg, .out = out};
    source src = {NULL, file, 0, text, text, text + len};
    int32_t rc = lex(&lx, &src);

    settle_name(&lx, TOKEN_GARBAGE);
    for (size_t i = 0; i < out->n; i++)
        out->items[i].line = 0;
    mem_free(lx.buf);
    return rc;
}
