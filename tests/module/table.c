/* SPDX-License-Identifier: MIT
 *
 * The tables of a class, each broken in one place; and the copies the host makes of good ones. */
#include "module/table.h"

#include "base/fail.h"
#include "module/value.h"

#include "check_main.h"
#include "fixture_file.h"

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sink.h>
#include <quoin/strategy.h>
#include <quoin/venue.h>

#include <stdio.h>
#include <string.h>

typedef struct instance {
    int64_t whole;
    double real;
    int64_t flag, choice;
    qn_str text;
    int64_t length;
    qn_decimal amount;
    int64_t share, fee;
    qn_str file, key;
} instance;

/* One of each type, with all that a row can have. */
static const qn_param good_params[] = {
    QN_PARAM(instance, whole, I64, "bars", "a", .def = "10", .min = "-5", .max = "20",
             .search = {"0", "20", "1"}, .since = "1.1.0"),
    QN_PARAM(instance, real, F64, "", "b", .def = "0.5", .min = "-1e3", .max = "1e3"),
    QN_PARAM(instance, flag, BOOL, "", "c", .def = "true", .replaced = "choice"),
    QN_PARAM(instance, choice, ENUM, "", "d", .def = "two", .labels = "one|two|three"),
    QN_PARAM(instance, text, STRING, "", "e", .def = ""),
    QN_PARAM(instance, length, DURATION, "", "f", .def = "1m", .min = "1s", .max = "1d"),
    QN_PARAM(instance, amount, DECIMAL, "units", "g", .flags = QN_PARAM_REQUIRED, .min = "0.001"),
    QN_PARAM(instance, share, RATIO, "", "h", .def = "0.05", .max = "1"),
    QN_PARAM(instance, fee, BPS, "bps", "i", .def = "2.5", .min = "-10"),
    QN_PARAM(instance, file, PATH, "", "j", .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE),
    QN_PARAM(instance, key, SECRET, "", "k", .flags = QN_PARAM_OPTIONAL),
};

static int32_t on_event(void *self, const qn_event *ev, const qn_out *out)
{
    (void)self;
    (void)ev;
    (void)out;
    return QN_OK;
}

static int32_t save(const void *self, const qn_stream *to, qn_err *err)
{
    (void)self;
    (void)to;
    (void)err;
    return QN_OK;
}

static int32_t load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    (void)self;
    (void)schema;
    (void)from;
    (void)err;
    return QN_OK;
}

static int32_t model_on_event(void *self, const qn_event *ev, const qn_model_out *out)
{
    (void)self;
    (void)ev;
    (void)out;
    return QN_OK;
}

static int32_t allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)self;
    (void)in;
    (void)out;
    (void)err;
    return QN_OK;
}

static int64_t run(const void *input, uint64_t n, void *output, uint64_t room,
                   const volatile uint32_t *cancel)
{
    (void)input;
    (void)output;
    (void)cancel;
    return (int64_t)(n < room ? n : room);
}

static const qn_named good_features[] = {
    {sizeof(qn_named), 0, "ewma", "fraction per year", "a"},
    {sizeof(qn_named), 0, "a_name_that_has_31_letters_last", "", "b"},
};

/* A class with all its tables, to be broken in one place. */
typedef struct subject {
    qn_class class;
    qn_param params[12];
    qn_ext exts[2];
    struct {
        uint32_t size, value;
    } vendor;
    qn_strategy table;
    qn_venue venue;
    qn_model model;
    qn_named features[66];
    char names[66][12];
    qn_optimizer optimizer;
    qn_risk risk;
    qn_execution execution;
    qn_sink sink;
    qn_work work;
} subject;

static void make_good(subject *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->params, good_params, sizeof good_params);
    s->vendor.size = sizeof s->vendor;
    s->vendor.value = 42;
    s->exts[0] = (qn_ext){sizeof(qn_ext), 0, "com.vendor.thing/1", &s->vendor};
    s->table = (qn_strategy){sizeof(qn_strategy), 0, on_event, NULL};
    s->class = (qn_class){.size = sizeof(qn_class),
                          .id = "strategy/subject",
                          .kind = QN_KIND_STRATEGY,
                          .version = "1.2.3",
                          .license = "MIT",
                          .name = "Subject",
                          .doc = "Is tested.",
                          .params = {s->params, 11, sizeof(qn_param)},
                          .exts = {s->exts, 1, sizeof(qn_ext)},
                          .table = &s->table,
                          .instance_size = sizeof(instance),
                          .instance_align = _Alignof(instance),
                          .schema = 2,
                          .schema_min = 1,
                          .save = save,
                          .load = load};
}

