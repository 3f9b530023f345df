/* SPDX-License-Identifier: MIT */
#include "note.h"

#include "base/fail.h"
#include "base/memory.h"
#include "kind.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool class_id_is_valid(const char *id)
{
    size_t head = strspn(id, LOWER DIGITS "_");
    size_t tail;

    if (head == 0 || id[head] != '/') return false;
    tail = strspn(id + head + 1, LOWER UPPER DIGITS "_.-");
    return tail > 0 && head + 1 + tail <= NOTE_TEXT_MAX && !id[head + 1 + tail];
}

bool kind_id_is_valid(const char *id)
{
    size_t head = strspn(id, LOWER DIGITS "_.-");
    size_t tail;

    if (head == 0 || id[head] != '/') return false;
    tail = strspn(id + head + 1, DIGITS);
    return tail > 0 && head + 1 + tail <= NOTE_TEXT_MAX && !id[head + 1 + tail];
}

bool version_is_valid(const char *text)
{
    size_t n = strspn(text, LOWER UPPER DIGITS ".-+");

    return n > 0 && n <= NOTE_TEXT_MAX && !text[n] && strchr(DIGITS, text[0]);
}

bool license_is_valid(const char *text)
{
    size_t n = strspn(text, LOWER UPPER DIGITS ".-+() ");

    return n > 0 && n <= NOTE_TEXT_MAX && !text[n];
}

/* The four strings of a class, in the order of the note. */
static const struct {
    const char *name;
    size_t offset;
    bool (*is_valid)(const char *text);
    const char *expected;
} fields[] = {
    {"id", offsetof(note_class, id), class_id_is_valid, "like \"strategy/NAME\""},
    {"kind", offsetof(note_class, kind), kind_id_is_valid, "like \"qn.strategy/1\""},
    {"version", offsetof(note_class, version), version_is_valid, "like \"1.0.0\""},
    {"license", offsetof(note_class, license), license_is_valid, "an SPDX expression"},
};

static int32_t check_head(const qn_note_head *head, qn_err *err)
{
    if (head->abi < QN_ABI_OLDEST || head->abi > QN_ABI)
        return fail(err, QN_E_ABI_VERSION,
                    "asks for plugin ABI %u.%u, but this host serves %u.%u to %u.%u: %s",
                    head->abi >> 16, head->abi & 0xffff, QN_ABI_OLDEST >> 16,
                    QN_ABI_OLDEST & 0xffff, QN_ABI_MAJOR, QN_ABI_MINOR,
                    head->abi > QN_ABI
                        ? "run it on a later host, or build it with a lower QN_USE_ABI_MINOR"
                        : "build it again with this host's headers");
    if (head->tier != QN_TIER_PURE && head->tier != QN_TIER_IO)
        return fail(err, QN_E_ELF_NOTE,
                    "the plugin note names tier %u; 1 (pure) or 2 (I/O) expected", head->tier);
    if (head->flags != 0)
        return fail(err, QN_E_ELF_NOTE, "the plugin note has unknown flags 0x%x", head->flags);
    if (head->nclasses == 0 || head->nclasses > MODULE_CLASSES)
        return fail(err, QN_E_ELF_NOTE, "the plugin note counts %u classes; 1 to %d expected",
                    head->nclasses, MODULE_CLASSES);
    return QN_OK;
}

/* Splits the text behind the head into the strings of the classes. */
static int32_t split(note *out, const char *text, size_t size, qn_err *err)
{
    const char *end = text + size;

    for (uint32_t i = 0; i < out->nclasses; i++) {
        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            const char *nul = memchr(text, 0, (size_t)(end - text));
            if (!nul)
                return fail(err, QN_E_ELF_NOTE,
                            "the plugin note ends before the %s of class %u of %u", fields[f].name,
                            i + 1, out->nclasses);
            if (!fields[f].is_valid(text))
                return fail(err, QN_E_ELF_NOTE,
                            "the plugin note gives class %u a broken %s; %s expected", i + 1,
                            fields[f].name, fields[f].expected);
            memcpy((char *)&out->classes[i] + fields[f].offset, &text, sizeof text);
            text = nul + 1;
        }
    }
    if (text != end)
        return fail(err, QN_E_ELF_NOTE, "the plugin note has %zu bytes behind its %u classes",
                    (size_t)(end - text), out->nclasses);
    return QN_OK;
}

/* An id starts with the name of its kind: that is how people find the kind of a class. */
static int32_t check_ids(const note *n, qn_err *err)
{
    for (uint32_t i = 0; i < n->nclasses; i++) {
        const note_class *c = &n->classes[i];
        const kind *k = kind_find(c->kind);
        size_t len = k ? strlen(k->prefix) : 0;
        if (k && (strncmp(c->id, k->prefix, len) != 0 || c->id[len] != '/'))
            return fail(err, QN_E_ELF_NOTE, "class %s is of kind %s: its id must be %s/NAME", c->id,
                        c->kind, k->prefix);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(n->classes[j].id, c->id) == 0)
                return fail(err, QN_E_ELF_NOTE, "the plugin note names class %s twice", c->id);
    }
    return QN_OK;
}

static int32_t find_note(const image *img, image_note *out, qn_err *err)
{
    uint32_t seen = 0;
    image_note second;

    switch (image_find_note(img, QN_NOTE_OWNER, QN_NOTE_TYPE, &seen, out)) {
    case 0:
        return fail(err, QN_E_ELF_NOTE,
                    "no plugin note: not a Quoin plugin, or built without QN_NOTE");
    case 1:
        break;
    default:
        return fail(err, QN_E_ELF_NOTE, "the notes of the file are damaged");
    }
    switch (image_find_note(img, QN_NOTE_OWNER, QN_NOTE_TYPE, &seen, &second)) {
    case 0:
        return QN_OK;
    case 1:
        return fail(err, QN_E_ELF_NOTE, "more than one plugin note: use QN_NOTE once a module");
    default:
        return fail(err, QN_E_ELF_NOTE, "the notes of the file are damaged");
    }
}

int32_t note_read(const image *img, note *out, char **text, qn_err *err)
{
    qn_note_head head;
    image_note found;
    note n = {0};
    size_t size;
    char *copy;
    int32_t rc;

    if ((rc = find_note(img, &found, err)) != QN_OK) return rc;
    if (found.desc_size < sizeof head)
        return fail(err, QN_E_ELF_NOTE, "the plugin note has %u bytes; %zu or more expected",
                    found.desc_size, sizeof head);
    memcpy(&head, found.desc, sizeof head);
    if ((rc = check_head(&head, err)) != QN_OK) return rc;
    size = found.desc_size - sizeof head;
    if (!(copy = mem_text_n((const char *)found.desc + sizeof head, size)))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading the plugin note");
    n = (note){.abi = head.abi, .tier = head.tier, .flags = head.flags, .nclasses = head.nclasses};
    if ((rc = split(&n, copy, size, err)) != QN_OK) goto done;
    if ((rc = check_ids(&n, err)) != QN_OK) goto done;
    *out = n;
    *text = copy;
    copy = NULL;
done:
    mem_free(copy);
    return rc;
}
