/* SPDX-License-Identifier: MIT */
#include "source.h"

#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>
#include <zstd.h>

#define PACKED_ROOM ((size_t)128 * 1024)

/* One way of packing. `read` unpacks; `start` and `stop` make and free what it needs. */
typedef struct packing {
    const char *name;
    const char *magic;
    size_t magic_len;
    int32_t (*start)(source *s, qn_err *err);
    int32_t (*read)(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err);
    void (*stop)(source *s);
} packing;

struct source {
    const packing *packing;
    const char *path; /* the caller's */
    int fd;
    bool has_ended;       /* the file itself was read to its end */
    bool is_inside;       /* within a gzip member or zstd frame: the end must not come here */
    double done, total;   /* bytes, for the progress */
    unsigned char *input; /* packed bytes: input[at..len) are still to be unpacked */
    size_t at, len;
    z_stream gzip;
    ZSTD_DStream *zstd;
    zip_t *zip;
    zip_file_t *entry;
};

static int32_t read_file(source *s, void *to, size_t room, size_t *got, qn_err *err)
{
    ssize_t n = read(s->fd, to, room);

    if (n < 0) return fail_errno(err, "cannot read the file");
    s->done += (double)n;
    s->has_ended = n == 0;
    *got = (size_t)n;
    return QN_OK;
}

/* Make sure that there is packed input, unless the file has ended. */
static int32_t refill(source *s, qn_err *err)
{
    int32_t rc;

    if (s->at < s->len || s->has_ended) return QN_OK;
    s->at = s->len = 0;
    rc = read_file(s, s->input, PACKED_ROOM, &s->len, err);
    return rc;
}

static int32_t plain_start(source *s, qn_err *err)
{
    (void)s;
    (void)err;
    return QN_OK;
}

static int32_t plain_read(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err)
{
    size_t n = s->len - s->at;

    if (n == 0) return read_file(s, to, room, got, err);
    if (n > room) n = room; /* what was read to find the magic */
    memcpy(to, s->input + s->at, n);
    s->at += n;
    *got = n;
    return QN_OK;
}

static void plain_stop(source *s)
{
    (void)s;
}

static int32_t gzip_start(source *s, qn_err *err)
{
    if (inflateInit2(&s->gzip, 16 + MAX_WBITS) != Z_OK)
        return fail(err, QN_E_NO_MEMORY, "out of memory unpacking");
    return QN_OK;
}

/* Unpack what is there. A gzip file may be several members in a row. */
static int32_t gzip_step(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err)
{
    int result;

    if (!s->is_inside) inflateReset(&s->gzip);
    s->gzip.next_in = s->input + s->at;
    s->gzip.avail_in = (uInt)(s->len - s->at);
    s->gzip.next_out = to;
    s->gzip.avail_out = room < UINT32_MAX ? (uInt)room : UINT32_MAX;
    result = inflate(&s->gzip, Z_NO_FLUSH);
    s->at = s->len - s->gzip.avail_in;
    *got = (size_t)(s->gzip.next_out - to);
    s->is_inside = result != Z_STREAM_END;
    if (result == Z_MEM_ERROR) return fail(err, QN_E_NO_MEMORY, "out of memory unpacking");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return fail(err, QN_E_DAMAGED, "the gzip data is damaged: %s",
                    s->gzip.msg ? s->gzip.msg : "not in the format");
    return QN_OK;
}

static void gzip_stop(source *s)
{
    inflateEnd(&s->gzip);
}

static int32_t zstd_start(source *s, qn_err *err)
{
    if (!(s->zstd = ZSTD_createDStream()))
        return fail(err, QN_E_NO_MEMORY, "out of memory unpacking");
    return QN_OK;
}

static int32_t zstd_step(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err)
{
    ZSTD_inBuffer in = {s->input, s->len, s->at};
    ZSTD_outBuffer out = {to, room, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &out, &in);

    s->at = in.pos;
    *got = out.pos;
    s->is_inside = result != 0;
    if (ZSTD_isError(result))
        return fail(err, QN_E_DAMAGED, "the zstd data is damaged: %s", ZSTD_getErrorName(result));
    return QN_OK;
}

static void zstd_stop(source *s)
{
    ZSTD_freeDStream(s->zstd);
}

/* Feed a stream decoder until it gives something, or the file ends between two members. */
static int32_t stream_read(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err)
{
    int32_t (*step)(source *, unsigned char *, size_t, size_t *, qn_err *) =
        s->zstd ? zstd_step : gzip_step;
    int32_t rc;

    *got = 0;
    do {
        size_t had;
        if ((rc = refill(s, err)) != QN_OK) return rc;
        if (s->at == s->len && !s->is_inside) return QN_OK;
        had = s->len - s->at;
        if ((rc = step(s, to, room, got, err)) != QN_OK) return rc;
        if (had == 0 && *got == 0 && s->is_inside)
            return fail(err, QN_E_DAMAGED, "the %s data ends early", s->packing->name);
    } while (*got == 0);
    return QN_OK;
}

