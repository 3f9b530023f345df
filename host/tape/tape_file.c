/* SPDX-License-Identifier: MIT */
#include "tape_file.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"
#include "bits.h"

#include <inttypes.h>

#define FILE_MAGIC "QNTAPE\r\n" /* the line end shows what a text-mode copy does to it */
#define FOOT_MAGIC "QNTAPEnd"
#define MAGIC_SIZE 8u

/* Places in the head, */
enum {
    HEAD_CRC = 8, /* of all bytes from HEAD_VERSION to its end */
    HEAD_VERSION = 12,
    HEAD_TYPE = 14,
    HEAD_LENGTH = 16,
    HEAD_PRICE_EXP = 24,
    HEAD_QTY_EXP = 28,
    HEAD_FIELDS = 32,
    HEAD_ZERO = 36, /* to HEAD_NAME */
    HEAD_NAME = 64,
    HEAD_SIZE = 128
};
/* in an entry of the index, */
enum { ENTRY_OFFSET = 0, ENTRY_FIRST_TS = 8, ENTRY_CRC = 16, ENTRY_ROWS = 20, ENTRY_SIZE = 24 };
/* and in the foot. */
enum {
    FOOT_ROWS = 0,
    FOOT_BLOCKS = 8,
    FOOT_INDEX = 16,
    FOOT_FIRST_TS = 24,
    FOOT_LAST_TS = 32,
    FOOT_HEAD_CRC = 40,
    FOOT_ZERO = 44, /* to FOOT_CRC */
    FOOT_CRC = 52,  /* of the index, and of the foot up to here */
    FOOT_MAGIC_AT = 56,
    FOOT_SIZE = 64
};

/* ---- reading ---- */

int32_t tape_file_damaged(tape_file *f, size_t offset, const char *reason, qn_err *err)
{
    f->fault = offset;
    return fail(err, QN_E_DAMAGED, "damaged at byte %zu: %s: %s", offset, f->path, reason);
}

size_t tape_file_offset(const tape_file *f, const block_reader *r)
{
    return (size_t)(r->block - f->map.data);
}

static bool is_zero(const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i]) return false;
    return true;
}

/* Is this the name of an instrument, ended and filled up with zeros? */
static bool is_name(const unsigned char *at)
{
    size_t len = strnlen((const char *)at, 64);

    return len > 0 && len < 64 && is_zero(at + len, 64 - len);
}

static int32_t read_head(tape_file *f, qn_err *err)
{
    const unsigned char *head = f->map.data;
    const event_row *row = event_row_of(load16(head + HEAD_TYPE));
    int64_t length = (int64_t)load64(head + HEAD_LENGTH);

    if (memcmp(head, FILE_MAGIC, MAGIC_SIZE) != 0)
        return tape_file_damaged(f, 0, "no tape file starts here", err);
    if (crc32c(head + HEAD_VERSION, HEAD_SIZE - HEAD_VERSION) != load32(head + HEAD_CRC))
        return tape_file_damaged(f, 0, "the head's checksum is wrong", err);
    if (load16(head + HEAD_VERSION) != TAPE_VERSION)
        return fail(err, QN_E_TOO_NEW, "%s: tape format %u, this program reads %u", f->path,
                    load16(head + HEAD_VERSION), TAPE_VERSION);
    if (!row) return tape_file_damaged(f, HEAD_TYPE, "not a type that is stored", err);
    if (load32(head + HEAD_FIELDS) != row->nfields)
        return tape_file_damaged(f, HEAD_FIELDS, "the number of fields is wrong", err);
    if ((row->type == QN_EVENT_BAR) != (length > 0) || length < 0)
        return tape_file_damaged(f, HEAD_LENGTH, "the length is wrong", err);
    if (!is_zero(head + HEAD_ZERO, HEAD_NAME - HEAD_ZERO) || !is_name(head + HEAD_NAME))
        return tape_file_damaged(f, HEAD_NAME, "the name is wrong", err);
    f->row = row;
    f->about.data = (data_type){row->type, length};
    f->about.price_exp = (int32_t)load32(head + HEAD_PRICE_EXP);
    f->about.qty_exp = (int32_t)load32(head + HEAD_QTY_EXP);
    memcpy(f->about.instrument, head + HEAD_NAME, sizeof f->about.instrument);
    return QN_OK;
}

