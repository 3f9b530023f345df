/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include "fail.h"
#include "hash.h"
#include "memory.h"

#include <stdio.h>
#include <string.h>

/* The head of a section: tag, CRC, length. */
#define HEAD 16u
#define CRC_AT 4u
#define LENGTH_AT 8u

static void encode(unsigned char *to, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t decode(const unsigned char *from, size_t n)
{
    uint64_t value = 0;

    for (size_t i = n; i > 0; i--)
        value = value << 8 | from[i - 1];
    return value;
}

/* ------------------------------------------------------------------ writing */

void bytes_free(bytes_out *out)
{
    mem_free(out->data);
    *out = (bytes_out){0};
}

int32_t bytes_check(const bytes_out *out, qn_err *err)
{
    if (out->code == QN_OK) return QN_OK;
    return fail(err, out->code, "no memory for %zu bytes of state", out->used);
}

void bytes_put(bytes_out *out, const void *from, size_t n)
{
    if (out->code != QN_OK || n == 0) return;
    if (n > SIZE_MAX - out->used ||
        !mem_reserve((void **)&out->data, &out->room, out->used + n, 1)) {
        out->code = QN_E_NO_MEMORY;
        return;
    }
    memcpy(out->data + out->used, from, n);
    out->used += n;
}

static void put_number(bytes_out *out, uint64_t value, size_t n)
{
    unsigned char bytes[8];

    encode(bytes, value, n);
    bytes_put(out, bytes, n);
}

void bytes_put_u8(bytes_out *out, uint8_t value)
{
    bytes_put(out, &value, 1);
}

void bytes_put_u32(bytes_out *out, uint32_t value)
{
    put_number(out, value, 4);
}

void bytes_put_u64(bytes_out *out, uint64_t value)
{
    put_number(out, value, 8);
}

void bytes_put_i64(bytes_out *out, int64_t value)
{
    put_number(out, (uint64_t)value, 8);
}

void bytes_put_wide(bytes_out *out, qn_wide value)
{
    put_number(out, (uint64_t)value, 8);
    put_number(out, (uint64_t)(value >> 64), 8);
}

void bytes_put_double(bytes_out *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_number(out, bits, 8);
}

void bytes_put_text(bytes_out *out, const char *text)
{
    size_t n = strlen(text);

    if (n > UINT32_MAX && out->code == QN_OK) out->code = QN_E_OVERFLOW;
    bytes_put_u32(out, (uint32_t)n);
    bytes_put(out, text, n);
}

size_t bytes_begin(bytes_out *out, uint32_t tag)
{
    size_t begun = out->used;

    bytes_put_u32(out, tag);
    bytes_put_u32(out, 0);
    bytes_put_u64(out, 0);
    return begun;
}

void bytes_end(bytes_out *out, size_t begun)
{
    size_t n;

    if (out->code != QN_OK) return;
    n = out->used - begun - HEAD;
    encode(out->data + begun + CRC_AT, crc32c(out->data + begun + HEAD, n), 4);
    encode(out->data + begun + LENGTH_AT, n, 8);
}

static int64_t stream_write(void *ctx, const void *from, uint64_t n)
{
    bytes_out *out = ctx;

    bytes_put(out, from, n);
    return out->code == QN_OK ? (int64_t)n : out->code;
}

static int64_t stream_no_read(void *ctx, void *to, uint64_t n)
{
    (void)ctx;
    (void)to;
    (void)n;
    return QN_E_UNSUPPORTED;
}

qn_stream bytes_stream_out(bytes_out *out)
{
    return (qn_stream){
        .size = sizeof(qn_stream), .ctx = out, .read = stream_no_read, .write = stream_write};
}

/* ------------------------------------------------------------------ reading */

bytes_in bytes_reader(const void *data, size_t n)
{
    return (bytes_in){.data = data, .size = n, .err = QN_ERR_INIT};
}

/* The first error; `what` follows the section's name and the place. */
static void damaged(bytes_in *in, const char *what)
{
    char name[16] = "state";

    if (in->code != QN_OK) return;
    if (in->tag)
        snprintf(name, sizeof name, "section %c%c%c%c", (char)in->tag, (char)(in->tag >> 8),
                 (char)(in->tag >> 16), (char)(in->tag >> 24));
    in->code = fail(&in->err, QN_E_DAMAGED, "%s: byte %zu: %s", name, in->origin + in->at, what);
}

int32_t bytes_in_check(const bytes_in *in, qn_err *err)
{
    if (in->code != QN_OK && err) *err = in->err;
    return in->code;
}

int32_t bytes_in_end(bytes_in *in, qn_err *err)
{
    if (in->at != in->size) damaged(in, "more follows than was expected");
    return bytes_in_check(in, err);
}

size_t bytes_left(const bytes_in *in)
{
    return in->code == QN_OK ? in->size - in->at : 0;
}

const void *bytes_borrow(bytes_in *in, size_t n)
{
    const unsigned char *from;

    if (in->code != QN_OK) return NULL;
    if (n > in->size - in->at) {
        damaged(in, "it is cut short");
        return NULL;
    }
    if (n == 0) return ""; /* an empty reader has no data to point at */
    from = in->data + in->at;
    in->at += n;
    return from;
}

void bytes_get(bytes_in *in, void *to, size_t n)
{
    const void *from = bytes_borrow(in, n);

    if (n == 0) return;
    if (from)
        memcpy(to, from, n);
    else
        memset(to, 0, n);
}

static uint64_t get_number(bytes_in *in, size_t n)
{
    const unsigned char *from = bytes_borrow(in, n);

    return from ? decode(from, n) : 0;
}

uint8_t bytes_get_u8(bytes_in *in)
{
    return (uint8_t)get_number(in, 1);
}

uint32_t bytes_get_u32(bytes_in *in)
{
    return (uint32_t)get_number(in, 4);
}

uint64_t bytes_get_u64(bytes_in *in)
{
    return get_number(in, 8);
}

int64_t bytes_get_i64(bytes_in *in)
{
    return (int64_t)get_number(in, 8);
}

qn_wide bytes_get_wide(bytes_in *in)
{
    uint64_t low = get_number(in, 8);
    uint64_t high = get_number(in, 8);

    if (in->code != QN_OK) return 0;
    return (qn_wide)(int64_t)high * ((qn_wide)1 << 64) + low;
}

double bytes_get_double(bytes_in *in)
{
    uint64_t bits = get_number(in, 8);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

bool bytes_require(bytes_in *in, bool holds, const char *what)
{
    if (!holds) damaged(in, what);
    return in->code == QN_OK;
}

bool bytes_get_bool(bytes_in *in)
{
    uint8_t value = bytes_get_u8(in);

    return bytes_require(in, value <= 1, "a flag is neither 0 nor 1") && value;
}

void bytes_get_text(bytes_in *in, char *to, size_t room)
{
    size_t n = bytes_get_u32(in);

    bytes_require(in, n < room, "a text is too long");
    if (in->code != QN_OK) n = 0;
    bytes_get(in, to, n);
    to[n] = '\0';
    if (!bytes_require(in, strlen(to) == n, "a text holds a NUL")) to[0] = '\0';
}

size_t bytes_get_count(bytes_in *in, size_t each)
{
    uint64_t n = bytes_get_u64(in);

    return bytes_require(in, n <= bytes_left(in) / each, "more is announced than follows") ? n : 0;
}

uint32_t bytes_peek(const bytes_in *in)
{
    return bytes_left(in) >= HEAD ? (uint32_t)decode(in->data + in->at, 4) : 0;
}

bytes_in bytes_section(bytes_in *in, uint32_t tag)
{
    bytes_in part = {.tag = tag, .err = QN_ERR_INIT};
    uint32_t found = bytes_get_u32(in);
    uint32_t crc = bytes_get_u32(in);
    uint64_t n = bytes_get_u64(in);

    uint32_t outer = in->tag;

    part.origin = in->origin + in->at;
    bytes_require(in, found == tag, "another section was expected");
    in->tag = tag; /* it is this section that is damaged, if it is */
    if (bytes_require(in, n <= bytes_left(in), "it is cut short") &&
        bytes_require(in, crc32c(in->data + in->at, n) == crc,
                      "its bytes do not fit its checksum")) {
        part.size = n;
        part.data = bytes_borrow(in, n);
    }
    in->tag = outer;
    part.code = in->code;
    part.err = in->err;
    return part;
}

static int64_t stream_read(void *ctx, void *to, uint64_t n)
{
    bytes_in *in = ctx;

    if (in->code != QN_OK) return in->code;
    if (n > bytes_left(in)) n = bytes_left(in);
    bytes_get(in, to, n);
    return (int64_t)n;
}

static int64_t stream_no_write(void *ctx, const void *from, uint64_t n)
{
    (void)ctx;
    (void)from;
    (void)n;
    return QN_E_UNSUPPORTED;
}

qn_stream bytes_stream_in(bytes_in *in)
{
    return (qn_stream){
        .size = sizeof(qn_stream), .ctx = in, .read = stream_read, .write = stream_no_write};
}
