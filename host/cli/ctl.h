/* SPDX-License-Identifier: MIT
 *
 * What quoin ctl prints. */
#ifndef QUOIN_CLI_CTL_H
#define QUOIN_CLI_CTL_H

struct json_object;

/* The state of a run, as the host tells it, for people. */
void ctl_print_status(struct json_object *status);

#endif
