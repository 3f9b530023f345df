/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/features.h>

#include <quoin/sdk/fail.h>

#include <string.h>

int32_t qn_feature_open(qn_feature_source *source, const qn_setup *setup, qn_str name, qn_err *err)
{
    char text[QN_FEATURE_NAME];
    const qn_host_features *host = qn_features_of(setup);
    uint32_t number = 0;
    int32_t rc;

    *source = (qn_feature_source){0};
    if (name.len == 0) return QN_OK;
    if (!host) return qn_fail(err, QN_E_UNSUPPORTED, "this host has no features to read");
    if (name.len >= sizeof text)
        return qn_fail(err, QN_E_UNKNOWN_NAME, "a feature's name has at most %u characters",
                       QN_FEATURE_NAME - 1);
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    rc = host->find(setup->host->ctx, text, &number);
    if (rc != QN_OK)
        return qn_fail(err, rc, "no model publishes '%s': a feature is MODEL-ID.FEATURE", text);
    *source = (qn_feature_source){.ctx = setup->host->ctx, .host = host, .number = number};
    return QN_OK;
}
