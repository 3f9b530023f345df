/* SPDX-License-Identifier: MIT
 *
 * Fixture modules, copied into a folder of the test's own. */
#ifndef QUOIN_TESTS_MODULE_FIXTURE_FILE_H
#define QUOIN_TESTS_MODULE_FIXTURE_FILE_H

#include "base/file.h"

#include <stddef.h>

/* A new folder that only this test uses. It holds the cache, the marker and the copies; the
 * environment is set so that the strict profile and this cache are used. `to` has PATH_ROOM. */
void fixture_folder(char *to);

/* Remove it. */
void fixture_clean(const char *folder);

/* FOLDER/name.so, with the content of the fixture. `to` has PATH_ROOM. */
void fixture_copy(const char *folder, const char *name, char *to);

/* Another file there, with this content. */
void fixture_write(const char *folder, const char *name, const void *data, size_t size, char *to);

/* True if code of a module has left its mark. */
int fixture_ran(const char *folder);

#endif
