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
    crew *p = mem_new(1, sizeof *p);

    if (!p) return fail(err, QN_E_NO_MEMORY, "no memory for processes");
    *p = (crew){.nworkers = workers, .limit_ns = limit_ns, .work = work, .ctx = ctx};
    p->workers = mem_new(workers, sizeof *p->workers);
    p->polled = mem_new(workers, sizeof *p->polled);
    if (!p->workers || !p->polled) {
        crew_free(p);
        return fail(err, QN_E_NO_MEMORY, "no memory for processes");
    }
    *out = p;
    return QN_OK;
}

static void reap(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
    }
}

void crew_free(crew *p)
{
    int status;

    if (!p) return;
    for (uint32_t i = 0; p->workers && i < p->nworkers; i++) {
        worker *w = &p->workers[i];
        if (!w->pid) continue;
        kill(w->pid, SIGKILL);
        reap(w->pid, &status);
        close(w->fd);
        mem_free(w->text);
    }
    mem_free(p->given);
    mem_free(p->polled);
    mem_free(p->workers);
    mem_free(p);
}

bool crew_has_room(const crew *p)
{
    return p->running < p->nworkers;
}

uint32_t crew_running(const crew *p)
{
    return p->running;
}

/* Ends the process without what exit does: buffers and handlers are the parent's. */
static void be_child(const crew *p, uint64_t job, int fd, pid_t parent) __attribute__((noreturn));
static void be_child(const crew *p, uint64_t job, int fd, pid_t parent)
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
    for (uint32_t i = 0; i < p->nworkers; i++)
        if (p->workers[i].pid) close(p->workers[i].fd);
    _exit(p->work(p->ctx, job, fd));
}

int32_t crew_start(crew *p, uint64_t job, qn_err *err)
{
    worker *w = p->workers;
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
        be_child(p, job, ends[1], parent);
    }
    close(ends[1]);
    *w = (worker){.pid = pid,
                  .fd = ends[0],
                  .job = job,
                  .until = p->limit_ns ? clock_steady() + p->limit_ns : INT64_MAX};
    p->running++;
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
static void finish(crew *p, worker *w, crew_done *done)
{
    int status = 0;

    close(w->fd);
    reap(w->pid, &status);
    *done = (crew_done){.job = w->job};
    mem_free(p->given);
    p->given = w->text;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && w->used > 0 && !w->is_late)
        done->text = p->given;
    else
        say_end(w, status, done->reason);
    *w = (worker){0};
    p->running--;
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

static void end_late_ones(const crew *p)
{
    int64_t now = p->limit_ns ? clock_steady() : INT64_MIN;

    for (uint32_t i = 0; i < p->nworkers; i++) {
        worker *w = &p->workers[i];
        if (!w->pid || now < w->until || w->is_late) continue;
        w->is_late = true;
        kill(w->pid, SIGKILL);
    }
}

int32_t crew_wait(crew *p, int wait_ms, crew_done *done, qn_err *err)
{
    bool is_over = false;
    int32_t rc;
    int n;

    *done = (crew_done){0};
    end_late_ones(p);
    for (uint32_t i = 0; i < p->nworkers; i++)
        p->polled[i] =
            (struct pollfd){.fd = p->workers[i].pid ? p->workers[i].fd : -1, .events = POLLIN};
    n = poll(p->polled, p->nworkers, wait_ms);
    if (n < 0) return errno == EINTR ? QN_OK : fail_errno(err, "cannot wait for processes");
    for (uint32_t i = 0; n > 0 && i < p->nworkers; i++) {
        if (!p->polled[i].revents) continue;
        if ((rc = take(&p->workers[i], &is_over, err)) != QN_OK) return rc;
        if (!is_over) continue;
        finish(p, &p->workers[i], done);
        return QN_OK;
    }
    return QN_OK;
}
