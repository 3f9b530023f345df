/* SPDX-License-Identifier: MIT
 *
 * The signature of a plugin's file: X.so.sig beside X.so, a text of lines
 *
 *   quoin-signature 2
 *   key KEY                      SHA-256 of the public key's SubjectPublicKeyInfo in DER (RFC 8410)
 *   sha256 HASH                  of the file
 *   mapped HASH                  of what of it the dynamic linker maps (image_mapped_hash)
 *   build ID                     the linker's number of the build (image_build_id); "-" = none
 *   abi MAJOR.MINOR
 *   class ID KIND VERSION state FROM TO     one a class, in the order of the file's note:
 *                                           the layouts of state that it reads; 0 0 = no state
 *   signature BASE64             Ed25519 (RFC 8032) over all that stands before this line
 *
 * There is one way to write each signature: a text that is not byte for byte what this host would
 * write is none. Detached, so that no tool that rewrites the file leaves a signature that looks
 * whole. Functions are pure but for the memory they take; any thread. */
#ifndef QUOIN_MODULE_SIGNATURE_H
#define QUOIN_MODULE_SIGNATURE_H

#include "base/hash.h"
#include "image.h"

#include <quoin/error.h>

#include <stdint.h>

#define SIGNATURE_FORMAT 2
#define SIGNATURE_CLASSES 16 /* = MODULE_CLASSES */
#define SIGNATURE_BYTES 64   /* RFC 8032, 5.1.6 */
#define SIGNATURE_TEXT 8192  /* longer than any */

typedef struct signature_class {
    char id[64], kind[64], version[64];
    uint32_t schema_min, schema;
} signature_class;

typedef struct signature {
    char key[SHA256_HEX];
    char sha256[SHA256_HEX], mapped[SHA256_HEX];
    char build_id[IMAGE_BUILD_ID];
    uint32_t abi, nclasses; /* abi: as QN_ABI */
    signature_class classes[SIGNATURE_CLASSES];
    unsigned char bytes[SIGNATURE_BYTES];
} signature;

/* A key in memory: OpenSSL's EVP_PKEY. */
typedef struct evp_pkey_st signature_key;

/* Read a key out of a PEM text: an Ed25519 private key, "openssl genpkey -algorithm ed25519", or a
 * public one, "openssl pkey -pubout". For a private key that a passphrase protects it is asked for
 * at the terminal. NULL: it is not such a key. `id` receives the key's id. */
signature_key *signature_key_private(const char *pem, size_t size, char id[SHA256_HEX]);
signature_key *signature_key_public(const char *pem, size_t size, char id[SHA256_HEX]);
void signature_key_free(signature_key *key);

/* Fill in `bytes` of a signature whose other members are filled in, `key` by the key's id.
 * QN_OK; QN_E_INTERNAL: OpenSSL failed. */
int32_t signature_make(signature *s, signature_key *key, qn_err *err);

/* Hold the signature against the key: QN_OK, or QN_E_SIGNATURE_ALTERED. */
int32_t signature_check(const signature *s, signature_key *key, qn_err *err);

/* The text; returns its length. */
size_t signature_write(const signature *s, char to[SIGNATURE_TEXT]);

/* Read a text. QN_OK, or QN_E_SIGNATURE_FORMAT with the line that is wrong; *out is then
 * unchanged. */
int32_t signature_read(const char *text, size_t size, signature *out, qn_err *err);

#endif
