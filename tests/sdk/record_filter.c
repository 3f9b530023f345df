/* SPDX-License-Identifier: MIT
 *
 * Records in, text out: what record.py drives. Reads records from stdin, each as long as its
 * header says, and writes for each its JSON and its line. The names are those of record.py. */
#include <quoin/sdk/record.h>

#include <stdio.h>
#include <string.h>

static const qn_instrument coin = {.size = sizeof coin,
                                   .number = 0,
                                   .price_exp = -2,
                                   .qty_exp = -3,
                                   .money_exp = -8,
                                   .name = "BTCUSDT.binance"};
static const qn_instrument odd = {.size = sizeof odd,
                                  .number = 1,
                                  .price_exp = -8,
                                  .qty_exp = 2,
                                  .money_exp = 0,
                                  .name = "quote\"back\\tab\tpound\xc2\xa3.x"};
static const qn_instrument *const instruments[] = {&coin, &odd};
static const char *const strategies[] = {"host", "sma", "mean\nreversion"};
static const char *const modules[] = {"host", "limits", "\xff\xc0\x80 no utf-8"};
static const char *const features[] = {"vol.ewma", "vol.atr"};

static const qn_record_names names = {instruments, strategies, modules, features, 2, 3, 3, 2};

static int write_one(const qn_event *ev)
{
    char room[QN_RECORD_TEXT];
    qn_text text = QN_TEXT(room);
    qn_err err = QN_ERR_INIT;

    if (qn_record_check(ev, ev->size, &err) != QN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    if (qn_record_json(&text, ev, &names) != QN_OK) return 1;
    puts(room);
    qn_text_back_to(&text, 0);
    if (qn_record_text(&text, ev, &names) != QN_OK) return 1;
    puts(room);
    return 0;
}

int main(void)
{
    union {
        qn_event hdr;
        char bytes[65536];
    } record;

    while (fread(&record, sizeof(qn_event), 1, stdin) == 1) {
        size_t rest = record.hdr.size - sizeof(qn_event);

        if (record.hdr.size < sizeof(qn_event)) return 1;
        if (rest && fread(record.bytes + sizeof(qn_event), rest, 1, stdin) != 1) return 1;
        if (write_one(&record.hdr)) return 1;
    }
    return ferror(stdin);
}
