/* SPDX-License-Identifier: MIT
 *
 * The manifest's text: JSON out, JSON in. */
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "manifest.h"
#include "period.h"

#include <quoin/sdk/decimal.h>

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "quoin-catalog"
#define VERSION 1

/* What a kind of instrument is called; the place is the number. */
static const char *const kinds[] = {"", "spot", "linear", "inverse"};

/* Members of an instrument that are numbers, and how they are written. */
typedef enum number_form { FORM_EXP, FORM_PRICE, FORM_QTY, FORM_MONEY } number_form;

typedef struct number_row {
    const char *key;
    size_t offset;
    number_form form;
} number_row;

static const number_row numbers[] = {
    {"price_exp", offsetof(qn_instrument, price_exp), FORM_EXP},
    {"qty_exp", offsetof(qn_instrument, qty_exp), FORM_EXP},
    {"money_exp", offsetof(qn_instrument, money_exp), FORM_EXP},
    {"tick_size", offsetof(qn_instrument, tick_size), FORM_PRICE},
    {"lot_size", offsetof(qn_instrument, lot_size), FORM_QTY},
    {"min_qty", offsetof(qn_instrument, min_qty), FORM_QTY},
    {"max_qty", offsetof(qn_instrument, max_qty), FORM_QTY},
    {"min_notional", offsetof(qn_instrument, min_notional), FORM_MONEY},
};

#define NUMBERS (sizeof numbers / sizeof numbers[0])

static int32_t exp_of(const qn_instrument *ins, number_form form)
{
    return form == FORM_PRICE ? ins->price_exp : form == FORM_QTY ? ins->qty_exp : ins->money_exp;
}

/* The currencies: key, place. */
typedef struct name_row {
    const char *key;
    size_t offset;
} name_row;

static const name_row currencies[] = {
    {"base", offsetof(qn_instrument, base)},
    {"quote", offsetof(qn_instrument, quote)},
    {"settle", offsetof(qn_instrument, settle)},
};

#define CURRENCIES (sizeof currencies / sizeof currencies[0])

/* ---- writing ---- */

/* A text that grows; once out of memory it stays so. */
typedef struct text {
    char *data;
    size_t len, room;
    bool has_failed;
} text;

static void put(text *t, const char *s)
{
    size_t len = strlen(s);

    if (t->has_failed || !mem_reserve((void **)&t->data, &t->room, t->len + len + 1, 1)) {
        t->has_failed = true;
        return;
    }
    memcpy(t->data + t->len, s, len + 1);
    t->len += len;
}

static bool instrument_members(struct json_object *o, const qn_instrument *ins)
{
    bool is_done = json_put_text(o, "name", ins->name) &&
                   json_put_time(o, "valid_from", ins->valid_from) &&
                   json_put_text(o, "kind", kinds[ins->kind]);

    for (size_t i = 0; i < NUMBERS && is_done; i++) {
        const char *at = (const char *)ins + numbers[i].offset;
        if (numbers[i].form == FORM_EXP)
            is_done = json_put(o, numbers[i].key,
                               json_object_new_int(*(const int32_t *)(const void *)at));
        else
            is_done = json_put_amount(o, numbers[i].key, *(const int64_t *)(const void *)at,
                                      exp_of(ins, numbers[i].form));
    }
    is_done = is_done && json_put_amount(o, "contract_size", ins->contract_size.mantissa,
                                         ins->contract_size.exp);
    for (size_t i = 0; i < CURRENCIES && is_done; i++)
        is_done = json_put(o, currencies[i].key,
                           json_object_new_string((const char *)ins + currencies[i].offset));
    return is_done;
}

static bool file_members(struct json_object *o, const catalog_file *file)
{
    char data[DATA_TYPE_TEXT];
    char crc[16];
    period p = period_of(file->data, file->period_start == INT64_MIN ? 0 : file->period_start);

    data_type_format(file->data, data);
    snprintf(crc, sizeof crc, "%08" PRIx32, file->crc);
    return json_put_text(o, "instrument", file->instrument) && json_put_text(o, "data", data) &&
           json_put_text(o, "period", p.text) && json_put_time(o, "first", file->first_ts) &&
           json_put_time(o, "last", file->last_ts) &&
           json_put(o, "events", json_object_new_int64((int64_t)file->events)) &&
           json_put(o, "bytes", json_object_new_int64((int64_t)file->bytes)) &&
           json_put_text(o, "crc", crc);
}

