/* SPDX-License-Identifier: MIT */
#include "raw.h"

#include "lines.h"
#include "number.h"

#include "../event_table.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PROGRESS_LINES 4096            /* between two reports */
#define LOOK_SHARE 0.3                 /* of the time that looking takes */
#define OVERLAP_MAX (10 * QN_NS_PER_S) /* of files without receive times, whose streams lag */
#define KIND(NAME) (1u << MESSAGE_##NAME)

typedef struct raw_pass raw_pass;

/* What is done with a message of the instrument. */
typedef int32_t take_fn(raw_pass *pass, const message *m, int64_t line, qn_err *err);

/* One reading of all files. */
struct raw_pass {
    import_job *job;
    uint32_t kinds; /* the messages that are wanted, as bits */
    take_fn *take;
    bool is_look;
    uint32_t type; /* what is made of messages when it is no look */

    /* Of the file being read. */
    message_reader reader;
    int64_t last_ts; /* engine time of the message before; NO_TIME at first */

    qn_depth *levels; /* of one message */
    size_t room;
};

static take_fn look_at, take_trade, take_quote, take_book, take_mark;

/* The series, the messages each is made of, and how. */
static const struct {
    uint32_t type;
    uint32_t kinds;
    take_fn *take;
} makers[] = {
    {QN_EVENT_TRADE, KIND(TRADE) | KIND(AGGTRADE), take_trade},
    {QN_EVENT_QUOTE, KIND(QUOTE), take_quote},
    {QN_EVENT_DEPTH, KIND(DEPTH) | KIND(SNAPSHOT), take_book},
    {QN_EVENT_MARK, KIND(MARK), take_mark},
    {QN_EVENT_INDEX, KIND(MARK), take_mark},
    {QN_EVENT_LIQUIDATION, KIND(FORCE), take_trade},
};
#define MAKERS (sizeof makers / sizeof makers[0])

uint32_t raw_types(void)
{
    uint32_t types = 0;

    for (size_t i = 0; i < MAKERS; i++)
        types |= 1u << makers[i].type;
    return types;
}

static bool is_wished(const import_job *job, uint32_t type)
{
    return job->opt->types == 0 || (job->opt->types >> type & 1);
}

/* --- one reading ----------------------------------------------------------------------- */

/* Is the message of the instrument? One that does not say is. */
static bool is_ours(const import_job *job, const message *m)
{
    const char *name = job->opt->instrument.name;
    size_t len = (size_t)(strrchr(name, '.') - name);

    return m->symbol.len == 0 ||
           (m->symbol.len == len && strncasecmp(m->symbol.text, name, len) == 0);
}

/* Engine time: the receive time, else E, else T; a book without any is as old as the message
 * before it. */
static int32_t engine_time(raw_pass *pass, const message *m, int64_t *out, qn_err *err)
{
    *out = m->recv_ts;
    if (*out == NO_TIME) *out = m->event_ts;
    if (*out == NO_TIME) *out = m->trade_ts;
    if (*out == NO_TIME && m->kind == MESSAGE_SNAPSHOT) *out = pass->last_ts;
    if (*out == NO_TIME)
        return fail(err, QN_E_MISSING,
                    "the message has no time: no \"E\" or \"T\", and no receive time before it");
    pass->last_ts = *out;
    return QN_OK;
}

/* The venue's time: when it happened, else when it was sent. */
static int64_t venue_time(const message *m, int64_t engine_ts)
{
    if (m->trade_ts != NO_TIME) return m->trade_ts;
    return m->event_ts != NO_TIME ? m->event_ts : engine_ts;
}

/* A line, or a message of it, is bad. The look tells; later readings pass over it. */
static int32_t bad_message(raw_pass *pass, int64_t line, int32_t rc, qn_err *err)
{
    if (!pass->is_look && job_is_bad_row(rc)) return QN_OK;
    return job_bad_row(pass->job, line, rc, err);
}

static void count_other(raw_pass *pass, const message *m)
{
    raw_found *found = &pass->job->raw;

    if (!pass->is_look) return;
    pass->job->out->passed.other_symbols++;
    if (m->kind == MESSAGE_DEPTH || m->kind == MESSAGE_SNAPSHOT) found->has_other_books = true;
    snprintf(found->other, sizeof found->other, "%.*s", (int)m->symbol.len, m->symbol.text);
}

