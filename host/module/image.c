/* SPDX-License-Identifier: MIT */
#include "image.h"

#include "base/fail.h"

#include <stdio.h>
#include <string.h>

/* What gcc's and clang's crti.o and crtn.o of glibc put into every shared object. They are
 * hand-written assembler, so there are few forms: with and without branch protection. */
static const char *const x86_init[] = {
    "4883ec08 488b05........ 4885c0 7402 ffd0 4883c408 c3",
    "f30f1efa 4883ec08 488b05........ 4885c0 7402 ffd0 4883c408 c3",
    NULL,
};
static const char *const x86_fini[] = {
    "4883ec08 4883c408 c3",
    "f30f1efa 4883ec08 4883c408 c3",
    NULL,
};
static const char *const arm_init[] = {
    "1f2003d5 fd7bbfa9 fd030091 ......94 fd7bc1a8 c0035fd6",
    "1f2003d5 fd7bbfa9 fd030091 ......97 fd7bc1a8 c0035fd6",
    "3f2303d5 fd7bbfa9 fd030091 ......94 fd7bc1a8 bf2303d5 c0035fd6",
    "3f2303d5 fd7bbfa9 fd030091 ......97 fd7bc1a8 bf2303d5 c0035fd6",
    NULL,
};
static const char *const arm_fini[] = {
    "1f2003d5 fd7bbfa9 fd030091 fd7bc1a8 c0035fd6",
    "3f2303d5 fd7bbfa9 fd030091 fd7bc1a8 bf2303d5 c0035fd6",
    NULL,
};

/* All of them, so that an error can name the machine that a file is for. */
static const machine machines[] = {
    {EM_X86_64, "x86-64", "ld-linux-x86-64.so.2", R_X86_64_IRELATIVE, R_X86_64_JUMP_SLOT, x86_init,
     x86_fini},
    {EM_AARCH64, "aarch64", "ld-linux-aarch64.so.1", R_AARCH64_IRELATIVE, R_AARCH64_JUMP_SLOT,
     arm_init, arm_fini},
};

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#else
#error "modules are loaded on x86-64 and aarch64 only: add a row to machines[]"
#endif

static const machine *find_machine(uint16_t number)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].number == number) return &machines[i];
    return NULL;
}

static bool inside(uint64_t size, uint64_t offset, uint64_t n)
{
    return offset <= size && n <= size - offset;
}

const unsigned char *image_at(const image *img, uint64_t address, uint64_t n)
{
    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        if (s->p_type != PT_LOAD || address < s->p_vaddr) continue;
        if (!inside(s->p_filesz, address - s->p_vaddr, n)) continue;
        return img->data + s->p_offset + (address - s->p_vaddr);
    }
    return NULL;
}

const char *image_string(const image *img, uint64_t offset)
{
    const unsigned char *text;

    if (offset >= img->strings_size) return NULL;
    text = image_at(img, img->strings + offset, img->strings_size - offset);
    if (!text || !memchr(text, 0, img->strings_size - offset)) return NULL;
    return (const char *)text;
}

Elf64_Dyn image_dynamic(const image *img, uint32_t i)
{
    Elf64_Dyn entry;

    memcpy(&entry, img->dynamic + (size_t)i * sizeof entry, sizeof entry);
    return entry;
}

bool image_tag(const image *img, int64_t tag, uint64_t *value)
{
    bool is_found = false;

    for (uint32_t i = 0; i < img->ndynamic; i++) {
        Elf64_Dyn entry = image_dynamic(img, i);
        if (entry.d_tag != tag) continue;
        *value = entry.d_un.d_val;
        is_found = true;
    }
    return is_found;
}

uint64_t image_tag_or(const image *img, int64_t tag, uint64_t absent)
{
    uint64_t value = absent;

    image_tag(img, tag, &value);
    return value;
}

