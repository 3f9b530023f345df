/* SPDX-License-Identifier: MIT
 *
 * A hostile guest: whatever comes over the rings, the host reads it within its bounds, hands on
 * only what may be asked in that call and as its type says, and ends the guest otherwise.
 *
 * No process is needed for that. Behind each message that the host sends stands the guest of this
 * program, and writes what it likes into the shared memory before the host looks there. */
#include "hostile_module.h"

#include "base/clock.h"
#include "module/table.h"
#include "module/value.h"

#include "check_main.h"
#include "proof.h"
#include "random.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STREAM_MOST 400u /* records in a stream */

/* engine/intent.c: what the host makes of an intent. */
int32_t intent_judge(const qn_intent *intent);

static uint64_t seed = 20260101;

static uint64_t below(uint64_t n)
{
    return random_below(&seed, n);
}

/* Check's own assertions each leave a note behind, and there are millions of these. */
#define MUST(holds)                                                                                \
    do {                                                                                           \
        if (!(holds)) ck_abort_msg("%s", #holds);                                                  \
    } while (0)

static bool once_in(uint64_t n)
{
    return below(n) == 0;
}

/* Numbers that a host should be afraid of, and any others. */
static uint64_t odd(void)
{
    static const uint64_t known[] = {0,
                                     1,
                                     2,
                                     3,
                                     7,
                                     8,
                                     UINT64_MAX,
                                     INT64_MAX,
                                     (uint64_t)INT64_MIN,
                                     UINT32_MAX,
                                     UINT32_MAX - 7,
                                     INT32_MAX,
                                     (uint64_t)INT32_MIN,
                                     UINT64_C(1) << 32,
                                     UINT64_C(0x7FF0000000000000),  /* infinite */
                                     UINT64_C(0x7FF8000000000000),  /* no number */
                                     UINT64_C(0x3FF0000000000000)}; /* 1.0 */

    return once_in(3) ? random_next(&seed) >> below(64)
                      : known[below(sizeof known / sizeof known[0])];
}

static void noise(void *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)to)[i] = (unsigned char)random_next(&seed);
}

static void odd_words(void *to, size_t n)
{
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t word = once_in(2) ? odd() : (odd() & UINT32_MAX) | odd() << 32;
        memcpy((char *)to + i, &word, sizeof word);
    }
}

/* ------------------------------------------------------------------ a guest without a process */

typedef struct pen pen;

static guest *g;
static guest_image *inside;
static proxy *proxies[CLASSES];
static wire_lane clean, clean_work;
static uint64_t nheard;                /* records that the host looked at */
static uint32_t ends[STREAM_MOST + 2]; /* of the records of a stream, in the ring */
static uint32_t nends;
static proxy *calling; /* whose call is under way, and which one */
static uint32_t calling_type;
static uint32_t promised; /* the type of the command's result */
static void (*scripted)(pen *p, uint32_t place);
static bool is_hostile; /* else the guest says nothing */

/* Nothing came for some time: here, nothing ever will. */
static int32_t gone(void *ctx)
{
    (void)ctx;
    return QN_E_DIED;
}

static void restart(void)
{
    unsigned char *bytes = g->lane.bytes;
    unsigned char *work_bytes = g->work.bytes;
    size_t room = g->lane.room;
    size_t work_room = g->work.room;
    wire_ring *rings[] = {&g->memory->calls, &g->memory->asks, &g->memory->work_calls,
                          &g->memory->work_asks};
    uint32_t from = (uint32_t)odd() & ~7u;

    for (size_t i = 0; i < 4; i++) {
        atomic_store(&rings[i]->head, from);
        atomic_store(&rings[i]->tail, from);
        atomic_store(&rings[i]->reader_sleeps, 0);
        atomic_store(&rings[i]->writer_sleeps, 0);
    }
    g->lane = clean;
    g->work = clean_work;
    g->lane.head = g->lane.tail = g->work.head = g->work.tail = from;
    g->lane.bytes = bytes;
    g->lane.room = room;
    g->work.bytes = work_bytes;
    g->work.room = work_room;
    g->is_dead = false;
    g->code = QN_OK;
    nends = 0;
}

static void params_are_inside(const qn_class *c)
{
    for (uint32_t i = 0; i < c->params.nrows; i++) {
        const qn_param *p = qn_table_row(&c->params, i);
        MUST(p->offset >= sizeof(proxy));
        MUST((uint64_t)p->offset + value_type_of(p->type)->size <= c->instance_size);
    }
}

