/* SPDX-License-Identifier: MIT
 *
 * Each module that breaks a rule is refused with the code of that rule and a message that says
 * what to change, and none of its code has run. */
#include "base/fail.h"
#include "base/memory.h"
#include "module/module.h"

#include "check_main.h"
#include "fixture_file.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct refused {
    const char *name;
    int32_t code;
    const char *says; /* part of the message */
} refused[] = {
    {"no_note", QN_E_ELF_NOTE, "no plugin note"},
    {"two_notes", QN_E_ELF_NOTE, "more than one plugin note"},
    {"note_twice", QN_E_ELF_NOTE, "twice"},
    {"exports", QN_E_ELF_EXPORTS, "exports helper"},
    {"no_entry", QN_E_ELF_EXPORTS, "qn_plugin_entry"},
    {"tls_static", QN_E_ELF_TLS, "DF_STATIC_TLS"},
    {"constructor", QN_E_ELF_CONSTRUCTOR, ".init_array"},
    {"destructor", QN_E_ELF_CONSTRUCTOR, ".fini_array"},
    {"nostart", QN_E_ELF_CONSTRUCTOR, ".init_array"},
    {"init", QN_E_ELF_CONSTRUCTOR, "DT_INIT"},
    {"fini", QN_E_ELF_CONSTRUCTOR, "DT_FINI"},
    {"ifunc", QN_E_ELF_CONSTRUCTOR, "ifunc"},
    {"threads", QN_E_ELF_NEEDED, "starts threads"},
    {"exit_handler", QN_E_ELF_NEEDED, "functions for the exit"},
    {"library", QN_E_ELF_NEEDED, "libcurl.so.4"},
    {"runpath", QN_E_ELF_NEEDED, "RUNPATH"},
    {"statics", QN_E_ELF_STATICS, "writable static data"},
    {"execstack", QN_E_ELF_UNSAFE, "noexecstack"},
    {"textrel", QN_E_ELF_UNSAFE, "-fPIC"},
    {"unique", QN_E_ELF_UNSAFE, "only_one"},
    {"tier", QN_E_MODULE_TIER, "tier pure"},
};

START_TEST(each_rule_refuses_with_its_own_code)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];

    fixture_folder(folder);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct refused *r = &refused[i];
        qn_err err = QN_ERR_INIT;
        module_info info;
        module *m = NULL;
        int32_t code;

        fixture_copy(folder, r->name, path);
        code = module_preflight(path, &info, &err);
        ck_assert_msg(code == r->code, "%s: %s instead of %s: %s", r->name, error_name(code),
                      error_name(r->code), err.msg);
        ck_assert_int_eq(err.code, code);
        ck_assert_msg(strstr(err.msg, r->says) && strstr(err.msg, path), "%s: %s", r->name,
                      err.msg);
        ck_assert_int_eq(module_load(path, NULL, &m, &err), r->code);
        ck_assert_ptr_null(m);
        ck_assert_msg(!fixture_ran(folder), "%s: its code ran", r->name);
    }
    fixture_clean(folder);
}
END_TEST

/* The development profile takes what instrumentation adds, and keeps such a module mapped. */
START_TEST(dev_profile_takes_more)
{
    static const char *const names[] = {"constructor", "destructor", "exit_handler", "statics"};
    static const char *const never[] = {"exports", "tls_static", "init", "ifunc", "execstack"};
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module_info info;

    fixture_folder(folder);
    setenv("QUOIN_DEV", "1", 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fixture_copy(folder, names[i], path);
        ck_assert_msg(module_preflight(path, &info, &err) == QN_OK, "%s", err.msg);
        ck_assert(info.is_dev && !info.can_close);
    }
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        fixture_copy(folder, never[i], path);
        ck_assert_msg(module_preflight(path, &info, &err) != QN_OK, "%s", never[i]);
    }
    fixture_copy(folder, "good", path);
    ck_assert_int_eq(module_preflight(path, &info, &err), QN_OK);
    ck_assert(!info.is_dev && info.can_close);
    fixture_clean(folder);
}
END_TEST

