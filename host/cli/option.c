/* SPDX-License-Identifier: MIT */
#include "option.h"

#include "base/clock.h"
#include "base/fail.h"

#include <quoin/sdk/decimal.h>

#include <string.h>

bool option_store(const option_text *all, size_t n, int key, const char *arg, void *input)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i].key != key) continue;
        memcpy((char *)input + all[i].offset, &arg, sizeof arg);
        return true;
    }
    return false;
}

int32_t option_time(const char *option, const char *text, int64_t *out, qn_err *err)
{
    if (!text || time_parse(text, strlen(text), out) == QN_OK) return QN_OK;
    return fail(err, QN_E_SYNTAX, "%s %.40s: expected a time such as 2024-01-31T12:00:00Z", option,
                text);
}

int32_t option_whole(const char *option, const char *text, int64_t least, int64_t most,
                     int64_t *out, qn_err *err)
{
    int64_t value;

    if (!text) return QN_OK;
    if (qn_decimal_parse_at(text, strlen(text), 0, &value) != QN_OK || value < least ||
        value > most)
        return fail(err, QN_E_RANGE, "%s %.40s: expected a whole number, %lld to %lld", option,
                    text, (long long)least, (long long)most);
    *out = value;
    return QN_OK;
}
