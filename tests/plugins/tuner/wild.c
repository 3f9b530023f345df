/* SPDX-License-Identifier: MIT
 *
 * tuner/wild, a test plugin: breaks one rule of the interface, the one that it is told to. The
 * first three trials are sane. */
#include <quoin/sdk/tuner.h>

#include <stdlib.h>

enum { HIGH, STEP, ANSWER, WAIT, ERROR, BEGIN, TELL, AGAIN, FICKLE };

typedef struct wild {
    int64_t how;
    const qn_space *space;
    uint64_t asked;
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, how, ENUM, "", "which rule", .def = "high",
             .labels = "high|step|answer|wait|error|begin|tell|again|fickle"),
};

static int32_t begin(wild *w, const qn_space *space, uint64_t *planned, qn_err *err)
{
    *planned = UINT64_MAX; /* more than there can be */
    w->space = space;
    return w->how == BEGIN ? qn_fail(err, QN_E_UNSUPPORTED, "this space is not to its taste")
                           : QN_OK;
}

static int32_t ask(wild *w, qn_ask *out, qn_err *err)
{
    const qn_dimension *d = qn_dimension_at(w->space, 0);
    uint64_t n = w->asked++;

    out->answer = QN_ASK_TRIAL;
    for (uint32_t i = 0; i < out->nvalues; i++)
        out->values[i] = qn_dimension_at(w->space, i)->low;
    if (w->how == AGAIN) return QN_OK; /* the same trial for ever */
    /* not what it has answered before, which no plugin may know */
    if (w->how == FICKLE && getenv("QUOIN_TEST_FICKLE")) n++;
    out->values[0] = qn_dimension_nth(d, n % qn_dimension_count(d));
    if (n < 3) return QN_OK;
    switch (w->how) {
    case HIGH:
        out->values[0] = INT64_MAX;
        return QN_OK;
    case STEP:
        out->values[0] = d->low + 1;
        return QN_OK;
    case ANSWER:
        out->answer = 77;
        return QN_OK;
    case WAIT:
        out->answer = QN_ASK_WAIT; /* when all were told, too */
        return QN_OK;
    case ERROR:
        return qn_fail(err, QN_E_RANGE, "has lost its way");
    case FICKLE:
        out->answer = n < 6 ? QN_ASK_TRIAL : QN_ASK_END;
        return QN_OK;
    default:
        return QN_OK;
    }
}

static int32_t tell(wild *w, const qn_trial *trial, qn_err *err)
{
    (void)trial;
    return w->how == TELL ? qn_fail(err, QN_E_STATE, "does not want to know") : QN_OK;
}

QN_TUNER(wild, "tuner/wild", "1.0.0", "MIT", .name = "Wild", .params = QN_TABLE(params),
         .begin = begin, .ask = ask, .tell = tell)