START_TEST(good_modules_pass)
{
    static const struct {
        const char *name;
        uint32_t tier, nclasses;
        bool can_close;
    } good[] = {
        {"good", QN_TIER_PURE, 1, true},     {"two", QN_TIER_PURE, 2, true},
        {"later", QN_TIER_PURE, 2, true},    {"venue", QN_TIER_IO, 1, false},
        {"runtime", QN_TIER_PURE, 1, false}, {"tls", QN_TIER_PURE, 1, false},
    };
    char folder[PATH_ROOM];
    char path[PATH_ROOM];

    fixture_folder(folder);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        qn_err err = QN_ERR_INIT;
        module_info info;

        fixture_copy(folder, good[i].name, path);
        ck_assert_msg(module_preflight(path, &info, &err) == QN_OK, "%s", err.msg);
        ck_assert_uint_eq(info.tier, good[i].tier);
        ck_assert_uint_eq(info.nclasses, good[i].nclasses);
        ck_assert_int_eq(info.can_close, good[i].can_close);
        ck_assert_int_eq(info.can_close, !info.kept_because);
        ck_assert_int_eq(strlen(info.sha256), 64);
        ck_assert_int_eq(strlen(info.build_id), 40);
        ck_assert(!info.is_dev);
    }
    fixture_clean(folder);
}
END_TEST

/* ------------------------------------------------------------------ damaged copies */

typedef struct bytes {
    char *data;
    size_t size;
} bytes;

static bytes read_good(void)
{
    bytes b;

    ck_assert_int_eq(file_read(FIXTURES "/good.so", &b.data, &b.size, NULL), QN_OK);
    return b;
}

static void expect(const char *folder, const bytes *b, size_t size, int32_t code, const char *says)
{
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module_info info;
    int32_t found;

    fixture_write(folder, "damaged.so", b->data, size, path);
    found = module_preflight(path, &info, &err);
    ck_assert_msg(found == code && strstr(err.msg, says), "%s instead of %s: '%s' without '%s'",
                  error_name(found), error_name(code), err.msg, says);
}

START_TEST(a_cut_file_is_refused_at_every_length)
{
    char folder[PATH_ROOM];
    bytes b = read_good();

    fixture_folder(folder);
    for (size_t n = 0; n < b.size; n += 64)
        expect(folder, &b, n, QN_E_ELF_FORMAT, "");
    expect(folder, &b, b.size - 1, QN_E_ELF_FORMAT, "cut short");
    expect(folder, &b, b.size, QN_OK, "");
    mem_free(b.data);
    fixture_clean(folder);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const struct {
        size_t offset;
        uint16_t value;
        size_t width;
        const char *says;
    } changes[] = {
        {EI_MAG0, 'x', 1, "not an ELF file"},
        {EI_CLASS, ELFCLASS32, 1, "64-bit"},
        {EI_DATA, ELFDATA2MSB, 1, "little-endian"},
        {EI_OSABI, ELFOSABI_FREEBSD, 1, "not a file for Linux"},
        {offsetof(Elf64_Ehdr, e_type), ET_EXEC, 2, "-shared"},
        {offsetof(Elf64_Ehdr, e_machine), EM_RISCV, 2, "another processor"},
        {offsetof(Elf64_Ehdr, e_machine), EM_386, 2, "another processor"},
        {offsetof(Elf64_Ehdr, e_phnum), 0, 2, "program headers"},
        {offsetof(Elf64_Ehdr, e_phnum), 0xffff, 2, "program headers"},
        {offsetof(Elf64_Ehdr, e_phentsize), 32, 2, "program headers"},
    };
    char folder[PATH_ROOM];
    bytes text = {(char *)(uintptr_t) "#!/bin/sh\necho I am no plugin, whatever my name says\n",
                  52};

    fixture_folder(folder);
    expect(folder, &text, text.size, QN_E_ELF_FORMAT, "no shared object");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        bytes b = read_good();
        memcpy(b.data + changes[i].offset, &changes[i].value, changes[i].width);
        expect(folder, &b, b.size, QN_E_ELF_FORMAT, changes[i].says);
        mem_free(b.data);
    }
    fixture_clean(folder);
}
END_TEST