static int32_t zip_start(source *s, qn_err *err)
{
    zip_stat_t st;
    int number = 0;
    zip_int64_t only = -1;
    zip_error_t error;

    if (!(s->zip = zip_open(s->path, ZIP_RDONLY | ZIP_CHECKCONS, &number))) {
        zip_error_init_with_code(&error, number);
        fail(err, QN_E_DAMAGED, "the zip archive cannot be read: %s", zip_error_strerror(&error));
        zip_error_fini(&error);
        return QN_E_DAMAGED;
    }
    for (zip_int64_t i = 0; i < zip_get_num_entries(s->zip, 0); i++) {
        const char *name = zip_get_name(s->zip, (zip_uint64_t)i, 0);
        if (!name || name[0] == '\0' || name[strlen(name) - 1] == '/') continue;
        if (only >= 0)
            return fail(err, QN_E_UNSUPPORTED, "the zip archive holds several files; expected one");
        only = i;
    }
    if (only < 0) return fail(err, QN_E_MISSING, "the zip archive holds no file");
    if (zip_stat_index(s->zip, (zip_uint64_t)only, 0, &st) != 0 ||
        !(s->entry = zip_fopen_index(s->zip, (zip_uint64_t)only, 0)))
        return fail(err, QN_E_DAMAGED, "the zip archive cannot be read: %s", zip_strerror(s->zip));
    s->total = (double)st.size;
    s->done = 0;
    return QN_OK;
}

static int32_t zip_read(source *s, unsigned char *to, size_t room, size_t *got, qn_err *err)
{
    zip_int64_t n = zip_fread(s->entry, to, room);

    if (n < 0)
        return fail(err, QN_E_DAMAGED, "the zip archive is damaged: %s",
                    zip_error_strerror(zip_file_get_error(s->entry)));
    s->done += (double)n;
    *got = (size_t)n;
    return QN_OK;
}

static void zip_stop(source *s)
{
    if (s->entry) zip_fclose(s->entry);
    if (s->zip) zip_discard(s->zip);
}

static const packing packings[] = {
    {"gzip", "\x1f\x8b", 2, gzip_start, stream_read, gzip_stop},
    {"zstd", "\x28\xb5\x2f\xfd", 4, zstd_start, stream_read, zstd_stop},
    {"zip", "PK\x03\x04", 4, zip_start, zip_read, zip_stop},
    {"zip", "PK\x05\x06", 4, zip_start, zip_read, zip_stop}, /* an empty one */
    {"plain", "", 0, plain_start, plain_read, plain_stop},
};

static const packing *packing_of(const source *s)
{
    const packing *p = packings;

    while (s->len < p->magic_len || memcmp(s->input, p->magic, p->magic_len) != 0)
        p++;
    return p;
}

static int32_t open_file(source *s, qn_err *err)
{
    struct stat st;
    size_t got;
    int32_t rc;

    if (!(s->input = mem_new(1, PACKED_ROOM)))
        return fail(err, QN_E_NO_MEMORY, "out of memory opening the file");
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) return fail_errno(err, "cannot open the file");
    if (fstat(s->fd, &st) != 0) return fail_errno(err, "cannot read the file");
    s->total = (double)st.st_size;
    do { /* a pipe may give less than the magic at once */
        got = 0;
        if ((rc = read_file(s, s->input + s->len, PACKED_ROOM - s->len, &got, err)) != QN_OK)
            return rc;
        s->len += got;
    } while (got > 0 && s->len < 4);
    s->packing = packing_of(s);
    return s->packing->start(s, err);
}

int32_t source_open(const char *path, source **out, qn_err *err)
{
    source *s = mem_new(1, sizeof *s);
    int32_t rc;

    if (!s) return fail(err, QN_E_NO_MEMORY, "out of memory opening the file");
    s->fd = -1;
    s->path = path;
    if ((rc = open_file(s, err)) != QN_OK) {
        source_close(s);
        return rc;
    }
    *out = s;
    return QN_OK;
}

void source_close(source *s)
{
    if (!s) return;
    if (s->packing) s->packing->stop(s);
    if (s->fd >= 0) close(s->fd);
    mem_free(s->input);
    mem_free(s);
}

int32_t source_read(source *s, void *to, size_t room, size_t *got, qn_err *err)
{
    return s->packing->read(s, to, room, got, err);
}

double source_progress(const source *s)
{
    return s->total > 0 && s->done < s->total ? s->done / s->total : 1;
}
