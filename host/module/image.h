/* SPDX-License-Identifier: MIT
 *
 * A shared object as bytes: what an ELF file would be once the dynamic linker has mapped it,
 * found out without mapping it.
 *
 * The file is hostile until proven otherwise. Every offset and count in it is checked before
 * it is followed; what cannot be followed is an error, never a guess. Tables are looked up by
 * their address in memory, through the loadable segments, because that is where the dynamic
 * linker will look: file offsets and section headers may tell another story. */
#ifndef QUOIN_MODULE_IMAGE_H
#define QUOIN_MODULE_IMAGE_H

#include "base/hash.h"

#include <quoin/error.h>

#include <elf.h>
#include <stdbool.h>

#define IMAGE_SEGMENTS 32
#define IMAGE_PAGE ((uint64_t)4096)

/* What differs between the processors that are supported. */
typedef struct machine {
    uint16_t number; /* EM_ */
    const char *name;
    const char *linker;      /* file name of the dynamic linker */
    uint32_t irelative;      /* relocation that calls a function of the module */
    uint32_t jump_slot;      /* relocation of a lazily bound call */
    const char *const *init; /* code of the C runtime's own _init, see image_code_is; NULL ends */
    const char *const *fini; /* and of its _fini */
} machine;

typedef struct image {
    const unsigned char *data; /* the whole file; the caller keeps it */
    uint64_t size;
    const machine *machine;
    Elf64_Phdr segments[IMAGE_SEGMENTS];
    uint32_t nsegments;
    uint32_t nsymbols;            /* dynamic symbols, the empty first one included */
    uint64_t symbols, strings;    /* addresses */
    uint64_t strings_size;        /* bytes */
    const unsigned char *dynamic; /* Elf64_Dyn, ended by DT_NULL */
    uint32_t ndynamic;            /* without the DT_NULL */
    struct {
        const unsigned char *rows; /* Elf64_Rela */
        uint64_t nrows;
    } relocs[2]; /* DT_RELA, DT_JMPREL */
} image;

/* One dynamic symbol. */
typedef struct image_symbol {
    const char *name;
    uint8_t bind, type; /* STB_, STT_ */
    bool is_defined;
} image_symbol;

/* One ELF note. */
typedef struct image_note {
    const char *owner; /* not NUL-terminated */
    uint32_t owner_size, type;
    const unsigned char *desc;
    uint32_t desc_size;
} image_note;

/* Read the headers and the dynamic table. `data` is borrowed as long as the image.
 * QN_OK or QN_E_ELF_FORMAT, *out is then not to be used. */
int32_t image_open(const void *data, size_t size, image *out, qn_err *err);

/* The bytes at an address, or NULL unless all `n` of them come from the file. */
const unsigned char *image_at(const image *img, uint64_t address, uint64_t n);

/* The text at an offset of the string table, or NULL if it does not end inside. */
const char *image_string(const image *img, uint64_t offset);

/* The value of a dynamic tag, the last one as for the dynamic linker. False = absent. */
bool image_tag(const image *img, int64_t tag, uint64_t *value);

/* The value, or `absent`. */
uint64_t image_tag_or(const image *img, int64_t tag, uint64_t absent);

/* The i-th dynamic entry; i < ndynamic. */
Elf64_Dyn image_dynamic(const image *img, uint32_t i);

/* The i-th dynamic symbol; 0 < i < nsymbols. False if its name cannot be read. */
bool image_symbol_at(const image *img, uint32_t i, image_symbol *out);

/* The i-th relocation of the DT_RELA and DT_JMPREL tables; false past the end. image_open has
 * checked that all of them can be read. */
bool image_reloc(const image *img, uint64_t i, Elf64_Rela *out);

/* The first note of this owner and type behind `*after` others like it; counts `*after` up.
 * 1 = found, 0 = no more, -1 = the notes are broken. */
int image_find_note(const image *img, const char *owner, uint32_t type, uint32_t *after,
                    image_note *out);

/* The linker's number of the build, as hex; "" without one. */
#define IMAGE_BUILD_ID 65
void image_build_id(const image *img, char to[IMAGE_BUILD_ID]);

/* SHA-256 over what the dynamic linker maps of the file, as hex. The place of the section table,
 * which stands in the mapped header, counts as 0: strip changes that and nothing else of it. */
int32_t image_mapped_hash(const image *img, char to[SHA256_HEX], qn_err *err);

/* True if the code at an address is that of one of the patterns: hex bytes, ".." = any byte. */
bool image_code_is(const image *img, uint64_t address, const char *const *patterns);

/* Bytes of the loaded segments that are still writable when the dynamic linker is done. */
uint64_t image_writable(const image *img);

#endif
