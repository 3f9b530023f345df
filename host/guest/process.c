/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_NS (30 * QN_NS_PER_S) /* from exec to its first word */

/* ------------------------------------------------------------------ where the program is */

int32_t guest_program(char to[], size_t room, qn_err *err)
{
    static const char *const places[] = {"quoin-guest", "../libexec/quoin/quoin-guest"};
    const char *named = getenv("QUOIN_GUEST");
    char self[PATH_ROOM];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (named && named[0]) {
        if ((size_t)snprintf(to, room, "%s", named) < room) return QN_OK;
        return fail(err, QN_E_OVERFLOW, "the path in QUOIN_GUEST is too long");
    }
    self[n < 0 ? 0 : n] = '\0';
    if ((slash = strrchr(self, '/'))) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if ((size_t)snprintf(to, room, "%s/%s", self, places[i]) < room && access(to, X_OK) == 0)
            return QN_OK;
    return fail(err, QN_E_NOT_FOUND,
                "found no quoin-guest in %s or %s/../libexec/quoin; install it there", self, self);
}

/* ------------------------------------------------------------------ start */

/* Memory that neither side can make smaller under the other one's feet. */
static int32_t make_memory(guest *g, int *fd, qn_err *err)
{
    *fd = memfd_create("quoin-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, sizeof *g->memory) != 0 ||
        fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return fail_errno(err, "cannot make memory for %s", g->name);
    g->memory = mmap(NULL, sizeof *g->memory, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (g->memory != MAP_FAILED) return QN_OK;
    g->memory = NULL;
    return fail_errno(err, "cannot map memory for %s", g->name);
}

/* Numbers of their own for what goes over, so that none of them is moved onto another one. */
static int32_t spawn(guest *g, const char *program, int memory, int socket, qn_err *err)
{
    char limit[24];
    char wait[] = {g->options.is_spinning ? 's' : 'f', '\0'};
    char name[] = "quoin-guest";
    char *argv[] = {name, wait, limit, NULL};
    char *envp[] = {NULL, NULL}; /* nothing of ours: it may hold secrets */
    int high_memory = fcntl(memory, F_DUPFD_CLOEXEC, 16);
    int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, 16);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    int failed;

    snprintf(limit, sizeof limit, "%" PRIu64, g->options.memory);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setpgroup(&how, 0); /* the terminal's Ctrl-C is for the host */
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, 0, 1);
#ifndef QUOIN_SANITIZER /* what a sanitizer finds in the guest is to be seen */
    posix_spawn_file_actions_adddup2(&files, 0, 2);
#endif
    posix_spawn_file_actions_adddup2(&files, high_socket, WIRE_SOCKET);
    posix_spawn_file_actions_adddup2(&files, high_memory, WIRE_MEMORY);
    failed = high_memory < 0 || high_socket < 0
                 ? EMFILE
                 : posix_spawn(&g->pid, program, &files, &how, argv, envp);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    if (high_memory >= 0) close(high_memory);
    if (high_socket >= 0) close(high_socket);
    if (failed) {
        g->pid = 0;
        return fail(err, QN_E_GUEST_START, "cannot start %s: %s", program, strerror(failed));
    }
    g->pidfd = pidfd_open(g->pid, 0);
    return g->pidfd >= 0 ? QN_OK : fail_errno(err, "cannot watch %s", program);
}

/* Its first word: that it is of the same making as we are. */
static int32_t greet(guest *g, const char *program, qn_err *err)
{
    const wire_call head = {.i = WIRE_VERSION, .k = QN_ABI, .size = sizeof(wire_memory)};
    call c = {.type = WIRE_HELLO};
    qn_err why = QN_ERR_INIT;
    answer a;
    int32_t rc = guest_ask(g, &c, &head, NULL, 0, &a, &why);

    return rc == QN_OK ? rc : fail(err, QN_E_GUEST_START, "%s did not start: %s", program, why.msg);
}

