/* SPDX-License-Identifier: MIT */
#include "signature.h"

#include "base/fail.h"
#include "base/memory.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define BASE64_ROOM (4 * ((SIGNATURE_BYTES + 2) / 3) + 1)
#define DER_ROOM 64 /* of an Ed25519 public key: 44 */

/* ------------------------------------------------------------------ keys */

/* The id of a key; false if it is none for Ed25519. */
static bool identify(signature_key *key, char id[SHA256_HEX])
{
    unsigned char der[DER_ROOM];
    unsigned char *end = der;
    int n;

    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return false;
    n = i2d_PUBKEY(key, NULL);
    if (n <= 0 || n > DER_ROOM || i2d_PUBKEY(key, &end) != n) return false;
    return sha256_of(der, (size_t)n, id, NULL) == QN_OK;
}

/* In a folder of public keys nothing is asked of anybody. */
static int no_passphrase(char *to, int room, int is_writing, void *ctx)
{
    (void)to;
    (void)room;
    (void)is_writing;
    (void)ctx;
    return -1;
}

static signature_key *read_key(const char *pem, size_t size,
                               EVP_PKEY *(*read)(BIO *, EVP_PKEY **, pem_password_cb *, void *),
                               pem_password_cb *passphrase, char id[SHA256_HEX])
{
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key;

    if (!bio) return NULL;
    key = read(bio, NULL, passphrase, NULL);
    BIO_free(bio);
    if (key && !identify(key, id)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}

signature_key *signature_key_private(const char *pem, size_t size, char id[SHA256_HEX])
{
    return read_key(pem, size, PEM_read_bio_PrivateKey, NULL, id);
}

signature_key *signature_key_public(const char *pem, size_t size, char id[SHA256_HEX])
{
    return read_key(pem, size, PEM_read_bio_PUBKEY, no_passphrase, id);
}

void signature_key_free(signature_key *key)
{
    EVP_PKEY_free(key);
}

/* ------------------------------------------------------------------ the text */

/* All before the signature itself: what is signed. */
static size_t write_signed(const signature *s, char to[SIGNATURE_TEXT])
{
    size_t n =
        (size_t)snprintf(to, SIGNATURE_TEXT,
                         "quoin-signature %d\nkey %s\nsha256 %s\nmapped %s\nbuild %s\nabi %u.%u\n",
                         SIGNATURE_FORMAT, s->key, s->sha256, s->mapped,
                         s->build_id[0] ? s->build_id : "-", s->abi >> 16, s->abi & 0xffff);

    for (uint32_t i = 0; i < s->nclasses; i++) {
        const signature_class *c = &s->classes[i];
        n += (size_t)snprintf(to + n, SIGNATURE_TEXT - n, "class %s %s %s state %u %u\n", c->id,
                              c->kind, c->version, c->schema_min, c->schema);
    }
    return n;
}

size_t signature_write(const signature *s, char to[SIGNATURE_TEXT])
{
    unsigned char base64[BASE64_ROOM];
    size_t n = write_signed(s, to);

    EVP_EncodeBlock(base64, s->bytes, SIGNATURE_BYTES);
    return n + (size_t)snprintf(to + n, SIGNATURE_TEXT - n, "signature %s\n", (char *)base64);
}

/* Each line reads its members. They need no check of their own: what was read is written again,
 * and must be the text. */

static bool read_format(signature *s, const char *line)
{
    unsigned format = 0;

    (void)s;
    return sscanf(line, "quoin-signature %u", &format) == 1 && format == SIGNATURE_FORMAT;
}

static bool is_hash(const char *text)
{
    return strlen(text) == SHA256_HEX - 1 && strspn(text, "0123456789abcdef") == SHA256_HEX - 1;
}

static bool read_key_id(signature *s, const char *line)
{
    return sscanf(line, "key %64s", s->key) == 1 && is_hash(s->key);
}

static bool read_sha256(signature *s, const char *line)
{
    return sscanf(line, "sha256 %64s", s->sha256) == 1 && is_hash(s->sha256);
}

static bool read_mapped(signature *s, const char *line)
{
    return sscanf(line, "mapped %64s", s->mapped) == 1 && is_hash(s->mapped);
}

static bool read_build(signature *s, const char *line)
{
    if (sscanf(line, "build %64s", s->build_id) != 1) return false;
    if (strcmp(s->build_id, "-") == 0) s->build_id[0] = '\0';
    return strspn(s->build_id, "0123456789abcdef") == strlen(s->build_id);
}

static bool read_abi(signature *s, const char *line)
{
    unsigned major = 0;
    unsigned minor = 0;

    if (sscanf(line, "abi %5u.%5u", &major, &minor) != 2 || major > 0xffff || minor > 0xffff)
        return false;
    s->abi = (uint32_t)major << 16 | minor;
    return true;
}

static bool read_class(signature *s, const char *line)
{
    signature_class *c = &s->classes[s->nclasses];

    if (s->nclasses == SIGNATURE_CLASSES) return false;
    s->nclasses++;
    return sscanf(line, "class %63s %63s %63s state %9u %9u", c->id, c->kind, c->version,
                  &c->schema_min, &c->schema) == 5;
}

static bool read_bytes(signature *s, const char *line)
{
    unsigned char decoded[BASE64_ROOM];
    const char *base64 = line + strlen("signature ");
    bool is_read;

    if (strlen(base64) != BASE64_ROOM - 1) return false;
    is_read =
        EVP_DecodeBlock(decoded, (const unsigned char *)base64, BASE64_ROOM - 1) >= SIGNATURE_BYTES;
    ERR_clear_error();
    if (is_read) memcpy(s->bytes, decoded, SIGNATURE_BYTES);
    return is_read;
}

static const struct line {
    const char *word; /* what it begins with */
    bool (*read)(signature *s, const char *line);
    bool may_repeat; /* any number of times: a library of functions has no class */
} lines[] = {
    {"quoin-signature ", read_format, false},
    {"key ", read_key_id, false},
    {"sha256 ", read_sha256, false},
    {"mapped ", read_mapped, false},
    {"build ", read_build, false},
    {"abi ", read_abi, false},
    {"class ", read_class, true},
    {"signature ", read_bytes, false},
};

#define LINES (sizeof lines / sizeof lines[0])

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* Reads all lines; returns the number of the first that is wrong, 0 when none is. */
static int read_lines(signature *s, char *text)
{
    size_t kind = 0;
    int number = 1;

    for (char *end; (end = strchr(text, '\n')); text = end + 1, number++) {
        *end = '\0';
        if (kind > 0 && lines[kind - 1].may_repeat && begins(text, lines[kind - 1].word)) kind--;
        if (kind < LINES && lines[kind].may_repeat && !begins(text, lines[kind].word)) kind++;
        if (kind == LINES || !begins(text, lines[kind].word) || !lines[kind].read(s, text))
            return number;
        kind++;
    }
    return kind == LINES && !*text ? 0 : number;
}

int32_t signature_read(const char *text, size_t size, signature *out, qn_err *err)
{
    char again[SIGNATURE_TEXT];
    signature s = {0};
    char *copy;
    int wrong;

    if (size >= SIGNATURE_TEXT || memchr(text, 0, size))
        return fail(err, QN_E_SIGNATURE_FORMAT, "its signature is no text of a signature");
    if (!(copy = mem_text_n(text, size)))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading a signature");
    wrong = read_lines(&s, copy);
    mem_free(copy);
    if (wrong)
        return fail(err, QN_E_SIGNATURE_FORMAT,
                    "line %d of its signature is not one of a signature of format %d", wrong,
                    SIGNATURE_FORMAT);
    if (signature_write(&s, again) != size || memcmp(again, text, size) != 0)
        return fail(err, QN_E_SIGNATURE_FORMAT,
                    "its signature is not written as `quoin plugin sign` writes it");
    *out = s;
    return QN_OK;
}

/* ------------------------------------------------------------------ Ed25519 */

int32_t signature_make(signature *s, signature_key *key, qn_err *err)
{
    char text[SIGNATURE_TEXT];
    size_t size = write_signed(s, text);
    size_t n = SIGNATURE_BYTES;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_made = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestSign(ctx, s->bytes, &n, (const unsigned char *)text, size) == 1 &&
                   n == SIGNATURE_BYTES;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return is_made ? QN_OK : fail(err, QN_E_INTERNAL, "OpenSSL did not make the signature");
}

int32_t signature_check(const signature *s, signature_key *key, qn_err *err)
{
    char text[SIGNATURE_TEXT];
    size_t size = write_signed(s, text);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_right =
        ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(ctx, s->bytes, SIGNATURE_BYTES, (const unsigned char *)text, size) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return is_right ? QN_OK
                    : fail(err, QN_E_SIGNATURE_ALTERED,
                           "its signature is not what key %.12s... has signed", s->key);
}
