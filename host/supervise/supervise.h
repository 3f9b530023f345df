/* SPDX-License-Identifier: MIT
 *
 * The parent of a run that lasts. It loads no plugin and opens no store: it starts the engine as a
 * child, hands SIGINT and SIGTERM on to it, and waits.
 *
 * A child that dies of a crash is told by the plugin that it was in (slot.h), its build is counted
 * (quarantine.h), what is needed to do it again is kept (bundle.h), and the engine is started
 * again: it resumes the run. How the run ends is how its last child ends: the same standard output,
 * the same exit status.
 *
 * The parent's death is the child's: the kernel kills it. */
#ifndef QUOIN_SUPERVISE_SUPERVISE_H
#define QUOIN_SUPERVISE_SUPERVISE_H

#include "bundle.h"
#include "quarantine.h"

typedef struct supervise_options {
    bundle_spec bundle;
    quarantine_rule rule;
    uint32_t restarts; /* at most, within the rule's window */
    int64_t backoff;   /* ns: the pause before the third start in the window; doubled by each one */
} supervise_options;

/* Start children until the run is over. True in each child: it is to run the engine, and *starts is
 * how many there were before it. False in the parent, at the end: *status is the exit status of the
 * program.
 *
 * A child says how far it came: slot_page_here()->is_begun when the run stands in its store,
 * has_ended when it was ended there, has_returned when its exit status is its own. */
bool supervise(const supervise_options *options, uint32_t *starts, int *status);

#endif