static int32_t sink_start(void *self, const qn_sink_start *start, qn_err *err)
{
    (void)self;
    (void)start;
    (void)err;
    return QN_OK;
}

static int32_t sink_write(void *self, const qn_batch *batch, qn_err *err)
{
    (void)self;
    (void)batch;
    (void)err;
    return QN_OK;
}

/* The good class as one of another kind; its table is broken by what follows. */
static void make_model(subject *s)
{
    make_good(s);
    memcpy(s->features, good_features, sizeof good_features);
    s->model =
        (qn_model){sizeof(qn_model), 0, {s->features, 2, sizeof(qn_named)}, model_on_event, NULL};
    s->work = (qn_work){sizeof(qn_work), 0, run};
    s->exts[0] = (qn_ext){sizeof(qn_ext), 0, QN_WORK, &s->work};
    s->class.kind = QN_KIND_MODEL;
    s->class.table = &s->model;
}

/* So many features, each of a name of its own. */
static void make_features(subject *s, uint32_t n)
{
    make_model(s);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(s->names[i], sizeof s->names[i], "f%u", i);
        s->features[i] = (qn_named){sizeof(qn_named), 0, s->names[i], "", "one of many"};
    }
    s->model.features.nrows = n;
}

static void make_optimizer(subject *s, uint32_t nvalues)
{
    make_features(s, nvalues);
    s->optimizer = (qn_optimizer){
        sizeof(qn_optimizer), 0, {s->features, nvalues, sizeof(qn_named)}, NULL, allocate};
    s->class.kind = QN_KIND_OPTIMIZER;
    s->class.table = &s->optimizer;
}

static void make_kind(subject *s, const char *kind, const void *table)
{
    make_good(s);
    s->class.kind = kind;
    s->class.table = table;
    s->risk.size = sizeof s->risk;
    s->execution.size = sizeof s->execution;
    s->sink.size = sizeof s->sink;
}

