/* SPDX-License-Identifier: MIT
 *
 * sink/jsonl: every record is in the file once, whatever happened in between: a crash at any byte,
 * a full disk, a file of others. What a line looks like is tested with the SDK (tests/sdk). */
#include "base/file.h"
#include "base/memory.h"

#include <quoin/sdk/record.h>
#include <quoin/sink.h>

#include "check_main.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RECORDS 12u
#define RUN_LINE_OF(id) "{\"seq\":0,\"type\":\"run\",\"run\":\"" id "\"}\n"
#define RUN_LINE RUN_LINE_OF("r-1")

static const qn_instrument coin = {
    .size = sizeof coin, .price_exp = -2, .qty_exp = -3, .money_exp = -8, .name = "BTCUSDT.sim"};
static const qn_instrument *const instruments[] = {&coin};
static const char *const strategies[] = {"host", "sma"};
static const char *const modules[] = {"host"};
static const char *const features[] = {"vol.ewma"};
static const qn_record_names names = {instruments, strategies, modules, features, 1, 2, 1, 1};

static const char *run_id = "r-1";
static char folder[64];
static char path[128];
static char warning[512], note[512];
static void *blocks[8];
static uint32_t nblocks;

/* ------------------------------------------------------------------ the host's side */

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    (void)ctx;
    ck_assert(level == QN_LOG_WARNING || level == QN_LOG_INFO);
    snprintf(level == QN_LOG_WARNING ? warning : note, sizeof note, "%.*s", (int)text.len,
             text.ptr);
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    (void)ctx;
    ck_assert_uint_le(align, 16);
    ck_assert_uint_lt(nblocks, sizeof blocks / sizeof blocks[0]);
    return blocks[nblocks++] = mem_new(n, 1);
}

static const qn_host host = {
    .size = sizeof host, .abi = QN_ABI, .log = host_log, .alloc = host_alloc};
static const qn_setup setup = {.size = sizeof setup,
                               .ninstruments = 1,
                               .host = &host,
                               .id = "log",
                               .instruments = instruments};

/* What a config gives; NULL and false as when it is absent. */
typedef struct given {
    const char *path, *types;
    bool flush, append;
} given;

typedef struct sink {
    const qn_class *cls;
    const qn_sink *table;
    void *self;
} sink;

static const qn_class *load(void)
{
    static const qn_class *cls;
    void *module;
    qn_entry_fn entry;

    if (cls) return cls;
    module = dlopen(QUOIN_BUILD_DIR "/plugins/sink/jsonl.so", RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(module != NULL, "%s", dlerror());
    *(void **)&entry = dlsym(module, QN_ENTRY_NAME);
    ck_assert_ptr_nonnull(*(void **)&entry);
    return cls = entry(QN_ABI)->classes[0];
}

static void set(const sink *s, const char *key, const void *slot, size_t bytes)
{
    for (uint32_t i = 0; i < s->cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&s->cls->params, i);

        if (strcmp(p->key, key) == 0) {
            memcpy((char *)s->self + p->offset, slot, bytes);
            return;
        }
    }
    ck_abort_msg("no parameter %s", key);
}

static int32_t make(sink *s, given g, qn_err *err)
{
    const char *where = g.path ? g.path : path;
    qn_str file = {where, strlen(where)};
    qn_str types = {g.types, g.types ? strlen(g.types) : 0};
    int64_t flush = g.flush;
    int64_t append = g.append;

    s->cls = load();
    s->table = s->cls->table;
    s->self = mem_new(1, s->cls->instance_size);
    set(s, "path", &file, sizeof file);
    set(s, "types", &types, sizeof types);
    set(s, "flush", &flush, sizeof flush);
    set(s, "append", &append, sizeof append);
    return s->cls->create(s->self, &setup, err);
}

static void drop(sink *s)
{
    mem_free(s->self);
    while (nblocks > 0)
        mem_free(blocks[--nblocks]);
}