/* The first program header of a type. */
static Elf64_Phdr *segment(bytes *b, uint32_t type)
{
    Elf64_Ehdr *head = (void *)b->data;
    Elf64_Phdr *p = (void *)(b->data + head->e_phoff);

    for (int i = 0; i < head->e_phnum; i++)
        if (p[i].p_type == type) return &p[i];
    ck_abort_msg("no segment of type %u", type);
    return NULL;
}

static Elf64_Dyn *dynamic(bytes *b, int64_t tag)
{
    Elf64_Dyn *d = (void *)(b->data + segment(b, PT_DYNAMIC)->p_offset);

    while (d->d_tag != tag)
        ck_assert_int_ne(d++->d_tag, DT_NULL);
    return d;
}

static void writable_code(bytes *b)
{
    segment(b, PT_LOAD)->p_flags = PF_R | PF_W | PF_X;
}

static void no_stack_header(bytes *b)
{
    segment(b, PT_GNU_STACK)->p_type = PT_NULL;
}

static void segment_outside(bytes *b)
{
    segment(b, PT_LOAD)->p_filesz = b->size + 1;
}

static void overlapping(bytes *b)
{
    Elf64_Phdr *first = segment(b, PT_LOAD);

    first[1].p_vaddr = first->p_vaddr;
    first[1].p_offset = first->p_offset;
}

static void no_dynamic(bytes *b)
{
    segment(b, PT_DYNAMIC)->p_type = PT_NULL;
}

static void endless_dynamic(bytes *b)
{
    Elf64_Phdr *p = segment(b, PT_DYNAMIC);
    Elf64_Dyn *d = (void *)(b->data + p->p_offset);

    for (size_t i = 0; i < p->p_memsz / sizeof *d; i++)
        if (d[i].d_tag == DT_NULL) d[i].d_tag = DT_DEBUG;
}

static void program(bytes *b)
{
    segment(b, PT_GNU_EH_FRAME)->p_type = PT_INTERP;
}

static void strings_outside(bytes *b)
{
    dynamic(b, DT_STRSZ)->d_un.d_val = UINT64_MAX;
}

static void symbols_outside(bytes *b)
{
    dynamic(b, DT_SYMTAB)->d_un.d_ptr = b->size * 2;
}

static void hash_outside(bytes *b)
{
    dynamic(b, DT_GNU_HASH)->d_un.d_ptr = UINT64_MAX - 3;
}

static void relocs_outside(bytes *b)
{
    dynamic(b, DT_RELASZ)->d_un.d_val = UINT64_MAX / 24 * 24;
}

static void text_relocations(bytes *b)
{
    dynamic(b, DT_RELACOUNT)->d_tag = DT_TEXTREL;
}

static void auxiliary(bytes *b)
{
    dynamic(b, DT_RELACOUNT)->d_tag = DT_AUXILIARY;
}

static void constructors(bytes *b)
{
    dynamic(b, DT_INIT_ARRAYSZ)->d_un.d_val = 16;
}

static void preconstructors(bytes *b)
{
    dynamic(b, DT_RELACOUNT)->d_tag = DT_PREINIT_ARRAYSZ;
}

