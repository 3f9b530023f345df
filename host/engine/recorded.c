/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/json.h"
#include "header.h"

#include <string.h>

/* ------------------------------------------------------------------ what it was begun with */

static int32_t take_builds(engine *e, const run_header *h, qn_err *err)
{
    struct json_object *list = json_get(h->root, "plugins", json_type_array);
    uint32_t n = list ? (uint32_t)json_object_array_length(list) : 0;
    const char **builds = arena_alloc(&e->arena, (n + 1) * sizeof *builds, 8);

    if (!builds) return fail(err, QN_E_NO_MEMORY, "no memory for the builds of a recorded run");
    for (uint32_t i = 0; i < n; i++) {
        const char *hash = json_get_text(json_object_array_get_idx(list, i), "sha256");
        if (!hash) hash = "";
        if (!(builds[i] = arena_text_n(&e->arena, hash, strlen(hash))))
            return fail(err, QN_E_NO_MEMORY, "no memory for the builds of a recorded run");
    }
    e->recorded = (recorded_builds){builds, n};
    return QN_OK;
}

int32_t recorded_read(engine *e, qn_err *err)
{
    store_run run;
    run_header h;
    int32_t rc;

    if (!e->store || e->is_books || e->options.mode == ENGINE_TRADE) return QN_OK;
    if ((rc = store_run_get(e->store, e->options.run, &run, err)) != QN_OK) return rc;
    if ((rc = run_header_read(run.header, &h, err)) != QN_OK) return rc;
    /* of another config the list is another one: that is refused, and told, later */
    if (strcmp(h.config_identity, config_identity(e->cfg)) == 0) rc = take_builds(e, &h, err);
    run_header_free(&h);
    return rc;
}

static bool is_build(const char *path, const char *hash)
{
    signature found;

    return module_identify(path, &found, NULL) == QN_OK && strcmp(found.sha256, hash) == 0;
}

const char *recorded_other(const engine *e, uint32_t number, const char *path)
{
    const char *hash = number < e->recorded.n ? e->recorded.builds[number] : "";

    return hash[0] && !is_build(path, hash) ? hash : NULL;
}

/* ------------------------------------------------------------------ by its hash */

int32_t recorded_load(const engine *e, const char *hash, const module_door *door, module **out,
                      qn_err *err)
{
    const module_options how = {.cache_dir = e->options.cache_dir, .door = door};
    const char *kept = e->options.instead_file;

    if (kept && is_build(kept, hash)) return module_load(kept, &how, out, err);
    return module_load_cached(hash, how.cache_dir, door, out, err);
}
