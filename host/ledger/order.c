/* SPDX-License-Identifier: MIT */
#include "order.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

/* ------------------------------------------------------------------ the life of an order */

/* life[state][change]: the next state, 0 = cannot happen. A fill reaches CANCELED and EXPIRED
 * orders, because a venue may fill an order before it sees our cancel; a fill of a FILLED one
 * is an overfill, which is booked and told rather than dropped: the venue's books count. A
 * SUBMITTED order cannot be changed: the next answer is to the order, and would be taken for the
 * answer to the change. */
#define S(NAME) QN_ORDER_##NAME
#define WORKING                                                                                    \
    [ORDER_REJECT] = S(REJECTED), [ORDER_FILL_WHOLE] = S(FILLED), [ORDER_CANCEL] = S(CANCELED),    \
    [ORDER_EXPIRE] = S(EXPIRED), [ORDER_LOSE] = S(UNKNOWN), [ORDER_ASK_CANCEL] = S(PENDING_CANCEL)
#define CHANGEABLE [ORDER_ASK_UPDATE] = S(PENDING_UPDATE)
#define ANSWERED                                                                                   \
    [ORDER_HOLD] = S(HELD), [ORDER_ACCEPT] = S(ACCEPTED), [ORDER_TRIGGER] = S(TRIGGERED)

