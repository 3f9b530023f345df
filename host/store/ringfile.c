/* SPDX-License-Identifier: MIT
 *
 * The ring in front of the journal, as a file: made, and read after its process has died. */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's name of its boot; "" where it gives none: then every boot is the same one. */
static void boot_read(char to[40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, to, 36);

    memset(to + (n > 0 ? n : 0), 0, 40 - (size_t)(n > 0 ? n : 0));
    if (fd >= 0) close(fd);
}

static void head_fill(const store *s, ring_file *head)
{
    memcpy(head->magic, RING_MAGIC, sizeof head->magic);
    head->version = STORE_VERSION;
    head->id = s->id;
    head->size = s->options.ring_bytes;
    boot_read(head->boot);
    head->crc = crc32c(head, offsetof(ring_file, crc));
}

/* ------------------------------------------------------------------ making */

static int32_t map_ring(store *s, int fd, int flags, qn_err *err)
{
    s->ring_map_size = RING_FILE_HEAD + (size_t)s->options.ring_bytes;
    s->ring_map = mmap(NULL, s->ring_map_size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (s->ring_map != MAP_FAILED) return QN_OK;
    s->ring_map = NULL;
    return fail_errno(err, "cannot map %s", s->ring_path);
}

/* A file of that size with an empty ring, on disk. All of its space is taken now: a full disk
 * is an error here, and not a signal when the page is written to. */
static int32_t file_fill(const store *s, int fd, const char *path, qn_err *err)
{
    ring_file head;
    int code;

    memset((void *)&head, 0, sizeof head);
    head_fill(s, &head);
    atomic_init(&head.shared.readers[0].next, 1);
    code = posix_fallocate(fd, 0, (off_t)(RING_FILE_HEAD + s->options.ring_bytes));
    if (code != 0) {
        errno = code;
        return fail_errno(err, "cannot take %llu bytes for %s",
                          (unsigned long long)s->options.ring_bytes, path);
    }
    if (pwrite(fd, (void *)&head, sizeof head, 0) != (ssize_t)sizeof head)
        return fail_errno(err, "cannot write %s", path);
    return fsync(fd) == 0 ? QN_OK : fail_errno(err, "cannot sync %s", path);
}

/* A page that is written to for the first time costs a fault of 2 us and more, and the file system
 * may let it wait for a commit of its own: so all of them once, now. (MAP_POPULATE only reads a
 * shared mapping, and the fault comes all the same.) The kernel writes dirty pages back every half
 * minute or so, and then each costs its fault again. */
static void touch(store *s)
{
    volatile unsigned char *bytes = s->ring_map;

    if (madvise(s->ring_map, s->ring_map_size, MADV_POPULATE_WRITE) == 0) return;
    for (size_t at = RING_FILE_HEAD; at < s->ring_map_size; at += 4096) /* before Linux 5.14 */
        bytes[at] = 0;
}

/* Put in the place of the old one, whose records are in LMDB. */
static int32_t make_file(store *s, qn_err *err)
{
    char path[PATH_ROOM + 8];
    int32_t rc;
    int fd;

    snprintf(path, sizeof path, "%s.new", s->ring_path);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return fail_errno(err, "cannot make %s", path);
    rc = file_fill(s, fd, path, err);
    if (rc == QN_OK) rc = map_ring(s, fd, MAP_SHARED, err);
    if (rc == QN_OK) touch(s);
    close(fd);
    if (rc == QN_OK && rename(path, s->ring_path) != 0)
        rc = fail_errno(err, "cannot rename %s to %s", path, s->ring_path);
    if (rc != QN_OK) unlink(path);
    return rc == QN_OK ? dir_sync(s->dir, err) : rc;
}

/* The file of an earlier session is emptied: full, it would be taken for this session's by the
 * next; gone, it would be missed. */
static int32_t make_anonymous(store *s, qn_err *err)
{
    int fd = open(s->ring_path, O_WRONLY | O_CLOEXEC);
    int32_t rc = QN_OK;

    if (fd < 0 && errno != ENOENT) return fail_errno(err, "cannot empty %s", s->ring_path);
    if (fd >= 0 && ftruncate(fd, 0) != 0) rc = fail_errno(err, "cannot empty %s", s->ring_path);
    if (fd >= 0) close(fd);
    return rc == QN_OK ? map_ring(s, -1, MAP_PRIVATE | MAP_ANONYMOUS, err) : rc;
}

int32_t ring_make(store *s, qn_err *err)
{
    bool is_file = s->options.durability != DURABILITY_NONE;
    int32_t rc = is_file ? make_file(s, err) : make_anonymous(s, err);
    ring_file *file = s->ring_map;
    ring_memory memory;

    if (rc != QN_OK) return rc;
    memory = (ring_memory){&file->shared, (unsigned char *)s->ring_map + RING_FILE_HEAD,
                           s->options.ring_bytes};
    atomic_store_explicit(&file->shared.readers[0].next, 0, memory_order_relaxed);
    s->ring_seq = &file->last_seq;
    ring_writer_open(&s->ring, memory);
    ring_reader_open(&s->ring, &s->taken); /* place 0: it is the first one */
    return QN_OK;
}

void ring_drop(store *s)
{
    if (s->ring_map) munmap(s->ring_map, s->ring_map_size);
    s->ring_map = NULL;
}

/* ------------------------------------------------------------------ reading what is left */

/* The walk along the records of a dead process. */
typedef struct search {
    const store *s;
    const store_head *head;
    const unsigned char *bytes;
    uint64_t size, at, published, lap_end, last_seq;
    uint32_t crc; /* of the record before */
    uint64_t seq; /* of it */
} search;

static int32_t ring_damaged(const search *w, const char *what, qn_err *err)
{
    return fail(err, QN_E_DAMAGED,
                "%s is damaged at byte %llu, run %u, behind sequence number %llu: %s (rename it "
                "to go on without what follows)",
                w->s->ring_path, (unsigned long long)(RING_FILE_HEAD + (w->at & (w->size - 1))),
                w->head->run, (unsigned long long)w->seq, what);
}

static const qn_event *record_of(const ring_slot *slot)
{
    return (const void *)(slot + 1);
}

/* The slot at a place, or NULL if none can be there. */
static const ring_slot *slot_at(const search *w, uint64_t at)
{
    uint64_t offset = at & (w->size - 1);
    const ring_slot *slot = (const void *)(w->bytes + offset);

    if (w->size - offset < sizeof *slot + sizeof(qn_event)) return NULL;
    if (slot->size < sizeof(qn_event) || slot->size != record_of(slot)->size ||
        slot->size > w->size - offset - sizeof *slot)
        return NULL;
    return slot;
}

static bool follows(const search *w, const ring_slot *slot)
{
    return slot && record_of(slot)->seq > w->seq &&
           crc32c_add(w->crc, record_of(slot), slot->size) == slot->crc;
}

static uint64_t next_lap(const search *w)
{
    return (w->at & ~(w->size - 1)) + w->size;
}

/* The record that follows the one before: here, or at the beginning of the next lap. What stands
 * there is trusted because its checksum goes on from the one before. */
static const ring_slot *find_next(search *w)
{
    const ring_slot *slot = slot_at(w, w->at);

    if (follows(w, slot)) return slot;
    slot = slot_at(w, next_lap(w));
    if (!follows(w, slot)) return NULL;
    w->at = next_lap(w);
    return slot;
}

static void step(search *w, const ring_slot *slot)
{
    w->crc = slot->crc;
    w->seq = record_of(slot)->seq;
    w->at += sizeof *slot + ((slot->size + 7u) & ~7u);
}

/* Past the records that are in LMDB already: the process died between the commit and the moment
 * in which it noted that. The last of them is the last of LMDB. */
static int32_t skip_committed(search *w, qn_err *err)
{
    bool is_first = true;

    while (w->at < w->published) {
        const ring_slot *slot;
        if (w->at == w->lap_end && next_lap(w) < w->published) w->at = next_lap(w);
        slot = slot_at(w, w->at);
        if (slot && is_first && record_of(slot)->seq > w->head->last_seq) break;
        if (!slot || (!is_first && !follows(w, slot)))
            return ring_damaged(w, "no record is there", err);
        step(w, slot);
        is_first = false;
        if (w->seq < w->head->last_seq) continue;
        if (w->seq != w->head->last_seq || w->crc != w->head->last_crc)
            return ring_damaged(w, "it does not go on where the journal ends", err);
        break;
    }
    w->crc = w->head->last_crc;
    w->seq = w->head->last_seq;
    return QN_OK;
}

static int32_t keep(leftovers *l, const ring_slot *slot, qn_err *err)
{
    leftover *to;

    if (!mem_reserve((void **)&l->items, &l->room, l->n + 1, sizeof *l->items) ||
        !mem_reserve((void **)&l->bytes, &l->bytes_room, l->nbytes + slot->size + 8, 1))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading the ring of the journal");
    to = &l->items[l->n++];
    *to = (leftover){slot->crc, slot->size, record_of(slot)->seq, l->nbytes};
    memcpy(l->bytes + l->nbytes, record_of(slot), slot->size);
    l->nbytes += (slot->size + 7u) & ~7u;
    return QN_OK;
}

/* All published records behind LMDB's last. One that was put and not published is in doubt only
 * if the number of the last published record says that it was. */
static int32_t collect(search *w, leftovers *out, qn_err *err)
{
    int32_t rc = skip_committed(w, err);

    while (rc == QN_OK && (w->at < w->published || w->seq < w->last_seq)) {
        const ring_slot *slot = find_next(w);
        if (!slot) {
            rc = ring_damaged(w, "the next record is missing or has a wrong checksum", err);
            break;
        }
        rc = keep(out, slot, err);
        step(w, slot);
    }
    return rc;
}

static int32_t head_wrong(const store *s, const char *what, qn_err *err)
{
    return fail(err, QN_E_DAMAGED,
                "%s is damaged: %s (rename it to go on without the records that only it holds)",
                s->ring_path, what);
}

static int32_t ring_head_check(const store *s, const store_head *head, const ring_file *file,
                               uint64_t size, qn_err *err)
{
    if (size < sizeof *file || memcmp(file->magic, RING_MAGIC, sizeof file->magic) != 0)
        return head_wrong(s, "it is no ring of a store", err);
    if (file->crc != crc32c(file, offsetof(ring_file, crc)))
        return head_wrong(s, "its head has a wrong checksum", err);
    if (file->version > STORE_VERSION)
        return fail(err, QN_E_TOO_NEW, "%s is of format version %u; this program reads version %u",
                    s->ring_path, file->version, STORE_VERSION);
    if (file->version < STORE_VERSION)
        return fail(err, QN_E_UNSUPPORTED,
                    "%s is of format version %u; this program reads version %u", s->ring_path,
                    file->version, STORE_VERSION);
    if (file->id != head->id) return head_wrong(s, "it is the ring of another store", err);
    if (file->size < 64 || (file->size & (file->size - 1)) != 0 ||
        size != RING_FILE_HEAD + file->size)
        return head_wrong(s, "it has a wrong length", err);
    return QN_OK;
}

/* Where the committing thread and the putting one were. */
static bool places_read(const ring_file *file, search *w)
{
    uint64_t next = atomic_load_explicit(&file->shared.readers[0].next, memory_order_relaxed);

    w->published = atomic_load_explicit(&file->shared.published, memory_order_relaxed);
    w->lap_end = atomic_load_explicit(&file->shared.lap_end, memory_order_relaxed);
    w->last_seq = atomic_load_explicit(&file->last_seq, memory_order_relaxed);
    w->at = next - 1;
    return next != 0 && w->at <= w->published && w->published - w->at <= w->size &&
           w->at % 8 == 0 && w->published % 8 == 0;
}

static int32_t file_search(const store *s, const store_head *head, const file_map *map,
                           leftovers *out, qn_err *err)
{
    const ring_file *file = (const void *)map->data;
    search w = {.s = s, .head = head};
    char boot[sizeof file->boot];
    int32_t rc = ring_head_check(s, head, file, map->size, err);

    if (rc != QN_OK) return rc;
    w.bytes = map->data + RING_FILE_HEAD;
    w.size = file->size;
    rc = places_read(file, &w) ? collect(&w, out, err)
                               : head_wrong(s, "its places cannot be right", err);
    boot_read(boot);
    if (rc == QN_E_DAMAGED && memcmp(boot, file->boot, sizeof boot) != 0) {
        /* the machine went down, and the kernel had not written all of it: what a group commit
         * covers is in LMDB, and what of the rest is whole is taken */
        out->is_cut = true;
        rc = QN_OK;
    }
    return rc;
}

int32_t leftovers_read(const store *s, const store_head *head, leftovers *out, qn_err *err)
{
    file_map map = {0};
    int32_t rc;

    *out = (leftovers){.run = head->run};
    rc = file_map_open(s->ring_path, &map, err);
    if (rc == QN_E_NOT_FOUND || (rc == QN_OK && map.size == 0)) return QN_OK; /* given up */
    if (rc == QN_OK) rc = file_search(s, head, &map, out, err);
    if (rc != QN_OK) leftovers_free(out);
    file_map_close(&map);
    return rc;
}

void leftovers_free(leftovers *l)
{
    mem_free(l->items);
    mem_free(l->bytes);
    *l = (leftovers){0};
}