static int32_t start(sink *s, uint64_t cursor, qn_err *err)
{
    const qn_sink_start told = {.size = sizeof told,
                                .nstrategies = 2,
                                .run_id = run_id,
                                .strategies = strategies,
                                .features = features,
                                .modules = modules,
                                .nfeatures = 1,
                                .nmodules = 1,
                                .cursor = cursor};

    return s->table->start(s->self, &told, err);
}

static void begin(sink *s, given g, uint64_t cursor)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(make(s, g, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(start(s, cursor, &err) == QN_OK, "%s", err.msg);
}

static void end(sink *s)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(s->table->stop(s->self, &err) == QN_OK, "%s", err.msg);
    drop(s);
}

/* ------------------------------------------------------------------ records */

typedef union record {
    qn_event hdr;
    qn_fill fill;
    qn_order_report order;
    qn_feature_value feature;
    qn_gap gap;
} record;

/* The records of the run, RECORDS numbers: an order, a fill, a gap in turns, each second one with
 * a feature behind it. */
static uint32_t group(uint64_t seq, record to[2])
{
    const uint32_t kind = (uint32_t)(seq % 3);
    qn_event hdr = {.seq = seq, .ts_ns = (int64_t)seq * QN_NS_PER_S};

    if (kind == 0) {
        hdr.size = sizeof(qn_order_report), hdr.type = QN_EVENT_ORDER;
        to[0].order = (qn_order_report){
            .hdr = hdr, .order_id = QN_ORDER_ID(1, seq), .state = QN_ORDER_ACCEPTED};
    } else if (kind == 1) {
        hdr.size = sizeof(qn_fill), hdr.type = QN_EVENT_FILL;
        to[0].fill = (qn_fill){.hdr = hdr,
                               .order_id = QN_ORDER_ID(1, seq),
                               .price = 3000025,
                               .qty = 500,
                               .side = QN_BUY,
                               .liquidity = QN_TAKER};
    } else {
        hdr.size = sizeof(qn_gap), hdr.type = QN_EVENT_GAP;
        to[0].gap = (qn_gap){.hdr = hdr, .missed = seq};
    }
    hdr.size = sizeof(qn_feature_value), hdr.type = QN_EVENT_FEATURE;
    to[1].feature = (qn_feature_value){.hdr = hdr, .value = 0.1, .valid_to = INT64_MAX};
    return seq % 2 ? 1 : 2;
}

typedef struct batch_of {
    qn_batch batch;
    char bytes[1 << 20];
} batch_of;

static void batch_add(batch_of *b, uint64_t first, uint64_t last)
{
    *b = (batch_of){.batch = {sizeof b->batch, 0, b->bytes, 0, first, last}};
    for (uint64_t seq = first; seq <= last; seq++) {
        record records[2];
        uint32_t n = group(seq, records);

        for (uint32_t i = 0; i < n; i++) {
            ck_assert_uint_le(b->batch.nbytes + records[i].hdr.size, sizeof b->bytes);
            memcpy(b->bytes + b->batch.nbytes, &records[i], records[i].hdr.size);
            b->batch.nbytes += qn_event_room(&records[i].hdr);
            b->batch.nevents++;
        }
    }
}

static int32_t give(sink *s, uint64_t first, uint64_t last, qn_err *err)
{
    static _Alignas(8) batch_of b;

    batch_add(&b, first, last);
    return s->table->write(s->self, &b.batch, err);
}

static void give_whole(sink *s, uint64_t first, uint64_t last)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(give(s, first, last, &err) == QN_OK, "%s", err.msg);
}

/* What the file must have: the lines of first .. last, or those of the types whose bits are set.
 * Returns the length. */
static size_t lines(char *to, size_t room, uint64_t first, uint64_t last, uint64_t types)
{
    qn_text t = {.to = to, .room = room};

    to[0] = '\0';
    for (uint64_t seq = first; seq <= last; seq++) {
        record records[2];
        uint32_t n = group(seq, records);

        for (uint32_t i = 0; i < n; i++) {
            if (!(types >> records[i].hdr.type & 1)) continue;
            ck_assert_int_eq(qn_record_json(&t, &records[i].hdr, &names), QN_OK);
            qn_text_add_char(&t, '\n');
        }
    }
    ck_assert(!t.is_cut);
    return t.used;
}