bool image_symbol_at(const image *img, uint32_t i, image_symbol *out)
{
    const unsigned char *at =
        image_at(img, img->symbols + (uint64_t)i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
    Elf64_Sym symbol;

    if (!at) return false;
    memcpy(&symbol, at, sizeof symbol);
    out->name = image_string(img, symbol.st_name);
    out->bind = ELF64_ST_BIND(symbol.st_info);
    out->type = ELF64_ST_TYPE(symbol.st_info);
    out->is_defined = symbol.st_shndx != SHN_UNDEF;
    return out->name != NULL;
}

bool image_reloc(const image *img, uint64_t i, Elf64_Rela *out)
{
    for (size_t t = 0; t < sizeof img->relocs / sizeof img->relocs[0]; t++) {
        if (i < img->relocs[t].nrows) {
            memcpy(out, img->relocs[t].rows + i * sizeof *out, sizeof *out);
            return true;
        }
        i -= img->relocs[t].nrows;
    }
    return false;
}

static uint64_t up4(uint64_t n)
{
    return (n + 3) & ~UINT64_C(3);
}

/* Reads the note at *at of a segment and steps behind it. False if it runs over the end. */
static bool read_note(const unsigned char *data, uint64_t size, uint64_t align, uint64_t *at,
                      image_note *out)
{
    Elf64_Nhdr head;
    uint64_t desc;

    if (!inside(size, *at, sizeof head)) return false;
    memcpy(&head, data + *at, sizeof head);
    *at += sizeof head;
    desc = *at + up4(head.n_namesz);
    if (align == 8) desc = (desc + 7) & ~UINT64_C(7);
    if (!inside(size, *at, head.n_namesz) || !inside(size, desc, head.n_descsz)) return false;
    *out = (image_note){(const char *)data + *at, head.n_namesz, head.n_type, data + desc,
                        head.n_descsz};
    *at = desc + up4(head.n_descsz);
    if (align == 8) *at = (*at + 7) & ~UINT64_C(7);
    return true;
}

int image_find_note(const image *img, const char *owner, uint32_t type, uint32_t *after,
                    image_note *out)
{
    size_t owner_size = strlen(owner) + 1;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        uint64_t at = 0;

        while (s->p_type == PT_NOTE && at < s->p_filesz) {
            if (!read_note(img->data + s->p_offset, s->p_filesz, s->p_align, &at, out)) return -1;
            if (out->type != type || out->owner_size != owner_size) continue;
            if (memcmp(out->owner, owner, owner_size) != 0 || seen++ < *after) continue;
            ++*after;
            return 1;
        }
    }
    return 0;
}

void image_build_id(const image *img, char to[IMAGE_BUILD_ID])
{
    uint32_t seen = 0;
    image_note found;

    to[0] = '\0';
    if (image_find_note(img, "GNU", NT_GNU_BUILD_ID, &seen, &found) != 1) return;
    for (uint32_t i = 0; i < found.desc_size && i < IMAGE_BUILD_ID / 2; i++)
        snprintf(to + (size_t)i * 2, 3, "%02x", found.desc[i]);
}

int32_t image_mapped_hash(const image *img, char to[SHA256_HEX], qn_err *err)
{
    sha256 *hash = sha256_new();
    Elf64_Ehdr head;
    int32_t rc;

    if (!hash) return fail(err, QN_E_NO_MEMORY, "out of memory");
    memcpy(&head, img->data, sizeof head);
    head.e_shoff = 0;
    head.e_shnum = head.e_shstrndx = 0;
    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        uint64_t from = s->p_offset < sizeof head ? sizeof head : s->p_offset;
        uint64_t end = s->p_offset + s->p_filesz;
        if (s->p_type != PT_LOAD || s->p_filesz == 0) continue;
        if (s->p_offset < sizeof head) sha256_add(hash, &head, sizeof head);
        if (end > from) sha256_add(hash, img->data + from, end - from);
    }
    rc = sha256_hex(hash, to, err);
    sha256_free(hash);
    return rc;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *p = strchr(digits, c);

    return p && c ? (int)(p - digits) : -1;
}

static bool code_matches(const image *img, uint64_t address, const char *pattern)
{
    for (; *pattern; pattern += 2, address++) {
        const unsigned char *code;

        if (*pattern == ' ') pattern++;
        if (!(code = image_at(img, address, 1))) return false;
        if (*pattern == '.') continue;
        if (*code != hex_digit(pattern[0]) * 16 + hex_digit(pattern[1])) return false;
    }
    return true;
}

