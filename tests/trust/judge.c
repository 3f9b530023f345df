/* SPDX-License-Identifier: MIT
 *
 * Signatures: what is taken, what is refused and how it is called; and that what is loaded is what
 * was judged, whatever becomes of the file meanwhile. */
#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"
#include "module/module.h"

#include "check_main.h"
#include "module/fixture_file.h"

#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Key pairs of RFC 8032, 7.1, tests 1 and 2, as PEM; the ids by
 * `openssl pkey -in KEY -pubout -outform DER | sha256sum`. */
static const struct pair {
    const char *secret, *open, *id;
} pairs[] = {
    {"-----BEGIN PRIVATE KEY-----\n"
     "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
     "-----END PRIVATE KEY-----\n",
     "-----BEGIN PUBLIC KEY-----\n"
     "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
     "-----END PUBLIC KEY-----\n",
     "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"},
    {"-----BEGIN PRIVATE KEY-----\n"
     "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
     "-----END PRIVATE KEY-----\n",
     "-----BEGIN PUBLIC KEY-----\n"
     "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
     "-----END PUBLIC KEY-----\n",
     "deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170"},
};

typedef struct place {
    char folder[PATH_ROOM]; /* the test's own; the module lies there */
    char keys[PATH_ROOM];
    char path[PATH_ROOM]; /* of the module */
    char beside[PATH_ROOM];
    trust trust;
} place;

static void put_key(const place *p, const char *name, const char *pem)
{
    char path[PATH_ROOM];

    fixture_write(p->keys, name, pem, strlen(pem), path);
}

/* A module, and a folder in which the first key is trusted. */
static void make_place(place *p, const char *fixture)
{
    fixture_folder(p->folder);
    ck_assert_int_eq(path_join(p->folder, "keys", p->keys, NULL), QN_OK);
    ck_assert_int_eq(mkdir(p->keys, 0755), 0);
    put_key(p, "one.pem", pairs[0].open);
    fixture_copy(p->folder, fixture, p->path);
    ck_assert_int_eq(trust_signature_path(p->path, p->beside, NULL), QN_OK);
    p->trust = (trust){TRUST_REQUIRE, p->keys};
}

/* What an honest signer says of the fixture `good`. */
static signature manifest_of(const char *path)
{
    signature s = {.abi = QN_ABI_USED, .nclasses = 1};

    snprintf(s.classes[0].id, sizeof s.classes[0].id, "strategy/fixture");
    snprintf(s.classes[0].kind, sizeof s.classes[0].kind, "%s", QN_KIND_STRATEGY);
    snprintf(s.classes[0].version, sizeof s.classes[0].version, "1.0.0");
    ck_assert_int_eq(module_identify(path, &s, NULL), QN_OK);
    return s;
}

static void sign_with(const place *p, int pair, signature s)
{
    const char *pem = pairs[pair].secret;
    signature_key *key = signature_key_private(pem, strlen(pem), s.key);
    char text[SIGNATURE_TEXT];
    char path[PATH_ROOM];

    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(signature_make(&s, key, NULL), QN_OK);
    signature_key_free(key);
    fixture_write(p->folder, strrchr(p->beside, '/') + 1, text, signature_write(&s, text), path);
}

static void sign(const place *p, int pair)
{
    sign_with(p, pair, manifest_of(p->path));
}

static int32_t load(const place *p, trust_policy policy, module **m, qn_err *err)
{
    const module_options how = {.trust = {policy, p->keys}};

    *m = NULL;
    *err = (qn_err)QN_ERR_INIT;
    return module_load(p->path, &how, m, err);
}

static void check_load(const place *p, trust_policy policy, int32_t code, bool is_signed)
{
    qn_err err;
    module *m;
    int32_t rc = load(p, policy, &m, &err);

    ck_assert_msg(rc == code, "%s: %s, expected %s", trust_policy_name(policy), err.msg,
                  error_name(code));
    if (rc != QN_OK) return;
    ck_assert_int_eq(module_about(m)->is_signed, is_signed);
    ck_assert_str_eq(module_about(m)->signed_by, is_signed ? pairs[0].id : "");
    module_close(m);
}

/* Under each policy: off, taint, require. */
static void check_all(const place *p, int32_t taint, int32_t require, bool is_signed)
{
    check_load(p, TRUST_OFF, QN_OK, false);
    check_load(p, TRUST_TAINT, taint, is_signed);
    check_load(p, TRUST_REQUIRE, require, is_signed);
}

