/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "module/access.h"
#include "module/trust.h"

#include <quoin/sdk/decimal.h>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_FUNCTIONS BYTES_TAG('F', 'U', 'N', 'C')

/* Tell a mistake at a key of the function. */
#define MISTAKE(e, f, key, code, ...)                                                              \
    config_add_mistake((e)->cfg, config_child((f)->config->node, key), code, __VA_ARGS__)

/* ------------------------------------------------------------------ the library */

/* "cannot open shared object file", without the name before it. */
static const char *linker_says(const char *library)
{
    const char *text = dlerror();
    size_t len = strlen(library);

    if (!text) return "unknown error";
    return strncmp(text, library, len) == 0 && strncmp(text + len, ": ", 2) == 0 ? text + len + 2
                                                                                 : text;
}

/* The same rules as for a plugin's file: whose it is, its hash, its signature. */
static int32_t judge(engine *e, function *f, const char *real, qn_err *err)
{
    signature by;
    bool is_signed = false;
    int32_t rc = file_sha256(real, f->sha256, err);

    if (rc == QN_OK)
        rc =
            trust_judge(&e->loading.trust, real, f->sha256, (trust_bytes){0}, &is_signed, &by, err);
    f->is_unsigned = e->loading.trust.policy != TRUST_OFF && !is_signed;
    return rc;
}

/* The file that the dynamic linker took. */
static int32_t judge_loaded(engine *e, function *f, qn_err *err)
{
    struct link_map *map = NULL;

    if (dlinfo(f->library, RTLD_DI_LINKMAP, &map) != 0 || !map || !map->l_name[0])
        return fail(err, QN_E_NOT_FOUND, "its file is not known");
    return judge(e, f, map->l_name, err);
}

/* A library may hold what must not be unmapped (threads, thread-local storage): it stays. */
static bool open_library(engine *e, function *f, const char *path)
{
    f->library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (f->library) return true;
    MISTAKE(e, f, "library", QN_E_NOT_FOUND, "library: the dynamic linker does not load %s%s: %s",
            f->config->library,
            strchr(f->config->library, '/') ? "" : ", a name without a slash, and so no file here",
            linker_says(path));
    return false;
}

static int32_t load_file(engine *e, function *f, qn_err *err)
{
    char real[PATH_ROOM];
    int32_t rc;

    if (!file_exists(f->config->library)) {
        MISTAKE(e, f, "library", QN_E_NOT_FOUND, "library: there is no file %s",
                f->config->library);
        return QN_OK;
    }
    if ((rc = access_check(f->config->library, "library", real, err)) != QN_OK) return rc;
    if ((rc = judge(e, f, real, err)) != QN_OK) return rc;
    open_library(e, f, real);
    return QN_OK;
}

static int32_t load_library(engine *e, function *f, qn_err *err)
{
    if (strchr(f->config->library, '/')) return load_file(e, f, err);
    if (e->loading.trust.policy == TRUST_REQUIRE) /* loading it would run its code */
        return fail(err, QN_E_MODULE_UNSIGNED,
                    "what the dynamic linker finds cannot be judged before it is loaded, and the "
                    "policy is \"require\": name its file, with a signature by `quoin plugin sign "
                    "--library`");
    return open_library(e, f, f->config->library) ? judge_loaded(e, f, err) : QN_OK;
}

/* What stands under the name must be code, as far as the library tells. */
static bool is_code(const void *symbol)
{
    const ElfW(Sym) * entry;
    void *found = NULL;
    Dl_info info;

    if (!dladdr1(symbol, &info, &found, RTLD_DL_SYMENT) || !found) return true;
    entry = found;
    return ELF64_ST_TYPE(entry->st_info) != STT_OBJECT && ELF64_ST_TYPE(entry->st_info) != STT_TLS;
}

static void find_symbol(engine *e, function *f)
{
    void *symbol = dlsym(f->library, f->config->symbol);

    if (!symbol)
        MISTAKE(e, f, "symbol", QN_E_UNKNOWN_NAME, "symbol: %s has no function '%.64s'",
                f->config->library, f->config->symbol);
    else if (!is_code(symbol))
        MISTAKE(e, f, "symbol", QN_E_TYPE, "symbol: '%.64s' of %s is data, expected a function",
                f->config->symbol, f->config->library);
    else
        memcpy(&f->fn, &symbol, sizeof f->fn); /* ISO C has no cast from object to function */
}

/* ------------------------------------------------------------------ arguments */

