/* SPDX-License-Identifier: MIT
 *
 * Two builds of a plugin in one seat: each call goes to the first, and then to the second.
 *
 * The first one is at work: what it asks of the host is answered, what it sends has its effect.
 * The second one is a shadow. What it asks is answered as the first one's question was, for the
 * books have changed in between by what the first one sent. What it sends has no effect; it is
 * compared with what the first one sent. So two builds that do the same see the same, and stay
 * alike for ever.
 *
 * A tee stands in the seat only while a build is on its way in or out: no call pays for it else. */
#ifndef QUOIN_ENGINE_TEE_H
#define QUOIN_ENGINE_TEE_H

#include "base/bytes.h"
#include "foreign/command.h"
#include "catchup.h"

#include <quoin/decision.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body;
struct instance;

/* What a plugin may want of its host: an effect, or an answer that the effects of the same call
 * may have changed. X(NAME, is_effect, what it is, for messages) */
#define TEE_CALL_LIST(X)                                                                           \
    X(INTENT, 1, "intent")                                                                         \
    X(PUBLISH, 1, "feature")                                                                       \
    X(CHILD, 1, "child order")                                                                     \
    X(CHILD_CANCEL, 1, "cancel of a child")                                                        \
    X(CHILD_FINISH, 1, "end of a parent")                                                          \
    X(HALT, 1, "halt")                                                                             \
    X(TIMER, 1, "timer")                                                                           \
    X(WORK, 1, "work for the pool")                                                                \
    X(POSITION, 0, "position")                                                                     \
    X(EQUITY, 0, "equity")                                                                         \
    X(MARK, 0, "last price")                                                                       \
    X(FEATURE, 0, "feature that it reads")                                                         \
    X(BOOKS_ACCOUNT, 0, "account")                                                                 \
    X(BOOKS_EXPOSURE, 0, "exposure")                                                               \
    X(BOOKS_POSITION, 0, "position of a strategy")

#define TEE_CALL_ENUM(NAME, is_effect, text) TEE_##NAME,
enum { TEE_CALL_LIST(TEE_CALL_ENUM) TEE_CALLS };
#undef TEE_CALL_ENUM

/* A call of the host: what goes in, what comes out, and the result. */
typedef struct tee_call {
    uint32_t call; /* TEE_ */
    const void *in;
    uint32_t nin;
    void *out; /* NULL = nothing but the result */
    uint32_t nout;
    int64_t result;
} tee_call;

typedef struct tee {
    struct instance *seat;
    struct body *first, *second;
    uint32_t mode;        /* QN_RELOAD_: what makes it broken */
    uint64_t events;      /* calls that both have seen */
    uint64_t limit;       /* of events; the engine looks at it then */
    uint64_t differences; /* calls that they answered differently */
    bool is_committed;    /* the new build is the first, else it is the second */
    int32_t (*give)(struct tee *, const struct body *, const qn_event *); /* of the kind */
    catchup *later;   /* the second one is not there yet, or behind: calls are kept; else NULL */
    bool is_behind;   /* what is being given to it was kept */
    bool is_astray;   /* it asked, of a call that was kept, what the first one had not asked */
    int64_t kept_now; /* engine time of that call */
    bool is_broken;   /* the new build is not what it should be */
    int32_t code;
    char why[200];

    /* the call under way */
    bool is_second;  /* its turn */
    bool is_logging; /* between begin and end of a call */
    bool has_differed;
    size_t at;       /* the first effect in the log that the second has not had */
    bytes_out log;   /* what the first one called */
    const void *out; /* the kind's own table of outputs */
} tee;

/* Put a tee into the seat of the build at work, alone in it as yet. With `later` its calls are kept
 * there, until tee_shadow; without, tee_shadow follows before the next call. QN_OK;
 * QN_E_UNSUPPORTED for a kind that cannot be shadowed. */
int32_t tee_begin(tee *t, struct instance *seat, uint32_t mode, catchup *later);
/* Can calls of this plugin be kept? Not those whose arguments hold for the moment only. */
bool tee_can_keep(const struct instance *seat);
/* Give the second build calls that were kept, `most` of them at most: between two events. True when
 * none is left. False as well when it is_broken, or is_astray: it cannot catch up, for an answer
 * to what it asked would be that of today. */
bool tee_catch_up(tee *t, struct body *second, uint32_t most);
/* From here on the second build sees each call behind the first one, `limit` of them. */
void tee_shadow(tee *t, struct body *second, uint64_t limit);
/* The second goes to work, the first one shadows it. */
void tee_swap(tee *t);
/* Take it out: the build at work sits in its seat alone. */
void tee_end(tee *t);

/* The one at work was taken out of the run: there is nothing to compare with any more. */
void tee_fail(tee *t, int32_t code, const char *why);
/* The new build cannot be called any more. */
void tee_break(tee *t, int32_t code, const char *why);

/* A command of the plugin's own (<quoin/command.h>), of both builds; *out and *err are of the build
 * at work, whose code is returned. One that is not there, or behind, is called later. */
int32_t tee_command(tee *t, const qn_command *record, command_result *out, qn_err *err);

/* For functions of the host that plugins call: tee_answer and tee_note in internal.h, which come
 * here when there is a tee. */
bool tee_answer_call(tee *t, const struct body *b, tee_call *c);
void tee_note_call(tee *t, tee_call *c, int64_t result);

#endif
