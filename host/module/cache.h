/* SPDX-License-Identifier: MIT
 *
 * Private copies of modules, named by their content: <dir>/<sha256>.so, mode 0500.
 *
 * One path for each content settles several things at once: a changed original can't reach
 * what is mapped (writing to a mapped file kills the process that runs it); a new build can't
 * be mistaken for the old one (dlopen knows files by path and inode); debuggers and audits
 * find the exact bytes that ran.
 *
 * Beside a copy stands <sha256>.ok once its entry point has been run in a process of its own
 * and its tables were found good, so that this is paid once for each build. */
#ifndef QUOIN_MODULE_CACHE_H
#define QUOIN_MODULE_CACHE_H

#include "base/file.h"

/* The cache folder: `wanted`, else $QUOIN_CACHE, else $XDG_CACHE_HOME/quoin/modules, else
 * $HOME/.cache/quoin/modules, else a folder of our own in $TMPDIR or /tmp. Made and checked.
 * QN_OK, QN_E_MODULE_ACCESS, QN_E_IO. */
int32_t cache_dir(const char *wanted, char to[PATH_ROOM], qn_err *err);

/* Put the copy there, or find it there. The copy is read back and hashed whichever it was; a
 * copy with other content is replaced, never written into.
 * QN_OK; QN_E_IO, QN_E_DAMAGED: what was read back is not what was written. */
int32_t cache_copy(const char *dir, const char *hash, const void *data, size_t size,
                   char to[PATH_ROOM], qn_err *err);

/* Find the copy with that content. QN_OK; QN_E_NOT_FOUND: there is none, or it is not what its name
 * says. */
int32_t cache_find(const char *dir, const char *hash, char to[PATH_ROOM], qn_err *err);

/* Has this content been found good by this version of the checks? And: it has. A mark that
 * can't be written costs time at the next start, nothing else. */
bool cache_is_proven(const char *dir, const char *hash);
void cache_prove(const char *dir, const char *hash);

#endif
