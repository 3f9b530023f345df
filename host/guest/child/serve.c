/* SPDX-License-Identifier: MIT
 *
 * The calls of the host, one function each. The host is trusted: what does not fit ends the
 * process. */
#include "child.h"

#include "base/fail.h"
#include "foreign/command.h"
#include "module/table.h"

#include <quoin/model.h>

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the guest itself */

static void call_hello(served *c)
{
    if (c->head.i == WIRE_VERSION && c->head.k == QN_ABI && c->head.size == sizeof(wire_memory))
        return;
    c->result = fail(&c->err, QN_E_ABI_VERSION,
                     "quoin-guest is of another version than quoin; install both together");
}

static void call_load(served *c)
{
    child_image *i = &self_.images[self_.nimages];

    if (self_.nimages == WIRE_IMAGES || c->n == 0 || c->bytes[c->n - 1]) give_up();
    if ((i->handle = dlopen((const char *)c->bytes, RTLD_NOW | RTLD_LOCAL)))
        self_.nimages++;
    else
        c->result = fail(&c->err, QN_E_MODULE_LOAD, "%.240s", dlerror());
}

/* ------------------------------------------------------------------ slow work */

static void *work(void *unused)
{
    wire_lane *l = &self_.work;
    uint64_t output[QN_RESULT_BYTES / 8];

    (void)unused;
    for (;;) {
        wire_call head;
        wire_answer a = {0};
        wire_part parts[2] = {{&a, sizeof a}, {output, 0}};
        const struct qn_work *table;
        unsigned char *input;
        if (wire_receive(l) != QN_OK || l->type != WIRE_WORK || l->n < sizeof head) give_up();
        memcpy(&head, l->bytes, sizeof head);
        table = class_work(self_.images[head.k].table->classes[head.i]);
        memset(output, 0, sizeof output);
        input = mem_new(l->n - sizeof head + 1, 1); /* aligned, as in the host */
        if (input) memcpy(input, l->bytes + sizeof head, l->n - sizeof head);
        a.result = input ? table->run(input, l->n - sizeof head, output, sizeof output,
                                      (const volatile uint32_t *)(uintptr_t)&self_.memory->cancel)
                         : QN_E_NO_MEMORY;
        mem_free(input);
        if (a.result > (int64_t)sizeof output || a.result < INT32_MIN) a.result = QN_E_INVALID;
        parts[1].n = a.result > 0 ? (size_t)a.result : 0;
        if (wire_send(l, WIRE_RETURN, 0, parts, 2) != QN_OK) give_up();
    }
}

static int32_t start_worker(void)
{
    pthread_attr_t how;
    int failed;

    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, (size_t)2 << 20);
    failed = pthread_create(&self_.worker, &how, work, NULL);
    pthread_attr_destroy(&how);
    return failed ? QN_E_NO_MEMORY : QN_OK;
}

static void call_lock(served *c)
{
    char lacks[64] = "";

    c->result = lock_down(self_.memory_limit, start_worker, lacks, sizeof lacks);
    if (c->result != QN_OK)
        fail(&c->err, (int32_t)c->result, "the guest process cannot give up its rights: %s",
             error_meaning((int32_t)c->result));
    else
        bytes_put(&c->out, lacks, strlen(lacks));
}

/* ------------------------------------------------------------------ modules */

