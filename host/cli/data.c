/* SPDX-License-Identifier: MIT
 *
 * quoin data: the table of its subcommands. */
#include "data.h"

static const cli_command commands[] = {
    {"import", "read files into a catalog", cmd_data_import},
    {"list", "show what a catalog holds", cmd_data_list},
    {"verify", "check every byte of a catalog", cmd_data_verify},
    {"export", "write a catalog's data as CSV", cmd_data_export},
    {"synth", "make up market data from a seed", cmd_data_synth},
    {"book", "rebuild an order book from depth and check it", cmd_data_book},
};

int cmd_data(int argc, char **argv)
{
    return cli_dispatch("quoin data", "Market data: a catalog of checked, immutable files.",
                        commands, sizeof commands / sizeof commands[0], argc, argv);
}

static error_t parse_catalog(int key, char *arg, struct argp_state *state)
{
    const char **name = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (*name) cli_usage(state, "one CATALOG is expected");
        *name = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        cli_usage(state, "no CATALOG is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp data_catalog_argp = {.parser = parse_catalog};

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"?", "spot", "linear", "inverse"};

    return names[kind <= QN_INVERSE ? kind : 0];
}

struct json_object *json_instrument(const qn_instrument *def)
{
    struct json_object *o = json_object_new_object();
    bool is_whole =
        json_put_text(o, "name", def->name) && json_put_text(o, "kind", kind_name(def->kind)) &&
        json_put_text(o, "base", def->base) && json_put_text(o, "quote", def->quote) &&
        json_put_text(o, "settle", def->settle) &&
        json_put_amount(o, "tick", def->tick_size, def->price_exp) &&
        json_put_amount(o, "lot", def->lot_size, def->qty_exp) &&
        json_put(o, "price_exp", json_object_new_int(def->price_exp)) &&
        json_put(o, "qty_exp", json_object_new_int(def->qty_exp)) &&
        json_put_amount(o, "contract_size", def->contract_size.mantissa, def->contract_size.exp) &&
        json_put_amount(o, "min_notional", def->min_notional, def->money_exp) &&
        json_put_time(o, "valid_from", def->valid_from);

    return json_whole(o, is_whole);
}

int64_t data_start(data_type data, int64_t ts_ns)
{
    return ts_ns - data.length;
}
