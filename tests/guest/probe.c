/* SPDX-License-Identifier: MIT
 *
 * strategy/probe, a test plugin: on its first bar it tries what a plugin has no business with, and
 * says in the log what it was told. It does so by system calls, behind the back of the library. */
#include "culprit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, I64, "", "id of a process whose memory it wants", .def = "1"),
};

static void say(const culprit *s, const char *what, int64_t result)
{
    char line[100];
    int n = snprintf(line, sizeof line, "%s: %s", what,
                     result >= 0       ? "done"
                     : errno == EPERM  ? "EPERM"
                     : errno == ENOSYS ? "ENOSYS"
                     : errno == EACCES ? "EACCES"
                     : errno == EMFILE ? "EMFILE"
                                       : "another error");

    s->setup->host->log(s->setup->host->ctx, QN_LOG_INFO, (qn_str){line, (uint64_t)n});
}

static void try_files(const culprit *s)
{
    say(s, "open", syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
    say(s, "create", syscall(SYS_openat, AT_FDCWD, "/tmp/quoin-probe", O_WRONLY | O_CREAT, 0600));
    say(s, "open_maps", syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY, 0));
    say(s, "unlink", syscall(SYS_unlinkat, AT_FDCWD, "/tmp/quoin-probe-none", 0));
    say(s, "stat", syscall(SYS_newfstatat, AT_FDCWD, "/", NULL, 0));
    say(s, "memfd", syscall(SYS_memfd_create, "x", 0));
    say(s, "io_uring", syscall(SYS_io_uring_setup, 1, NULL));
    say(s, "map_file", syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, 4, 0));
    say(s, "mount", syscall(SYS_mount, NULL, "/quoin-probe-none", NULL, 0, NULL));
    say(s, "shared_memory", syscall(SYS_shmget, IPC_PRIVATE, 0, 0));
}

static void try_sockets(const culprit *s)
{
    say(s, "socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    say(s, "socket_unix", syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
    say(s, "socket_netlink", syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
    say(s, "write_socket", syscall(SYS_write, 3, "x", 1));
    say(s, "send_socket", syscall(SYS_sendto, 3, "x", 0, 0, NULL, 0));
    say(s, "pipe", syscall(SYS_pipe2, NULL, 0));
}

static void try_others(const culprit *s)
{
    char byte;
    char memory[40];
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)(uintptr_t)4096, 1};

    snprintf(memory, sizeof memory, "/proc/%lld/mem", (long long)s->how);
    say(s, "open_memory", syscall(SYS_openat, AT_FDCWD, memory, O_RDWR, 0));
    say(s, "read_memory", syscall(SYS_process_vm_readv, s->how, &here, 1, &there, 1, 0));
    say(s, "write_memory", syscall(SYS_process_vm_writev, s->how, &here, 1, &there, 1, 0));
    say(s, "ptrace", syscall(SYS_ptrace, PTRACE_ATTACH, s->how, NULL, NULL));
    say(s, "kill", syscall(SYS_kill, s->how, 0));
    say(s, "signal", syscall(SYS_tgkill, s->how, s->how, 0));
    say(s, "pidfd", syscall(SYS_pidfd_open, s->how, 0));
    say(s, "take_descriptor", syscall(SYS_pidfd_getfd, -1, 0, 0));
    say(s, "userfaultfd", syscall(SYS_userfaultfd, ~0));
    say(s, "perf_event", syscall(SYS_perf_event_open, NULL, s->how, -1, -1, 0));
    say(s, "keyctl", syscall(SYS_keyctl, -1, 0, 0, 0, 0));
}

static void try_code(const culprit *s)
{
    char *const argv[] = {NULL};
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int64_t child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

    if (child == 0) syscall(SYS_exit_group, 0);
    say(s, "fork", child);
    child = syscall(SYS_clone3, NULL, 0);
    say(s, "clone3", child);
    say(s, "thread", syscall(SYS_clone, CLONE_VM | CLONE_THREAD, NULL, NULL, NULL, NULL));
    say(s, "exec", syscall(SYS_execve, "/quoin-probe-none", argv, argv));
    say(s, "map_code",
        (int64_t)(intptr_t)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                                0) == -1
            ? -1
            : 0);
    say(s, "allow_code", memory == MAP_FAILED ? -1 : mprotect(memory, 4096, PROT_READ | PROT_EXEC));
    say(s, "prctl", syscall(SYS_prctl, PR_SET_SECCOMP, -1, 0, 0, 0));
    say(s, "seccomp", syscall(SYS_seccomp, -1, 0, NULL));
    say(s, "namespace", syscall(SYS_unshare, -1));
    say(s, "bpf", syscall(SYS_bpf, 0, NULL, 0));
    say(s, "setuid", syscall(SYS_setuid, 0));
    say(s, "raise_limit", syscall(SYS_prlimit64, 0, 7, NULL, NULL));
}

static void harm(culprit *s)
{
    if (s->bars != s->at) return;
    try_files(s);
    try_sockets(s);
    try_others(s);
    try_code(s);
}

QN_STRATEGY(culprit, "strategy/probe", "1.0.0", "MIT", .name = "Probe",
            .doc = "Tries what it may not. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