START_TEST(damaged_tables_are_refused)
{
    static const struct {
        void (*damage)(bytes *b);
        int32_t code;
        const char *says;
    } cases[] = {
        {writable_code, QN_E_ELF_UNSAFE, "writable and executable"},
        {no_stack_header, QN_E_ELF_UNSAFE, "executable stack"},
        {segment_outside, QN_E_ELF_FORMAT, "segment lies outside"},
        {overlapping, QN_E_ELF_FORMAT, "overlap"},
        {no_dynamic, QN_E_ELF_FORMAT, "no dynamic table"},
        {endless_dynamic, QN_E_ELF_FORMAT, "no end"},
        {program, QN_E_ELF_FORMAT, "a program"},
        {strings_outside, QN_E_ELF_FORMAT, "string table"},
        {symbols_outside, QN_E_ELF_FORMAT, "symbol table"},
        {hash_outside, QN_E_ELF_FORMAT, "hash table"},
        {relocs_outside, QN_E_ELF_FORMAT, "relocations"},
        {text_relocations, QN_E_ELF_UNSAFE, "text relocations"},
        {auxiliary, QN_E_ELF_NEEDED, "auxiliary"},
        {constructors, QN_E_ELF_CONSTRUCTOR, ".init_array"},
        {preconstructors, QN_E_ELF_CONSTRUCTOR, ".preinit_array"},
    };
    char folder[PATH_ROOM];

    fixture_folder(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytes b = read_good();
        cases[i].damage(&b);
        expect(folder, &b, b.size, cases[i].code, cases[i].says);
        mem_free(b.data);
    }
    fixture_clean(folder);
}
END_TEST

/* The plugin note in the file: owner "QUOIN", type 1. */
static Elf64_Nhdr *plugin_note(bytes *b)
{
    static const char owner[] = "QUOIN";

    for (size_t i = 0; i + sizeof owner <= b->size; i++)
        if (memcmp(b->data + i, owner, sizeof owner) == 0)
            return (void *)(b->data + i - sizeof(Elf64_Nhdr));
    ck_abort_msg("no note");
    return NULL;
}

static qn_note_head *note_head(bytes *b)
{
    return (void *)((char *)(plugin_note(b) + 1) + 8);
}

static char *note_text(bytes *b)
{
    return (char *)(note_head(b) + 1);
}

static void other_owner(bytes *b)
{
    memcpy(plugin_note(b) + 1, "QUOIM", 6);
}

static void other_type(bytes *b)
{
    plugin_note(b)->n_type = 2;
}

static void long_desc(bytes *b)
{
    plugin_note(b)->n_descsz = UINT32_MAX;
}

/* The last note of its segment, with a description that does not hold the head. */
static void short_desc(bytes *b)
{
    Elf64_Phdr *p = segment(b, PT_NOTE);

    plugin_note(b)->n_descsz = sizeof(qn_note_head) - 4;
    p->p_filesz = (uint64_t)((char *)note_text(b) - 4 - b->data) - p->p_offset;
}

static void no_last_nul(bytes *b)
{
    ((char *)note_head(b))[plugin_note(b)->n_descsz - 1] = 'x';
}

static void long_owner(bytes *b)
{
    plugin_note(b)->n_namesz = UINT32_MAX - 1;
}

static void abi_major(bytes *b)
{
    note_head(b)->abi = 7u << 16;
}

static void abi_minor(bytes *b)
{
    note_head(b)->abi = QN_ABI + 1;
}

static void abi_old(bytes *b)
{
    note_head(b)->abi = QN_ABI_OLDEST - 1;
}

static void unknown_tier(bytes *b)
{
    note_head(b)->tier = 3;
}

static void unknown_flags(bytes *b)
{
    note_head(b)->flags = 1;
}

static void no_classes(bytes *b)
{
    note_head(b)->nclasses = 0;
}

static void more_classes(bytes *b)
{
    note_head(b)->nclasses = 2;
}

static void many_classes(bytes *b)
{
    note_head(b)->nclasses = UINT32_MAX;
}

static void bad_id(bytes *b)
{
    note_text(b)[0] = ' ';
}

static void bad_prefix(bytes *b)
{
    note_text(b)[0] = 'x';
}

static void merged_strings(bytes *b)
{
    note_text(b)[strlen(note_text(b))] = '_';
}

