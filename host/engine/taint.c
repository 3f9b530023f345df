/* SPDX-License-Identifier: MIT
 *
 * What ran without a signature that anybody asked for: once it did, the run says so to its end. */
#include "internal.h"

#include "base/json.h"

#include <string.h>

bool taint_note(engine *e, instance *in, const module *m)
{
    bool is_unsigned = e->loading.trust.policy != TRUST_OFF && !module_about(m)->is_signed;

    if (is_unsigned) in->is_unsigned = true;
    return is_unsigned;
}

bool engine_is_tainted(const engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++)
        if (e->owners[i]->is_unsigned) return true;
    for (uint32_t i = 0; i < e->functions.n; i++)
        if (e->functions.all[i].is_unsigned) return true;
    return false;
}

/* The ids that a run's record calls unsigned ran in this run, too. */
static void recall(engine *e, struct json_object *was)
{
    struct json_object *list = json_get(was, "unsigned", json_type_array);
    size_t n = list ? json_object_array_length(list) : 0;

    for (size_t k = 0; k < n; k++) {
        const char *id = json_object_get_string(json_object_array_get_idx(list, k));
        for (uint32_t i = 1; id && i < e->nowners; i++)
            if (strcmp(e->owners[i]->id, id) == 0) e->owners[i]->is_unsigned = true;
        for (uint32_t i = 0; id && i < e->functions.n; i++)
            if (strcmp(e->functions.all[i].feature_name, id) == 0)
                e->functions.all[i].is_unsigned = true;
    }
}

void taint_recall(engine *e, const char *header, const char *footer)
{
    struct json_object *root = json_tokener_parse(footer ? footer : header);
    struct json_object *was = json_get(root, "trust", json_type_object);

    if (e->recorded.n) recall(e, was);
    if (e->is_books) e->trust_was = json_object_get(was);
    json_object_put(root);
}

static bool put_unsigned(const engine *e, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "unsigned");
    bool is_whole = list != NULL;

    for (uint32_t i = 1; i < e->nowners && is_whole; i++)
        if (e->owners[i]->is_unsigned)
            is_whole = json_append(list, json_object_new_string(e->owners[i]->id));
    for (uint32_t i = 0; i < e->functions.n && is_whole; i++)
        if (e->functions.all[i].is_unsigned)
            is_whole = json_append(list, json_object_new_string(e->functions.all[i].feature_name));
    return is_whole;
}

struct json_object *engine_trust(const engine *e)
{
    trust_policy policy = e->loading.trust.policy;
    struct json_object *to;
    bool is_whole;

    if (e->trust_was) return json_object_get(e->trust_was);
    to = json_object_new_object();
    is_whole = json_put_text(to, "policy", trust_policy_name(policy));
    if (policy == TRUST_OFF) /* nobody has looked */
        is_whole = is_whole && json_put_null(to, "tainted") && json_put_null(to, "unsigned");
    else
        is_whole =
            is_whole && json_put_bool(to, "tainted", engine_is_tainted(e)) && put_unsigned(e, to);
    return json_whole(to, is_whole);
}
