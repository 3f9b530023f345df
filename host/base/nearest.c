/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <stdint.h>

#include <stdio.h>
#include <string.h>

#define COMPARED 64 /* longer names are not compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped, changed or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][COMPARED + 1];
    size_t n = strlen(a);
    size_t m = strlen(b);

    if (n > COMPARED || m > COMPARED) return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *name_nearest(const char *name, const char *const *names, size_t n)
{
    size_t len = strlen(name);
    size_t best = len / 3 < 2 ? 3 : len / 3 + 1; /* two slips, or a third of a long name */
    const char *found = NULL;

    if (len < 2) return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(name, names[i]);
        if (d < best && d < strlen(names[i])) {
            best = d;
            found = names[i];
        }
    }
    return found;
}

const char *name_hint(const char *name, const char *const *names, size_t n, char to[HINT_TEXT])
{
    const char *near = name_nearest(name, names, n);
    size_t len = 0;

    to[0] = '\0';
    if (near) len = (size_t)snprintf(to, HINT_TEXT, "did you mean '%.64s'? ", near);
    len += (size_t)snprintf(to + len, HINT_TEXT - len, "known here: %s", n ? "" : "nothing");
    for (size_t i = 0; i < n; i++) {
        size_t more = strlen(names[i]) + 2;
        if (len + more + sizeof ", ..." > HINT_TEXT) {
            snprintf(to + len, HINT_TEXT - len, ", ...");
            break;
        }
        len += (size_t)snprintf(to + len, HINT_TEXT - len, "%s%s", i ? ", " : "", names[i]);
    }
    return to;
}
