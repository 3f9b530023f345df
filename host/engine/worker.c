/* SPDX-License-Identifier: MIT
 *
 * The jobs stand in one list, by due date. Only the engine's thread changes the list, and it
 * changes it with the lock held: so the engine may read it without, and the workers read it with.
 * A job's state is passed on from its worker to the engine by itself, so that the engine can ask
 * for it without the lock. */
#include "worker.h"

#include "base/fail.h"
#include "base/memory.h"
#include "guest/guest.h"
#include "guest/wire.h"
#include "supervise/crash.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

_Static_assert(POOL_INPUT_BYTES == WIRE_WORK_MAX, "a guest refuses what the pool would refuse");

enum { WAITING, RUNNING, DONE };

typedef struct entry {
    job job;
    struct entry *prev, *next;
    const qn_work *work;
    _Atomic uint32_t state;
    volatile uint32_t cancel; /* as the plugin's interface has it */
    bool is_dropped;          /* nobody waits for it: its worker frees it */
    int64_t returned;
    uint64_t n; /* bytes of input */
    _Alignas(16) unsigned char output[QN_RESULT_BYTES];
    _Alignas(16) unsigned char input[];
} entry;

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work, has_result;
    entry *first, *last; /* by due date, then by submission */
    entry *dropped;      /* running, and forgotten; by next */
    uint32_t unfinished; /* jobs that wait or run */
    uint32_t max, nthreads;
    bool is_ending;
    pthread_t threads[];
};

/* ------------------------------------------------------------------ the workers */

static entry *first_waiting(const pool *p)
{
    entry *e = p->first;

    /* relaxed: states other than DONE change with the lock held */
    while (e && atomic_load_explicit(&e->state, memory_order_relaxed) != WAITING)
        e = e->next;
    return e;
}

static void forget_dropped(pool *p, entry *e)
{
    entry **link = &p->dropped;

    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    mem_free(e);
}

static void run(pool *p, entry *e)
{
    uint32_t before;

    atomic_store_explicit(&e->state, RUNNING, memory_order_relaxed);
    pthread_mutex_unlock(&p->lock);
    before = slot_enter(slot_here(), e->job.owner, SLOT_CALL_WORK);
    guest_work_is(e->work);
    e->returned = e->work->run(e->input, e->n, e->output, sizeof e->output, &e->cancel);
    slot_leave(slot_here(), before);
    pthread_mutex_lock(&p->lock);
    p->unfinished--;
    if (e->is_dropped) {
        forget_dropped(p, e);
        return;
    }
    /* release: who sees DONE without the lock must see the output */
    atomic_store_explicit(&e->state, DONE, memory_order_release);
    pthread_cond_signal(&p->has_result);
}

static void *work(void *ctx)
{
    pool *p = ctx;
    entry *e;

    crash_thread_begin();
    pthread_mutex_lock(&p->lock);
    while (!p->is_ending) {
        if ((e = first_waiting(p)))
            run(p, e);
        else
            pthread_cond_wait(&p->has_work, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    crash_thread_end();
    return NULL;
}

/* One more thread, if there is work for it and it may be. Signals are for the main thread, which
 * knows what to do with them. False if there is none at all. */
static bool grow(pool *p)
{
    sigset_t all;
    sigset_t was;

    if (p->nthreads == p->max || p->unfinished < p->nthreads) return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    if (pthread_create(&p->threads[p->nthreads], NULL, work, p) == 0) {
        pthread_setname_np(p->threads[p->nthreads], "quoin-worker");
        p->nthreads++;
    }
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    return p->nthreads > 0; /* fewer than there may be only take longer */
}

/* ------------------------------------------------------------------ begin and end */

pool *pool_new(uint32_t threads)
{
    uint32_t max = threads ? threads : 1;
    pool *p = mem_new(1, sizeof *p + max * sizeof p->threads[0]);

    if (!p) return NULL;
    p->max = max;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->has_work, NULL);
    pthread_cond_init(&p->has_result, NULL);
    return p;
}

/* Takes a job out of the list. The lock is held. */
static void unlink_entry(pool *p, entry *e)
{
    *(e->prev ? &e->prev->next : &p->first) = e->next;
    *(e->next ? &e->next->prev : &p->last) = e->prev;
}

/* A job that nobody waits for any more. The lock is held. */
static void drop(pool *p, entry *e)
{
    uint32_t state = atomic_load_explicit(&e->state, memory_order_relaxed);

    unlink_entry(p, e);
    if (state == RUNNING) {
        e->is_dropped = true;
        e->next = p->dropped;
        p->dropped = e;
        /* relaxed: a hint to return soon, nothing is read by it */
        __atomic_store_n(&e->cancel, 1, __ATOMIC_RELAXED);
        return;
    }
    p->unfinished -= state == WAITING;
    mem_free(e);
}

static void drop_all(pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->first)
        drop(p, p->first);
    pthread_mutex_unlock(&p->lock);
}

