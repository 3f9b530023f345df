/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/fail.h>

#include <stdarg.h>
#include <stdio.h>

int32_t qn_fail(qn_err *err, int32_t code, const char *format, ...)
{
    va_list args;

    if (!err) return code;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    return code;
}
