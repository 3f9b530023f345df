/* SPDX-License-Identifier: MIT
 *
 * The window against sums over a plain array. */
#include <quoin/sdk/window.h>

#include "check_main.h"

static char memory[1 << 16] __attribute__((aligned(16)));
static size_t used;

static void *take(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    char *p = memory + (used + align - 1) / align * align;

    (void)ctx;
    used = (size_t)(p - memory) + n;
    return used <= sizeof memory ? p : NULL;
}

static const qn_host host = {.size = sizeof host, .abi = QN_ABI, .alloc = take};
static const qn_setup setup = {.size = sizeof setup, .host = &host};

START_TEST(sums_of_every_end)
{
    static int64_t all[5000];
    qn_window w;
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(qn_window_init(&w, &setup, 37, &err), QN_OK);
    for (int64_t i = 0; i < 5000; i++) {
        all[i] = (int64_t)((uint64_t)i * UINT64_C(6364136223846793005)) >> 3;
        qn_window_push(&w, all[i]);
        ck_assert_int_eq(qn_window_is_full(&w), i >= 36);
        qn_wide sum = 0;
        for (int64_t n = 1; n <= 37 && n <= i + 1; n++) {
            sum += all[i - n + 1];
            ck_assert_int_eq(qn_window_at(&w, (uint64_t)n - 1), all[i - n + 1]);
            ck_assert(qn_window_sum(&w, (uint64_t)n) == sum);
        }
    }
}
END_TEST

START_TEST(room_is_checked)
{
    qn_window w = {0};
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(qn_window_init(&w, &setup, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_window_init(&w, &setup, (1 << 24) + 1, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_window_init(&w, &setup, 1 << 20, &err), QN_E_NO_MEMORY);
    ck_assert_ptr_null(w.sums);
}
END_TEST

CHECK_MAIN("window", sums_of_every_end, room_is_checked)
