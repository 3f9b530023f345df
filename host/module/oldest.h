/* SPDX-License-Identifier: MIT
 *
 * How long the structs that plugins fill, or are given to look for the end of, were in the oldest
 * ABI whose plugins this host serves (QN_ABI_OLDEST). A shorter struct is broken; of one as short
 * as this the members that came later count as zero. A struct that grows keeps its row; a test
 * compares the rows with the recorded headers of that version. */
#ifndef QUOIN_MODULE_OLDEST_H
#define QUOIN_MODULE_OLDEST_H

#include <quoin/event.h>
#include <quoin/model.h>
#include <quoin/plugin.h>

/* X(struct, its last member then) */
#define OLDEST_LIST(X)                                                                             \
    X(qn_module, rsv0)                                                                             \
    X(qn_class, load)                                                                              \
    X(qn_param, replaced)                                                                          \
    X(qn_ext, table)                                                                               \
    X(qn_named, doc)                                                                               \
    X(qn_host, timer)                                                                              \
    X(qn_setup, instruments)                                                                       \
    X(qn_order_report, parent_id)                                                                  \
    X(qn_fill, parent_id)                                                                          \
    X(qn_payment, amount)

#define OLDEST_ENUM(type, last) OLDEST_##type = offsetof(type, last) + sizeof(((type *)0)->last),
enum { OLDEST_LIST(OLDEST_ENUM) OLDEST_END_ };
#undef OLDEST_ENUM

#endif
