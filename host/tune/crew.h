/* SPDX-License-Identifier: MIT
 *
 * Processes that each do one job and end: a crash in one is a result, not the end of all.
 *
 * A child is a copy of this process (fork), which must have one thread. It writes its result, a
 * text, to a pipe. It dies with its parent, however that ends, and does not see the signals of the
 * terminal: whether to end is the parent's to say. */
#ifndef QUOIN_TUNE_CREW_H
#define QUOIN_TUNE_CREW_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct crew crew;

/* In the child: do the job, write the result to `fd`. Returns the child's exit status. */
typedef int (*crew_work)(void *ctx, uint64_t job, int fd);

/* A job that ended. */
typedef struct crew_done {
    uint64_t job;
    const char *text; /* what it wrote, NUL-terminated; valid until the next call. NULL = it ended
                         otherwise than with status 0 */
    char reason[96];  /* then: "killed by signal 11 (Segmentation fault)" */
} crew_done;

/* At most `workers` children at a time; each is killed when it takes longer than limit_ns, 0 = no
 * limit. */
int32_t crew_new(uint32_t workers, int64_t limit_ns, crew_work work, void *ctx, crew **out,
                 qn_err *err);
/* Kills what runs. */
void crew_free(crew *c);

bool crew_has_room(const crew *c);
uint32_t crew_running(const crew *c);

/* Start a job; there is room. QN_OK; QN_E_IO, QN_E_NO_MEMORY: no process can be made. */
int32_t crew_start(crew *c, uint64_t job, qn_err *err);

/* Wait until a job has ended, at most `wait_ms`. *done->job is 0 when none has. Returns early when
 * a signal comes. QN_OK; QN_E_IO; QN_E_NO_MEMORY: a result has no room. */
int32_t crew_wait(crew *c, int wait_ms, crew_done *done, qn_err *err);

#endif
