/* SPDX-License-Identifier: MIT
 *
 * Makes the k-th call of a kind fail: loaded before the C library (LD_PRELOAD), it stands in
 * for allocation and I/O functions and counts the calls that the program itself makes. Calls
 * from libraries pass: theirs is another's code.
 *
 *   QUOIN_FAULT       k, from 1
 *   QUOIN_FAULT_KIND  alloc: allocations return NULL; io: I/O calls fail with the errno of
 *                     their row below; kill: the process is killed before the k-th I/O call
 *   QUOIN_FAULT_OUT   a file that is made when the fault happens, so that the one who counts
 *                     k up knows when to stop
 *
 * Everything is done by plain system calls and glibc's own allocator entry points: looking
 * the real functions up would itself allocate. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define CALLER ((uintptr_t)__builtin_return_address(0))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static uintptr_t program_start, program_end; /* where the program itself is mapped */
static long fault_at;                        /* 0 = never */
static long calls;
static bool is_alloc, is_kill;

/* The first object that is reported is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    program_start = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        if (from < program_start) program_start = from;
        if (from + info->dlpi_phdr[i].p_memsz > program_end)
            program_end = from + info->dlpi_phdr[i].p_memsz;
    }
    return 1;
}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("QUOIN_FAULT");
    const char *kind = getenv("QUOIN_FAULT_KIND");

    dl_iterate_phdr(find_program, NULL);
    is_alloc = kind && strcmp(kind, "alloc") == 0;
    is_kill = kind && strcmp(kind, "kill") == 0;
    fault_at = at ? strtol(at, NULL, 10) : 0;
}

static void mark(void)
{
    const char *path = getenv("QUOIN_FAULT_OUT");
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

    if (fd >= 0) syscall(SYS_close, fd);
}

/* Count a call; true if it is the one that must fail. */
static bool is_due(uintptr_t caller, bool is_allocation)
{
    if (fault_at == 0 || is_allocation != is_alloc) return false;
    if (caller < program_start || caller >= program_end || ++calls != fault_at) return false;
    mark();
    if (is_kill) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;)
            pause();
    }
    return true;
}

static bool must_fail(uintptr_t caller, int error)
{
    bool result = is_due(caller, false);

    if (result) errno = error;
    return result;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

EXPORT void *malloc(size_t size)
{
    return is_due(CALLER, true) ? no_memory() : __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
    return is_due(CALLER, true) ? no_memory() : __libc_calloc(n, size);
}

EXPORT void *realloc(void *p, size_t size)
{
    return is_due(CALLER, true) ? no_memory() : __libc_realloc(p, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
    size_t total;

    if (is_due(CALLER, true) || __builtin_mul_overflow(n, size, &total)) return no_memory();
    return __libc_realloc(p, total);
}

/* The mode that follows when a file may be created. */
#define READ_MODE(mode, flags)                                                                     \
    do {                                                                                           \
        va_list args_;                                                                             \
        va_start(args_, flags);                                                                    \
        if ((flags) & (O_CREAT | O_TMPFILE)) (mode) = va_arg(args_, mode_t);                       \
        va_end(args_);                                                                             \
    } while (0)

EXPORT int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    READ_MODE(mode, flags);
    if (must_fail(CALLER, flags & O_CREAT ? ENOSPC : EIO)) return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
    mode_t mode = 0;

    READ_MODE(mode, flags);
    if (must_fail(CALLER, flags & O_CREAT ? ENOSPC : EIO)) return -1;
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

EXPORT ssize_t read(int fd, void *to, size_t n)
{
    return must_fail(CALLER, EIO) ? -1 : syscall(SYS_read, fd, to, n);
}

/* What read becomes where the compiler knows the size of the buffer (_FORTIFY_SOURCE). */
EXPORT ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
EXPORT ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
    if (n > room) abort();
    return must_fail(CALLER, EIO) ? -1 : syscall(SYS_read, fd, to, n);
}

EXPORT ssize_t write(int fd, const void *from, size_t n)
{
    return must_fail(CALLER, ENOSPC) ? -1 : syscall(SYS_write, fd, from, n);
}

EXPORT int fsync(int fd)
{
    return must_fail(CALLER, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

EXPORT int rename(const char *from, const char *to)
{
    return must_fail(CALLER, EIO) ? -1 : (int)syscall(SYS_rename, from, to);
}

EXPORT void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    if (must_fail(CALLER, ENOMEM)) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

EXPORT int ftruncate(int fd, off_t size)
{
    return must_fail(CALLER, ENOSPC) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    return must_fail(CALLER, ENOSPC) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

EXPORT int unlink(const char *path)
{
    return must_fail(CALLER, EIO) ? -1 : (int)syscall(SYS_unlink, path);
}
