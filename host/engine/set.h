/* SPDX-License-Identifier: MIT
 *
 * Parameters of a plugin that change while the run goes on (QN_PARAM_LIVE).
 *
 * Between two events an instance is made anew, of the module that is at work and with the other
 * values; it loads what the one before has saved. Only when all of that has succeeded is the
 * command on record and the new one seated: so it is all of the parameters or none, and what is
 * refused has changed nothing. Values that were set stay for later builds of the plugin. A run that
 * is done again sets them at the same place. On the engine's thread. */
#ifndef QUOIN_ENGINE_SET_H
#define QUOIN_ENGINE_SET_H

#include "config/config.h"

#include <quoin/event.h>

/* What of a plugin is other than the config says: as config_changes. A set that would be more is
 * refused. */
#define SET_VALUES 1024u

struct engine;
struct instance;
struct body;

/* An instance with other values that waits for its turn; all zero: none does. */
typedef struct set_ready {
    struct instance *in;
    config *values;
    struct body *made;
} set_ready;

/* Make one of `text`, "bias=0.2 stop=2": words of <foreign/words.h>.
 *
 * returns  QN_OK; QN_E_UNKNOWN_NAME: no such plugin, or parameter; QN_E_UNSUPPORTED: it does not
 *          change while a run goes on; QN_E_STATE: it cannot now, or has no state that could go
 *          over; QN_E_FULL: too much was set of it; a value's QN_E_TYPE, QN_E_RANGE, ...; what
 *          create, save and load returned. On error nothing has changed, and *out is unchanged. */
int32_t set_prepare(struct engine *e, const char *id, const char *text, set_ready *out,
                    qn_err *err);
/* Put it to work. */
void set_apply(set_ready *ready);
/* The books have come to a set: its values are those of the next instance that is made. */
int32_t set_book(struct engine *e, const qn_command *record, qn_err *err);
/* What was set of an instance. */
void set_tell(const struct instance *in, char to[SET_VALUES]);

#endif
