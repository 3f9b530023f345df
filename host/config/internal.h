/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the config itself, its nodes, and the list of
 * mistakes.
 *
 *   lexer.c      text -> tokens: numbers and texts exactly as written, with file and line
 *   tree.c       tokens -> nodes, by libconfig's grammar
 *   set.c        --set arguments -> changes of nodes
 *   schema.c     the tables of keys; nodes -> the typed tree
 *   check.c      what must agree between keys
 *   fill.c       nodes -> an instance, by the table of its class
 *   change.c     the parameters of one plugin with other values
 *   reference.c  the tables as documentation */
#ifndef QUOIN_CONFIG_INTERNAL_H
#define QUOIN_CONFIG_INTERNAL_H

#include "config.h"

#include "base/hash.h"
#include "base/memory.h"

typedef enum node_kind {
    NODE_GROUP,  /* { } */
    NODE_LIST,   /* ( ) */
    NODE_ARRAY,  /* [ ] */
    NODE_BOOL,   /* text "true" or "false" */
    NODE_INT,    /* text: decimal digits with an optional '-', within 64 bits */
    NODE_NUMBER, /* text as written, with a point or an exponent */
    NODE_TEXT,   /* quoted */
    NODE_BARE,   /* a --set value without quotes, a bound or default of a table: its reader
                    decides what it is */
} node_kind;

struct config_node {
    node_kind kind;
    int32_t line;      /* 0 = none */
    const char *name;  /* key; NULL in lists and arrays */
    const char *text;  /* of a scalar, else "" */
    const char *file;  /* for --set: the argument */
    config_node *next; /* in the same group, list or array */
    config_node *first, *last;
    size_t n;    /* children */
    bool is_bad; /* a mistake about it was told already: say no more */
};

typedef struct secret {
    struct secret *next;
    size_t len;
    char text[];
} secret;

/* All text, nodes and typed structs live in the arena, as long as the config. */
struct config {
    arena arena;
    char *file;        /* as it was given */
    char *dir;         /* its folder, "" = the current one: where relative paths start */
    config_node *root; /* NULL when the text follows no grammar */
    config_run run;
    char sha256[SHA256_HEX];
    char identity[SHA256_HEX];
    sha256 *hash; /* while loading */

    const char **files; /* in the order of their first line: the order of mistakes */
    size_t nfiles, files_room;

    config_mistake *mistakes; /* sorted; mistakes_room > nmistakes always */
    size_t nmistakes, mistakes_room;
    bool is_out_of_memory;

    secret *secrets; /* wiped at the end */
};

/* Zeroed memory of the config; NULL when out of memory, which the config remembers. */
void *config_alloc(config *cfg, size_t n, size_t align);
#define CONFIG_NEW(cfg, n, type) ((type *)config_alloc(cfg, (n) * sizeof(type), _Alignof(type)))
const char *config_text_n(config *cfg, const char *text, size_t len);

/* mistake.c */

/* Make `name` known as a place of mistakes, behind those known so far. The name must live as
 * long as the config. */
int32_t config_file_add(config *cfg, const char *name);

void config_mistake_at(config *cfg, const char *file, int32_t line, int32_t code,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Blanks in place of control characters: a text from a config may hold anything, a message is
 * one line. */
void text_make_printable(char *text);

/* What a node is, for people: `the text "abc"`, `the number 5`, `a list`. */
#define FOUND_TEXT 96
const char *node_found(const config_node *node, char to[FOUND_TEXT]);

/* lexer.c */

typedef enum token_kind {
    TOKEN_NAME,
    TOKEN_EQUALS,
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_GROUP,
    TOKEN_GROUP_END,
    TOKEN_ARRAY,
    TOKEN_ARRAY_END,
    TOKEN_LIST,
    TOKEN_LIST_END,
    TOKEN_BOOL,
    TOKEN_INT,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_GARBAGE,
} token_kind;

typedef struct token {
    token_kind kind;
    int32_t line;
    const char *file;
    const char *text;
    bool is_bad; /* a stand-in for something that was told as a mistake */
} token;

#define TOKEN_DEPTH 32 /* of brackets */

typedef struct tokens {
    token *items;
    size_t n, room;
    token_kind open[TOKEN_DEPTH]; /* brackets that are open now */
    size_t depth;
    bool is_unusable; /* the text cannot be read on: no tree */
} tokens;

/* Cut a file and what it includes into tokens; or one text, which is not hashed. Mistakes go
 * to the config. Free tokens->items by mem_free, also after an error.
 * returns QN_OK, QN_E_NO_MEMORY; tokens_read_file also QN_E_NOT_FOUND, QN_E_IO. */
int32_t tokens_read_file(config *cfg, const char *path, tokens *out, qn_err *err);
int32_t tokens_read_text(config *cfg, const char *file, const char *text, size_t len, tokens *out);

/* The longest number at the start of a text: its length, 0 = none. */
size_t number_scan(const char *p, const char *end, token_kind *kind);

/* A whole number's text, decimal or 0x, with or without L, as 64 bits. QN_OK, QN_E_SYNTAX,
 * QN_E_OVERFLOW. */
int32_t integer_parse(const char *text, size_t len, int64_t *out);

/* A text with a point or an exponent as a double. QN_OK; QN_E_SYNTAX; QN_E_RANGE if it is not
 * finite. */
int32_t number_parse(const char *text, size_t len, double *out);

bool text_is_utf8(const char *text, size_t len);

/* tree.c */

/* The nodes of a text's tokens. *out stays NULL when a mistake made that impossible.
 * returns QN_OK, QN_E_NO_MEMORY. */
int32_t tree_build(config *cfg, const tokens *tokens, config_node **out);

config_node *node_new(config *cfg, node_kind kind, const char *file, int32_t line);
void node_append(config_node *parent, config_node *child);
config_node *node_child(const config_node *group, const char *name);

/* set.c */
int32_t tree_set(config *cfg, const char *argument);
/* True for an argument that says where a run is kept or copied to, not what it does. */
bool set_is_of_place(const char *argument);
/* The argument enters the config's hash. */
void set_hash(config *cfg, const char *argument);

/* value.c: what a node's text is worth. QN_OK, or a code; *out is then unchanged. */
int32_t value_int(const config_node *node, int64_t *out);
int32_t value_number(const config_node *node, double *out);
int32_t value_bool(const config_node *node, int64_t *out);
int32_t value_text(const config_node *node, const char **out);
int32_t value_duration(const config_node *node, int64_t *out);
int32_t value_decimal(const config_node *node, qn_decimal *out);
int32_t value_fixed(const config_node *node, int32_t exp, int64_t *out);

/* The place of a text among "a|b|c", from 0; -1 = not among them. */
int32_t label_find(const char *labels, const char *text);

/* Split "a|b|c" into at most `room` texts that live as long as the config; returns how many. */
size_t labels_split(config *cfg, const char *labels, const char **to, size_t room);

/* Tell that a value was not accepted. `code` says why, `expected` what would have been. */
void value_mistake(config *cfg, const config_node *node, const char *key, int32_t code,
                   const char *expected);

/* A path, joined to the config's folder if it is relative; NULL after a mistake. */
const char *value_path(config *cfg, const config_node *node, const char *key, const char *text);

/* schema.c, check.c: fill cfg->run from cfg->root; then what must agree between keys. */
void schema_read(config *cfg);
void config_check(config *cfg);

#endif
