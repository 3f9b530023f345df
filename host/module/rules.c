/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include "base/fail.h"
#include "kind.h"

#include <stdlib.h>
#include <string.h>

#define PURE QN_TIER_PURE
#define IO QN_TIER_IO
#define BOTH (QN_TIER_PURE | QN_TIER_IO)

/* An empty module has 8 to 16 bytes of the C runtime; alignment may add some. */
#define STATICS_MAX 64

typedef struct subject {
    const image *img;
    const note *note;
    profile profile;
    verdict *out;
} subject;

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* ------------------------------------------------------------------ rules */

static int32_t kinds_fit_the_tier(const subject *s, qn_err *err)
{
    for (uint32_t i = 0; i < s->note->nclasses; i++) {
        const note_class *c = &s->note->classes[i];
        const kind *k = kind_find(c->kind);
        if (k && k->tier != s->note->tier)
            return fail(err, QN_E_MODULE_TIER,
                        "class %s is of kind %s, which belongs to tier %s, but the note says %s",
                        c->id, c->kind, tier_name(k->tier), tier_name(s->note->tier));
    }
    return QN_OK;
}

/* What instrumentation exports beside the entry point. */
static const char *const dev_exports[] = {"__asan_",  "__odr_asan", "__ubsan_",
                                          "__tsan_",  "__gcov",     "__llvm_",
                                          "__start_", "__stop_",    "__sanitizer_"};

static bool is_dev_export(const char *name)
{
    for (size_t i = 0; i < sizeof dev_exports / sizeof dev_exports[0]; i++)
        if (starts_with(name, dev_exports[i])) return true;
    return false;
}

static int32_t exports_the_entry_alone(const subject *s, qn_err *err)
{
    bool has_entry = false;
    image_symbol symbol;

    for (uint32_t i = 1; i < s->img->nsymbols; i++) {
        if (!image_symbol_at(s->img, i, &symbol) || !symbol.is_defined) continue;
        if (symbol.bind == STB_LOCAL) continue;
        if (strcmp(symbol.name, QN_ENTRY_NAME) == 0 && symbol.type == STT_FUNC)
            has_entry = true;
        else if (s->profile == PROFILE_DEV && is_dev_export(symbol.name))
            s->out->is_dev = true;
        else
            return fail(err, QN_E_ELF_EXPORTS,
                        "exports %.80s; only " QN_ENTRY_NAME " may be exported: compile with "
                        "-fvisibility=hidden and link with the version script plugin.map",
                        symbol.name);
    }
    if (!has_entry)
        return fail(err, QN_E_ELF_EXPORTS,
                    "does not export " QN_ENTRY_NAME ": use QN_ENTRY or QN_STRATEGY");
    return QN_OK;
}

/* Thread-local storage can't be given back safely: a module that has some stays mapped. In the
 * static model it takes a share of a small reserve that all later modules then lack. */
static int32_t has_no_static_tls(const subject *s, qn_err *err)
{
    if (image_tag_or(s->img, DT_FLAGS, 0) & DF_STATIC_TLS)
        return fail(err, QN_E_ELF_TLS,
                    "uses thread-local storage of the static model (DF_STATIC_TLS): remove "
                    "_Thread_local, or -ftls-model=initial-exec");
    for (uint32_t i = 0; i < s->img->nsegments; i++)
        if (s->img->segments[i].p_type == PT_TLS)
            s->out->kept_because = "it has thread-local storage";
    return QN_OK;
}

/* True if the C runtime's own start files were linked in: their constructor and destructor
 * leave this weak import behind. */
static bool has_runtime_entry(const image *img)
{
    image_symbol symbol;

    for (uint32_t i = 1; i < img->nsymbols; i++)
        if (image_symbol_at(img, i, &symbol) && !symbol.is_defined && symbol.bind == STB_WEAK &&
            strcmp(symbol.name, "_ITM_registerTMCloneTable") == 0)
            return true;
    return false;
}

/* The arrays of functions that are called at loading and unloading. */
static const struct {
    int64_t size_tag;
    bool has_runtime; /* one entry of the C runtime stands there */
    const char *what;
} arrays[] = {
    {DT_PREINIT_ARRAYSZ, false, "a pre-constructor (.preinit_array)"},
    {DT_INIT_ARRAYSZ, true, "a constructor (.init_array)"},
    {DT_FINI_ARRAYSZ, true, "a destructor (.fini_array)"},
};

