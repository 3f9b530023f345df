/* SPDX-License-Identifier: MIT
 *
 * The codec: every value comes back, and no block is trusted. */
#include "base/hash.h"
#include "base/memory.h"
#include "check_main.h"
#include "support.h"
#include "tape/bits.h"
#include "tape/codec.h"

#include <string.h>

START_TEST(bits_come_back)
{
    uint64_t state = 1;

    for (uint32_t width = 0; width <= 64; width++)
        for (size_t n = 1; n <= 130; n += n < 20 ? 1 : 11) {
            uint64_t in[130];
            uint64_t out[130];
            unsigned char packed[130 * 8 + 24];

            for (size_t i = 0; i < n; i++)
                in[i] = width ? random_next(&state) >> (64 - width) : 0;
            memset(packed, 0xAA, sizeof packed); /* what stands behind must not matter */
            ck_assert_uint_eq(bits_pack(in, n, width, packed), bits_size(n, width));
            bits_unpack(packed, n, width, out);
            ck_assert_mem_eq(in, out, n * sizeof *in);
            ck_assert_uint_le(bits_width(in, n), width);
        }
}
END_TEST

START_TEST(table_is_sound)
{
    const event_row *rows;
    size_t n = event_rows(&rows);

    ck_assert_uint_eq(n, 8);
    for (size_t i = 0; i < n; i++) {
        uint32_t places = 0;
        ck_assert_uint_le(rows[i].size, EVENT_MAX);
        ck_assert_uint_le(rows[i].nfields, FIELDS_MAX);
        ck_assert_ptr_eq(event_row_of(rows[i].type), &rows[i]);
        ck_assert_ptr_eq(event_row_named(rows[i].name, strlen(rows[i].name)), &rows[i]);
        ck_assert_str_eq(rows[i].fields[FIELD_AT_TS].name, "ts_ns");
        ck_assert_str_eq(rows[i].fields[FIELD_AT_FLAGS].name, "flags");
        ck_assert_int_eq(rows[i].fields[FIELD_AT_VENUE_TS].kind, FIELD_TIME);
        for (uint32_t f = 0; f < rows[i].nfields; f++) {
            const event_field *field = &rows[i].fields[f];
            /* a guess stands on what is decoded before */
            ck_assert(field->a <= f && field->b <= f);
            ck_assert_int_eq(field->place != 0, field->head != NULL);
            if (field->place) places |= 1u << field->place;
        }
        /* the columns of an export are 1, 2, ... without a hole */
        ck_assert_uint_eq((places + 2) & (places + 1), 0);
    }
}
END_TEST

/* Encode n events and decode them again, a group at a time. */
static void round_trip(const event_row *row, const any_event *events, uint32_t n)
{
    block_scratch *scratch = mem_new(1, sizeof *scratch);
    unsigned char *block = mem_new(1, BLOCK_ROOM + 64);
    char *packed = mem_new(n, row->size);
    any_event back = {0};
    event_common common = {QN_NO_INSTRUMENT, events[0].bar.length};
    block_columns columns;
    block_reader r;
    block_info info;
    size_t size;
    uint32_t done = 0;
    int32_t got;

    for (uint32_t i = 0; i < n; i++)
        memcpy(packed + i * row->size, &events[i], row->size);
    size = block_encode(row, packed, n, 77, scratch, block);
    events_prepare(row, &common, &back, 1);
    ck_assert_ptr_null(block_open(&r, row, block, size, &info));
    ck_assert_uint_eq(info.rows, n);
    ck_assert_uint_eq(info.size, size);
    ck_assert_uint_eq(info.first_row, 77);
    while ((got = block_next(&r, columns)) > 0)
        for (int32_t i = 0; i < got; i++, done++) {
            block_events(row, columns, (uint32_t)i, (uint32_t)i + 1, &back);
            expect_same(row, &back, &events[done], done);
        }
    ck_assert_int_eq(got, 0);
    ck_assert_uint_eq(done, n);
    mem_free(scratch);
    mem_free(block);
    mem_free(packed);
}

