/* SPDX-License-Identifier: MIT
 *
 * One process writes to a store. Its lock is one of fcntl's that belong to the open file
 * (F_OFD_SETLK) and not flock's: a reader can ask who holds it without taking it for a moment,
 * in which a host that starts would be refused. It ends with the process, however that ends. */
#include "internal.h"

#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* What the file says, zeroes where it is shorter. */
static int32_t page_of(const store *s, int fd, lock_page *out, qn_err *err)
{
    memset((void *)out, 0, sizeof *out);
    if (pread(fd, (void *)out, sizeof *out, 0) < 0)
        return fail_errno(err, "cannot read %s", s->lock_path);
    return QN_OK;
}

static int32_t held_by(const store *s, uint32_t pid, qn_err *err)
{
    if (pid == 0) return fail(err, QN_E_BUSY, "the store %s is used by another process", s->dir);
    return fail(err, QN_E_BUSY, "the store %s is used by process %u: end it, or use another store",
                s->dir, pid);
}

/* Take the file for ours. It keeps the number of the last transaction of this very store. */
static int32_t sign(store *s, qn_err *err)
{
    void *at;

    if (ftruncate(s->lock_fd, sizeof *s->lock) != 0)
        return fail_errno(err, "cannot write %s", s->lock_path);
    at = mmap(NULL, sizeof *s->lock, PROT_READ | PROT_WRITE, MAP_SHARED, s->lock_fd, 0);
    if (at == MAP_FAILED) return fail_errno(err, "cannot map %s", s->lock_path);
    s->lock = at;
    s->lock->pid = (uint32_t)getpid();
    return QN_OK;
}

int32_t lock_take(store *s, qn_err *err)
{
    struct flock lock = whole_file();
    lock_page page;
    int32_t rc;

    s->lock_fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0) return fail_errno(err, "cannot open %s", s->lock_path);
    if (fcntl(s->lock_fd, F_OFD_SETLK, &lock) == 0) return sign(s, err);
    if (errno != EAGAIN && errno != EACCES) return fail_errno(err, "cannot lock %s", s->lock_path);
    rc = page_of(s, s->lock_fd, &page, err);
    return rc == QN_OK ? held_by(s, page.pid, err) : rc;
}

int32_t lock_query(const store *s, bool *is_held, uint32_t *pid, qn_err *err)
{
    struct flock lock = whole_file();
    int fd = open(s->lock_path, O_RDONLY | O_CLOEXEC);
    lock_page page = {0};
    int32_t rc = QN_OK;

    *is_held = false;
    *pid = 0;
    if (fd < 0 && errno == ENOENT) return QN_OK;
    if (fd < 0) return fail_errno(err, "cannot open %s", s->lock_path);
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0) rc = fail_errno(err, "cannot ask for %s", s->lock_path);
    if (rc == QN_OK) rc = page_of(s, fd, &page, err);
    *is_held = rc == QN_OK && lock.l_type != F_UNLCK;
    *pid = page.pid;
    close(fd);
    return rc;
}

int32_t lock_txn(const store *s, uint64_t id, uint64_t *txn, qn_err *err)
{
    int fd = open(s->lock_path, O_RDONLY | O_CLOEXEC);
    lock_page page;
    int32_t rc;

    *txn = 0;
    if (fd < 0 && errno == ENOENT) return QN_OK;
    if (fd < 0) return fail_errno(err, "cannot open %s", s->lock_path);
    rc = page_of(s, fd, &page, err);
    close(fd);
    if (rc != QN_OK || memcmp(page.magic, LOCK_MAGIC, sizeof page.magic) != 0) return rc;
    if (page.id == id) *txn = atomic_load_explicit(&page.txn, memory_order_relaxed);
    return QN_OK;
}

void lock_note(store *s, uint64_t txn)
{
    /* relaxed: nobody in this process reads it, and another one only when this one is gone */
    atomic_store_explicit(&s->lock->txn, txn, memory_order_relaxed);
}

void lock_claim(store *s, uint64_t id, uint64_t txn)
{
    lock_note(s, txn);
    memcpy(s->lock->magic, LOCK_MAGIC, sizeof s->lock->magic);
    s->lock->version = STORE_VERSION;
    s->lock->id = id;
}

void lock_drop(store *s)
{
    if (s->lock) munmap((void *)s->lock, sizeof *s->lock);
    s->lock = NULL;
    if (s->lock_fd >= 0) close(s->lock_fd);
    s->lock_fd = -1;
}