static const struct {
    const char *name;
    size_t member;
    bool is_volume;
} columns[] = {
    {"open", offsetof(qn_bar, open), false},    {"high", offsetof(qn_bar, high), false},
    {"low", offsetof(qn_bar, low), false},      {"close", offsetof(qn_bar, close), false},
    {"volume", offsetof(qn_bar, volume), true},
};

#define A_SERIES                                                                                   \
    "a series of open, high, low, close or volume and its length in bars, \"close:60\", 1 to "     \
    "1000000"

/* "close" or "close:60". False: it is neither. */
static bool read_source(const char *text, function_source *out)
{
    size_t len = strcspn(text, ":");
    const char *digits = text + len + 1;
    unsigned long long n = 0;

    if (text[len] == ':') {
        if (!*digits || strlen(digits) > 7 || digits[strspn(digits, "0123456789")]) return false;
        n = strtoull(digits, NULL, 10);
        if (n == 0 || n > SERIES_MAX) return false;
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (strlen(columns[i].name) != len || memcmp(columns[i].name, text, len) != 0) continue;
        *out = (function_source){
            .member = columns[i].member, .is_volume = columns[i].is_volume, .length = (uint32_t)n};
        return true;
    }
    return false;
}

/* An argument that changes with each bar: a series, or a bar's value for an f64. */
static int32_t add_source(engine *e, function *f, uint32_t i, const function_source *made,
                          qn_err *err)
{
    function_source *s = arena_alloc(&e->arena, sizeof *s, _Alignof(function_source));

    if (!s) return fail(err, QN_E_NO_MEMORY, "no memory for its arguments");
    *s = *made;
    f->sources[i] = s;
    if (s->length > f->needs) f->needs = s->length;
    return QN_OK;
}

static int32_t read_arg(engine *e, function *f, uint32_t i, qn_err *err)
{
    const config_item *item = &f->config->args.items[i];
    foreign_type type = f->call.types.args[i];
    bool is_text = config_item_is_text(item);
    function_source source;
    qn_err why = QN_ERR_INIT;

    if (type == FOREIGN_SERIES || (type == FOREIGN_F64 && is_text)) {
        bool is_one = is_text && read_source(item->text, &source);
        if (is_one && !source.length == (type == FOREIGN_F64))
            return add_source(e, f, i, &source, err);
        config_add_mistake(
            e->cfg, item->node, QN_E_TYPE, "args: found %s%.40s%s for argument %u, %s, expected %s",
            is_text ? "\"" : "", item->text, is_text ? "\"" : "", i + 1, foreign_type_name(type),
            type == FOREIGN_SERIES
                ? A_SERIES
                : "a number, or a value of the bar: \"open\", \"high\", \"low\", "
                  "\"close\" or \"volume\"");
    } else if (is_text != (type == FOREIGN_STR)) {
        config_add_mistake(e->cfg, item->node, QN_E_TYPE,
                           "args: found %s %.40s for argument %u, %s, expected %s",
                           is_text ? "the text" : "the number", item->text, i + 1,
                           foreign_type_name(type), foreign_type_doc(type));
    } else if (foreign_value_parse(type, item->text, &f->args[i], &why) != QN_OK) {
        config_add_mistake(e->cfg, item->node, why.code, "args: argument %u, %s: %s", i + 1,
                           foreign_type_name(type), why.msg);
    }
    return QN_OK;
}

static int32_t read_call(engine *e, function *f, qn_err *err)
{
    const config_list *args = &f->config->args;
    foreign_signature types;
    qn_err why = QN_ERR_INIT;
    int32_t rc = foreign_signature_parse(f->config->signature, FOREIGN_FUNCTION, &types, &why);

    f->needs = 1;
    if (rc != QN_OK) {
        MISTAKE(e, f, "signature", rc, "signature: %s", why.msg);
        return QN_OK;
    }
    if ((rc = foreign_call_prepare(&f->call, &types, FOREIGN_FUNCTION, err)) != QN_OK) return rc;
    if (args->n != types.nargs)
        MISTAKE(e, f, "args", QN_E_INVALID, "args: found %zu, expected %u: as many as %s has",
                args->n, types.nargs, f->config->signature);
    for (uint32_t i = 0; rc == QN_OK && args->n == types.nargs && i < types.nargs; i++)
        rc = read_arg(e, f, i, err);
    return rc;
}

/* ------------------------------------------------------------------ instruments */

static void add_instrument(const engine *e, function *f, const config_item *item)
{
    uint32_t number = build_find_instrument(e, item->text);

    if (number != NO_SLOT)
        f->instruments[f->ninstruments++] = number;
    else
        config_add_mistake(e->cfg, item->node, QN_E_UNKNOWN_NAME,
                           "no venue of this config has the instrument %s", item->text);
}