START_TEST(blocks_come_back)
{
    static const uint32_t sizes[] = {1, 2, 3, 127, 128, 129, 255, 256, 1000, 1023, 1024};
    static any_event events[BLOCK_ROWS];
    const event_row *rows;
    size_t nrows = event_rows(&rows);
    uint64_t state = 2;

    for (size_t t = 0; t < nrows; t++)
        for (wildness how = TAME; how <= EXTREME; how++)
            for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
                data_type data = a_type(rows[t].type, MINUTE);
                for (uint32_t i = 0; i < sizes[k]; i++)
                    events[i] = random_event(data, i, how, T2020, &state);
                round_trip(&rows[t], events, sizes[k]);
            }
}
END_TEST

/* Times, too, may be anything that does not fall. */
START_TEST(extreme_times_come_back)
{
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 0, 1, INT64_MAX, INT64_MAX};
    any_event events[8];
    uint64_t state = 3;

    for (uint32_t i = 0; i < 8; i++) {
        events[i] = random_event(a_type(QN_EVENT_TRADE, 0), i, EXTREME, T2020, &state);
        events[i].hdr.ts_ns = times[i];
        events[i].trade.venue_ts = times[7 - i];
    }
    round_trip(event_row_of(QN_EVENT_TRADE), events, 8);
}
END_TEST

/* A block of `n` trades, and room behind it. */
static size_t a_block(unsigned char *block, uint32_t n)
{
    const event_row *row = event_row_of(QN_EVENT_TRADE);
    block_scratch *scratch = mem_new(1, sizeof *scratch);
    static qn_trade trades[BLOCK_ROWS];
    uint64_t state = 4;
    size_t size;

    for (uint32_t i = 0; i < n; i++)
        trades[i] = random_event(a_type(QN_EVENT_TRADE, 0), i, TAME, T2020, &state).trade;
    size = block_encode(row, trades, n, 0, scratch, block);
    mem_free(scratch);
    return size;
}

static void seal(unsigned char *block, size_t size)
{
    store32(block + 4, crc32c(block + 8, size - 8));
}

START_TEST(spare_bits_are_seen)
{
    static unsigned char block[BLOCK_ROOM + 64];
    const event_row *row = event_row_of(QN_EVENT_TRADE);
    size_t size = a_block(block, 3); /* three sides of one bit each end the block */
    block_reader r;
    block_info info;

    ck_assert_ptr_null(block_open(&r, row, block, size, &info));
    block[size - 1] |= 0x80;
    seal(block, size);
    ck_assert_str_eq(block_open(&r, row, block, size, &info), "spare bits are not zero");
}
END_TEST

/* Whatever a block says, with a right checksum: an answer, and no byte read that is not there
 * (the sanitizers watch). */
START_TEST(hostile_blocks_do_no_harm)
{
    static unsigned char whole[BLOCK_ROOM + 64];
    const event_row *row = event_row_of(QN_EVENT_TRADE);
    uint64_t state = 5;
    size_t size = a_block(whole, 300);
    size_t head = BLOCK_HEAD + row->nfields * FIELD_HEAD;
    uint32_t opened = 0;

    for (uint32_t round = 0; round < 20000; round++) {
        unsigned char *copy = mem_new(1, size + BITS_BEHIND);
        block_columns columns;
        block_reader r;
        block_info info;
        uint32_t flips = 1 + (uint32_t)random_below(&state, 3);

        memcpy(copy, whole, size);
        while (flips-- > 0)
            copy[8 + random_below(&state, head - 8)] = (unsigned char)random_next(&state);
        seal(copy, size);
        if (!block_open(&r, row, copy, size, &info)) {
            opened++;
            while (block_next(&r, columns) > 0)
                continue;
        }
        mem_free(copy);
    }
    ck_assert_uint_gt(opened, 100);
}
END_TEST

CHECK_MAIN("tape_codec", bits_come_back, table_is_sound, blocks_come_back, extreme_times_come_back,
           spare_bits_are_seen, hostile_blocks_do_no_harm)
