/* SPDX-License-Identifier: MIT */
#include "record_words.h"

#include <quoin/sdk/record.h>

static const char *const bools[] = {"false", "true"};
static const char *const sides[] = {[QN_BUY] = "buy", [QN_SELL] = "sell"};
static const char *const liquidities[] = {[QN_MAKER] = "maker", [QN_TAKER] = "taker"};
static const char *const types[] = {
    [QN_MARKET] = "market", [QN_LIMIT] = "limit", [QN_STOP] = "stop"};
static const char *const tifs[] = {[QN_GTC] = "gtc", [QN_IOC] = "ioc", [QN_GTD] = "gtd"};
static const char *const actions[] = {
    [QN_ALLOW] = "allow", [QN_REDUCE] = "reduce", [QN_REJECT] = "reject"};
static const char *const intents[] = {
    [QN_INTENT_SIGNAL] = "signal", [QN_INTENT_TARGET] = "target", [QN_INTENT_ORDER] = "order",
    [QN_INTENT_CANCEL] = "cancel", [QN_INTENT_MODIFY] = "modify",
};

#define ROW(number, NAME, text) [number] = #NAME,
static const char *const states[] = {QN_ORDER_STATE_LIST(ROW)};
static const char *const reasons[] = {QN_REASON_LIST(ROW)};
#undef ROW
#define ROW(number, NAME, name, meaning) [number] = (name),
static const char *const reload_steps[] = {QN_RELOAD_STEP_LIST(ROW)};
static const char *const reload_modes[] = {QN_RELOAD_MODE_LIST(ROW)};
static const char *const faults[] = {QN_FAULT_LIST(ROW)};
static const char *const fault_actions[] = {QN_FAULT_ACTION_LIST(ROW)};
static const char *const fault_places[] = {QN_FAULT_PLACE_LIST(ROW)};
static const char *const commands[] = {QN_COMMAND_LIST(ROW)};
#undef ROW

/* By bit. */
static const char *const order_flags[] = {"reduce_only", "post_only", "close_out"};
static const char *const stages[] = {"intent", "order"};

/* Codes are negative and have holes. */
#define ROW(code, NAME, meaning) [-(code)] = "QN_E_" #NAME,
static const char *const codes[] = {"QN_OK", QN_ERROR_LIST(ROW)};
#undef ROW

typedef struct words {
    const char *const *rows;
    uint32_t nrows;
    uint32_t is_flags;
} words;

#define WORDS(array, is_flags_)                                                                    \
    {                                                                                              \
        array, sizeof(array) / sizeof((array)[0]), is_flags_                                       \
    }
static const words lists[QN_HOLDS_KINDS] = {
    [QN_HOLDS_BOOL] = WORDS(bools, 0),
    [QN_HOLDS_SIDE] = WORDS(sides, 0),
    [QN_HOLDS_LIQUIDITY] = WORDS(liquidities, 0),
    [QN_HOLDS_STATE] = WORDS(states, 0),
    [QN_HOLDS_REASON] = WORDS(reasons, 0),
    [QN_HOLDS_ORDER_TYPE] = WORDS(types, 0),
    [QN_HOLDS_TIF] = WORDS(tifs, 0),
    [QN_HOLDS_ACTION] = WORDS(actions, 0),
    [QN_HOLDS_INTENT] = WORDS(intents, 0),
    [QN_HOLDS_CODE] = WORDS(codes, 0),
    [QN_HOLDS_RELOAD_STEP] = WORDS(reload_steps, 0),
    [QN_HOLDS_RELOAD_MODE] = WORDS(reload_modes, 0),
    [QN_HOLDS_COMMAND] = WORDS(commands, 0),
    [QN_HOLDS_FAULT] = WORDS(faults, 0),
    [QN_HOLDS_FAULT_ACTION] = WORDS(fault_actions, 0),
    [QN_HOLDS_FAULT_PLACE] = WORDS(fault_places, 0),
    [QN_HOLDS_ORDER_FLAGS] = WORDS(order_flags, 1),
    [QN_HOLDS_STAGE] = WORDS(stages, 1),
};
#undef WORDS

const char *record_word(uint32_t holds, uint32_t value)
{
    const words *list = &lists[holds];
    uint32_t place = holds == QN_HOLDS_CODE ? 0 - value : value;

    return !list->is_flags && place < list->nrows ? list->rows[place] : 0;
}

const char *record_flag(uint32_t holds, uint32_t bit)
{
    const words *list = &lists[holds];

    return list->is_flags && bit < list->nrows ? list->rows[bit] : 0;
}

int32_t record_is_in_list(uint32_t holds, uint32_t value)
{
    const words *list = &lists[holds];

    if (!list->rows) return 1;
    return list->is_flags ? value >> list->nrows == 0 : record_word(holds, value) != 0;
}