static int32_t describe(const void *data, size_t n, guest_image **out)
{
    guest_image *made = mem_new(1, sizeof *made);
    int32_t rc = describe_read(made, data, n, NULL);

    made->guest = g;
    for (uint32_t i = 0; rc == QN_OK && i < made->table.nclasses; i++)
        rc = table_check_class(made->table.classes[i], NULL);
    *out = made;
    for (uint32_t i = 0; rc == QN_OK && i < made->table.nclasses; i++)
        params_are_inside(made->table.classes[i]);
    return rc;
}

static void describe_free(guest_image *made)
{
    arena_free(&made->memory);
    mem_free(made);
}

static const qn_host host;

static void set_up(void)
{
    bytes_out described = {0};

    g = mem_new(1, sizeof *g);
    g->pidfd = g->socket = -1;
    g->uses = 1;
    g->options = (guest_options){.deadline_ns = QN_NS_PER_S};
    pthread_mutex_init(&g->working, NULL);
    g->memory =
        mmap(NULL, sizeof *g->memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(g->memory != MAP_FAILED);
    wire_lane_init(&clean, &g->memory->calls, &g->memory->asks, WIRE_WAIT_FUTEX);
    wire_lane_init(&clean_work, &g->memory->work_calls, &g->memory->work_asks, WIRE_WAIT_FUTEX);
    clean.idle = clean_work.idle = gone;
    describe_module(&module_table, &described);
    ck_assert_int_eq(describe(described.data, described.used, &inside), QN_OK);
    bytes_free(&described);
    for (uint32_t i = 0; i < CLASSES; i++) {
        const qn_class *c = &inside->classes[i];
        proxies[i] = mem_new(1, c->instance_size);
        guest_door(g).bind(inside, c, proxies[i]);
        proxies[i]->number = i + 1;
        proxies[i]->host = &host;
        g->seats[i + 1] = proxies[i];
    }
    restart();
}

static void tear_down(void)
{
    for (uint32_t i = 0; i < CLASSES; i++)
        mem_free(proxies[i]);
    describe_free(inside);
    guest_release(g);
}

/* ------------------------------------------------------------------ what it writes */

/* Bytes into the host's in-ring, from where it reads on; published by `end`. */
struct pen {
    wire_ring *ring;
    uint32_t at;
};

static void put(pen *p, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->ring->bytes[p->at++ % WIRE_RING] = ((const unsigned char *)from)[i];
}

static void end_record(pen *p)
{
    if (nends < STREAM_MOST + 2) ends[nends++] = p->at;
}

static void put_record(pen *p, uint32_t type, uint32_t place, uint32_t flags, const void *data,
                       size_t n)
{
    static const uint64_t zeros[1];
    wire_head head = {(uint32_t)(sizeof head + ((n + 7) & ~(size_t)7)), (uint16_t)type,
                      (uint16_t)flags, place, (uint32_t)n};

    put(p, &head, sizeof head);
    put(p, data, n);
    put(p, zeros, (8 - n % 8) % 8);
    end_record(p);
}

/* An intent whose members are odd, one by one, and else sound. */
static size_t make_intent(unsigned char *to)
{
    union {
        qn_order_intent order;
        qn_signal signal;
        uint64_t words[64];
    } in = {.order = {.hdr = {.size = sizeof in.order, .kind = QN_INTENT_ORDER},
                      .side = QN_BUY,
                      .type = QN_LIMIT,
                      .tif = QN_GTC,
                      .qty = 5,
                      .price = 100}};
    static const uint32_t sizes[] = {16, 24, 40, 48, sizeof in.signal, sizeof in.order, 4096};
    size_t n = sizeof in.order;

    in.order.hdr.kind = once_in(2) ? QN_INTENT_ORDER : (uint32_t)below(8);
    if (once_in(4)) in.order.hdr.size = sizes[below(7)];
    if (once_in(8)) in.order.hdr.size = (uint32_t)odd();
    if (once_in(2)) in.words[2 + below(8)] = odd();
    if (once_in(4)) odd_words(in.words + 2, 8 * below(10));
    if (once_in(8)) in.order.hdr.instrument = (uint32_t)odd();
    if (once_in(16)) n = sizeof(qn_intent) + below(sizeof in - sizeof(qn_intent));
    memcpy(to, &in, n);
    return n;
}

/* A question that may be asked in the call under way, or not. */
static uint32_t some_question(void)
{
    static const uint32_t of_kind[CLASSES] = {ASK_INTENT, ASK_PUBLISH, ASK_HALT, ASK_CHILD,
                                              ASK_POSITION};

    if (calling && once_in(3)) return of_kind[calling->cls];
    return once_in(60) ? WIRE_FIRST_ASK + (uint32_t)below(WIRE_ASKS_END - WIRE_FIRST_ASK)
                       : ASK_LOG + (uint32_t)below(ASK_SUBMIT - ASK_LOG);
}

static void put_question(pen *p, uint32_t place)
{
    unsigned char data[sizeof(wire_ask) + 600];
    uint32_t type = some_question();
    wire_ask ask = {.size = 8u + (uint32_t)below(57)};
    size_t n = 0;

    if (once_in(2)) ask.i = (uint32_t)odd();
    if (once_in(2)) ask.k = (uint32_t)odd();
    if (once_in(40)) ask.size = (uint32_t)odd();
    odd_words(&ask.a, 32);
    memcpy(data, &ask, sizeof ask);
    if (type == ASK_INTENT || type == ASK_CHILD)
        n = make_intent(data + sizeof ask);
    else if (type == ASK_LOG || type == ASK_FEATURE_FIND) {
        n = below(once_in(20) ? 600 : 250);
        noise(data + sizeof ask, n);
        for (size_t i = 0; i < n && type == ASK_FEATURE_FIND && !once_in(50); i++)
            data[sizeof ask + i] |= 1;
    } else if (once_in(40)) {
        n = below(64);
        noise(data + sizeof ask, n);
    }
    put_record(p, type, place, once_in(200) ? (uint32_t)odd() : 0, data,
               once_in(100) ? below(sizeof ask) : sizeof ask + n);
}

static void put_return(pen *p, uint32_t place)
{
    unsigned char data[sizeof(wire_answer) + 400];
    wire_answer what = {once_in(2) ? 0 : (int64_t)odd(), (int64_t)odd()};
    uint32_t type = once_in(2) ? promised : (uint32_t)below(FOREIGN_TYPES + 1);
    wire_result result = {type, 0, type == FOREIGN_STR && once_in(2) ? 0 : odd()};
    size_t n = once_in(3) ? 0 : below(400);

    noise(data, sizeof data);
    if (calling_type == WIRE_COMMAND && !once_in(4)) {
        memcpy(data + sizeof what, &result, sizeof result);
        n = sizeof result + (result.type == FOREIGN_STR || once_in(9) ? below(300) : 0);
    }
    if (calling_type == WIRE_CHECK && once_in(2)) n = sizeof(qn_answer);
    if (calling_type == WIRE_ALLOCATE && once_in(2)) n = 4 * sizeof(double);
    memcpy(data, &what, sizeof what);
    put_record(p, WIRE_RETURN, place, 0, data, once_in(20) ? below(sizeof what) : sizeof what + n);
}

/* One that nobody could mean. */
static void put_wrong(pen *p, uint32_t place)
{
    unsigned char data[256];
    wire_head head = {24, ASK_MARK, 0, place, 8};
    uint32_t type = ASK_LOG + (uint32_t)below(ASK_SUBMIT - ASK_LOG);

    noise(data, sizeof data);
    switch (below(7)) {
    case 0: /* another type */
        put_record(p, (uint32_t)odd(), place, 0, data, below(sizeof data));
        return;
    case 1: /* another seat */
        put_record(p, type, (uint32_t)odd(), 0, data, sizeof(wire_ask));
        return;
    case 2: /* numbers of a head */
        odd_words(&head, sizeof head);
        put(p, &head, sizeof head);
        put(p, data, below(sizeof data));
        break;
    case 3:
        head.size = (uint32_t)odd();
        put(p, &head, sizeof head);
        break;
    case 4:
        head.n = (uint32_t)odd();
        put(p, &head, sizeof head);
        break;
    case 5: /* pieces that belong to nothing, or are none */
        for (uint64_t n = 1 + below(4); n; n--)
            put_record(p, once_in(9) ? WIRE_RETURN : ASK_LOG, place, WIRE_MORE, data,
                       once_in(4) ? 0 : below(sizeof data));
        return;
    default: /* bytes */
        put(p, data, below(sizeof data));
    }
    end_record(p);
}

/* Heads and tails where they can't be, and where they can. */
static void poke(void)
{
    wire_ring *ring = once_in(2) ? &g->memory->calls : &g->memory->asks;
    _Atomic uint32_t *const words[] = {&ring->head, &ring->tail, &ring->reader_sleeps,
                                       &ring->writer_sleeps};
    _Atomic uint32_t *word = words[below(4)];
    uint32_t was = atomic_load(word);

    atomic_store(word, once_in(2) ? (uint32_t)odd() : was + (uint32_t)below(64) - 32);
}

/* A stream that ends somehow. */
static void write_stream(wire_ring *ring, uint32_t place)
{
    pen p = {ring, atomic_load(&ring->head)};
    uint64_t n = once_in(4) ? below(STREAM_MOST) : below(12);

    nends = 0;
    for (; n; n--)
        if (once_in(120))
            put_wrong(&p, place);
        else
            put_question(&p, place);
    if (once_in(2)) put_return(&p, place);
    put_wrong(&p, place);
    if (once_in(9)) p.at -= (uint32_t)below(40); /* torn */
    put_record(&p, 31, place, 0, NULL, 0);       /* nothing is waited for without need */
    atomic_store(&ring->head, p.at);
    if (once_in(50)) poke();
}

/* ------------------------------------------------------------------ its turn */

int32_t __real_wire_send(wire_lane *l, uint32_t type, uint32_t place, const wire_part *parts,
                         size_t nparts);
int32_t __wrap_wire_send(wire_lane *l, uint32_t type, uint32_t place, const wire_part *parts,
                         size_t nparts);

int32_t __wrap_wire_send(wire_lane *l, uint32_t type, uint32_t place, const wire_part *parts,
                         size_t nparts)
{
    int32_t rc = __real_wire_send(l, type, place, parts, nparts);

    if (scripted && type != WIRE_ANSWER) {
        pen p = {l->in, atomic_load(&l->in->head)};
        scripted(&p, place);
        atomic_store(&l->in->head, p.at);
    }
    if (!is_hostile) return rc;
    if (type == WIRE_ANSWER) {
        if (once_in(500)) poke();
    } else if (l->in->head == l->tail) { /* else: a call in a call reads what is there already */
        calling_type = type;
        write_stream(l->in, place);
    }
    return rc;
}

/* ------------------------------------------------------------------ what the host lets pass */

static void own(qn_ctx *ctx)
{
    MUST(ctx == NULL);
}

/* Sometimes what is asked leads to a call of another plugin in the same guest. */
static void call_inside(void);

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    (void)level;
    own(ctx);
    MUST(text.len <= 500);
    for (uint64_t i = 0; i < text.len; i++)
        MUST((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 127);
}

static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    (void)due_ns, (void)cookie;
    own(ctx);
    return QN_OK;
}

