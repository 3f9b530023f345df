/* SPDX-License-Identifier: MIT */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void say(qn_err *err, int32_t code, const char *format,
                                                      va_list args)
{
    if (!err) return;
    err->size = sizeof *err;
    err->code = code;
    vsnprintf(err->msg, sizeof err->msg, format, args);
}

int32_t fail(qn_err *err, int32_t code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(err, code, format, args);
    va_end(args);
    return code;
}

int32_t fail_errno(qn_err *err, const char *format, ...)
{
    int number = errno;
    int32_t code = number == ENOMEM   ? QN_E_NO_MEMORY
                   : number == ENOENT ? QN_E_NOT_FOUND
                   : number == EEXIST ? QN_E_EXISTS
                                      : QN_E_IO;
    va_list args;
    size_t len;

    va_start(args, format);
    say(err, code, format, args);
    va_end(args);
    if (err) {
        len = strlen(err->msg);
        snprintf(err->msg + len, sizeof err->msg - len, ": %s", strerror(number));
    }
    return code;
}

typedef struct error_row {
    int32_t code;
    const char *name, *meaning;
} error_row;

#define ROW(code, NAME, meaning) {code, "QN_E_" #NAME, meaning},
static const error_row rows[] = {{QN_OK, "QN_OK", "no error"}, QN_ERROR_LIST(ROW)};
#undef ROW

static const error_row *find(int32_t code)
{
    static const error_row unknown = {0, "?", "?"};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code) return &rows[i];
    return &unknown;
}

const char *error_name(int32_t code)
{
    return find(code)->name;
}

const char *error_meaning(int32_t code)
{
    return find(code)->meaning;
}

const char *error_text(const qn_err *err, int32_t code)
{
    return err->msg[0] ? err->msg : error_meaning(code);
}
