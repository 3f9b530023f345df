/* SPDX-License-Identifier: MIT
 *
 * The main function of a Check program: list the test functions, run each in a process of its
 * own, and return non-zero if one failed. */
#ifndef QUOIN_TESTS_CHECK_MAIN_H
#define QUOIN_TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/* CHECK_MAIN("decimal", test_a, test_b) */
#define CHECK_MAIN(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        Suite *suite = suite_create(name);                                                         \
        TCase *all = tcase_create("all");                                                          \
        SRunner *runner;                                                                           \
        int failed;                                                                                \
                                                                                                   \
        tcase_set_timeout(all, 100);                                                               \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)                                \
            tcase_add_test(all, tests[i]);                                                         \
        suite_add_tcase(suite, all);                                                               \
        runner = srunner_create(suite);                                                            \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        failed = srunner_ntests_failed(runner);                                                    \
        srunner_free(runner);                                                                      \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                               \
    }

#endif
