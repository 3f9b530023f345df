/* SPDX-License-Identifier: MIT
 *
 * What is kept of a crash: a folder STORE/crashes/TIME-ID with
 *
 *   crash.json   who, where, how, and the calls that led there
 *   config.cfg   the config's file; crash.json has the --set arguments
 *   module.so    the file of the plugin
 *   maps.txt     which file lay where in the process
 *   store/       the store as the crash has left it, unless it is larger than BUNDLE_STORE_BYTES
 *
 * `quoin journal replay FOLDER` does the run again from it, up to the crash. */
#ifndef QUOIN_SUPERVISE_BUNDLE_H
#define QUOIN_SUPERVISE_BUNDLE_H

#include "slot.h"

#include "base/file.h"

#define BUNDLE_STORE_BYTES (UINT64_C(256) << 20) /* on disk */
#define BUNDLE_FORMAT 1

typedef struct bundle_spec {
    const char *store;       /* folder */
    const char *config;      /* file, as it was given */
    const char *const *sets; /* --set arguments */
    size_t nsets;
    const char *version; /* of the host */
    uint32_t keep;       /* bundles in a store: older ones are removed; 0 = none is made */
} bundle_spec;

/* Make one, while nobody has the store open. `path` is filled in, and whether it has the store. On
 * error what could be written is there. */
int32_t bundle_write(const bundle_spec *spec, const slot_page *page, int64_t now,
                     char path[PATH_ROOM], bool *has_store, qn_err *err);

#endif
