/* SPDX-License-Identifier: MIT
 *
 * Builds of plugins that have crashed the host of a store: STORE/quarantine.json. A build is known
 * by the SHA-256 of its file: another build of the same plugin begins with a clean record.
 *
 * Written by the supervisor while no engine runs, and by `quoin plugin quarantine lift`; a lock on
 * STORE/quarantine.lock keeps the two apart, and the file is replaced as a whole. */
#ifndef QUOIN_SUPERVISE_QUARANTINE_H
#define QUOIN_SUPERVISE_QUARANTINE_H

#include "slot.h"

#include "base/hash.h"

#include <quoin/error.h>

#define QUARANTINE_BUILDS 64u  /* remembered: the ones that crashed last */
#define QUARANTINE_CRASHES 16u /* of a build: the last ones */

typedef struct quarantine_build {
    char sha256[SHA256_HEX];
    char class_id[128], version[64];
    char file[1024];
    int64_t crashes[QUARANTINE_CRASHES]; /* wall time, ns; oldest first */
    uint32_t ncrashes;
    int64_t since; /* in quarantine since then; 0 = it is not */
} quarantine_build;

typedef struct quarantine {
    quarantine_build builds[QUARANTINE_BUILDS]; /* the one that crashed last at the end */
    uint32_t n;
} quarantine;

/* What is known in a store. A store without the file has an empty list. NULL with *err filled in:
 * QN_E_DAMAGED names the file; QN_E_IO, QN_E_NO_MEMORY. Freed by mem_free. */
quarantine *quarantine_read(const char *store, qn_err *err);

/* Is this build in quarantine? NULL = no. */
const quarantine_build *quarantine_find(const quarantine *q, const char *hash);

typedef struct quarantine_rule {
    uint32_t crashes; /* in the window, which put a build into quarantine; 0 = never */
    int64_t window;   /* ns */
} quarantine_rule;

/* A build has crashed at `now`. *is_in tells whether it is in quarantine from now on. */
int32_t quarantine_note(const char *store, const slot_row *build, int64_t now,
                        const quarantine_rule *rule, bool *is_in, qn_err *err);

/* A new chance: forget the crashes of the builds whose hash begins with `hash` ("" = of all).
 * *n tells of how many. Counts from the next start of an engine on. */
int32_t quarantine_lift(const char *store, const char *hash, uint32_t *n, qn_err *err);

#endif
