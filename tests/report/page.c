/* SPDX-License-Identifier: MIT
 *
 * The tear sheet of whatever a run may leave: nothing, one bar, one trade, the end of all money,
 * everything at its most. Each page is well-formed, fetches nothing, is below 2 MB, and says why
 * a part of it is empty. Figures against whole runs: tests/e2e/page.py. */
#include "report/page.h"

#include "check_main.h"
#include "folder.h"
#include "wellformed.h"

#include "base/file.h"
#include "base/memory.h"

#include <json-c/json.h>
#include <math.h>

#define S QN_NS_PER_S
#define AT (INT64_C(1577836800) * S)

/* ------------------------------------------------------------------ a run to report */

typedef struct bench {
    char dir[FOLDER_ROOM], path[FOLDER_ROOM + 16];
    sheet *sheet;
    double *returns;
    page_run run;
    char *text;
} bench;

static const char result_text[] =
    "{\"run\":{\"name\":\"NAME\",\"host_version\":\"1.0\",\"status\":\"STATUS\",\"halt\":null},"
    "\"data\":{\"from\":\"2020-01-01T00:00:00.000000000Z\",\"to\":\"2020-01-02T00:00:00."
    "000000000Z\","
    "\"events\":1440},"
    "\"orders\":{\"submitted\":0,\"accepted\":0,\"filled\":0,\"canceled\":0,\"rejected\":0,"
    "\"denied\":0,\"expired\":0},"
    "\"fills\":{\"count\":0,\"maker\":0,\"taker\":0,\"volume\":\"0\"},"
    "\"accounts\":[{\"venue\":\"v\",\"currency\":\"USD\",\"start\":\"100\",\"end\":\"100\","
    "\"equity\":\"100\",\"realized_pnl\":\"0\",\"unrealized_pnl\":\"0\",\"fees\":\"0\","
    "\"funding\":\"0\"}],"
    "\"performance\":{\"total_return\":-0.0123456789,\"sharpe\":null,\"trades\":0,"
    "\"currency\":\"USD\"}}";

static void open_bench(bench *b)
{
    *b = (bench){.sheet = mem_new(1, sizeof(sheet)), .returns = mem_new(4000, sizeof(double))};
    folder_make(b->dir, "page");
    snprintf(b->path, sizeof b->path, "%s/report.html", b->dir);
    b->sheet->months = mem_new(1300, sizeof(sheet_month));
    b->sheet->strategies = mem_new(300, sizeof(sheet_part));
    b->sheet->strategies[0] = (sheet_part){.name = "host", .currency = "USD"};
    b->run =
        (page_run){.result = json_tokener_parse(result_text),
                   .manifest = json_tokener_parse("{\"config\":{\"file\":\"it's <a> run.cfg\"},"
                                                  "\"set\":[\"name=\\\"x\\\"\"]}"),
                   .sheet = b->sheet,
                   .returns = b->returns,
                   .first_ts = AT,
                   .sample_ns = QN_NS_PER_DAY,
                   .periods_per_year = 365};
}

static void add_instruments(bench *b, uint32_t n, const char *name)
{
    sheet *s = b->sheet;

    s->instruments = mem_new(n, sizeof *s->instruments);
    s->charts = mem_new(n, sizeof *s->charts);
    s->ninstruments = n;
    for (uint32_t i = 0; i < n; i++) {
        s->instruments[i] = (sheet_part){.name = name, .currency = "USD", .volume = i};
        s->charts[i].fills = mem_new(SHEET_FILLS, sizeof(sheet_fill));
    }
}

static void close_bench(bench *b)
{
    sheet *s = b->sheet;

    for (uint32_t i = 0; i < s->ninstruments; i++)
        mem_free(s->charts[i].fills);
    mem_free(s->charts);
    mem_free(s->instruments);
    mem_free(s->strategies);
    mem_free(s->months);
    mem_free(s);
    mem_free(b->returns);
    mem_free(b->text);
    json_object_put(b->run.result);
    json_object_put(b->run.manifest);
    ck_assert_int_eq(folder_free(b->dir), 0);
}