static int32_t has_no_constructor(const subject *s, qn_err *err)
{
    uint64_t allowed = has_runtime_entry(s->img) ? sizeof(uint64_t) : 0;

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        uint64_t size = image_tag_or(s->img, arrays[i].size_tag, 0);
        if (size <= (arrays[i].has_runtime ? allowed : 0)) continue;
        if (s->profile != PROFILE_DEV)
            return fail(err, QN_E_ELF_CONSTRUCTOR,
                        "has %s: nothing of a plugin may run before its entry point",
                        arrays[i].what);
        s->out->is_dev = true;
    }
    return QN_OK;
}

/* -Wl,-init=f and code put into .init run before every check as well. */
static int32_t has_no_init_code(const subject *s, qn_err *err)
{
    const machine *m = s->img->machine;
    uint64_t address;

    if (image_tag(s->img, DT_INIT, &address) && !image_code_is(s->img, address, m->init))
        return fail(err, QN_E_ELF_CONSTRUCTOR,
                    "has code of its own in _init (DT_INIT), which runs before the entry point");
    if (image_tag(s->img, DT_FINI, &address) && !image_code_is(s->img, address, m->fini))
        return fail(err, QN_E_ELF_CONSTRUCTOR,
                    "has code of its own in _fini (DT_FINI), which runs when it is closed");
    return QN_OK;
}

/* A function that picks another one by the processor is called while the module is linked. */
static int32_t has_no_resolver(const subject *s, qn_err *err)
{
    image_symbol symbol;
    Elf64_Rela row;
    bool is_found = false;

    for (uint64_t i = 0; image_reloc(s->img, i, &row); i++)
        is_found |= ELF64_R_TYPE(row.r_info) == s->img->machine->irelative;
    for (uint32_t i = 1; i < s->img->nsymbols; i++)
        is_found |= image_symbol_at(s->img, i, &symbol) && symbol.is_defined &&
                    symbol.type == STT_GNU_IFUNC;
    if (is_found)
        return fail(err, QN_E_ELF_CONSTRUCTOR,
                    "has a function that is chosen at loading (ifunc): remove target_clones "
                    "and ifunc attributes");
    return QN_OK;
}

/* Libraries by the start of their names. */
static const struct {
    const char *name;
    uint32_t tiers;
    bool is_dev;      /* only in that profile */
    const char *kept; /* why a module that links it is never closed */
} libraries[] = {
    {"libc.so.6", BOTH, false, NULL},
    {"libm.so.6", BOTH, false, NULL},
    {"libgsl.so.", BOTH, false, NULL},
    {"libgslcblas.so.", BOTH, false, NULL},
    {"libstdc++.so.6", BOTH, false, "it links the C++ runtime"},
    {"libc++.so.1", BOTH, false, "it links the C++ runtime"},
    {"libc++abi.so.1", BOTH, false, "it links the C++ runtime"},
    {"libgcc_s.so.1", BOTH, false, "it links the runtime for exceptions"},
    {"libpthread.so.0", IO, false, NULL},
    {"libdl.so.2", IO, false, NULL},
    {"librt.so.1", IO, false, NULL},
    {"libresolv.so.2", IO, false, NULL},
    {"libcurl.so.", IO, false, NULL},
    {"libcurl-gnutls.so.", IO, false, NULL},
    {"libwebsockets.so.", IO, false, NULL},
    {"libssl.so.", IO, false, NULL},
    {"libcrypto.so.", IO, false, NULL},
    {"libjson-c.so.", IO, false, NULL},
    {"libpq.so.", IO, false, NULL},
    {"libnats.so.", IO, false, NULL},
    {"libz.so.1", IO, false, NULL},
    {"libzstd.so.1", IO, false, NULL},
    {"libasan.so.", BOTH, true, NULL},
    {"libubsan.so.", BOTH, true, NULL},
    {"libtsan.so.", BOTH, true, NULL},
    {"liblsan.so.", BOTH, true, NULL},
    {"libclang_rt.", BOTH, true, NULL},
};

