/* SPDX-License-Identifier: MIT */
#include "catalog.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "event_table.h"
#include "manifest.h"

#include <stdio.h>
#include <string.h>

struct catalog {
    manifest manifest;
    char dir[PATH_ROOM];
};

int32_t data_type_parse(const char *text, data_type *out)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    const event_row *row = event_row_named(text, len);
    int64_t length = 0;

    if (!row || (row->type == QN_EVENT_BAR) != (colon != NULL)) return QN_E_SYNTAX;
    if (colon && duration_parse(colon + 1, strlen(colon + 1), &length) != QN_OK) return QN_E_SYNTAX;
    *out = (data_type){row->type, length};
    return QN_OK;
}

void data_type_format(data_type data, char to[DATA_TYPE_TEXT])
{
    const event_row *row = event_row_of(data.type);
    char length[24];

    if (row && data.type == QN_EVENT_BAR) {
        duration_format(data.length, length);
        snprintf(to, DATA_TYPE_TEXT, "%s:%s", row->name, length);
    } else {
        snprintf(to, DATA_TYPE_TEXT, "%s", row ? row->name : "?");
    }
}

int32_t catalog_open(const char *dir, catalog **out, qn_err *err)
{
    catalog *cat = mem_new(1, sizeof *cat);
    int32_t rc;

    if (!cat) return fail(err, QN_E_NO_MEMORY, "out of memory opening %s", dir);
    if ((rc = path_join("", dir, cat->dir, err)) != QN_OK) goto done;
    rc = manifest_read(dir, &cat->manifest, err);
    if (rc == QN_E_NOT_FOUND) rc = fail(err, rc, "%s is no catalog: it has no " MANIFEST_NAME, dir);
done:
    if (rc != QN_OK)
        catalog_close(cat);
    else
        *out = cat;
    return rc;
}

void catalog_close(catalog *cat)
{
    if (!cat) return;
    manifest_free(&cat->manifest);
    mem_free(cat);
}

const char *catalog_dir(const catalog *cat)
{
    return cat->dir;
}

size_t catalog_files(const catalog *cat, const catalog_file **out)
{
    *out = cat->manifest.files;
    return cat->manifest.nfiles;
}

size_t catalog_instruments(const catalog *cat, const qn_instrument **out)
{
    *out = cat->manifest.instruments;
    return cat->manifest.ninstruments;
}

const qn_instrument *catalog_instrument(const catalog *cat, const char *name, int64_t ts_ns)
{
    return manifest_instrument(&cat->manifest, name, ts_ns);
}

size_t catalog_find(const catalog *cat, const char *instrument, data_type data,
                    const catalog_file **out)
{
    size_t count;
    size_t first = manifest_find(&cat->manifest, instrument, data, &count);

    *out = count ? &cat->manifest.files[first] : NULL;
    return count;
}