static int32_t list_instruments(engine *e, function *f, qn_err *err)
{
    const config_list *list = &f->config->instruments;
    size_t n = list->n ? list->n : e->ninstruments;

    f->instruments = arena_alloc(&e->arena, (n + 1) * sizeof *f->instruments, 8);
    if (!f->instruments) return fail(err, QN_E_NO_MEMORY, "no memory for its instruments");
    for (size_t i = 0; i < list->n; i++)
        add_instrument(e, f, &list->items[i]);
    for (uint32_t i = 0; i < e->ninstruments && !list->n; i++)
        f->instruments[f->ninstruments++] = i;
    return QN_OK;
}

/* ------------------------------------------------------------------ building */

static int32_t build(engine *e, function *f, qn_err *err)
{
    int32_t rc = load_library(e, f, err);

    if (rc == QN_OK && f->library) find_symbol(e, f);
    if (rc == QN_OK) rc = read_call(e, f, err);
    if (rc == QN_OK) rc = list_instruments(e, f, err);
    return rc;
}

int32_t functions_build(engine *e, qn_err *err)
{
    functions *all = &e->functions;
    qn_err why = QN_ERR_INIT;
    int32_t rc = QN_OK;

    all->all = arena_alloc(&e->arena, (e->run->nfunctions + 1) * sizeof *all->all, 16);
    if (!all->all) return fail(err, QN_E_NO_MEMORY, "no memory for functions");
    for (size_t i = 0; i < e->run->nfunctions && rc == QN_OK; i++) {
        function *f = &all->all[all->n++];
        f->config = &e->run->functions[i];
        f->feature_name = arena_format(&e->arena, "fn.%s", f->config->name);
        if (!f->feature_name) return fail(err, QN_E_NO_MEMORY, "no memory for functions");
        if ((rc = build(e, f, &why)) != QN_OK)
            fail(err, rc, "%s: %s: %s", f->feature_name, f->config->library, why.msg);
    }
    return rc == QN_OK ? build_mistakes(e, err) : rc;
}

int32_t functions_name(engine *e, qn_err *err)
{
    if (e->functions.n > FEATURES_MAX)
        return fail(err, QN_E_FULL, "more than %u features in one run", FEATURES_MAX);
    for (uint32_t i = 0; i < e->functions.n; i++) {
        e->functions.all[i].feature = e->features.n;
        e->features.names[e->features.n++] = e->functions.all[i].feature_name;
    }
    return QN_OK;
}

void functions_free(engine *e)
{
    for (uint32_t i = 0; i < e->functions.n; i++)
        if (e->functions.all[i].library) dlclose(e->functions.all[i].library);
    json_object_put(e->functions.was);
}

/* ------------------------------------------------------------------ streams */

/* The shortest bars of an instrument that the run reads; NULL: it has none. */
static stream *shortest(engine *e, uint32_t instrument)
{
    stream *found = NULL;
    int64_t length = 0;

    for (uint32_t i = 0; i < e->nstreams; i++) {
        data_type data = e->sources[i].data;
        if (e->streams[i].instrument != instrument || data.type != QN_EVENT_BAR) continue;
        if (found && data.length >= length) continue;
        found = &e->streams[i];
        length = data.length;
    }
    return found;
}

static stream *stream_of(engine *e, const function *f, uint32_t slot)
{
    if (f->config->bar)
        return build_get_stream(e, f->instruments[slot], (data_type){QN_EVENT_BAR, f->config->bar});
    return shortest(e, f->instruments[slot]);
}

static void tell_no_bars(engine *e, const function *f, uint32_t instrument)
{
    MISTAKE(e, f, "instruments", QN_E_MISSING,
            "%s: the run reads no bars of %s, expected `bar`, the length to read, or data of bars "
            "at its venue",
            f->feature_name, e->instruments[instrument].name);
}

/* Leaves the instruments that have bars. An instrument without them is no mistake unless it was
 * asked for, or none is left. */
static void keep_those_with_bars(engine *e, function *f)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < f->ninstruments; i++) {
        stream *s = stream_of(e, f, i);
        if (!s && f->config->instruments.n) tell_no_bars(e, f, f->instruments[i]);
        if (!s) continue;
        f->instruments[n++] = f->instruments[i];
        if (e->sources[s - e->streams].data.length > f->longest)
            f->longest = e->sources[s - e->streams].data.length;
    }
    if (!n && f->ninstruments && !f->config->instruments.n) tell_no_bars(e, f, f->instruments[0]);
    f->ninstruments = n;
}

