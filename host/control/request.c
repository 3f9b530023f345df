/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/nearest.h"

#include <quoin/decision.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 4 /* of a request: an object of plain values */

/* A request as it was read. Texts are of the object. */
typedef struct ask {
    struct json_object *root, *id;
    int64_t version;
    const char *command, *target, *file, *mode, *name;
    struct json_object *args, *params; /* NULL = not said */
    int64_t shadow, probation;         /* -1 = not said */
} ask;

/* ------------------------------------------------------------------ reading */

typedef enum member_kind {
    MEMBER_TEXT,
    MEMBER_COUNT,
    MEMBER_ID,
    MEMBER_LIST,
    MEMBER_GROUP
} member_kind;

static const struct {
    const char *name;
    size_t offset;
    member_kind kind;
} members[] = {
    {"version", offsetof(ask, version), MEMBER_COUNT},
    {"id", offsetof(ask, id), MEMBER_ID},
    {"command", offsetof(ask, command), MEMBER_TEXT},
    {"target", offsetof(ask, target), MEMBER_TEXT},
    {"file", offsetof(ask, file), MEMBER_TEXT},
    {"mode", offsetof(ask, mode), MEMBER_TEXT},
    {"name", offsetof(ask, name), MEMBER_TEXT},
    {"args", offsetof(ask, args), MEMBER_LIST},
    {"params", offsetof(ask, params), MEMBER_GROUP},
    {"shadow", offsetof(ask, shadow), MEMBER_COUNT},
    {"probation", offsetof(ask, probation), MEMBER_COUNT},
};

/* A word of the request in a message: whole, so that it stays UTF-8, or not at all. */
static const char *shown(const char *word)
{
    return strlen(word) <= 40 ? word : "of that name";
}

/* A member that nobody knows is an error: one whose name is misspelt must not be left out. */
static int32_t read_member(ask *a, const char *name, struct json_object *value, qn_err *err)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char *to = (char *)a + members[i].offset;
        const char *text;
        int64_t count;
        if (strcmp(members[i].name, name) != 0) continue;
        switch (members[i].kind) {
        case MEMBER_TEXT:
            text = json_object_get_string(value);
            if (!json_object_is_type(value, json_type_string) ||
                strlen(text) != (size_t)json_object_get_string_len(value))
                return fail(err, QN_E_TYPE, "%s is no text", name);
            memcpy(to, &text, sizeof text);
            return QN_OK;
        case MEMBER_COUNT:
            count = json_object_get_int64(value);
            if (!json_object_is_type(value, json_type_int) || count < 0)
                return fail(err, QN_E_TYPE, "%s is no whole number from 0 on", name);
            memcpy(to, &count, sizeof count);
            return QN_OK;
        case MEMBER_ID:
            if (!json_object_is_type(value, json_type_int) &&
                !json_object_is_type(value, json_type_string))
                return fail(err, QN_E_TYPE, "id is neither a number nor a text");
            a->id = value;
            return QN_OK;
        case MEMBER_LIST:
            if (!json_object_is_type(value, json_type_array))
                return fail(err, QN_E_TYPE, "%s is no list", name);
            a->args = value;
            return QN_OK;
        case MEMBER_GROUP:
            if (!json_object_is_type(value, json_type_object))
                return fail(err, QN_E_TYPE, "%s is no object", name);
            a->params = value;
            return QN_OK;
        }
    }
    return fail(err, QN_E_UNKNOWN_NAME, "a request has no member %s", shown(name));
}

static int32_t read_object(ask *a, const char *line, size_t len, qn_err *err)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
    bool is_whole;

    if (!tokener) return fail(err, QN_E_NO_MEMORY, "no memory for the request");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    a->root = json_tokener_parse_ex(tokener, line, (int)len + 1); /* with its NUL, which ends it */
    is_whole = json_tokener_get_error(tokener) == json_tokener_success &&
               json_tokener_get_parse_end(tokener) == len;
    json_tokener_free(tokener);
    if (is_whole && json_object_is_type(a->root, json_type_object)) return QN_OK;
    return fail(err, QN_E_SYNTAX, "a line is one JSON object");
}

