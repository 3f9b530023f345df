/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: how far the close has come in the last `length` bars, as a fraction. */
#include <quoin/sdk/model.h>

typedef struct book { /* of one instrument */
    qn_window closes;
} book;

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    int64_t length;          /* parameter: filled in before configure */
    book *books;             /* by slot */
    uint32_t nbooks;
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, length, I64, "bars", "bars that the return covers", .def = "20",
             .min = "1", .max = "10000", .search = {"5", "200", "5"}),
};

enum { RETURN };
static const qn_named features[] = {
    [RETURN] = QN_NAMED("return", "fraction", "Close over the close `length` bars ago, less 1."),
};

static const qn_field book_fields[] = {QN_FIELD_OF_WINDOW(book, closes)};
static const qn_field state[] = {QN_FIELD_OF_EACH(PLUGIN_NAME, books, nbooks, book, book_fields)};

static int32_t configure(PLUGIN_NAME *m, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;
    int32_t rc = QN_OK;

    m->nbooks = setup->ninstruments;
    m->books = (book *)host->alloc(host->ctx, m->nbooks * sizeof *m->books, _Alignof(book));
    if (!m->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", m->nbooks);
    for (uint32_t i = 0; i < m->nbooks && rc == QN_OK; i++)
        rc = qn_window_init(&m->books[i].closes, setup, m->length + 1, err);
    return rc;
}

static int64_t lookback(const PLUGIN_NAME *m, int64_t bar_length)
{
    return (m->length + 1) * bar_length;
}

static void on_bar(PLUGIN_NAME *m, const qn_bar *bar, const qn_model_out *out)
{
    qn_window *w = &m->books[bar->hdr.slot].closes;

    if (bar->close <= 0) return; /* what only a broken venue sends */
    qn_window_push(w, bar->close);
    if (!qn_window_is_full(w)) return;
    qn_publish(out, bar->hdr.instrument, RETURN,
               (double)bar->close / (double)qn_window_at(w, (uint64_t)m->length) - 1.0,
               2 * bar->length);
}

QN_MODEL(PLUGIN_NAME, "model/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
         .doc = "Return of the last bars.", .params = QN_TABLE(params),
         .features = QN_TABLE(features), .state = QN_STATE(1, state), .configure = configure,
         .lookback = lookback, .on_bar = on_bar)
