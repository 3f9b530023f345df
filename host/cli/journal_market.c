/* SPDX-License-Identifier: MIT
 *
 * Market events of a chain: the journal has their numbers only, the tape has them. It is opened
 * as the run opened it, without its plugins. */
#include "journal_order.h"

#include "base/fail.h"
#include "base/log.h"
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

static bool has_market(const chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].is_market) return true;
    return false;
}

static int32_t open_tape(const run_header *h, config *cfg, engine **out, qn_err *err)
{
    engine_options options = {.from = h->from,
                              .to = h->to,
                              .version = QUOIN_VERSION,
                              .mode = ENGINE_BOOKS,
                              .tape_from = h->tape_from};
    char hash[SHA256_HEX];
    engine *e = NULL;
    int32_t rc = engine_new(cfg, &options, &e, err);

    if (rc != QN_OK) return recorded_mistake(cfg, rc, err);
    rc = engine_data_hash(e, hash, err);
    if (rc == QN_OK && strcmp(hash, h->data_sha256) != 0)
        rc = fail(err, QN_E_DAMAGED, "the data in %s is not what the run was begun on",
                  config_get(cfg)->catalog);
    if (rc == QN_OK)
        *out = e;
    else
        engine_free(e);
    return rc;
}

static int32_t find_all(chain *c, engine *e, qn_err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        chain_item *item = &c->items[i];
        const qn_event *found;
        qn_event *copy;
        int32_t rc;
        if (!item->is_market) continue;
        if ((rc = engine_find_market(e, item->market, &found, err)) != QN_OK) return rc;
        if (!(copy = chain_copy(c, found)))
            return fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
        copy->seq = item->seq;
        item->record = copy;
    }
    return QN_OK;
}

int32_t chain_add_market(chain *c, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    config *cfg = NULL;
    engine *e = NULL;
    int32_t rc;

    if (!has_market(c)) return QN_OK;
    if ((rc = recorded_config(&c->run->header, &cfg, &why)) == QN_OK) {
        if ((rc = open_tape(&c->run->header, cfg, &e, &why)) == QN_OK) {
            rc = find_all(c, e, &why);
            engine_free(e);
        }
        config_close(cfg);
    }
    if (rc == QN_E_NO_MEMORY) return fail(err, rc, "%s", why.msg);
    if (rc == QN_OK) return QN_OK;
    snprintf(c->why, sizeof c->why, "%s", error_text(&why, rc));
    log_line(LOG_WARNING, "the market events cannot be shown: %s [%s]", c->why, error_name(rc));
    return QN_OK;
}
