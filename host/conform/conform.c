/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"

#include <ftw.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const conform_check *conform_check_at(size_t i)
{
    return i < conform_nrows ? &conform_rows[i].about : NULL;
}

/* One pass over the table: the file's checks, or those of one class. */
typedef struct pass {
    const conform_options *options;
    const regex_t *only; /* NULL = all */
    conform_totals *totals;
    subject subject;
    unsigned kind; /* KIND_FILE, or the class's */
    bool *failed;  /* by row: of the file, and of this class */
    bool *file_failed;
} pass;

static bool is_chosen(const pass *p, const check_row *row)
{
    return !p->only || regexec(p->only, row->about.name, 0, NULL, 0) == 0;
}

/* The check that this one rests on and that failed, its own or one that that one rests on. */
static const char *in_the_way(const pass *p, const check_row *row)
{
    for (size_t i = 0; row->after && i < conform_nrows; i++) {
        if (strcmp(conform_rows[i].about.name, row->after) != 0) continue;
        if (p->failed[i] || p->file_failed[i]) return conform_rows[i].about.name;
        row = &conform_rows[i];
        i = (size_t)-1; /* from the start again, for the one before */
    }
    return NULL;
}

static int32_t run_row(pass *p, size_t i, qn_err *err)
{
    const check_row *row = &conform_rows[i];
    conform_result r = {.check = &row->about};
    const char *before = in_the_way(p, row);
    int64_t start = clock_steady();
    finding f = {0};
    int32_t rc = QN_OK;

    if (before)
        skipped(&f, "not run: it rests on %s", before);
    else
        rc = child_run(row, &p->subject, p->options->limit_s, &f, err);
    if (rc != QN_OK) return rc;
    p->failed[i] = f.state == CONFORM_FAILED;
    p->totals->passed += f.state == CONFORM_PASSED;
    p->totals->failed += f.state == CONFORM_FAILED;
    p->totals->skipped += f.state == CONFORM_SKIPPED;
    r.state = f.state;
    r.seconds = (double)(clock_steady() - start) / 1e9;
    snprintf(r.class_id, sizeof r.class_id, "%s", p->subject.class_id);
    memcpy(r.text, f.text, sizeof r.text);
    p->options->report(p->options->ctx, &r);
    return QN_OK;
}

static int32_t run_pass(pass *p, qn_err *err)
{
    int32_t rc = QN_OK;

    for (size_t i = 0; i < conform_nrows && rc == QN_OK; i++)
        if ((conform_rows[i].kinds & p->kind) && is_chosen(p, &conform_rows[i]))
            rc = run_row(p, i, err);
    return rc;
}

/* The classes of the file, as its note names them: the note is read, none of its code is run. */
static int32_t run_classes(pass *p, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    char *text = NULL;
    note n;
    int32_t rc = QN_OK;

    if (module_read_note(p->options->path, &n, &text, &why) != QN_OK)
        return QN_OK; /* a check of the file has told it */
    for (uint32_t i = 0; i < n.nclasses && rc == QN_OK; i++) {
        p->kind = kind_bit(n.classes[i].kind);
        p->subject.class_id = n.classes[i].id;
        memset(p->failed, 0, conform_nrows * sizeof *p->failed);
        rc = run_pass(p, err);
    }
    mem_free(text);
    return rc;
}

/* ------------------------------------------------------------------ what is chosen, where */

static int32_t choose(const conform_options *o, regex_t *only, qn_err *err)
{
    char why[160];
    int code = regcomp(only, o->only, REG_EXTENDED | REG_NOSUB);
    size_t n = 0;

    if (code != 0) {
        regerror(code, only, why, sizeof why);
        return fail(err, QN_E_SYNTAX, "'%.60s' is no regular expression: %s", o->only, why);
    }
    for (size_t i = 0; i < conform_nrows; i++)
        n += regexec(only, conform_rows[i].about.name, 0, NULL, 0) == 0;
    if (n > 0) return QN_OK;
    regfree(only);
    return fail(err, QN_E_SYNTAX, "no check has a name that matches '%.60s'", o->only);
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* The folder of kept states: the one that was named, or one beside the file. */
static const char *golden_of(const conform_options *o, char room[PATH_ROOM])
{
    char beside[PATH_ROOM];

    if (o->golden) return o->golden;
    if (path_dir(o->path, beside, NULL) != QN_OK ||
        path_join(beside, "golden", room, NULL) != QN_OK || !file_exists(room))
        return NULL;
    return room;
}

static int32_t run_all(const conform_options *o, const regex_t *only, const char *folder,
                       conform_totals *out, qn_err *err)
{
    char golden[PATH_ROOM];
    bool *failed = mem_new(2 * conform_nrows, sizeof *failed);
    pass p = {.options = o,
              .only = only,
              .totals = out,
              .subject = {.path = o->path,
                          .folder = folder,
                          .class_id = "",
                          .sets = o->sets,
                          .nsets = o->nsets,
                          .seed = o->seed,
                          .golden = golden_of(o, golden),
                          .keeps = o->keeps},
              .kind = KIND_FILE,
              .failed = failed,
              .file_failed = failed};
    int32_t rc;

    if (!failed) return fail(err, QN_E_NO_MEMORY, "out of memory");
    rc = run_pass(&p, err);
    p.failed = failed + conform_nrows;
    if (rc == QN_OK) rc = run_classes(&p, err);
    mem_free(failed);
    return rc;
}

int32_t conform_run(const conform_options *o, conform_totals *out, qn_err *err)
{
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_ROOM];
    regex_t only;
    int32_t rc;

    *out = (conform_totals){0};
    for (size_t i = 0; i < o->nsets; i++)
        if (!strchr(o->sets[i], '=') || o->sets[i][0] == '=')
            return fail(err, QN_E_SYNTAX, "'%.60s' is no KEY=VALUE", o->sets[i]);
    if (!file_exists(o->path)) return fail(err, QN_E_NOT_FOUND, "there is no file %s", o->path);
    if (o->golden && !o->keeps && !file_exists(o->golden))
        return fail(err, QN_E_INVALID, "there is no folder %s of kept states; --keep makes one",
                    o->golden);
    if (o->only && (rc = choose(o, &only, err)) != QN_OK) return rc;
    snprintf(folder, sizeof folder, "%s/quoin-check.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        rc = fail_errno(err, "cannot make a folder in %.200s", folder);
    } else {
        rc = run_all(o, o->only ? &only : NULL, folder, out, err);
        nftw(folder, forget, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (o->only) regfree(&only);
    return rc;
}
