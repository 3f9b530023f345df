/* SPDX-License-Identifier: MIT
 *
 * The worker pool: slow work of plugins (qn_host_worker), done on threads of its own and given
 * back in an order that does not depend on them: by due date, then in the order of submission.
 *
 * Threads. One thread (the engine's) makes every call here; work alone runs elsewhere. Threads
 * are started when there is work for them, with all signals blocked. */
#ifndef QUOIN_ENGINE_WORKER_H
#define QUOIN_ENGINE_WORKER_H

#include "base/bytes.h"

#include <quoin/model.h>

#include <stdbool.h>
#include <stddef.h>

#define POOL_JOBS_PER_OWNER 16u /* under way: submitted, and not taken yet */
#define POOL_INPUT_BYTES (UINT64_C(16) << 20)
#define POOL_BUSY UINT32_MAX

typedef struct pool pool;

/* What there is to know of a job. */
typedef struct job {
    int64_t due_ns;
    uint64_t cookie;
    uint32_t owner;
    uint32_t rsv0;
} job;

/* A pool of at most `threads` threads (0 counts as 1), none of which runs yet. NULL when out of
 * memory. */
pool *pool_new(uint32_t threads);

/* Throw all jobs away, wait for what runs, and end. Until then the modules whose work was
 * submitted must stay loaded, also if it was canceled. NULL is fine. */
void pool_free(pool *p);

/* Have `work` done over a copy of the input. `work` must live as long as the pool.
 * QN_OK; QN_E_FULL: POOL_JOBS_PER_OWNER of the owner are under way; QN_E_RANGE: more input than
 * POOL_INPUT_BYTES; QN_E_INVALID: no work, or no input of n > 0 bytes; QN_E_NO_MEMORY: also if no
 * thread could be started. On error nothing was submitted. */
int32_t pool_submit(pool *p, const qn_work *work, uint32_t owner, int64_t due_ns, uint64_t cookie,
                    const void *input, uint64_t n);

/* The job that is due first, NULL when there is none. Valid until the next call. */
const job *pool_first(const pool *p);

/* Whether there is a first job, and it is done. No lock. */
bool pool_is_done(const pool *p);

/* Take the first job, which there must be. If it is not done, wait for it, or with `wait` false
 * return POOL_BUSY.
 *
 * to       cookie, status, nbytes and bytes are filled in, zeros behind the result; the header
 *          is the caller's. An error of the work, or one that stands for what it returned
 *          (QN_E_INVALID: more bytes than there is room for, or no code of this list), is the
 *          status; there are no bytes then.
 * returns  the job's owner */
uint32_t pool_take(pool *p, bool wait, qn_result *to);

/* Forget all jobs of an owner. What runs is told so by its `cancel`, and its result is thrown
 * away; this does not wait for it. */
void pool_cancel(pool *p, uint32_t owner);

/* Write the jobs that are under way, their inputs with them, as one section "POOL". What is done
 * and not taken is among them: work is a pure function of its input. QN_OK or the writer's
 * error. */
int32_t pool_save(const pool *p, bytes_out *out);

/* The work of an owner, NULL if it has none. */
typedef const qn_work *(*pool_work)(void *ctx, uint32_t owner);

/* Submit the jobs of such a section again, in their order. QN_OK; QN_E_STATE: the pool is not
 * empty; QN_E_DAMAGED: the section is cut or changed, or names an owner without work;
 * QN_E_NO_MEMORY. On error the pool is empty. */
int32_t pool_load(pool *p, bytes_in *in, pool_work find, void *ctx, qn_err *err);

#endif