static int32_t take_message(raw_pass *pass, const message_line *in, size_t i, int64_t line,
                            qn_err *err)
{
    message m;
    int64_t ts;
    int32_t rc;

    if ((rc = message_read(in, i, &m, err)) != QN_OK) return bad_message(pass, line, rc, err);
    if (m.kind == MESSAGE_OTHER) {
        pass->job->out->passed.other_messages += pass->is_look;
        return QN_OK;
    }
    if ((rc = engine_time(pass, &m, &ts, err)) != QN_OK) return bad_message(pass, line, rc, err);
    m.trade_ts = venue_time(&m, ts);
    m.recv_ts = ts;
    if (!is_ours(pass->job, &m)) {
        count_other(pass, &m);
        return QN_OK;
    }
    if (!(pass->kinds >> m.kind & 1)) return QN_OK;
    rc = pass->take(pass, &m, line, err);
    return rc == QN_OK ? rc : job_bad_row(pass->job, line, rc, err);
}

static int32_t take_line(raw_pass *pass, const text_line *text, qn_err *err)
{
    message_line in;
    int32_t rc = message_line_read(&pass->reader, text->text, text->len, &in, err);

    if (rc != QN_OK) return bad_message(pass, text->number, rc, err);
    for (size_t i = 0; i < in.n && rc == QN_OK; i++)
        rc = take_message(pass, &in, i, text->number, err);
    message_line_free(&in);
    return rc;
}

/* Can a line be passed over unread? Not while the time of each may be needed for the next. */
static bool is_unneeded(const raw_pass *pass, const text_line *text)
{
    return !pass->is_look && pass->reader.has_recv &&
           !message_may_be(pass->kinds, text->text, text->len);
}

/* Blank lines are accepted at the end of a file only. */
static int32_t read_lines(raw_pass *pass, lines *in, qn_err *err)
{
    import_job *job = pass->job;
    int64_t blank = 0;
    text_line text;
    int32_t rc;

    for (;;) {
        rc = lines_next(in, &text, err);
        if (rc == QN_OK && text.number == 0) return QN_OK;
        if (rc == QN_OK && text.len == 0) {
            blank = blank ? blank : text.number;
            continue;
        }
        if (rc == QN_OK && blank) {
            rc = bad_message(pass, blank, fail(err, QN_E_SYNTAX, "the line is blank"), err);
            blank = 0;
            if (rc != QN_OK) return rc;
        }
        if (rc == QN_OK && !is_unneeded(pass, &text))
            rc = take_line(pass, &text, err);
        else if (rc != QN_OK && job_is_bad_row(rc))
            rc = bad_message(pass, text.number, rc, err);
        else if (rc != QN_OK)
            job_at(job, job->files[job->file].path, 0, rc);
        if (rc != QN_OK) return rc;
        if (text.number % PROGRESS_LINES == 0) job_progress(job, lines_progress(in));
    }
}

static int32_t read_file(raw_pass *pass, const char *path, qn_err *err)
{
    lines *in = NULL;
    int32_t rc = lines_open(path, &in, err);

    if (rc != QN_OK) return job_at(pass->job, path, 0, rc);
    pass->last_ts = NO_TIME;
    if ((rc = message_reader_open(&pass->reader, err)) == QN_OK) rc = read_lines(pass, in, err);
    message_reader_close(&pass->reader);
    lines_close(in);
    return rc;
}

/* --- looking --------------------------------------------------------------------------- */

static void see_places(text_piece text, int32_t *places)
{
    int32_t found = 0;

    /* a text that is no number is told of when it is read */
    if (text.len > 0 && number_places(text.text, text.len, &found) == QN_OK && found > *places)
        *places = found;
}

static void see_levels(struct json_object *side, data_places *places)
{
    text_piece price;
    text_piece qty;

    for (size_t i = 0; i < message_levels(side); i++) {
        message_level(side, i, &price, &qty);
        see_places(price, &places->price);
        see_places(qty, &places->qty);
    }
}

