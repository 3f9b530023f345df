/* SPDX-License-Identifier: MIT */
#include "header.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of 64 bits stand as text: a reader in another language may only have doubles. */
static bool number_of(struct json_object *object, const char *key, int64_t *out)
{
    const char *text = json_get_text(object, key);
    char *end;

    if (!text) return false;
    *out = strtoll(text, &end, 10);
    return *text && !*end;
}

static bool read_sets(run_header *h)
{
    struct json_object *sets = json_get(h->root, "sets", json_type_array);

    if (!sets || json_object_array_length(sets) > HEADER_SETS) return false;
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
        h.id = json_get_text(h.root, "id");
        h.name = json_get_text(h.root, "name");
        h.begun = json_get_text(h.root, "begun");
        h.config = json_get_text(h.root, "config");
        h.config_identity = json_get_text(h.root, "config_identity");
        h.data_sha256 = json_get_text(h.root, "data_sha256");
    }
    if (!h.root || !h.id || !h.name || !h.begun || !h.config || !h.config_identity ||
        !h.data_sha256 || !read_sets(&h) || !number_of(h.root, "from_ns", &h.from) ||
        !number_of(h.root, "to_ns", &h.to) || !number_of(h.root, "tape_from_ns", &h.tape_from)) {
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

/* ------------------------------------------------------------------ names */

/* The array under a key; NULL if there is none. */
static struct json_object *array_of(struct json_object *object, const char *key, uint32_t *n)
{
    struct json_object *array = json_get(object, key, json_type_array);

    if (!array) return NULL;
    *n = (uint32_t)json_object_array_length(array);
    return array;
}

static bool read_list(struct json_object *root, const char *key, arena *memory,
                      const char *const **out, uint32_t *n)
{
    struct json_object *array = array_of(root, key, n);
    const char **list = arena_alloc(memory, ((size_t)*n + 1) * sizeof *list, 8);

    if (!array || !list) return false;
    for (uint32_t i = 0; i < *n; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(array, i));
        if (!text || !(list[i] = arena_text_n(memory, text, strlen(text)))) return false;
    }
    *out = list;
    return true;
}

static bool exponent_of(struct json_object *object, const char *key, int32_t *out)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value)) return false;
    *out = json_object_get_int(value);
    return *out >= -18 && *out <= 18;
}

static bool read_instrument(struct json_object *from, uint32_t number, qn_instrument *to)
{
    const char *name = json_get_text(from, "name");
    const char *settle = json_get_text(from, "settle");

    to->size = sizeof *to;
    to->number = number;
    if (!name || !settle) return false;
    snprintf(to->name, sizeof to->name, "%s", name);
    snprintf(to->settle, sizeof to->settle, "%s", settle);
    return exponent_of(from, "price_exp", &to->price_exp) &&
           exponent_of(from, "qty_exp", &to->qty_exp) &&
           exponent_of(from, "money_exp", &to->money_exp);
}

static bool read_instruments(struct json_object *root, run_names *names)
{
    uint32_t n = 0;
    struct json_object *array = array_of(root, "instruments", &n);
    const qn_instrument **list = arena_alloc(&names->memory, ((size_t)n + 1) * sizeof *list, 8);
    qn_instrument *defs = arena_alloc(&names->memory, ((size_t)n + 1) * sizeof *defs, 8);

    if (!array || !list || !defs) return false;
    for (uint32_t i = 0; i < n; i++) {
        list[i] = &defs[i];
        if (!read_instrument(json_object_array_get_idx(array, i), i, &defs[i])) return false;
    }
    names->all.instruments = list;
    names->all.ninstruments = n;
    return true;
}

int32_t run_names_read(const run_header *h, run_names *out, qn_err *err)
{
    run_names names = {0};
    qn_record_names *all = &names.all;

    if (read_instruments(h->root, &names) &&
        read_list(h->root, "strategies", &names.memory, &all->strategies, &all->nstrategies) &&
        read_list(h->root, "risk", &names.memory, &all->modules, &all->nmodules) &&
        read_list(h->root, "features", &names.memory, &all->features, &all->nfeatures) &&
        read_list(h->root, "allocation", &names.memory, &names.values, &names.nvalues)) {
        *out = names;
        return QN_OK;
    }
    arena_free(&names.memory);
    return fail(err, QN_E_DAMAGED, "the header of run %s lacks names that its records need", h->id);
}

void run_names_free(run_names *names)
{
    arena_free(&names->memory);
    *names = (run_names){0};
}

/* ------------------------------------------------------------------ the end */

int32_t run_footer_read(const char *text, run_footer *out, qn_err *err)
{
    struct json_object *root = json_tokener_parse(text);
    const char *status = root ? json_get_text(root, "status") : NULL;
    const char *decisions = root ? json_get_text(root, "decision_hash") : NULL;
    const char *ledger = root ? json_get_text(root, "ledger_hash") : NULL;
    const char *ended = root ? json_get_text(root, "ended") : NULL;
    int64_t loop_seq = 0;
    int64_t last_seq = 0;
    int64_t market = 0;
    int64_t ended_ts = 0;
    bool is_whole = status && decisions && ledger && ended &&
                    time_parse(ended, strlen(ended), &ended_ts) == QN_OK &&
                    number_of(root, "loop_seq", &loop_seq) &&
                    number_of(root, "last_seq", &last_seq) &&
                    number_of(root, "market_events", &market);

    if (is_whole) {
        snprintf(out->status, sizeof out->status, "%s", status);
        snprintf(out->decision_hash, sizeof out->decision_hash, "%s", decisions);
        snprintf(out->ledger_hash, sizeof out->ledger_hash, "%s", ledger);
        out->loop_seq = (uint64_t)loop_seq;
        out->last_seq = (uint64_t)last_seq;
        out->market_events = (uint64_t)market;
        out->ended = ended_ts;
    }
    json_object_put(root);
    return is_whole ? QN_OK
                    : fail(err, QN_E_DAMAGED, "the footer of the run cannot be read: %.100s", text);
}