/* One object a line: a manifest can be read, and compared, by people. */
static void put_object(text *t, struct json_object *o, bool is_whole, bool is_last)
{
    const char *line = o && is_whole
                           ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE)
                           : NULL;

    if (line) {
        put(t, "    ");
        put(t, line);
        put(t, is_last ? "\n" : ",\n");
    } else {
        t->has_failed = true;
    }
    json_object_put(o);
}

#define SUM_KEY "  \"checksum\": \""

static void put_manifest(text *t, const manifest *m)
{
    char line[64];

    snprintf(line, sizeof line, "{\n  \"format\": \"%s\",\n  \"version\": %d,\n", FORMAT, VERSION);
    put(t, line);
    put(t, "  \"instruments\": [\n");
    for (size_t i = 0; i < m->ninstruments; i++) {
        struct json_object *o = json_object_new_object();
        put_object(t, o, o && instrument_members(o, &m->instruments[i]), i + 1 == m->ninstruments);
    }
    put(t, "  ],\n  \"files\": [\n");
    for (size_t i = 0; i < m->nfiles; i++) {
        struct json_object *o = json_object_new_object();
        put_object(t, o, o && file_members(o, &m->files[i]), i + 1 == m->nfiles);
    }
    put(t, "  ],\n");
    if (t->has_failed) return;
    snprintf(line, sizeof line, SUM_KEY "%08" PRIx32 "\"\n}\n", crc32c(t->data, t->len));
    put(t, line);
}

int32_t manifest_write(const char *dir, const manifest *m, qn_err *err)
{
    char path[PATH_ROOM];
    text t = {0};
    int32_t rc;

    if ((rc = path_join(dir, MANIFEST_NAME, path, err)) != QN_OK) return rc;
    put_manifest(&t, m);
    rc = t.has_failed ? fail(err, QN_E_NO_MEMORY, "out of memory writing %s", path)
                      : file_replace(path, t.data, t.len, err);
    mem_free(t.data);
    return rc;
}

/* ---- reading ---- */

/* Where the reader is, for its errors. */
typedef struct source {
    const char *path;
    const char *list; /* "instruments", "files" or "" */
    size_t item;
    qn_err *err;
} source;

static int32_t damaged(const source *src, const char *key, const char *what)
{
    if (!src->list[0])
        return fail(src->err, QN_E_DAMAGED, "damaged: %s: \"%s\": %s", src->path, key, what);
    return fail(src->err, QN_E_DAMAGED, "damaged: %s: %s[%zu]: \"%s\": %s", src->path, src->list,
                src->item, key, what);
}

static int32_t get_text(const source *src, struct json_object *o, const char *key, char *to,
                        size_t room)
{
    struct json_object *value = json_get(o, key, json_type_string);
    const char *s = value ? json_object_get_string(value) : NULL;
    size_t len = value ? (size_t)json_object_get_string_len(value) : 0;

    if (!s) return damaged(src, key, "expected a text");
    if (len >= room || strlen(s) != len) return damaged(src, key, "too long");
    memcpy(to, s, len + 1);
    return QN_OK;
}

static int32_t get_time(const source *src, struct json_object *o, const char *key, int64_t *out)
{
    char buf[TIME_TEXT];
    int32_t rc = get_text(src, o, key, buf, sizeof buf);

    if (rc != QN_OK) return rc;
    return time_parse(buf, strlen(buf), out) == QN_OK ? QN_OK : damaged(src, key, "no time");
}

static int32_t get_count(const source *src, struct json_object *o, const char *key, uint64_t *out)
{
    struct json_object *value = json_get(o, key, json_type_int);
    int64_t n = value ? json_object_get_int64(value) : 0;

    if (n <= 0) return damaged(src, key, "expected a number above 0");
    *out = (uint64_t)n;
    return QN_OK;
}

