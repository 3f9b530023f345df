/* SPDX-License-Identifier: MIT
 *
 * Whom a host trusts: plugins whose file is signed by a key of a folder. Keys are read anew for
 * each file that is judged, so that one that is taken out of the folder counts no more from the
 * next load or reload on.
 *
 * What is judged is the content that the caller has in memory and loads from there: a file that
 * is replaced meanwhile changes nothing. Any thread. */
#ifndef QUOIN_MODULE_TRUST_H
#define QUOIN_MODULE_TRUST_H

#include "base/file.h"
#include "signature.h"

#include <stdbool.h>

typedef enum trust_policy {
    TRUST_OFF,    /* signatures are not looked at */
    TRUST_TAINT,  /* an unsigned file is loaded, and the run says so; a bad signature is refused */
    TRUST_REQUIRE /* only what is signed by a trusted key is loaded */
} trust_policy;

const char *trust_policy_name(trust_policy policy);

/* All zero: off. */
typedef struct trust {
    trust_policy policy;
    const char *keys; /* folder of public keys, *.pem; borrowed; not NULL unless off */
} trust;

struct config_trust;
/* What the config says; borrows from it. */
trust trust_from(const struct config_trust *from);

/* Is the folder of keys there, ours or root's, and closed to other writers? QN_OK when the policy
 * is off; QN_E_SIGNATURE_KEY: it cannot be read; QN_E_MODULE_ACCESS: others may write it. */
int32_t trust_check_keys(const trust *t, qn_err *err);

/* "PATH.sig". QN_OK, QN_E_OVERFLOW. */
int32_t trust_signature_path(const char *path, char to[PATH_ROOM], qn_err *err);

/* The file's content, for what is said of a change; {NULL, 0}: it was changed, and no more. */
typedef struct trust_bytes {
    const void *data;
    size_t size;
} trust_bytes;

/* Judge a file by its SHA-256. *is_signed: *out holds its signature, which is by a trusted key and
 * of this content. Not signed and QN_OK: the policy lets it pass.
 *
 * returns QN_OK; QN_E_MODULE_UNSIGNED: the policy asks for a signature, and there is none;
 *         QN_E_SIGNATURE_FORMAT: it cannot be read; QN_E_SIGNATURE_KEY: by a key that is not in
 *         the folder, or the folder cannot be read; QN_E_SIGNATURE_STRIPPED: what is mapped of the
 *         file is what was signed, the rest of it is not; QN_E_SIGNATURE_REPLACED: it is another
 *         build than the one that was signed; QN_E_SIGNATURE_ALTERED: the file, or what the
 *         signature says of it, was changed after signing in another way; QN_E_MODULE_ACCESS: the
 *         folder or a key in it may be written by others; QN_E_NO_MEMORY */
int32_t trust_judge(const trust *t, const char *path, const char hash[SHA256_HEX],
                    trust_bytes content, bool *is_signed, signature *out, qn_err *err);

/* Does the file's note say what was signed? QN_OK, or QN_E_MODULE_MISMATCH. */
struct note;
int32_t trust_compare_note(const signature *s, const struct note *n, qn_err *err);
/* The same for the layouts of state that a class reads, which only its descriptor tells. */
struct qn_class;
int32_t trust_compare_state(const signature *s, const struct qn_class *c, qn_err *err);

#endif
