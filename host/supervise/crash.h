/* SPDX-License-Identifier: MIT
 *
 * The end of a process in a plugin's code: what is told of it, and how.
 *
 * A crash is never survived: memory may be damaged anywhere. The handler puts down what happened,
 * and the process ends: with exit status 3 and the plugin's name on standard error, or, where a
 * supervisor waits for it, by the same signal, and the supervisor tells.
 *
 *   SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT
 *                     the plugin that was being called is named, its callback, the sequence
 *                     number, and the address
 *   exit(), _exit()   called within a plugin's call: the same
 *   fork()            within a plugin's call: the copy is ended before its first instruction, for
 *                     it would be a second engine on the same store; the run goes on
 *
 * What happens outside of a plugin's call is the host's own: it is told as such, and the process
 * dies by the signal. */
#ifndef QUOIN_SUPERVISE_CRASH_H
#define QUOIN_SUPERVISE_CRASH_H

#include "slot.h"

#define CRASH_TEXT 1024u

#define EXIT_CRASHED 3 /* = EXIT_REFUSED: a plugin is at fault */

/* Watch this process from here on. Once; further calls do nothing. */
void crash_watch(void);
/* A thread that calls plugins says so before the first call: a stack for the handler, and the
 * signals of a fault let through. It gives back what it took at its end. */
void crash_thread_begin(void);
void crash_thread_end(void);

/* The watchdog: the call in this slot will not come back. Puts it down and ends the process as a
 * crash in it does. Does not return. */
_Noreturn void crash_hung(const call_slot *s);

/* A line of what happened: "plugin lead (strategy/crash) crashed in on_event at sequence number 7:
 * SIGSEGV at address 0x10". Async-signal-safe. */
void crash_describe(const slot_page *page, char to[CRASH_TEXT]);

const char *crash_signal_name(int32_t number);

#endif