/* RUN_LINE and the lines 1 .. RECORDS. */
static char whole[16384];

static void file_is(const char *wanted)
{
    char *data;
    size_t n;

    ck_assert_int_eq(file_read(path, &data, &n, NULL), QN_OK);
    ck_assert_str_eq(data, wanted);
    mem_free(data);
}

/* The first n bytes of `whole`. */
static void file_is_part(size_t n)
{
    char *data;
    size_t size;

    ck_assert_int_eq(file_read(path, &data, &size, NULL), QN_OK);
    ck_assert_uint_eq(size, n);
    ck_assert_int_eq(memcmp(data, whole, n), 0);
    mem_free(data);
}

static void file_set(const char *data, size_t n)
{
    file_out out = {0};

    ck_assert_int_eq(file_out_open(&out, path, NULL), QN_OK);
    file_out_write(&out, data, n);
    ck_assert_int_eq(file_out_close(&out, false, NULL), QN_OK);
}

static void prepare(void)
{
    size_t n = sizeof RUN_LINE - 1;

    snprintf(folder, sizeof folder, "/tmp/quoin-jsonl-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.jsonl", folder);
    snprintf(whole, sizeof whole, "%s", RUN_LINE);
    lines(whole + n, sizeof whole - n, 1, RECORDS, UINT64_MAX);
}

static void clean(void)
{
    unlink(path);
    rmdir(folder);
}

/* ------------------------------------------------------------------ tests */

START_TEST(test_lines)
{
    sink s;
    char twice[2 * sizeof whole];

    prepare();
    begin(&s, (given){.flush = true}, 0);
    give_whole(&s, 1, 5);
    give_whole(&s, 6, RECORDS);
    file_is(whole); /* already now: what was taken over is in the file */
    end(&s);
    file_is(whole);

    run_id = "r-2"; /* behind it */
    begin(&s, (given){.append = true}, 0);
    give_whole(&s, 1, RECORDS);
    end(&s);
    snprintf(twice, sizeof twice, "%s" RUN_LINE_OF("r-2") "%s", whole, whole + strlen(RUN_LINE));
    file_is(twice);

    run_id = "r-1";
    begin(&s, (given){0}, 0); /* a new one anew */
    give_whole(&s, 1, RECORDS);
    end(&s);
    file_is(whole);
    clean();
}
END_TEST

START_TEST(test_types)
{
    static const char *const wrong[] = {"orders", "order,fil", "order;fill"};
    char wanted[8192] = RUN_LINE;
    size_t n = sizeof RUN_LINE - 1;
    qn_err err = QN_ERR_INIT;
    sink s;

    prepare();
    lines(wanted + n, sizeof wanted - n, 1, RECORDS, 1u << QN_EVENT_FILL | 1u << QN_EVENT_GAP);
    begin(&s, (given){.types = "fill"}, 0);
    give_whole(&s, 1, RECORDS);
    end(&s);
    file_is(wanted);

    lines(wanted + n, sizeof wanted - n, 1, RECORDS,
          1u << QN_EVENT_GAP | 1u << QN_EVENT_ORDER | UINT64_C(1) << QN_EVENT_FEATURE);
    begin(&s, (given){.types = " order , feature,"}, 0);
    give_whole(&s, 1, RECORDS);
    end(&s);
    file_is(wanted);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(make(&s, (given){.types = wrong[i]}, &err), QN_E_UNKNOWN_NAME);
        ck_assert_ptr_nonnull(strstr(err.msg, "is no type of record"));
        drop(&s);
    }
    clean();
}
END_TEST

/* A crash may leave any number of bytes behind the lines up to the cursor; it is gone on with in
 * batches of other sizes than before. */
