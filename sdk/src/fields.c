/* SPDX-License-Identifier: MIT
 *
 * The layout, little-endian: a group is u32 number of records, then each record: u16 length
 * of the name, the name, u64 length of the value, the value. Values: the member's bytes; for
 * a window u64 count and its values, oldest first; for an array of structs u32 their number
 * and a group each. The host runs on little-endian machines only (the module loader refuses
 * others), so members are copied as they lie in memory. */
#include <quoin/sdk/fields.h>

#include <quoin/sdk/fail.h>
#include <quoin/sdk/stream.h>

#include <string.h>

#define NAME_ROOM 64u
#define FIELDS_MAX 64u /* of one struct */

/* ------------------------------------------------------------------ save */

static uint32_t each_count(const qn_field *f, const void *self)
{
    uint32_t n;

    memcpy(&n, (const char *)self + f->count_offset, sizeof n);
    return n;
}

static const char *each_items(const qn_field *f, const void *self)
{
    const char *items;

    memcpy(&items, (const char *)self + f->offset, sizeof items);
    return items;
}

static uint64_t group_bytes(const qn_field *rows, uint32_t n, const void *self);

static uint64_t value_bytes(const qn_field *f, const void *self)
{
    const char *member = (const char *)self + f->offset;
    uint64_t total = 4;

    if (f->kind == QN_FIELD_BYTES) return f->bytes;
    if (f->kind == QN_FIELD_WINDOW) return 8 + 8 * ((const qn_window *)(const void *)member)->count;
    for (uint32_t i = 0; i < each_count(f, self); i++)
        total += group_bytes(f->fields, f->nfields, each_items(f, self) + (size_t)i * f->bytes);
    return total;
}

static uint64_t group_bytes(const qn_field *rows, uint32_t n, const void *self)
{
    uint64_t total = 4;

    for (uint32_t i = 0; i < n; i++)
        total += 2 + strlen(rows[i].name) + 8 + value_bytes(&rows[i], self);
    return total;
}

static int32_t save_group(const qn_field *rows, uint32_t n, const void *self, const qn_stream *to,
                          qn_err *err);

static int32_t save_window(const qn_window *w, const qn_stream *to, qn_err *err)
{
    int32_t rc = qn_stream_put(to, &w->count, sizeof w->count, err);

    for (uint64_t back = w->count; back > 0 && rc == QN_OK; back--) {
        int64_t value = qn_window_at(w, back - 1);
        rc = qn_stream_put(to, &value, sizeof value, err);
    }
    return rc;
}

static int32_t save_value(const qn_field *f, const void *self, const qn_stream *to, qn_err *err)
{
    const char *member = (const char *)self + f->offset;
    uint32_t n;
    int32_t rc;

    if (f->kind == QN_FIELD_BYTES) return qn_stream_put(to, member, f->bytes, err);
    if (f->kind == QN_FIELD_WINDOW)
        return save_window((const qn_window *)(const void *)member, to, err);
    n = each_count(f, self);
    rc = qn_stream_put(to, &n, sizeof n, err);
    for (uint32_t i = 0; i < n && rc == QN_OK; i++)
        rc = save_group(f->fields, f->nfields, each_items(f, self) + (size_t)i * f->bytes, to, err);
    return rc;
}

static int32_t save_group(const qn_field *rows, uint32_t n, const void *self, const qn_stream *to,
                          qn_err *err)
{
    int32_t rc = qn_stream_put(to, &n, sizeof n, err);

    for (uint32_t i = 0; i < n && rc == QN_OK; i++) {
        uint16_t name = (uint16_t)strlen(rows[i].name);
        uint64_t bytes = value_bytes(&rows[i], self);
        if ((rc = qn_stream_put(to, &name, sizeof name, err)) != QN_OK) break;
        if ((rc = qn_stream_put(to, rows[i].name, name, err)) != QN_OK) break;
        if ((rc = qn_stream_put(to, &bytes, sizeof bytes, err)) != QN_OK) break;
        rc = save_value(&rows[i], self, to, err);
    }
    return rc;
}

int32_t qn_fields_save(const qn_fields *fields, const void *self, const qn_stream *to, qn_err *err)
{
    return save_group(fields->rows, fields->nrows, self, to, err);
}

/* ------------------------------------------------------------------ load */

static int32_t load_group(const qn_field *rows, uint32_t n, void *self, uint32_t schema,
                          const qn_stream *from, qn_err *err);

