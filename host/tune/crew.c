/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESULT_MAX ((size_t)1 << 20) /* bytes; more is no result of ours */

/* A child. */
typedef struct worker {
    pid_t pid; /* 0 = none */
    int fd;
    uint64_t job;
    int64_t until; /* steady time; INT64_MAX = no limit */
    bool is_late;  /* killed for it */
    char *text;
    size_t used, room;
} worker;

struct crew {
    worker *workers;
    struct pollfd *polled;
    uint32_t nworkers, running;
    int64_t limit_ns;
    crew_work work;
    void *ctx;
    char *given; /* the text of the last result */
};

int32_t crew_new(uint32_t workers, int64_t limit_ns, crew_work work, void *ctx, crew **out,
                 qn_err *err)
{
    crew *c = mem_new(1, sizeof *c);

    if (!c) return fail(err, QN_E_NO_MEMORY, "no memory for processes");
    *c = (crew){.nworkers = workers, .limit_ns = limit_ns, .work = work, .ctx = ctx};
    c->workers = mem_new(workers, sizeof *c->workers);
    c->polled = mem_new(workers, sizeof *c->polled);
    if (!c->workers || !c->polled) {
        crew_free(c);
        return fail(err, QN_E_NO_MEMORY, "no memory for processes");
    }
    *out = c;
    return QN_OK;
}

static void reap(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
    }
}

void crew_free(crew *c)
{
    int status;

    if (!c) return;
    for (uint32_t i = 0; c->workers && i < c->nworkers; i++) {
        worker *w = &c->workers[i];
        if (!w->pid) continue;
        kill(w->pid, SIGKILL);
        reap(w->pid, &status);
        close(w->fd);
        mem_free(w->text);
    }
    mem_free(c->given);
    mem_free(c->polled);
    mem_free(c->workers);
    mem_free(c);
}

bool crew_has_room(const crew *c)
{
    return c->running < c->nworkers;
}

uint32_t crew_running(const crew *c)
{
    return c->running;
}

/* Ends the process without what exit does: buffers and handlers are the parent's. */
_Noreturn static void be_child(const crew *c, uint64_t job, int fd, pid_t parent)
{
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1); /* it died before the line above */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (null >= 0) { /* standard output is the search's */
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    for (uint32_t i = 0; i < c->nworkers; i++)
        if (c->workers[i].pid) close(c->workers[i].fd);
    _exit(c->work(c->ctx, job, fd));
}

int32_t crew_start(crew *c, uint64_t job, qn_err *err)
{
    worker *w = c->workers;
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    while (w->pid)
        w++;
    if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno(err, "cannot make a pipe");
    if ((pid = fork()) < 0) {
        int32_t rc = fail_errno(err, "cannot start a process");
        close(ends[0]);
        close(ends[1]);
        return rc;
    }
    if (pid == 0) {
        close(ends[0]);
        be_child(c, job, ends[1], parent);
    }
    close(ends[1]);
    *w = (worker){.pid = pid,
                  .fd = ends[0],
                  .job = job,
                  .until = c->limit_ns ? clock_steady() + c->limit_ns : INT64_MAX};
    c->running++;
    return QN_OK;
}

static void say_end(const worker *w, int status, char to[96])
{
    if (w->is_late)
        snprintf(to, 96, "took longer than the limit");
    else if (WIFSIGNALED(status))
        snprintf(to, 96, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(to, 96, "ended with status %d, without a result", WEXITSTATUS(status));
}

/* The pipe is at its end: the child has ended, or will at once. */
static void finish(crew *c, worker *w, crew_done *done)
{
    int status = 0;

    close(w->fd);
    reap(w->pid, &status);
    *done = (crew_done){.job = w->job};
    mem_free(c->given);
    c->given = w->text;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && w->used > 0 && !w->is_late)
        done->text = c->given;
    else
        say_end(w, status, done->reason);
    *w = (worker){0};
    c->running--;
}

/* Reads what is there. *is_over: the end was reached. */
static int32_t take(worker *w, bool *is_over, qn_err *err)
{
    void *grown = w->text;
    ssize_t got;

    if (w->used >= RESULT_MAX || !mem_reserve(&grown, &w->room, w->used + 4097, 1))
        return fail(err, QN_E_NO_MEMORY, "no memory for the result of trial %llu",
                    (unsigned long long)w->job);
    w->text = grown;
    got = read(w->fd, w->text + w->used, 4096);
    if (got < 0 && errno != EINTR) return fail_errno(err, "cannot read the result of a trial");
    if (got > 0) w->used += (size_t)got;
    w->text[w->used] = '\0';
    *is_over = got == 0;
    return QN_OK;
}

static void end_late_ones(const crew *c)
{
    int64_t now = c->limit_ns ? clock_steady() : INT64_MIN;

    for (uint32_t i = 0; i < c->nworkers; i++) {
        worker *w = &c->workers[i];
        if (!w->pid || now < w->until || w->is_late) continue;
        w->is_late = true;
        kill(w->pid, SIGKILL);
    }
}

int32_t crew_wait(crew *c, int wait_ms, crew_done *done, qn_err *err)
{
    bool is_over = false;
    int32_t rc;
    int n;

    *done = (crew_done){0};
    end_late_ones(c);
    for (uint32_t i = 0; i < c->nworkers; i++)
        c->polled[i] =
            (struct pollfd){.fd = c->workers[i].pid ? c->workers[i].fd : -1, .events = POLLIN};
    n = poll(c->polled, c->nworkers, wait_ms);
    if (n < 0) return errno == EINTR ? QN_OK : fail_errno(err, "cannot wait for processes");
    for (uint32_t i = 0; n > 0 && i < c->nworkers; i++) {
        if (!c->polled[i].revents) continue;
        if ((rc = take(&c->workers[i], &is_over, err)) != QN_OK) return rc;
        if (!is_over) continue;
        finish(c, &c->workers[i], done);
        return QN_OK;
    }
    return QN_OK;
}
