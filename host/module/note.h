/* SPDX-License-Identifier: MIT
 *
 * The plugin note of a module: what it says of itself before any of its code runs. */
#ifndef QUOIN_MODULE_NOTE_H
#define QUOIN_MODULE_NOTE_H

#include "image.h"
#include "module.h"

/* Longest id, kind, version or license. */
#define NOTE_TEXT_MAX 63

/* Read and check the note of an image.
 *
 * text     receives the memory that the note's strings point into; free it by mem_free
 * returns  QN_OK; QN_E_ABI_VERSION; QN_E_ELF_NOTE: none, two, broken, or one that contradicts
 *          itself; QN_E_NO_MEMORY. On error *out and *text are unchanged. */
int32_t note_read(const image *img, note *out, char **text, qn_err *err);

/* The grammar of the strings that name a class; the tables are held to it, too. */
bool class_id_is_valid(const char *id);  /* "strategy/sma_cross" */
bool kind_id_is_valid(const char *id);   /* "qn.strategy/1", "com.vendor.thing/2" */
bool version_is_valid(const char *text); /* "1.0.0", "2.1.0-rc1" */
bool license_is_valid(const char *text); /* an SPDX expression's characters */

#endif