/* Writes the page and checks what holds for each. */
static void write_page(bench *b)
{
    qn_err err = {0};
    size_t size;

    ck_assert_msg(page_write(b->path, &b->run, &err) == QN_OK, "%s", err.msg);
    mem_free(b->text);
    ck_assert_int_eq(file_read(b->path, &b->text, &size, &err), QN_OK);
    ck_assert_uint_lt(size, 2000000);
    check_wellformed(b->text);
    check_ids(b->text);
    ck_assert_ptr_null(strstr(b->text, "<script"));
    ck_assert_ptr_null(strstr(b->text, "nan"));
    ck_assert_ptr_null(strstr(b->text, "url("));
    ck_assert_ptr_null(strstr(b->text, "@import"));
    ck_assert_ptr_null(strstr(b->text, "https:"));
    ck_assert_uint_eq(count_text(b->text, "http:"), count_text(b->text, "xmlns=\"http:"));
}

static void says(const bench *b, const char *text)
{
    ck_assert_msg(strstr(b->text, text) != NULL, "it does not say: %s", text);
}

/* ------------------------------------------------------------------ little */

START_TEST(a_run_of_nothing)
{
    bench b;

    open_bench(&b);
    write_page(&b);
    says(&b, "No equity was seen");
    says(&b, "No month was seen");
    says(&b, "No histogram: it takes 10 returns");
    says(&b, "No rolling figures: they take 50 returns");
    says(&b, "there was no exposure");
    says(&b, "The run had no instruments.");
    says(&b, "Equity was never below an earlier value.");
    says(&b, "No trades were made.");
    says(&b, "The run had no strategies.");
    says(&b, "No figures to a benchmark: the config names none");
    ck_assert_ptr_null(strstr(b.text, ">Beta<"));
    ck_assert_ptr_null(strstr(b.text, "currency of the first account")); /* there is one alone */
    says(&b, "1,440 market events");
    says(&b, "No order was denied or rejected.");
    says(&b, "data-key=\"performance.sharpe\" data-value=\"null\"");
    says(&b, "data-key=\"performance.total_return\" data-value=\"-0.0123456789\">\xe2\x88\x92"
             "1.23\xc2\xa0%");
    says(&b, "&#39;it&#39;\\&#39;&#39;s &lt;a&gt; run.cfg&#39;");
    says(&b, "--set &#39;name=&quot;x&quot;&#39;");
    close_bench(&b);
}
END_TEST

START_TEST(an_empty_result)
{
    bench b;

    open_bench(&b);
    json_object_put(b.run.result);
    json_object_put(b.run.manifest);
    b.run.result = json_object_new_object();
    b.run.manifest = json_object_new_object();
    write_page(&b);
    close_bench(&b);
}
END_TEST

START_TEST(one_bar)
{
    bench b;
    sheet *s;

    open_bench(&b);
    s = b.sheet;
    add_instruments(&b, 1, "X.v");
    thin_add(&s->equity, AT, 100);
    thin_add(&s->drawdown, AT, 0);
    thin_add(&s->charts[0].price, AT, 5);
    s->months[s->nmonths++] = (sheet_month){.year = 2020, .month = 1, .first = 100, .last = 100};
    write_page(&b);
    says(&b, "It was not traded.");
    says(&b, "<circle class=\"bc\""); /* one price is a dot, no line comes of it */
    close_bench(&b);
}
END_TEST

static void set_text(struct json_object *in, const char *group, const char *key, const char *text)
{
    struct json_object *of;

    ck_assert(json_object_object_get_ex(in, group, &of));
    json_object_object_add(of, key, json_object_new_string(text));
}

