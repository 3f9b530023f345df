/* SPDX-License-Identifier: MIT */
#include "header.h"

#include "base/fail.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(object, key, &value) &&
                   json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

/* Numbers of 64 bits stand as text: a reader in another language may only have doubles. */
static bool number_of(struct json_object *object, const char *key, int64_t *out)
{
    const char *text = text_of(object, key);
    char *end;

    if (!text) return false;
    *out = strtoll(text, &end, 10);
    return *text && !*end;
}

static bool read_sets(run_header *h)
{
    struct json_object *sets;

    if (!json_object_object_get_ex(h->root, "sets", &sets) ||
        !json_object_is_type(sets, json_type_array) || json_object_array_length(sets) > HEADER_SETS)
        return false;
    for (size_t i = 0; i < json_object_array_length(sets); i++) {
        h->sets[h->nsets] = json_object_get_string(json_object_array_get_idx(sets, i));
        if (!h->sets[h->nsets++]) return false;
    }
    return true;
}

int32_t run_header_read(const char *text, run_header *out, qn_err *err)
{
    run_header h = {.root = json_tokener_parse(text)};

    if (h.root) {
        h.id = text_of(h.root, "id");
        h.config = text_of(h.root, "config");
        h.config_sha256 = text_of(h.root, "config_sha256");
        h.data_sha256 = text_of(h.root, "data_sha256");
    }
    if (!h.root || !h.id || !h.config || !h.config_sha256 || !h.data_sha256 || !read_sets(&h) ||
        !number_of(h.root, "from_ns", &h.from) || !number_of(h.root, "to_ns", &h.to) ||
        !number_of(h.root, "tape_from_ns", &h.tape_from)) {
        json_object_put(h.root);
        return fail(err, QN_E_DAMAGED, "the header of the run cannot be read: %.100s", text);
    }
    *out = h;
    return QN_OK;
}

void run_header_free(run_header *h)
{
    json_object_put(h->root);
    *h = (run_header){0};
}

int32_t run_footer_read(const char *text, run_footer *out, qn_err *err)
{
    struct json_object *root = json_tokener_parse(text);
    const char *status = root ? text_of(root, "status") : NULL;
    const char *decisions = root ? text_of(root, "decision_hash") : NULL;
    const char *ledger = root ? text_of(root, "ledger_hash") : NULL;
    int64_t loop_seq = 0;
    int64_t last_seq = 0;
    bool is_whole = status && decisions && ledger && number_of(root, "loop_seq", &loop_seq) &&
                    number_of(root, "last_seq", &last_seq);

    if (is_whole) {
        snprintf(out->status, sizeof out->status, "%s", status);
        snprintf(out->decision_hash, sizeof out->decision_hash, "%s", decisions);
        snprintf(out->ledger_hash, sizeof out->ledger_hash, "%s", ledger);
        out->loop_seq = (uint64_t)loop_seq;
        out->last_seq = (uint64_t)last_seq;
    }
    json_object_put(root);
    return is_whole ? QN_OK
                    : fail(err, QN_E_DAMAGED, "the footer of the run cannot be read: %.100s", text);
}
