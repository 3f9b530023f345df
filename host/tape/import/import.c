/* SPDX-License-Identifier: MIT */
#include "import.h"

#include "sequence.h"
#include "survey.h"

#include "../writer.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_ROWS 16384 /* between two reports */

/* One import under way. */
typedef struct import_job {
    const import_options *opt;
    import_result *out;
    survey_file *files; /* in the order of their times */
    survey found;
    import_settings set;
    catalog_writer *writer;
    sequence seq;
    size_t file; /* the one being read */
} import_job;

static int32_t at_place(import_job *job, const char *file, int64_t line, int32_t rc)
{
    job->out->bad_file = file;
    job->out->bad_line = line;
    return rc;
}

/* --- before reading ------------------------------------------------------------------- */

/* A FILE.CHECKSUM beside an archive file: its first word is the SHA-256 of the file. */
static int32_t check_archive(const char *path, qn_err *err)
{
    char name[PATH_ROOM];
    char sum[SHA256_HEX];
    char *said = NULL;
    size_t len = 0;
    int32_t rc;

    if ((size_t)snprintf(name, sizeof name, "%s.CHECKSUM", path) >= sizeof name)
        return fail(err, QN_E_OVERFLOW, "the path is too long");
    if (!file_exists(name)) return QN_OK;
    if ((rc = file_read(name, &said, &len, err)) != QN_OK) return rc;
    if ((rc = file_sha256(path, sum, err)) == QN_OK &&
        (len < SHA256_HEX - 1 || strncasecmp(said, sum, SHA256_HEX - 1) != 0))
        rc = fail(err, QN_E_DAMAGED, "the SHA-256 is not the one in its .CHECKSUM file");
    mem_free(said);
    return rc;
}

/* Is the instrument in the catalog? A catalog that does not exist yet knows none. */
static int32_t is_known(const import_options *opt, bool *known, qn_err *err)
{
    catalog *cat = NULL;
    int32_t rc = catalog_open(opt->catalog, &cat, err);

    *known = false;
    if (rc == QN_E_NOT_FOUND) {
        if (err) *err = (qn_err)QN_ERR_INIT;
        return QN_OK;
    }
    if (rc != QN_OK) return rc;
    *known = catalog_instrument(cat, opt->instrument.name, 0) != NULL;
    catalog_close(cat);
    return QN_OK;
}

