/* SPDX-License-Identifier: MIT */
#include "supervise.h"

#include "crash.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STARTS_KEPT 64u
#define LONGEST_PAUSE_NS (INT64_C(60) * 1000000000)

typedef struct parent {
    const supervise_options *options;
    slot_page *page;
    sigset_t watched, before;
    pid_t child;
    int stopped_by;              /* a signal that asked for the end; 0 = none */
    int64_t starts[STARTS_KEPT]; /* again; steady clock, a ring */
    uint32_t nstarts;
} parent;

/* ------------------------------------------------------------------ the child */

static void become_child(const parent *p, pid_t its_parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != its_parent) raise(SIGKILL); /* it died before the line above */
    setpgid(0, 0); /* what the terminal sends comes by the parent, and once */
    sigprocmask(SIG_SETMASK, &p->before, NULL);
}

static void reset_page(slot_page *page)
{
    memset(page->slots, 0, sizeof page->slots);
    memset(&page->crash, 0, sizeof page->crash);
    atomic_store(&page->pid, 0);
    atomic_store(&page->is_begun, false);
    atomic_store(&page->has_ended, false);
    atomic_store(&page->has_returned, false);
    atomic_store(&page->is_supervised, true);
}

/* ------------------------------------------------------------------ waiting */

/* Takes one signal, or none in `wait` (NULL: for ever). True when a child may have ended. */
static bool take_signal(parent *p, const struct timespec *wait)
{
    int number = wait ? sigtimedwait(&p->watched, NULL, wait) : sigwaitinfo(&p->watched, NULL);

    if (number == SIGINT || number == SIGTERM) {
        p->stopped_by = number;
        if (p->child > 0) kill(p->child, number);
    }
    return number == SIGCHLD;
}

static int wait_for_child(parent *p)
{
    int status;

    while (waitpid(p->child, &status, WNOHANG) != p->child)
        take_signal(p, NULL);
    p->child = 0;
    return status;
}

static void wait_out(parent *p, int64_t pause)
{
    int64_t until = clock_steady() + pause;
    int64_t left;

    while (!p->stopped_by && (left = until - clock_steady()) > 0) {
        struct timespec t = {left / 1000000000, left % 1000000000};
        take_signal(p, &t);
    }
}

/* ------------------------------------------------------------------ how it ended */

/* The call that some thread was in: the engine's is the first slot. 0 = none. */
static uint32_t call_under_way(const slot_page *page)
{
    uint32_t word = 0;

    for (uint32_t i = 0; i < SLOT_THREADS && !word; i++)
        word = atomic_load(&page->slots[i].word);
    return word;
}

/* A child that could put nothing down: killed, or ended by a system call of a plugin's own. */
static void put_down(slot_page *page, int status)
{
    crash_record *c = &page->crash;

    if (atomic_load(&c->is_whole)) return;
    c->kind = WIFSIGNALED(status) ? CRASH_SIGNAL : CRASH_EXIT;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    c->code = c->signal == SIGKILL ? SI_USER : 0;
    c->word = c->signal == SIGKILL ? 0 : call_under_way(page); /* that is nobody's doing in it */
}

/* Ends as the child did. */
static int die_by(int number)
{
    const struct rlimit none = {0, 0};
    sigset_t set;

    setrlimit(RLIMIT_CORE, &none); /* it is the child's that is of use */
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return 128 + number;
}

static void keep_bundle(const parent *p)
{
    qn_err err = QN_ERR_INIT;
    char path[PATH_ROOM];
    bool has_store;
    int32_t rc;

    if (!p->options->bundle.keep) return;
    rc = bundle_write(&p->options->bundle, p->page, clock_wall(), path, &has_store, &err);
    if (rc != QN_OK)
        log_line(LOG_WARNING, "the bundle of the crash is not whole: %s [%s]", err.msg,
                 error_name(rc));
    else if (!has_store)
        log_line(LOG_WARNING,
                 "the bundle of the crash, %s, is without the store, which takes more than %d MiB: "
                 "quoin journal replay %s says how to do the run again",
                 path, (int)(BUNDLE_STORE_BYTES >> 20), path);
    else
        log_line(LOG_INFO, "what is needed to do it again is in %s: quoin journal replay %s", path,
                 path);
}