START_TEST(test_crash_at_every_byte)
{
    size_t all;
    uint32_t n = 0;

    prepare();
    all = strlen(whole);
    for (uint64_t cursor = 1; cursor < RECORDS; cursor++) {
        char rest[8192];
        size_t behind = lines(rest, sizeof rest, cursor + 1, RECORDS, UINT64_MAX);

        for (size_t length = all - behind; length <= all; length++, n++) {
            sink s;

            file_set(whole, length);
            begin(&s, (given){0}, cursor);
            ck_assert_str_eq(warning, ""); /* nothing up to the cursor is missing */
            if (length % 16 == 0) file_is_part(all - behind);
            give_whole(&s, cursor + 1, (cursor + 1 + RECORDS) / 2);
            if ((cursor + 1 + RECORDS) / 2 < RECORDS)
                give_whole(&s, (cursor + 1 + RECORDS) / 2 + 1, RECORDS);
            end(&s);
            file_is(whole);
        }
    }
    ck_assert_uint_gt(n, 5000);
    clean();
}
END_TEST

/* With runs behind each other: the earlier one's numbers are not taken for this one's, also where
 * this one has no line up to the cursor; a torn line goes in a new run as well. */
START_TEST(test_runs_in_one_file)
{
    static const char *const torn[] = {"", "{\"se", "{\"seq\":1,\"x\":2}\n{\"seq\":2"};
    char before[2 * sizeof whole];
    char text[4 * sizeof whole];
    sink s;

    prepare();
    snprintf(before, sizeof before, "%s%s", whole, RUN_LINE_OF("r-2"));
    run_id = "r-2";
    file_set(before, strlen(before));
    begin(&s, (given){.types = "trade", .append = true}, 2);
    end(&s);
    file_is(before);
    for (size_t i = 0; i < sizeof torn / sizeof torn[0]; i++) { /* its cursor was not saved yet */
        snprintf(text, sizeof text, "%s%s", before, torn[i]);
        file_set(text, strlen(text));
        begin(&s, (given){.append = true}, 0);
        file_is(before);
        give_whole(&s, 1, RECORDS);
        end(&s);
        snprintf(text, sizeof text, "%s%s", before, whole + strlen(RUN_LINE));
        file_is(text);
    }
    clean();
}
END_TEST

START_TEST(test_files_of_others)
{
    static const struct {
        const char *text;
        int32_t code;
        const char *why;
    } rows[] = {
        {"{\"seq\":0,\"type\":\"run\",\"run\":\"r-2\"}\n{\"seq\":1,\"x\":2}\n", QN_E_STATE,
         "its last run is not r-1"},
        {RUN_LINE "{\"seq\":0,\"type\":\"run\",\"run\":\"r-12\"}\n", QN_E_STATE, "not r-1"},
        {"{\"seq\":1,\"x\":2}\n", QN_E_EXISTS, "was not written by sink/jsonl"},
        {RUN_LINE "a letter\n{\"seq\":3,\"x\":2}\n", QN_E_DAMAGED, "at byte 35 is no record"},
        {RUN_LINE "{\"seq\":,\"x\":2}\n", QN_E_DAMAGED, "is no record"},
        {RUN_LINE "\n", QN_E_DAMAGED, "is no record"},
    };

    prepare();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_err err = QN_ERR_INIT;
        sink s;

        file_set(rows[i].text, strlen(rows[i].text));
        ck_assert_int_eq(make(&s, (given){0}, &err), QN_OK);
        ck_assert_int_eq(start(&s, 3, &err), rows[i].code);
        ck_assert_msg(strstr(err.msg, rows[i].why) && strstr(err.msg, path), "%s", err.msg);
        file_is(rows[i].text); /* nothing was changed */
        drop(&s);
    }
    clean();
}
END_TEST

/* What another program wrote is not overwritten, cut or gone on with. */
START_TEST(test_files_of_other_programs)
{
    static const char *const texts[] = {"a letter\nof somebody",
                                        "a letter\n",
                                        "x",
                                        "\n",
                                        "{\"seq\":0,\"type\":\"run\",\"name\":\"r-1\"}\n",
                                        " " RUN_LINE,
                                        "{\"seq\":1,\"ts\":2}\n"};

    prepare();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (uint32_t how = 0; how < 4; how++) {
            qn_err err = QN_ERR_INIT;
            sink s;

            file_set(texts[i], strlen(texts[i]));
            ck_assert_int_eq(make(&s, (given){.append = how & 1}, &err), QN_OK);
            ck_assert_int_eq(start(&s, how & 2 ? 3 : 0, &err), QN_E_EXISTS);
            ck_assert_msg(strstr(err.msg, "give another path") && strstr(err.msg, path), "%s",
                          err.msg);
            file_is(texts[i]);
            drop(&s);
        }
    clean();
}
END_TEST

