/* SPDX-License-Identifier: MIT
 *
 * The parts of control/:
 *   address.c   where the socket is
 *   control.c   the thread: who has something to say, who can be written to
 *   client.c    a client's buffers: bytes to lines, answers to bytes
 *   request.c   a line to a command, what came of it to an answer
 *   status.c    the state of a run as JSON
 *   ask.c       the operator's end */
#ifndef QUOIN_CONTROL_INTERNAL_H
#define QUOIN_CONTROL_INTERNAL_H

#include "control.h"

#include "engine/command.h"

#include <sys/socket.h>
#include <sys/un.h>

struct json_object;

#define CONTROL_REQUESTS COMMANDS_WAITING /* that wait for the engine, of clients that left, too */
#define CONTROL_BURST 256                 /* commands that may come at once ... */
#define CONTROL_RATE 512                  /* ... and a second; states do not count */
#define CONTROL_FRESH (20 * QN_NS_PER_MS) /* so long a state of the run serves all who ask */

/* ------------------------------------------------------------------ address.c */

/* The address of the socket in a folder. One whose path is too long for a sockaddr_un is reached
 * by way of *dir, an open descriptor of the folder (/proc/self/fd), which the caller closes when
 * the address is not needed any more. QN_OK, QN_E_NOT_FOUND, QN_E_IO. */
int32_t address_of(const char *store, int *dir, struct sockaddr_un *to, qn_err *err);

/* ------------------------------------------------------------------ clients */

typedef struct client {
    int fd;          /* -1 = this place is free */
    uint64_t number; /* of all clients ever, so that an answer does not reach another one */
    uint32_t uid, pid;
    int64_t heard;                /* when it last sent something, steady clock */
    bool is_waiting;              /* for an answer of the engine */
    bool wants_state;             /* for a state of the run ... */
    uint64_t state_from;          /* ... no older than this many commands done */
    struct json_object *state_id; /* of that request */
    bool is_skipping;             /* a line that is too long: up to its end */
    bool is_at_end;               /* it sends nothing more */
    char *in;                     /* CONTROL_LINE */
    size_t nin;
    char *out; /* NULL = nothing is to be written */
    size_t nout, written;
} client;

/* A command on its way through the engine. */
typedef struct request {
    engine_command command;
    struct control *control;
    uint64_t client; /* number of who asked */
    struct json_object *id;
    bool is_used;
    bool is_done; /* guarded by control.lock, as what follows */
    int32_t code;
    char why[248];
} request;

/* What came of everybody so far. */
typedef struct control_counts {
    uint64_t connections, turned_away, dropped, lines, garbage, commands, limited;
} control_counts;

struct control {
    engine *e;
    const char *store, *name;
    int dir, listener, bell;
    pthread_t thread;
    pthread_mutex_t lock;
    bool is_ending; /* guarded by lock */

    /* of the thread alone, but for what requests say */
    client clients[CONTROL_CLIENTS];
    request requests[CONTROL_REQUESTS];
    control_counts counts;
    int64_t credits, credits_at; /* commands that may come, and when that was counted */
    bool has_more;               /* lines that were read, and are still to be looked at */
    bool cannot_accept;          /* out of descriptors: tried again a little later */

    /* the last state of the run; request 0 of its own */
    request state_request;
    engine_state *state;
    bool is_state_asked, has_state;
    int64_t state_at;             /* steady clock */
    uint64_t state_of, ncommands; /* commands done when it was asked for, and so far */
};

/* control.c: the thread is to look at what is new. From any thread. */
void control_ring(struct control *c);

/* client.c */
void client_open(client *c, int fd, const struct ucred *who, uint64_t number);
void client_close(client *c);
/* Take what has come. False: the connection is gone. */
bool client_read(client *c);
/* Write on. False: the connection is gone. */
bool client_write(client *c);
/* The next whole line, NUL-terminated, and its length; valid until client_drop_line. *is_too_long:
 * there was one that is not kept. False when there is none. */
bool client_line(client *c, const char **line, size_t *len, bool *is_too_long);
void client_drop_line(client *c, size_t len);
/* Answer it, and free the answer. Without memory for that it is closed. */
void client_answer(client *c, struct json_object *answer);
static inline bool client_is_busy(const client *c)
{
    return c->out || c->is_waiting || c->wants_state;
}

/* request.c */

/* Do what a line asks for: an answer, a command on its way, or a wish for the state. */
void request_line(struct control *c, client *from, const char *line, size_t len);
/* Tell a client that its line was none. */
void request_too_long(struct control *c, client *from);
/* Answer what the engine has done. */
void request_answer(struct control *c, request *r);
/* Ask for the state where somebody wants it, and hand it out where it is new enough. */
void request_states(struct control *c);
/* Forget one that was never answered. */
void request_drop(request *r);
client *control_client(struct control *c, uint64_t number);

/* status.c: NULL when out of memory. */
struct json_object *status_json(const struct control *c);
/* "params": what was set of a plugin, as config_changes tells it. */
bool status_put_values(struct json_object *to, const char *values);

#endif