START_TEST(keys_have_the_id_of_their_public_key)
{
    char id[SHA256_HEX];

    for (size_t i = 0; i < 2; i++) {
        const struct pair *k = &pairs[i];
        signature_key *key = signature_key_public(k->open, strlen(k->open), id);
        ck_assert_ptr_nonnull(key);
        ck_assert_str_eq(id, k->id);
        signature_key_free(key);
        key = signature_key_private(k->secret, strlen(k->secret), id);
        ck_assert_ptr_nonnull(key);
        ck_assert_str_eq(id, k->id);
        signature_key_free(key);
        ck_assert_ptr_null(signature_key_public(k->secret, strlen(k->secret), id));
        ck_assert_ptr_null(signature_key_private(k->open, strlen(k->open), id));
    }
}
END_TEST

START_TEST(policies_take_and_refuse)
{
    place p;

    make_place(&p, "good");
    check_all(&p, QN_OK, QN_E_MODULE_UNSIGNED, false);
    sign(&p, 0);
    check_all(&p, QN_OK, QN_OK, true);
    sign(&p, 1);
    check_all(&p, QN_E_SIGNATURE_KEY, QN_E_SIGNATURE_KEY, false);
    put_key(&p, "two.pem", pairs[1].open); /* trusted from now on */
    check_load(&p, TRUST_OFF, QN_OK, false);
    ck_assert_int_eq(module_verify(p.path, &p.trust, &(signature){0}, NULL), QN_OK);
    fixture_clean(p.folder);
}
END_TEST

/* A signature that lies beside the file and cannot be read is not a missing one. */
START_TEST(what_is_no_signature_is_refused)
{
    static const char *const texts[] = {"", "\n", "quoin-signature 1\n", "trust me\n"};
    char path[PATH_ROOM];
    place p;

    make_place(&p, "good");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fixture_write(p.folder, "good.so.sig", texts[i], strlen(texts[i]), path);
        check_all(&p, QN_E_SIGNATURE_FORMAT, QN_E_SIGNATURE_FORMAT, false);
    }
    ck_assert_int_eq(unlink(p.beside), 0);
    ck_assert_int_eq(mkdir(p.beside, 0755), 0);
    check_all(&p, QN_E_SIGNATURE_FORMAT, QN_E_SIGNATURE_FORMAT, false);
    ck_assert_int_eq(rmdir(p.beside), 0);
    ck_assert_int_eq(symlink("nowhere", p.beside), 0);
    check_all(&p, QN_E_SIGNATURE_FORMAT, QN_E_SIGNATURE_FORMAT, false);
    ck_assert_int_eq(unlink(p.beside), 0);
    ck_assert_int_eq(mkfifo(p.beside, 0644), 0); /* nobody writes: a read would wait for ever */
    check_all(&p, QN_E_SIGNATURE_FORMAT, QN_E_SIGNATURE_FORMAT, false);
    fixture_clean(p.folder);
}
END_TEST

/* The text again with one byte changed, or cut: never taken, under no policy that looks. */
START_TEST(no_byte_of_a_signature_can_be_changed)
{
    static const char others[] = {'\0', '\n', ' ', '0', '1', 'A', 'a', '=', '\x80'};
    trust taint;
    place p;
    char hash[SHA256_HEX];
    char path[PATH_ROOM];
    signature s;
    char *text;
    size_t size;
    bool is_signed;

    make_place(&p, "good");
    sign(&p, 0);
    taint = (trust){TRUST_TAINT, p.keys};
    ck_assert_int_eq(file_read(p.beside, &text, &size, NULL), QN_OK);
    ck_assert_int_eq(file_sha256(p.path, hash, NULL), QN_OK);
    ck_assert_int_eq(trust_judge(&taint, p.path, hash, (trust_bytes){0}, &is_signed, &s, NULL),
                     QN_OK);
    ck_assert(is_signed);
    for (size_t i = 0; i <= size; i++) {
        fixture_write(p.folder, "good.so.sig", text, i, path); /* cut; at the end: with a NUL */
        if (i == size) fixture_write(p.folder, "good.so.sig", text, i + 1, path);
        ck_assert_int_eq(trust_judge(&taint, p.path, hash, (trust_bytes){0}, &is_signed, &s, NULL),
                         QN_E_SIGNATURE_FORMAT);
    }
    for (size_t i = 0; i < size; i++)
        for (size_t k = 0; k < sizeof others; k++) {
            char was = text[i];
            int32_t rc;
            if (others[k] == was) continue;
            text[i] = others[k];
            fixture_write(p.folder, "good.so.sig", text, size, path);
            rc = trust_judge(&taint, p.path, hash, (trust_bytes){0}, &is_signed, &s, NULL);
            ck_assert_msg(rc == QN_E_SIGNATURE_FORMAT || rc == QN_E_SIGNATURE_KEY ||
                              rc == QN_E_SIGNATURE_ALTERED,
                          "byte %zu as %d: %s", i, others[k], error_name(rc));
            ck_assert(!is_signed);
            text[i] = was;
        }
    mem_free(text);
    fixture_clean(p.folder);
}
END_TEST