static void call_enter(served *c)
{
    child_image *i = &self_.images[c->head.i];
    qn_entry_fn entry;
    void *symbol;

    if (c->head.i >= self_.nimages) give_up();
    if (!(symbol = dlsym(i->handle, QN_ENTRY_NAME))) {
        c->result = fail(&c->err, QN_E_MODULE_LOAD, "it has no " QN_ENTRY_NAME);
        return;
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function */
    i->table = entry(QN_ABI);
    if (!i->table && c->head.k < QN_ABI) i->table = entry(c->head.k);
    if (!i->table) {
        c->result = fail(&c->err, QN_E_MODULE_ENTRY,
                         QN_ENTRY_NAME " returned NULL: it does not serve a host of ABI %u.%u",
                         QN_ABI_MAJOR, QN_ABI_MINOR);
        return;
    }
    for (uint32_t n = 0; n < i->table->nclasses && c->result == QN_OK; n++)
        c->result = table_check_class(i->table->classes[n], &c->err);
    if (c->result == QN_OK) describe_module(i->table, &c->out);
}

const struct qn_work *class_work(const qn_class *cls)
{
    for (uint32_t i = 0; i < cls->exts.nrows; i++) {
        const qn_ext *ext = qn_table_row(&cls->exts, i);
        if (strcmp(ext->id, QN_WORK) == 0) return ext->table;
    }
    return NULL;
}

/* ------------------------------------------------------------------ instances */

static int32_t read_instruments(seat *s, bytes_in *in)
{
    uint32_t n = bytes_get_u32(in);
    const qn_instrument **list;

    s->instruments = arena_alloc(&s->arena, (n + 1) * sizeof *s->instruments, 8);
    list = arena_alloc(&s->arena, (n + 1) * sizeof(void *), 8);
    if (!s->instruments || !list) return QN_E_NO_MEMORY;
    bytes_get(in, s->instruments, n * sizeof *s->instruments);
    for (uint32_t i = 0; i < n; i++)
        list[i] = &s->instruments[i];
    s->setup.ninstruments = n;
    s->setup.instruments = list;
    return in->code;
}

static int32_t read_params(seat *s, bytes_in *in)
{
    uint32_t n = bytes_get_u32(in);
    uint32_t ntexts;

    if (n > s->cls->instance_size) return QN_E_DAMAGED;
    bytes_get(in, s->self, n);
    ntexts = bytes_get_u32(in);
    for (uint32_t i = 0; i < ntexts && in->code == QN_OK; i++) {
        uint32_t at = bytes_get_u32(in);
        uint32_t len = bytes_get_u32(in);
        const char *from = bytes_borrow(in, len);
        qn_str text = {NULL, len};
        if (at + sizeof text > n || (len && !from)) return QN_E_DAMAGED;
        if (!(text.ptr = arena_text_n(&s->arena, len ? from : "", len))) return QN_E_NO_MEMORY;
        memcpy((char *)s->self + at, &text, sizeof text);
    }
    return in->code;
}

static int32_t make_seat(seat *s, const served *c)
{
    bytes_in in = bytes_reader(c->bytes, c->n);
    char id[256];
    int32_t rc;

    bytes_get_text(&in, id, sizeof id);
    s->cls = self_.images[c->head.k].table->classes[c->head.i];
    s->exts = (uint32_t)c->head.a;
    s->self = arena_alloc(&s->arena, s->cls->instance_size + 1, s->cls->instance_align);
    s->setup = (qn_setup){
        .size = sizeof s->setup, .host = &s->host, .id = arena_text_n(&s->arena, id, strlen(id))};
    if (!s->self || !s->setup.id) return QN_E_NO_MEMORY;
    host_table(s);
    if ((rc = read_instruments(s, &in)) != QN_OK) return rc;
    return read_params(s, &in);
}

static void end_seat(uint32_t number)
{
    arena_free(&self_.seats[number]->arena);
    mem_free(self_.seats[number]);
    self_.seats[number] = NULL;
}

static void call_create(served *c)
{
    uint32_t number = self_.lane.seat;
    seat *s = mem_new(1, sizeof *s);

    if (!s || number > WIRE_SEATS || self_.seats[number] || c->head.k >= self_.nimages ||
        c->head.i >= self_.images[c->head.k].table->nclasses)
        give_up();
    s->number = number;
    self_.seats[number] = s;
    c->result = make_seat(s, c);
    if (c->result != QN_OK)
        fail(&c->err, (int32_t)c->result, "no memory in its guest process");
    else if (s->cls->create)
        c->result = s->cls->create(s->self, &s->setup, &c->err);
    if (c->result != QN_OK) end_seat(number);
}

static void call_destroy(served *c)
{
    if (c->seat->cls->destroy) c->seat->cls->destroy(c->seat->self);
    end_seat(c->seat->number);
}

static void call_save(served *c)
{
    qn_stream to = bytes_stream_out(&c->out);

    c->result = c->seat->cls->save(c->seat->self, &to, &c->err);
    if (c->result == QN_OK) c->result = bytes_check(&c->out, &c->err);
}

static void call_restore(served *c)
{
    bytes_in in = bytes_reader(c->bytes, c->n);
    qn_stream from = bytes_stream_in(&in);

    c->result = c->seat->cls->load(c->seat->self, c->head.i, &from, &c->err);
    if (c->result == QN_OK) c->result = bytes_in_end(&in, &c->err);
}

/* ------------------------------------------------------------------ what operators ask */

/* The text was read in the host already, where mistakes are told; it is read again for its values.
 */
static void call_command(served *c)
{
    command_ask ask;
    command_result made = {.type = FOREIGN_VOID};
    wire_result head;

    if (c->n == 0 || c->bytes[c->n - 1]) give_up();
    c->result = command_read(c->seat->cls, (const char *)c->bytes, &ask, &c->err);
    if (c->result == QN_OK) c->result = command_call(&ask, c->seat->self, &made, &c->err);
    if (c->result != QN_OK) return;
    head = (wire_result){.type = made.type, .value = made.value.u};
    bytes_put(&c->out, &head, sizeof head);
    bytes_put(&c->out, made.text, strlen(made.text));
}

/* A parameter's slot, or the text that it is to hold. */
static void call_param(served *c)
{
    seat *s = c->seat;
    qn_str text = {NULL, c->n};
    size_t n = c->head.k ? sizeof text : c->n;

    if (c->head.i > s->cls->instance_size || n > s->cls->instance_size - c->head.i) give_up();
    if (c->head.k && !(text.ptr = arena_text_n(&s->arena, (const char *)c->bytes, c->n)))
        c->result = QN_E_NO_MEMORY;
    else
        memcpy((char *)s->self + c->head.i, c->head.k ? (const void *)&text : c->bytes, n);
}

/* ------------------------------------------------------------------ all of them */

static const struct {
    void (*serve)(served *c);
    bool needs_seat;
} calls[WIRE_CALLS] = {
    [WIRE_HELLO] = {call_hello, false},      [WIRE_LOAD] = {call_load, false},
    [WIRE_LOCK] = {call_lock, false},        [WIRE_ENTER] = {call_enter, false},
    [WIRE_CREATE] = {call_create, false},    [WIRE_DESTROY] = {call_destroy, true},
    [WIRE_SAVE] = {call_save, true},         [WIRE_RESTORE] = {call_restore, true},
    [WIRE_LOOKBACK] = {call_lookback, true}, [WIRE_NEED] = {call_need, true},
    [WIRE_EVENT] = {call_event, true},       [WIRE_CHECK] = {call_check, true},
    [WIRE_ALLOCATE] = {call_allocate, true}, [WIRE_COMMAND] = {call_command, true},
    [WIRE_PARAM] = {call_param, true},
};

/* What a call brought stays in the buffer of its depth while the calls in it use the next one. */
static void deeper(void)
{
    wire_lane *l = &self_.lane;

    self_.buffers[self_.depth] = l->bytes;
    self_.rooms[self_.depth] = l->room;
    if (++self_.depth == CHILD_DEPTH) give_up();
    l->bytes = self_.buffers[self_.depth];
    l->room = self_.rooms[self_.depth];
}

static void back_up(void)
{
    wire_lane *l = &self_.lane;

    self_.buffers[self_.depth] = l->bytes;
    self_.rooms[self_.depth] = l->room;
    self_.depth--;
    l->bytes = self_.buffers[self_.depth];
    l->room = self_.rooms[self_.depth];
}

static void send_return(served *c, uint32_t seat_number)
{
    wire_answer head = {c->result, c->value};
    bool has_text = c->result != QN_OK && c->out.used == 0;
    wire_part parts[] = {{&head, sizeof head}, {c->out.data, c->out.used}};

    if (c->result != QN_OK && has_text) {
        c->err.msg[sizeof c->err.msg - 1] = '\0';
        parts[1] = (wire_part){c->err.msg, strlen(c->err.msg)};
    }
    if (wire_send(&self_.lane, WIRE_RETURN, seat_number, parts, 2) != QN_OK) give_up();
}

void serve_call(void)
{
    wire_lane *l = &self_.lane;
    uint32_t type = l->type;
    uint32_t number = l->seat;
    served c = {.err = QN_ERR_INIT};

    if (type >= WIRE_CALLS || !calls[type].serve || l->n < sizeof c.head || number > WIRE_SEATS)
        give_up();
    memcpy(&c.head, l->bytes, sizeof c.head);
    c.bytes = l->bytes + sizeof c.head;
    c.n = l->n - sizeof c.head;
    c.seat = self_.seats[number];
    if (calls[type].needs_seat && !c.seat) give_up();
    deeper();
    calls[type].serve(&c);
    back_up();
    send_return(&c, number);
    bytes_free(&c.out);
}

const wire_answer *wait_answer(const unsigned char **bytes, size_t *n)
{
    wire_lane *l = &self_.lane;

    for (;;) {
        if (wire_receive(l) != QN_OK) give_up();
        if (l->type == WIRE_ANSWER) break;
        serve_call();
    }
    if (l->n < sizeof(wire_answer)) give_up();
    *bytes = l->bytes + sizeof(wire_answer);
    *n = l->n - sizeof(wire_answer);
    return (const wire_answer *)(const void *)l->bytes;
}