static int32_t read_request(ask *a, const char *line, size_t len, qn_err *err)
{
    int32_t rc = read_object(a, line, len, err);

    struct json_object_iterator at;
    struct json_object_iterator end;

    if (rc != QN_OK) return rc;
    at = json_object_iter_begin(a->root);
    end = json_object_iter_end(a->root);
    for (; rc == QN_OK && !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        rc = read_member(a, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at), err);
    if (rc != QN_OK) return rc;
    if (a->version != CONTROL_VERSION)
        return fail(err, QN_E_UNSUPPORTED, "this host speaks version %d", CONTROL_VERSION);
    return a->command ? QN_OK : fail(err, QN_E_MISSING, "a request has a command");
}

/* ------------------------------------------------------------------ what a command takes */

#define TAKES_TARGET 1u
#define NEEDS_TARGET 2u
#define TAKES_RELOAD 4u
#define TAKES_CALL 8u
#define TAKES_PARAMS 16u

static const struct {
    const char *name;
    uint32_t takes;
} verbs[QN_COMMANDS] = {
    [ENGINE_ASK_STATE] = {"status", 0},
    [QN_COMMAND_HALT] = {"halt", 0},
    [QN_COMMAND_RESUME] = {"resume", 0},
    [QN_COMMAND_CANCEL] = {"cancel", TAKES_TARGET},
    [QN_COMMAND_FLATTEN] = {"flatten", TAKES_TARGET},
    [QN_COMMAND_STOP] = {"stop", 0},
    [QN_COMMAND_RELOAD] = {"reload", TAKES_TARGET | NEEDS_TARGET | TAKES_RELOAD},
    [QN_COMMAND_PROMOTE] = {"promote", TAKES_TARGET | NEEDS_TARGET},
    [QN_COMMAND_ROLLBACK] = {"rollback", TAKES_TARGET | NEEDS_TARGET},
    [QN_COMMAND_SET] = {"set", TAKES_TARGET | NEEDS_TARGET | TAKES_PARAMS},
    [QN_COMMAND_CALL] = {"call", TAKES_TARGET | NEEDS_TARGET | TAKES_CALL},
};

static int32_t find_verb(const char *name, uint32_t *out, qn_err *err)
{
    const char *names[QN_COMMANDS];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (uint32_t i = 0; i < QN_COMMANDS; i++) {
        if (!verbs[i].name) continue;
        names[n++] = verbs[i].name;
        if (strcmp(verbs[i].name, name) != 0) continue;
        *out = i;
        return QN_OK;
    }
    return fail(err, QN_E_UNKNOWN_NAME, "there is no command %s, %s", shown(name),
                name_hint(name, names, n, hint));
}

static int32_t put_target(const ask *a, uint32_t takes, char to[64], qn_err *err)
{
    to[0] = '\0';
    if (!a->target)
        return takes & NEEDS_TARGET
                   ? fail(err, QN_E_MISSING, "%s needs the id of a plugin", a->command)
                   : QN_OK;
    if (!(takes & TAKES_TARGET)) return fail(err, QN_E_INVALID, "%s takes no target", a->command);
    if (!(takes & NEEDS_TARGET) && strcmp(a->target, "all") == 0) return QN_OK;
    if (!a->target[0] || strlen(a->target) > 63)
        return fail(err, QN_E_RANGE, "the target is no id: it has 1 to 63 bytes");
    snprintf(to, 64, "%s", a->target);
    return QN_OK;
}

static int32_t put_reload(const ask *a, engine_reload *to, qn_err *err)
{
#define MODE(number, NAME, name, meaning) [number] = (name),
    static const char *const modes[QN_RELOAD_MODES] = {"", QN_RELOAD_MODE_LIST(MODE)};
#undef MODE
    const char *mode = a->mode ? a->mode : "refactor";
    const char *file = a->file ? a->file : "";

    *to = (engine_reload){.shadow = a->shadow < 0 ? ENGINE_RELOAD_SHADOW : (uint64_t)a->shadow,
                          .probation =
                              a->probation < 0 ? ENGINE_RELOAD_PROBATION : (uint64_t)a->probation};
    for (uint32_t i = 1; i < QN_RELOAD_MODES; i++)
        if (strcmp(mode, modes[i]) == 0) to->mode = i;
    if (!to->mode)
        return fail(err, QN_E_RANGE, "mode is refactor, tune or force, not %s", shown(mode));
    if (file[0] && file[0] != '/')
        return fail(err, QN_E_INVALID, "a file is told by its whole path, from / on");
    if (strlen(file) >= sizeof to->file) return fail(err, QN_E_RANGE, "the path is too long");
    snprintf(to->file, sizeof to->file, "%s", file);
    return QN_OK;
}