static int by_time(const void *a, const void *b)
{
    const survey_file *x = a;
    const survey_file *y = b;

    if (x->has_rows != y->has_rows) return x->has_rows ? -1 : 1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Look at all files, sort them, and see to it that nothing is left unsaid. If the first
 * file then has no row that can be read, none has, and some have bad ones. */
static int32_t look(import_job *job, qn_err *err)
{
    const import_options *opt = job->opt;
    bool lacks_step = options_lack_tick(&opt->instrument) || options_lack_lot(&opt->instrument);
    bool known = false;
    bool has_bad = false;
    survey_wish wish;
    int64_t line = 0;
    int32_t rc;

    if ((rc = is_known(opt, &known, err)) != QN_OK) return rc;
    wish = (survey_wish){!known && lacks_step, opt->format->type == QN_EVENT_BAR && !opt->bar};
    for (size_t i = 0; i < opt->nfiles; i++) {
        survey_file *file = &job->files[i];
        file->path = opt->files[i];
        if (opt->format->is_archive) rc = check_archive(file->path, err);
        if (rc == QN_OK)
            rc = survey_look(&job->found, file, opt->format, opt->columns, wish, &line, err);
        if (rc != QN_OK) return at_place(job, file->path, line, rc);
        if (!file->has_rows && !file->has_bad)
            log_at(LOG_WARNING, file->path, 0, "the file holds no rows");
        has_bad = has_bad || file->has_bad;
    }
    qsort(job->files, opt->nfiles, sizeof *job->files, by_time);
    for (size_t i = 1; i < opt->nfiles && job->files[i].has_rows; i++)
        survey_step(&job->found, job->files[i].first - job->files[i - 1].last);
    if (!job->files[0].has_rows && has_bad) return QN_OK;
    if (!job->files[0].has_rows)
        return at_place(job, job->files[0].path, 0,
                        fail(err, QN_E_MISSING, "nothing to import: no rows of data"));
    if (wish.steps && (rc = survey_length(&job->found, &job->set.length, err)) != QN_OK)
        return at_place(job, job->files[0].path, 0, rc);
    return QN_OK;
}

/* --- the catalog's side --------------------------------------------------------------- */

static void tell_new(const import_job *job, const qn_instrument *def)
{
    const instrument_options *given = &job->opt->instrument;

    if (options_lack_tick(given))
        log_line(LOG_INFO, "no --tick: prices are counted in 10^%d, the finest place in the data",
                 def->price_exp);
    if (options_lack_lot(given))
        log_line(LOG_INFO,
                 "no --lot: quantities are counted in 10^%d, the finest place in the data",
                 def->qty_exp);
    if (!given->quote)
        log_line(LOG_INFO, "no --quote: %s is taken to be quoted in %s", def->name, def->quote);
}

/* Open the catalog, and find or make the instrument's definition. */
static int32_t prepare(import_job *job, qn_err *err)
{
    const import_options *opt = job->opt;
    qn_instrument *def = &job->out->instrument;
    const qn_instrument *known;
    int32_t rc;

    if ((rc = catalog_writer_open(opt->catalog, &job->writer, err)) != QN_OK) return rc;
    known = catalog_writer_find(job->writer, opt->instrument.name, job->files[0].first);
    job->out->is_new = !known;
    if (known) {
        *def = *known;
        rc = options_agree(&opt->instrument, def, err);
    } else {
        rc = options_define(&opt->instrument, job->found.price_places, job->found.qty_places, def,
                            err);
        if (rc == QN_OK) rc = catalog_writer_instrument(job->writer, def, err);
    }
    if (rc != QN_OK) return rc;
    job->set.price_exp = def->price_exp;
    job->set.qty_exp = def->qty_exp;
    job->out->data = (data_type){opt->format->type, job->set.length};
    return catalog_writer_begin(job->writer, def->name, job->out->data, err);
}

/* --- rows ----------------------------------------------------------------------------- */

/* Codes that a bad row brings; any other ends the import even with --skip-bad. */
static bool is_bad_row(int32_t rc)
{
    switch (rc) {
    case QN_E_SYNTAX:
    case QN_E_PRECISION:
    case QN_E_OVERFLOW:
    case QN_E_RANGE:
    case QN_E_TYPE:
    case QN_E_INVALID:
    case QN_E_ORDER:
    case QN_E_DUPLICATE:
        return true;
    default:
        return false;
    }
}

/* Pass over a bad row if that is wished, else fail at it. */
static int32_t bad_row(import_job *job, int64_t line, int32_t rc, qn_err *err)
{
    const char *path = job->files[job->file].path;

    if (!is_bad_row(rc)) return rc;
    if (!job->opt->skip_bad) return at_place(job, path, line, rc);
    log_at(LOG_WARNING, path, line, "%s [%s], skipped", err->msg, error_name(rc));
    job->out->skipped++;
    return QN_OK;
}

static int32_t add_row(import_job *job, import_layout *layout, const csv_row *row, qn_err *err)
{
    import_event ev;
    import_result *out = job->out;
    bool is_bar = job->opt->format->type == QN_EVENT_BAR;
    int32_t rc;

    if ((rc = row_read(job->opt->format, &job->set, layout, row, &ev, err)) != QN_OK) return rc;
    if (!job->writer) return fail(err, QN_E_INTERNAL, "a row was read that the survey could not");
    if ((rc = sequence_add(&job->seq, &ev, err)) != QN_OK) return rc;
    rc = catalog_writer_add(job->writer, &ev.hdr, err);
    if (rc == QN_E_EXISTS) at_place(job, job->files[job->file].path, row->line, rc);
    if (rc != QN_OK) return rc;
    if (out->rows++ == 0) out->from = is_bar ? ev.bar.open_ts : ev.hdr.ts_ns;
    out->to = ev.hdr.ts_ns;
    return QN_OK;
}

static void tell_progress(const import_job *job, const csv *c)
{
    if (!job->opt->progress) return;
    job->opt->progress(job->opt->progress_ctx,
                       ((double)job->file + csv_progress(c)) / (double)job->opt->nfiles);
}

/* What is known of the file being read. */
typedef struct reading {
    csv *text;
    import_layout layout;
    bool has_layout;
    int64_t blank; /* the first blank line, until a row follows it; 0 = none */
} reading;

/* Find the columns in the first row, which may be a header or data. */
static int32_t first_row(import_job *job, reading *in, const csv_row *row, bool *is_header,
                         qn_err *err)
{
    int32_t rc = layout_find(job->opt->format, job->opt->columns, row, &in->layout, is_header, err);

    in->has_layout = true;
    return rc == QN_OK ? rc : at_place(job, job->files[job->file].path, row->line, rc);
}

/* One row, or blank line. Blank lines are accepted at the end of a file only. */
static int32_t take_row(import_job *job, reading *in, const csv_row *row, qn_err *err)
{
    bool is_header = false;
    int32_t rc;

    if (row->n == 0) {
        in->blank = in->blank ? in->blank : row->line;
        return QN_OK;
    }
    if (in->blank) {
        rc = bad_row(job, in->blank, fail(err, QN_E_SYNTAX, "the line is blank"), err);
        in->blank = 0;
        if (rc != QN_OK) return rc;
    }
    if (!in->has_layout && (rc = first_row(job, in, row, &is_header, err)) != QN_OK) return rc;
    if (is_header) return QN_OK;
    rc = add_row(job, &in->layout, row, err);
    return rc == QN_OK ? rc : bad_row(job, row->line, rc, err);
}

static int32_t read_rows(import_job *job, reading *in, qn_err *err)
{
    csv_row row;
    int32_t rc;

    for (;;) {
        rc = csv_next(in->text, &row, err);
        if (rc == QN_OK && row.line == 0) return QN_OK;
        if (rc == QN_OK)
            rc = take_row(job, in, &row, err);
        else if (is_bad_row(rc))
            rc = bad_row(job, row.line, rc, err);
        else
            at_place(job, job->files[job->file].path, 0, rc);
        if (rc != QN_OK) return rc;
        if (row.line % PROGRESS_ROWS == 0) tell_progress(job, in->text);
    }
}

static int32_t read_files(import_job *job, qn_err *err)
{
    int32_t rc = QN_OK;

    for (job->file = 0; job->file < job->opt->nfiles && rc == QN_OK; job->file++) {
        const char *path = job->files[job->file].path;
        reading in = {0};
        if (!job->files[job->file].has_rows && !job->files[job->file].has_bad) continue;
        if ((rc = csv_open(path, &in.text, err)) != QN_OK) return at_place(job, path, 0, rc);
        rc = read_rows(job, &in, err);
        csv_close(in.text);
    }
    if (rc == QN_OK && job->out->rows == 0)
        rc = at_place(job, job->files[0].path, 0,
                      fail(err, QN_E_MISSING, "nothing to import: every row is bad"));
    return rc;
}

int32_t import_run(const import_options *opt, import_result *out, qn_err *err)
{
    import_job job = {.opt = opt, .out = out};
    int32_t rc;

    *out = (import_result){.files = opt->nfiles};
    /* the exponents serve messages alone until the instrument is known */
    job.set = (import_settings){.price_exp = QN_MONEY_EXP, .qty_exp = QN_MONEY_EXP};
    job.set.length = opt->bar;
    job.set.is_close_time = opt->is_close_time;
    if ((rc = options_check(&opt->instrument, err)) != QN_OK) return rc;
    if ((rc = layout_check(opt->format, opt->columns, err)) != QN_OK) return rc;
    if (!(job.files = mem_new(opt->nfiles, sizeof *job.files)))
        return fail(err, QN_E_NO_MEMORY, "out of memory");
    if ((rc = look(&job, err)) != QN_OK) goto done;
    /* without a row that can be read nothing is written: reading tells of the bad ones */
    if (job.files[0].has_rows && (rc = prepare(&job, err)) != QN_OK) goto done;
    if ((rc = read_files(&job, err)) != QN_OK) goto done;
    if ((rc = catalog_writer_publish(job.writer, err)) != QN_OK) goto done;
    if (out->is_new) tell_new(&job, &out->instrument);
done:
    sequence_free(&job.seq);
    catalog_writer_close(job.writer);
    mem_free(job.files);
    return rc;
}