START_TEST(broken_notes_are_refused)
{
    static const struct {
        void (*damage)(bytes *b);
        int32_t code;
        const char *says;
    } cases[] = {
        {other_owner, QN_E_ELF_NOTE, "no plugin note"},
        {other_type, QN_E_ELF_NOTE, "no plugin note"},
        {long_desc, QN_E_ELF_NOTE, "damaged"},
        {long_owner, QN_E_ELF_NOTE, "damaged"},
        {short_desc, QN_E_ELF_NOTE, "16 or more expected"},
        {no_last_nul, QN_E_ELF_NOTE, "ends before the license of class 1"},
        {abi_major, QN_E_ABI_VERSION, "ABI 7.0"},
        {abi_minor, QN_E_ABI_VERSION, "run it on a later host"},
        {abi_old, QN_E_ABI_VERSION, "build it again"},
        {unknown_tier, QN_E_ELF_NOTE, "tier 3"},
        {unknown_flags, QN_E_ELF_NOTE, "flags 0x1"},
        {no_classes, QN_E_ELF_NOTE, "0 classes"},
        {more_classes, QN_E_ELF_NOTE, "ends before the id of class 2 of 2"},
        {many_classes, QN_E_ELF_NOTE, "1 to 16"},
        {bad_id, QN_E_ELF_NOTE, "broken id"},
        {bad_prefix, QN_E_ELF_NOTE, "must be strategy/NAME"},
        {merged_strings, QN_E_ELF_NOTE, ""},
    };
    char folder[PATH_ROOM];

    fixture_folder(folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytes b = read_good();
        cases[i].damage(&b);
        expect(folder, &b, b.size, cases[i].code, cases[i].says);
        mem_free(b.data);
    }
    fixture_clean(folder);
}
END_TEST

START_TEST(a_file_that_others_may_write_is_refused)
{
    static const struct {
        mode_t file, folder;
        int32_t code;
        const char *says;
    } cases[] = {
        {0644, 0755, QN_OK, ""},
        {0666, 0755, QN_E_MODULE_ACCESS, "file may be written by others (mode 0666)"},
        {0664, 0755, QN_E_MODULE_ACCESS, "file may be written"},
        {0644, 0777, QN_E_MODULE_ACCESS, "folder may be written"},
        {0644, 0775, QN_E_MODULE_ACCESS, "folder may be written"},
        {0644, 01777, QN_E_MODULE_ACCESS, "folder may be written by others (mode 1777)"},
    };
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module_info info;

    fixture_folder(folder);
    fixture_copy(folder, "good", path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(chmod(path, cases[i].file), 0);
        ck_assert_int_eq(chmod(folder, cases[i].folder), 0);
        ck_assert_int_eq(module_preflight(path, &info, &err), cases[i].code);
        ck_assert_msg(strstr(err.msg, cases[i].says), "%s", err.msg);
    }
    ck_assert_int_eq(chmod(folder, 0755), 0);
    if (geteuid() == 0) { /* only root can give a file away */
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        ck_assert_int_eq(module_preflight(path, &info, &err), QN_E_MODULE_ACCESS);
        ck_assert_msg(strstr(err.msg, "belongs to user 12345"), "%s", err.msg);
    }
    fixture_clean(folder);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module_info info;

    fixture_folder(folder);
    ck_assert_int_eq(path_join(folder, "none.so", path, NULL), QN_OK);
    ck_assert_int_eq(module_preflight(path, &info, &err), QN_E_NOT_FOUND);
    ck_assert_int_eq(mkfifo(path, 0644), 0); /* opening it would block */
    ck_assert_int_eq(module_preflight(path, &info, &err), QN_E_ELF_FORMAT);
    ck_assert_int_eq(module_preflight(folder, &info, &err), QN_E_ELF_FORMAT);
    fixture_clean(folder);
}
END_TEST

CHECK_MAIN("module_preflight", each_rule_refuses_with_its_own_code, dev_profile_takes_more,
           good_modules_pass, a_cut_file_is_refused_at_every_length, other_files_are_refused,
           damaged_tables_are_refused, broken_notes_are_refused,
           a_file_that_others_may_write_is_refused, what_is_no_file_is_refused)
