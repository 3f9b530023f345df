/* SPDX-License-Identifier: MIT */
#include "job.h"

#include "base/fail.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

int32_t job_at(import_job *job, const char *file, int64_t line, int32_t rc)
{
    job->out->bad_file = file;
    job->out->bad_line = line;
    return rc;
}

bool job_is_bad_row(int32_t rc)
{
    switch (rc) {
    case QN_E_SYNTAX:
    case QN_E_MISSING:
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

int32_t job_bad_row(import_job *job, int64_t line, int32_t rc, qn_err *err)
{
    const char *path = job->files[job->file].path;

    if (!job_is_bad_row(rc)) return rc;
    if (!job->opt->skip_bad) return job_at(job, path, line, rc);
    log_at(LOG_WARNING, path, line, "%s [%s], skipped", err->msg, error_name(rc));
    job->out->skipped++;
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

void job_sort(import_job *job)
{
    qsort(job->files, job->opt->nfiles, sizeof *job->files, by_time);
}

int32_t job_begin(import_job *job, data_type data, qn_err *err)
{
    import_result *out = job->out;

    sequence_free(&job->seq);
    out->series[out->nseries++] = (import_series){.data = data};
    return catalog_writer_begin(job->writer, out->instrument.name, data, err);
}

int32_t job_add(import_job *job, const import_event *ev, int64_t line, qn_err *err)
{
    import_result *out = job->out;
    import_series *series = &out->series[out->nseries - 1];
    int32_t rc = catalog_writer_add(job->writer, &ev->hdr, err);

    if (rc == QN_E_EXISTS) job_at(job, job->files[job->file].path, line, rc);
    if (rc != QN_OK) return rc;
    if (series->rows++ == 0)
        series->from = ev->hdr.type == QN_EVENT_BAR ? ev->bar.open_ts : ev->hdr.ts_ns;
    series->to = ev->hdr.ts_ns;
    return QN_OK;
}

void job_progress(const import_job *job, double part)
{
    double of_files = ((double)job->file + part) / (double)job->opt->nfiles;

    if (job->opt->progress)
        job->opt->progress(job->opt->progress_ctx,
                           job->progress_from + of_files * job->progress_share);
}
