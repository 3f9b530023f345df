/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "foreign/words.h"

#include <stdio.h>
#include <string.h>

/* Assignments as they were read. */
typedef struct assignments {
    word_list words;
    config_value values[WORDS_MAX];
    uint32_t n;
} assignments;

/* ------------------------------------------------------------------ what is wanted */

static int32_t read_text(const char *text, assignments *out, qn_err *err)
{
    int32_t rc = words_split(text, &out->words, err);

    if (rc != QN_OK) return rc;
    for (out->n = 0; out->n < out->words.n; out->n++) {
        char *key = out->words.text + (out->words.items[out->n] - out->words.text);
        char *equals = strchr(key, '=');
        if (!equals || equals == key)
            return fail(err, QN_E_SYNTAX, "%.64s is no PARAMETER=VALUE", key);
        *equals = '\0';
        out->values[out->n] = (config_value){key, equals + 1};
    }
    return out->n ? QN_OK : fail(err, QN_E_MISSING, "set needs PARAMETER=VALUE");
}

static int32_t check_instance(const engine *e, const instance *in, qn_err *err)
{
    const qn_class *cls = in->live->cls;

    if (!instance_is_pure(in))
        return fail(err, QN_E_UNSUPPORTED,
                    "%s: parameters of venues and sinks do not change while a run goes on", in->id);
    if (in->is_out) return fail(err, QN_E_STATE, "%s was taken out of the run", in->id);
    if (e->reloads.seat == in)
        return fail(err, QN_E_STATE,
                    "a reload of %s is under way: set it when that is through, or rolled back",
                    in->id);
    if ((!cls->save || !cls->load) && !(cls->flags & QN_CLASS_STATELESS))
        return fail(err, QN_E_STATE, "%s saves no state that could go over", in->id);
    return QN_OK;
}

static const config_node *params_of(const instance *in)
{
    return in->changed ? config_find(in->changed, "") : in->params;
}

static int32_t change(const instance *in, const assignments *a, config **out, qn_err *err)
{
    char place[80];

    snprintf(place, sizeof place, "set %s", in->id);
    return config_change(in->changed ? in->changed : in->engine->cfg, params_of(in), place,
                         a->values, a->n, out, err);
}

static int32_t check_values(const instance *in, config *values, const assignments *a, qn_err *err)
{
    char told[SET_VALUES];

    if (config_check_live(values, &in->live->cls->params, a->values, a->n) != QN_OK) {
        config_take_mistakes(values, err);
        return err->code;
    }
    if (config_changes(values, in->params, told, sizeof told) != QN_OK)
        return fail(err, QN_E_FULL, "%s: all that is set of it has more than %zu bytes", in->id,
                    sizeof told - 2);
    return QN_OK;
}

/* ------------------------------------------------------------------ what is made of it */

static int32_t move_state(const set_ready *s, qn_err *err)
{
    const body *from = s->in->live;
    bytes_out state = {0};
    int32_t rc;

    if (!from->cls->save || !from->cls->load) return QN_OK; /* it is stateless */
    rc = body_save(from, &state, err);
    if (rc == QN_OK) rc = body_load(s->made, from->cls->schema, &state, err);
    bytes_free(&state);
    return rc;
}

/* A state may hold a parameter, where a command of the plugin's own changes it: what was set now
 * counts. */
static int32_t make(set_ready *s, const assignments *a, qn_err *err)
{
    const body *was = s->in->live;
    int32_t rc;

    module_share(s->in->engine, was->module);
    rc = body_make(s->in, s->values, was->module, was->cls, &s->made, err);
    if (rc != QN_OK) {
        module_give_back(s->in->engine, was->module);
        return rc;
    }
    if ((rc = move_state(s, err)) != QN_OK) return rc;
    rc = config_refill(s->values, &was->cls->params, a->values, a->n, s->made->self);
    if (!module_door_of(was->module)) return rc;
    for (uint32_t i = 0; i < a->n && rc == QN_OK; i++)
        rc = guest_set_param(s->made->self, a->values[i].key, err);
    return rc;
}

int32_t set_prepare(engine *e, const char *id, const char *text, set_ready *out, qn_err *err)
{
    set_ready s = {.in = instance_find(e, id)};
    qn_err why = QN_ERR_INIT;
    assignments a;
    int32_t rc;

    if (!s.in) return command_no_plugin(e, id, err);
    rc = check_instance(e, s.in, &why);
    if (rc == QN_OK) rc = read_text(text, &a, &why);
    if (rc == QN_OK) rc = change(s.in, &a, &s.values, &why);
    if (rc == QN_OK) rc = check_values(s.in, s.values, &a, &why);
    if (rc == QN_OK) rc = make(&s, &a, &why);
    if (rc == QN_OK) {
        *out = s;
        return rc;
    }
    body_free(s.made);
    config_close(s.values);
    if (why.code != QN_OK) rc = why.code; /* of a mistake: which one it is */
    return fail(err, rc, "%s", error_text(&why, rc));
}

void set_apply(set_ready *ready)
{
    instance *in = ready->in;
    body *was = in->live;
    config *before = in->changed;

    instance_seat(in, ready->made);
    in->changed = ready->values;
    body_free(was);
    config_close(before); /* texts of the one that went were in it */
    *ready = (set_ready){0};
}

/* ------------------------------------------------------------------ before a snapshot */

/* It was checked when it was put on record; the instance is made when the books are done
 * (reload_restore). */
int32_t set_book(engine *e, const qn_command *record, qn_err *err)
{
    instance *in = instance_find(e, record->target);
    config *values;
    assignments a;
    int32_t rc;

    if (!in || !in->live) return QN_OK; /* only the books are wanted: no plugin is there */
    if ((rc = read_text(record->value, &a, err)) != QN_OK) return rc;
    if ((rc = change(in, &a, &values, err)) != QN_OK) return rc;
    config_close(in->changed);
    in->changed = values;
    return QN_OK;
}

void set_tell(const instance *in, char to[SET_VALUES])
{
    to[0] = to[1] = '\0';
    if (in->changed) config_changes(in->changed, in->params, to, SET_VALUES);
}