/* Count a message, its time and its decimal places. */
static int32_t look_at(raw_pass *pass, const message *m, int64_t line, qn_err *err)
{
    import_job *job = pass->job;
    survey_file *file = &job->files[job->file];
    data_places *places = &job->places;
    bool is_computed = m->kind == MESSAGE_MARK;

    (void)line;
    (void)err;
    if (!file->has_rows) file->first = m->recv_ts;
    if (!file->has_rows || m->recv_ts > file->last) file->last = m->recv_ts;
    file->has_rows = true;
    if (!m->is_market) {
        job->out->passed.not_market++;
        return QN_OK;
    }
    job->raw.messages[m->kind]++;
    job->raw.indexes += m->index.len > 0;
    see_places(m->price, is_computed ? &places->computed : &places->price);
    see_places(m->index, &places->computed);
    see_places(m->qty, &places->qty);
    see_places(m->bid, &places->price);
    see_places(m->ask, &places->price);
    see_places(m->bid_qty, &places->qty);
    see_places(m->ask_qty, &places->qty);
    if (m->bids) see_levels(m->bids, places);
    if (m->asks) see_levels(m->asks, places);
    return QN_OK;
}

/* How many events of a type there will be, at least; 0 = none. */
static uint64_t count_of(const import_job *job, size_t maker)
{
    uint64_t n = 0;

    if (makers[maker].type == QN_EVENT_INDEX) return job->raw.indexes;
    for (uint32_t k = 0; k < MESSAGE_KINDS; k++)
        if (makers[maker].kinds >> k & 1) n += job->raw.messages[k];
    return n;
}

/* Files that hold the same time were captured side by side, or are the same one twice. */
static int32_t check_overlap(import_job *job, qn_err *err)
{
    char begin[TIME_TEXT];
    char end[TIME_TEXT];

    for (size_t i = 1; i < job->opt->nfiles && job->files[i].has_rows; i++) {
        const survey_file *last = &job->files[i - 1];
        if (job->files[i].first >= last->last - OVERLAP_MAX && job->files[i].last >= last->last)
            continue;
        time_format_short(job->files[i].first, begin);
        time_format_short(last->last, end);
        return job_at(job, job->files[i].path, 0,
                      fail(err, QN_E_ORDER, "begins at %s, before %.200s ends at %s", begin,
                           last->path, end));
    }
    return QN_OK;
}

static int32_t nothing_found(import_job *job, qn_err *err)
{
    const char *other = job->raw.other;

    return job_at(job, job->opt->files[0], 0,
                  fail(err, QN_E_MISSING, "nothing to import: no %smessage of %s%s%s%s",
                       job->opt->types ? "such " : "", job->opt->instrument.name,
                       other[0] ? " (there are some of " : "", other, other[0] ? ")" : ""));
}

int32_t raw_look(import_job *job, qn_err *err)
{
    raw_pass pass = {.job = job, .kinds = UINT32_MAX, .take = look_at, .is_look = true};
    uint64_t n = 0;
    int32_t rc = QN_OK;

    job->progress_share = LOOK_SHARE;
    for (job->file = 0; job->file < job->opt->nfiles && rc == QN_OK; job->file++) {
        rc = read_file(&pass, job->files[job->file].path, err);
        if (rc == QN_OK && !job->files[job->file].has_rows)
            log_at(LOG_WARNING, job->files[job->file].path, 0, "the file holds no message of %s",
                   job->opt->instrument.name);
    }
    if (rc != QN_OK) return rc;
    job_sort(job);
    if ((rc = check_overlap(job, err)) != QN_OK) return rc;
    for (size_t i = 0; i < MAKERS; i++)
        if (is_wished(job, makers[i].type)) n += count_of(job, i);
    if (n == 0) return nothing_found(job, err);
    if (job->places.price == 0) job->places.price = job->places.computed;
    return QN_OK;
}

/* --- events ---------------------------------------------------------------------------- */

/* Write an event whose body is filled in. `id` as for sequence_raise. */
static int32_t put(raw_pass *pass, const message *m, import_event *ev, uint64_t id, int64_t line,
                   qn_err *err)
{
    import_job *job = pass->job;
    int32_t rc;

    ev->hdr.ts_ns = m->recv_ts;
    if ((rc = sequence_raise(&job->seq, &ev->hdr, id, err)) != QN_OK) return rc;
    if (ev->hdr.flags & QN_EVENT_LATE) job->out->late++;
    return job_add(job, ev, line, err);
}

