/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include "base/clock.h"
#include "base/memory.h"

#include <quoin/model.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 10000000 /* the longest sleep before `idle` is asked */
#define LOOKS 64u         /* a few us: then the other side may need this processor */
/* How long to look before going to sleep. Futex: what a sleep and a wake-up cost, so that it is
 * never more than twice the best that could have been done. Spin: as good as for ever while events
 * come, and no processor is burnt where none do. */
#define LOOK_NS_FUTEX 50000
#define LOOK_NS_SPIN 100000000

#define CALL_ROW(NAME, text) [WIRE_##NAME] = (text),
static const char *const texts[WIRE_CALLS] = {WIRE_CALL_LIST(CALL_ROW)};
#undef CALL_ROW

const char *wire_call_text(uint32_t type)
{
    return type < WIRE_CALLS && texts[type] ? texts[type] : "?";
}

#define EXT_ROW(NAME, id) (id),
const char *const wire_exts[WIRE_EXTS] = {WIRE_EXT_LIST(EXT_ROW)};
#undef EXT_ROW

void wire_lane_init(wire_lane *l, wire_ring *out, wire_ring *in, uint32_t wait)
{
    *l = (wire_lane){.out = out, .in = in};
    l->look_ns = wait == WIRE_WAIT_SPIN ? LOOK_NS_SPIN : LOOK_NS_FUTEX;
    /* with one processor, what we wait for cannot happen while we look */
    l->looks = sysconf(_SC_NPROCESSORS_ONLN) < 2 ? 1 : LOOKS;
}

void wire_lane_free(wire_lane *l)
{
    mem_free(l->bytes);
    *l = (wire_lane){0};
}

/* ------------------------------------------------------------------ waiting */

