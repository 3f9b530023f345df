/* SPDX-License-Identifier: MIT
 *
 * Whether a text is well-formed XML, as far as pages need it: tags nest, attributes are quoted and
 * named once, nothing stands unescaped, ids are unique, what aria-labelledby names is there. */
#ifndef QUOIN_TESTS_REPORT_WELLFORMED_H
#define QUOIN_TESTS_REPORT_WELLFORMED_H

#include <check.h>
#include <ctype.h>
#include <string.h>

#define WELLFORMED_DEPTH 64

typedef struct wellformed {
    const char *text, *at;
    char open[WELLFORMED_DEPTH][24];
    int depth;
} wellformed;

#define WELLFORMED(w, condition) ck_assert_msg(condition, "%s, at: %.80s", #condition, (w)->at)

static inline void wellformed_entity(wellformed *w)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    bool is_known = false;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        is_known = is_known || strncmp(w->at, known[i], strlen(known[i])) == 0;
    WELLFORMED(w, is_known);
}

static inline void wellformed_name(wellformed *w, char to[24])
{
    size_t n = 0;

    while (isalnum((unsigned char)*w->at) || *w->at == '-' || *w->at == ':') {
        WELLFORMED(w, n < 23);
        to[n++] = *w->at++;
    }
    WELLFORMED(w, n > 0);
    to[n] = '\0';
}

static inline void wellformed_blanks(wellformed *w)
{
    while (isspace((unsigned char)*w->at))
        w->at++;
}

/* ` name="value"` of a tag. */
static inline void wellformed_attributes(wellformed *w)
{
    char seen[16][24];
    size_t n = 0;

    for (wellformed_blanks(w); *w->at && *w->at != '>' && *w->at != '/'; wellformed_blanks(w)) {
        WELLFORMED(w, n < 16);
        wellformed_name(w, seen[n]);
        for (size_t i = 0; i < n; i++)
            WELLFORMED(w, strcmp(seen[i], seen[n]) != 0);
        n++;
        WELLFORMED(w, w->at[0] == '=' && w->at[1] == '"');
        for (w->at += 2; *w->at && *w->at != '"'; w->at++) {
            WELLFORMED(w, *w->at != '<');
            if (*w->at == '&') wellformed_entity(w);
        }
        WELLFORMED(w, *w->at == '"');
        w->at++;
    }
}

static inline void wellformed_tag(wellformed *w)
{
    char name[24];
    bool is_end = w->at[1] == '/';

    w->at += is_end ? 2 : 1;
    wellformed_name(w, name);
    if (is_end) {
        WELLFORMED(w, *w->at == '>');
        WELLFORMED(w, w->depth > 0 && strcmp(w->open[w->depth - 1], name) == 0);
        w->depth--;
        w->at++;
        return;
    }
    wellformed_attributes(w);
    if (*w->at == '/') {
        w->at++;
    } else {
        WELLFORMED(w, w->depth < WELLFORMED_DEPTH);
        memcpy(w->open[w->depth++], name, sizeof name);
    }
    WELLFORMED(w, *w->at == '>');
    w->at++;
}

/* A part of a page, or a whole one with its <!DOCTYPE>. */
static inline void check_wellformed(const char *text)
{
    wellformed w = {.text = text, .at = text};

    if (strncmp(text, "<!DOCTYPE html>", 15) == 0) w.at += 15;
    while (*w.at) {
        unsigned char c = (unsigned char)*w.at;
        if (c == '<') {
            wellformed_tag(&w);
            continue;
        }
        if (c == '&') wellformed_entity(&w);
        WELLFORMED(&w, c >= 0x20 || c == '\n' || c == '\t' || c == '\r');
        w.at++;
    }
    WELLFORMED(&w, w.depth == 0);
}

static inline size_t count_text(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + strlen(what), what))
        n++;
    return n;
}

/* Each id once. */
static inline void check_ids(const char *text)
{
    for (const char *at = strstr(text, " id=\""); at; at = strstr(at + 1, " id=\"")) {
        char id[80];
        size_t n = strcspn(at + 5, "\"") + 6;
        ck_assert_uint_lt(n, sizeof id);
        memcpy(id, at, n);
        id[n] = '\0';
        ck_assert_msg(count_text(text, id) == 1, "twice:%s", id);
    }
}

#endif