static void filled(const void *out, size_t known)
{
    uint32_t size;

    memcpy(&size, out, sizeof size);
    MUST(size <= known);
}

static int32_t host_position(qn_ctx *ctx, uint32_t instrument, qn_position *out)
{
    (void)instrument;
    own(ctx);
    filled(out, sizeof *out);
    call_inside();
    return once_in(4) ? QN_E_INTENT_INSTRUMENT : QN_OK;
}

static int32_t host_equity(qn_ctx *ctx, uint32_t instrument, int64_t *out)
{
    (void)instrument;
    own(ctx);
    *out = 1;
    return QN_OK;
}

static int64_t host_mark(qn_ctx *ctx, uint32_t instrument)
{
    (void)instrument;
    own(ctx);
    return 1;
}

static int32_t host_find(qn_ctx *ctx, const char *name, uint32_t *feature)
{
    own(ctx);
    MUST(strlen(name) <= 256);
    *feature = 1;
    return QN_OK;
}

static int32_t host_read(qn_ctx *ctx, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    (void)feature, (void)instrument;
    own(ctx);
    filled(out, sizeof *out);
    return once_in(4) ? QN_E_STALE : QN_OK;
}

static int32_t host_submit(qn_ctx *ctx, int64_t due_ns, uint64_t cookie, const void *input,
                           uint64_t n)
{
    (void)due_ns, (void)cookie, (void)input;
    own(ctx);
    MUST(n <= (uint64_t)16 << 20);
    return QN_OK;
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    static const qn_host_portfolio portfolio = {sizeof portfolio, 0, host_position, host_equity,
                                                host_mark};
    static const qn_host_features features = {sizeof features, 0, host_find, host_read};
    static const qn_host_worker worker = {.size = sizeof worker, .submit = host_submit};

    own(ctx);
    if (strcmp(id, QN_HOST_PORTFOLIO) == 0) return &portfolio;
    if (strcmp(id, QN_HOST_FEATURES) == 0) return &features;
    return strcmp(id, QN_HOST_WORKER) == 0 ? &worker : NULL; /* no books: they may not be asked */
}

