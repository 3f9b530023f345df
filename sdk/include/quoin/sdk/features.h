/* SPDX-License-Identifier: MIT
 *
 * Features: naming those of a model, and reading them from a strategy, an optimizer, an execution
 * algorithm or a later model.
 *
 *   typedef struct mine { qn_str volatility; qn_feature_source vol; ... } mine;
 *   configure:  qn_feature_open(&s->vol, setup, s->volatility, err)      "vol.ewma"
 *   on_bar:     if (qn_feature_get(&s->vol, bar->hdr.instrument, &value) == QN_OK) ...
 *
 * The class lists QN_HOST_FEATURES in `.needs`. */
#ifndef QUOIN_SDK_FEATURES_H
#define QUOIN_SDK_FEATURES_H

#include <quoin/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A row of a class's table of features or of diagnostics. */
#define QN_NAMED(name, unit, doc)                                                                  \
    {                                                                                              \
        sizeof(qn_named), 0, name, unit, doc                                                       \
    }

#define QN_FEATURE_NAME 96u /* room for "MODEL-ID.FEATURE" and its NUL */

/* One feature, found. All zero = none: qn_feature_is_open is then 0. */
typedef struct qn_feature_source {
    qn_ctx *ctx;
    const qn_host_features *host;
    uint32_t number; /* in the run */
    uint32_t rsv0;
} qn_feature_source;

/* The host's table of features, or NULL where it has none. [any] */
static inline const qn_host_features *qn_features_of(const qn_setup *setup)
{
    return (const qn_host_features *)setup->host->ext(setup->host->ctx, QN_HOST_FEATURES);
}

/* Find a feature by its name; an empty name closes the source, which is no error.
 * QN_OK; QN_E_UNKNOWN_NAME, QN_E_UNSUPPORTED: with the reason, the source is closed.
 * [control & !active] */
int32_t qn_feature_open(qn_feature_source *source, const qn_setup *setup, qn_str name, qn_err *err);

static inline int qn_feature_is_open(const qn_feature_source *source)
{
    return source->host != NULL;
}

/* The feature of an instrument as it stands now. QN_OK; QN_E_NOT_FOUND: nothing was published for
 * that instrument yet; QN_E_STALE: what was is no longer valid; QN_E_RANGE. On error *value is
 * unchanged. The source is open. [event & active] */
static inline int32_t qn_feature_get(const qn_feature_source *source, uint32_t instrument,
                                     double *value)
{
    qn_feature now = {.size = sizeof now};
    int32_t rc = source->host->read(source->ctx, source->number, instrument, &now);

    if (rc == QN_OK) *value = now.value;
    return rc;
}

#ifdef __cplusplus
}
#endif
#endif