static int32_t get_number(const source *src, struct json_object *o, const number_row *row,
                          qn_instrument *ins)
{
    char *at = (char *)ins + row->offset;
    char buf[QN_DECIMAL_TEXT];
    struct json_object *value;
    int32_t rc;

    if (row->form == FORM_EXP) {
        if (!(value = json_get(o, row->key, json_type_int)))
            return damaged(src, row->key, "expected a whole number");
        *(int32_t *)(void *)at = json_object_get_int(value);
        return QN_OK;
    }
    if ((rc = get_text(src, o, row->key, buf, sizeof buf)) != QN_OK) return rc;
    if (qn_decimal_parse_at(buf, strlen(buf), exp_of(ins, row->form), (int64_t *)(void *)at) !=
        QN_OK)
        return damaged(src, row->key, "no decimal of the instrument's exponent");
    return QN_OK;
}

static int32_t get_kind(const source *src, struct json_object *o, uint32_t *out)
{
    char buf[16];
    int32_t rc = get_text(src, o, "kind", buf, sizeof buf);

    if (rc != QN_OK) return rc;
    for (uint32_t i = QN_SPOT; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i], buf) != 0) continue;
        *out = i;
        return QN_OK;
    }
    return damaged(src, "kind", "expected spot, linear or inverse");
}

static int32_t read_instrument(const source *src, struct json_object *o, manifest *m)
{
    qn_instrument ins = {.size = sizeof ins};
    char buf[QN_DECIMAL_TEXT];
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if ((rc = get_text(src, o, "name", ins.name, sizeof ins.name)) != QN_OK) return rc;
    if ((rc = get_time(src, o, "valid_from", &ins.valid_from)) != QN_OK) return rc;
    if ((rc = get_kind(src, o, &ins.kind)) != QN_OK) return rc;
    for (size_t i = 0; i < NUMBERS; i++)
        if ((rc = get_number(src, o, &numbers[i], &ins)) != QN_OK) return rc;
    if ((rc = get_text(src, o, "contract_size", buf, sizeof buf)) != QN_OK) return rc;
    if (qn_decimal_parse(buf, strlen(buf), &ins.contract_size) != QN_OK)
        return damaged(src, "contract_size", "no decimal");
    for (size_t i = 0; i < CURRENCIES; i++)
        if ((rc = get_text(src, o, currencies[i].key, (char *)&ins + currencies[i].offset,
                           sizeof ins.base)) != QN_OK)
            return rc;
    if (instrument_check(&ins, &why) != QN_OK) return damaged(src, "name", why.msg);
    if (manifest_dated(m, ins.name, ins.valid_from))
        return damaged(src, "valid_from", "two definitions of the same date");
    return manifest_put_instrument(m, &ins, src->err);
}

static int32_t read_file(const source *src, struct json_object *o, manifest *m)
{
    catalog_file file = {0};
    char name[sizeof(((qn_instrument *)0)->name)];
    char buf[DATA_TYPE_TEXT];
    int used = 0;
    period p;
    int32_t rc;

    if ((rc = get_text(src, o, "instrument", name, sizeof name)) != QN_OK) return rc;
    if (!manifest_instrument(m, name, 0)) return damaged(src, "instrument", "has no definition");
    if ((rc = get_text(src, o, "data", buf, sizeof buf)) != QN_OK) return rc;
    if (data_type_parse(buf, &file.data) != QN_OK) return damaged(src, "data", "no type of data");
    if ((rc = get_text(src, o, "period", buf, sizeof buf)) != QN_OK) return rc;
    if (period_parse(file.data, buf, &p) != QN_OK) return damaged(src, "period", "no period");
    if ((rc = get_time(src, o, "first", &file.first_ts)) != QN_OK) return rc;
    if ((rc = get_time(src, o, "last", &file.last_ts)) != QN_OK) return rc;
    if (file.last_ts < file.first_ts) return damaged(src, "last", "lies before the first");
    if ((rc = get_count(src, o, "events", &file.events)) != QN_OK) return rc;
    if ((rc = get_count(src, o, "bytes", &file.bytes)) != QN_OK) return rc;
    if ((rc = get_text(src, o, "crc", buf, sizeof buf)) != QN_OK) return rc;
    if (sscanf(buf, "%8" SCNx32 "%n", &file.crc, &used) != 1 || used != 8 || buf[8])
        return damaged(src, "crc", "no checksum");
    file.instrument = name;
    file.period_start = p.start;
    file.period_end = p.end;
    /* the path follows from the rest: a manifest cannot lead out of its folder */
    if (!(file.path = manifest_path(&m->texts, name, file.data, p.text, file.crc)))
        return fail(src->err, QN_E_NO_MEMORY, "out of memory reading %s", src->path);
    if (manifest_file(m, name, file.data, p.start))
        return damaged(src, "period", "two files for the same period");
    return manifest_put_file(m, &file, src->err);
}