static const qn_host host = {
    .size = sizeof host, .abi = QN_ABI, .log = host_log, .ext = host_ext, .timer = host_timer};

static void in_event_of(uint32_t cls)
{
    MUST(calling);
    MUST(calling->cls == cls);
    MUST(g->innermost->type == WIRE_EVENT);
}

/* An order that the host's own check lets pass is one by its documentation. */
static void sound_order(const qn_order_intent *o)
{
    MUST(o->side == QN_BUY || o->side == QN_SELL);
    MUST(o->type == QN_MARKET || o->type == QN_LIMIT || o->type == QN_STOP);
    MUST(o->qty > 0);
    MUST(o->price >= 0);
    MUST(o->trigger >= 0);
    MUST(o->stop_loss >= 0);
    MUST(o->take_profit >= 0);
    MUST(o->tif <= QN_GTD);
    MUST((o->type == QN_LIMIT) == (o->price > 0));
}

static uint64_t nsound;

static int64_t push(void *ctx, const qn_intent *intent)
{
    (void)ctx;
    in_event_of(STRATEGY);
    if (intent_judge(intent) != QN_OK) return QN_E_INTENT_VALUE;
    nsound++;
    if (intent->kind == QN_INTENT_ORDER && intent->size == sizeof(qn_order_intent))
        sound_order((const void *)intent);
    if (intent->kind == QN_INTENT_SIGNAL && intent->size >= sizeof(qn_signal)) {
        const qn_signal *s = (const void *)intent;
        MUST(s->strength >= -1 && s->strength <= 1);
        MUST(s->confidence >= 0 && s->confidence <= 1);
    }
    call_inside();
    return 1;
}

