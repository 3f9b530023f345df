/* SPDX-License-Identifier: MIT
 *
 * Records as text: what is refused, what does not fit, what hostile bytes do. That the values are
 * right is shown by record.py. */
#include <quoin/sdk/record.h>

#include "check_main.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const qn_instrument coin = {
    .size = sizeof coin, .price_exp = -2, .qty_exp = -3, .money_exp = -8, .name = "BTCUSDT.sim"};
static const qn_instrument *const instruments[] = {&coin};
static const char *const strategies[] = {"host", "sma"};
static const qn_record_names names = {
    .instruments = instruments, .strategies = strategies, .ninstruments = 1, .nstrategies = 2};

typedef union record {
    qn_event hdr;
    qn_fill fill;
    qn_output output;
    qn_result result;
    qn_reload reload;
    qn_command command;
    qn_verdict verdict;
    qn_allocation allocation;
    unsigned char bytes[1024];
} record;

static qn_fill a_fill(void)
{
    return (qn_fill){.hdr = {sizeof(qn_fill), QN_EVENT_FILL, 0, 1234,
                             1577836800 * QN_NS_PER_S + 300 * QN_NS_PER_S, 0, 0},
                     .venue_ts = 1577836800 * QN_NS_PER_S,
                     .order_id = QN_ORDER_ID(1, 17),
                     .trade_id = 5,
                     .price = 3000025,
                     .qty = 500,
                     .fee = 600000000,
                     .side = QN_BUY,
                     .liquidity = QN_TAKER};
}

START_TEST(test_line)
{
    char room[QN_RECORD_TEXT];
    qn_text text = QN_TEXT(room);
    qn_fill fill = a_fill();

    ck_assert_int_eq(qn_record_text(&text, &fill.hdr, &names), QN_OK);
    ck_assert_str_eq(room, "2020-01-01T00:05:00Z  #1234  fill  BTCUSDT.sim "
                           " venue_ts=2020-01-01T00:00:00Z order_id=sma-17 trade_id=5 "
                           "price=30000.25 qty=0.5 fee=6 side=buy liquidity=taker");
}
END_TEST

START_TEST(test_json)
{
    char room[QN_RECORD_TEXT];
    qn_text text = QN_TEXT(room);
    qn_fill fill = a_fill();

    ck_assert_int_eq(qn_record_json(&text, &fill.hdr, &names), QN_OK);
    ck_assert_str_eq(
        room, "{\"seq\":1234,\"ts\":\"2020-01-01T00:05:00.000000000Z\",\"type\":\"fill\","
              "\"instrument\":\"BTCUSDT.sim\",\"venue_ts\":\"2020-01-01T00:00:00.000000000Z\","
              "\"order_id\":\"sma-17\",\"trade_id\":5,\"price\":\"30000.25\",\"qty\":\"0.5\","
              "\"fee\":\"6\",\"side\":\"buy\",\"liquidity\":\"taker\",\"parent_id\":null}");
}
END_TEST

/* With each room too short by 1 .. all bytes: QN_E_FULL, and what stood there before still does. */
START_TEST(test_room)
{
    char room[QN_RECORD_TEXT];
    qn_fill fill = a_fill();
    qn_text whole = QN_TEXT(room);
    uint64_t need;

    ck_assert_int_eq(qn_record_json(&whole, &fill.hdr, &names), QN_OK);
    need = whole.used;
    for (uint64_t short_by = 0; short_by <= need; short_by++) {
        char small[QN_RECORD_TEXT];
        qn_text text = {.to = small, .room = need + 4 - short_by};
        int32_t rc;

        memset(small, '#', sizeof small);
        qn_text_add(&text, "abc");
        rc = qn_record_json(&text, &fill.hdr, &names);
        ck_assert_int_eq(rc, short_by == 0 ? QN_OK : QN_E_FULL);
        if (rc != QN_OK) ck_assert_str_eq(small, "abc");
        ck_assert_int_eq(text.is_cut, 0);
        ck_assert_int_eq(small[need + 4 - short_by], '#');
    }
}
END_TEST

START_TEST(test_names_of_types)
{
#define ROW(number, NAME, type, rank, meaning) {number, #NAME, sizeof(type)},
    static const struct {
        uint32_t number;
        const char *name;
        size_t size;
    } rows[] = {QN_EVENT_LIST(ROW)};
#undef ROW
    uint32_t ntypes = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = qn_record_name(rows[i].number);
        bool is_market = rows[i].number < 16;

        for (size_t k = 0; k <= strlen(name); k++)
            ck_assert_int_eq(name[k], tolower(rows[i].name[k]));
        ck_assert_uint_eq(qn_record_size(rows[i].number), rows[i].size);
        ck_assert_uint_eq(qn_record_type_named(name, strlen(name)), rows[i].number);
        ck_assert_int_eq(qn_record_is_journaled(rows[i].number),
                         !is_market && rows[i].number != QN_EVENT_FEATURE);
    }
    for (uint32_t type = 0; type < 70000; type++)
        ntypes += qn_record_row_of(type) != NULL;
    ck_assert_uint_eq(ntypes, sizeof rows / sizeof rows[0]);
    ck_assert_str_eq(qn_record_name(0), "?");
    ck_assert_uint_eq(qn_record_size(63), 0);
    ck_assert_uint_eq(qn_record_type_named("fil", 3), 0);
    ck_assert_int_eq(qn_record_is_journaled(60), 0);
}
END_TEST