static int32_t make_rings(engine *e, function *f, qn_err *err)
{
    f->seen = arena_alloc(&e->arena, (f->ninstruments + 1) * sizeof *f->seen, 8);
    if (!f->seen) return fail(err, QN_E_NO_MEMORY, "no memory for %s", f->feature_name);
    for (uint32_t i = 0; i < f->call.types.nargs; i++) {
        function_source *s = f->sources[i];
        if (!s || !s->length) continue;
        s->values =
            arena_alloc(&e->arena, (size_t)s->length * (f->ninstruments + 1) * sizeof(double), 8);
        s->given = arena_alloc(&e->arena, s->length * sizeof(double), 8);
        if (!s->values || !s->given)
            return fail(err, QN_E_NO_MEMORY, "no memory for the series of %s", f->feature_name);
    }
    return QN_OK;
}

/* The functions of one stream, in the order of the config. */
static void use(engine *e, uint32_t index, uint32_t *used)
{
    stream *s = &e->streams[index];

    s->first_use = *used;
    for (uint32_t i = 0; i < e->functions.n; i++) {
        function *f = &e->functions.all[i];
        for (uint32_t k = 0; k < f->ninstruments; k++)
            if (stream_of(e, f, k) == s) e->functions.uses[(*used)++] = (function_use){f, k};
    }
    s->nuses = *used - s->first_use;
}

int32_t functions_place(engine *e, qn_err *err)
{
    size_t n = 0;
    uint32_t used = 0;
    int32_t rc = QN_OK;

    /* first those that say what they want: others take the shortest of all that is read */
    for (uint32_t i = 0; i < e->functions.n; i++)
        if (e->functions.all[i].config->bar) keep_those_with_bars(e, &e->functions.all[i]);
    for (uint32_t i = 0; i < e->functions.n; i++)
        if (!e->functions.all[i].config->bar) keep_those_with_bars(e, &e->functions.all[i]);
    for (uint32_t i = 0; i < e->functions.n && rc == QN_OK; i++) {
        n += e->functions.all[i].ninstruments;
        rc = make_rings(e, &e->functions.all[i], err);
    }
    if (rc != QN_OK) return rc;
    e->functions.uses = arena_alloc(&e->arena, (n + 1) * sizeof *e->functions.uses, 8);
    if (!e->functions.uses) return fail(err, QN_E_NO_MEMORY, "no memory for functions");
    for (uint32_t i = 0; i < e->nstreams; i++)
        use(e, i, &used);
    return build_mistakes(e, err);
}

/* The bars before the one at which the first value is there. */
int64_t functions_lookback(const engine *e)
{
    int64_t most = 0;

    for (uint32_t i = 0; i < e->functions.n; i++) {
        const function *f = &e->functions.all[i];
        int64_t need;
        if (__builtin_mul_overflow((int64_t)f->needs - 1, f->longest, &need)) need = INT64_MAX;
        if (need > most) most = need;
    }
    return most;
}

/* ------------------------------------------------------------------ computing */

static double value_of(const engine *e, const function_source *s, const qn_bar *bar)
{
    const qn_instrument *in = &e->instruments[bar->hdr.instrument];
    int64_t mantissa;

    memcpy(&mantissa, (const char *)bar + s->member, sizeof mantissa);
    return qn_decimal_double(mantissa, s->is_volume ? in->qty_exp : in->price_exp);
}

/* The ring in order: what was written last stands at the end. */
static const double *in_order(const function_source *s, const double *ring, uint64_t seen)
{
    size_t oldest = (size_t)(seen % s->length);

    memcpy(s->given, ring + oldest, (s->length - oldest) * sizeof *ring);
    memcpy(s->given + (s->length - oldest), ring, oldest * sizeof *ring);
    return s->given;
}

/* Takes the bar in, and fills in the arguments that follow from it. */
static void take_bar(const engine *e, function *f, uint32_t slot, const qn_bar *bar)
{
    uint64_t seen = f->seen[slot]++;
    bool is_ready = f->seen[slot] >= f->needs;

    for (uint32_t i = 0; i < f->call.types.nargs; i++) {
        const function_source *s = f->sources[i];
        double *ring;
        if (!s) continue;
        if (!s->length) {
            f->args[i].f = value_of(e, s, bar);
            continue;
        }
        ring = s->values + (size_t)slot * s->length;
        ring[seen % s->length] = value_of(e, s, bar);
        if (is_ready) f->args[i].series = in_order(s, ring, seen + 1);
    }
}