static int32_t publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns)
{
    (void)ctx, (void)instrument, (void)feature, (void)value, (void)valid_ns;
    in_event_of(MODEL);
    return QN_OK;
}

static int64_t send_child(void *ctx, const qn_child *child)
{
    (void)ctx, (void)child;
    in_event_of(EXECUTION);
    return 1;
}

static int32_t end_child(void *ctx, uint64_t id)
{
    (void)ctx, (void)id;
    in_event_of(EXECUTION);
    return QN_OK;
}

static int32_t halt(void *ctx, uint32_t reason, double limit, double value)
{
    (void)ctx, (void)reason, (void)limit, (void)value;
    in_event_of(RISK);
    return QN_OK;
}

/* ------------------------------------------------------------------ calls */

static int64_t write_some(void *ctx, const void *from, uint64_t n)
{
    (void)ctx, (void)from;
    return once_in(9) ? QN_E_IO : (int64_t)(n < 7 ? n : 7);
}

static int64_t read_some(void *ctx, void *to, uint64_t n)
{
    uint32_t *left = ctx;

    (void)n;
    if (*left == 0) return 0;
    (*left)--;
    memset(to, 1, 1);
    return 1;
}

static int32_t call_an_event(proxy *p)
{
    static const qn_out out = {.size = sizeof out, .push = push};
    static const qn_model_out model_out = {.size = sizeof model_out, .publish = publish};
    static const qn_risk_out risk_out = {.size = sizeof risk_out, .halt = halt};
    static const qn_child_out child_out = {
        .size = sizeof child_out, .send = send_child, .cancel = end_child, .finish = end_child};
    const qn_bar bar = {.hdr = {.size = sizeof bar, .type = QN_EVENT_BAR}};
    const void *table = inside->classes[p->cls].table;

    switch (p->cls) {
    case STRATEGY:
        return ((const qn_strategy *)table)->on_event(p, &bar.hdr, &out);
    case MODEL:
        return ((const qn_model *)table)->on_event(p, &bar.hdr, &model_out);
    case RISK:
        return ((const qn_risk *)table)->on_event(p, &bar.hdr, &risk_out);
    case EXECUTION:
        return ((const qn_execution *)table)->on_event(p, &bar.hdr, &child_out);
    default:
        return QN_OK;
    }
}

