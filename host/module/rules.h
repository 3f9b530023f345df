/* SPDX-License-Identifier: MIT
 *
 * The preflight: what a module must be like before any of its code may run. One row a rule. */
#ifndef QUOIN_MODULE_RULES_H
#define QUOIN_MODULE_RULES_H

#include "image.h"
#include "module.h"

/* How strict the preflight is. */
typedef enum profile {
    PROFILE_STRICT, /* what is shipped */
    PROFILE_DEV,    /* also takes what sanitizers and coverage add; such a module is never closed */
} profile;

/* The profile that holds here: QUOIN_DEV=1 or =0 in the environment decides, else strict, and
 * dev in a host that was built with a sanitizer. */
profile profile_here(void);

/* What the rules found out about a module that they took. */
typedef struct verdict {
    bool can_close;           /* its image may be unmapped */
    bool is_dev;              /* the strict profile would refuse it */
    const char *kept_because; /* why it can't be closed: a static text; NULL when it can */
} verdict;

/* Apply all rules of the note's tier, in the order of the table; the first that is broken
 * decides. QN_OK, or a QN_E_ELF_ or QN_E_MODULE_ code. */
int32_t rules_check(const image *img, const note *n, profile p, verdict *out, qn_err *err);

/* Mutable static data in bytes; what the dynamic linker keeps there is not counted. */
uint64_t rules_statics(const image *img);

#endif