/* Numbers and texts alike are words here: the signature says what they must be. */
static int32_t put_call(const ask *a, char to[WORDS_TEXT], qn_err *err)
{
    size_t n = a->args ? json_object_array_length(a->args) : 0;
    int32_t rc;

    to[0] = '\0';
    if (!a->name || !a->name[0]) return fail(err, QN_E_MISSING, "call needs the name of a command");
    rc = words_add(to, a->name, err);
    for (size_t i = 0; i < n && rc == QN_OK; i++) {
        struct json_object *arg = json_object_array_get_idx(a->args, i);
        enum json_type type = json_object_get_type(arg);
        if (type != json_type_string && type != json_type_int && type != json_type_double)
            return fail(err, QN_E_TYPE, "argument %zu is neither a number nor a text", i + 1);
        rc = words_add(to, json_object_get_string(arg), err);
    }
    return rc;
}

static int32_t put_param(const char *key, struct json_object *value, char to[WORDS_TEXT],
                         qn_err *err)
{
    enum json_type type = json_object_get_type(value);
    char word[WORDS_TEXT];
    int n;

    if (type != json_type_string && type != json_type_int && type != json_type_double &&
        type != json_type_boolean)
        return fail(err, QN_E_TYPE, "%s is neither a number, a text, true nor false", shown(key));
    if (!key[0] || strchr(key, '='))
        return fail(err, QN_E_UNKNOWN_NAME, "%s is the name of no parameter", shown(key));
    n = snprintf(word, sizeof word, "%s=%s", key, json_object_get_string(value));
    if (n < 0 || (size_t)n >= sizeof word)
        return fail(err, QN_E_OVERFLOW, "what is given has more than %zu bytes", sizeof word - 1);
    return words_add(to, word, err);
}

static int32_t put_set(const ask *a, char to[WORDS_TEXT], qn_err *err)
{
    struct json_object_iterator at;
    struct json_object_iterator end;
    int32_t rc = QN_OK;

    to[0] = '\0';
    if (!a->params || !json_object_object_length(a->params))
        return fail(err, QN_E_MISSING, "set needs params");
    at = json_object_iter_begin(a->params);
    end = json_object_iter_end(a->params);
    for (; rc == QN_OK && !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        rc = put_param(json_object_iter_peek_name(&at), json_object_iter_peek_value(&at), to, err);
    return rc;
}

static int32_t put_command(const ask *a, uint32_t verb, engine_command *to, qn_err *err)
{
    uint32_t takes = verbs[verb].takes;
    bool says_reload = a->file || a->mode || a->shadow >= 0 || a->probation >= 0;
    int32_t rc = put_target(a, takes, to->target, err);

    if (rc != QN_OK) return rc;
    if (!(takes & TAKES_CALL) && (a->name || a->args))
        return fail(err, QN_E_INVALID, "%s takes no name or args", a->command);
    if (!(takes & TAKES_PARAMS) && a->params)
        return fail(err, QN_E_INVALID, "%s takes no params", a->command);
    if (takes & TAKES_RELOAD) return put_reload(a, &to->reload, err);
    if (says_reload)
        return fail(err, QN_E_INVALID, "%s takes no file, mode, shadow or probation", a->command);
    if (takes & TAKES_PARAMS) return put_set(a, to->value, err);
    return takes & TAKES_CALL ? put_call(a, to->value, err) : QN_OK;
}

/* ------------------------------------------------------------------ answers */

static struct json_object *new_answer(struct json_object *id, int32_t code, const char *why)
{
    struct json_object *o = json_object_new_object();
    bool is_whole =
        o && json_put(o, "version", json_object_new_int(CONTROL_VERSION)) &&
        (id ? json_put(o, "id", json_object_get(id)) : json_put_null(o, "id")) &&
        json_put_bool(o, "ok", code == QN_OK) && json_put_text(o, "code", error_name(code)) &&
        (code == QN_OK || json_put_text(o, "error", why && why[0] ? why : error_meaning(code)));

    return json_whole(o, is_whole);
}

static void refuse(client *to, struct json_object *id, const qn_err *err)
{
    client_answer(to, new_answer(id, err->code, err->msg));
}

void request_too_long(struct control *c, client *from)
{
    qn_err err = QN_ERR_INIT;

    c->counts.garbage++;
    fail(&err, QN_E_RANGE, "a line has at most %u bytes", CONTROL_LINE - 1);
    refuse(from, NULL, &err);
}

client *control_client(struct control *c, uint64_t number)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].number == number) return &c->clients[i];
    return NULL;
}