/* X(member and value, part of the message): one class each. */
#define BREAKS(X)                                                                                  \
    X(s->class.size = 8, "size")                                                                   \
    X(s->class.size = 1u << 20, "size")                                                            \
    X(s->class.flags = 2, "flags 0x2")                                                             \
    X(s->class.id = NULL, "id or kind")                                                            \
    X(s->class.id = "subject", "id or kind")                                                       \
    X(s->class.kind = "strategy", "id or kind")                                                    \
    X(s->class.version = "new", "version")                                                         \
    X(s->class.version = NULL, "version")                                                          \
    X(s->class.license = "", "license")                                                            \
    X(s->class.name = "two\nlines", "name")                                                        \
    X(s->class.instance_size = 1u << 30, "instance of")                                            \
    X(s->class.instance_align = 0, "instance_align 0")                                             \
    X(s->class.instance_align = 24, "instance_align 24")                                           \
    X(s->class.instance_align = 1u << 20, "instance_align")                                        \
    X(s->class.schema_min = 0, "schema_min 0")                                                     \
    X(s->class.schema_min = 3, "schema_min 3")                                                     \
    X(s->class.save = NULL, "no save")                                                             \
    X(s->class.load = NULL, "no load")                                                             \
    X(s->class.table = NULL, "table of qn.strategy/1")                                             \
    X(s->table.size = 8, "lacks on_event")                                                         \
    X(s->table.on_event = NULL, "lacks on_event")                                                  \
    X(s->class.kind = QN_KIND_VENUE; s->class.table = &s->venue;                                   \
      s->venue.size = sizeof s->venue, "lacks describe")                                           \
    X(s->class.params.rows = NULL, "table of parameters")                                          \
    X(s->class.params.nrows = 1u << 20, "table of parameters")                                     \
    X(s->class.params.stride = 64, "above the stride")                                             \
    X(s->class.params.stride = 1u << 30, "table of parameters")                                    \
    X(s->class.params.stride = 129, "size")                                                        \
    X(s->params[1].size = 16, "row 1")                                                             \
    X(s->params[1].key = NULL, "key")                                                              \
    X(s->params[1].key = "Real", "key")                                                            \
    X(s->params[1].key = "1real", "key")                                                           \
    X(s->params[1].key = "", "key")                                                                \
    X(s->params[1].key = "whole", "row 0 has the same key")                                        \
    X(s->params[1].type = 0, "type 0")                                                             \
    X(s->params[1].type = 99, "type 99")                                                           \
    X(s->params[1].offset = sizeof(instance), "outside the instance")                              \
    X(s->params[1].offset = UINT32_MAX - 7, "outside the instance")                                \
    X(s->params[6].offset = sizeof(instance) - 8, "outside the instance")                          \
    X(s->params[1].offset = 4, "not aligned")                                                      \
    X(s->params[1].flags = 64, "flags 0x40")                                                       \
    X(s->params[1].flags = QN_PARAM_REQUIRED, "exactly one")                                       \
    X(s->params[1].def = NULL, "exactly one")                                                      \
    X(s->params[6].flags = QN_PARAM_REQUIRED | QN_PARAM_OPTIONAL, "exactly one")                   \
    X(s->params[1].doc = NULL, "no doc")                                                           \
    X(s->params[1].doc = "", "no doc")                                                             \
    X(s->params[1].unit = NULL, "no unit")                                                         \
    X(s->params[0].since = "soon", "since")                                                        \
    X(s->params[2].replaced = "The Other", "replaced")                                             \
    X(s->params[3].labels = NULL, "needs labels")                                                  \
    X(s->params[3].labels = "", "needs labels")                                                    \
    X(s->params[3].labels = "one||two", "empty label")                                             \
    X(s->params[3].labels = "|two", "empty label")                                                 \
    X(s->params[3].labels = "two|", "empty label")                                                 \
    X(s->params[3].def = "four", "default is not valid")                                           \
    X(s->params[3].def = "tw", "default is not valid")                                             \
    X(s->params[3].def = "one|two", "default is not valid")                                        \
    X(s->params[3].min = "one", "has no order")                                                    \
    X(s->params[0].labels = "a|b", "ENUM only")                                                    \
    X(s->params[0].def = "1.5", "default is not valid")                                            \
    X(s->params[0].def = "ten", "default is not valid")                                            \
    X(s->params[0].def = "9223372036854775808", "default is not valid")                            \
    X(s->params[0].def = "21", "above max 20")                                                     \
    X(s->params[0].def = "-6", "min -5 is above the default -6")                                   \
    X(s->params[0].min = "21", "min 21 is above max 20")                                           \
    X(s->params[0].search.step = NULL, "lo, hi and step")                                          \
    X(s->params[0].search.lo = "30", "search.lo 30 is above")                                      \
    X(s->params[0].search.lo = "-30", "above search.lo -30")                                       \
    X(s->params[0].search.hi = "30", "search.hi 30 is above max 20")                               \
    X(s->params[1].def = "nan", "default is not valid")                                            \
    X(s->params[1].def = "inf", "default is not valid")                                            \
    X(s->params[1].def = " 1", "default is not valid")                                             \
    X(s->params[1].def = "1x", "default is not valid")                                             \
    X(s->params[1].def = "1001", "above max 1e3")                                                  \
    X(s->params[2].def = "yes", "default is not valid")                                            \
    X(s->params[5].def = "soon", "default is not valid")                                           \
    X(s->params[5].def = "25h", "above max 1d")                                                    \
    X(s->params[6].min = "a lot", "min is not valid")                                              \
    X(s->params[6].flags = 0; s->params[6].def = "0.0001", "min 0.001 is above")                   \
    X(s->params[7].def = "0.000000001", "default is not valid")                                    \
    X(s->params[7].def = "1.01", "above max 1")                                                    \
    X(s->params[8].def = "-10.5", "min -10 is above")                                              \
    X(s->params[9].min = "a", "has no order")                                                      \
    X(s->class.exts.rows = NULL, "table of extensions")                                            \
    X(s->exts[0].size = 8, "extension in row 0")                                                   \
    X(s->exts[0].id = NULL, "its id")                                                              \
    X(s->exts[0].id = "thing", "its id")                                                           \
    X(s->exts[0].table = NULL, "its table")                                                        \
    X(s->vendor.size = 0, "its table")                                                             \
    X(s->vendor.size = UINT32_MAX, "its table")                                                    \
    X(make_model(s);                                                                               \
      s->model.on_event = NULL, "the table of qn.model/1 (40 bytes) lacks on_event")               \
    X(make_model(s); s->model.size = 24, "lacks on_event")                                         \
    X(make_model(s); s->model.features.rows = NULL, "table of features is missing")                \
    X(make_model(s); s->model.features.nrows = 0, "0 rows of 32 bytes; expected 1 to 64 rows")     \
    X(make_features(s, 65), "65 rows of 32 bytes; expected 1 to 64 rows")                          \
    X(make_model(s); s->model.features.stride = 1u << 20, "table of features")                     \
    X(make_model(s); s->model.features.stride = 24, "above the stride 24")                         \
    X(make_model(s); s->features[1].size = 24, "feature in row 1: its size is not 32 bytes")       \
    X(make_model(s); s->features[1].name = NULL, "feature in row 1: its name")                     \
    X(make_model(s); s->features[1].name = "", "its name")                                         \
    X(make_model(s); s->features[1].name = "Ewma", "its name")                                     \
    X(make_model(s); s->features[1].name = "9_days", "its name")                                   \
    X(make_model(s); s->features[1].name = "vol.ewma", "its name")                                 \
    X(make_model(s); s->features[1].name = "a_name_that_has_32_letters_at_la", "up to 31 bytes")   \
    X(make_model(s); s->features[1].name = "ewma", "feature ewma (row 1): row 0 has the same key") \
    X(make_model(s); s->features[0].doc = NULL, "feature ewma (row 0): it has no doc")             \
    X(make_model(s); s->features[0].doc = "", "no doc")                                            \
    X(make_model(s); s->features[0].doc = "two\nlines", "no doc")                                  \
    X(make_model(s); s->features[0].unit = NULL, "no unit")                                        \
    X(make_model(s); s->work.run = NULL, "extension qn.work/1 (row 0): the table of qn.work/1")    \
    X(make_model(s); s->work.size = 8, "(8 bytes) lacks run")                                      \
    X(make_optimizer(s, 8); s->optimizer.allocate = NULL, "lacks allocate")                        \
    X(make_optimizer(s, 9), "table of values is missing or not sane: 9 rows")                      \
    X(make_optimizer(s, 2); s->optimizer.values.rows = NULL, "table of values")                    \
    X(make_optimizer(s, 2); s->features[1].name = "f0", "value f0 (row 1): row 0")                 \
    X(make_optimizer(s, 1); s->features[0].doc = NULL, "value f0 (row 0): it has no doc")          \
    X(make_kind(s, QN_KIND_RISK, &s->risk), "the table of qn.risk/1 (24 bytes) lacks check")       \
    X(make_kind(s, QN_KIND_RISK, NULL), "the table of qn.risk/1 is missing")                       \
    X(make_kind(s, QN_KIND_EXECUTION, &s->execution), "lacks on_event")                            \
    X(make_kind(s, QN_KIND_EXECUTION, NULL), "the table of qn.execution/1 is missing")             \
    X(make_kind(s, QN_KIND_SINK, &s->sink), "the table of qn.sink/1 (32 bytes) lacks start")       \
    X(make_kind(s, QN_KIND_SINK, &s->sink); s->sink.start = sink_start, "lacks write")             \
    X(make_kind(s, QN_KIND_SINK, &s->sink); s->sink.start = sink_start;                            \
      s->sink.write = sink_write, "lacks stop")

