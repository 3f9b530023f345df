/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "base/fail.h"
#include "base/log.h"

#define PROGRESS_ROWS 16384 /* between two reports */

/* --- looking -------------------------------------------------------------------------- */

static survey_wish wish_of(const import_job *job)
{
    const import_options *opt = job->opt;
    const instrument_options *said = &opt->instrument;
    bool lacks_step = options_lack_tick(said) || options_lack_lot(said) ||
                      (opt->format->is_off_tick && !said->price_exp);

    return (survey_wish){!job->is_known && lacks_step,
                         opt->format->type == QN_EVENT_BAR && !opt->bar};
}

int32_t rows_look(import_job *job, qn_err *err)
{
    const import_options *opt = job->opt;
    survey_wish wish = wish_of(job);
    bool has_bad = false;
    int64_t line = 0;
    int32_t rc;

    for (size_t i = 0; i < opt->nfiles; i++) {
        survey_file *file = &job->files[i];
        rc = survey_look(&job->found, file, opt->format, opt->columns, wish, &line, err);
        if (rc != QN_OK) return job_at(job, file->path, line, rc);
        if (!file->has_rows && !file->has_bad)
            log_at(LOG_WARNING, file->path, 0, "the file holds no rows");
        has_bad = has_bad || file->has_bad;
    }
    job_sort(job);
    for (size_t i = 1; i < opt->nfiles && job->files[i].has_rows; i++)
        survey_step(&job->found, job->files[i - 1].last, job->files[i].first);
    if (!job->files[0].has_rows && has_bad) return QN_OK;
    if (!job->files[0].has_rows)
        return job_at(job, job->files[0].path, 0,
                      fail(err, QN_E_MISSING, "nothing to import: no rows of data"));
    if (wish.steps && (rc = survey_length(&job->found, &job->set.length, err)) != QN_OK)
        return job_at(job, job->files[0].path, 0, rc);
    job->places = (data_places){job->found.price_places, job->found.qty_places,
                                opt->format->is_off_tick ? job->found.price_places : 0};
    return QN_OK;
}

/* --- reading -------------------------------------------------------------------------- */

static int32_t add_row(import_job *job, import_layout *layout, const csv_row *row, qn_err *err)
{
    import_event ev;
    int64_t from;
    int32_t rc;

    if ((rc = row_read(job->opt->format, &job->set, layout, row, &ev, err)) != QN_OK) return rc;
    if (!job->writer) return fail(err, QN_E_INTERNAL, "a row was read that the survey could not");
    from = job->seq.has_last ? job->seq.last : INT64_MAX;
    if ((rc = sequence_add(&job->seq, &ev, err)) != QN_OK) return rc;
    if (ev.hdr.type == QN_EVENT_BAR) survey_step(&job->read, from, job->seq.last);
    return job_add(job, &ev, row->line, err);
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
    return rc == QN_OK ? rc : job_at(job, job->files[job->file].path, row->line, rc);
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
        rc = job_bad_row(job, in->blank, fail(err, QN_E_SYNTAX, "the line is blank"), err);
        in->blank = 0;
        if (rc != QN_OK) return rc;
    }
    if (!in->has_layout && (rc = first_row(job, in, row, &is_header, err)) != QN_OK) return rc;
    if (is_header) return QN_OK;
    rc = add_row(job, &in->layout, row, err);
    return rc == QN_OK ? rc : job_bad_row(job, row->line, rc, err);
}

static int32_t read_file(import_job *job, reading *in, qn_err *err)
{
    csv_row row;
    int32_t rc;

    for (;;) {
        rc = csv_next(in->text, &row, err);
        if (rc == QN_OK && row.line == 0) return QN_OK;
        if (rc == QN_OK)
            rc = take_row(job, in, &row, err);
        else if (job_is_bad_row(rc))
            rc = job_bad_row(job, row.line, rc, err);
        else
            job_at(job, job->files[job->file].path, 0, rc);
        if (rc != QN_OK) return rc;
        if (row.line % PROGRESS_ROWS == 0) job_progress(job, csv_progress(in->text));
    }
}

int32_t rows_read(import_job *job, qn_err *err)
{
    int32_t rc = QN_OK;

    job->progress_share = 1;
    if (job->writer) rc = job_begin(job, (data_type){job->opt->format->type, job->set.length}, err);
    for (job->file = 0; job->file < job->opt->nfiles && rc == QN_OK; job->file++) {
        const char *path = job->files[job->file].path;
        reading in = {0};
        if (!job->files[job->file].has_rows && !job->files[job->file].has_bad) continue;
        if ((rc = csv_open(path, &in.text, err)) != QN_OK) return job_at(job, path, 0, rc);
        rc = read_file(job, &in, err);
        csv_close(in.text);
    }
    if (rc != QN_OK || (rc = survey_check_length(&job->read, job->set.length, err)) == QN_OK)
        return rc;
    return job_at(job, job->files[0].path, 0, rc);
}