/* The beginning of a run that a crash tore is this sink's all the same. */
START_TEST(test_torn_beginning)
{
    prepare();
    for (size_t length = 0; length < sizeof RUN_LINE; length++)
        for (uint32_t how = 0; how < 2; how++) {
            sink s;

            file_set(RUN_LINE, length);
            begin(&s, (given){.append = how & 1}, 0);
            give_whole(&s, 1, RECORDS);
            end(&s);
            file_is(whole);
        }
    clean();
}
END_TEST

/* A file that was cut in front of the cursor: what it lacks is told, and nothing else happens. Of
 * the cursor's own number one line is enough: that its feature is missing cannot be seen. */
START_TEST(test_file_that_is_cut)
{
    uint64_t cursor = 8;

    prepare();
    for (size_t length = sizeof RUN_LINE - 1;; length++) {
        char head[8192], wanted[256];
        uint64_t last = 0;
        size_t kept = sizeof RUN_LINE - 1;
        sink s;

        while (last < cursor) { /* numbers that are there with all their lines */
            size_t n = lines(head, sizeof head, last + 1, last + 1, UINT64_MAX);
            if (kept + n > length) break;
            kept += n;
            last++;
        }
        if (last + 1 == cursor && length > kept + (size_t)(strchr(head, '\n') - head)) break;
        warning[0] = '\0';
        file_set(whole, length);
        begin(&s, (given){0}, cursor);
        ck_assert_msg(strstr(warning, path) != NULL, "%zu: %s", length, warning);
        snprintf(wanted, sizeof wanted, "from record %llu on, up to 8",
                 (unsigned long long)last + 1);
        /* of an event and its feature one line may be there: the event's number is then the last */
        if (!strstr(warning, wanted)) {
            snprintf(wanted, sizeof wanted, "from record %llu on, up to 8",
                     (unsigned long long)last + 2);
            ck_assert_msg(strstr(warning, wanted) && length > kept + 32, "%zu: %s", length,
                          warning);
        }
        end(&s);
    }
    clean();
}
END_TEST

/* With some types only the numbers do not tell whether lines are missing: no warning, but for the
 * number in a line that was torn. */
START_TEST(test_file_of_some_types_that_is_cut)
{
    char text[8192] = RUN_LINE;
    size_t n = sizeof RUN_LINE - 1;
    sink s;

    prepare();
    n += lines(text + n, sizeof text - n, 1, 5, 1u << QN_EVENT_GAP); /* 2 and 5 */
    file_set(text, n);
    begin(&s, (given){.types = "gap"}, 7);
    ck_assert_str_eq(warning, "");
    ck_assert_ptr_nonnull(strstr(note, "goes up to record 5, and on behind 7"));
    end(&s);
    note[0] = '\0';
    begin(&s, (given){.types = "gap"}, 5);
    ck_assert_str_eq(note, "");
    end(&s);
    file_set(text, n - 1);
    begin(&s, (given){.types = "gap"}, 7);
    ck_assert_ptr_nonnull(strstr(warning, "goes up to record 2: it has lost what it had from "
                                          "record 5 on, up to 7"));
    end(&s);
    clean();
}
END_TEST

START_TEST(test_file_that_is_gone)
{
    char wanted[8192] = RUN_LINE;
    size_t n = sizeof RUN_LINE - 1;
    sink s;

    prepare();
    lines(wanted + n, sizeof wanted - n, 8, RECORDS, UINT64_MAX);
    begin(&s, (given){0}, 7);
    ck_assert_ptr_nonnull(strstr(warning, "lacks the run's beginning, records 1 to 7"));
    give_whole(&s, 8, RECORDS);
    end(&s);
    file_is(wanted);
    warning[0] = '\0';
    file_set(RUN_LINE, 12); /* less than a line of it is there */
    begin(&s, (given){0}, 7);
    ck_assert_ptr_nonnull(strstr(warning, "lacks the run's beginning, records 1 to 7"));
    give_whole(&s, 8, RECORDS);
    end(&s);
    file_is(wanted);
    clean();
}
END_TEST