/* The signature is right, and what it says of the file is not. */
START_TEST(a_manifest_that_lies_is_refused)
{
    static const struct lie {
        uint32_t abi, schema_min, schema;
        const char *id, *kind, *version;
    } lies[] = {
        {QN_ABI_USED + 1, 0, 0, "strategy/fixture", QN_KIND_STRATEGY, "1.0.0"},
        {QN_ABI_USED, 0, 0, "strategy/other", QN_KIND_STRATEGY, "1.0.0"},
        {QN_ABI_USED, 0, 0, "strategy/fixture", QN_KIND_RISK, "1.0.0"},
        {QN_ABI_USED, 0, 0, "strategy/fixture", QN_KIND_STRATEGY, "1.0.1"},
        {QN_ABI_USED, 1, 1, "strategy/fixture", QN_KIND_STRATEGY, "1.0.0"}, /* known once it runs */
    };
    place p;

    make_place(&p, "good");
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        signature s = manifest_of(p.path);
        s.abi = lies[i].abi;
        s.classes[0].schema_min = lies[i].schema_min;
        s.classes[0].schema = lies[i].schema;
        snprintf(s.classes[0].id, sizeof s.classes[0].id, "%s", lies[i].id);
        snprintf(s.classes[0].kind, sizeof s.classes[0].kind, "%s", lies[i].kind);
        snprintf(s.classes[0].version, sizeof s.classes[0].version, "%s", lies[i].version);
        sign_with(&p, 0, s);
        check_all(&p, QN_E_MODULE_MISMATCH, QN_E_MODULE_MISMATCH, false);
    }
    fixture_clean(p.folder);
}
END_TEST

/* What is refused has not run: this one leaves a mark as soon as it is opened. */
START_TEST(no_code_of_what_is_refused_runs)
{
    signature s;
    place p;

    make_place(&p, "entry_marker");
    check_load(&p, TRUST_REQUIRE, QN_E_MODULE_UNSIGNED, false);
    sign(&p, 1);
    check_load(&p, TRUST_REQUIRE, QN_E_SIGNATURE_KEY, false);
    s = manifest_of(p.path);
    s.sha256[0] = s.sha256[0] == '0' ? '1' : '0';
    sign_with(&p, 0, s);
    check_load(&p, TRUST_REQUIRE, QN_E_SIGNATURE_STRIPPED, false);
    s.mapped[0] = s.mapped[0] == '0' ? '1' : '0';
    sign_with(&p, 0, s);
    check_load(&p, TRUST_REQUIRE, QN_E_SIGNATURE_ALTERED, false);
    ck_assert(!fixture_ran(p.folder));
    sign(&p, 0);
    check_load(&p, TRUST_REQUIRE, QN_OK, true);
    ck_assert(fixture_ran(p.folder)); /* it would have */
    fixture_clean(p.folder);
}
END_TEST

/* Nor has it been parsed: what nobody signed is not told how it is broken. */
START_TEST(what_is_not_signed_is_not_parsed)
{
    char path[PATH_ROOM];
    place p;

    make_place(&p, "good");
    fixture_write(p.folder, "good.so", "no plugin", 9, path);
    check_load(&p, TRUST_OFF, QN_E_ELF_FORMAT, false);
    check_load(&p, TRUST_REQUIRE, QN_E_MODULE_UNSIGNED, false);
    fixture_clean(p.folder);
}
END_TEST

/* ------------------------------------------------------------------ keys */