static int32_t take_trade(raw_pass *pass, const message *m, int64_t line, qn_err *err)
{
    const import_settings *set = &pass->job->set;
    import_event ev = {.trade = {.hdr = {.type = (uint16_t)pass->type},
                                 .venue_ts = m->trade_ts,
                                 .id = m->id,
                                 .side = m->is_sell ? QN_SELL : QN_BUY}};
    int32_t rc;

    if (!m->is_market) return QN_OK;
    if ((rc = field_decimal("p", m->price, set->price_exp, &ev.trade.price, err)) != QN_OK)
        return rc;
    if ((rc = field_decimal("q", m->qty, set->qty_exp, &ev.trade.qty, err)) != QN_OK) return rc;
    if ((rc = trade_finish(&ev.hdr, set, err)) != QN_OK) return rc;
    return put(pass, m, &ev, m->id, line, err);
}

static int32_t take_quote(raw_pass *pass, const message *m, int64_t line, qn_err *err)
{
    const import_settings *set = &pass->job->set;
    import_event ev = {
        .quote = {.hdr = {.type = QN_EVENT_QUOTE}, .venue_ts = m->trade_ts, .update_id = m->last}};
    qn_quote *q = &ev.quote;
    int32_t rc;

    if ((rc = field_decimal("b", m->bid, set->price_exp, &q->bid, err)) != QN_OK ||
        (rc = field_decimal("B", m->bid_qty, set->qty_exp, &q->bid_qty, err)) != QN_OK ||
        (rc = field_decimal("a", m->ask, set->price_exp, &q->ask, err)) != QN_OK ||
        (rc = field_decimal("A", m->ask_qty, set->qty_exp, &q->ask_qty, err)) != QN_OK ||
        (rc = quote_finish(&ev.hdr, set, err)) != QN_OK)
        return rc;
    return put(pass, m, &ev, m->last, line, err);
}

/* The mark price, or the index price that came with it. */
static int32_t take_mark(raw_pass *pass, const message *m, int64_t line, qn_err *err)
{
    const import_settings *set = &pass->job->set;
    bool is_index = pass->type == QN_EVENT_INDEX;
    import_event ev = {.mark = {.hdr = {.type = (uint16_t)pass->type}, .venue_ts = m->trade_ts}};
    text_piece price = is_index ? m->index : m->price;
    int32_t rc;

    if (is_index && price.len == 0) return QN_OK;
    rc = field_decimal(is_index ? "i" : "p", price, set->price_exp, &ev.mark.price, err);
    if (rc == QN_OK) rc = mark_finish(&ev.hdr, set, err);
    return rc == QN_OK ? put(pass, m, &ev, (uint64_t)m->trade_ts, line, err) : rc;
}

/* Read one side of a book behind the `n` levels that are there. */
static int32_t read_side(raw_pass *pass, const qn_depth *common, uint32_t side,
                         struct json_object *levels, size_t *n, qn_err *err)
{
    const import_settings *set = &pass->job->set;
    size_t more = message_levels(levels);
    text_piece price;
    text_piece qty;
    int32_t rc;

    if (!mem_reserve((void **)&pass->levels, &pass->room, *n + more + 1, sizeof *pass->levels))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading a book");
    for (size_t i = 0; i < more; i++) {
        qn_depth *level = &pass->levels[*n];
        *level = *common;
        level->side = side;
        message_level(levels, i, &price, &qty);
        if ((rc = field_decimal("price", price, set->price_exp, &level->price, err)) != QN_OK)
            return rc;
        if ((rc = field_decimal("quantity", qty, set->qty_exp, &level->qty, err)) != QN_OK)
            return rc;
        if ((rc = level_finish(&level->hdr, set, err)) != QN_OK) return rc;
        ++*n;
    }
    return QN_OK;
}

/* A message's levels as rows. One without any counts for the sequence of updates: it is one
 * row of price and quantity 0, which changes nothing. */