bool image_code_is(const image *img, uint64_t address, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (code_matches(img, address, *patterns)) return true;
    return false;
}

/* Bytes of [from, to) that the segment's protection after relocation leaves writable. The
 * dynamic linker protects whole pages: a part of a page at the end stays writable. */
static uint64_t writable_part(const image *img, uint64_t from, uint64_t to)
{
    uint64_t n = to - from;

    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        uint64_t end;
        if (s->p_type != PT_GNU_RELRO) continue;
        end = (s->p_vaddr + s->p_memsz) & ~(IMAGE_PAGE - 1);
        if (s->p_vaddr < to && end > from)
            return n - ((end < to ? end : to) - (s->p_vaddr > from ? s->p_vaddr : from));
    }
    return n;
}

uint64_t image_writable(const image *img)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        if (s->p_type == PT_LOAD && (s->p_flags & PF_W))
            n += writable_part(img, s->p_vaddr, s->p_vaddr + s->p_memsz);
    }
    return n;
}

/* ------------------------------------------------------------------ opening */

static int32_t check_ident(const Elf64_Ehdr *head, qn_err *err)
{
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return fail(err, QN_E_ELF_FORMAT, "not an ELF file: a plugin is a shared object (.so)");
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(err, QN_E_ELF_FORMAT, "not a 64-bit little-endian file: build it for %s",
                    find_machine(THIS_MACHINE)->name);
    if (head->e_ident[EI_VERSION] != EV_CURRENT || head->e_version != EV_CURRENT ||
        (head->e_ident[EI_OSABI] != ELFOSABI_NONE && head->e_ident[EI_OSABI] != ELFOSABI_GNU))
        return fail(err, QN_E_ELF_FORMAT, "not a file for Linux: ELF version %u, system %u",
                    (unsigned)head->e_version, (unsigned)head->e_ident[EI_OSABI]);
    if (head->e_type != ET_DYN)
        return fail(err, QN_E_ELF_FORMAT, "ELF type %u is no shared object: link it with -shared",
                    head->e_type);
    return QN_OK;
}

static int32_t check_machine(image *out, const Elf64_Ehdr *head, qn_err *err)
{
    const machine *other = find_machine(head->e_machine);

    if (head->e_machine != THIS_MACHINE)
        return fail(err, QN_E_ELF_FORMAT, "built for %s (machine %u), but this host runs on %s",
                    other ? other->name : "another processor", head->e_machine,
                    find_machine(THIS_MACHINE)->name);
    out->machine = other;
    return QN_OK;
}

static int32_t cut_short(qn_err *err, const char *what)
{
    return fail(err, QN_E_ELF_FORMAT, "the file is cut short or damaged: %s", what);
}

/* Section headers are of no use to us; but they stand at the end of the file, and a file that
 * has lost them has lost its tail. */
static int32_t read_segments(image *out, const Elf64_Ehdr *head, qn_err *err)
{
    uint64_t sections = (uint64_t)head->e_shnum * head->e_shentsize;

    if (head->e_shoff && !inside(out->size, head->e_shoff, sections))
        return cut_short(err, "its section headers lie outside");
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 ||
        head->e_phnum > IMAGE_SEGMENTS)
        return fail(err, QN_E_ELF_FORMAT, "%u program headers of %u bytes; 1 to %d of %zu expected",
                    head->e_phnum, head->e_phentsize, IMAGE_SEGMENTS, sizeof(Elf64_Phdr));
    out->nsegments = head->e_phnum;
    if (!inside(out->size, head->e_phoff, out->nsegments * sizeof(Elf64_Phdr)))
        return cut_short(err, "its program headers lie outside");
    memcpy(out->segments, out->data + head->e_phoff, out->nsegments * sizeof(Elf64_Phdr));
    for (uint32_t i = 0; i < out->nsegments; i++)
        if (!inside(out->size, out->segments[i].p_offset, out->segments[i].p_filesz))
            return cut_short(err, "a segment lies outside");
    return QN_OK;
}