START_TEST(keys_that_others_may_write_are_none)
{
    char key[PATH_ROOM];
    place p;

    make_place(&p, "good");
    sign(&p, 0);
    ck_assert_int_eq(path_join(p.keys, "one.pem", key, NULL), QN_OK);
    ck_assert_int_eq(chmod(p.keys, 0777), 0);
    check_all(&p, QN_E_MODULE_ACCESS, QN_E_MODULE_ACCESS, false);
    ck_assert_int_eq(trust_check_keys(&p.trust, NULL), QN_E_MODULE_ACCESS);
    ck_assert_int_eq(chmod(p.keys, 01777), 0);
    ck_assert_int_eq(trust_check_keys(&p.trust, NULL), QN_E_MODULE_ACCESS);
    ck_assert_int_eq(chmod(p.keys, 0755), 0);
    ck_assert_int_eq(chmod(key, 0664), 0);
    check_all(&p, QN_E_MODULE_ACCESS, QN_E_MODULE_ACCESS, false);
    ck_assert_int_eq(chmod(key, 0644), 0);
    put_key(&p, "zero.pem", pairs[1].open); /* another one than is asked for */
    ck_assert_int_eq(path_join(p.keys, "zero.pem", key, NULL), QN_OK);
    ck_assert_int_eq(chmod(key, 0646), 0);
    check_all(&p, QN_E_MODULE_ACCESS, QN_E_MODULE_ACCESS, false);
    ck_assert_int_eq(unlink(key), 0);
    check_all(&p, QN_OK, QN_OK, true);
    fixture_clean(p.folder);
}
END_TEST

/* Neither a private key nor what ends in something else makes anybody trusted. */
START_TEST(what_is_no_public_key_trusts_nobody)
{
    char key[PATH_ROOM];
    qn_err err;
    module *m;
    place p;

    make_place(&p, "good");
    sign(&p, 0);
    ck_assert_int_eq(path_join(p.keys, "one.pem", key, NULL), QN_OK);
    ck_assert_int_eq(unlink(key), 0);
    check_all(&p, QN_E_SIGNATURE_KEY, QN_E_SIGNATURE_KEY, false); /* an empty folder */
    put_key(&p, "one.txt", pairs[0].open);
    put_key(&p, "secret.pem", pairs[0].secret);
    put_key(&p, "text.pem", "no key\n");
    put_key(&p, "broken.pem", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n");
    ck_assert_int_eq(mkdir(key, 0755), 0);
    check_all(&p, QN_E_SIGNATURE_KEY, QN_E_SIGNATURE_KEY, false);
    ck_assert_int_eq(load(&p, TRUST_REQUIRE, &m, &err), QN_E_SIGNATURE_KEY);
    ck_assert_msg(strstr(err.msg, "none of the 0 public keys") &&
                      strstr(err.msg, "holds no Ed25519 public key"),
                  "%s", err.msg);
    put_key(&p, "right.pem", pairs[0].open);
    check_all(&p, QN_OK, QN_OK, true);
    p.keys[strlen(p.keys) - 1] = 'z'; /* no folder */
    check_all(&p, QN_E_SIGNATURE_KEY, QN_E_SIGNATURE_KEY, false);
    p.trust.keys = p.beside; /* no folder either */
    ck_assert_int_eq(trust_check_keys(&p.trust, NULL), QN_E_SIGNATURE_KEY);
    fixture_clean(p.folder);
}
END_TEST

/* ------------------------------------------------------------------ replaced meanwhile */

/* A reader of the file waits in open() until the lease of another process's descriptor is given
 * back (fcntl(2), "Leases"): the other one can do what it wants in between. */
typedef struct exchange {
    const char *path, *by; /* put in place of the first when somebody opens the lease's file */
    int lease;
    int32_t code;
    const place *place;
    char sha256[SHA256_HEX];
} exchange;

static void *load_one(void *arg)
{
    exchange *x = arg;
    qn_err err;
    module *m;

    x->code = load(x->place, TRUST_REQUIRE, &m, &err);
    if (x->code == QN_OK) memcpy(x->sha256, module_about(m)->sha256, sizeof x->sha256);
    module_close(m);
    return NULL;
}

/* Load while `by` takes the place of `path`, at the moment at which the file `watched` is opened.
 * False where the file system has no leases. */
static bool load_meanwhile(exchange *x, const char *watched)
{
    sigset_t wanted;
    pthread_t thread;
    int number = 0;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGIO);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &wanted, NULL), 0);
    x->lease = open(watched, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(x->lease, 0);
    if (fcntl(x->lease, F_SETLEASE, F_WRLCK) != 0) {
        close(x->lease);
        return false;
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, load_one, x), 0);
    ck_assert_int_eq(sigwait(&wanted, &number), 0);
    ck_assert_int_eq(rename(x->by, x->path), 0);
    ck_assert_int_eq(fcntl(x->lease, F_SETLEASE, F_UNLCK), 0);
    close(x->lease);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    return true;
}

