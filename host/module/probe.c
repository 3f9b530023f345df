/* SPDX-License-Identifier: MIT
 *
 * The first run of an unknown build, in a child process: its crash, its hang or its exit are
 * then a result and not the end of the host. */
#include "attach.h"

#include "base/fail.h"
#include "surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int32_t compare_surroundings(const surroundings *before, const surroundings *after,
                                    qn_err *err)
{
    const char *what = surroundings_changed(before, after);

    if (!what) return QN_OK;
    return fail(err, QN_E_ELF_CONSTRUCTOR,
                "it %s while it is loaded: it must leave the process "
                "as it was",
                what);
}

/* Signals that tell of a crash, and the alarm: a handler of the host must not catch them. */
static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGALRM};

static void prepare_child(unsigned limit_s)
{
    struct rlimit none = {0, 0};
    sigset_t signals;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody waits for it then */
    setrlimit(RLIMIT_CORE, &none);
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        signal(deadly[i], SIG_DFL);
        sigaddset(&signals, deadly[i]);
    }
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    alarm(limit_s);
}

/* The child. Leaves by _exit: what the host registered for its exit is not the child's. */
_Noreturn static void run_child(int to, const char *copy, const note *n, unsigned limit_s)
{
    qn_err result = QN_ERR_INIT;
    surroundings before, after;
    attachment a;

    prepare_child(limit_s);
    surroundings_take(&before);
    result.code = attach(copy, n, true, &a, &result);
    surroundings_take(&after);
    if (result.code == QN_OK) result.code = compare_surroundings(&before, &after, &result);
    _exit(write(to, &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
}

static int32_t died(int status, unsigned limit_s, qn_err *err)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return fail(err, QN_E_MODULE_CRASH, "its entry point did not return within %u s", limit_s);
    if (WIFSIGNALED(status))
        return fail(err, QN_E_MODULE_CRASH, "it crashed while it was loaded: %s",
                    strsignal(WTERMSIG(status)));
    return fail(err, QN_E_MODULE_CRASH, "it ended the process while it was loaded (status %d)",
                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static int32_t await(pid_t child, int from, unsigned limit_s, qn_err *err)
{
    qn_err result;
    pid_t ended;
    int status;

    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) return fail_errno(err, "cannot wait for the process that tries the module");
    /* the result fits into the pipe, so it is there, or never will be */
    if (read(from, &result, sizeof result) != (ssize_t)sizeof result || !WIFEXITED(status))
        return died(status, limit_s, err);
    result.msg[sizeof result.msg - 1] = '\0';
    return result.code == QN_OK ? QN_OK : fail(err, result.code, "%s", result.msg);
}

int32_t probe(const char *copy, const note *n, unsigned limit_s, qn_err *err)
{
    int ends[2];
    int32_t rc;
    pid_t child;

    /* non-blocking: a process that the module leaves behind may hold the other end open */
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno(err, "cannot make a pipe");
    child = fork();
    if (child == 0) run_child(ends[1], copy, n, limit_s);
    if (child < 0)
        rc = fail_errno(err, "cannot make a process to try the module in");
    else
        rc = await(child, ends[0], limit_s, err);
    close(ends[0]);
    close(ends[1]);
    return rc;
}