__attribute__((noinline, cold)) static void not_finite(engine *e, function *f, uint32_t instrument)
{
    qn_feature *before = &e->features.values[(size_t)f->feature * e->ninstruments + instrument];

    e->counts.not_finite++;
    if (before->size && before->valid_to >= e->now) before->valid_to = e->now - 1;
    if (f->is_told) return;
    f->is_told = true;
    log_line(LOG_WARNING,
             "%s is not finite for %s at event %llu, and was not published; further ones are "
             "counted",
             f->feature_name, e->instruments[instrument].name, (unsigned long long)e->cause);
}

static void compute_one(engine *e, function *f, uint32_t slot, const qn_bar *bar)
{
    foreign_value result;
    double value;

    take_bar(e, f, slot, bar);
    if (f->seen[slot] < f->needs) return;
    foreign_call_make(&f->call, f->fn, NULL, f->args, NULL, &result);
    value = foreign_value_number(f->call.types.result, &result);
    if (isfinite(value))
        feature_put(e, f->feature, bar->hdr.instrument, value, INT64_MAX);
    else
        not_finite(e, f, bar->hdr.instrument);
}

void functions_compute(engine *e, uint32_t first, uint32_t n, const qn_bar *bar)
{
    for (uint32_t i = first; i < first + n; i++)
        compute_one(e, e->functions.uses[i].function, e->functions.uses[i].slot, bar);
}

/* ------------------------------------------------------------------ snapshots */

/* Calls it for each number that a ring holds. */
static void each_value(const function *f, void (*visit)(void *ctx, double *value), void *ctx)
{
    for (uint32_t i = 0; i < f->call.types.nargs; i++) {
        const function_source *s = f->sources[i];
        size_t n = s ? (size_t)s->length * f->ninstruments : 0;
        for (size_t k = 0; k < n; k++)
            visit(ctx, &s->values[k]);
    }
}

static void put_value(void *ctx, double *value)
{
    bytes_put_double(ctx, *value);
}

static void get_value(void *ctx, double *value)
{
    *value = bytes_get_double(ctx);
}

void functions_save(const engine *e, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG_FUNCTIONS);

    bytes_put_u64(out, e->counts.not_finite);
    for (uint32_t i = 0; i < e->functions.n; i++) {
        const function *f = &e->functions.all[i];
        for (uint32_t k = 0; k < f->ninstruments; k++)
            bytes_put_u64(out, f->seen[k]);
        each_value(f, put_value, out);
    }
    bytes_end(out, begun);
}

void functions_load(engine *e, bytes_in *all, qn_err *err)
{
    bytes_in in = bytes_section(all, TAG_FUNCTIONS);

    e->counts.not_finite = bytes_get_u64(&in);
    for (uint32_t i = 0; i < e->functions.n; i++) {
        const function *f = &e->functions.all[i];
        for (uint32_t k = 0; k < f->ninstruments; k++)
            f->seen[k] = bytes_get_u64(&in);
        each_value(f, get_value, &in);
    }
    if (bytes_in_end(&in, err) != QN_OK) all->code = in.code;
}

/* ------------------------------------------------------------------ on record */

struct json_object *engine_functions(const engine *e)
{
    struct json_object *list;
    bool is_whole;

    if (e->functions.was) return json_object_get(e->functions.was);
    list = json_object_new_array();
    is_whole = list != NULL;
    for (uint32_t i = 0; i < e->functions.n && is_whole; i++) {
        const function *f = &e->functions.all[i];
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "name", f->config->name) &&
                   json_put_text(one, "library", f->config->library) &&
                   json_put_text(one, "symbol", f->config->symbol) &&
                   json_put_text(one, "signature", f->config->signature) &&
                   json_put_text(one, "sha256", f->sha256);
    }
    return json_whole(list, is_whole);
}

int32_t functions_check(const engine *e, struct json_object *header, qn_err *err)
{
    struct json_object *list = json_get(header, "functions", json_type_array);
    size_t n = list ? json_object_array_length(list) : 0;

    if (n != e->functions.n)
        return fail(err, QN_E_MODULE_MISMATCH, "the run was begun with other functions");
    for (uint32_t i = 0; i < e->functions.n; i++) {
        const function *f = &e->functions.all[i];
        const char *was = json_get_text(json_object_array_get_idx(list, i), "sha256");
        if (!was || strcmp(was, f->sha256) != 0)
            return fail(err, QN_E_MODULE_MISMATCH,
                        "the library %s of %s is not the one that the run was begun with: put "
                        "%.12s... back, or begin a new run",
                        f->config->library, f->feature_name, was ? was : "");
    }
    return QN_OK;
}
