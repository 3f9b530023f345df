/* SPDX-License-Identifier: MIT
 *
 * Hostile text. Two properties, over texts that are made from pieces of the language and by
 * damaging good files, with a fixed seed:
 *
 *   - reading never crashes, and gives either a tree or a mistake;
 *   - what libconfig itself reads, this part reads as well, and to the same tree; what this part
 *     reads without a mistake in its text, libconfig reads too. The differences are listed
 *     below, one by one. */
#include "support.h"

#include "config/internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#include "check_main.h"
#include "proof.h"

#include <libconfig.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS ((int)(20000 * proof_scale()))
#define TEXT_ROOM 8192
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libconfig 1.5 leaks texts when it meets a syntax error. The host gives it none; this test's own
 * call of it does. Read by the leak sanitizer, where there is one. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig_yylex\nleak:libconfig_yyparse\nleak:strbuf_append\n";
}

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 33) % below);
}

static int memory_file = -1;

/* The config of a text; the caller closes it. */
static config *read_text(const char *text, size_t len)
{
    char path[64];
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;

    if (memory_file < 0) memory_file = memfd_create("config", MFD_CLOEXEC);
    ck_assert_int_ge(memory_file, 0);
    ck_assert_int_eq(ftruncate(memory_file, 0), 0);
    ck_assert_int_eq(pwrite(memory_file, text, len, 0), (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory_file);
    ck_assert_msg(config_open(path, NULL, 0, &cfg, &err) == QN_OK, "%s", err.msg);
    return cfg;
}

static const char *const pieces[] = {
    "a",
    "b",
    "venues",
    "=",
    ":",
    ",",
    ";",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "1",
    "-2",
    "+3",
    "0x1F",
    "0X2aL",
    "5L",
    "6LL",
    "010",
    "1.5",
    ".5",
    "2.",
    "-.5e2",
    "1e3",
    "1E+3",
    "1e",
    "0x",
    "true",
    "FALSE",
    "truely",
    "\"\"",
    "\"x\"",
    "\"\\n\\x41\\q\\\\\\\"\"",
    "\"two\nlines\"",
    "# note\n",
    "// n\n",
    "/* c */",
    "/*\n*/",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\f",
    "\v",
    "$",
    "-",
    "_x",
    "*y",
    "a-b",
    "x_1",
    "9-",
    "1.2.3",
    "e5",
    "/",
    "\\",
    "a=1;",
    "b={c=2};",
    "d=(1,2);",
    "e=[1,2];",
    "f=\"g\";",
    "+.5",
    "..",
    "0x1.5",
    "L",
};

static const char *const settings[] = {
    "a = 1;",        "b = { c = 2; };",      "d = (1, 2.5, \"x\");",
    "e = [ 1, 2 ],", "f : \"g\" \"h\"",      "i = { j = ( { k = [ ]; } ) }",
    "l=-0.5e3",      "m = 0xff # note\n",    "n=true;",
    "o = ( ) ;",     "p = [\"a\",\n\"b\"];", "q=010 /* x */;",
    "r=9L;",         "s=\"\\x41\\q\\\"\";",
};

static size_t make_text(char *text)
{
    size_t len = 0;
    uint32_t n = draw(12);
    bool is_tame = draw(2); /* mostly settings, so that a part of the texts is good */

    for (uint32_t i = 0; i < n; i++) {
        const char *piece =
            is_tame && draw(8) ? settings[draw(COUNT(settings))] : pieces[draw(COUNT(pieces))];
        len += (size_t)snprintf(text + len, TEXT_ROOM - len, "%s%s", piece, draw(3) ? " " : "");
    }
    /* a comment that ends with the file is a syntax error of libconfig 1.5 */
    len += (size_t)snprintf(text + len, TEXT_ROOM - len, "\n");
    return len;
}

/* Differences on purpose: libconfig takes "." for 0, an unclosed comment for blank and accepts
 * what cannot be a number here; it wants L on both of two integers of an array; and it stops at
 * a key named twice or a name in a value's place, behind which this part reads on. */
static bool is_own_mistake(const config *cfg)
{
    static const char *const known[] = {"is no number",   "has no closing */", "named twice",
                                        "found the name", "not UTF-8",         "finite"};
    const config_mistake *m;
    size_t n = config_mistakes(cfg, &m);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (strstr(m[i].text, known[k])) return true;
    return false;
}

/* Is a scalar of libconfig's tree the same value? */
static bool is_same_scalar(const config_setting_t *s, const config_node *node)
{
    double number;

    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
        return node->kind == NODE_INT && strtoll(node->text, NULL, 10) == config_setting_get_int(s);
    case CONFIG_TYPE_INT64:
        return node->kind == NODE_INT &&
               strtoll(node->text, NULL, 10) == config_setting_get_int64(s);
    case CONFIG_TYPE_FLOAT:
        return value_number(node, &number) == QN_OK && number == config_setting_get_float(s);
    case CONFIG_TYPE_STRING:
        return node->kind == NODE_TEXT && strcmp(node->text, config_setting_get_string(s)) == 0;
    case CONFIG_TYPE_BOOL:
        return node->kind == NODE_BOOL &&
               (strcmp(node->text, "true") == 0) == config_setting_get_bool(s);
    default:
        return false;
    }
}

