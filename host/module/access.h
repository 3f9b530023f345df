/* SPDX-License-Identifier: MIT
 *
 * Who may write where modules lie. What others may write, others may run as us. */
#ifndef QUOIN_MODULE_ACCESS_H
#define QUOIN_MODULE_ACCESS_H

#include "base/file.h"

#include <stdbool.h>

/* Check that a file and its folder belong to us or to root and that nobody else may write them.
 * Links are followed: what is judged is the file that they lead to. *real receives its path, by
 * which it is to be opened: a link may lead elsewhere by then. `what` it is, for messages:
 * "module". QN_OK, QN_E_MODULE_ACCESS, QN_E_NOT_FOUND or QN_E_IO. */
int32_t access_check(const char *path, const char *what, char real[PATH_ROOM], qn_err *err);
/* The same of a folder alone. */
int32_t access_check_dir(const char *path, const char *what, qn_err *err);

/* Make a folder that only we may use, or check an existing one: ours, no link, and nobody
 * else may write it. QN_OK, QN_E_MODULE_ACCESS or QN_E_IO. */
int32_t access_private_dir(const char *path, qn_err *err);

#endif
