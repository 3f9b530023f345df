/* SPDX-License-Identifier: MIT
 *
 * Errors: one list, from which the constants, the names and the documentation are made.
 *
 * A function that can fail returns int32_t: QN_OK (0) or a negative QN_E_ code. Where it
 * takes a qn_err it also says why, in words for the person who must act: what was found,
 * what was expected, what to do. */
#ifndef QUOIN_ERROR_H
#define QUOIN_ERROR_H

#include <quoin/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(code, NAME, meaning). Codes are stable for ever; a retired one is not used again. */
#define QN_ERROR_LIST(X)                                                                           \
    X(-1, NO_MEMORY, "memory could not be allocated")                                              \
    X(-2, INVALID, "an argument or a value is not valid")                                          \
    X(-3, RANGE, "a value lies outside its range")                                                 \
    X(-4, OVERFLOW, "a result does not fit its type")                                              \
    X(-5, PRECISION, "a decimal is finer than the exponent can hold")                              \
    X(-6, SYNTAX, "a text does not follow its grammar")                                            \
    X(-7, DUPLICATE, "a name or number is given twice")                                            \
    X(-8, MISSING, "something required was not given")                                             \
    X(-9, UNKNOWN_NAME, "a name is not known here")                                                \
    X(-10, TYPE, "a value has the wrong type")                                                     \
    X(-11, FULL, "a bounded container is full")                                                    \
    X(-12, STATE, "the call is not allowed in this state")                                         \
    X(-13, UNSUPPORTED, "this version does not do that")                                           \
    X(-14, TOO_NEW, "made for a newer version than this one")                                      \
    X(-15, GAP, "a sequence has a hole")                                                           \
    X(-16, IO, "reading or writing failed")                                                        \
    X(-17, NOT_FOUND, "a file or an object does not exist")                                        \
    X(-18, EXISTS, "a file or an object exists already")                                           \
    X(-19, BUSY, "another process uses it")                                                        \
    X(-20, DAMAGED, "stored data fails its check")                                                 \
    X(-21, ORDER, "time or numbering goes backwards")                                              \
    X(-22, INTERNAL, "a rule of the program itself was broken: please report it")                  \
    X(-23, DIVERGED, "a replay does not do what was recorded")                                     \
    X(-24, STALE, "a value is no longer valid")                                                    \
    X(-25, HALTED, "trading is halted")                                                            \
    X(-26, CROSSED, "the best bid is not below the best ask")                                      \
    X(-27, CANCELED, "it was given up before it was done")                                         \
    X(-40, ELF_FORMAT, "the file is no shared object for this machine")                            \
    X(-41, ELF_NOTE, "the file has no plugin note, or a broken one")                               \
    X(-42, ELF_EXPORTS, "the module exports something else than its entry point")                  \
    X(-43, ELF_TLS, "the module uses thread-local storage")                                        \
    X(-44, ELF_CONSTRUCTOR, "the module runs code when it is loaded")                              \
    X(-45, ELF_NEEDED, "the module links a library that its tier may not use")                     \
    X(-46, ELF_STATICS, "the module holds mutable static data")                                    \
    X(-47, ELF_UNSAFE, "the module has text relocations, unique symbols or an executable stack")   \
    X(-48, ABI_VERSION, "the module is made for another version of the ABI")                       \
    X(-49, MODULE_LOAD, "the dynamic linker refused the module")                                   \
    X(-50, MODULE_ENTRY, "the entry point returned nothing for this host")                         \
    X(-51, MODULE_MISMATCH, "the module is not what its note, or a run's record of it, says")      \
    X(-52, MODULE_TABLE, "a table of the module is broken")                                        \
    X(-53, MODULE_TIER, "the kind of a class does not belong to the module's tier")                \
    X(-54, MODULE_CRASH, "the module crashed while it was loaded")                                 \
    X(-55, MODULE_ACCESS, "the module's file or folder may be written by others")                  \
    X(-56, MODULE_UNSIGNED, "the module has no signature, and the policy asks for one")            \
    X(-57, SIGNATURE_KEY, "the module is signed by a key that is not trusted here")                \
    X(-58, SIGNATURE_ALTERED, "the module or its signature was altered after signing")             \
    X(-59, SIGNATURE_FORMAT, "the module's signature cannot be read")                              \
    X(-60, INTENT_INSTRUMENT, "an intent names an instrument that is not the strategy's")          \
    X(-61, INTENT_VALUE, "an intent carries a value that is not finite or not in range")           \
    X(-62, INTENT_ROUTE, "an intent does not fit the route of its strategy")                       \
    X(-63, INTENT_ORDER, "an intent names an order that is unknown or closed")                     \
    X(-64, BUDGET, "an order exceeds what the risk chain has approved")                            \
    X(-65, CRASHED, "the plugin has crashed the process that it ran in")                           \
    X(-66, DIED, "the process of a guest has ended")                                               \
    X(-67, HUNG, "a call of the plugin took longer than it may")                                   \
    X(-68, STRIKES, "the plugin has sent what is wrong too often")                                 \
    X(-69, QUARANTINED, "the plugin was taken out of the run")                                     \
    X(-72, GUEST_START, "the process of a plugin could not be started")                            \
    X(-73, GUEST_WIRE, "the process of a plugin sent what makes no sense")                         \
    X(-78, SIGNATURE_STRIPPED, "the module was stripped after it was signed")                      \
    X(-79, SIGNATURE_REPLACED, "the module is another build than the one that was signed")

#define QN_OK 0
#define QN_E_ENUM(code, NAME, meaning) QN_E_##NAME = (code),
enum { QN_ERROR_LIST(QN_E_ENUM) QN_E_END_ = 0 };
#undef QN_E_ENUM

/* Why a call failed. Owned by the caller, who sets `size` and zeroes the rest. */
typedef struct qn_err {
    uint32_t size;
    int32_t code;  /* what the call returned; QN_OK when nothing was said */
    char msg[248]; /* UTF-8, NUL-terminated; cut when longer */
} qn_err;

#define QN_ERR_INIT                                                                                \
    {                                                                                              \
        sizeof(qn_err), QN_OK, ""                                                                  \
    }

#ifdef __cplusplus
}
#endif
#endif
