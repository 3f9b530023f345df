/* SPDX-License-Identifier: MIT */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static shim_kind armed;
static long fault_at;
static _Atomic long calls;
static volatile bool *fired;

void shim_arm(shim_kind kind, long k, volatile bool *has_fired)
{
    fault_at = k;
    fired = has_fired;
    calls = 0;
    armed = kind;
}

void shim_disarm(void)
{
    armed = SHIM_OFF;
}

static bool is_kth(bool and_behind)
{
    long n = ++calls;

    if (and_behind ? n < fault_at : n != fault_at) return false;
    *fired = true;
    return true;
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

/* A system call that can write was made. */
static long made(long result)
{
    if (armed == SHIM_KILL_AFTER && is_kth(false)) die();
    return result;
}

/* A system call; true if it must fail, with errno set. */
static bool must_fail(bool can_write, int error)
{
    switch (armed) {
    case SHIM_KILL:
        if (can_write && is_kth(false)) die();
        return false;
    case SHIM_IO:
        if (!is_kth(false)) return false;
        errno = error;
        return true;
    case SHIM_WRITES:
        if (!can_write || !is_kth(true)) return false;
        errno = ENOSPC;
        return true;
    default:
        return false;
    }
}

/* ------------------------------------------------------------------ system calls */

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;
    long fd;

    va_start(args, flags);
    if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(args, mode_t);
    va_end(args);
    if (must_fail(flags & O_CREAT, flags & O_CREAT ? ENOSPC : EIO)) return -1;
    fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    return (int)(flags & O_CREAT ? made(fd) : fd);
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    return must_fail(false, EIO) ? -1 : syscall(SYS_pread64, fd, to, n, at);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    return must_fail(true, ENOSPC) ? -1 : made(syscall(SYS_pwrite64, fd, from, n, at));
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    return must_fail(true, ENOSPC) ? -1 : made(syscall(SYS_writev, fd, parts, n));
}

off_t lseek(int fd, off_t at, int whence)
{
    return must_fail(false, EIO) ? -1 : syscall(SYS_lseek, fd, at, whence);
}

int fsync(int fd)
{
    return must_fail(true, EIO) ? -1 : (int)made(syscall(SYS_fsync, fd));
}

int ftruncate(int fd, off_t size)
{
    return must_fail(true, ENOSPC) ? -1 : (int)made(syscall(SYS_ftruncate, fd, size));
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    if (must_fail(true, ENOSPC)) return errno;
    return made(syscall(SYS_fallocate, fd, 0, at, n)) == 0 ? 0 : errno;
}

int rename(const char *from, const char *to)
{
    return must_fail(true, EIO) ? -1 : (int)made(syscall(SYS_rename, from, to));
}

int unlink(const char *path)
{
    return must_fail(true, EIO) ? -1 : (int)made(syscall(SYS_unlink, path));
}

int mkdir(const char *path, mode_t mode)
{
    return must_fail(true, ENOSPC) ? -1 : (int)made(syscall(SYS_mkdir, path, mode));
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && must_fail(false, ENOMEM)) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    return must_fail(false, EIO) ? -1 : syscall(SYS_getrandom, to, n, flags);
}

int fcntl(int fd, int what, ...)
{
    va_list args;
    void *arg;

    va_start(args, what);
    arg = va_arg(args, void *);
    va_end(args);
    if (must_fail(false, EIO)) return -1;
    return (int)syscall(SYS_fcntl, fd, what, arg);
}

/* ------------------------------------------------------------------ fdatasync */

static pthread_mutex_t sync_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sync_changed = PTHREAD_COND_INITIALIZER;
static enum { FREE, HOLD, HELD, GO } sync_state;

static void sync_set(int state)
{
    pthread_mutex_lock(&sync_lock);
    sync_state = state;
    pthread_cond_broadcast(&sync_changed);
    pthread_mutex_unlock(&sync_lock);
}

static void sync_wait(int state)
{
    pthread_mutex_lock(&sync_lock);
    while ((int)sync_state != state)
        pthread_cond_wait(&sync_changed, &sync_lock);
    pthread_mutex_unlock(&sync_lock);
}

void shim_sync_hold(void)
{
    sync_set(HOLD);
}

void shim_sync_await(void)
{
    sync_wait(HELD);
}

void shim_sync_go(void)
{
    sync_set(GO);
}

int fdatasync(int fd)
{
    if (must_fail(true, EIO)) return -1;
    if (sync_state == HOLD) {
        sync_set(HELD);
        sync_wait(GO);
        sync_set(FREE);
    }
    return (int)made(syscall(SYS_fdatasync, fd));
}

/* ------------------------------------------------------------------ memory */

static bool no_memory(void)
{
    if (armed != SHIM_MEMORY || !is_kth(false)) return false;
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void *__wrap_malloc(size_t n)
{
    return no_memory() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return no_memory() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return no_memory() ? NULL : __real_reallocarray(p, n, size);
}

/* ------------------------------------------------------------------ LMDB */

/* The error that a call of LMDB must return; 0 = it goes through. */
static int lmdb_fault(void)
{
    static const int codes[] = {
        [SHIM_LMDB_IO] = EIO, [SHIM_LMDB_FULL] = MDB_MAP_FULL, [SHIM_LMDB_MEMORY] = ENOMEM};

    if (armed < SHIM_LMDB_IO || !is_kth(false)) return 0;
    return codes[armed];
}

/* WRAP(mdb_put, (parameters), (arguments)): a call that fails does nothing. */
#define WRAP(name, parameters, arguments)                                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        int code = lmdb_fault();                                                                   \
        return code ? code : __real_##name arguments;                                              \
    }

WRAP(mdb_env_create, (MDB_env * *env), (env))
WRAP(mdb_env_set_maxdbs, (MDB_env * env, MDB_dbi n), (env, n))
WRAP(mdb_env_set_mapsize, (MDB_env * env, size_t n), (env, n))
WRAP(mdb_env_open, (MDB_env * env, const char *path, unsigned flags, mdb_mode_t mode),
     (env, path, flags, mode))
WRAP(mdb_txn_begin, (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **txn),
     (env, parent, flags, txn))
WRAP(mdb_dbi_open, (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *dbi),
     (txn, name, flags, dbi))
WRAP(mdb_put, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags),
     (txn, dbi, key, value, flags))
WRAP(mdb_del, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value), (txn, dbi, key, value))
WRAP(mdb_cursor_open, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **at), (txn, dbi, at))
WRAP(mdb_cursor_put, (MDB_cursor * at, MDB_val *key, MDB_val *value, unsigned flags),
     (at, key, value, flags))
WRAP(mdb_cursor_get, (MDB_cursor * at, MDB_val *key, MDB_val *value, MDB_cursor_op op),
     (at, key, value, op))
WRAP(mdb_cursor_del, (MDB_cursor * at, unsigned flags), (at, flags))

/* A commit that fails frees its transaction. */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    int code = lmdb_fault();

    if (!code) return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}