/* Each block but the last is full, and they stand one behind the other. */
static int32_t check_index(tape_file *f, qn_err *err)
{
    const unsigned char *entry = f->map.data + f->index;
    uint64_t next = HEAD_SIZE;
    uint64_t rows = 0;
    int64_t ts = f->totals.first_ts;

    for (uint64_t i = 0; i < f->blocks; i++, entry += ENTRY_SIZE) {
        uint64_t offset = load64(entry + ENTRY_OFFSET);
        uint32_t n = load32(entry + ENTRY_ROWS);
        int64_t first_ts = (int64_t)load64(entry + ENTRY_FIRST_TS);

        /* a block is larger than its head, so the next one starts behind that */
        if ((i == 0 && offset != HEAD_SIZE) || offset < next || offset >= f->index)
            return tape_file_damaged(f, (size_t)(entry - f->map.data), "the index is wrong", err);
        if (n == 0 || n > BLOCK_ROWS || (i + 1 < f->blocks && n != BLOCK_ROWS) || first_ts < ts)
            return tape_file_damaged(f, (size_t)(entry - f->map.data), "the index is wrong", err);
        next = offset + BLOCK_HEAD;
        rows += n;
        ts = first_ts;
    }
    if (rows != f->totals.events || ts > f->totals.last_ts)
        return tape_file_damaged(f, f->index, "the index does not add up", err);
    return QN_OK;
}

static int32_t read_foot(tape_file *f, qn_err *err)
{
    size_t at = f->map.size - FOOT_SIZE;
    const unsigned char *foot = f->map.data + at;

    if (memcmp(foot + FOOT_MAGIC_AT, FOOT_MAGIC, MAGIC_SIZE) != 0)
        return tape_file_damaged(f, at, "the file is cut short", err);
    f->totals.events = load64(foot + FOOT_ROWS);
    f->totals.bytes = f->map.size;
    f->totals.first_ts = (int64_t)load64(foot + FOOT_FIRST_TS);
    f->totals.last_ts = (int64_t)load64(foot + FOOT_LAST_TS);
    f->totals.crc = load32(foot + FOOT_CRC);
    f->blocks = load64(foot + FOOT_BLOCKS);
    f->index = load64(foot + FOOT_INDEX);
    /* by division: a hostile number of blocks must not wrap around */
    if (f->index < HEAD_SIZE || f->index >= at || (at - f->index) % ENTRY_SIZE != 0 ||
        (at - f->index) / ENTRY_SIZE != f->blocks)
        return tape_file_damaged(f, at, "the foot is wrong", err);
    if (crc32c(f->map.data + f->index, at - f->index + FOOT_CRC) != f->totals.crc)
        return tape_file_damaged(f, f->index, "the index's checksum is wrong", err);
    if (load32(foot + FOOT_HEAD_CRC) != load32(f->map.data + HEAD_CRC))
        return tape_file_damaged(f, HEAD_CRC, "head and foot are not of the same file", err);
    if (!is_zero(foot + FOOT_ZERO, FOOT_CRC - FOOT_ZERO))
        return tape_file_damaged(f, at + FOOT_ZERO, "the foot is wrong", err);
    return check_index(f, err);
}

static int32_t open_file(const char *path, int fd, tape_file *f, qn_err *err)
{
    int32_t rc;

    *f = (tape_file){0};
    if ((rc = path_join("", path, f->path, err)) != QN_OK) return rc;
    rc = fd < 0 ? file_map_open(path, &f->map, err) : file_map_fd(fd, path, &f->map, err);
    if (rc != QN_OK) goto done;
    if (f->map.size < HEAD_SIZE + ENTRY_SIZE + FOOT_SIZE) {
        rc = tape_file_damaged(f, f->map.size, "the file is cut short", err);
        goto done;
    }
    if ((rc = read_head(f, err)) != QN_OK) goto done;
    rc = read_foot(f, err);
done:
    if (rc != QN_OK) tape_file_close(f);
    return rc;
}

int32_t tape_file_open(const char *path, tape_file *f, qn_err *err)
{
    return open_file(path, -1, f, err);
}

