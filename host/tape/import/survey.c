/* SPDX-License-Identifier: MIT */
#include "survey.h"

#include "base/clock.h"
#include "base/fail.h"

#define STEPS_TOLD 10u /* fewer may be a coarser grid's by chance */

void survey_step(survey *s, int64_t from, int64_t to)
{
    uint64_t step = (uint64_t)to - (uint64_t)from; /* may be more than a signed number holds */
    uint64_t a = s->common_step;
    uint64_t b = step;

    if (to <= from) return;
    s->steps++;
    if (step == a) return; /* as most are */
    if (s->least_step == 0 || step < s->least_step) s->least_step = step;
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    s->common_step = a;
}

int32_t survey_length(const survey *s, int64_t *out, qn_err *err)
{
    char least[24];

    if (s->least_step == 0)
        return fail(err, QN_E_MISSING,
                    "the length of the bars cannot be told from one row; give it: --bar 1m");
    if (s->least_step > (uint64_t)BAR_LENGTH_MAX)
        return fail(err, QN_E_MISSING,
                    "the length of the bars cannot be told: the rows are more than 366d apart; "
                    "give it: --bar 1m");
    duration_format((int64_t)s->least_step, least);
    if (s->common_step != s->least_step)
        return fail(err, QN_E_MISSING,
                    "the length of the bars cannot be told: the smallest step, %s, does not "
                    "divide the others; give it: --bar 1m",
                    least);
    *out = (int64_t)s->least_step;
    return QN_OK;
}

int32_t survey_check_length(const survey *s, int64_t length, qn_err *err)
{
    char said[24];
    char least[24];

    if (s->steps < STEPS_TOLD || s->least_step <= (uint64_t)length ||
        s->common_step != s->least_step || s->least_step > (uint64_t)BAR_LENGTH_MAX)
        return QN_OK;
    duration_format(length, said);
    duration_format((int64_t)s->least_step, least);
    return fail(err, QN_E_RANGE,
                "no two of the bars lie less than %s apart: they are not of --bar %s; give "
                "--bar %s",
                least, said, least);
}

static size_t time_column(const importer *imp)
{
    size_t i = 0;

    while (imp->columns[i].kind != COLUMN_TIME)
        i++;
    return i;
}

/* One row of data: its time, its steps, its places. Returns whether it could be read. */
static bool look_at(survey *s, survey_file *file, const importer *imp, import_layout *layout,
                    const csv_row *row, survey_wish wish)
{
    int64_t ts;
    text_piece field;
    survey seen = *s;

    if (row->n != layout->nfields) return false;
    field = row->fields[layout->at[time_column(imp)]];
    if (stamp_read(field.text, field.len, &layout->form, &ts, NULL) != QN_OK) return false;
    if (wish.places && (row_places(imp, layout, row, COLUMN_PRICE, &seen.price_places) != QN_OK ||
                        row_places(imp, layout, row, COLUMN_QTY, &seen.qty_places) != QN_OK))
        return false;
    if (file->has_rows && wish.steps) survey_step(&seen, file->last, ts);
    if (!file->has_rows) file->first = ts;
    if (!file->has_rows || ts > file->last) file->last = ts;
    file->has_rows = true;
    *s = seen;
    return true;
}

int32_t survey_look(survey *s, survey_file *file, const importer *imp, const char *columns,
                    survey_wish wish, int64_t *line, qn_err *err)
{
    csv *c = NULL;
    csv_row row;
    import_layout layout = {0};
    bool has_layout = false;
    bool has_header;
    bool is_whole = wish.places || wish.steps;
    int32_t rc;

    *line = 0;
    if ((rc = csv_open(file->path, &c, err)) != QN_OK) return rc;
    while (is_whole || !file->has_rows) {
        rc = csv_next(c, &row, err);
        if (rc == QN_E_SYNTAX && has_layout) {
            file->has_bad = true;
            continue;
        }
        if (rc != QN_OK || row.line == 0) break;
        if (row.n == 0) continue;
        if (!has_layout) {
            rc = layout_find(imp, columns, &row, &layout, &has_header, err);
            if (rc != QN_OK) break;
            has_layout = true;
            if (has_header) continue;
        }
        if (!look_at(s, file, imp, &layout, &row, wish)) file->has_bad = true;
    }
    if (rc != QN_OK && rc != QN_E_IO && rc != QN_E_DAMAGED) *line = row.line;
    csv_close(c);
    return rc;
}
