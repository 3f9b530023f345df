/* SPDX-License-Identifier: MIT
 *
 * The index of notes: which class lies in which file. */
#include "module.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct module_index {
    module_file *files;
    char **texts; /* what the notes' strings point into, a row for each file */
    size_t nfiles, files_room, texts_room;
    arena memory; /* the paths */
};

static bool is_module_name(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 3 && strcmp(name + len - 3, ".so") == 0;
}

static int32_t add_file(module_index *index, const char *path, qn_err *err)
{
    size_t i = index->nfiles;
    module_file *f;

    if (!mem_reserve((void **)&index->files, &index->files_room, i + 1, sizeof *index->files) ||
        !mem_reserve((void **)&index->texts, &index->texts_room, i + 1, sizeof *index->texts))
        return fail(err, QN_E_NO_MEMORY, "out of memory listing plugins");
    f = &index->files[i];
    *f =
        (module_file){.path = arena_text_n(&index->memory, path, strlen(path)), .err = QN_ERR_INIT};
    index->texts[i] = NULL;
    if (!f->path) return fail(err, QN_E_NO_MEMORY, "out of memory listing plugins");
    index->nfiles++;
    f->code = module_read_note(path, &f->note, &index->texts[i], &f->err);
    return f->code == QN_E_NO_MEMORY ? fail(err, f->code, "out of memory listing plugins") : QN_OK;
}

static int32_t add_folder(module_index *index, const char *dir, int depth, qn_err *err);

/* One entry of a folder, if it is of the wanted sort: a folder, or a file. */
static int32_t add_entry(module_index *index, const char *dir, const char *name, bool want_folders,
                         int depth, qn_err *err)
{
    char path[PATH_ROOM];
    struct stat st;
    int32_t rc = path_join(dir, name, path, err);

    if (rc != QN_OK) return rc;
    if (name[0] == '.' || stat(path, &st) != 0) return QN_OK; /* a dangling link is no plugin */
    if ((S_ISDIR(st.st_mode) != 0) != want_folders) return QN_OK;
    if (want_folders) return depth > 0 ? add_folder(index, path, depth - 1, err) : QN_OK;
    return is_module_name(name) ? add_file(index, path, err) : QN_OK;
}

/* The files of a folder, then those of its folders: what lies nearer goes before. Sorted by
 * name, so that the answer does not depend on the file system. */
static int32_t add_folder(module_index *index, const char *dir, int depth, qn_err *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);
    int32_t rc = QN_OK;

    if (n < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return QN_OK;
        return fail_errno(err, "cannot read folder %s", dir);
    }
    for (int i = 0; i < 2 * n && rc == QN_OK; i++)
        rc = add_entry(index, dir, entries[i % n]->d_name, i >= n, depth, err);
    for (int i = 0; i < n; i++)
        mem_free(entries[i]);
    mem_free(entries);
    return rc;
}

int32_t module_index_open(const char *const *dirs, size_t ndirs, module_index **out, qn_err *err)
{
    module_index *index = mem_new(1, sizeof *index);
    int32_t rc = QN_OK;

    if (!index) return fail(err, QN_E_NO_MEMORY, "out of memory listing plugins");
    for (size_t i = 0; rc == QN_OK && i < ndirs; i++)
        rc = add_folder(index, dirs[i], 1, err);
    if (rc == QN_OK)
        *out = index;
    else
        module_index_close(index);
    return rc;
}

void module_index_close(module_index *index)
{
    if (!index) return;
    for (size_t i = 0; i < index->nfiles; i++)
        mem_free(index->texts[i]);
    mem_free(index->texts);
    mem_free(index->files);
    arena_free(&index->memory);
    mem_free(index);
}

size_t module_index_files(const module_index *index, const module_file **out)
{
    *out = index->files;
    return index->nfiles;
}

const module_file *module_index_find(const module_index *index, const char *class_id)
{
    for (size_t i = 0; i < index->nfiles; i++)
        for (uint32_t c = 0; c < index->files[i].note.nclasses; c++)
            if (strcmp(index->files[i].note.classes[c].id, class_id) == 0) return &index->files[i];
    return NULL;
}

const char *module_index_nearest(const module_index *index, const char *class_id)
{
    const char **names = mem_new(index->nfiles * MODULE_CLASSES, sizeof *names);
    const char *name;
    size_t n = 0;

    if (!names) return NULL; /* only a hint is lost */
    for (size_t i = 0; i < index->nfiles; i++)
        for (uint32_t c = 0; c < index->files[i].note.nclasses; c++)
            names[n++] = index->files[i].note.classes[c].id;
    name = name_nearest(class_id, names, n);
    mem_free(names);
    return name;
}