int32_t tape_file_open_listed(const char *dir, const catalog_file *listed, tape_file *f,
                              qn_err *err)
{
    return tape_file_open_held(dir, listed, -1, f, err);
}

int32_t tape_file_open_held(const char *dir, const catalog_file *listed, int fd, tape_file *f,
                            qn_err *err)
{
    char path[PATH_ROOM];
    int32_t rc;

    if ((rc = path_join(dir, listed->path, path, err)) != QN_OK) return rc;
    if ((rc = open_file(path, fd, f, err)) != QN_OK) return rc;
    if (f->totals.crc == listed->crc && f->totals.bytes == listed->bytes &&
        f->totals.events == listed->events && f->totals.first_ts == listed->first_ts &&
        f->totals.last_ts == listed->last_ts && f->about.data.type == listed->data.type &&
        f->about.data.length == listed->data.length &&
        strcmp(f->about.instrument, listed->instrument) == 0)
        return QN_OK;
    rc = tape_file_damaged(f, 0, "not the file that the manifest names", err);
    tape_file_close(f);
    return rc;
}

void tape_file_close(tape_file *f)
{
    file_map_close(&f->map);
    *f = (tape_file){.fault = f->fault};
}

/* Dropping costs a system call; memory stays flat if it happens now and then. */
#define DROP_STEP ((size_t)256 * 1024)

int32_t tape_file_block(tape_file *f, uint64_t i, block_reader *r, qn_err *err)
{
    const unsigned char *entry = f->map.data + f->index + i * ENTRY_SIZE;
    size_t offset = load64(entry + ENTRY_OFFSET);
    size_t end = i + 1 < f->blocks ? load64(entry + ENTRY_SIZE + ENTRY_OFFSET) : f->index;
    block_info info;
    const char *reason;

    if (offset > f->dropped + DROP_STEP) file_map_drop(&f->map, &f->dropped, offset);
    reason = block_open(r, f->row, f->map.data + offset, end - offset, &info);
    if (!reason && info.size != end - offset) reason = "a block's size is wrong";
    if (!reason && (info.crc != load32(entry + ENTRY_CRC) ||
                    info.rows != load32(entry + ENTRY_ROWS) || info.first_row != i * BLOCK_ROWS ||
                    info.first_ts != (int64_t)load64(entry + ENTRY_FIRST_TS)))
        reason = "a block is not the one of the index";
    return reason ? tape_file_damaged(f, offset, reason, err) : QN_OK;
}

uint64_t tape_file_seek(const tape_file *f, int64_t ts_ns)
{
    const unsigned char *index = f->map.data + f->index;
    uint64_t low = 0;
    uint64_t high = f->blocks;

    if (f->totals.last_ts <= ts_ns) return f->blocks;
    while (low < high) { /* the first block that begins later; what is wanted may be before it */
        uint64_t middle = low + (high - low) / 2;
        if ((int64_t)load64(index + middle * ENTRY_SIZE + ENTRY_FIRST_TS) > ts_ns)
            high = middle;
        else
            low = middle + 1;
    }
    return low > 0 ? low - 1 : 0;
}

/* ---- writing ---- */

struct tape_out {
    file_out out;
    const event_row *row;
    uint32_t n; /* events that wait for their block */
    uint32_t head_crc;
    uint64_t rows, blocks;
    int64_t first_ts, last_ts;
    unsigned char *index; /* entries so far: 24 bytes for 1024 rows */
    size_t index_room;
    block_scratch scratch;
    unsigned char block[BLOCK_ROOM];
    _Alignas(8) unsigned char events[BLOCK_ROWS * EVENT_MAX];
};

tape_out *tape_out_new(void)
{
    return mem_new(1, sizeof(tape_out));
}

void tape_out_free(tape_out *o)
{
    if (!o) return;
    (void)file_out_close(&o->out, false, NULL); /* an open file is given up by its owner */
    mem_free(o->index);
    mem_free(o);
}