static bool is_same_tree(const config_setting_t *s, const config_node *node)
{
    static const struct {
        int type;
        node_kind kind;
    } rows[] = {{CONFIG_TYPE_GROUP, NODE_GROUP},
                {CONFIG_TYPE_LIST, NODE_LIST},
                {CONFIG_TYPE_ARRAY, NODE_ARRAY}};
    const config_node *child = node->first;

    for (size_t i = 0; i < 3; i++) {
        if (config_setting_type(s) != rows[i].type) continue;
        if (node->kind != rows[i].kind || (size_t)config_setting_length(s) != node->n) return false;
        for (unsigned k = 0; child; child = child->next, k++) {
            const config_setting_t *e = config_setting_get_elem(s, k);
            const char *name = config_setting_name(e);
            if (!name != !child->name || (name && strcmp(name, child->name) != 0)) return false;
            if (!is_same_tree(e, child)) return false;
        }
        return true;
    }
    return is_same_scalar(s, node);
}

/* libconfig 1.5 mixes no 1 and 1L in an array. */
static bool is_mixed_array(const config_t *lib)
{
    return strstr(config_error_text(lib), "mismatched element") != NULL;
}

START_TEST(libconfig_agrees)
{
    static char text[TEXT_ROOM];
    int both = 0;

    for (int round = 0; round < ROUNDS; round++) {
        size_t len = make_text(text);
        config *cfg = read_text(text, len);
        const config_node *root = config_find(cfg, "");
        config_t lib;
        config_init(&lib);
        if (!is_own_mistake(cfg)) {
            bool is_read = config_read_string(&lib, text);
            ck_assert_msg(is_read == (root != NULL) || (root && is_mixed_array(&lib)), "%s", text);
            ck_assert_msg(!is_read || is_same_tree(config_root_setting(&lib), root), "%s", text);
            both += is_read && root->n > 0;
        }
        config_destroy(&lib);
        config_close(cfg);
    }
    printf("proof: config against libconfig: %d texts\n", ROUNDS);
    ck_assert_int_ge(both, ROUNDS / 10); /* the comparison compares something */
}
END_TEST

/* Some damage to a good file: bytes changed, pieces put in, parts dropped or doubled. */
static size_t damage(char *text, size_t len)
{
    for (uint32_t n = 1 + draw(4); n > 0; n--) {
        size_t at = draw((uint32_t)len);
        size_t part = 1 + draw(40);
        const char *piece = pieces[draw(COUNT(pieces))];
        if (part > len - at) part = len - at;
        switch (draw(4)) {
        case 0:
            text[at] = (char)draw(256);
            break;
        case 1:
            part = strlen(piece);
            memmove(text + at + part, text + at, len - at);
            memcpy(text + at, piece, part);
            len += part;
            break;
        case 2:
            if (part == len) break;
            memmove(text + at, text + at + part, len - at - part);
            len -= part;
            break;
        default:
            memmove(text + at + part, text + at, len - at);
            len += part;
            break;
        }
    }
    return len;
}

typedef struct instance {
    int64_t fast, slow, mode, rule, pace;
    qn_decimal qty;
} instance;

static const qn_param params[] = {
    QN_PARAM(instance, fast, I64, "", "", .def = "10", .min = "1"),
    QN_PARAM(instance, slow, I64, "", "", .def = "50", .max = "1000"),
    QN_PARAM(instance, mode, ENUM, "", "", .def = "reverse", .labels = "reverse|long_flat"),
    QN_PARAM(instance, qty, DECIMAL, "", "", .flags = QN_PARAM_REQUIRED),
    QN_PARAM(instance, pace, RATIO, "", "", .def = "0"),
};

static void be_quiet(log_level level, const char *line)
{
    (void)level;
    (void)line;
}

START_TEST(damaged_files_are_survived)
{
    static char text[TEXT_ROOM];
    static const char *const files[] = {"good/full.cfg", "good/values.cfg"};
    const qn_table table = QN_TABLE(params);

    log_set_sink(be_quiet); /* warnings of what is odd, but no mistake */
    for (int round = 0; round < ROUNDS; round++) {
        char *good = NULL;
        size_t len = 0;
        const config_run *run;
        config *cfg;
        ck_assert_int_eq(file_read(here(files[round % 2]), &good, &len, NULL), QN_OK);
        memcpy(text, good, len);
        mem_free(good);
        len = damage(text, len);
        cfg = read_text(text, len);
        run = config_get(cfg);
        ck_assert(config_find(cfg, "") || mistakes_of(cfg) > 0);
        for (size_t i = 0; i < run->nstrategies; i++) {
            instance it = {0};
            config_fill(cfg, run->strategies[i].node, run->strategies[i].params, &table, &it);
        }
        config_close(cfg);
    }
}
END_TEST

START_TEST(sets_are_survived)
{
    static char text[TEXT_ROOM];

    log_set_sink(be_quiet);
    for (int round = 0; round < ROUNDS / 10; round++) {
        static const char *const paths[] = {"strategies.sma.params.x=",
                                            "venues=",
                                            "report.sample=",
                                            "strategies.hold=",
                                            "",
                                            "venues.0.",
                                            "models.vol.",
                                            "optimizer.",
                                            "risk.limits=",
                                            "sinks=",
                                            "execution=",
                                            "store."};
        const char *set = text;
        size_t at = (size_t)snprintf(text, 64, "%s", paths[draw(COUNT(paths))]);
        make_text(text + at);
        config_close(open_config(here("good/full.cfg"), &set, 1));
    }
}
END_TEST

CHECK_MAIN("hostile configs", libconfig_agrees, damaged_files_are_survived, sets_are_survived)