static int32_t call_command(proxy *p)
{
    static const char *const texts[] = {"small 1", "big 0",  "real -1",
                                        "say 0.5", "none 0", "wide 1"};
    const char *text = texts[below(6)];
    command_ask ask;
    command_result got;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    MUST(command_read(&inside->classes[p->cls], text, &ask, NULL) == QN_OK);
    promised = ask.call.types.result;
    rc = guest_command(p, text, &ask, &got, &err);
    if (rc != QN_OK) return rc;
    MUST(got.type == ask.call.types.result);
    if (got.type == FOREIGN_I8) MUST(got.value.i >= -128 && got.value.i <= 127);
    if (got.type == FOREIGN_U32) MUST(got.value.i >= 0 && got.value.i <= UINT32_MAX);
    MUST(strlen(got.text) < sizeof got.text);
    for (const char *c = got.text; *c; c++)
        MUST((unsigned char)*c >= ' ' && *c != 127);
    return QN_OK;
}

static int32_t call_work(const proxy *p)
{
    const qn_ext *ext = qn_table_row(&inside->classes[p->cls].exts, 0);
    uint32_t cancel = once_in(9);
    unsigned char room[64];
    int64_t rc;

    guest_work_is(ext->table);
    rc = ((const qn_work *)ext->table)->run("input", 5, room, sizeof room, &cancel);
    MUST(rc <= (int64_t)sizeof room);
    return rc < 0 ? (int32_t)rc : QN_OK;
}

static int32_t call_optimizer(proxy *p)
{
    static const qn_line line = {.size = sizeof line};
    static const double returns[4] = {1, 2, 3, 4};
    double weights[3];
    double values[1];
    qn_portfolio in = {.size = sizeof in,
                       .ncolumns = 2,
                       .lines = {&line, 1, sizeof line},
                       .nreturns = 2,
                       .returns = returns};
    qn_weights out = {
        .size = sizeof out, .nweights = 3, .weights = weights, .nvalues = 1, .values = values};
    qn_history_need need = {.size = sizeof need};
    const qn_optimizer *table = inside->classes[OPTIMIZER].table;
    qn_err err = QN_ERR_INIT;

    if (once_in(2)) return table->allocate(p, &in, &out, &err);
    table->need(p, &need);
    return g->code; /* it returns nothing itself */
}

static int32_t call_check(proxy *p)
{
    const qn_proposal proposal = {.size = sizeof proposal};
    qn_answer judged = {.size = sizeof judged};

    return ((const qn_risk *)inside->classes[RISK].table)->check(p, &proposal, &judged);
}

/* A call of an instance; *err as a caller would have it. */
static int32_t call_one(proxy *p)
{
    const qn_class *c = &inside->classes[p->cls];
    uint32_t left = 5;
    const qn_stream out = {sizeof out, 0, NULL, NULL, write_some};
    const qn_stream in = {sizeof in, 0, &left, read_some, NULL};
    qn_err err = QN_ERR_INIT;

    switch (below(8)) {
    case 0:
        return c->save(p, &out, &err);
    case 1:
        return c->load(p, 1, &in, &err);
    case 2:
        return call_command(p);
    case 3:
        return guest_set_param(p, once_in(2) ? "number" : "text", &err);
    case 4:
        return call_work(p);
    case 5:
        return p->cls == OPTIMIZER ? call_optimizer(p) : p->cls == RISK ? call_check(p) : QN_OK;
    default:
        return p->cls == OPTIMIZER ? call_optimizer(p) : call_an_event(p);
    }
}

static void call_inside(void)
{
    proxy *outer = calling;
    uint32_t outer_type = calling_type;

    if (!once_in(60)) return;
    calling = proxies[below(CLASSES)];
    if (calling->cls != OPTIMIZER) call_an_event(calling);
    calling = outer;
    calling_type = outer_type;
}

/* Records of the stream that the host has read, or has ended the guest for. */
static void count_heard(const wire_lane *l, uint32_t from)
{
    for (uint32_t i = 0; i < nends; i++)
        if (i == 0 || ends[i - 1] - from <= l->tail - from) nheard++;
}