START_TEST(a_good_class_is_taken)
{
    qn_err err = QN_ERR_INIT;
    subject s;

    make_good(&s);
    ck_assert_msg(table_check_class(&s.class, &err) == QN_OK, "%s", err.msg);
}
END_TEST

START_TEST(each_broken_class_is_refused)
{
    static subject made;
    subject *s = &made;
    int n = 0;

#define TRY(change, says)                                                                          \
    {                                                                                              \
        qn_err err = QN_ERR_INIT;                                                                  \
        make_good(s);                                                                              \
        change;                                                                                    \
        ck_assert_msg(table_check_class(&s->class, &err) == QN_E_MODULE_TABLE, "%s", #change);     \
        ck_assert_msg(strstr(err.msg, says), "%s: '%s' without '%s'", #change, err.msg, says);     \
        n++;                                                                                       \
    }
    BREAKS(TRY)
#undef TRY
    ck_assert_int_gt(n, 110);
}
END_TEST

/* The most that a table of names may hold, and the least. */
START_TEST(good_models_and_optimizers_are_taken)
{
    static subject s;
    static const struct {
        bool is_model;
        uint32_t nrows;
    } rows[] = {{true, 1}, {true, 64}, {false, 0}, {false, 8}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_err err = QN_ERR_INIT;
        if (rows[i].is_model)
            make_features(&s, rows[i].nrows);
        else
            make_optimizer(&s, rows[i].nrows);
        if (rows[i].nrows == 0) s.optimizer.values = (qn_table){NULL, 0, 0};
        ck_assert_msg(table_check_class(&s.class, &err) == QN_OK, "%u rows: %s", rows[i].nrows,
                      err.msg);
    }
}
END_TEST

START_TEST(copies_of_features_do_not_point_into_the_module)
{
    static subject made;
    arena memory = {0};
    const qn_model *model;
    const qn_named *f;
    const qn_ext *e;
    qn_class copy;

    make_model(&made);
    ck_assert_int_eq(table_copy_class(&made.class, &memory, &copy, NULL), QN_OK);
    memset(&made, 0x5a, sizeof made); /* the module is gone */
    model = copy.table;
    ck_assert(model->on_event == model_on_event);
    ck_assert_uint_eq(model->features.nrows, 2);
    f = qn_table_row(&model->features, 1);
    ck_assert_uint_eq(f->size, sizeof *f);
    ck_assert_str_eq(f->name, "a_name_that_has_31_letters_last");
    ck_assert_str_eq(f->unit, "");
    ck_assert_str_eq(f->doc, "b");
    f = qn_table_row(&model->features, 0);
    ck_assert_str_eq(f->unit, "fraction per year");
    ck_assert_ptr_ne(f->name, good_features[0].name); /* the texts are copies, too */
    ck_assert_ptr_ne(f->unit, good_features[0].unit);
    ck_assert_ptr_ne(f->doc, good_features[0].doc);
    e = qn_table_row(&copy.exts, 0);
    ck_assert(((const qn_work *)e->table)->run == run);
    arena_free(&memory);
}
END_TEST

/* A module need not have what may be NULL at the end of its table. */
START_TEST(what_a_short_table_lacks_reads_as_null)
{
    static subject made;
    arena memory = {0};
    qn_err err = QN_ERR_INIT;
    qn_class copy;

    make_model(&made);
    made.model.size = offsetof(qn_model, lookback);
    memset((char *)&made.model + made.model.size, 0x5a, sizeof made.model - made.model.size);
    ck_assert_msg(table_check_class(&made.class, &err) == QN_OK, "%s", err.msg);
    ck_assert_int_eq(table_copy_class(&made.class, &memory, &copy, NULL), QN_OK);
    ck_assert(((const qn_model *)copy.table)->lookback == NULL);
    ck_assert(((const qn_model *)copy.table)->on_event == model_on_event);
    arena_free(&memory);
}
END_TEST

START_TEST(copies_do_not_point_into_the_module)
{
    static subject made;
    subject *s = &made;
    arena memory = {0};
    qn_class copy;
    const qn_param *p;
    const qn_ext *e;

    make_good(s);
    ck_assert_int_eq(table_copy_class(&s->class, &memory, &copy, NULL), QN_OK);
    memset(s, 0x5a, sizeof *s); /* the module is gone */
    ck_assert_str_eq(copy.id, "strategy/subject");
    ck_assert_uint_eq(copy.params.nrows, 11);
    p = qn_table_row(&copy.params, 0);
    ck_assert_str_eq(p->key, "whole");
    ck_assert_str_eq(p->search.hi, "20");
    ck_assert_str_eq(p->since, "1.1.0");
    ck_assert_ptr_null(p->replaced);
    ck_assert_str_eq(((const qn_param *)qn_table_row(&copy.params, 3))->labels, "one|two|three");
    e = qn_table_row(&copy.exts, 0);
    ck_assert_str_eq(e->id, "com.vendor.thing/1");
    ck_assert_uint_eq(((const uint32_t *)e->table)[1], 42);
    ck_assert(((const qn_strategy *)copy.table)->on_event == on_event);
    arena_free(&memory);
}
END_TEST

/* A newer module has longer rows: the host finds each by the stride. */
START_TEST(longer_rows_are_read_by_their_stride)
{
    static struct {
        qn_param param;
        uint64_t later[3];
    } rows[2];
    static subject made;
    arena memory = {0};
    qn_err err = QN_ERR_INIT;
    qn_class copy;

    make_good(&made);
    rows[0].param = good_params[0];
    rows[1].param = good_params[1];
    rows[0].param.size = rows[1].param.size = sizeof rows[0];
    made.class.params = (qn_table)QN_TABLE(rows);
    ck_assert_msg(table_check_class(&made.class, &err) == QN_OK, "%s", err.msg);
    ck_assert_int_eq(table_copy_class(&made.class, &memory, &copy, NULL), QN_OK);
    ck_assert_uint_eq(copy.params.stride, sizeof(qn_param));
    ck_assert_str_eq(((const qn_param *)qn_table_row(&copy.params, 1))->key, "real");
    arena_free(&memory);
}
END_TEST

/* An older module has shorter structs: what it did not know of is zero in the host's copies, and
 * what lies behind is not read. */
START_TEST(shorter_structs_have_zeros_behind)
{
    static struct {
        char param[offsetof(qn_param, since)];
        uint64_t other[2];
    } rows[2];
    static subject made;
    arena memory = {0};
    qn_class copy;
    const qn_param *p;

    make_good(&made);
    memset(rows, 0x5a, sizeof rows);
    for (size_t i = 0; i < 2; i++) {
        const uint32_t size = sizeof rows[i].param;
        memcpy(rows[i].param, &good_params[i], size);
        memcpy(rows[i].param, &size, sizeof size);
    }
    made.class.params = (qn_table){rows, 2, sizeof rows[0]};
    made.class.size = offsetof(qn_class, destroy);
    memset((char *)&made.class + made.class.size, 0x5a, sizeof made.class - made.class.size);
    ck_assert_int_eq(table_copy_class(&made.class, &memory, &copy, NULL), QN_OK);
    ck_assert_uint_eq(copy.size, sizeof copy);
    ck_assert(copy.destroy == NULL && copy.save == NULL && copy.load == NULL);
    p = qn_table_row(&copy.params, 1);
    ck_assert_uint_eq(p->size, sizeof *p);
    ck_assert_str_eq(p->key, "real");
    ck_assert_ptr_null(p->since);
    ck_assert_ptr_null(p->replaced);
    arena_free(&memory);
}
END_TEST

START_TEST(values_compare_by_their_type)
{
    static const struct {
        uint32_t type;
        const char *small, *large;
    } rows[] = {
        {QN_PARAM_TYPE_I64, "9", "10"},
        {QN_PARAM_TYPE_I64, "-9223372036854775807", "9223372036854775807"},
        {QN_PARAM_TYPE_F64, "-1e300", "1e-300"},
        {QN_PARAM_TYPE_DURATION, "59m", "1h"},
        {QN_PARAM_TYPE_DECIMAL, "9e-18", "9e18"},
        {QN_PARAM_TYPE_DECIMAL, "-9e18", "-9e-18"},
        {QN_PARAM_TYPE_DECIMAL, "-0.1", "0.01"},
        {QN_PARAM_TYPE_DECIMAL, "0.00999", "0.01"},
        {QN_PARAM_TYPE_RATIO, "0.00000001", "0.1"},
        {QN_PARAM_TYPE_BPS, "-1", "0"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(value_is_at_most(rows[i].type, rows[i].small, rows[i].large), "%s",
                      rows[i].small);
        ck_assert_msg(!value_is_at_most(rows[i].type, rows[i].large, rows[i].small), "%s",
                      rows[i].large);
        ck_assert(value_is_at_most(rows[i].type, rows[i].small, rows[i].small));
    }
}
END_TEST

CHECK_MAIN("module_table", a_good_class_is_taken, each_broken_class_is_refused,
           copies_do_not_point_into_the_module, good_models_and_optimizers_are_taken,
           copies_of_features_do_not_point_into_the_module, what_a_short_table_lacks_reads_as_null,
           longer_rows_are_read_by_their_stride, shorter_structs_have_zeros_behind,
           values_compare_by_their_type)