/* A double with as many digits as bring it back: 0.2, not 0.20000000000000001. */
static struct json_object *shortest(double value)
{
    char text[32];
    int digits = 15;

    do
        snprintf(text, sizeof text, "%.*g", digits, value);
    while (strtod(text, NULL) != value && ++digits <= 17);
    return json_object_new_double_s(value, text);
}

/* A number that is not finite is null, as everywhere. */
static bool put_result(struct json_object *to, const command_result *r)
{
    switch (r->type) {
    case FOREIGN_VOID:
        return json_put_null(to, "result");
    case FOREIGN_STR:
        return json_put_text(to, "result", r->text);
    case FOREIGN_U64:
        return json_put(to, "result", json_object_new_uint64(r->value.u));
    case FOREIGN_F32:
    case FOREIGN_F64:
        return isfinite(r->value.f) ? json_put(to, "result", shortest(r->value.f))
                                    : json_put_null(to, "result");
    default:
        return json_put(to, "result", json_object_new_int64(r->value.i));
    }
}

void request_answer(struct control *c, request *r)
{
    client *to = control_client(c, r->client);
    uint32_t verb = r->command.verb;
    struct json_object *o;
    bool is_whole = true;

    c->ncommands++;
    o = to ? new_answer(r->id, r->code, r->why) : NULL;
    if (o && (verb == QN_COMMAND_CANCEL || verb == QN_COMMAND_FLATTEN) && r->code == QN_OK)
        is_whole = json_put_count(o, "orders", r->command.norders);
    if (o && verb == QN_COMMAND_CALL && r->code == QN_OK)
        is_whole = put_result(o, &r->command.result);
    if (o && verb == QN_COMMAND_SET && r->code == QN_OK)
        is_whole = status_put_values(o, r->command.values);
    if (o && r->command.is_begun)
        is_whole = json_put_text(o, "reload", r->code == QN_OK ? "committed" : "refused");
    if (to) client_answer(to, json_whole(o, is_whole));
    request_drop(r);
}

void request_drop(request *r)
{
    json_object_put(r->id);
    r->id = NULL;
    r->is_used = false;
}

/* ------------------------------------------------------------------ on the engine's thread */

static void on_done(engine_command *command, int32_t code, const char *why)
{
    request *r = command->ctx;
    struct control *c = r->control;

    pthread_mutex_lock(&c->lock);
    r->is_done = true;
    r->code = code;
    snprintf(r->why, sizeof r->why, "%s", why);
    control_ring(c);
    pthread_mutex_unlock(&c->lock);
}

/* ------------------------------------------------------------------ commands */

/* A commander who does not pause fills the journal with what he said: so many a second go on. */
static bool take_credit(struct control *c)
{
    int64_t now = clock_steady();
    int64_t more = (now - c->credits_at) / (QN_NS_PER_S / CONTROL_RATE);

    if (more > 0) {
        c->credits = c->credits + more > CONTROL_BURST ? CONTROL_BURST : c->credits + more;
        c->credits_at = now;
    }
    if (c->credits == 0) return false;
    c->credits--;
    return true;
}

static request *free_request(struct control *c)
{
    for (uint32_t i = 0; i < CONTROL_REQUESTS; i++)
        if (!c->requests[i].is_used) return &c->requests[i];
    return NULL;
}

