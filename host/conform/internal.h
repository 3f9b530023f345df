/* SPDX-License-Identifier: MIT
 *
 * Conformance inside: what a check is given and what it answers. */
#ifndef QUOIN_CONFORM_INTERNAL_H
#define QUOIN_CONFORM_INTERNAL_H

#include "conform.h"

#include "base/file.h"
#include "module/module.h"

/* What is checked. In the process of a check of a class, `module` and `cls` are loaded. */
typedef struct subject {
    const char *path;
    const char *folder; /* of our own, empty at first: the copy of the file, files it writes */
    const char *class_id;
    const char *const *sets; /* "key=value" */
    size_t nsets;
    uint32_t slots; /* instruments that the class is given */
    uint64_t seed;
    const char *golden; /* folder of kept states; NULL = none */
    bool keeps;         /* the state of today is to be kept there */
    module *module;
    const qn_class *cls;
} subject;

/* What a check found. All zero = it passed. */
typedef struct finding {
    conform_state state;
    char text[CONFORM_TEXT];
} finding;

/* The rule is broken: how. The first one stays. */
void broken(finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* There is nothing to check, or it cannot be: why. */
void skipped(finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* It holds: a figure. */
void noted(finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef void (*check_run)(const subject *s, finding *f);

/* Load the file, from a copy in the subject's folder: what module_load returns. Whose signature it
 * has does not matter here. */
int32_t subject_load(const subject *s, module **out, qn_err *err);

/* Kinds of plugin, or-ed. */
enum {
    KIND_STRATEGY = 1,
    KIND_MODEL = 2,
    KIND_OPTIMIZER = 4,
    KIND_RISK = 8,
    KIND_EXECUTION = 16,
    KIND_TUNER = 32,
    KIND_VENUE = 64,
    KIND_SINK = 128,
    KIND_PURE = 63,
    KIND_ALL = 255,
    KIND_FILE = 256 /* the check is of the file, whatever is in it */
};

/* A kind's bit; 0 = one that this host does not have. */
unsigned kind_bit(const char *kind);

typedef struct check_row {
    conform_check about;
    unsigned kinds;    /* KIND_FILE, or the kinds it applies to */
    const char *after; /* the check that it rests on; NULL = none */
    check_run run;
} check_row;

extern const check_row conform_rows[];
extern const size_t conform_nrows;

/* Run a check in a process of its own.
 *
 * limit_s  seconds after which it is killed
 * returns  QN_OK, *out is filled in: also where it crashed, hung or ended the process;
 *          QN_E_IO, QN_E_NO_MEMORY */
int32_t child_run(const check_row *row, const subject *s, unsigned limit_s, finding *out,
                  qn_err *err);

/* Say what is being done, for the report of a crash or a hang: the call that the plugin is in, and
 * what it was given. Kept in memory that the parent sees. Texts are cut. */
void doing_call(const char *call);
void doing_what(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The checks, by what they look at. */
void check_file_rules(const subject *s, finding *f);
void check_file_scan(const subject *s, finding *f);
void check_file_load(const subject *s, finding *f);
void check_file_note(const subject *s, finding *f);
void check_file_tables(const subject *s, finding *f);
void check_file_version(const subject *s, finding *f);

void check_defaults(const subject *s, finding *f);
void check_labels(const subject *s, finding *f);
void check_bounds(const subject *s, finding *f);
void check_inside(const subject *s, finding *f);
void check_outside(const subject *s, finding *f);

void check_calls(const subject *s, finding *f);
void check_answers(const subject *s, finding *f);
void check_alloc(const subject *s, finding *f);
void check_hostile(const subject *s, finding *f);
void check_latency(const subject *s, finding *f);

void check_again(const subject *s, finding *f);
void check_memory(const subject *s, finding *f);
void check_leak(const subject *s, finding *f);
void check_surroundings(const subject *s, finding *f);
void check_apart(const subject *s, finding *f);

void check_round(const subject *s, finding *f);
void check_pieces(const subject *s, finding *f);
void check_short(const subject *s, finding *f);
void check_damaged(const subject *s, finding *f);
void check_newer(const subject *s, finding *f);
void check_resume(const subject *s, finding *f);
void check_live(const subject *s, finding *f);
void check_golden(const subject *s, finding *f);
void check_repeat(const subject *s, finding *f);

void check_command_calls(const subject *s, finding *f);
void check_command_extremes(const subject *s, finding *f);
void check_command_repeat(const subject *s, finding *f);
void check_command_resume(const subject *s, finding *f);

void check_host_bare(const subject *s, finding *f);
void check_host_short(const subject *s, finding *f);
void check_host_long(const subject *s, finding *f);
void check_host_newer(const subject *s, finding *f);

#endif
