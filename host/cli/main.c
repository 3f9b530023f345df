/* SPDX-License-Identifier: MIT
 *
 * The quoin command: the table of its subcommands. */
#include "cli.h"

#include "base/fail.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const cli_command commands[] = {
    {"run", "run a config: replay, trade, report", cmd_run},
    {"check", "check a config, and its run for look-ahead and repeatability", cmd_check},
    {"plugin", "list plugins, show one, begin one of your own", cmd_plugin},
    {"data", "import, list, verify and export market data", cmd_data},
    {"tune", "search the parameters of a config", cmd_tune},
    {"report", "make the report of a recorded run", cmd_report},
    {"ctl", "command a host that is running", cmd_ctl},
    {"journal", "show, explain, verify and replay what was recorded", cmd_journal},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static const char about[] = "A trading system that loads its parts as plugins.";

/* A result that did not reach its reader is a failure, even when the work was done. */
static int finish(int status)
{
    qn_err err = QN_ERR_INIT;

    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    cli_fail(fail_errno(&err, "cannot write to standard output"), &err);
    return status == EXIT_DONE ? EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write, not the end */
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("quoin " QUOIN_VERSION);
        return finish(EXIT_DONE);
    }
    return finish(cli_dispatch("quoin", about, commands, COMMANDS, argc, argv));
}
