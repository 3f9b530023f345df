/* SPDX-License-Identifier: MIT
 *
 * What a guest gives up, for good: files, sockets, other processes, new code. Three walls, so that
 * a hole in one is not a way out: limits of the process, Landlock, seccomp. What is refused is
 * EPERM, as any program knows it, and not death: a plugin that tries is told no. */
#include "child.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void lack(char *lacks, size_t room, const char *what)
{
    size_t used = strlen(lacks);

    snprintf(lacks + used, room - used, "%s%s", used ? " and " : "", what);
}

/* ------------------------------------------------------------------ limits */

static int32_t limit(uint64_t memory)
{
    const struct {
        int what;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CORE, 0},   /* it may hold secrets */
        {RLIMIT_FSIZE, 0},  /* no file grows */
        {RLIMIT_NPROC, 0},  /* no process, no thread */
        {RLIMIT_NOFILE, 0}, /* no new descriptor */
#ifndef QUOIN_SANITIZER     /* which take address space by the terabyte */
        {RLIMIT_AS, memory},
#endif
    };

    (void)memory;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit most = {limits[i].most, limits[i].most};
        if (setrlimit((__rlimit_resource_t)limits[i].what, &most) != 0) return QN_E_IO;
    }
    return QN_OK;
}

/* ------------------------------------------------------------------ files */

/* A set of rules over all rights that the kernel knows, with no exception. */
static void lock_files(char *lacks, size_t room)
{
    /* those of its first version: each can open a file, or make, change or run one */
    struct landlock_ruleset_attr none = {.handled_access_fs =
                                             (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    long fd = syscall(SYS_landlock_create_ruleset, &none, sizeof none, 0);

    if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        lack(lacks, room, "Landlock");
    if (fd >= 0) close((int)fd);
}

/* ------------------------------------------------------------------ system calls */

/* What a plugin that computes, and the rings, cannot do without. */
static const int plain[] = {
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(madvise),
    SCMP_SYS(getrandom),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(mremap),
#ifdef QUOIN_SANITIZER /* to say what they found, and where */
    SCMP_SYS(write),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(readlink),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrlimit),
#endif
};

static int allow_calls(scmp_filter_ctx f)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (seccomp_rule_add(f, SCMP_ACT_ALLOW, plain[i], 0) != 0) return -1;
    /* memory of its own, without code in it */
    if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                         SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) != 0)
        return -1;
    if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
        return -1;
    /* abort() */
    return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

static void lock_calls(char *lacks, size_t room)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));

    if (!f || allow_calls(f) != 0 || seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_load(f) != 0)
        lack(lacks, room, "seccomp");
    seccomp_release(f);
}

int32_t lock_down(uint64_t memory, int32_t (*between)(void), char *lacks, size_t room)
{
    int32_t rc;

    lock_files(lacks, room); /* each thread for itself: before there is another one */
    if ((rc = between()) != QN_OK) return rc;
    if ((rc = limit(memory)) != QN_OK) return rc;
    lock_calls(lacks, room);
    return QN_OK;
}
