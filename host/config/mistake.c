/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MISTAKE_TEXT 640 /* longer ones are cut: a line of the log holds that much */

void *config_alloc(config *cfg, size_t n, size_t align)
{
    void *p = arena_alloc(&cfg->arena, n ? n : 1, align);

    if (!p) cfg->is_out_of_memory = true;
    return p;
}

const char *config_text_n(config *cfg, const char *text, size_t len)
{
    char *copy = config_alloc(cfg, len + 1, 1);

    if (copy) memcpy(copy, text, len);
    return copy;
}

int32_t config_file_add(config *cfg, const char *name)
{
    if (!mem_reserve((void **)&cfg->files, &cfg->files_room, cfg->nfiles + 1, sizeof *cfg->files)) {
        cfg->is_out_of_memory = true;
        return QN_E_NO_MEMORY;
    }
    cfg->files[cfg->nfiles++] = name;
    return QN_OK;
}

/* Names are compared by address: each place has one text. Unknown ones come last. */
static size_t file_rank(const config *cfg, const char *file)
{
    size_t i = 0;

    while (i < cfg->nfiles && cfg->files[i] != file)
        i++;
    return i;
}

/* Put a mistake behind those of its line and those before it. Room for one more was made when
 * the last one was added, so that even a lack of memory can be told. */
static void mistake_insert(config *cfg, config_mistake one)
{
    size_t rank = file_rank(cfg, one.file);
    size_t at = cfg->nmistakes;

    while (at > 0) {
        const config_mistake *before = &cfg->mistakes[at - 1];
        size_t rank_before = file_rank(cfg, before->file);
        if (rank_before < rank || (rank_before == rank && before->line <= one.line)) break;
        at--;
    }
    memmove(&cfg->mistakes[at + 1], &cfg->mistakes[at],
            (cfg->nmistakes - at) * sizeof *cfg->mistakes);
    cfg->mistakes[at] = one;
    cfg->nmistakes++;
}

void text_make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127) *text = ' ';
}

static void add(config *cfg, const char *file, int32_t line, int32_t code, const char *format,
                va_list args) __attribute__((format(printf, 5, 0)));

static void add(config *cfg, const char *file, int32_t line, int32_t code, const char *format,
                va_list args)
{
    char text[MISTAKE_TEXT];
    const char *copy;

    if (cfg->nmistakes + 1 == cfg->mistakes_room &&
        !mem_reserve((void **)&cfg->mistakes, &cfg->mistakes_room, cfg->nmistakes + 2,
                     sizeof *cfg->mistakes)) {
        cfg->is_out_of_memory = true; /* the reserved place stays for the next line */
    }
    vsnprintf(text, sizeof text, format, args);
    text_make_printable(text);
    copy = config_text_n(cfg, text, strlen(text));
    if (cfg->nmistakes == cfg->mistakes_room) return; /* the last one tells it already */
    if (!copy || cfg->nmistakes + 1 == cfg->mistakes_room)
        mistake_insert(cfg, (config_mistake){QN_E_NO_MEMORY, file, line,
                                             "out of memory while telling a mistake"});
    else
        mistake_insert(cfg, (config_mistake){code, file, line, copy});
}

void config_mistake_at(config *cfg, const char *file, int32_t line, int32_t code,
                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(cfg, file, line, code, format, args);
    va_end(args);
}

void config_add_mistake(config *cfg, const config_node *node, int32_t code, const char *format, ...)
{
    va_list args;

    if (node && node->is_bad) return;
    va_start(args, format);
    add(cfg, node ? node->file : cfg->file, node ? node->line : 1, code, format, args);
    va_end(args);
}

size_t config_mistakes(const config *cfg, const config_mistake **out)
{
    *out = cfg->mistakes;
    return cfg->nmistakes;
}

void config_take_mistakes(config *cfg, qn_err *err)
{
    const config_mistake *m = cfg->mistakes;

    if (cfg->nmistakes && m->line) fail(err, m->code, "%s:%d: %s", m->file, m->line, m->text);
    if (cfg->nmistakes && !m->line) fail(err, m->code, "%s: %s", m->file, m->text);
    cfg->nmistakes = 0;
}

void config_print_mistakes(const config *cfg)
{
    for (size_t i = 0; i < cfg->nmistakes; i++) {
        const config_mistake *m = &cfg->mistakes[i];
        log_at(LOG_ERROR, m->file, m->line, "%s [%s]", m->text, error_name(m->code));
    }
}

const char *node_found(const config_node *node, char to[FOUND_TEXT])
{
    static const struct {
        const char *before, *after;
    } words[] = {
        [NODE_GROUP] = {"a group { }", ""},  [NODE_LIST] = {"a list ( )", ""},
        [NODE_ARRAY] = {"an array [ ]", ""}, [NODE_BOOL] = {"", ""},
        [NODE_INT] = {"the number ", ""},    [NODE_NUMBER] = {"the number ", ""},
        [NODE_TEXT] = {"\"", "\""},          [NODE_BARE] = {"'", "'"},
    };

    snprintf(to, FOUND_TEXT, "%s%.64s%s", words[node->kind].before, node->text,
             words[node->kind].after);
    return to;
}