/* A module may be reached by a link; its signature lies beside the name by which it is loaded. */
START_TEST(links_are_followed)
{
    char folder[PATH_ROOM];
    char target[PATH_ROOM];
    place p;

    make_place(&p, "good");
    sign(&p, 0);
    ck_assert_int_eq(path_join(p.folder, "builds", folder, NULL), QN_OK);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(path_join(folder, "good-1.so", target, NULL), QN_OK);
    ck_assert_int_eq(rename(p.path, target), 0);
    ck_assert_int_eq(symlink("builds/good-1.so", p.path), 0);
    check_all(&p, QN_OK, QN_OK, true);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    check_load(&p, TRUST_OFF, QN_E_MODULE_ACCESS, false);
    check_load(&p, TRUST_REQUIRE, QN_E_MODULE_ACCESS, false);
    fixture_clean(p.folder);
}
END_TEST

START_TEST(what_replaces_a_file_after_the_check_is_not_loaded)
{
    char hash[SHA256_HEX];
    char other[PATH_ROOM];
    exchange x = {0};
    place p;

    make_place(&p, "good");
    sign(&p, 0);
    ck_assert_int_eq(file_sha256(p.path, hash, NULL), QN_OK);
    fixture_copy(p.folder, "entry_marker", other); /* leaves a mark when it runs */
    x = (exchange){.path = p.path, .by = other, .place = &p};
    /* the module is read, its signature is about to be */
    if (load_meanwhile(&x, p.beside)) {
        ck_assert_int_eq(x.code, QN_OK);
        ck_assert_str_eq(x.sha256, hash);
        check_load(&p, TRUST_REQUIRE, QN_E_SIGNATURE_REPLACED, false); /* what lies there now */
        ck_assert(!fixture_ran(p.folder));
    }
    fixture_clean(p.folder);
}
END_TEST

/* The other way round: the new file lies there when it is read, and the old signature beside it. */
START_TEST(what_replaces_a_file_before_it_is_read_is_judged)
{
    char cache[PATH_ROOM];
    char copy[PATH_ROOM];
    char hash[SHA256_HEX];
    char name[SHA256_HEX + 8];
    char wrong[PATH_ROOM];
    qn_err err;
    module *m;
    place p;

    make_place(&p, "good");
    sign(&p, 0);
    ck_assert_int_eq(load(&p, TRUST_REQUIRE, &m, &err), QN_OK);
    snprintf(copy, sizeof copy, "%s", module_about(m)->copy_path);
    snprintf(hash, sizeof hash, "%s", module_about(m)->sha256);
    module_close(m);
    /* the private copy, too, is held against the hash that was signed */
    fixture_copy(p.folder, "entry_marker", wrong);
    ck_assert_int_eq(path_join(p.folder, "cache", cache, NULL), QN_OK);
    snprintf(name, sizeof name, "%s.so", hash);
    ck_assert_int_eq(rename(wrong, copy), 0);
    check_load(&p, TRUST_REQUIRE, QN_OK, true);
    ck_assert_int_eq(file_sha256(copy, name, NULL), QN_OK);
    ck_assert_str_eq(name, hash);
    ck_assert(!fixture_ran(p.folder));
    fixture_copy(p.folder, "entry_marker", wrong);
    ck_assert_int_eq(rename(wrong, p.path), 0);
    check_load(&p, TRUST_REQUIRE, QN_E_SIGNATURE_REPLACED, false);
    check_load(&p, TRUST_TAINT, QN_E_SIGNATURE_REPLACED, false);
    ck_assert(!fixture_ran(p.folder));
    fixture_clean(p.folder);
}
END_TEST

CHECK_MAIN("trust", keys_have_the_id_of_their_public_key, policies_take_and_refuse,
           what_is_no_signature_is_refused, no_byte_of_a_signature_can_be_changed,
           a_manifest_that_lies_is_refused, no_code_of_what_is_refused_runs,
           what_is_not_signed_is_not_parsed, keys_that_others_may_write_are_none,
           what_is_no_public_key_trusts_nobody, links_are_followed,
           what_replaces_a_file_after_the_check_is_not_loaded,
           what_replaces_a_file_before_it_is_read_is_judged)