static void refuses(const qn_event *ev, uint64_t nbytes, const char *why)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(qn_record_check(ev, nbytes, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, why) != NULL, "'%s' without '%s'", err.msg, why);
    ck_assert_int_eq(qn_record_check(ev, nbytes, NULL), QN_E_DAMAGED);
}

START_TEST(test_check)
{
    record r = {.fill = a_fill()};

    ck_assert_int_eq(qn_record_check(&r.hdr, sizeof(qn_fill), NULL), QN_OK);
    refuses(&r.hdr, sizeof(qn_event) - 1, "too few");
    refuses(&r.hdr, sizeof(qn_fill) - 1, "cut after 95 of 96");
    r.fill.side = 3;
    refuses(&r.hdr, sizeof r, "side is 3");
    r.fill.side = 0;
    refuses(&r.hdr, sizeof r, "side is 0");
    r.fill = a_fill();
    r.hdr.size--;
    refuses(&r.hdr, sizeof r, "fill: a size of");
    r.hdr.type = 63;
    refuses(&r.hdr, sizeof r, "type 63");
    r.hdr.type = 9;
    refuses(&r.hdr, sizeof r, "type 9");
    r = (record){.output = {.hdr = {.size = sizeof(qn_output), .type = QN_EVENT_OUTPUT}}};
    r.output.kind = 99; /* as a plugin pushed it */
    r.output.nread = QN_FEATURES_READ;
    ck_assert_int_eq(qn_record_check(&r.hdr, sizeof r, NULL), QN_OK);
    r.output.nread++;
    refuses(&r.hdr, sizeof r, "7 of read, and there is room for 6");
    r = (record){.result = {.hdr = {.size = sizeof(qn_result), .type = QN_EVENT_RESULT}}};
    r.result.nbytes = QN_RESULT_BYTES + 1;
    refuses(&r.hdr, sizeof r, "room for 464");
    r.result.nbytes = 0;
    r.result.status = -999;
    refuses(&r.hdr, sizeof r, "status");
    r = (record){.reload = {.hdr = {.size = sizeof(qn_reload), .type = QN_EVENT_RELOAD},
                            .step = QN_RELOAD_COMMIT,
                            .mode = QN_RELOAD_TUNE}};
    memset(r.reload.id, 'a', sizeof r.reload.id);
    refuses(&r.hdr, sizeof r, "id has no end");
    r = (record){.command = {.hdr = {.size = sizeof(qn_command), .type = QN_EVENT_COMMAND},
                             .verb = QN_COMMANDS}};
    refuses(&r.hdr, sizeof r, "verb");
}
END_TEST

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13; /* xorshift64: Marsaglia, "Xorshift RNGs", 2003 */
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Bytes of any kind: what passes the check can be written, within the room that is promised. */
START_TEST(test_hostile)
{
    uint32_t npassed = 0;

    for (uint32_t i = 0; i < 400000; i++) {
        char room[QN_RECORD_TEXT];
        qn_text text = QN_TEXT(room);
        record r = {0};
        uint32_t type = (uint32_t)(next_random() % 45);

        for (size_t k = 0; k < sizeof r; k += 8) {
            uint64_t word = next_random();
            if (word % 4 == 0) word &= 0x300000003u; /* small enough for a list, now and then */
            memcpy(r.bytes + k, &word, sizeof word);
        }
        r.hdr.type = (uint16_t)type;
        r.hdr.size = (uint16_t)qn_record_size(type);
        if (qn_record_check(&r.hdr, sizeof r, NULL) != QN_OK) continue;
        npassed++;
        ck_assert_int_eq(qn_record_json(&text, &r.hdr, &names), QN_OK);
        ck_assert(memchr(room, '\n', text.used) == NULL);
        qn_text_back_to(&text, 0);
        ck_assert_int_eq(qn_record_text(&text, &r.hdr, &names), QN_OK);
    }
    ck_assert_uint_gt(npassed, 100000);
}
END_TEST

START_TEST(test_order_id)
{
    static const qn_record_names nothing;
    char room[64];
    qn_text text = QN_TEXT(room);

    qn_record_order_id(&text, QN_ORDER_ID(1, 17), &names);
    qn_text_add_char(&text, ' ');
    qn_record_order_id(&text, QN_ORDER_ID(2, 1), &names);
    qn_text_add_char(&text, ' ');
    qn_record_order_id(&text, QN_ORDER_ID(0, 3), &nothing);
    ck_assert_str_eq(room, "sma-17 2-1 0-3");
}
END_TEST

CHECK_MAIN("record", test_line, test_json, test_room, test_names_of_types, test_check, test_hostile,
           test_order_id)