typedef int32_t (*read_item)(const source *src, struct json_object *o, manifest *m);

static int32_t read_list(source *src, struct json_object *root, const char *key, read_item item,
                         manifest *m)
{
    struct json_object *list = json_get(root, key, json_type_array);
    size_t n = list ? json_object_array_length(list) : 0;
    int32_t rc = QN_OK;

    if (!list) return damaged(src, key, "expected an array");
    src->list = key;
    for (src->item = 0; src->item < n && rc == QN_OK; src->item++) {
        struct json_object *o = json_object_array_get_idx(list, src->item);
        rc = json_object_get_type(o) == json_type_object ? item(src, o, m)
                                                         : damaged(src, key, "expected an object");
    }
    src->list = "";
    return rc;
}

static int32_t read_root(source *src, struct json_object *root, manifest *m)
{
    struct json_object *version = json_get(root, "version", json_type_int);
    char format[32];
    int32_t rc;

    if ((rc = get_text(src, root, "format", format, sizeof format)) != QN_OK) return rc;
    if (strcmp(format, FORMAT) != 0) return damaged(src, "format", "not that of a catalog");
    if (!version || json_object_get_int(version) < 1) return damaged(src, "version", "missing");
    if (json_object_get_int(version) > VERSION)
        return fail(src->err, QN_E_TOO_NEW, "%s: catalog version %d, this program reads %d",
                    src->path, json_object_get_int(version), VERSION);
    if ((rc = read_list(src, root, "instruments", read_instrument, m)) != QN_OK) return rc;
    return read_list(src, root, "files", read_file, m);
}

/* The text must end with the checksum of what comes before it, and with nothing else. */
static int32_t check_sum(const source *src, const char *data, size_t len)
{
    char expected[64];
    size_t tail = sizeof SUM_KEY - 1 + 8 + 4; /* eight digits, "\"\n}\n" */

    if (len < tail) return damaged(src, "checksum", "the file is cut short");
    snprintf(expected, sizeof expected, SUM_KEY "%08" PRIx32 "\"\n}\n", crc32c(data, len - tail));
    if (memcmp(data + len - tail, expected, tail) != 0)
        return damaged(src, "checksum", "is wrong: the file was cut or changed");
    return QN_OK;
}

static int32_t parse(source *src, const char *data, size_t len, manifest *m)
{
    struct json_tokener *tok = json_tokener_new_ex(8);
    struct json_object *root = NULL;
    int32_t rc;

    if (!tok || len > INT32_MAX) {
        rc = fail(src->err, QN_E_NO_MEMORY, "out of memory reading %s", src->path);
        goto done;
    }
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tok, data, (int)len);
    if (!root || json_object_get_type(root) != json_type_object)
        rc = fail(src->err, QN_E_DAMAGED, "damaged at byte %zu: %s: %s",
                  json_tokener_get_parse_end(tok), src->path,
                  root ? "expected an object"
                       : json_tokener_error_desc(json_tokener_get_error(tok)));
    else
        rc = read_root(src, root, m);
done:
    json_object_put(root);
    if (tok) json_tokener_free(tok);
    return rc;
}

int32_t manifest_read(const char *dir, manifest *m, qn_err *err)
{
    char path[PATH_ROOM];
    source src = {path, "", 0, err};
    char *data = NULL;
    size_t len = 0;
    int32_t rc;

    if ((rc = path_join(dir, MANIFEST_NAME, path, err)) != QN_OK) return rc;
    if ((rc = file_read(path, &data, &len, err)) != QN_OK) return rc;
    if ((rc = check_sum(&src, data, len)) == QN_OK) rc = parse(&src, data, len, m);
    mem_free(data);
    if (rc != QN_OK) manifest_free(m);
    return rc;
}
