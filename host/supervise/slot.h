/* SPDX-License-Identifier: MIT
 *
 * Which plugin is being called right now: a word for each thread that calls plugins, in a page
 * that outlives a crash. Who asks: the crash handler (crash.h), a watchdog, and a supervisor, which
 * reads the page of a process that has died.
 *
 *   uint32_t before = slot_enter(s, row, SLOT_CALL_ON_EVENT);
 *   rc = table->on_event(...);
 *   slot_leave(s, before);
 *
 * Calls nest: a strategy's push asks the risk chain. The word is that of the innermost call; when
 * it returns, that of the one around it is back.
 *
 * A few plain stores a call, and no clock: cheap enough to be always on. A watchdog takes the time
 * itself, between two looks.
 *
 * The rows of the page say in words what a number stands for. There is one page a process: of two
 * engines in it, the one that was built last has the rows. */
#ifndef QUOIN_SUPERVISE_SLOT_H
#define QUOIN_SUPERVISE_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_THREADS 32u
#define SLOT_ROWS 512u
/* A build that is loaded beside a run, or tried out in it. */
#define SLOT_ROW_CANDIDATE (SLOT_ROWS - 1u)
#define SLOT_MAPS_BYTES 65536u
#define SLOT_FRAMES 32

/* X(NAME, name): what of a plugin is called. */
#define SLOT_CALL_LIST(X)                                                                          \
    X(NONE, "none")                                                                                \
    X(CREATE, "create")                                                                            \
    X(DESTROY, "destroy")                                                                          \
    X(SAVE, "save")                                                                                \
    X(LOAD_STATE, "load of its state")                                                             \
    X(DESCRIBE, "describe")                                                                        \
    X(LOOKBACK, "lookback")                                                                        \
    X(NEED, "need")                                                                                \
    X(ON_EVENT, "on_event")                                                                        \
    X(ON_MARKET, "on_market")                                                                      \
    X(ON_END, "on_end")                                                                            \
    X(CHECK, "check")                                                                              \
    X(ALLOCATE, "allocate")                                                                        \
    X(SUBMIT, "submit")                                                                            \
    X(MODIFY, "modify")                                                                            \
    X(CANCEL, "cancel")                                                                            \
    X(START, "start")                                                                              \
    X(STOP, "stop")                                                                                \
    X(WRITE, "write")                                                                              \
    X(WORK, "run of its work")                                                                     \
    X(COMMAND, "a command of its own")                                                             \
    X(QUERY, "query")

#define SLOT_CALL_ENUM(NAME, name) SLOT_CALL_##NAME,
enum { SLOT_CALL_LIST(SLOT_CALL_ENUM) SLOT_CALLS };
#undef SLOT_CALL_ENUM

const char *slot_call_name(uint32_t call);

/* One thread's. */
typedef struct call_slot {
    _Alignas(64) _Atomic uint32_t word; /* 0 = no plugin is being called; SLOT_WORD */
    _Atomic uint32_t is_taken;          /* by a thread */
    int32_t tid;
    const uint64_t *seq; /* in this process: the event under way; NULL = it is not told */
} call_slot;

/* Row, and SLOT_CALL_. */
#define SLOT_WORD(row, call) (((row) << 8) | (call))
#define SLOT_WORD_ROW(word) ((word) >> 8)
#define SLOT_WORD_CALL(word) ((word)&0xffu)

static inline void slot_set(call_slot *s, uint32_t word)
{
    atomic_store_explicit(&s->word, word, memory_order_relaxed);
}

static inline uint32_t slot_enter(call_slot *s, uint32_t row, uint32_t call)
{
    uint32_t before = atomic_load_explicit(&s->word, memory_order_relaxed);

    slot_set(s, SLOT_WORD(row, call));
    return before;
}

static inline void slot_leave(call_slot *s, uint32_t before)
{
    slot_set(s, before);
}

/* What a row's number stands for. */
typedef struct slot_row {
    char id[64], kind[16];
    char class_id[128], version[64];
    char sha256[68]; /* "" = not known yet */
    char path[1024]; /* of the file that the config names */
    char copy[1024]; /* of the host's own copy, which was loaded */
} slot_row;

/* X(NAME, meaning): how a process ended that did not end by itself. */
#define CRASH_KIND_LIST(X)                                                                         \
    X(NONE, "nothing happened")                                                                    \
    X(SIGNAL, "a signal of the processor, or abort()")                                             \
    X(EXIT, "a plugin ended the process")                                                          \
    X(HUNG, "a call did not come back")

#define CRASH_KIND_ENUM(NAME, meaning) CRASH_##NAME,
enum { CRASH_KIND_LIST(CRASH_KIND_ENUM) CRASH_KINDS };
#undef CRASH_KIND_ENUM

/* Written once by whoever ends the process. */
typedef struct crash_record {
    _Atomic uint32_t is_taken; /* the first one writes */
    _Atomic uint32_t is_whole;
    uint32_t kind; /* CRASH_ */
    int32_t signal, code, status;
    int32_t tid;
    uint64_t address; /* that was touched */
    uint64_t at;      /* of the instruction */
    uint32_t word;    /* of the call that was under way; 0 = the host's own code */
    bool has_seq;
    uint64_t seq; /* of the event that was under way */
    uint32_t nframes;
    uint64_t frames[SLOT_FRAMES]; /* return addresses, innermost first */
    uint32_t nmaps;
    char maps[SLOT_MAPS_BYTES]; /* of the process: which file lies where */
} crash_record;

typedef struct slot_page {
    _Atomic int32_t pid;         /* whose plugins are called; 0 = nobody watches */
    _Atomic bool is_supervised;  /* somebody waits for the process, and tells */
    _Atomic bool is_begun;       /* the run stands in its store */
    _Atomic bool has_ended;      /* it was ended there */
    _Atomic bool has_returned;   /* the command came to its end: its exit status is its own */
    _Atomic uint64_t last_seq;   /* at the start of the run: 0 */
    _Atomic uint32_t forks;      /* copies of the process that a plugin made, and that were ended */
    _Atomic uint64_t crashed_at; /* the event at which the process before this one crashed; 0 */
    _Atomic int64_t down_since;  /* steady clock: that process ended; 0 = there was none */
    call_slot slots[SLOT_THREADS];
    slot_row rows[SLOT_ROWS];
    crash_record crash;
} slot_page;

/* The page of this process: its own until slot_share. */
slot_page *slot_page_here(void);
bool slot_is_shared(void);
/* Have this process, and those that it forks, use one page that they share. NULL: no memory. */
slot_page *slot_share(void);

/* The slot of this thread: the first call takes one. There is always one: more threads than slots
 * share the last. */
call_slot *slot_here(void);
/* A thread that ends gives its slot back. */
void slot_give_back(void);

/* Put down what a row stands for. A text that is too long is cut; NULL is "". */
void slot_name(uint32_t row, const slot_row *what);
/* The row of a word; NULL for one of no plugin. */
const slot_row *slot_row_of(const slot_page *page, uint32_t word);

#endif
