/* SPDX-License-Identifier: MIT
 *
 * Calls of functions whose types are known as a signature only, by libffi.
 *
 * A call is prepared once, and made as often as wanted. A command has two arguments that its
 * signature does not show: the instance comes first, the qn_err last. */
#ifndef QUOIN_FOREIGN_CALL_H
#define QUOIN_FOREIGN_CALL_H

#include "signature.h"

#include <ffi.h>

typedef void (*foreign_fn)(void);

/* A prepared call. It points into itself: it is not to be moved or copied. */
typedef struct foreign_call {
    foreign_signature types;
    uint32_t use; /* FOREIGN_COMMAND, FOREIGN_FUNCTION */
    ffi_cif cif;
    ffi_type *args[FOREIGN_ARGS + 2];
} foreign_call;

/* QN_OK; QN_E_UNSUPPORTED: libffi cannot do that on this machine. */
int32_t foreign_call_prepare(foreign_call *c, const foreign_signature *types, uint32_t use,
                             qn_err *err);

/* Call a function with values of its types, as many as it has arguments. `self` and `err` are a
 * command's; a function has none. *result of a VOID is zero. A text that is returned is the
 * function's own, and may be NULL. */
void foreign_call_make(const foreign_call *c, foreign_fn fn, void *self, const foreign_value *args,
                       qn_err *err, foreign_value *result);

/* A number's value as a double, whatever its type: of 64 bits the nearest one. */
double foreign_value_number(foreign_type type, const foreign_value *v);

#endif
