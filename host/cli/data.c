/* SPDX-License-Identifier: MIT
 *
 * quoin data: the table of its subcommands. */
#include "data.h"

static const cli_command commands[] = {
    {"import", "read files into a catalog", cmd_data_import},
    {"list", "show what a catalog holds", cmd_data_list},
    {"verify", "check every byte of a catalog", cmd_data_verify},
    {"export", "write a catalog's data as CSV", cmd_data_export},
};

int cmd_data(int argc, char **argv)
{
    return cli_dispatch("quoin data", "Market data: a catalog of checked, immutable files.",
                        commands, sizeof commands / sizeof commands[0], argc, argv);
}