static const uint8_t life[QN_ORDER_STATES][ORDER_CHANGES] = {
    [S(INITIALIZED)] = {[ORDER_SUBMIT] = S(SUBMITTED), [ORDER_DENY] = S(DENIED)},
    [S(SUBMITTED)] = {WORKING, ANSWERED, [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(HELD)] = {WORKING, CHANGEABLE, ANSWERED, [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(ACCEPTED)] = {WORKING, CHANGEABLE, [ORDER_ACCEPT] = S(ACCEPTED),
                     [ORDER_TRIGGER] = S(TRIGGERED), [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(TRIGGERED)] =
        {WORKING,
         CHANGEABLE, [ORDER_ACCEPT] = S(TRIGGERED), [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(PARTIALLY_FILLED)] =
        {WORKING,
         CHANGEABLE, [ORDER_ACCEPT] = S(PARTIALLY_FILLED), [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(PENDING_UPDATE)] = {WORKING, ANSWERED, [ORDER_FILL_PART] = S(PENDING_UPDATE)},
    [S(PENDING_CANCEL)] = {WORKING, ANSWERED, [ORDER_FILL_PART] = S(PENDING_CANCEL)},
    [S(UNKNOWN)] = {WORKING, ANSWERED, [ORDER_FILL_PART] = S(PARTIALLY_FILLED)},
    [S(FILLED)] = {[ORDER_FILL_PART] = S(FILLED), [ORDER_FILL_WHOLE] = S(FILLED)},
    [S(CANCELED)] = {[ORDER_FILL_PART] = S(CANCELED), [ORDER_FILL_WHOLE] = S(FILLED)},
    [S(EXPIRED)] = {[ORDER_FILL_PART] = S(EXPIRED), [ORDER_FILL_WHOLE] = S(FILLED)},
};
#undef WORKING
#undef CHANGEABLE
#undef ANSWERED

uint32_t order_next(uint32_t state, order_change change)
{
    return state < QN_ORDER_STATES && change < ORDER_CHANGES ? life[state][change] : 0;
}

#define ORDER_CLASS_local ORDER_CLASS_LOCAL
#define ORDER_CLASS_inflight ORDER_CLASS_INFLIGHT
#define ORDER_CLASS_open ORDER_CLASS_OPEN
#define ORDER_CLASS_closed ORDER_CLASS_CLOSED

typedef struct state_row {
    const char *name;
    order_class klass;
} state_row;

#define ROW(number, NAME, klass) [number] = {#NAME, ORDER_CLASS_##klass},
static const state_row states[QN_ORDER_STATES] = {QN_ORDER_STATE_LIST(ROW)};
#undef ROW

#define ROW(number, NAME, meaning) [number] = #NAME,
static const char *const reasons[QN_REASONS] = {QN_REASON_LIST(ROW)};
#undef ROW

static const char *const changes[ORDER_CHANGES] = {
    "submit", "deny",   "hold",   "accept",     "reject",     "trigger", "fill in part",
    "fill",   "cancel", "expire", "ask cancel", "ask update", "lose",
};

const char *order_state_name(uint32_t state)
{
    return state < QN_ORDER_STATES && states[state].name ? states[state].name : "?";
}

order_class order_state_class(uint32_t state)
{
    return states[state < QN_ORDER_STATES ? state : 0].klass;
}

const char *order_reason_name(uint32_t reason)
{
    return reason < QN_REASONS ? reasons[reason] : "?";
}

const char *order_change_name(order_change change)
{
    return change < ORDER_CHANGES ? changes[change] : "?";
}

order_change order_change_of_report(uint32_t state)
{
    static const struct {
        uint32_t state;
        order_change change;
    } rows[] = {
        {S(HELD), ORDER_HOLD},       {S(ACCEPTED), ORDER_ACCEPT}, {S(TRIGGERED), ORDER_TRIGGER},
        {S(REJECTED), ORDER_REJECT}, {S(CANCELED), ORDER_CANCEL}, {S(EXPIRED), ORDER_EXPIRE},
        {S(UNKNOWN), ORDER_LOSE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].state == state) return rows[i].change;
    return ORDER_CHANGES;
}
#undef S

/* ------------------------------------------------------------------ the store */

#define TOMBSTONES 1024u
#define CHUNK 256u

typedef struct chunk {
    struct chunk *older;
    order rows[CHUNK];
} chunk;

/* A place of the table. The id stands beside the pointer, so that a probe need not look at
 * orders that it passes. */
typedef struct entry {
    uint64_t id;
    order *order; /* NULL = free */
} entry;

/* Orders live in chunks, so that their addresses hold. A hash table with linear probing
 * finds them by id. `graves` is a ring of the last closed ones. */
struct orders {
    size_t max, working;
    chunk *chunks;
    order *unused; /* list by next */
    order *first, *last;
    entry *table;
    size_t mask, entries;
    order *graves[TOMBSTONES];
    size_t grave;
};

/* Four orders that follow each other have places that do so, too: one line of the cache. */
static size_t home(const orders *all, uint64_t id)
{
    size_t group = (size_t)((id >> 2) * UINT64_C(0x9E3779B97F4A7C15) >> 20);

    return (group << 2 | (id & 3)) & all->mask;
}

/* Keeps the table at most half full. */
static bool grow_table(orders *all)
{
    size_t size = all->mask ? (all->mask + 1) * 2 : 4096;
    entry *old = all->table;
    size_t n = all->mask ? all->mask + 1 : 0;
    entry *table;

    if (all->entries * 2 < n) return true;
    if (!(table = mem_new(size, sizeof *table))) return false;
    all->table = table;
    all->mask = size - 1;
    for (size_t i = 0; i < n; i++) {
        if (!old[i].order) continue;
        size_t at = home(all, old[i].id);
        while (table[at].order)
            at = (at + 1) & all->mask;
        table[at] = old[i];
    }
    mem_free(old);
    return true;
}

static bool grow_rows(orders *all)
{
    chunk *more;

    if (all->unused) return true;
    if (!(more = mem_new(1, sizeof *more))) return false;
    more->older = all->chunks;
    all->chunks = more;
    for (size_t i = CHUNK; i > 0; i--) {
        more->rows[i - 1].next = all->unused;
        all->unused = &more->rows[i - 1];
    }
    return true;
}

orders *orders_new(size_t max)
{
    orders *all = mem_new(1, sizeof *all);

    if (!all) return NULL;
    all->max = max;
    if (grow_table(all) && grow_rows(all)) return all;
    orders_free(all);
    return NULL;
}

void orders_free(orders *all)
{
    if (!all) return;
    while (all->chunks) {
        chunk *older = all->chunks->older;
        mem_free(all->chunks);
        all->chunks = older;
    }
    mem_free(all->table);
    mem_free(all);
}

static size_t place(const orders *all, uint64_t id)
{
    size_t at = home(all, id);

    while (all->table[at].order && all->table[at].id != id)
        at = (at + 1) & all->mask;
    return at;
}

order *orders_find(const orders *all, uint64_t id)
{
    return all->table[place(all, id)].order;
}

order *orders_add(orders *all, uint64_t id)
{
    order *o;
    size_t at;

    if (all->working >= all->max || !grow_table(all) || !grow_rows(all)) return NULL;
    at = place(all, id);
    if (all->table[at].order) return NULL;
    o = all->unused;
    all->unused = o->next;
    *o = (order){.state = QN_ORDER_INITIALIZED, .prev = all->last};
    o->sent.size = sizeof o->sent;
    o->sent.id = id;
    if (all->last)
        all->last->next = o;
    else
        all->first = o;
    all->last = o;
    all->table[at] = (entry){id, o};
    all->entries++;
    all->working++;
    return o;
}

/* Takes an entry out of the table and moves those behind it up, so that no probe breaks. */
static void forget(orders *all, const order *o)
{
    size_t hole = place(all, o->sent.id);

    all->table[hole].order = NULL;
    all->entries--;
    for (size_t at = (hole + 1) & all->mask; all->table[at].order; at = (at + 1) & all->mask) {
        size_t want = home(all, all->table[at].id);
        if (((at - want) & all->mask) < ((at - hole) & all->mask)) continue;
        all->table[hole] = all->table[at];
        all->table[at].order = NULL;
        hole = at;
    }
}

void orders_close(orders *all, order *o)
{
    order **grave = &all->graves[all->grave];

    if (o->prev)
        o->prev->next = o->next;
    else
        all->first = o->next;
    if (o->next)
        o->next->prev = o->prev;
    else
        all->last = o->prev;
    all->working--;
    if (*grave) {
        forget(all, *grave);
        (*grave)->next = all->unused;
        all->unused = *grave;
    }
    *grave = o;
    all->grave = (all->grave + 1) % TOMBSTONES;
}

order *orders_first(const orders *all)
{
    return all->first;
}

size_t orders_working(const orders *all)
{
    return all->working;
}

/* ------------------------------------------------------------------ saving and loading */

#define TAG BYTES_TAG('O', 'R', 'D', 'R')

/* A member that a state carries, as it lies in memory: the host runs on little-endian machines
 * only. A new member of struct order is one more line here. */
typedef struct field {
    size_t offset, size;
    bool is_flag; /* a bool: any other value than 0 and 1 must not get into one */
} field;

#define FIELD(member)                                                                              \
    {                                                                                              \
        offsetof(order, member), sizeof((order *)0)->member,                                       \
            _Generic(((order *)0)->member, bool                                                    \
                     : true, default                                                               \
                     : false)                                                                      \
    }

static const field fields[] = {
    FIELD(sent),    FIELD(asked),  FIELD(parent),       FIELD(state),         FIELD(reason),
    FIELD(made_ts), FIELD(filled), FIELD(filled_value), FIELD(is_overfilled), FIELD(was_accepted),
    FIELD(budget),  FIELD(entry),  FIELD(is_parent),    FIELD(why),
};

#define NFIELDS (sizeof fields / sizeof fields[0])

/* No bytes between the members of what is copied whole, which would be any. */
_Static_assert(sizeof(qn_order) == 8 * sizeof(uint32_t) + 10 * sizeof(int64_t), "no holes");
_Static_assert(sizeof(budget) == 4 * sizeof(int64_t), "no holes");

static size_t order_bytes(void)
{
    size_t n = 0;

    for (size_t i = 0; i < NFIELDS; i++)
        n += fields[i].size;
    return n;
}

static void save_order(bytes_out *out, const order *o)
{
    for (size_t i = 0; i < NFIELDS; i++)
        bytes_put(out, (const char *)o + fields[i].offset, fields[i].size);
}

int32_t orders_save(const orders *all, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG);
    uint64_t ngraves = 0;

    for (size_t i = 0; i < TOMBSTONES; i++)
        ngraves += all->graves[i] != NULL;
    bytes_put_u32(out, (uint32_t)order_bytes());
    bytes_put_u64(out, ngraves);
    for (size_t i = 0; i < TOMBSTONES; i++) {
        const order *o = all->graves[(all->grave + i) % TOMBSTONES];
        if (o) save_order(out, o);
    }
    bytes_put_u64(out, all->working);
    for (const order *o = all->first; o; o = o->next)
        save_order(out, o);
    bytes_end(out, begun);
    return bytes_check(out, NULL);
}

/* One order, added behind the others. */
static order *load_order(orders *all, bytes_in *in)
{
    order read = {0};
    order *o;

    for (size_t i = 0; i < NFIELDS; i++) {
        char *to = (char *)&read + fields[i].offset;
        if (fields[i].is_flag)
            *(bool *)to = bytes_get_bool(in);
        else
            bytes_get(in, to, fields[i].size);
    }
    bytes_require(in, read.sent.size == sizeof read.sent && read.sent.id != 0, "no order");
    bytes_require(in, read.asked.id == 0 || read.asked.id == read.sent.id,
                  "a change of another order");
    bytes_require(in, read.state != 0 && read.state < QN_ORDER_STATES, "an order of no state");
    bytes_require(in, read.reason < QN_REASONS, "an order of no reason");
    if (in->code != QN_OK) return NULL;
    bytes_require(in, !orders_find(all, read.sent.id), "two orders of one id");
    bytes_require(in, all->working < all->max, "more orders work than may");
    if (in->code != QN_OK) return NULL;
    if (!(o = orders_add(all, read.sent.id))) {
        in->code = fail(&in->err, QN_E_NO_MEMORY, "no memory for orders");
        return NULL;
    }
    read.prev = o->prev; /* it is the last: nothing is next */
    *o = read;
    return o;
}

/* Orders that were saved, working ones or closed ones, at most `most`. */
static void load_list(orders *all, bytes_in *in, bool is_closed, size_t most)
{
    size_t n = bytes_get_count(in, order_bytes());

    bytes_require(in, n <= most, "more orders than there can be");
    for (size_t i = 0; i < n && in->code == QN_OK; i++) {
        order *o = load_order(all, in);
        if (!o || !bytes_require(in, order_is_closed(o) == is_closed, "an order in the wrong list"))
            break;
        if (is_closed) orders_close(all, o);
    }
}

int32_t orders_load(orders *all, bytes_in *in, qn_err *err)
{
    bytes_in part = bytes_section(in, TAG);
    orders *loaded = orders_new(all->max);
    int32_t rc;

    if (!loaded) return fail(err, QN_E_NO_MEMORY, "no memory for orders");
    bytes_require(&part, bytes_get_u32(&part) == order_bytes(), "orders of another version");
    load_list(loaded, &part, true, TOMBSTONES); /* first: to be closed, each needs some room */
    load_list(loaded, &part, false, loaded->max);
    if ((rc = bytes_in_end(&part, err)) == QN_OK) {
        orders was = *all; /* so that a state that is refused changes nothing */
        *all = *loaded;
        *loaded = was;
    }
    orders_free(loaded);
    return rc;
}