START_TEST(one_trade_and_the_end_of_all_money)
{
    bench b;
    sheet *s;
    const sheet_trade trade = {.strategy = 1,
                               .side = QN_SELL,
                               .entry_ts = AT,
                               .exit_ts = AT + 60 * S,
                               .qty = 2,
                               .entry_price = 50,
                               .exit_price = 102.5,
                               .pnl = -105,
                               .mae = 105};

    open_bench(&b);
    s = b.sheet;
    add_instruments(&b, 1, "X.v");
    s->strategies[1] = (sheet_part){.name = "s", .currency = "USD", .fills = 2, .trades = 1};
    s->nstrategies = 1;
    set_text(b.run.result, "run", "status", "ruined");
    for (int i = 0; i < 3; i++) {
        thin_add(&s->equity, AT + i * 60 * S, 100 - 52.5 * i);
        thin_add(&s->drawdown, AT + i * 60 * S, 0.525 * i);
        thin_add(&s->exposure, AT + i * 60 * S, 1 + 1000.0 * i * i * i);
        thin_add(&s->net, AT + i * 60 * S, -1 - 1000.0 * i * i * i);
        thin_add(&s->charts[0].price, AT + i * 60 * S, 50 + i);
    }
    s->months[s->nmonths++] = (sheet_month){.year = 2020, .month = 1, .first = 100, .last = -5};
    s->months[s->nmonths++] = (sheet_month){.year = 2020, .month = 2, .first = -5, .last = -5};
    s->best[s->nbest++] = s->worst[s->nworst++] = s->points[s->npoints++] = trade;
    s->ntrades = s->points_step = s->sides[1].trades = 1;
    s->charts[0].fills[s->charts[0].nfills++] =
        (sheet_fill){.from = AT, .to = AT, .sells = 1, .sell_price = 50, .sell_qty = 2};
    s->drawdowns[s->ndrawdowns++] =
        (sheet_drawdown){.peak_ts = AT, .trough_ts = AT + 120 * S, .depth = 1.05};
    s->refusals[s->nrefusals++] = (sheet_refusal){.state = QN_ORDER_DENIED, .count = 3};
    write_page(&b);
    says(&b, ">RUINED<");
    says(&b, "1 fill with its own triangle.");
    says(&b, "All trades, the best first");
    says(&b, "not yet");
    says(&b, "host (denied)");
    says(&b, ">n/a</td>"); /* the return of a month that began below 0 */
    ck_assert_ptr_null(strstr(b.text, "Worst trades"));
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ some */

START_TEST(each_status_that_is_not_the_end)
{
    static const char *const names[][2] = {
        {"stopped", ">STOPPED<"}, {"halted", ">HALTED<"},         {"ruined", ">RUINED<"},
        {"failed", ">FAILED<"},   {"unfinished", ">UNFINISHED<"},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bench b;
        open_bench(&b);
        set_text(b.run.result, "run", "status", names[i][0]);
        write_page(&b);
        says(&b, names[i][1]);
        ck_assert_uint_eq(count_text(b.text, "badge warn\""), 1);
        close_bench(&b);
    }
}
END_TEST

START_TEST(a_halt_says_what_was_compared)
{
    bench b;
    struct json_object *run;

    open_bench(&b);
    ck_assert(json_object_object_get_ex(b.run.result, "run", &run));
    json_object_object_add(
        run, "halt",
        json_tokener_parse("{\"by\":\"limits\",\"reason\":\"LIMIT_DRAWDOWN\","
                           "\"ts\":\"2023-01-19T12:30:05.000000000Z\",\"limit\":0.2,"
                           "\"value\":0.2510418}"));
    write_page(&b);
    says(&b, "at 2023-01-19 12:30:05 UTC, reason LIMIT_DRAWDOWN: limit 0.2, value 0.2510418.");
    close_bench(&b);
}
END_TEST

/* Fills of the first currency with their fees, and those of another one named as left out. */
START_TEST(fees_by_liquidity)
{
    bench b;
    struct json_object *fills;

    open_bench(&b);
    add_instruments(&b, 2, "X.v");
    b.sheet->costs[0] = (sheet_cost){3, 10000, -2.5};
    b.sheet->costs[1] = (sheet_cost){4, 40000, 60};
    ck_assert(json_object_object_get_ex(b.run.result, "fills", &fills));
    json_object_object_add(fills, "count", json_object_new_int(7));
    json_object_object_add(fills, "maker", json_object_new_int(3));
    json_object_object_add(fills, "taker", json_object_new_int(4));
    write_page(&b);
    says(&b, "Maker and taker, USD");
    says(&b, "data-key=\"fills.maker\" data-value=\"3\">3</td><td class=\"r\">10,000.00</td>"
             "<td class=\"r\">\xe2\x88\x92"
             "2.50</td><td class=\"r\">\xe2\x88\x92"
             "2.50</td>");
    says(&b, ">7</td><td class=\"r\">50,000.00</td><td class=\"r\">57.50</td>"
             "<td class=\"r\">11.50</td>");
    says(&b, "Slippage is not told apart");
    ck_assert_ptr_null(strstr(b.text, "Fills in other currencies"));
    says(&b, "No exposure to show");
    says(&b, "No turnover to show");
    ck_assert_ptr_null(strstr(b.text, "exposure-chart"));

    b.sheet->instruments[1].currency = "EUR";
    json_object_object_add(fills, "count", json_object_new_int(8));
    write_page(&b);
    says(&b, "Fills in other currencies are not among these.");
    says(&b, "the currency of the first account, alone");
    close_bench(&b);
}
END_TEST

/* One time within a day, and all times of the tables say their minute: a column that mixes dates
 * and times reads as if something were cut off. */
START_TEST(times_of_a_table_are_of_one_kind)
{
    bench b;
    sheet *s;

    open_bench(&b);
    s = b.sheet;
    for (size_t i = 0; i < 2; i++)
        s->drawdowns[s->ndrawdowns++] =
            (sheet_drawdown){.peak_ts = AT, .trough_ts = AT + 2 * QN_NS_PER_DAY, .depth = 0.5};
    write_page(&b);
    says(&b, ">2020-01-01<");
    s->drawdowns[1].trough_ts += 60 * S;
    write_page(&b);
    says(&b, ">2020-01-01 00:00<");
    says(&b, ">2020-01-03 00:01<");
    ck_assert_ptr_null(strstr(b.text, ">2020-01-01<"));
    close_bench(&b);
}
END_TEST

/* What is shown as 0 has no sign and no colour. */
START_TEST(a_month_of_next_to_nothing)
{
    bench b;

    open_bench(&b);
    b.sheet->months[b.sheet->nmonths++] =
        (sheet_month){.year = 2020, .month = 1, .first = 100, .last = 105};
    b.sheet->months[b.sheet->nmonths++] =
        (sheet_month){.year = 2020, .month = 2, .first = 100, .last = 99.9999};
    write_page(&b);
    says(&b, "<td class=\"p5\">+5.0</td><td class=\"h0\">0.0</td>");
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ much */

#define EVIL "<script>&\"'\x01\xff \xe2\x80\xae\xd7\xa9 name of an instrument that does not end"

static void fill_all(bench *b)
{
    sheet *s = b->sheet;
    uint32_t n = s->ninstruments;

    for (int i = 0; i < 20000; i++) {
        int64_t ts = AT + i * INT64_C(16000) * S; /* ten years */
        double wave = sin(i * 12.9898) * 43758.5453;
        wave -= floor(wave);
        thin_add(&s->equity, ts, 1000 * exp(i * 2e-4) + 300 * wave);
        thin_add(&s->benchmark, ts, 50 + wave * 40);
        thin_add(&s->drawdown, ts, wave);
        thin_add(&s->exposure, ts, wave * 3);
        thin_add(&s->net, ts, wave * 6 - 3);
        for (uint32_t k = 0; k < n; k++) {
            thin_add(&s->charts[k].price, ts, 100 + wave * (k + 1));
            thin_add(&s->charts[k].position, ts, wave * 1e6 - 5e5);
        }
    }
    for (uint32_t k = 0; k < n; k++) {
        sheet_chart *c = &s->charts[k];
        c->fill_length = INT64_C(600000) * S;
        for (c->nfills = 0; c->nfills < SHEET_FILLS; c->nfills++) {
            int64_t ts = AT + (int64_t)c->nfills * c->fill_length;
            c->fills[c->nfills] = (sheet_fill){ts, ts + S, 50, 60, 100.5, 99.5, 3, 4};
        }
    }
    for (s->nmonths = 0; s->nmonths < 1300; s->nmonths++)
        s->months[s->nmonths] = (sheet_month){.year = 2020 + (int32_t)s->nmonths / 12,
                                              .month = (int32_t)s->nmonths % 12 + 1,
                                              .first = 100,
                                              .last = 101,
                                              .benchmark_first = 3,
                                              .benchmark_last = 2,
                                              .traded = 1e9};
    for (b->run.nreturns = 0; b->run.nreturns < 4000; b->run.nreturns++)
        b->returns[b->run.nreturns] = sin((double)b->run.nreturns) / 100;
    b->returns[77] = NAN;
    b->returns[78] = 9;
}

static void fill_lists(sheet *s)
{
    const sheet_trade trade = {.strategy = 1, .side = QN_BUY, .pnl = 1e12, .qty = 1e-8};

    for (size_t i = 0; i < SHEET_TRADES; i++)
        s->best[i] = s->worst[i] = trade;
    for (size_t i = 0; i < SHEET_POINTS; i++)
        s->points[i] =
            (sheet_trade){.pnl = (double)i - 200, .mae = (double)i, .mfe = 5.0 * (double)i};
    for (size_t i = 0; i < SHEET_DRAWDOWNS; i++)
        s->drawdowns[i] = (sheet_drawdown){AT, AT + S, AT + 100 * S, 0.5};
    for (size_t i = 0; i < SHEET_REFUSALS; i++)
        s->refusals[i] = (sheet_refusal){QN_ORDER_REJECTED, (uint32_t)i / 2, 1};
    s->nbest = s->nworst = SHEET_TRADES;
    s->npoints = SHEET_POINTS;
    s->points_step = 128;
    s->ntrades = SHEET_POINTS * 128;
    s->ndrawdowns = SHEET_DRAWDOWNS;
    s->nrefusals = SHEET_REFUSALS;
    s->sides[0] = s->sides[1] = (sheet_side){30000, 20000, 1e9};
    s->is_synthetic = true;
}

static struct json_object *many_values(size_t n)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, json_object_new_string(EVIL));
    return list;
}