/* ------------------------------------------------------------------ the tests */

static void attack(uint64_t records)
{
    uint64_t nended = 0;

    nheard = nsound = 0;
    is_hostile = true;
    while (nheard < records) {
        uint32_t from;
        int32_t rc;
        restart();
        from = g->lane.tail;
        calling = proxies[below(CLASSES)];
        rc = call_one(calling);
        MUST(!g->innermost);
        if (g->lane.tail != from || g->is_dead) count_heard(&g->lane, from);
        if (!g->is_dead) continue;
        nended++;
        MUST(rc != QN_OK);
        MUST(g->code == QN_E_GUEST_WIRE);
        /* and from then on it is not spoken to */
        from = g->lane.head;
        MUST(call_an_event(proxies[STRATEGY]) != QN_OK);
        MUST(g->lane.head == from);
    }
    is_hostile = false;
    ck_assert_uint_gt(nended, 100);
    ck_assert_uint_gt(nsound, 100);
}

START_TEST(test_what_a_hostile_guest_says)
{
    uint64_t records = 100000 * proof_scale();

    set_up();
    attack(records);
    printf("proof: hostile records in the rings of a guest: %llu\n", (unsigned long long)records);
    tear_down();
}
END_TEST

/* The same while another process writes all over the shared memory. */
START_TEST(test_memory_that_changes_while_it_is_read)
{
    pid_t scribbler;

    set_up();
    if ((scribbler = fork()) == 0) {
        for (seed = 1;;) {
            wire_ring *ring = once_in(2) ? &g->memory->asks : &g->memory->calls;
            noise(ring->bytes + below(WIRE_RING - 64), 1 + below(64));
            if (once_in(4)) poke();
        }
    }
    ck_assert_int_gt(scribbler, 0);
    is_hostile = true;
    for (uint64_t i = 0; i < 2000 * proof_scale(); i++) {
        restart();
        calling = proxies[below(CLASSES)];
        call_one(calling);
    }
    is_hostile = false;
    kill(scribbler, SIGKILL);
    ck_assert_int_eq(waitpid(scribbler, NULL, 0), scribbler);
    tear_down();
}
END_TEST

static const wire_answer fine = {QN_OK, 0};

static void say_right(pen *p, uint32_t place)
{
    put_record(p, WIRE_RETURN, place, 0, &fine, sizeof fine);
}

static void say_from_another_seat(pen *p, uint32_t place)
{
    put_record(p, WIRE_RETURN, place + 1, 0, &fine, sizeof fine);
}

static void say_too_large(pen *p, uint32_t place)
{
    const wire_answer large = {INT64_C(1) << 32, 0};

    put_record(p, WIRE_RETURN, place, 0, &large, sizeof large);
}

static void say_half(pen *p, uint32_t place)
{
    put_record(p, WIRE_RETURN, place, 0, &fine, sizeof fine / 2);
}

static void ask_for_the_books(pen *p, uint32_t place)
{
    const wire_ask ask = {0};

    put_record(p, ASK_ACCOUNTS, place, 0, &ask, sizeof ask);
    say_right(p, place);
}

static void publish_a_feature(pen *p, uint32_t place)
{
    const wire_ask ask = {0};

    put_record(p, ASK_PUBLISH, place, 0, &ask, sizeof ask);
    say_right(p, place);
}

static void move_a_tail(pen *p, uint32_t place)
{
    const wire_ask ask = {0};

    atomic_fetch_add(&g->memory->calls.tail, WIRE_RING);
    put_record(p, ASK_MARK, place, 0, &ask, sizeof ask);
    say_right(p, place);
}

static void move_a_head(pen *p, uint32_t place)
{
    say_right(p, place);
    p->at += WIRE_RING;
}

START_TEST(test_each_rule)
{
    static const struct {
        void (*says)(pen *p, uint32_t place);
        int32_t code;
    } cases[] = {{say_right, QN_OK},
                 {say_from_another_seat, QN_E_GUEST_WIRE},
                 {say_too_large, QN_E_GUEST_WIRE},
                 {say_half, QN_E_GUEST_WIRE},
                 {ask_for_the_books, QN_E_GUEST_WIRE},
                 {publish_a_feature, QN_E_GUEST_WIRE},
                 {move_a_tail, QN_E_GUEST_WIRE},
                 {move_a_head, QN_E_GUEST_WIRE}};

    set_up();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        restart();
        scripted = cases[i].says;
        ck_assert_int_eq(call_an_event(calling = proxies[STRATEGY]), cases[i].code);
        ck_assert_int_eq(g->is_dead, cases[i].code != QN_OK);
    }
    scripted = NULL;
    tear_down();
}
END_TEST

