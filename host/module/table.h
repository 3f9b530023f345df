/* SPDX-License-Identifier: MIT
 *
 * The tables of a loaded module: do they keep what the headers promise, and do they say what
 * the note said? And their copies, which the host works with from then on. */
#ifndef QUOIN_MODULE_TABLE_H
#define QUOIN_MODULE_TABLE_H

#include "base/memory.h"
#include "module.h"

/* Compare a module's table with its note, then check each class whose kind this host knows.
 * Reads through the module's pointers: a wild one crashes, which is why a build is first
 * checked in a process of its own (probe.h).
 *
 * returns QN_OK; QN_E_MODULE_MISMATCH; QN_E_MODULE_TABLE, naming class, row and member. */
int32_t table_check(const qn_module *table, const note *n, qn_err *err);

/* Check one class, whatever a note says. */
int32_t table_check_class(const qn_class *c, qn_err *err);

/* Copy a class that was found good, with all its strings and tables, into the arena. Missing
 * texts become "". A kind's table that is shorter than the host's is followed by zeros: members
 * that it lacks read as NULL. Functions stay where they are. QN_OK or QN_E_NO_MEMORY. */
int32_t table_copy_class(const qn_class *from, arena *memory, qn_class *to, qn_err *err);

#endif
