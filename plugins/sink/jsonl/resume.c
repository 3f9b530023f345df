/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include <quoin/sdk/fail.h>

#include <string.h>

#define SEQ_BEGIN "{\"seq\":"

/* Place behind the last line break in front of `end`; 0 if there is none. */
static uint64_t line_begin(const char *bytes, uint64_t end)
{
    while (end > 0 && bytes[end - 1] != '\n')
        end--;
    return end;
}

int is_of_sink(const char *bytes, uint64_t n)
{
    uint64_t begin = sizeof RUN_LINE_BEGIN - 1;

    return memcmp(bytes, RUN_LINE_BEGIN, n < begin ? n : begin) == 0;
}

uint64_t whole_lines(const char *bytes, uint64_t n)
{
    return line_begin(bytes, n);
}

/* The number that a line begins with. Returns 0 if it begins otherwise. */
static int line_seq(const char *line, uint64_t n, uint64_t *seq)
{
    uint64_t at = sizeof SEQ_BEGIN - 1;
    uint64_t value = 0;

    if (n < at + 2 || memcmp(line, SEQ_BEGIN, at) != 0) return 0;
    for (; at < n && line[at] >= '0' && line[at] <= '9'; at++)
        value = value * 10 + (uint64_t)(line[at] - '0');
    *seq = value;
    return at > sizeof SEQ_BEGIN - 1 && at < n && line[at] == ',';
}

uint64_t torn_seq(const char *bytes, uint64_t n)
{
    uint64_t seq;

    return line_seq(bytes, n, &seq) ? seq : 0;
}

static int is_run_line(const char *line, uint64_t n, const char *run_id)
{
    uint64_t before = sizeof RUN_LINE_BEGIN - 1;
    uint64_t id = strlen(run_id);

    return n == before + id + sizeof RUN_LINE_END - 1 &&
           memcmp(line, RUN_LINE_BEGIN, before) == 0 && memcmp(line + before, run_id, id) == 0;
}

int32_t resume_at(const char *bytes, uint64_t n, const char *run_id, uint64_t cursor,
                  resume_place *out, qn_err *err)
{
    resume_place keep = {.end = n};

    for (uint64_t end = n, begin; end > 0; end = begin) {
        uint64_t seq;

        begin = line_begin(bytes, end - 1);
        if (!line_seq(bytes + begin, end - begin, &seq))
            return qn_fail(err, QN_E_DAMAGED, "the line at byte %llu is no record",
                           (unsigned long long)begin);
        if (seq > cursor)
            keep.end = begin;
        else if (seq > keep.last)
            keep.last = seq;
        if (seq != 0) continue;
        if (!is_run_line(bytes + begin, end - begin, run_id))
            return qn_fail(err, QN_E_STATE, "its last run is not %s", run_id);
        *out = keep;
        return QN_OK;
    }
    return qn_fail(err, QN_E_STATE, "no run begins in it");
}