void pool_free(pool *p)
{
    if (!p) return;
    drop_all(p);
    pthread_mutex_lock(&p->lock);
    p->is_ending = true;
    pthread_cond_broadcast(&p->has_work);
    pthread_mutex_unlock(&p->lock);
    for (uint32_t i = 0; i < p->nthreads; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->has_result);
    pthread_cond_destroy(&p->has_work);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

/* ------------------------------------------------------------------ jobs */

static uint32_t jobs_of(const pool *p, uint32_t owner)
{
    uint32_t n = 0;

    for (const entry *e = p->first; e; e = e->next)
        n += e->job.owner == owner;
    return n;
}

/* Behind those of the same date. The lock is held. */
static void insert(pool *p, entry *e)
{
    entry *before = p->last;

    while (before && before->job.due_ns > e->job.due_ns)
        before = before->prev;
    e->prev = before;
    e->next = before ? before->next : p->first;
    *(before ? &before->next : &p->first) = e;
    *(e->next ? &e->next->prev : &p->last) = e;
}

int32_t pool_submit(pool *p, const qn_work *work_table, uint32_t owner, int64_t due_ns,
                    uint64_t cookie, const void *input, uint64_t n)
{
    bool is_taken;
    entry *e;

    if (!work_table || !work_table->run || (!input && n)) return QN_E_INVALID;
    if (n > POOL_INPUT_BYTES) return QN_E_RANGE;
    if (jobs_of(p, owner) >= POOL_JOBS_PER_OWNER) return QN_E_FULL;
    if (!(e = mem_new(1, sizeof *e + n))) return QN_E_NO_MEMORY;
    e->job = (job){.due_ns = due_ns, .cookie = cookie, .owner = owner};
    e->work = work_table;
    e->n = n;
    if (n) memcpy(e->input, input, n);

    pthread_mutex_lock(&p->lock);
    is_taken = grow(p);
    if (is_taken) {
        insert(p, e);
        p->unfinished++;
        pthread_cond_signal(&p->has_work);
    }
    pthread_mutex_unlock(&p->lock);
    if (is_taken) return QN_OK;
    mem_free(e);
    return QN_E_NO_MEMORY;
}

const job *pool_first(const pool *p)
{
    return p->first ? &p->first->job : NULL;
}

bool pool_is_done(const pool *p)
{
    /* acquire: pairs with the worker's release */
    return p->first && atomic_load_explicit(&p->first->state, memory_order_acquire) == DONE;
}

/* What the work returned, as status and number of bytes. */
static void judge(const entry *e, qn_result *to)
{
    int64_t most = sizeof e->output;
    int64_t value = e->returned;
    bool is_code = value < 0 && value >= INT32_MIN && error_name((int32_t)value)[0] != '?';

    to->cookie = e->job.cookie;
    to->status = is_code ? (int32_t)value : value < 0 || value > most ? QN_E_INVALID : QN_OK;
    to->nbytes = to->status == QN_OK ? (uint32_t)value : 0;
    memset(to->bytes, 0, sizeof to->bytes);
    memcpy(to->bytes, e->output, to->nbytes);
}

uint32_t pool_take(pool *p, bool wait, qn_result *to)
{
    entry *e = p->first;
    uint32_t owner = e->job.owner;

    if (!wait && !pool_is_done(p)) return POOL_BUSY;
    pthread_mutex_lock(&p->lock);
    while (atomic_load_explicit(&e->state, memory_order_relaxed) != DONE)
        pthread_cond_wait(&p->has_result, &p->lock);
    unlink_entry(p, e);
    pthread_mutex_unlock(&p->lock);
    judge(e, to);
    mem_free(e);
    return owner;
}

void pool_cancel(pool *p, uint32_t owner)
{
    entry *next;

    pthread_mutex_lock(&p->lock);
    for (entry *e = p->first; e; e = next) {
        next = e->next;
        if (e->job.owner == owner) drop(p, e);
    }
    pthread_mutex_unlock(&p->lock);
}

/* ------------------------------------------------------------------ saving and loading */

#define TAG BYTES_TAG('P', 'O', 'O', 'L')
#define JOB_BYTES 28u /* of a job without its input */

int32_t pool_save(const pool *p, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG);
    uint64_t n = 0;

    for (const entry *e = p->first; e; e = e->next)
        n++;
    bytes_put_u64(out, n);
    for (const entry *e = p->first; e; e = e->next) {
        bytes_put_u32(out, e->job.owner);
        bytes_put_i64(out, e->job.due_ns);
        bytes_put_u64(out, e->job.cookie);
        bytes_put_u64(out, e->n);
        bytes_put(out, e->input, e->n);
    }
    bytes_end(out, begun);
    return bytes_check(out, NULL);
}

/* One job; `last` is the due date of the one before. */
static int32_t load_job(pool *p, bytes_in *in, int64_t *last, pool_work find, void *ctx)
{
    uint32_t owner = bytes_get_u32(in);
    int64_t due = bytes_get_i64(in);
    uint64_t cookie = bytes_get_u64(in);
    size_t n = bytes_get_count(in, 1);
    const void *input = bytes_borrow(in, n);
    const qn_work *found = in->code == QN_OK ? find(ctx, owner) : NULL;

    bytes_require(in, n <= POOL_INPUT_BYTES, "a job of too much input");
    bytes_require(in, due >= *last, "jobs out of order");
    bytes_require(in, found != NULL, "a job of nobody who has work");
    bytes_require(in, jobs_of(p, owner) < POOL_JOBS_PER_OWNER, "too many jobs of one owner");
    *last = due;
    return in->code == QN_OK ? pool_submit(p, found, owner, due, cookie, input, n) : in->code;
}

int32_t pool_load(pool *p, bytes_in *in, pool_work find, void *ctx, qn_err *err)
{
    bytes_in part = bytes_section(in, TAG);
    size_t n = bytes_get_count(&part, JOB_BYTES);
    int64_t last = INT64_MIN;
    int32_t rc = QN_OK;

    if (p->first) return fail(err, QN_E_STATE, "jobs are under way already");
    for (size_t i = 0; i < n && rc == QN_OK; i++)
        rc = load_job(p, &part, &last, find, ctx);
    if (rc == QN_OK || part.code != QN_OK)
        rc = bytes_in_end(&part, err);
    else
        fail(err, rc, "no memory for jobs under way");
    if (rc != QN_OK) drop_all(p);
    return rc;
}
