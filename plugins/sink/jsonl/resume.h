/* SPDX-License-Identifier: MIT
 *
 * Where a file of lines is to be gone on with. */
#ifndef QUOIN_JSONL_RESUME_H
#define QUOIN_JSONL_RESUME_H

#include <quoin/error.h>

/* The first line of each run: {"seq":0,"type":"run","run":"ID"}. */
#define RUN_LINE_BEGIN "{\"seq\":0,\"type\":\"run\",\"run\":\""
#define RUN_LINE_END "\"}\n"

/* True if a file that begins with these bytes, n > 0, was begun by this sink: with the first line
 * of a run, of which a crash may have left a part. */
int is_of_sink(const char *bytes, uint64_t n);

/* Bytes of a file that are whole lines: what is behind them was torn by a crash. */
uint64_t whole_lines(const char *bytes, uint64_t n);

/* Where a file is gone on with. */
typedef struct resume_place {
    uint64_t end;  /* bytes up to the last line whose number is not above the cursor */
    uint64_t last; /* number of that line; 0 = the run has none yet */
} resume_place;

/* The place behind the last line of run `run_id` whose number is not above `cursor`. The lines
 * behind it are those that the host is going to give again.
 *
 * bytes    whole lines
 * run_id   as it stands in the file, escaped
 * returns  QN_OK; QN_E_STATE: the file's last run is another one, or it has none; QN_E_DAMAGED: a
 *          line is none of ours. *out is then unchanged */
int32_t resume_at(const char *bytes, uint64_t n, const char *run_id, uint64_t cursor,
                  resume_place *out, qn_err *err);

/* The number of a line that was torn, `bytes` without a line break; 0 if it cannot be told. */
uint64_t torn_seq(const char *bytes, uint64_t n);

#endif
