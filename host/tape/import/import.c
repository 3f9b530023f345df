/* SPDX-License-Identifier: MIT */
#include "import.h"

#include "job.h"
#include "raw.h"
#include "rows.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- before reading ------------------------------------------------------------------- */

/* Files are read twice, looked at and imported: a pipe would be empty, or begin in the middle,
 * at the second time. A folder, and what is not there, is told of when it is opened. */
static int32_t check_file(const char *path, qn_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return QN_OK;
    return fail(err, QN_E_UNSUPPORTED,
                "no file but a pipe or device, which cannot be read twice; write it to a file "
                "first");
}

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
static int32_t look_up(import_job *job, qn_err *err)
{
    const import_options *opt = job->opt;
    catalog *cat = NULL;
    int32_t rc = catalog_open(opt->catalog, &cat, err);

    if (rc == QN_E_NOT_FOUND) {
        if (err) *err = (qn_err)QN_ERR_INIT;
        return QN_OK;
    }
    if (rc != QN_OK) return rc;
    job->is_known = catalog_instrument(cat, opt->instrument.name, 0) != NULL;
    catalog_close(cat);
    return QN_OK;
}

/* Look at the files: what is in them, and what nobody said about it. */
static int32_t look(import_job *job, qn_err *err)
{
    const import_options *opt = job->opt;
    int32_t rc;

    if ((rc = look_up(job, err)) != QN_OK) return rc;
    for (size_t i = 0; i < opt->nfiles; i++) {
        job->files[i].path = opt->files[i];
        rc = check_file(opt->files[i], err);
        if (rc == QN_OK && opt->format->is_archive) rc = check_archive(opt->files[i], err);
        if (rc != QN_OK) return job_at(job, opt->files[i], 0, rc);
    }
    return opt->format->is_messages ? raw_look(job, err) : rows_look(job, err);
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
        instrument_options said = opt->instrument;
        if (said.price_places < job->places.computed) said.price_places = job->places.computed;
        rc = options_define(&said, job->places.price, job->places.qty, def, err);
        if (rc == QN_OK) rc = catalog_writer_instrument(job->writer, def, err);
    }
    if (rc != QN_OK) return rc;
    job->set.price_exp = def->price_exp;
    job->set.qty_exp = def->qty_exp;
    return QN_OK;
}

/* Put the series together, without those of which every row was bad. */
static int32_t sum_up(import_job *job, qn_err *err)
{
    import_result *out = job->out;
    size_t n = 0;

    for (size_t i = 0; i < out->nseries; i++) {
        import_series series = out->series[i];
        if (series.rows == 0) continue;
        if (out->rows == 0 || series.from < out->from) out->from = series.from;
        if (out->rows == 0 || series.to > out->to) out->to = series.to;
        out->rows += series.rows;
        out->series[n++] = series;
    }
    out->nseries = n;
    if (out->rows > 0) return QN_OK;
    return job_at(job, job->files[0].path, 0,
                  fail(err, QN_E_MISSING, "nothing to import: every row is bad"));
}

int32_t import_run(const import_options *opt, import_result *out, qn_err *err)
{
    import_job job = {.opt = opt, .out = out};
    bool is_raw = opt->format->is_messages;
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
    if ((rc = is_raw ? raw_read(&job, err) : rows_read(&job, err)) != QN_OK) goto done;
    if ((rc = sum_up(&job, err)) != QN_OK) goto done;
    if ((rc = catalog_writer_publish(job.writer, err)) != QN_OK) goto done;
    if (out->is_new) tell_new(&job, &out->instrument);
done:
    sequence_free(&job.seq);
    catalog_writer_close(job.writer);
    mem_free(job.files);
    return rc;
}