/* A limit of the file's size is a disk that becomes full in the middle of a line. */
static void limit_file(rlim_t bytes)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(test_full_disk)
{
    size_t all;

    prepare();
    all = strlen(whole);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t bytes = sizeof RUN_LINE; bytes < all; bytes += 7) {
        qn_err err = QN_ERR_INIT;
        uint64_t done = 0;
        sink s;

        begin(&s, (given){0}, 0);
        limit_file(bytes);
        while (give(&s, done + 1, done + 2, &err) == QN_OK)
            done += 2;
        ck_assert_uint_lt(done, RECORDS);
        ck_assert_ptr_nonnull(strstr(err.msg, path));
        ck_assert_int_eq(give(&s, done + 1, done + 2, &err), QN_E_IO);
        if (bytes % 2) { /* there is room again: the same batch, and on */
            limit_file(RLIM_INFINITY);
            give_whole(&s, done + 1, done + 2);
            if (done + 2 < RECORDS) give_whole(&s, done + 3, RECORDS);
            end(&s);
            file_is(whole);
        } else { /* the run ends so: whole lines, and those of whole batches alone */
            char wanted[8192] = RUN_LINE;
            size_t n = sizeof RUN_LINE - 1;

            lines(wanted + n, sizeof wanted - n, 1, done, UINT64_MAX);
            end(&s);
            limit_file(RLIM_INFINITY);
            file_is(wanted);
        }
    }
    clean();
}
END_TEST

/* One batch of more text than the buffer has room for. */
START_TEST(test_large_batch)
{
    char *wanted = mem_new(1, 4 << 20);
    size_t n = sizeof RUN_LINE - 1;
    sink s;

    prepare();
    memcpy(wanted, RUN_LINE, n);
    ck_assert_uint_gt(lines(wanted + n, (4 << 20) - n, 1, 5000, UINT64_MAX), 1 << 20);
    begin(&s, (given){0}, 0);
    give_whole(&s, 1, 5000);
    end(&s);
    file_is(wanted);
    mem_free(wanted);
    clean();
}
END_TEST

START_TEST(test_places)
{
    qn_err err = QN_ERR_INIT;
    char deep[192];
    sink one, two;

    prepare();
    begin(&one, (given){0}, 0);
    ck_assert_int_eq(make(&two, (given){0}, &err), QN_OK);
    ck_assert_int_eq(start(&two, 0, &err), QN_E_BUSY);
    ck_assert_ptr_nonnull(strstr(err.msg, "another sink"));
    mem_free(two.self);
    end(&one);

    ck_assert_int_eq(make(&one, (given){.path = "/dev/null"}, &err), QN_OK);
    ck_assert_int_eq(start(&one, 0, &err), QN_E_TYPE);
    drop(&one);

    snprintf(deep, sizeof deep, "%s/below.it/x.jsonl", path); /* a file is no folder */
    ck_assert_int_eq(make(&one, (given){.path = deep}, &err), QN_OK);
    ck_assert_int_eq(start(&one, 0, &err), QN_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "cannot make"));
    drop(&one);

    unlink(path);
    begin(&one, (given){.path = deep}, 0); /* folders are made */
    end(&one);
    ck_assert(file_exists(deep));
    unlink(deep);
    *strrchr(deep, '/') = '\0';
    rmdir(deep);
    rmdir(path);

    ck_assert_int_eq(make(&one, (given){.path = ""}, &err), QN_E_RANGE);
    drop(&one);
    clean();
}
END_TEST

CHECK_MAIN("jsonl", test_lines, test_types, test_crash_at_every_byte, test_runs_in_one_file,
           test_files_of_others, test_files_of_other_programs, test_torn_beginning,
           test_file_that_is_cut, test_file_of_some_types_that_is_cut, test_file_that_is_gone,
           test_full_disk, test_large_batch, test_places)
