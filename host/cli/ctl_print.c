/* SPDX-License-Identifier: MIT */
#include "ctl.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

static struct json_object *member(struct json_object *of, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(of, name, &value) ? value : NULL;
}

static const char *text(struct json_object *of, const char *name)
{
    struct json_object *value = member(of, name);

    return value ? json_object_get_string(value) : "-";
}

static int64_t count(struct json_object *of, const char *name)
{
    return json_object_get_int64(member(of, name));
}

static void print_halt(struct json_object *halt)
{
    if (halt) printf("  halted by %s: %s\n", text(halt, "by"), text(halt, "reason"));
}

static void print_positions(struct json_object *list)
{
    size_t n = json_object_array_length(list);

    if (n) puts("\n  position             strategy         instrument");
    for (size_t i = 0; i < n; i++) {
        struct json_object *p = json_object_array_get_idx(list, i);
        printf("  %-20s %-16s %s\n", text(p, "qty"), text(p, "strategy"), text(p, "instrument"));
    }
}

/* What an operator has set of a plugin. */
static void print_params(struct json_object *params)
{
    struct json_object_iterator at = json_object_iter_begin(params);
    struct json_object_iterator end = json_object_iter_end(params);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        printf("    set: %s = %s\n", json_object_iter_peek_name(&at),
               json_object_get_string(json_object_iter_peek_value(&at)));
}

static void print_plugins(struct json_object *list)
{
    size_t n = json_object_array_length(list);

    puts("\n  plugin           class                     version  build     state      events"
         "       faults  p99 us");
    for (size_t i = 0; i < n; i++) {
        struct json_object *p = json_object_array_get_idx(list, i);
        struct json_object *p99 = member(p, "p99_ns");
        printf("  %-16s %-25s %-8s %.8s  %-9s  %-12" PRId64 " %-7" PRId64, text(p, "id"),
               text(p, "class"), text(p, "version"), text(p, "sha256"), text(p, "state"),
               count(p, "events"), count(p, "faults"));
        if (p99)
            printf(" %.1f\n", (double)json_object_get_int64(p99) / 1000);
        else
            puts(" -");
        if (member(p, "why")) printf("  %-16s %s\n", "", text(p, "why"));
        if (member(p, "params")) print_params(member(p, "params"));
    }
}

void ctl_print_status(struct json_object *s)
{
    printf("%s: %s at %s\n", text(s, "name"), text(s, "status"), text(s, "engine_time"));
    printf("  run %s, store %s\n", text(s, "run"), text(s, "store"));
    print_halt(member(s, "halt"));
    if (json_object_get_boolean(member(s, "tainted"))) puts("  tainted: unsigned plugins ran");
    printf("  %" PRId64 " events, %.0f a second, %" PRId64 " late\n", count(s, "events"),
           json_object_get_double(member(s, "events_per_s")), count(s, "late"));
    printf("  orders: %" PRId64 " working, %" PRId64 " denied, %" PRId64 " rejected; %" PRId64
           " fills, %" PRId64 " intents refused\n",
           count(s, "orders_working"), count(s, "denied"), count(s, "rejected"), count(s, "fills"),
           count(s, "refused"));
    print_positions(member(s, "positions"));
    print_plugins(member(s, "plugins"));
}
