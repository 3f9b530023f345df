/* SPDX-License-Identifier: MIT
 *
 * Hashes: SHA-256 for identity (libcrypto), CRC32C for damage (ISA-L). */
#ifndef QUOIN_BASE_HASH_H
#define QUOIN_BASE_HASH_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_HEX 65 /* with the NUL */

typedef struct sha256 sha256;

/* A new running hash; NULL when out of memory. */
sha256 *sha256_new(void);
void sha256_free(sha256 *h);
void sha256_add(sha256 *h, const void *data, size_t n);
/* The hash of what was added so far, as hex; more may be added afterwards. */
int32_t sha256_hex(const sha256 *h, char to[SHA256_HEX], qn_err *err);
/* The same as if `n` bytes of `data` had been added first; they are not. */
int32_t sha256_hex_with(const sha256 *h, const void *data, size_t n, char to[SHA256_HEX],
                        qn_err *err);

/* The hash of one piece of memory, as hex. */
int32_t sha256_of(const void *data, size_t n, char to[SHA256_HEX], qn_err *err);

/* A hash's bytes as hex. */
void sha256_text(const uint8_t hash[SHA256_BYTES], char to[SHA256_HEX]);

/* CRC32C (Castagnoli), initial value and final xor all ones, as iSCSI and ext4 use it. */
uint32_t crc32c(const void *data, size_t n);
/* The same of bytes that come in pieces: the checksum of those before (0: none), and more. */
uint32_t crc32c_add(uint32_t before, const void *data, size_t n);

#endif