/* Loadable segments must rise without sharing a page: where two overlapped, the dynamic linker
 * would map one over the other and run something else than what was checked. */
static int32_t check_loads(const image *img, qn_err *err)
{
    uint64_t end = 0; /* of the pages mapped so far */
    uint32_t n = 0;

    for (uint32_t i = 0; i < img->nsegments; i++) {
        const Elf64_Phdr *s = &img->segments[i];
        if (s->p_type == PT_INTERP)
            return fail(err, QN_E_ELF_FORMAT, "a program, not a plugin: link it with -shared");
        if (s->p_type == PT_GNU_RELRO && s->p_memsz > UINT64_MAX - s->p_vaddr)
            return fail(err, QN_E_ELF_FORMAT, "program header %u is damaged", i);
        if (s->p_type != PT_LOAD) continue;
        if (s->p_filesz > s->p_memsz || s->p_memsz > UINT64_MAX / 4 ||
            s->p_vaddr > UINT64_MAX / 4 || (s->p_vaddr - s->p_offset) % IMAGE_PAGE != 0)
            return fail(err, QN_E_ELF_FORMAT, "program header %u is damaged", i);
        if (n++ && (s->p_vaddr & ~(IMAGE_PAGE - 1)) < end)
            return fail(err, QN_E_ELF_FORMAT,
                        "loadable segments overlap or share a page (program header %u)", i);
        end = (s->p_vaddr + s->p_memsz + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1);
    }
    return n ? QN_OK : fail(err, QN_E_ELF_FORMAT, "the file has nothing to load");
}

static int32_t read_dynamic(image *out, qn_err *err)
{
    const Elf64_Phdr *dynamic = NULL;

    for (uint32_t i = 0; i < out->nsegments; i++) {
        if (out->segments[i].p_type != PT_DYNAMIC) continue;
        if (dynamic) return fail(err, QN_E_ELF_FORMAT, "the file has two dynamic tables");
        dynamic = &out->segments[i];
    }
    if (!dynamic)
        return fail(err, QN_E_ELF_FORMAT,
                    "the file has no dynamic table: link it as a shared object (-shared)");
    out->dynamic = image_at(out, dynamic->p_vaddr, dynamic->p_memsz);
    if (!out->dynamic) return cut_short(err, "its dynamic table lies outside");
    for (uint64_t n = 0; (n + 1) * sizeof(Elf64_Dyn) <= dynamic->p_memsz && n < UINT32_MAX; n++) {
        out->ndynamic = (uint32_t)n;
        if (image_dynamic(out, out->ndynamic).d_tag == DT_NULL) return QN_OK;
    }
    return fail(err, QN_E_ELF_FORMAT, "the dynamic table has no end");
}

static bool read_word(const image *img, uint64_t address, uint32_t *out)
{
    const unsigned char *at = image_at(img, address, sizeof *out);

    if (at) memcpy(out, at, sizeof *out);
    return at != NULL;
}

/* Symbols behind the old hash table: its second word. */
static bool count_by_hash(const image *img, uint64_t table, uint32_t *out)
{
    uint32_t n;

    if (!read_word(img, table + 4, &n)) return false;
    if (n > *out) *out = n;
    return true;
}

/* Symbols behind the GNU hash table: the end of the chain that starts last. */
static bool count_by_gnu_hash(const image *img, uint64_t table, uint32_t *out)
{
    uint32_t nbuckets, first, bloom, word;
    uint32_t last = 0;
    uint64_t buckets, chains;

    if (!read_word(img, table, &nbuckets) || !read_word(img, table + 4, &first) ||
        !read_word(img, table + 8, &bloom))
        return false;
    buckets = table + 16 + (uint64_t)bloom * 8;
    chains = buckets + (uint64_t)nbuckets * 4;
    for (uint32_t i = 0; i < nbuckets; i++) {
        if (!read_word(img, buckets + (uint64_t)i * 4, &word)) return false;
        if (word > last) last = word;
    }
    if (last < first) { /* nothing is exported */
        if (first > *out) *out = first;
        return true;
    }
    do {
        if (last == UINT32_MAX || !read_word(img, chains + (uint64_t)(last - first) * 4, &word))
            return false;
        last++;
    } while (!(word & 1));
    if (last > *out) *out = last;
    return true;
}

