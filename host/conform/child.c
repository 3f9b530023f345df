/* SPDX-License-Identifier: MIT
 *
 * A check in a process of its own: what becomes of it there is its result. */
#include "drive.h"
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Room for what a plugin may take: a mistake is then out of memory, and not out of a machine. */
#define MEMORY_MAX ((rlim_t)4 << 30)

/* What the child is doing and what it found, in memory that both processes see. */
typedef struct board {
    char call[48];
    char what[160];
    int is_done;
    finding found;
} board;

static board *shared;

/* ------------------------------------------------------------------ findings */

__attribute__((format(printf, 3, 0))) static void say(finding *f, conform_state state,
                                                      const char *format, va_list args)
{
    if (f->state == CONFORM_FAILED) return;
    f->state = state;
    vsnprintf(f->text, sizeof f->text, format, args);
}

void broken(finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(f, CONFORM_FAILED, format, args);
    va_end(args);
}

void skipped(finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(f, CONFORM_SKIPPED, format, args);
    va_end(args);
}

void noted(finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(f, CONFORM_PASSED, format, args);
    va_end(args);
}

void doing_call(const char *call)
{
    if (shared) snprintf(shared->call, sizeof shared->call, "%s", call);
}

void doing_what(const char *format, ...)
{
    va_list args;

    if (!shared) return;
    va_start(args, format);
    vsnprintf(shared->what, sizeof shared->what, format, args);
    va_end(args);
}

/* ------------------------------------------------------------------ the child */

static void quiet(log_level level, const char *line)
{
    (void)level;
    (void)line;
}

static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

/* Addresses in use, bytes: a sanitizer maps more of them than any machine has memory, and could not
 * go on under a limit. */
static rlim_t mapped(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;
    int n;

    if (!file) return RLIM_INFINITY;
    n = fscanf(file, "%llu", &pages);
    fclose(file);
    return n == 1 ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) : RLIM_INFINITY;
}

static void prepare_child(void)
{
    const struct rlimit none = {0, 0};
    const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody waits for it then */
    setpgid(0, 0);                    /* what it starts ends with it */
    setrlimit(RLIMIT_CORE, &none);
    if (mapped() < MEMORY_MAX / 2) setrlimit(RLIMIT_AS, &memory);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], SIG_DFL);
    /* stdout is the report's, and a plugin that writes there must not spoil it */
    if (nowhere >= 0) {
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
    log_set_sink(quiet);
}

static void load_class(subject *s, finding *f)
{
    qn_err err = QN_ERR_INIT;

    doing_call("the entry point");
    if (subject_load(s, &s->module, &err) != QN_OK)
        broken(f, "it cannot be loaded: %s [%s]", err.msg, error_name(err.code));
    else if (!(s->cls = module_class(s->module, s->class_id)))
        skipped(f, "this host has no such kind");
    else
        s->slots = drive_slots(s);
}

_Noreturn static void run_child(const check_row *row, const subject *from)
{
    subject s = *from;
    finding f = {0};

    prepare_child();
    if (!(row->kinds & KIND_FILE)) load_class(&s, &f);
    if (f.state == CONFORM_PASSED) row->run(&s, &f);
    shared->found = f;
    __atomic_store_n(&shared->is_done, 1, __ATOMIC_RELEASE);
    _exit(0); /* what the host registered for its exit is not the child's */
}

/* ------------------------------------------------------------------ the parent */

/* " in on_event, with a bar of price 0" */
static void where(char *to, size_t room)
{
    const board *b = shared;

    to[0] = '\0';
    if (b->call[0])
        snprintf(to, room, " in %.47s%s%.159s", b->call, b->what[0] ? ", with " : "", b->what);
}

static void died(int status, bool is_late, unsigned limit_s, finding *f)
{
    char place[256];

    where(place, sizeof place);
    if (is_late)
        broken(f, "it did not come back within %u s%s", limit_s, place);
    else if (WIFSIGNALED(status))
        broken(f, "it crashed%s: %s", place, strsignal(WTERMSIG(status)));
    else
        broken(f, "it ended the process%s (status %d)", place,
               WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Wait until the process ends, or until it is late and is killed. */
static bool await(pid_t child, unsigned limit_s, int *status)
{
    int fd = pidfd_open(child, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = 0;
    bool is_late;

    while (fd >= 0 && (n = poll(&p, 1, (int)limit_s * 1000)) < 0 && errno == EINTR) {
    }
    is_late = fd >= 0 && n == 0;
    if (fd >= 0) close(fd);
    if (is_late) kill(child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
    kill(-child, SIGKILL); /* processes that it started */
    return is_late;
}

int32_t child_run(const check_row *row, const subject *s, unsigned limit_s, finding *out,
                  qn_err *err)
{
    int status = 0;
    bool is_late;
    pid_t child;

    if (!shared) {
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) {
            shared = NULL;
            return fail(err, QN_E_NO_MEMORY, "no memory for the result of a check");
        }
    }
    memset(shared, 0, sizeof *shared);
    fflush(NULL);
    child = fork();
    if (child == 0) run_child(row, s);
    if (child < 0) return fail_errno(err, "cannot make a process for a check");
    is_late = await(child, limit_s, &status);
    *out = (finding){0};
    if (__atomic_load_n(&shared->is_done, __ATOMIC_ACQUIRE) && !is_late)
        *out = shared->found;
    else
        died(status, is_late, limit_s, out);
    out->text[sizeof out->text - 1] = '\0';
    return QN_OK;
}