static int32_t check_library(const subject *s, const char *name, qn_err *err)
{
    if (strcmp(name, s->img->machine->linker) == 0) return QN_OK;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        if (!starts_with(name, libraries[i].name) || strchr(name, '/')) continue;
        if (!(libraries[i].tiers & s->note->tier)) break;
        if (libraries[i].is_dev && s->profile != PROFILE_DEV) break;
        if (libraries[i].is_dev) s->out->is_dev = true;
        if (libraries[i].kept) s->out->kept_because = libraries[i].kept;
        return QN_OK;
    }
    return fail(err, QN_E_ELF_NEEDED, "links %.80s, which a module of tier %s may not%s", name,
                tier_name(s->note->tier),
                s->note->tier == PURE ? ": it may link libc, libm and GSL" : "");
}

/* Dynamic entries by which a file makes the dynamic linker load others than the allowed. */
static const struct {
    int64_t tag;
    uint32_t tiers; /* that must not have it */
    const char *what;
} loaders[] = {
    {DT_RPATH, PURE, "a search path for libraries (RPATH)"},
    {DT_RUNPATH, PURE, "a search path for libraries (RUNPATH)"},
    {DT_AUXILIARY, BOTH, "an auxiliary library"},
    {DT_FILTER, BOTH, "a filter library"},
    {DT_AUDIT, BOTH, "an auditing library"},
    {DT_DEPAUDIT, BOTH, "an auditing library"},
};

static int32_t links_what_its_tier_may(const subject *s, qn_err *err)
{
    uint64_t value;

    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++)
        if ((loaders[i].tiers & s->note->tier) && image_tag(s->img, loaders[i].tag, &value))
            return fail(err, QN_E_ELF_NEEDED,
                        "names %s, which a module of tier %s may not: link "
                        "it without",
                        loaders[i].what, tier_name(s->note->tier));
    for (uint32_t i = 0; i < s->img->ndynamic; i++) {
        Elf64_Dyn entry = image_dynamic(s->img, i);
        const char *name;
        int32_t rc;

        if (entry.d_tag != DT_NEEDED) continue;
        if (!(name = image_string(s->img, entry.d_un.d_val)))
            return fail(err, QN_E_ELF_FORMAT, "the name of a needed library lies outside");
        if ((rc = check_library(s, name, err)) != QN_OK) return rc;
    }
    return QN_OK;
}

/* Functions of libc that outlive the call: what they leave behind points into the module.
 * glibc has threads in libc.so itself, so the names of libraries tell nothing about them. */
static const struct {
    const char *name;
    const char *what;
    bool is_of_runtime; /* the runtimes of C++ and Rust import it; their modules stay mapped */
} imports[] = {
    {"pthread_create", "starts threads", false},
    {"thrd_create", "starts threads", false},
    {"pthread_key_create", "makes thread keys", true},
    {"tss_create", "makes thread keys", true},
    {"pthread_atfork", "registers functions for fork", true},
    {"__register_atfork", "registers functions for fork", true},
    {"atexit", "registers functions for the exit", true},
    {"on_exit", "registers functions for the exit", false},
    {"at_quick_exit", "registers functions for the exit", true},
    {"__cxa_atexit", "registers functions for the exit", true},
    {"__cxa_at_quick_exit", "registers functions for the exit", true},
    {"__cxa_thread_atexit_impl", "registers functions for the exit of threads", true},
};

static int32_t check_import(const subject *s, const char *name, qn_err *err)
{
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++) {
        if (strcmp(imports[i].name, name) != 0) continue;
        if (imports[i].is_of_runtime && s->out->kept_because) return QN_OK;
        if (s->profile == PROFILE_DEV) {
            s->out->is_dev = true;
            return QN_OK;
        }
        return fail(err, QN_E_ELF_NEEDED, "%s (imports %s), which a module of tier pure may not",
                    imports[i].what, name);
    }
    return QN_OK;
}

static int32_t imports_nothing_that_stays(const subject *s, qn_err *err)
{
    image_symbol symbol;

    for (uint32_t i = 1; i < s->img->nsymbols; i++) {
        int32_t rc;
        if (!image_symbol_at(s->img, i, &symbol) || symbol.is_defined) continue;
        if ((rc = check_import(s, symbol.name, err)) != QN_OK) return rc;
    }
    return QN_OK;
}