static int32_t read_symbols(image *out, qn_err *err)
{
    uint64_t table = 0;

    if (!image_tag(out, DT_SYMTAB, &out->symbols) || !image_tag(out, DT_STRTAB, &out->strings) ||
        !image_tag(out, DT_STRSZ, &out->strings_size) ||
        image_tag_or(out, DT_SYMENT, sizeof(Elf64_Sym)) != sizeof(Elf64_Sym))
        return fail(err, QN_E_ELF_FORMAT, "the dynamic table names no symbols");
    if (!image_at(out, out->strings, out->strings_size))
        return cut_short(err, "its string table lies outside");
    if (image_tag(out, DT_HASH, &table) && !count_by_hash(out, table, &out->nsymbols))
        return cut_short(err, "its hash table lies outside");
    if (image_tag(out, DT_GNU_HASH, &table) && !count_by_gnu_hash(out, table, &out->nsymbols))
        return cut_short(err, "its hash table lies outside");
    if (!image_at(out, out->symbols, (uint64_t)out->nsymbols * sizeof(Elf64_Sym)))
        return cut_short(err, "its symbol table lies outside");
    for (uint32_t i = 1; i < out->nsymbols; i++) {
        image_symbol symbol;
        if (!image_symbol_at(out, i, &symbol)) return cut_short(err, "a symbol has no name");
    }
    return QN_OK;
}

/* The two tables of relocations that the dynamic linker works through. */
static const struct {
    int64_t table, size;
} reloc_tables[] = {{DT_RELA, DT_RELASZ}, {DT_JMPREL, DT_PLTRELSZ}};

static int32_t read_relocs(image *out, qn_err *err)
{
    Elf64_Rela row;

    if (image_tag_or(out, DT_RELSZ, 0) || image_tag_or(out, DT_PLTREL, DT_RELA) != DT_RELA ||
        image_tag_or(out, DT_RELAENT, sizeof row) != sizeof row)
        return fail(err, QN_E_ELF_FORMAT, "relocations of a kind that %s does not have",
                    out->machine->name);
    for (size_t t = 0; t < sizeof reloc_tables / sizeof reloc_tables[0]; t++) {
        uint64_t size = image_tag_or(out, reloc_tables[t].size, 0);
        if (!size) continue;
        out->relocs[t].nrows = size / sizeof row;
        out->relocs[t].rows = image_at(out, image_tag_or(out, reloc_tables[t].table, 0), size);
        if (!out->relocs[t].rows) return cut_short(err, "its relocations lie outside");
    }
    /* symbols that no hash table knows can still be imported through a relocation */
    for (uint64_t i = 0; image_reloc(out, i, &row); i++) {
        uint64_t symbol = ELF64_R_SYM(row.r_info);
        if (symbol == UINT32_MAX) return cut_short(err, "a relocation names no symbol");
        if (symbol >= out->nsymbols) out->nsymbols = (uint32_t)symbol + 1;
    }
    return QN_OK;
}

int32_t image_open(const void *data, size_t size, image *out, qn_err *err)
{
    Elf64_Ehdr head;
    int32_t rc;

    *out = (image){.data = data, .size = size};
    if (size < sizeof head)
        return fail(err, QN_E_ELF_FORMAT, "%zu bytes are no shared object", size);
    memcpy(&head, data, sizeof head);
    if ((rc = check_ident(&head, err)) != QN_OK) return rc;
    if ((rc = check_machine(out, &head, err)) != QN_OK) return rc;
    if ((rc = read_segments(out, &head, err)) != QN_OK) return rc;
    if ((rc = check_loads(out, err)) != QN_OK) return rc;
    if ((rc = read_dynamic(out, err)) != QN_OK) return rc;
    if ((rc = read_relocs(out, err)) != QN_OK) return rc;
    return read_symbols(out, err);
}
