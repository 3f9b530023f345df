/* SPDX-License-Identifier: MIT
 *
 * What a host of a recorded version does with a strategy, in small: built with that version's
 * headers, it takes a module by that version's rules and shows it structs that end where they
 * ended then, with nothing readable behind them. Prints what became of it: "refused", or the
 * number and a hash of the intents. */
#include <quoin/strategy.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BARS 500

static uint64_t nintents, hash = UINT64_C(14695981039346656037);
static int64_t held;

static void *at_the_edge(const void *from, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) exit(2);
    return memcpy(pages + page - n, from, n);
}

static int32_t position(qn_ctx *ctx, uint32_t instrument, qn_position *out)
{
    (void)ctx;
    out->instrument = instrument;
    out->qty = held;
    return QN_OK;
}

static const qn_host_portfolio *books;

static const void *ext(qn_ctx *ctx, const char *id)
{
    (void)ctx;
    return strcmp(id, QN_HOST_PORTFOLIO) == 0 ? books : NULL;
}

static int64_t push(void *ctx, const qn_intent *intent)
{
    const unsigned char *bytes = (const unsigned char *)intent;

    (void)ctx;
    nintents++;
    for (uint32_t i = 0; i < intent->size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    if (intent->kind == QN_INTENT_TARGET) held = ((const qn_target *)(const void *)intent)->qty;
    return 1;
}

static void trade(const qn_class *class)
{
    const qn_strategy *table = class->table;
    const qn_param *period = qn_table_row(&class->params, 0);
    const int64_t five = 5;
    const qn_host_portfolio own = {.size = sizeof own, .position = position};
    const qn_host host = {.size = sizeof host, .abi = QN_ABI, .ext = ext};
    const qn_out out = {.size = sizeof out, .push = push};
    qn_setup setup = {.size = sizeof setup, .id = "s"};
    const qn_out *shown = at_the_edge(&out, sizeof out);
    char *self = calloc(1, class->instance_size);
    qn_err err = QN_ERR_INIT;

    books = at_the_edge(&own, sizeof own);
    setup.host = at_the_edge(&host, sizeof host);
    memcpy(self + period->offset, &five, sizeof five);
    if (!self || class->create(self, at_the_edge(&setup, sizeof setup), &err) != QN_OK) exit(2);
    for (int64_t i = 0; i < BARS; i++) {
        qn_bar bar = {.hdr = {.size = sizeof bar, .type = QN_EVENT_BAR, .ts_ns = i},
                      .open = 100,
                      .high = 120,
                      .low = 90,
                      .close = 100 + i % 20};
        if (table->on_event(self, at_the_edge(&bar, sizeof bar), shown) != QN_OK) exit(2);
    }
    printf("%llu %016llx\n", (unsigned long long)nintents, (unsigned long long)hash);
    free(self);
}

int main(int argc, char **argv)
{
    void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void *symbol = module ? dlsym(module, QN_ENTRY_NAME) : NULL;
    const qn_module *table;
    qn_entry_fn entry;

    if (!symbol) return 2;
    memcpy(&entry, &symbol, sizeof entry);
    table = entry(QN_ABI);
    if (!table || table->abi != QN_ABI || table->size < sizeof *table ||
        table->classes[0]->size < sizeof(qn_class)) /* the rules of 0.1 and 0.2 */
        printf("refused\n");
    else
        trade(table->classes[0]);
    return 0;
}
