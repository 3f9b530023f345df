/* SPDX-License-Identifier: MIT
 *
 * From the value of a config's key `plugin` to a class: by its id in the index, or by the path of a
 * file. */
#ifndef QUOIN_MODULE_RESOLVE_H
#define QUOIN_MODULE_RESOLVE_H

#include "base/file.h"
#include "config/config.h"
#include "module.h"

/* The file that holds a plugin: the config's own path, or where the index finds the class.
 *
 * owner   the group that names it: the place of a mistake
 * returns QN_OK; QN_E_INVALID, and a mistake in the config: there is no such file or class;
 *         QN_E_OVERFLOW: a path is too long. On error `path` is not defined. */
int32_t module_resolve(config *cfg, const module_index *index, const char *plugin,
                       const config_node *owner, char path[PATH_ROOM], qn_err *err);

/* The class of a loaded module that the config means: the one with that id, or where it names a
 * file the first one of the kind. NULL: none, and a mistake in the config. */
const qn_class *module_resolve_class(config *cfg, const module *m, const char *plugin,
                                     const char *kind, const config_node *owner);

#endif
