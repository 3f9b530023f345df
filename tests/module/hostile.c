/* SPDX-License-Identifier: MIT
 *
 * The preflight under hostile files: bytes of a good module are changed at random, mostly where
 * its headers and tables stand. Whatever comes out, the checks must neither crash nor read
 * outside the file (the sanitizers watch that). */
#include "base/memory.h"
#include "module/image.h"
#include "module/note.h"
#include "module/rules.h"

#include "check_main.h"
#include "fixture_file.h"

#include <string.h>

#define ROUNDS 20000

/* splitmix64: the same files in each run. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The parts of the file that the checks read. */
static size_t find_parts(const char *data, size_t size, uint64_t parts[][2], size_t room)
{
    Elf64_Ehdr head;
    size_t n = 0;
    image img;

    memcpy(&head, data, sizeof head);
    ck_assert_int_eq(image_open(data, size, &img, NULL), QN_OK);
    parts[n][0] = 0;
    parts[n++][1] = sizeof head;
    parts[n][0] = head.e_phoff;
    parts[n++][1] = head.e_phoff + head.e_phnum * sizeof(Elf64_Phdr);
    for (uint32_t i = 0; i < img.nsegments && n < room; i++) {
        const Elf64_Phdr *p = &img.segments[i];
        if (p->p_filesz == 0) continue;
        if (p->p_type != PT_DYNAMIC && p->p_type != PT_NOTE && p->p_offset != 0) continue;
        parts[n][0] = p->p_offset;
        parts[n++][1] = p->p_offset + p->p_filesz;
    }
    return n;
}

/* One change: a flipped bit, a random byte, or a word of an extreme value. */
static void change(char *data, size_t size, const uint64_t part[2], uint64_t *state)
{
    static const uint64_t extremes[] = {
        0, 1, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7, INT64_MAX, 0x1000, 0xfffffffffffff000};
    uint64_t at = part[0] + next(state) % (part[1] - part[0]);
    const uint64_t *extreme = &extremes[next(state) % (sizeof extremes / sizeof extremes[0])];
    size_t width = (size_t)1 << next(state) % 4;

    switch (next(state) % 3) {
    case 0:
        data[at] = (char)(data[at] ^ 1 << next(state) % 8);
        break;
    case 1:
        data[at] = (char)next(state);
        break;
    default:
        at &= ~(uint64_t)(width - 1);
        if (at + width <= size) memcpy(data + at, extreme, width);
    }
}

/* In memory of exactly the file's size, so that a step outside is seen. */
static int32_t examine(const char *data, size_t size)
{
    qn_err err = QN_ERR_INIT;
    verdict found;
    char *text = NULL;
    image img;
    note n;
    int32_t rc = image_open(data, size, &img, &err);

    if (rc == QN_OK) rc = note_read(&img, &n, &text, &err);
    if (rc == QN_OK) rc = rules_check(&img, &n, PROFILE_STRICT, &found, &err);
    ck_assert_int_eq(rc, err.code);
    ck_assert_int_eq(rc == QN_OK, err.msg[0] == '\0');
    mem_free(text);
    return rc;
}

static void torment(const char *name, uint64_t state)
{
    char path[PATH_ROOM];
    uint64_t parts[24][2];
    char *good, *bad;
    size_t size, nparts;
    int taken = 0;

    ck_assert_int_eq(path_join(FIXTURES, name, path, NULL), QN_OK);
    ck_assert_int_eq(file_read(path, &good, &size, NULL), QN_OK);
    ck_assert_ptr_nonnull(bad = mem_new(size, 1));
    nparts = find_parts(good, size, parts, 24);
    for (int i = 0; i < ROUNDS; i++) {
        memcpy(bad, good, size);
        for (uint64_t n = 1 + next(&state) % 4; n > 0; n--)
            change(bad, size, parts[next(&state) % nparts], &state);
        taken += examine(bad, size) == QN_OK;
    }
    ck_assert_int_lt(taken, ROUNDS); /* the changes do reach what is checked */
    mem_free(bad);
    mem_free(good);
}

START_TEST(random_changes_are_survived)
{
    torment("good.so", 1);
    torment("venue.so", 2);
    torment("runtime.so", 3);
}
END_TEST

START_TEST(random_lengths_are_survived)
{
    char *good, *bad;
    size_t size;

    ck_assert_int_eq(file_read(FIXTURES "/good.so", &good, &size, NULL), QN_OK);
    for (size_t n = 0; n < size; n += n < 4096 ? 1 : 97) {
        ck_assert_ptr_nonnull(bad = mem_new(n, 1));
        memcpy(bad, good, n);
        ck_assert_int_ne(examine(bad, n), QN_OK);
        mem_free(bad);
    }
    mem_free(good);
}
END_TEST

CHECK_MAIN("module_hostile", random_changes_are_survived, random_lengths_are_survived)