int32_t guest_start(const char *name, const guest_options *options, guest **out, qn_err *err)
{
    guest *g = mem_new(1, sizeof *g);
    char program[PATH_ROOM];
    int ends[2] = {-1, -1};
    int memory = -1;
    int32_t rc = QN_OK;

    if (!g) return fail(err, QN_E_NO_MEMORY, "no memory for a guest");
    g->options = *options;
    g->uses = 1;
    g->pidfd = g->socket = -1;
    snprintf(g->name, sizeof g->name, "%s", name);
    pthread_mutex_init(&g->working, NULL);
    if (options->program)
        snprintf(program, sizeof program, "%s", options->program);
    else
        rc = guest_program(program, sizeof program, err);
    if (rc == QN_OK) rc = make_memory(g, &memory, err);
    if (rc == QN_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        rc = fail_errno(err, "cannot make a socket for %s", name);
    g->socket = ends[0];
    if (rc == QN_OK) rc = spawn(g, program, memory, ends[1], err);
    if (ends[1] >= 0) close(ends[1]);
    if (memory >= 0) close(memory);
    if (rc == QN_OK) {
        uint32_t wait = options->is_spinning ? WIRE_WAIT_SPIN : WIRE_WAIT_FUTEX;
        wire_lane_init(&g->lane, &g->memory->calls, &g->memory->asks, wait);
        wire_lane_init(&g->work, &g->memory->work_calls, &g->memory->work_asks, WIRE_WAIT_FUTEX);
        g->lane.idle = guest_look;
        g->work.idle = guest_look_work;
        g->lane.ctx = g->work.ctx = g;
        rc = greet(g, program, err);
    }
    if (rc == QN_OK)
        *out = g;
    else
        guest_release(g);
    return rc;
}

/* ------------------------------------------------------------------ death */

void guest_watch(guest *g, guest_death died, void *ctx)
{
    g->died = died;
    g->ctx = ctx;
}

bool guest_is_alive(const guest *g)
{
    return !g->is_dead;
}

int32_t guest_pid(const guest *g)
{
    return g->pid;
}

void guest_kill(guest *g)
{
    if (g->pidfd >= 0) pidfd_send_signal(g->pidfd, SIGKILL, NULL, 0);
}

int32_t guest_end(guest *g, int32_t code, const char *format, ...)
{
    va_list args;

    if (g->is_dead) return g->code;
    va_start(args, format);
    vsnprintf(g->why, sizeof g->why, format, args);
    va_end(args);
    g->is_dead = true;
    g->code = code;
    guest_kill(g);
    if (g->died) g->died(g->ctx, g, code, g->why);
    return code;
}

static bool has_ended(const guest *g)
{
    struct pollfd p = {.fd = g->pidfd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* "it was killed by signal 11 (Segmentation fault)" */
static void say_end(guest *g, char *to, size_t room)
{
    siginfo_t info = {0};

    if (waitid(P_PIDFD, (id_t)g->pidfd, &info, WEXITED | WNOWAIT) != 0)
        snprintf(to, room, "it is gone");
    else if (info.si_code == CLD_EXITED)
        snprintf(to, room, "it ended with status %d", info.si_status);
    else
        snprintf(to, room, "it was ended by signal %d (%s)", info.si_status,
                 strsignal(info.si_status));
}

int32_t guest_look(void *ctx)
{
    guest *g = ctx;
    call *c = g->innermost;
    int64_t now = clock_steady();
    int64_t most = c->type <= WIRE_ENTER ? START_NS : g->options.deadline_ns;
    char text[100];

    if (has_ended(g)) {
        say_end(g, text, sizeof text);
        return guest_end(g, QN_E_DIED, "guest process %d of %s, in %s: %s", g->pid, g->name,
                         wire_call_text(c->type), text);
    }
    if (c->since == 0) c->since = now;
    if (now - c->since <= most) return QN_OK;
    return guest_end(g, QN_E_HUNG, "guest process %d of %s did not return from %s in %.3f s",
                     g->pid, g->name, wire_call_text(c->type), (double)most * 1e-9);
}

int32_t guest_look_work(void *ctx)
{
    guest *g = ctx;

    if (has_ended(g)) return QN_E_DIED;
    if (!*g->canceled) return QN_OK;
    /* relaxed: a hint to return soon, nothing is read by it */
    atomic_store_explicit(&g->memory->cancel, 1, memory_order_relaxed);
    if (!g->canceled_at) g->canceled_at = clock_steady();
    if (clock_steady() - g->canceled_at <= g->options.deadline_ns) return QN_OK;
    guest_kill(g);
    return QN_E_CANCELED;
}

/* ------------------------------------------------------------------ end */

guest *guest_keep(guest *g)
{
    g->uses++;
    return g;
}

void guest_release(guest *g)
{
    if (!g || --g->uses > 0) return;
    guest_kill(g);
    if (g->pidfd >= 0) waitid(P_PIDFD, (id_t)g->pidfd, &(siginfo_t){0}, WEXITED);
    /* work that is under way finds that it has ended, and lets go: it looks at pidfd until then */
    pthread_mutex_lock(&g->working);
    pthread_mutex_unlock(&g->working);
    pthread_mutex_destroy(&g->working);
    if (g->pidfd >= 0) close(g->pidfd);
    if (g->socket >= 0) close(g->socket);
    if (g->memory) munmap(g->memory, sizeof *g->memory);
    wire_lane_free(&g->lane);
    wire_lane_free(&g->work);
    mem_free(g);
}