int32_t tape_out_open(tape_out *o, const char *path, const tape_about *about, qn_err *err)
{
    unsigned char head[HEAD_SIZE] = FILE_MAGIC;
    int32_t rc;

    o->row = event_row_of(about->data.type);
    if (!o->row)
        return fail(err, QN_E_INVALID, "events of type %u are not stored", about->data.type);
    if ((rc = file_out_open(&o->out, path, err)) != QN_OK) return rc;
    store16(head + HEAD_VERSION, TAPE_VERSION);
    store16(head + HEAD_TYPE, (uint16_t)about->data.type);
    store64(head + HEAD_LENGTH, (uint64_t)about->data.length);
    store32(head + HEAD_PRICE_EXP, (uint32_t)about->price_exp);
    store32(head + HEAD_QTY_EXP, (uint32_t)about->qty_exp);
    store32(head + HEAD_FIELDS, o->row->nfields);
    memcpy(head + HEAD_NAME, about->instrument, strnlen(about->instrument, 63));
    o->head_crc = crc32c(head + HEAD_VERSION, HEAD_SIZE - HEAD_VERSION);
    store32(head + HEAD_CRC, o->head_crc);
    file_out_write(&o->out, head, sizeof head);
    o->n = 0;
    o->rows = o->blocks = 0;
    return QN_OK;
}

static int32_t put_block(tape_out *o, qn_err *err)
{
    size_t size = block_encode(o->row, o->events, o->n, o->rows, &o->scratch, o->block);
    unsigned char *entry;
    block_info info;

    if (!mem_reserve((void **)&o->index, &o->index_room, (o->blocks + 1) * ENTRY_SIZE, 1))
        return fail(err, QN_E_NO_MEMORY, "out of memory writing %s", o->out.path);
    block_peek(o->block, &info);
    entry = o->index + o->blocks * ENTRY_SIZE;
    store64(entry + ENTRY_OFFSET, (uint64_t)o->out.written);
    store64(entry + ENTRY_FIRST_TS, (uint64_t)info.first_ts);
    store32(entry + ENTRY_CRC, info.crc);
    store32(entry + ENTRY_ROWS, o->n);
    if (o->blocks == 0) o->first_ts = info.first_ts;
    o->last_ts = info.last_ts;
    o->blocks++;
    o->rows += o->n;
    o->n = 0;
    file_out_write(&o->out, o->block, size);
    if (o->out.code != QN_OK && err) *err = o->out.err;
    return o->out.code;
}

int32_t tape_out_add(tape_out *o, const qn_event *ev, qn_err *err)
{
    memcpy(o->events + (size_t)o->n * o->row->size, ev, o->row->size);
    return ++o->n == BLOCK_ROWS ? put_block(o, err) : QN_OK;
}

static void put_foot(tape_out *o, tape_totals *totals)
{
    unsigned char *foot = o->index + o->blocks * ENTRY_SIZE; /* room was made */

    memset(foot, 0, FOOT_SIZE);
    store64(foot + FOOT_ROWS, o->rows);
    store64(foot + FOOT_BLOCKS, o->blocks);
    store64(foot + FOOT_INDEX, (uint64_t)o->out.written);
    store64(foot + FOOT_FIRST_TS, (uint64_t)o->first_ts);
    store64(foot + FOOT_LAST_TS, (uint64_t)o->last_ts);
    store32(foot + FOOT_HEAD_CRC, o->head_crc);
    totals->crc = crc32c(o->index, o->blocks * ENTRY_SIZE + FOOT_CRC);
    store32(foot + FOOT_CRC, totals->crc);
    memcpy(foot + FOOT_MAGIC_AT, FOOT_MAGIC, MAGIC_SIZE);
    file_out_write(&o->out, o->index, o->blocks * ENTRY_SIZE + FOOT_SIZE);
}

int32_t tape_out_close(tape_out *o, tape_totals *totals, qn_err *err)
{
    int32_t rc = o->n ? put_block(o, err) : QN_OK;
    int32_t closed;

    if (rc == QN_OK &&
        !mem_reserve((void **)&o->index, &o->index_room, o->blocks * ENTRY_SIZE + FOOT_SIZE, 1))
        rc = fail(err, QN_E_NO_MEMORY, "out of memory writing %s", o->out.path);
    if (rc == QN_OK) {
        put_foot(o, totals);
        totals->events = o->rows;
        totals->bytes = (uint64_t)o->out.written;
        totals->first_ts = o->first_ts;
        totals->last_ts = o->last_ts;
    }
    closed = file_out_close(&o->out, false, rc == QN_OK ? err : NULL);
    return rc == QN_OK ? closed : rc;
}