static int32_t load_window(const qn_field *f, qn_window *w, uint64_t bytes, const qn_stream *from,
                           qn_err *err)
{
    uint64_t count;
    int64_t value;
    int32_t rc = qn_stream_get(from, &count, sizeof count, err);

    if (rc == QN_OK && (count > w->room || bytes != sizeof count + count * sizeof value))
        return qn_fail(err, QN_E_DAMAGED, "field %s: %llu values for a window of %llu", f->name,
                       (unsigned long long)count, (unsigned long long)w->room);
    for (uint64_t i = 0; rc == QN_OK && i < count; i++)
        if ((rc = qn_stream_get(from, &value, sizeof value, err)) == QN_OK)
            qn_window_push(w, value);
    return rc;
}

static int32_t load_each(const qn_field *f, void *self, uint32_t schema, const qn_stream *from,
                         qn_err *err)
{
    char *items;
    uint32_t n;
    int32_t rc = qn_stream_get(from, &n, sizeof n, err);

    if (rc == QN_OK && n != each_count(f, self))
        return qn_fail(err, QN_E_DAMAGED, "field %s: state of %u, the instance has %u", f->name, n,
                       each_count(f, self));
    memcpy(&items, (char *)self + f->offset, sizeof items);
    for (uint32_t i = 0; i < n && rc == QN_OK; i++)
        rc = load_group(f->fields, f->nfields, items + (size_t)i * f->bytes, schema, from, err);
    return rc;
}

static int32_t load_value(const qn_field *f, void *self, uint64_t bytes, uint32_t schema,
                          const qn_stream *from, qn_err *err)
{
    char *member = (char *)self + f->offset;

    if (f->kind == QN_FIELD_EACH) return load_each(f, self, schema, from, err);
    if (f->kind == QN_FIELD_WINDOW)
        return load_window(f, (qn_window *)(void *)member, bytes, from, err);
    if (bytes != f->bytes)
        return qn_fail(err, QN_E_DAMAGED, "field %s: %llu bytes, expected %u", f->name,
                       (unsigned long long)bytes, f->bytes);
    return qn_stream_get(from, member, bytes, err);
}

/* The place of the field in the table, n if there is none of that name. */
static uint32_t find(const qn_field *rows, uint32_t n, const char *name)
{
    uint32_t i = 0;

    while (i < n && strcmp(rows[i].name, name) != 0)
        i++;
    return i;
}

/* One record; `seen` has a bit for each field that was read before. */
static int32_t load_record(const qn_field *rows, uint32_t n, void *self, uint32_t schema,
                           uint64_t *seen, const qn_stream *from, qn_err *err)
{
    char name[NAME_ROOM + 1];
    uint16_t len;
    uint64_t bytes;
    uint32_t at;
    int32_t rc;

    if ((rc = qn_stream_get(from, &len, sizeof len, err)) != QN_OK) return rc;
    if (len > NAME_ROOM) return qn_fail(err, QN_E_DAMAGED, "a field name of %u bytes", len);
    if ((rc = qn_stream_get(from, name, len, err)) != QN_OK) return rc;
    name[len] = '\0';
    if ((rc = qn_stream_get(from, &bytes, sizeof bytes, err)) != QN_OK) return rc;
    at = find(rows, n, name);
    if (at == n || rows[at].since > schema)
        return qn_fail(err, QN_E_UNKNOWN_NAME, "the state has a field '%s' that layout %u lacks",
                       name, schema);
    if (*seen & UINT64_C(1) << at)
        return qn_fail(err, QN_E_DAMAGED, "the state has the field '%s' twice", name);
    *seen |= UINT64_C(1) << at;
    return load_value(&rows[at], self, bytes, schema, from, err);
}

static int32_t load_group(const qn_field *rows, uint32_t n, void *self, uint32_t schema,
                          const qn_stream *from, qn_err *err)
{
    uint32_t records;
    uint32_t expected = 0;
    uint64_t seen = 0;
    int32_t rc;

    if (n > FIELDS_MAX)
        return qn_fail(err, QN_E_RANGE, "a table of %u fields: %u are possible", n, FIELDS_MAX);
    rc = qn_stream_get(from, &records, sizeof records, err);
    for (uint32_t i = 0; i < n; i++)
        expected += rows[i].since <= schema;
    if (rc == QN_OK && records != expected)
        return qn_fail(err, QN_E_MISSING, "the state has %u fields, layout %u has %u", records,
                       schema, expected);
    for (uint32_t i = 0; i < records && rc == QN_OK; i++)
        rc = load_record(rows, n, self, schema, &seen, from, err);
    return rc;
}

int32_t qn_fields_load(const qn_fields *fields, void *self, uint32_t schema, const qn_stream *from,
                       qn_err *err)
{
    return load_group(fields->rows, fields->nrows, self, schema, from, err);
}
