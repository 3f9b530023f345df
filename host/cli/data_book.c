/* SPDX-License-Identifier: MIT
 *
 * quoin data book */
#include "data.h"
#include "option.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "tape/depth_book.h"
#include "tape/tape.h"

#include <quoin/sdk/decimal.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY_EVERY = 1000, KEY_JSON };

static const struct argp_option options[] = {
    {"instrument", 'i', "SYMBOL.venue", 0, "Whose book", 0},
    {"every", KEY_EVERY, "N", 0, "The best levels after every N deltas, too", 0},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0},
    {0}};

typedef struct arguments {
    const char *catalog, *instrument, *every;
    bool is_json;
} arguments;

static const option_text texts[] = {
    {'i', offsetof(arguments, instrument)},
    {KEY_EVERY, offsetof(arguments, every)},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->catalog;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Rebuild an instrument's order book from the depth that a catalog holds, check its sequence, "
    "and show what the book is at the end."
    "\v"
    "The SHA-256 is over all levels: \"price:qty;...\" of the bids from the highest, \"|\", the "
    "asks "
    "from the lowest. A book that is stale at the end has none.\n"
    "\n"
    "Examples:\n"
    "  quoin data book var/catalog --instrument BTCUSDT.binance\n"
    "  quoin data book var/catalog -i BTCUSDT.binance --every 1000 --json\n"
    "\n"
    "Exit status: 0 done, gaps or not; 4 no depth, or it is damaged.";

static const struct argp_child children[] = {{&data_catalog_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "CATALOG", .doc = doc, .children = children};

/* The replay. */
typedef struct replay {
    const qn_instrument *instrument;
    uint64_t every;                  /* 0 = no checkpoints */
    struct json_object *checkpoints; /* NULL = as text */
    bool is_whole;                   /* no checkpoint was lost for want of memory */
    bool is_warned;                  /* of a broken message; once */
    uint64_t seen, crossed;          /* deltas applied at the last call; crossed states */
    qn_book book;
    void *memory;
} replay;

/* ---- what is shown of a book ---- */

/* The keys of the two sides' figures. */
static const struct {
    uint32_t side;
    const char *price, *qty, *levels;
} sides[] = {
    {QN_BUY, "best_bid", "bid_qty", "levels_bid"},
    {QN_SELL, "best_ask", "ask_qty", "levels_ask"},
};

static bool put_side(struct json_object *o, const replay *r, const qn_book *b, size_t i)
{
    qn_book_level best;

    if (qn_book_best(b, sides[i].side, &best) != QN_OK)
        return json_put_null(o, sides[i].price) && json_put_null(o, sides[i].qty);
    return json_put_amount(o, sides[i].price, best.price, r->instrument->price_exp) &&
           json_put_amount(o, sides[i].qty, best.qty, r->instrument->qty_exp);
}

static bool put_book(struct json_object *o, const replay *r, const qn_book *b)
{
    return put_side(o, r, b, 0) && put_side(o, r, b, 1) &&
           json_put_count(o, sides[0].levels, qn_book_levels(b, QN_BUY)) &&
           json_put_count(o, sides[1].levels, qn_book_levels(b, QN_SELL));
}

static struct json_object *checkpoint(const replay *r, const qn_book *b)
{
    struct json_object *o = json_object_new_object();

    return json_whole(o, json_put_count(o, "applied", b->applied) &&
                             json_put_count(o, "update_id", b->update_id) &&
                             json_put_time(o, "ts", b->venue_ts) && put_book(o, r, b));
}

/* "61668.6 x 1380", or "-". */
static void side_text(const replay *r, const qn_book *b, uint32_t side, char *to, size_t size)
{
    char price[QN_DECIMAL_TEXT];
    char qty[QN_DECIMAL_TEXT];
    qn_book_level best;

    if (qn_book_best(b, side, &best) != QN_OK) {
        snprintf(to, size, "-");
        return;
    }
    qn_decimal_format(best.price, r->instrument->price_exp, price);
    qn_decimal_format(best.qty, r->instrument->qty_exp, qty);
    snprintf(to, size, "%s x %s", price, qty);
}

#define SIDE_TEXT (2 * QN_DECIMAL_TEXT + 4)

static void print_checkpoint(const replay *r, const qn_book *b)
{
    char bid[SIDE_TEXT];
    char ask[SIDE_TEXT];
    char ts[TIME_TEXT];

    time_format(b->venue_ts, ts);
    side_text(r, b, QN_BUY, bid, sizeof bid);
    side_text(r, b, QN_SELL, ask, sizeof ask);
    printf("%s  %" PRIu64 " applied  bid %s  ask %s  levels %" PRIu64 " / %" PRIu64 "\n", ts,
           b->applied, bid, ask, qn_book_levels(b, QN_BUY), qn_book_levels(b, QN_SELL));
}

/* ---- the replay ---- */

/* After each message that changed the book. */
static void see(void *ctx, const qn_book *b)
{
    replay *r = ctx;
    bool is_delta = b->applied != r->seen;

    r->seen = b->applied;
    r->crossed += qn_book_is_crossed(b) != 0;
    if (!is_delta || r->every == 0 || b->applied % r->every) return;
    if (!r->checkpoints)
        print_checkpoint(r, b);
    else if (r->is_whole)
        r->is_whole = json_append(r->checkpoints, checkpoint(r, b));
}

static int32_t run(const catalog *cat, replay *r, qn_err *err)
{
    tape_stream stream = {r->instrument, {QN_EVENT_DEPTH, 0}};
    tape *t = NULL;
    int32_t rc = tape_open(cat, &stream, 1, INT64_MIN, INT64_MAX, &t, err);

    while (rc == QN_OK && t->head) {
        const qn_depth *row = (const qn_depth *)t->head;
        int32_t said;
        if ((said = qn_book_apply(&r->book, row)) == QN_E_FULL) {
            rc = fail(err, said,
                      "update %" PRIu64 " of %s: more levels than %u, or than %u in one message",
                      row->update_id, r->instrument->name, DEPTH_BOOK_LEVELS, DEPTH_BOOK_ROWS);
            break;
        }
        if (said == QN_E_INVALID && !r->is_warned) {
            log_line(LOG_WARNING,
                     "update %" PRIu64 " of %s, and maybe more, holds a value that cannot be: "
                     "quoin data verify tells [%s]",
                     row->update_id, r->instrument->name, error_name(said));
            r->is_warned = true;
        }
        rc = tape_next(t, err);
    }
    tape_close(t);
    return rc;
}

static int32_t begin(replay *r, qn_err *err)
{
    int32_t rc = depth_book_make(&r->book, &r->memory, r->instrument, err);

    r->book.watch = see;
    r->book.watch_ctx = r;
    return rc;
}

/* ---- the whole book's hash ---- */

static void hash_side(sha256 *h, const replay *r, uint32_t side)
{
    qn_book_walk w = qn_book_walk_of(&r->book, side);
    qn_book_level level;
    const char *before = "";
    char price[QN_DECIMAL_TEXT];
    char qty[QN_DECIMAL_TEXT];
    char text[SIDE_TEXT];

    while (qn_book_walk_next(&w, &level)) {
        qn_decimal_format(level.price, r->instrument->price_exp, price);
        qn_decimal_format(level.qty, r->instrument->qty_exp, qty);
        sha256_add(h, text, (size_t)snprintf(text, sizeof text, "%s%s:%s", before, price, qty));
        before = ";";
    }
}

static int32_t hash_book(const replay *r, char to[SHA256_HEX], qn_err *err)
{
    sha256 *h = sha256_new();
    int32_t rc;

    if (!h) return fail(err, QN_E_NO_MEMORY, "out of memory for a hash");
    hash_side(h, r, QN_BUY);
    sha256_add(h, "|", 1);
    hash_side(h, r, QN_SELL);
    rc = sha256_hex(h, to, err);
    sha256_free(h);
    return rc;
}

/* ---- results ---- */

static int print_json(replay *r, const char *hash)
{
    const qn_book *b = &r->book;
    struct json_object *o = json_object_new_object();
    bool is_whole =
        json_put_text(o, "instrument", r->instrument->name) &&
        json_put_bool(o, "synced", qn_book_is_synced(b)) && json_put_count(o, "gaps", b->gaps) &&
        json_put_count(o, "crossed", r->crossed) && json_put_count(o, "snapshots", b->snapshots) &&
        json_put_count(o, "applied", b->applied) && json_put_count(o, "dropped", b->dropped) &&
        json_put_count(o, "waiting", b->nmessages) &&
        (b->snapshots ? json_put_count(o, "update_id", b->update_id)
                      : json_put_null(o, "update_id")) &&
        put_book(o, r, b) && json_put_text(o, "sha256", hash);

    is_whole = json_put(o, "checkpoints", r->checkpoints) && is_whole && r->is_whole;
    r->checkpoints = NULL;
    return cli_print_json(o, is_whole, EXIT_DONE);
}

static int print_text(const replay *r, const char *hash)
{
    const qn_book *b = &r->book;

    if (qn_book_is_synced(b)) {
        print_checkpoint(r, b);
        printf("sha256 %s\n", hash);
    } else {
        printf("the book is stale: %s\n",
               b->snapshots ? "no snapshot came after the last gap" : "there is no snapshot");
    }
    printf("%" PRIu64 " snapshots, %" PRIu64 " deltas applied, %" PRIu64 " dropped, %u waiting: "
           "%" PRIu64 " gaps, %" PRIu64 " crossed\n",
           b->snapshots, b->applied, b->dropped, b->nmessages, b->gaps, r->crossed);
    return EXIT_DONE;
}

static int32_t prepare(const catalog *cat, const arguments *a, replay *r, qn_err *err)
{
    int64_t every = 0;
    int32_t rc;

    if (!a->instrument) return fail(err, QN_E_MISSING, "--instrument SYMBOL.venue is required");
    if ((rc = option_whole("--every", a->every, 1, INT64_MAX, &every, err)) != QN_OK) return rc;
    r->every = (uint64_t)every;
    if (!(r->instrument = catalog_instrument(cat, a->instrument, INT64_MAX)))
        return fail(err, QN_E_NOT_FOUND, "the catalog does not know the instrument %.64s",
                    a->instrument);
    r->is_whole = true;
    if (a->is_json && !(r->checkpoints = json_object_new_array()))
        return fail(err, QN_E_NO_MEMORY, "out of memory");
    return QN_OK;
}

int cmd_data_book(int argc, char **argv)
{
    arguments a = {0};
    replay r = {0};
    catalog *cat = NULL;
    char hash[SHA256_HEX];
    qn_err err = QN_ERR_INIT;
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if ((rc = catalog_open(a.catalog, &cat, &err)) != QN_OK) return cli_fail(rc, &err);
    if ((rc = prepare(cat, &a, &r, &err)) != QN_OK) goto done;
    if ((rc = begin(&r, &err)) != QN_OK) goto done;
    if ((rc = run(cat, &r, &err)) != QN_OK) goto done;
    if (qn_book_is_synced(&r.book)) rc = hash_book(&r, hash, &err);
done:
    if (rc != QN_OK)
        status = cli_fail(rc, &err);
    else if (a.is_json)
        status = print_json(&r, qn_book_is_synced(&r.book) ? hash : NULL);
    else
        status = print_text(&r, hash);
    json_object_put(r.checkpoints);
    mem_free(r.memory);
    catalog_close(cat);
    return status;
}
