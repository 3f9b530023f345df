/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include <quoin/sdk/text.h>

#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define STATUS_UNKNOWN INT32_MIN
#define STACK_BYTES (64u * 1024u)

static const struct {
    int number;
    const char *name;
} faults[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
              {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"}};
#define FAULTS (sizeof faults / sizeof faults[0])

static _Thread_local void *stack;    /* of the handler */
static _Thread_local bool is_taking; /* this thread puts down the crash */

const char *crash_signal_name(int32_t number)
{
    for (size_t i = 0; i < FAULTS; i++)
        if (faults[i].number == number) return faults[i].name;
    return number == SIGKILL ? "SIGKILL" : number == SIGTERM ? "SIGTERM" : "a signal";
}

/* ------------------------------------------------------------------ in words */

static void add_hex(qn_text *t, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 60;

    qn_text_add(t, "0x");
    while (shift > 0 && !(value >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        qn_text_add_char(t, digits[(value >> shift) & 15]);
}

static void add_plugin(qn_text *t, const slot_row *row)
{
    qn_text_add_clean(t, row->id);
    qn_text_add(t, " (");
    qn_text_add_clean(t, row->class_id[0] ? row->class_id : row->path);
    if (row->version[0]) {
        qn_text_add_char(t, ' ');
        qn_text_add_clean(t, row->version);
    }
    qn_text_add_char(t, ')');
}

static void add_place(qn_text *t, uint32_t word, const uint64_t *seq)
{
    qn_text_add(t, " in ");
    qn_text_add(t, slot_call_name(SLOT_WORD_CALL(word)));
    if (!seq) return;
    qn_text_add(t, " at sequence number ");
    qn_text_add_count(t, *seq);
}

static void add_signal(qn_text *t, const crash_record *c)
{
    qn_text_add(t, crash_signal_name(c->signal));
    if (c->code == SI_USER && c->signal != SIGABRT) {
        qn_text_add(t, ", which was sent to it");
        return;
    }
    if (c->signal != SIGABRT && c->signal != SIGKILL) {
        qn_text_add(t, " at address ");
        add_hex(t, c->address);
    }
}

void crash_describe(const slot_page *page, char to[CRASH_TEXT])
{
    const crash_record *c = &page->crash;
    const slot_row *row = slot_row_of(page, c->word);
    qn_text t = {to, CRASH_TEXT, 0, 0, 0};

    to[0] = '\0';
    if (row)
        add_plugin(&t, row);
    else
        qn_text_add(&t, "the host");
    qn_text_add(&t, c->kind == CRASH_HUNG   ? " did not come back"
                    : c->kind == CRASH_EXIT ? " ended the process"
                                            : " crashed");
    if (row) add_place(&t, c->word, c->has_seq ? &c->seq : NULL);
    if (c->kind == CRASH_SIGNAL) {
        qn_text_add(&t, ": ");
        add_signal(&t, c);
    } else if (c->kind == CRASH_EXIT && c->status != STATUS_UNKNOWN) {
        qn_text_add(&t, " with exit status ");
        qn_text_add_integer(&t, c->status);
    }
}

static void say(const char *prefix, const char *text, const char *end)
{
    char room[CRASH_TEXT + 256];
    qn_text t = QN_TEXT(room);

    qn_text_add(&t, prefix);
    qn_text_add(&t, text);
    qn_text_add(&t, end);
    if (write(STDERR_FILENO, room, t.used) < 0) return; /* nobody is left to be told */
}

/* ------------------------------------------------------------------ putting it down */

static void copy_maps(crash_record *c)
{
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    ssize_t n;

    while (fd >= 0 && c->nmaps < SLOT_MAPS_BYTES &&
           (n = read(fd, c->maps + c->nmaps, SLOT_MAPS_BYTES - c->nmaps)) > 0)
        c->nmaps += (uint32_t)n;
    if (fd >= 0) close(fd);
}

/* The process's one crash: false for whoever comes second. */
static bool take(crash_record *c, uint32_t kind, const call_slot *s)
{
    if (atomic_exchange(&c->is_taken, 1)) return false;
    is_taking = true;
    c->kind = kind;
    c->word = atomic_load(&s->word);
    c->has_seq = s->seq != NULL;
    if (s->seq) c->seq = *s->seq;
    c->tid = (int32_t)syscall(SYS_gettid);
    return true;
}

/* Whoever comes second waits for the end that the first one brings. */
_Noreturn static void wait_for_the_end(void)
{
    for (;;)
        pause();
}

_Noreturn static void leave(int status)
{
    for (;;)
        syscall(SYS_exit_group, status);
}

static void tell(const slot_page *page)
{
    char text[CRASH_TEXT];

    crash_describe(page, text);
    if (page->crash.word)
        say("quoin: error: ", text, " [QN_E_CRASHED]\n");
    else
        say("quoin: error: ", text,
            ": an error of quoin itself, or memory that a plugin has damaged [QN_E_INTERNAL]\n");
}

static uint64_t instruction(const void *context)
{
#if defined(__x86_64__)
    return (uint64_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return ((const ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* Last, for it reads memory that may be damaged: another fault in here ends the process by its
 * signal, and what is above is put down already. */
static void put_frames(crash_record *c)
{
    void *frames[SLOT_FRAMES];
    int n = backtrace(frames, SLOT_FRAMES);

    for (int i = 0; i < n; i++)
        c->frames[i] = (uint64_t)(uintptr_t)frames[i];
    c->nframes = n > 0 ? (uint32_t)n : 0;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    slot_page *page = slot_page_here();
    crash_record *c = &page->crash;

    if (atomic_load(&page->pid) != getpid()) { /* a process of its own, watched by who made it */
        raise(number);
        return;
    }
    if (is_taking) { /* a fault in the handler, of another kind than the first one */
        raise(number);
        return;
    }
    if (!take(c, CRASH_SIGNAL, slot_here())) wait_for_the_end();
    c->signal = number;
    c->code = info->si_code;
    c->address = (uint64_t)(uintptr_t)info->si_addr;
    c->at = instruction(context);
    copy_maps(c);
    atomic_store(&c->is_whole, 1);
    if (!atomic_load(&page->is_supervised)) tell(page);
    if (!atomic_load(&page->is_supervised) && c->word) leave(EXIT_CRASHED);
    if (atomic_load(&page->is_supervised)) put_frames(c);
    raise(number); /* the default action: this handler was for one time */
}

/* ------------------------------------------------------------------ exits and copies */

static bool is_watched_call(void)
{
    if (atomic_load(&slot_page_here()->pid) != getpid()) return false; /* of a copy, or of none */
    return atomic_load(&slot_here()->word) != 0;
}

/* A plugin has called exit(): it never comes back into the host. */
static void end_by_exit(int status)
{
    slot_page *page = slot_page_here();

    if (!is_watched_call()) return;
    if (!take(&page->crash, CRASH_EXIT, slot_here())) wait_for_the_end();
    page->crash.status = status;
    copy_maps(&page->crash);
    atomic_store(&page->crash.is_whole, 1);
    if (!atomic_load(&page->is_supervised)) tell(page);
    leave(EXIT_CRASHED);
}

static void on_exit_call(int status, void *unused)
{
    (void)unused;
    end_by_exit(status);
}

static void on_quick_exit(void)
{
    end_by_exit(STATUS_UNKNOWN);
}

/* In place of the C library's: what a plugin calls is found here first. */
__attribute__((visibility("default"))) void _exit(int status)
{
    end_by_exit(status);
    leave(status);
}

__attribute__((visibility("default"))) void _Exit(int status)
{
    _exit(status);
}

static void on_fork_in_child(void)
{
    slot_page *page = slot_page_here();
    uint32_t word = atomic_load(&slot_here()->word);
    char text[CRASH_TEXT];
    qn_text t = QN_TEXT(text);
    const slot_row *row = slot_row_of(page, word);

    if (!row || !atomic_load(&page->pid)) return;
    if (atomic_fetch_add(&page->forks, 1) == 0) {
        add_plugin(&t, row);
        qn_text_add(&t, " called fork()");
        add_place(&t, word, slot_here()->seq);
        say("quoin: warning: ", text, ": the copy of the process was ended\n");
    }
    leave(EXIT_CRASHED);
}

_Noreturn void crash_hung(const call_slot *s)
{
    slot_page *page = slot_page_here();

    if (!take(&page->crash, CRASH_HUNG, s)) wait_for_the_end();
    page->crash.tid = s->tid;
    copy_maps(&page->crash);
    atomic_store(&page->crash.is_whole, 1);
    if (!atomic_load(&page->is_supervised)) tell(page);
    leave(EXIT_CRASHED);
}

/* ------------------------------------------------------------------ watching */

void crash_thread_begin(void)
{
    sigset_t set;
    stack_t s = {.ss_size = STACK_BYTES};

    slot_here();
    if (stack || !atomic_load(&slot_page_here()->pid)) return;
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) {
        stack = NULL; /* an overflow of the stack is then told by the shell alone */
    } else {
        s.ss_sp = stack;
        sigaltstack(&s, NULL);
    }
    sigemptyset(&set);
    for (size_t i = 0; i < FAULTS; i++)
        sigaddset(&set, faults[i].number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void crash_thread_end(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    slot_give_back();
    if (!stack) return;
    sigaltstack(&none, NULL);
    munmap(stack, STACK_BYTES);
    stack = NULL;
}

void crash_watch(void)
{
    slot_page *page = slot_page_here();
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags =
                                   (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER)};
    void *first[1];
    static bool is_registered;

    if (atomic_load(&page->pid) == getpid()) return;
    if (!slot_is_shared()) slot_share(); /* with copies of the process; without it, the own one */
    page = slot_page_here();
    atomic_store(&page->pid, getpid());
    backtrace(first, 1); /* has it load now what it needs */
    crash_thread_begin();
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULTS; i++)
        sigaction(faults[i].number, &action, NULL);
    if (!is_registered) {
        on_exit(on_exit_call, NULL);
        at_quick_exit(on_quick_exit);
        pthread_atfork(NULL, NULL, on_fork_in_child);
    }
    is_registered = true;
}
