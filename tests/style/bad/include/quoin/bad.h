/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>                  /* expect: arrows */
#include <quoin/sdk/decimal.h>      /* expect: arrows */
#include "base/memory.h"            /* expect: arrows */

typedef struct qn_bad {
    int32_t (*good)(void *self); /* [event & active] */
    int32_t (*spread)(void *self, const void *first,
                      const void *second); /* [control & !active] */
    int32_t (*two)(void *self);      /* [event & active, io] */
    int32_t (*nothing)(void *self);  /* expect: thread */
    int32_t (*unknown)(void *self);  /* [sometimes] expect: thread */
    int32_t (*invented)(void *self); /* [event & merry] expect: thread */
} qn_bad;

typedef void (*qn_bad_fn)(void); /* expect: thread */

#define QN_BAD_MEMBERS                                                                             \
    void (*in_macro)(void *self); /* expect: thread */                                             \
    void (*right)(void *self);    /* [any] */
