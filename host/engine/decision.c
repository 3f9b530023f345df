/* SPDX-License-Identifier: MIT
 *
 * The decision hash: SHA-256 over one record for each strategy output, verdict, order and
 * fill, in engine order. Nothing goes in that may differ between two runs that decide alike:
 * no sequence numbers, run ids, venue ids, receive or wall times.
 *
 * A record, little-endian, without padding:
 *   u8 kind (1 output, 2 verdict, 3 order, 4 fill)
 *   u8 length, bytes: id of the strategy
 *   u64 the strategy's own counter
 *   u8 length, bytes: name of the instrument
 *   u8 side, u8 type, u8 time in force
 *   i64 quantity, i32 exponent   i64 price, i32 exponent
 *   i64 trigger, i32 exponent    i64 fee, i32 exponent
 *   i64 strength, i64 confidence: doubles rounded to 1e-9
 *   u32 verdict, u32 reason
 *   i64 market time of the cause, ns */
#include "internal.h"

#include "base/fail.h"

#include <math.h>
#include <string.h>

#define RECORD_ROOM 256u

int32_t decisions_init(decisions *d, qn_err *err)
{
    d->used = 0;
    d->hash = sha256_new();
    return d->hash ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the decision hash");
}

void decisions_free(decisions *d)
{
    sha256_free(d->hash);
    d->hash = NULL;
}

static unsigned char *put(unsigned char *to, const void *value, size_t n)
{
    memcpy(to, value, n); /* the host runs on little-endian machines only */
    return to + n;
}

static unsigned char *put_text(unsigned char *to, const char *text)
{
    size_t n = strlen(text);

    *to++ = (unsigned char)n;
    return put(to, text, n);
}

static unsigned char *put_number(unsigned char *to, int64_t mantissa, int32_t exp)
{
    to = put(to, &mantissa, sizeof mantissa);
    return put(to, &exp, sizeof exp);
}

static unsigned char *put_real(unsigned char *to, double value)
{
    int64_t rounded = (int64_t)llrint(value * 1e9);

    return put(to, &rounded, sizeof rounded);
}

void decisions_add(decisions *d, const decision *r)
{
    const qn_instrument *in = r->instrument;
    unsigned char *to;

    /* records are small; whole buffers reach SHA-256, which has a cost per call */
    if (sizeof d->buffer - d->used < RECORD_ROOM) {
        sha256_add(d->hash, d->buffer, d->used);
        d->used = 0;
    }
    to = d->buffer + d->used;
    *to++ = r->kind;
    to = put_text(to, r->strategy);
    to = put(to, &r->counter, sizeof r->counter);
    to = put_text(to, in->name);
    *to++ = (unsigned char)r->side;
    *to++ = (unsigned char)r->type;
    *to++ = (unsigned char)r->tif;
    to = put_number(to, r->qty, in->qty_exp);
    to = put_number(to, r->price, in->price_exp);
    to = put_number(to, r->trigger, in->price_exp);
    to = put_number(to, r->fee, in->money_exp);
    to = put_real(to, r->strength);
    to = put_real(to, r->confidence);
    to = put(to, &r->verdict, sizeof r->verdict);
    to = put(to, &r->reason, sizeof r->reason);
    to = put(to, &r->market_ts, sizeof r->market_ts);
    d->used = (size_t)(to - d->buffer);
}

int32_t decisions_hex(const decisions *d, char to[SHA256_HEX], qn_err *err)
{
    return sha256_hex_with(d->hash, d->buffer, d->used, to, err);
}
