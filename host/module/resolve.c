/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include "base/fail.h"

#include <string.h>

static bool is_file(const char *plugin)
{
    size_t len = strlen(plugin);

    return plugin[0] == '/' || (len > 3 && strcmp(plugin + len - 3, ".so") == 0);
}

int32_t module_resolve(config *cfg, const module_index *index, const char *plugin,
                       const config_node *owner, char path[PATH_ROOM], qn_err *err)
{
    const module_file *file;
    const char *nearest;
    int32_t rc;

    if (is_file(plugin)) { /* the config has put its own folder before it */
        if ((rc = path_join("", plugin, path, err)) != QN_OK || file_exists(path)) return rc;
        config_add_mistake(cfg, owner, QN_E_NOT_FOUND, "there is no plugin file %s", path);
        return fail(err, QN_E_INVALID, "the config has mistakes");
    }
    if ((file = module_index_find(index, plugin))) return path_join("", file->path, path, err);
    nearest = module_index_nearest(index, plugin);
    config_add_mistake(cfg, owner, QN_E_UNKNOWN_NAME,
                       "no plugin '%s'%s%s%s; `quoin plugin "
                       "list` shows what there is",
                       plugin, nearest ? ", did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'" : "");
    return fail(err, QN_E_INVALID, "the config has mistakes");
}

const qn_class *module_resolve_class(config *cfg, const module *m, const char *plugin,
                                     const char *kind, const config_node *owner)
{
    const qn_class *named = is_file(plugin) ? NULL : module_class(m, plugin);

    if (named && strcmp(named->kind, kind) == 0) return named;
    for (uint32_t i = 0; is_file(plugin) && i < module_about(m)->nclasses; i++)
        if (strcmp(module_class_at(m, i)->kind, kind) == 0) return module_class_at(m, i);
    config_add_mistake(cfg, owner, QN_E_TYPE, "plugin '%s' has no class of kind %s", plugin, kind);
    return NULL;
}
