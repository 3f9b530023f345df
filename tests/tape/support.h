/* SPDX-License-Identifier: MIT
 *
 * What the tests of the tape share: random events, a catalog in a folder of its own. */
#ifndef QUOIN_TESTS_TAPE_SUPPORT_H
#define QUOIN_TESTS_TAPE_SUPPORT_H

#include "folder.h"
#include "random.h"

#include "tape/event_table.h"
#include "tape/tape.h"
#include "tape/tape_file.h"
#include "tape/writer.h"

/* An event of any stored type. */
typedef union any_event {
    qn_event hdr;
    qn_bar bar;
    qn_trade trade;
    qn_quote quote;
    qn_depth depth;
    qn_mark mark;
    qn_funding funding;
    char room[EVENT_MAX];
} any_event;

#define MINUTE (60 * QN_NS_PER_S)
#define HOUR (60 * MINUTE)
#define T2020 (INT64_C(1577836800) * QN_NS_PER_S) /* 2020-01-01T00:00:00Z */

/* A linear instrument with two places in prices and three in quantities. */
qn_instrument an_instrument(const char *name, uint32_t number);

/* Data of a type; `length` for bars only. */
data_type a_type(uint32_t type, int64_t length);

/* A new, empty folder; its path is `to`. folder_free removes it with all that is in it. */
void folder_new(char to[PATH_ROOM]);

/* How wild the values of random events are. */
typedef enum wildness { TAME, WILD, EXTREME } wildness;

/* The i-th event of a random series of `data`: plausible prices in steps (TAME), any values of
 * a good size (WILD), or the ends of the types' ranges (EXTREME). Times never fall. */
any_event random_event(data_type data, uint32_t i, wildness how, int64_t start, uint64_t *state);

/* The writer of `dir`, with the instrument defined and a series begun; ends the test if it
 * cannot be. */
catalog_writer *writer_at(const char *dir, const qn_instrument *ins, data_type data);

/* Add, publish, close; end the test if something fails. */
void writer_add(catalog_writer *w, const qn_event *ev);
void writer_done(catalog_writer *w);

/* Write a series in one go. */
void write_events(const char *dir, const qn_instrument *ins, data_type data,
                  const any_event *events, size_t n);

catalog *catalog_at(const char *dir);

/* Read one stream whole. Returns the number of events, of which up to `room` are copied to
 * `events`; ends the test on an error. */
size_t read_events(const char *dir, const qn_instrument *ins, data_type data, int64_t from,
                   int64_t to, any_event *events, size_t room);

/* The only file of a catalog. */
void only_file(const char *dir, char path[PATH_ROOM]);

/* End the test unless the two events are the same in everything that is stored. */
void expect_same(const event_row *row, const any_event *got, const any_event *wanted, size_t i);

void put_file(const char *path, const void *data, size_t size);

#endif