static void fills_everything(bench *b, uint32_t ninstruments)
{
    sheet *s = b->sheet;
    struct json_object *fills;

    add_instruments(b, ninstruments, EVIL);
    for (uint32_t i = 1; i < 300; i++)
        s->strategies[i] = (sheet_part){.name = EVIL, .fills = 7, .realized = NAN};
    s->nstrategies = 299;
    fill_all(b);
    fill_lists(s);
    set_text(b->run.result, "run", "name", EVIL);
    ck_assert(json_object_object_get_ex(b->run.result, "fills", &fills));
    json_object_object_add(fills, "count", json_object_new_int(50000));
    json_object_object_add(b->run.result, "extra", many_values(5000));
}

START_TEST(everything_at_its_most)
{
    static const uint32_t counts[] = {1, 2, 20};

    for (size_t i = 0; i < 3; i++) {
        bench b;
        open_bench(&b);
        fills_everything(&b, counts[i]);
        write_page(&b);
        says(&b, "SYNTHETIC DATA");
        says(&b, "logarithmic scale");
        says(&b, "up to ");
        says(&b, "one of every 128");
        says(&b, "The first 3000; report.json has them all.");
        if (counts[i] == 20) says(&b, "The 12 instruments of the largest volume are shown.");
        close_bench(&b);
    }
}
END_TEST

START_TEST(a_page_that_cannot_be_written)
{
    bench b;
    qn_err err;

    open_bench(&b);
    ck_assert_int_ne(page_write("/nowhere/at/all/report.html", &b.run, &err), QN_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nowhere/at/all/report.html"));
    close_bench(&b);
}
END_TEST

CHECK_MAIN("report page", a_run_of_nothing, an_empty_result, one_bar,
           one_trade_and_the_end_of_all_money, each_status_that_is_not_the_end,
           a_halt_says_what_was_compared, fees_by_liquidity, times_of_a_table_are_of_one_kind,
           a_month_of_next_to_nothing, everything_at_its_most, a_page_that_cannot_be_written)
