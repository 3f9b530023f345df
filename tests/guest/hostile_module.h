/* SPDX-License-Identifier: MIT
 *
 * A module with a class of each kind that runs in a guest, for guests that mean harm. */
#ifndef QUOIN_TESTS_GUEST_HOSTILE_MODULE_H
#define QUOIN_TESTS_GUEST_HOSTILE_MODULE_H

#include "guest/internal.h"

#include <quoin/command.h>
#include <quoin/execution.h>
#include <quoin/model.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <check.h>

enum { STRATEGY, MODEL, RISK, EXECUTION, OPTIMIZER, CLASSES };

typedef struct instance_in_guest {
    int64_t number;
    qn_str text;
} instance_in_guest;

static const qn_param params[] = {
    QN_PARAM(instance_in_guest, number, I64, "", "A number.", .def = "1", .min = "0", .max = "9"),
    QN_PARAM(instance_in_guest, text, STRING, "", "A text.", .def = "x"),
};
static const qn_named named[] = {{sizeof(qn_named), 0, "value", "", "A value."}};
static const qn_command_arg args[] = {{sizeof(qn_command_arg), 0, "x", "", "A number.", "-1", "1"}};
#define COMMAND(name_, signature_)                                                                 \
    {                                                                                              \
        sizeof(qn_command_row), 0, name_, signature_, "Does it.", command_elsewhere,               \
            QN_TABLE(args)                                                                         \
    }
static const qn_command_row commands_of[] = {
    COMMAND("small", "i8(f64)"), COMMAND("big", "u64(f64)"),   COMMAND("real", "f64(f64)"),
    COMMAND("say", "str(f64)"),  COMMAND("none", "void(f64)"), COMMAND("wide", "u32(f64)")};
static const qn_command_table command_table = {sizeof command_table, 0, QN_TABLE(commands_of)};

/* Its functions are there, and never called in the host. */
static int32_t never(void)
{
    ck_abort_msg("the guest's own functions are not called in the host");
    return 0;
}

static int64_t no_work(const void *input, uint64_t n, void *output, uint64_t room,
                       const volatile uint32_t *cancel)
{
    (void)input, (void)n, (void)output, (void)room, (void)cancel;
    return never();
}

static int32_t no_strategy(void *self, const qn_event *ev, const qn_out *out)
{
    (void)self, (void)ev, (void)out;
    return never();
}

static int64_t no_lookback(const void *self, int64_t bar)
{
    (void)self, (void)bar;
    return never();
}

static int32_t no_model(void *self, const qn_event *ev, const qn_model_out *out)
{
    (void)self, (void)ev, (void)out;
    return never();
}

static int32_t no_check(const void *self, const qn_proposal *proposal, qn_answer *judged)
{
    (void)self, (void)proposal, (void)judged;
    return never();
}

static int32_t no_risk(void *self, const qn_event *ev, const qn_risk_out *out)
{
    (void)self, (void)ev, (void)out;
    return never();
}

static int32_t no_execution(void *self, const qn_event *ev, const qn_child_out *out)
{
    (void)self, (void)ev, (void)out;
    return never();
}

static void no_need(const void *self, qn_history_need *out)
{
    (void)self, (void)out;
    never();
}

static int32_t no_allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)self, (void)in, (void)out, (void)err;
    return never();
}

static int32_t no_save(const void *self, const qn_stream *to, qn_err *err)
{
    (void)self, (void)to, (void)err;
    return never();
}

static int32_t no_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    (void)self, (void)schema, (void)from, (void)err;
    return never();
}

static const qn_work work_table = {.size = sizeof work_table, .run = no_work};
static const qn_ext exts[] = {{sizeof(qn_ext), 0, QN_WORK, &work_table},
                              {sizeof(qn_ext), 0, QN_COMMAND_TABLE, &command_table}};
static const qn_strategy strategy_functions = {
    .size = sizeof strategy_functions, .on_event = no_strategy, .lookback = no_lookback};
static const qn_model model_functions = {
    .size = sizeof model_functions, .features = QN_TABLE(named), .on_event = no_model};
static const qn_risk risk_functions = {
    .size = sizeof risk_functions, .check = no_check, .on_event = no_risk};
static const qn_execution execution_functions = {.size = sizeof execution_functions,
                                                 .on_event = no_execution};
static const qn_optimizer optimizer_functions = {.size = sizeof optimizer_functions,
                                                 .values = QN_TABLE(named),
                                                 .need = no_need,
                                                 .allocate = no_allocate};

#define CLASS(id_, kind_, functions)                                                               \
    {                                                                                              \
        .size = sizeof(qn_class), .id = id_, .kind = kind_, .version = "1.0.0", .license = "MIT",  \
        .name = "Hostile", .doc = "It is hostile.", .needs = "", .params = QN_TABLE(params),       \
        .exts = QN_TABLE(exts), .table = &(functions), .instance_size = sizeof(instance_in_guest), \
        .instance_align = 8, .schema = 1, .schema_min = 1, .save = no_save, .load = no_load        \
    }
static const qn_class classes[CLASSES] = {
    [STRATEGY] = CLASS("strategy/hostile", QN_KIND_STRATEGY, strategy_functions),
    [MODEL] = CLASS("model/hostile", QN_KIND_MODEL, model_functions),
    [RISK] = CLASS("risk/hostile", QN_KIND_RISK, risk_functions),
    [EXECUTION] = CLASS("execution/hostile", QN_KIND_EXECUTION, execution_functions),
    [OPTIMIZER] = CLASS("optimizer/hostile", QN_KIND_OPTIMIZER, optimizer_functions),
};
static const qn_class *const class_list[CLASSES] = {&classes[0], &classes[1], &classes[2],
                                                    &classes[3], &classes[4]};
static const qn_module module_table = {sizeof module_table, QN_ABI, class_list, CLASSES, 0};

/* Of the guest's own serve.c, for its describe.c. */
const qn_work *class_work(const qn_class *c);
const qn_work *class_work(const qn_class *c)
{
    (void)c;
    return &work_table;
}

/* The guest's own describe.c: how a module is told of. */
void describe_module(const qn_module *m, bytes_out *out);

#endif