static int32_t post(struct control *c, client *from, const ask *a, uint32_t verb, qn_err *err)
{
    request *r = free_request(c);
    int32_t rc;

    if (!r) return fail(err, QN_E_FULL, "%u commands wait already", CONTROL_REQUESTS);
    if (!take_credit(c)) {
        c->counts.limited++;
        return fail(err, QN_E_BUSY, "more than %d commands a second", CONTROL_RATE);
    }
    *r = (request){.control = c,
                   .client = from->number,
                   .command = {.verb = verb,
                               .uid = from->uid,
                               .pid = from->pid,
                               .wall_ts = clock_wall(),
                               .done = on_done,
                               .ctx = r}};
    if ((rc = put_command(a, verb, &r->command, err)) != QN_OK) return rc;
    r->id = json_object_get(a->id);
    r->is_used = from->is_waiting = true;
    c->counts.commands++;
    if ((rc = engine_post(c->e, &r->command, err)) == QN_OK) return QN_OK;
    json_object_put(r->id);
    r->is_used = from->is_waiting = false;
    return rc;
}

/* The state is read, and costs the engine something: it is asked for once for all. */
static int32_t want_state(struct control *c, client *from, const ask *a, qn_err *err)
{
    engine_command none = {0};
    int32_t rc = put_command(a, ENGINE_ASK_STATE, &none, err);

    if (rc != QN_OK) return rc;
    from->wants_state = true;
    from->state_from = c->ncommands;
    from->state_id = json_object_get(a->id);
    return QN_OK;
}

void request_line(struct control *c, client *from, const char *line, size_t len)
{
    ask a = {.shadow = -1, .probation = -1};
    qn_err err = QN_ERR_INIT;
    uint32_t verb = QN_COMMANDS;
    int32_t rc = read_request(&a, line, len, &err);

    c->counts.lines++;
    if (rc != QN_OK) c->counts.garbage++;
    if (rc == QN_OK) rc = find_verb(a.command, &verb, &err);
    if (rc == QN_OK)
        rc = verb == ENGINE_ASK_STATE ? want_state(c, from, &a, &err)
                                      : post(c, from, &a, verb, &err);
    if (rc != QN_OK) refuse(from, a.id, &err);
    json_object_put(a.root);
}

/* ------------------------------------------------------------------ states */

static void answer_state(struct control *c, client *to, int32_t code, const char *why)
{
    struct json_object *o = new_answer(to->state_id, code, why);

    if (o && code == QN_OK) o = json_whole(o, json_put(o, "status", status_json(c)));
    json_object_put(to->state_id);
    to->state_id = NULL;
    client_answer(to, o);
}

static void ask_state(struct control *c)
{
    request *r = &c->state_request;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    r->control = c;
    r->is_done = false;
    r->command =
        (engine_command){.verb = ENGINE_ASK_STATE, .state = c->state, .done = on_done, .ctx = r};
    c->state_of = c->ncommands;
    c->is_state_asked = true;
    c->has_state = false; /* the engine writes into it from here on */
    if ((rc = engine_post(c->e, &r->command, &err)) == QN_OK) return;
    c->is_state_asked = false;
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].wants_state)
            answer_state(c, &c->clients[i], rc, err.msg);
}

static void take_state(struct control *c)
{
    request *r = &c->state_request;

    c->is_state_asked = false;
    c->has_state = r->code == QN_OK;
    c->state_at = clock_steady();
    if (c->has_state) return;
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].wants_state)
            answer_state(c, &c->clients[i], r->code, r->why);
}

void request_states(struct control *c)
{
    bool is_wanted = false;
    bool is_fresh;

    if (c->is_state_asked) {
        pthread_mutex_lock(&c->lock);
        is_fresh = c->state_request.is_done;
        pthread_mutex_unlock(&c->lock);
        if (!is_fresh) return;
        take_state(c);
    }
    is_fresh = c->has_state && clock_steady() - c->state_at < CONTROL_FRESH;
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++) {
        client *to = &c->clients[i];
        if (to->fd < 0 || !to->wants_state) continue;
        if (is_fresh && c->state_of >= to->state_from)
            answer_state(c, to, QN_OK, NULL);
        else
            is_wanted = true;
    }
    if (is_wanted) ask_state(c);
}
