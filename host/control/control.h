/* SPDX-License-Identifier: MIT
 *
 * The operator's socket: `control.sock` in the store's folder, for the run that holds the store.
 *
 * A Unix stream socket, mode 0600, for the user of the host and for root: the kernel says who is at
 * the other end (SO_PEERCRED), and anybody else is sent away. Requests and answers are JSON
 * objects, one a line:
 *
 *   {"version": 1, "id": 7, "command": "reload", "target": "sma", "file": "/p/sma.so"}
 *   {"version": 1, "id": 7, "ok": true, "code": "QN_OK", "reload": "committed"}
 *
 * A thread of its own does all of it, and never blocks; the engine is asked through its queue of
 * commands (engine/command.h), between two events. What a client does costs only itself: a line
 * has a most, there is one request of a client at a time, a client that does not read its answer
 * is not read from, and when there are too many the one that was silent longest is dropped. */
#ifndef QUOIN_CONTROL_CONTROL_H
#define QUOIN_CONTROL_CONTROL_H

#include "engine/engine.h"

#define CONTROL_VERSION 1
#define CONTROL_SOCKET "control.sock"
#define CONTROL_LINE 65536u /* bytes of a request at most, its end included */
#define CONTROL_CLIENTS 16u

/* ------------------------------------------------------------------ the host's end */

typedef struct control control;

/* Open the socket of a run that has a store, and answer. Of a dead host the socket is replaced: who
 * holds the store is the only host of it. Between engine_start and engine_run; engine and texts
 * outlive it.
 *
 * returns QN_OK; QN_E_EXISTS: something that is no socket has the name; QN_E_IO: the folder, or its
 *         file system, cannot hold one; QN_E_NO_MEMORY. On error *out is unchanged. */
int32_t control_start(engine *e, const char *store, const char *name, control **out, qn_err *err);

/* Answer what is still to be answered, as far as it is read at once; close and remove the socket.
 * Behind engine_run, before engine_free; NULL is fine. */
void control_stop(control *c);

/* ------------------------------------------------------------------ the operator's end */

/* Connect to the host of a store. QN_OK, *fd is the caller's to close; QN_E_NOT_FOUND: no host is
 * running; QN_E_IO. */
int32_t control_connect(const char *store, int *fd, qn_err *err);

/* Send one line, and wait for the one that answers it: as long as it takes. *answer is freed by
 * mem_free. QN_OK; QN_E_IO: the connection was lost; QN_E_NO_MEMORY. */
int32_t control_ask(int fd, const char *line, char **answer, qn_err *err);

#endif