/* What a guest says without being asked is no answer to what it is asked next. */
START_TEST(test_an_answer_without_a_call)
{
    pen p;

    set_up();
    p = (pen){&g->memory->asks, g->lane.tail};
    put_record(&p, WIRE_RETURN, 1, 0, &fine, sizeof fine);
    atomic_store(&g->memory->asks.head, p.at);
    ck_assert_int_eq(call_an_event(proxies[STRATEGY]), QN_E_GUEST_WIRE);
    ck_assert(g->is_dead);
    tear_down();
}
END_TEST

/* Bytes of an answer, one by one: each of them comes soon enough. */
static void dribble(void)
{
    const uint32_t before = g->lane.head;
    pen p = {&g->memory->asks, g->lane.tail};

    while (atomic_load(&g->memory->calls.head) == before)
        ;
    for (uint32_t i = 0; i < 500; i++) {
        int64_t from = clock_steady();
        put_record(&p, WIRE_RETURN, 1, WIRE_MORE, &fine, 1);
        atomic_store(&g->memory->asks.head, p.at);
        while (clock_steady() - from < QN_NS_PER_MS)
            ;
    }
    put_record(&p, WIRE_RETURN, 1, 0, &fine, sizeof fine);
    atomic_store(&g->memory->asks.head, p.at);
}

/* Its deadline is that of the call, and not of each byte. */
START_TEST(test_an_answer_without_end)
{
    pid_t writer;

    set_up();
    wire_lane_init(&g->lane, &g->memory->calls, &g->memory->asks, WIRE_WAIT_SPIN);
    g->lane.head = g->lane.tail = atomic_load(&g->memory->calls.head);
    g->lane.idle = gone;
    if ((writer = fork()) == 0) {
        dribble();
        _exit(0);
    }
    ck_assert_int_gt(writer, 0);
    ck_assert_int_ne(call_an_event(proxies[STRATEGY]), QN_OK);
    ck_assert(g->is_dead);
    kill(writer, SIGKILL);
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
    tear_down();
}
END_TEST

/* Each number of a description, as what it should not be. */
static void each_number(const bytes_out *good, unsigned char *bytes)
{
    static const uint32_t wrong[] = {0,          1,          255,        256,
                                     0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF};

    for (size_t at = 0; at + 4 <= good->used; at++)
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            guest_image *made;
            memcpy(bytes, good->data, good->used);
            memcpy(bytes + at, &wrong[i], 4);
            describe(bytes, good->used, &made);
            describe_free(made);
        }
}

/* What it says of its module: each byte wrong, cut anywhere, and bytes that are none. */
START_TEST(test_descriptions)
{
    uint64_t n = 20000 * proof_scale();
    uint64_t nread = 0;
    bytes_out good = {0};
    unsigned char *bytes;

    set_up();
    describe_module(&module_table, &good);
    bytes = mem_new(good.used, 1);
    each_number(&good, bytes);
    for (uint64_t i = 0; i < n; i++) {
        guest_image *made;
        size_t len = once_in(4) ? below(good.used) : good.used;
        memcpy(bytes, good.data, good.used);
        for (uint64_t k = 1 + below(4); k; k--) {
            size_t at = below(good.used);
            if (once_in(3))
                noise(bytes + at, 1);
            else
                odd_words(bytes + (at < 8 ? 0 : at - 8), 8);
        }
        nread += describe(bytes, len, &made) == QN_OK;
        describe_free(made);
    }
    ck_assert_uint_gt(nread, 0);
    ck_assert_uint_lt(nread, n);
    mem_free(bytes);
    bytes_free(&good);
    tear_down();
    printf("proof: damaged descriptions of a guest's module: %llu\n", (unsigned long long)n);
}
END_TEST

CHECK_MAIN("hostile", test_what_a_hostile_guest_says, test_memory_that_changes_while_it_is_read,
           test_each_rule, test_an_answer_without_a_call, test_an_answer_without_end,
           test_descriptions)