/* True if the build that crashed is in quarantine now. */
static bool count_crash(const parent *p)
{
    const slot_row *row = slot_row_of(p->page, p->page->crash.word);
    const supervise_options *o = p->options;
    qn_err err = QN_ERR_INIT;
    bool is_in = false;
    int32_t rc;

    if (!row || !row->sha256[0]) return false;
    rc = quarantine_note(o->bundle.store, row, clock_wall(), &o->rule, &is_in, &err);
    if (rc != QN_OK)
        log_line(LOG_WARNING, "the crash is not counted: %s [%s]", err.msg, error_name(rc));
    else if (is_in)
        log_line(
            LOG_ERROR,
            "this build of %s (%.12s...) is in quarantine: the run goes on without it; another "
            "build gets a new chance, this one by `quoin plugin quarantine lift --store %s "
            "%.12s` [QN_E_QUARANTINED]",
            row->id, row->sha256, o->bundle.store, row->sha256);
    return is_in;
}

/* Starts again within the window, this one not counted. */
static uint32_t recent_starts(const parent *p, int64_t now)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < STARTS_KEPT && i < p->nstarts; i++)
        n += now - p->starts[i] <= p->options->rule.window;
    return n;
}

/* Why it is not started again; NULL: it is. */
static const char *end_of_it(const parent *p, uint32_t recent)
{
    if (atomic_load(&p->page->has_ended)) return "the run had come to its end";
    if (p->stopped_by) return "it was asked to stop";
    if (!atomic_load(&p->page->is_begun) && p->nstarts == 0) return "the run had not begun";
    if (recent >= p->options->restarts) return "it was started again often enough";
    return NULL;
}

static int64_t pause_before(const parent *p, uint32_t recent)
{
    int64_t pause = p->options->backoff;

    if (recent < 2) return 0; /* a crash, and the second one that puts its build into quarantine */
    for (uint32_t i = 2; i < recent && pause < LONGEST_PAUSE_NS; i++)
        pause *= 2;
    return pause < LONGEST_PAUSE_NS ? pause : LONGEST_PAUSE_NS;
}

/* True: start again. False: *status is the program's. */
static bool on_crash(parent *p, int *status)
{
    int64_t now = atomic_load(&p->page->down_since);
    uint32_t recent = recent_starts(p, now);
    const char *why = end_of_it(p, recent);
    char text[CRASH_TEXT];
    bool is_plugin = p->page->crash.word != 0;

    crash_describe(p->page, text);
    log_line(LOG_ERROR, "%s [%s]", text, is_plugin ? "QN_E_CRASHED" : "QN_E_INTERNAL");
    count_crash(p);
    keep_bundle(p);
    if (why) {
        log_line(LOG_ERROR, "the engine is not started again: %s%s", why,
                 atomic_load(&p->page->is_begun) && !atomic_load(&p->page->has_ended)
                     ? "; go on with the run by quoin run --resume"
                     : "");
        *status =
            is_plugin || !p->page->crash.signal ? EXIT_CRASHED : die_by(p->page->crash.signal);
        return false;
    }
    wait_out(p, pause_before(p, recent));
    if (p->stopped_by) {
        *status = EXIT_CRASHED;
        return false;
    }
    p->starts[p->nstarts++ % STARTS_KEPT] = now;
    atomic_store(&p->page->crashed_at,
                 p->page->crash.has_seq && is_plugin ? p->page->crash.seq : 0);
    log_line(LOG_WARNING, "the engine is started again (%u of at most %u), and resumes the run",
             recent + 1, p->options->restarts);
    return true;
}

bool supervise(const supervise_options *options, uint32_t *starts, int *status)
{
    parent p = {.options = options, .page = slot_share()};
    pid_t self = getpid();
    int ended;

    if (!p.page) {
        *status = EXIT_FAILURE;
        log_line(LOG_ERROR, "no memory to supervise the run [QN_E_NO_MEMORY]");
        return false;
    }
    sigemptyset(&p.watched);
    sigaddset(&p.watched, SIGINT);
    sigaddset(&p.watched, SIGTERM);
    sigaddset(&p.watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &p.watched, &p.before);
    for (;;) {
        reset_page(p.page);
        *starts = p.nstarts;
        if ((p.child = fork()) == 0) {
            become_child(&p, self);
            return true;
        }
        if (p.child < 0) {
            log_line(LOG_ERROR, "the engine cannot be started: %s", strerror(errno));
            *status = EXIT_FAILURE;
            return false;
        }
        ended = wait_for_child(&p);
        atomic_store(&p.page->down_since, clock_steady());
        if (WIFEXITED(ended) && atomic_load(&p.page->has_returned)) {
            *status = WEXITSTATUS(ended);
            return false;
        }
        if (WIFSIGNALED(ended) && p.stopped_by == WTERMSIG(ended)) {
            *status = die_by(p.stopped_by);
            return false;
        }
        put_down(p.page, ended);
        if (!on_crash(&p, status)) return false;
    }
}
