/* SPDX-License-Identifier: MIT */
#include "valuation.h"

#include "base/fail.h"

int32_t valuation_init(valuation *v, const qn_instrument *in, qn_err *err)
{
    int32_t shift = in->price_exp + in->qty_exp + in->contract_size.exp - in->money_exp;
    valuation made = {in->contract_size.mantissa, 1};

    if (shift < -18 || shift > 18 || in->contract_size.mantissa <= 0)
        return fail(err, QN_E_RANGE,
                    "%s: price, quantity, contract size and money lie %d digits "
                    "apart, at most 18 are possible",
                    in->name, shift);
    if (shift < 0)
        made.divisor = qn_pow10(-shift);
    else if (__builtin_mul_overflow(made.factor, qn_pow10(shift), &made.factor))
        return fail(err, QN_E_RANGE, "%s: the contract size is too large", in->name);
    *v = made;
    return QN_OK;
}

int32_t valuation_money_wide(const valuation *v, int64_t qty, int64_t price, int64_t *money)
{
    qn_wide product = (qn_wide)qty * price;
    qn_wide limit = ((qn_wide)1 << 126) / v->factor;

    if (product > limit || product < -limit) return QN_E_OVERFLOW;
    product *= v->factor;
    return qn_wide_narrow(v->divisor == 1 ? product : qn_wide_divide(product, v->divisor), money);
}

qn_decimal price_mean(qn_wide value, int64_t qty, int32_t price_exp)
{
    qn_wide scaled;
    int64_t mean = 0;
    int32_t more = price_exp > -14 ? 4 : 0;

    while (more > 0 && (qn_wide_scale(value, more, &scaled) != QN_OK ||
                        qn_wide_narrow(qn_wide_divide(scaled, qty), &mean) != QN_OK))
        more--;
    if (more == 0) mean = (int64_t)qn_wide_divide(value, qty); /* between prices that fit */
    return (qn_decimal){.mantissa = mean, .exp = price_exp - more};
}