static int32_t take_book(raw_pass *pass, const message *m, int64_t line, qn_err *err)
{
    bool is_snapshot = m->kind == MESSAGE_SNAPSHOT;
    qn_depth common = {.hdr = {.type = QN_EVENT_DEPTH,
                               .flags = is_snapshot ? QN_EVENT_SNAPSHOT : 0,
                               .ts_ns = m->recv_ts},
                       .venue_ts = m->trade_ts,
                       .first_update_id = is_snapshot ? m->last : m->first,
                       .update_id = m->last,
                       .prev_update_id = m->prev,
                       .side = QN_BUY};
    import_event ev;
    size_t n = 0;
    int32_t rc;

    if (is_snapshot && m->symbol.len == 0 && pass->job->raw.has_other_books)
        return fail(err, QN_E_INVALID,
                    "the book does not say its symbol, and the files hold books of several");
    if ((rc = read_side(pass, &common, QN_BUY, m->bids, &n, err)) != QN_OK) return rc;
    if ((rc = read_side(pass, &common, QN_SELL, m->asks, &n, err)) != QN_OK) return rc;
    if ((rc = sequence_raise(&pass->job->seq, &common.hdr, 0, err)) != QN_OK) return rc;
    pass->job->out->late += (common.hdr.flags & QN_EVENT_LATE) != 0;
    if (n == 0) pass->levels[n++] = common;
    for (size_t i = 0; i < n && rc == QN_OK; i++) {
        ev.depth = pass->levels[i];
        ev.hdr.ts_ns = common.hdr.ts_ns;
        ev.hdr.flags = common.hdr.flags | (i + 1 < n ? QN_EVENT_MORE : 0);
        rc = job_add(pass->job, &ev, line, err);
    }
    return rc;
}

/* --- reading --------------------------------------------------------------------------- */

/* aggTrade tells what trade tells: one of them is enough. */
static uint32_t kinds_of(import_job *job, size_t maker)
{
    uint32_t kinds = makers[maker].kinds;

    if (!(kinds & KIND(AGGTRADE)) || job->raw.messages[MESSAGE_TRADE] == 0) return kinds;
    job->out->passed.aggregated = job->raw.messages[MESSAGE_AGGTRADE];
    return kinds & ~KIND(AGGTRADE);
}

static int32_t read_series(raw_pass *pass, qn_err *err)
{
    import_job *job = pass->job;
    int32_t rc = job_begin(job, (data_type){pass->type, 0}, err);

    for (job->file = 0; job->file < job->opt->nfiles && rc == QN_OK; job->file++)
        if (job->files[job->file].has_rows) rc = read_file(pass, job->files[job->file].path, err);
    job->progress_from += job->progress_share;
    return rc;
}

/* Warn of what is not what one would expect; say what was passed over. */
static void tell(const import_job *job)
{
    const import_passed *passed = &job->out->passed;
    const struct {
        log_level level;
        uint64_t n;
        const char *text;
    } all[] = {
        {LOG_WARNING, passed->aggregated, "of aggTrade passed over: trade says the same"},
        {LOG_WARNING, job->out->late, "older than the one before them: engine time was raised"},
        {LOG_INFO, passed->not_market,
         "of trades passed over that are none of the market (X is not MARKET)"},
        {LOG_INFO, passed->other_symbols, "of other symbols passed over"},
        {LOG_INFO, passed->other_messages, "of other kinds passed over"},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].n > 0) log_line(all[i].level, "%" PRIu64 " messages %s", all[i].n, all[i].text);
}

int32_t raw_read(import_job *job, qn_err *err)
{
    raw_pass pass = {.job = job};
    double n = 0;
    int32_t rc = QN_OK;

    for (size_t i = 0; i < MAKERS; i++)
        n += is_wished(job, makers[i].type) && count_of(job, i) > 0;
    job->progress_from = LOOK_SHARE;
    job->progress_share = (1 - LOOK_SHARE) / n;
    for (size_t i = 0; i < MAKERS && rc == QN_OK; i++) {
        if (!is_wished(job, makers[i].type) || count_of(job, i) == 0) continue;
        pass.type = makers[i].type;
        pass.kinds = kinds_of(job, i);
        pass.take = makers[i].take;
        rc = read_series(&pass, err);
    }
    mem_free(pass.levels);
    if (rc == QN_OK) tell(job);
    return rc;
}