static void breathe(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Between processes: not one of the private operations. */
static void futex_wait(_Atomic uint32_t *word, uint32_t seen)
{
    struct timespec slice = {0, SLICE_NS};

    syscall(SYS_futex, word, FUTEX_WAIT, seen, &slice, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void doze(_Atomic uint32_t *word, uint32_t seen, _Atomic uint32_t *sleeps)
{
    /* seq_cst: the flag is set before the word is looked at for the last time, as the other side
     * changes the word before it looks at the flag */
    atomic_store_explicit(sleeps, 1, memory_order_seq_cst);
    if (atomic_load_explicit(word, memory_order_seq_cst) == seen) futex_wait(word, seen);
    atomic_store_explicit(sleeps, 0, memory_order_relaxed);
}

/* Waits until *word is not `seen` any more. */
static int32_t wait_for(wire_lane *l, _Atomic uint32_t *word, uint32_t seen,
                        _Atomic uint32_t *sleeps)
{
    int64_t begun = 0;

    for (;;) {
        int64_t now;
        int32_t rc;
        for (uint32_t i = 0; i < l->looks; i++) {
            /* acquire: pairs with the release of what the word counts */
            if (atomic_load_explicit(word, memory_order_acquire) != seen) return QN_OK;
            breathe();
        }
        now = clock_steady();
        if (!begun) begun = now;
        if (!l->asked_at) l->asked_at = now;
        if (l->idle && now - l->asked_at >= SLICE_NS) {
            l->asked_at = now;
            if ((rc = l->idle(l->ctx)) != QN_OK) return rc;
        }
        if (now - begun < l->look_ns)
            sched_yield();
        else
            doze(word, seen, sleeps);
    }
}

/* Tells the other side of a new value. */
static void publish(_Atomic uint32_t *word, uint32_t value, _Atomic uint32_t *sleeps)
{
    atomic_store_explicit(word, value, memory_order_seq_cst); /* as in doze */
    if (atomic_load_explicit(sleeps, memory_order_seq_cst)) futex_wake(word);
}

/* ------------------------------------------------------------------ bytes in and out */

static void copy_in(wire_ring *r, uint32_t at, const void *from, size_t n)
{
    size_t begin = at % WIRE_RING;
    size_t first = n < WIRE_RING - begin ? n : WIRE_RING - begin;

    memcpy(r->bytes + begin, from, first);
    memcpy(r->bytes, (const unsigned char *)from + first, n - first);
}

static void copy_out(const wire_ring *r, uint32_t at, void *to, size_t n)
{
    size_t begin = at % WIRE_RING;
    size_t first = n < WIRE_RING - begin ? n : WIRE_RING - begin;

    memcpy(to, r->bytes + begin, first);
    memcpy((unsigned char *)to + first, r->bytes, n - first);
}

static uint32_t round8(uint32_t n)
{
    return (n + 7u) & ~7u;
}

/* ------------------------------------------------------------------ sending */

static int32_t make_room(wire_lane *l, uint32_t need)
{
    for (;;) {
        uint32_t tail = atomic_load_explicit(&l->out->tail, memory_order_acquire);
        uint32_t used = l->head - tail;
        int32_t rc;
        if (used > WIRE_RING) return QN_E_GUEST_WIRE;
        if (WIRE_RING - used >= need) return QN_OK;
        if ((rc = wait_for(l, &l->out->tail, tail, &l->out->writer_sleeps)) != QN_OK) return rc;
    }
}

/* Takes the next `n` bytes of the parts; *part and *at stand where the next ones begin. */
static void put_bytes(wire_lane *l, uint32_t to, const wire_part **part, size_t *at, uint32_t n)
{
    while (n) {
        size_t left = (*part)->n - *at;
        size_t some = left < n ? left : n;
        if (some) copy_in(l->out, to, (const unsigned char *)(*part)->data + *at, some);
        to += (uint32_t)some;
        n -= (uint32_t)some;
        *at += some;
        if (*at == (*part)->n) {
            (*part)++;
            *at = 0;
        }
    }
}

int32_t wire_send(wire_lane *l, uint32_t type, uint32_t seat, const wire_part *parts, size_t nparts)
{
    size_t left = 0;
    size_t at = 0;

    for (size_t i = 0; i < nparts; i++)
        left += parts[i].n;
    if (left > WIRE_MESSAGE_MAX) return QN_E_FULL;
    do {
        uint32_t n = left < WIRE_PIECE ? (uint32_t)left : WIRE_PIECE;
        wire_head head = {(uint32_t)sizeof head + round8(n), (uint16_t)type,
                          left > n ? WIRE_MORE : 0, seat, n};
        int32_t rc = make_room(l, head.size);
        if (rc != QN_OK) return rc;
        copy_in(l->out, l->head, &head, sizeof head);
        put_bytes(l, l->head + (uint32_t)sizeof head, &parts, &at, n);
        l->head += head.size;
        left -= n;
        publish(&l->out->head, l->head, &l->out->reader_sleeps);
    } while (left);
    return QN_OK;
}

/* ------------------------------------------------------------------ receiving */

bool wire_is_empty(const wire_lane *l)
{
    /* relaxed: nothing is read by it */
    return atomic_load_explicit(&l->in->head, memory_order_relaxed) == l->tail;
}

/* The head of the next record, which is copied once and then looked at. */
static int32_t next_record(wire_lane *l, wire_head *head)
{
    uint32_t there = atomic_load_explicit(&l->in->head, memory_order_acquire);
    int32_t rc;

    while (there == l->tail) {
        if ((rc = wait_for(l, &l->in->head, there, &l->in->reader_sleeps)) != QN_OK) return rc;
        there = atomic_load_explicit(&l->in->head, memory_order_acquire);
    }
    there -= l->tail;
    if (there > WIRE_RING || there < sizeof *head) return QN_E_GUEST_WIRE;
    copy_out(l->in, l->tail, head, sizeof *head);
    if (head->n > WIRE_PIECE || head->size != sizeof *head + round8(head->n) ||
        head->size > there || (head->flags & ~WIRE_MORE))
        return QN_E_GUEST_WIRE;
    return QN_OK;
}

static int32_t take_bytes(wire_lane *l, const wire_head *head)
{
    if (l->n + head->n > WIRE_MESSAGE_MAX) return QN_E_GUEST_WIRE;
    if (!mem_reserve((void **)&l->bytes, &l->room, l->n + head->n + 1, 1)) return QN_E_NO_MEMORY;
    copy_out(l->in, l->tail + (uint32_t)sizeof *head, l->bytes + l->n, head->n);
    l->n += head->n;
    l->tail += head->size;
    publish(&l->in->tail, l->tail, &l->in->writer_sleeps);
    return QN_OK;
}

int32_t wire_receive(wire_lane *l)
{
    wire_head head;
    int32_t rc;

    l->n = 0;
    do {
        if ((rc = next_record(l, &head)) != QN_OK) return rc;
        if (l->n && (head.type != l->type || head.seat != l->seat)) return QN_E_GUEST_WIRE;
        l->type = head.type;
        l->seat = head.seat;
        /* an empty piece would let a message go on for ever */
        if ((head.flags & WIRE_MORE) && head.n == 0) return QN_E_GUEST_WIRE;
        if ((rc = take_bytes(l, &head)) != QN_OK) return rc;
    } while (head.flags & WIRE_MORE);
    return QN_OK;
}
