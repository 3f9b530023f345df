/* SPDX-License-Identifier: MIT
 *
 * Bringing a checked copy into a process: dynamic linker, entry point, tables. */
#ifndef QUOIN_MODULE_ATTACH_H
#define QUOIN_MODULE_ATTACH_H

#include "module.h"

typedef struct attachment {
    void *handle; /* of dlopen */
    const qn_module *table;
} attachment;

/* Load the copy, call its entry point, compare its tables with the note and check them.
 *
 * can_close  false: the image stays mapped until the process ends, whatever detach does
 * returns    QN_OK; QN_E_MODULE_LOAD, _ENTRY, _MISMATCH, _TABLE. On error nothing is attached */
int32_t attach(const char *copy, const note *n, bool can_close, attachment *out, qn_err *err);
void detach(attachment *a);

/* Do the same once in a process of its own, and report what becomes of it there. The process
 * that calls this runs none of the module's code.
 *
 * limit_s  seconds after which it is killed
 * returns  what attach returned there; QN_E_MODULE_CRASH if it crashed, ended the process or
 *          ran out of time; QN_E_ELF_CONSTRUCTOR if it left threads, open files, signal
 *          handlers, another rounding mode or locale behind; QN_E_IO */
int32_t probe(const char *copy, const note *n, unsigned limit_s, qn_err *err);

#endif
