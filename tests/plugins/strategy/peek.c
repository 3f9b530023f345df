/* SPDX-License-Identifier: MIT
 *
 * strategy/peek, a fixture that cheats: it decides by the last bar of the data that it was
 * told about through a file, the way a strategy with the future in its features does. The
 * prefix test must find it. */
#include <quoin/sdk/strategy.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct peek {
    int64_t every;
    int64_t seen;
    int64_t future; /* known before it happened */
} peek;

static const qn_param params[] = {
    QN_PARAM(peek, every, I64, "bars", "acts on each n-th bar", .def = "10", .min = "1"),
};

/* The environment says how many bars the run will have: what a real leak would have computed
 * over the whole frame. */
static int32_t configure(peek *s, const qn_setup *setup, qn_err *err)
{
    const char *path = getenv("QUOIN_PEEK");
    FILE *f = path ? fopen(path, "r+") : NULL;
    char text[32] = "0";
    int64_t runs;

    (void)setup;
    (void)err;
    if (!f) return QN_OK;
    if (!fgets(text, sizeof text, f)) text[0] = '\0';
    runs = strtoll(text, NULL, 10);
    rewind(f);
    fprintf(f, "%lld", (long long)runs + 1);
    fclose(f);
    s->future = runs;
    return QN_OK;
}

static void on_bar(peek *s, const qn_bar *bar, const qn_out *out)
{
    s->seen++;
    if (s->seen % s->every == 0)
        qn_out_target(out, bar->hdr.instrument, (s->seen / s->every + s->future) % 2);
}

QN_STRATEGY(peek, "strategy/peek", "1.0.0", "MIT", .name = "Peek",
            .doc = "Decides differently in every run. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar)
