/* SPDX-License-Identifier: MIT */
#include "words.h"

#include "base/fail.h"

#include <stdbool.h>
#include <string.h>

static bool needs_quotes(const char *word)
{
    return !*word || *word == '"' || strchr(word, ' ');
}

/* Room for each byte twice and both marks: a byte that is cut shows as a text that does not fit. */
static size_t quote(const char *word, char *to, size_t room)
{
    size_t n = 0;

    to[n++] = '"';
    for (; *word && n + 3 < room; word++) {
        if (*word == '"' || *word == '\\') to[n++] = '\\';
        to[n++] = *word;
    }
    if (*word) return room;
    to[n++] = '"';
    to[n] = '\0';
    return n;
}

int32_t words_add(char to[WORDS_TEXT], const char *word, qn_err *err)
{
    size_t used = strlen(to);
    size_t at = used + (used > 0);
    char quoted[WORDS_TEXT];
    size_t len = strlen(word);

    for (const unsigned char *p = (const unsigned char *)word; *p; p++)
        if (*p < ' ' || *p == 127)
            return fail(err, QN_E_TYPE, "an argument holds control characters");
    if (needs_quotes(word)) {
        len = quote(word, quoted, sizeof quoted);
        word = quoted;
    }
    if (at + len >= WORDS_TEXT)
        return fail(err, QN_E_OVERFLOW, "what is given has more than %u bytes", WORDS_TEXT - 1);
    if (used) to[used] = ' ';
    memcpy(to + at, word, len);
    to[at + len] = '\0';
    return QN_OK;
}

/* Takes a word in quotes away from *at, without them, to *to. */
static bool unquote(const char **at, char **to)
{
    const char *p = *at + 1;

    for (; *p && *p != '"'; p++) {
        if (*p == '\\' && !*++p) return false;
        *(*to)++ = *p;
    }
    if (*p != '"' || (p[1] && p[1] != ' ')) return false;
    *at = p + 1;
    return true;
}

int32_t words_split(const char *text, word_list *out, qn_err *err)
{
    const char *at = text;
    char *to = out->text;

    out->n = 0;
    if (strnlen(text, WORDS_TEXT) == WORDS_TEXT)
        return fail(err, QN_E_SYNTAX, "more than %u bytes", WORDS_TEXT - 1);
    while (*at) {
        if (out->n == WORDS_MAX) return fail(err, QN_E_INVALID, "more than %u words", WORDS_MAX);
        out->items[out->n++] = to;
        if (*at == '"') {
            if (!unquote(&at, &to))
                return fail(err, QN_E_SYNTAX, "a quotation mark has no other, or no blank behind");
        } else {
            while (*at && *at != ' ')
                *to++ = *at++;
        }
        *to++ = '\0';
        if (*at == ' ' && !*++at) return fail(err, QN_E_SYNTAX, "it ends with a blank");
    }
    return QN_OK;
}
