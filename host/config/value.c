/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"

#include <quoin/sdk/decimal.h>

#include <string.h>
#include <strings.h>

/* A --set value that is no number has another type, as "12" in the file would. */
static int32_t of_type(const config_node *node, int32_t rc)
{
    return rc == QN_E_SYNTAX && node->kind == NODE_BARE ? QN_E_TYPE : rc;
}

int32_t value_int(const config_node *node, int64_t *out)
{
    if (node->kind != NODE_INT && node->kind != NODE_BARE) return QN_E_TYPE;
    return of_type(node, integer_parse(node->text, strlen(node->text), out));
}

int32_t value_number(const config_node *node, double *out)
{
    if (node->kind != NODE_INT && node->kind != NODE_NUMBER && node->kind != NODE_BARE)
        return QN_E_TYPE;
    return of_type(node, number_parse(node->text, strlen(node->text), out));
}

int32_t value_bool(const config_node *node, int64_t *out)
{
    bool is_true = strcasecmp(node->text, "true") == 0;

    if (node->kind != NODE_BOOL && node->kind != NODE_BARE) return QN_E_TYPE;
    if (!is_true && strcasecmp(node->text, "false") != 0) return QN_E_TYPE;
    *out = is_true;
    return QN_OK;
}

int32_t value_text(const config_node *node, const char **out)
{
    if (node->kind != NODE_TEXT && node->kind != NODE_BARE) return QN_E_TYPE;
    *out = node->text;
    return QN_OK;
}

/* duration_parse knows no zero: "0s" is no period. As a setting, a latency of zero is one. */
static int32_t zero_duration(const char *text, size_t len, int64_t *out)
{
    char one[16];
    size_t zeros = strspn(text, "0");
    size_t rest = len - zeros;
    int64_t ignored;
    int32_t rc;

    if (zeros == 0 || rest == 0 || rest + 1 > sizeof one) return QN_E_SYNTAX;
    one[0] = '1';
    memcpy(one + 1, text + zeros, rest);
    if ((rc = duration_parse(one, rest + 1, &ignored)) == QN_OK) *out = 0;
    return rc;
}

int32_t value_duration(const config_node *node, int64_t *out)
{
    const char *text;
    int32_t rc = value_text(node, &text);

    if (rc != QN_OK) return rc;
    if ((rc = duration_parse(text, strlen(text), out)) != QN_E_SYNTAX) return rc;
    return zero_duration(text, strlen(text), out);
}

int32_t value_decimal(const config_node *node, qn_decimal *out)
{
    if (node->kind <= NODE_BOOL) return QN_E_TYPE;
    return qn_decimal_parse(node->text, strlen(node->text), out);
}

int32_t value_fixed(const config_node *node, int32_t exp, int64_t *out)
{
    qn_decimal value;
    int32_t rc = value_decimal(node, &value);

    return rc != QN_OK ? rc : qn_decimal_at(value, exp, out);
}

int32_t label_find(const char *labels, const char *text)
{
    size_t len = strlen(text);
    int32_t place = 0;

    for (const char *p = labels; p && *p; place++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, text, n) == 0) return place;
        p += n + (p[n] == '|');
    }
    return -1;
}

size_t labels_split(config *cfg, const char *labels, const char **to, size_t room)
{
    size_t n = 0;

    for (const char *p = labels; p && *p && n < room;) {
        size_t len = strcspn(p, "|");
        const char *copy = config_text_n(cfg, p, len);
        if (!copy) break;
        to[n++] = copy;
        p += len + (p[len] == '|');
    }
    return n;
}

/* The reason in words, where the code alone would leave a question. */
static const char *reason_of(int32_t code)
{
    static const struct {
        int32_t code;
        const char *text;
    } reasons[] = {
        {QN_E_PRECISION, ", which has too many decimal places"},
        {QN_E_OVERFLOW, ", which is too large or has too many digits"},
        {QN_E_RANGE, ", which lies outside the range"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].code == code) return reasons[i].text;
    return "";
}

void value_mistake(config *cfg, const config_node *node, const char *key, int32_t code,
                   const char *expected)
{
    char found[FOUND_TEXT];

    config_add_mistake(cfg, node, code, "%.64s: found %s%s, expected %s", key,
                       node_found(node, found), reason_of(code), expected);
}

const char *value_path(config *cfg, const config_node *node, const char *key, const char *text)
{
    char path[PATH_ROOM];

    if (!text[0]) {
        value_mistake(cfg, node, key, QN_E_INVALID, "a path");
        return NULL;
    }
    if (path_join(cfg->dir, text, path, NULL) != QN_OK) {
        value_mistake(cfg, node, key, QN_E_OVERFLOW, "a path of up to 4095 bytes");
        return NULL;
    }
    return config_text_n(cfg, path, strlen(path));
}