uint64_t rules_statics(const image *img)
{
    uint64_t n = image_writable(img);
    uint64_t slots = 0;
    Elf64_Rela row;

    /* without -z now each imported function has a slot that is written at its first call */
    for (uint64_t i = 0; image_reloc(img, i, &row); i++)
        slots += ELF64_R_TYPE(row.r_info) == img->machine->jump_slot;
    if (image_tag_or(img, DT_FLAGS, 0) & DF_BIND_NOW) slots = 0;
    return n > slots * sizeof(uint64_t) ? n - slots * sizeof(uint64_t) : 0;
}

static int32_t has_no_mutable_statics(const subject *s, qn_err *err)
{
    uint64_t n = rules_statics(s->img);

    if (n <= STATICS_MAX) return QN_OK;
    if (s->profile == PROFILE_DEV || s->out->kept_because) {
        s->out->is_dev |= !s->out->kept_because;
        return QN_OK;
    }
    return fail(err, QN_E_ELF_STATICS,
                "has %llu bytes of writable static data (%d are the C runtime's share): keep state "
                "in the instance, make tables const, link with -Wl,-z,relro",
                (unsigned long long)n, STATICS_MAX);
}

static int32_t has_no_text_relocations(const subject *s, qn_err *err)
{
    uint64_t value;

    if (image_tag(s->img, DT_TEXTREL, &value) || (image_tag_or(s->img, DT_FLAGS, 0) & DF_TEXTREL))
        return fail(err, QN_E_ELF_UNSAFE, "has text relocations: compile all of it with -fPIC");
    return QN_OK;
}

/* A symbol that must be unique in the process pins its module for ever. */
static int32_t has_no_unique_symbol(const subject *s, qn_err *err)
{
    image_symbol symbol;

    for (uint32_t i = 1; i < s->img->nsymbols; i++)
        if (image_symbol_at(s->img, i, &symbol) && symbol.bind == STB_GNU_UNIQUE)
            return fail(err, QN_E_ELF_UNSAFE,
                        "has the unique symbol %.80s: compile with -fno-gnu-unique", symbol.name);
    return QN_OK;
}

static int32_t has_safe_segments(const subject *s, qn_err *err)
{
    uint32_t stack = PF_X; /* no header at all asks for an executable one */

    for (uint32_t i = 0; i < s->img->nsegments; i++) {
        const Elf64_Phdr *p = &s->img->segments[i];
        if (p->p_type == PT_GNU_STACK) stack = p->p_flags & PF_X;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && (p->p_flags & PF_X))
            return fail(err, QN_E_ELF_UNSAFE,
                        "has a segment that is writable and executable: link it without -N and "
                        "without a linker script of its own");
    }
    if (stack)
        return fail(err, QN_E_ELF_UNSAFE,
                    "asks for an executable stack: link with -Wl,-z,noexecstack");
    return QN_OK;
}

/* ------------------------------------------------------------------ the table */

/* TLS and libraries stand before the rules that are milder for a module that stays mapped. */
static const struct {
    uint32_t tiers;
    int32_t (*check)(const subject *s, qn_err *err);
} rules[] = {
    {BOTH, kinds_fit_the_tier},         {BOTH, has_no_text_relocations},
    {BOTH, has_safe_segments},          {BOTH, has_no_unique_symbol},
    {BOTH, has_no_static_tls},          {BOTH, has_no_constructor},
    {BOTH, has_no_init_code},           {BOTH, has_no_resolver},
    {BOTH, exports_the_entry_alone},    {BOTH, links_what_its_tier_may},
    {PURE, imports_nothing_that_stays}, {PURE, has_no_mutable_statics},
};

int32_t rules_check(const image *img, const note *n, profile p, verdict *out, qn_err *err)
{
    subject s = {img, n, p, out};

    *out = (verdict){0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int32_t rc = rules[i].tiers & n->tier ? rules[i].check(&s, err) : QN_OK;
        if (rc != QN_OK) return rc;
    }
    if (out->is_dev) out->kept_because = "only the dev profile takes it";
    if (n->tier == QN_TIER_IO) out->kept_because = "modules of tier I/O are never unloaded";
    out->can_close = !out->kept_because;
    return QN_OK;
}

profile profile_here(void)
{
    const char *dev = getenv("QUOIN_DEV");

    if (dev && strcmp(dev, "1") == 0) return PROFILE_DEV;
    if (dev && strcmp(dev, "0") == 0) return PROFILE_STRICT;
#ifdef QUOIN_SANITIZER
    return PROFILE_DEV;
#else
    return PROFILE_STRICT;
#endif
}
