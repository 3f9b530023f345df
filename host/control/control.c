/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 64
#define LINES_AT_ONCE 16
#define AGAIN_MS 100 /* after there was no descriptor for a client */

enum { POLL_BELL, POLL_LISTENER, POLL_CLIENTS, POLLS = POLL_CLIENTS + CONTROL_CLIENTS };

void control_ring(struct control *c)
{
    uint64_t one = 1;

    /* it fails when it has been rung 2^64 times, and then it rings */
    if (write(c->bell, &one, sizeof one) < 0) return;
}

/* ------------------------------------------------------------------ who comes */

static client *free_client(struct control *c)
{
    client *oldest = NULL;

    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++) {
        client *one = &c->clients[i];
        if (one->fd < 0) return one;
        if (!one->is_waiting && (!oldest || one->heard < oldest->heard)) oldest = one;
    }
    if (!oldest) return NULL;
    c->counts.dropped++;
    client_close(oldest);
    return oldest;
}

static void accept_one(struct control *c)
{
    int fd = accept4(c->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct ucred who;
    socklen_t len = sizeof who;
    client *place;

    c->cannot_accept = fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
    if (fd < 0) return;
    c->counts.connections++;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
        (who.uid != geteuid() && who.uid != 0)) {
        c->counts.turned_away++;
        close(fd);
        return;
    }
    if (!(place = free_client(c))) {
        c->counts.dropped++;
        close(fd);
        return;
    }
    client_open(place, fd, &who, c->counts.connections);
}

/* ------------------------------------------------------------------ what they say */

/* One line after the other: the next one is looked at when this one was answered, and that was
 * read. A few at a time, then it is others' turn. */
static void serve_lines(struct control *c, client *one)
{
    const char *line;
    size_t len;
    bool is_too_long;

    for (int n = 0; one->fd >= 0 && !client_is_busy(one); n++) {
        uint64_t number = one->number;
        if (n == LINES_AT_ONCE) {
            c->has_more = true;
            return;
        }
        if (!client_line(one, &line, &len, &is_too_long)) break;
        if (is_too_long)
            request_too_long(c, one);
        else
            request_line(c, one, line, len);
        if (one->fd >= 0 && one->number == number) client_drop_line(one, len);
    }
    if (one->fd >= 0 && one->is_at_end && !client_is_busy(one)) client_close(one);
}

static void serve(struct control *c, client *one, short events)
{
    bool is_there = !(events & (POLLERR | POLLNVAL));

    if (is_there && (events & POLLOUT)) is_there = client_write(one);
    if (is_there && (events & POLLIN)) is_there = client_read(one);
    if (is_there && (events & POLLHUP) && !(events & POLLIN)) is_there = false;
    if (!is_there)
        client_close(one);
    else
        serve_lines(c, one);
}

static void serve_engine(struct control *c)
{
    uint64_t rung;

    if (read(c->bell, &rung, sizeof rung) < 0 && errno != EAGAIN) return;
    for (uint32_t i = 0; i < CONTROL_REQUESTS; i++) {
        request *r = &c->requests[i];
        client *one;
        bool is_done;
        if (!r->is_used) continue;
        pthread_mutex_lock(&c->lock);
        is_done = r->is_done;
        pthread_mutex_unlock(&c->lock);
        if (!is_done) continue;
        request_answer(c, r);
        if ((one = control_client(c, r->client))) serve_lines(c, one);
    }
}

/* ------------------------------------------------------------------ the thread */

static short events_of(const client *one)
{
    if (one->out) return POLLOUT;
    return one->is_at_end || one->is_waiting || one->wants_state ? 0 : POLLIN;
}

static void wait_for(struct control *c, struct pollfd polls[POLLS])
{
    polls[POLL_BELL] = (struct pollfd){.fd = c->bell, .events = POLLIN};
    polls[POLL_LISTENER] =
        (struct pollfd){.fd = c->cannot_accept ? -1 : c->listener, .events = POLLIN};
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++) {
        const client *one = &c->clients[i];
        polls[POLL_CLIENTS + i] = (struct pollfd){.fd = one->fd, .events = events_of(one)};
    }
    if (poll(polls, POLLS, c->has_more ? 0 : c->cannot_accept ? AGAIN_MS : -1) < 0)
        for (uint32_t i = 0; i < POLLS; i++)
            polls[i].revents = 0;
    c->cannot_accept = c->has_more = false;
}

static bool is_ending(struct control *c)
{
    bool is;

    pthread_mutex_lock(&c->lock);
    is = c->is_ending;
    pthread_mutex_unlock(&c->lock);
    return is;
}

static void *control_thread(void *arg)
{
    struct control *c = arg;
    struct pollfd polls[POLLS];
    bool is_last;

    do {
        wait_for(c, polls);
        is_last = is_ending(c); /* first: what was done before it is answered below */
        serve_engine(c);
        for (uint32_t i = 0; i < CONTROL_CLIENTS; i++) {
            client *one = &c->clients[i];
            if (one->fd >= 0 && polls[POLL_CLIENTS + i].revents)
                serve(c, one, polls[POLL_CLIENTS + i].revents);
        }
        request_states(c);
        for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
            if (c->clients[i].fd >= 0) serve_lines(c, &c->clients[i]);
        if (polls[POLL_LISTENER].revents) accept_one(c);
    } while (!is_last);
    return NULL;
}

/* ------------------------------------------------------------------ start and end */

/* A socket that a dead host has left. */
static int32_t remove_stale(const struct control *c, qn_err *err)
{
    struct stat is;

    if (fstatat(c->dir, CONTROL_SOCKET, &is, AT_SYMLINK_NOFOLLOW) != 0) return QN_OK;
    if (!S_ISSOCK(is.st_mode))
        return fail(err, QN_E_EXISTS, "%s/" CONTROL_SOCKET " is there, and is no socket", c->store);
    if (unlinkat(c->dir, CONTROL_SOCKET, 0) == 0) return QN_OK;
    return fail_errno(err, "cannot remove %s/" CONTROL_SOCKET, c->store);
}

static int32_t open_socket(struct control *c, qn_err *err)
{
    struct sockaddr_un at;
    int32_t rc = address_of(c->store, &c->dir, &at, err);

    if (rc != QN_OK || (rc = remove_stale(c, err)) != QN_OK) return rc;
    c->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* the mode of the socket is that of the file, from its first moment on */
    if (c->bell < 0 || c->listener < 0 || fchmod(c->listener, 0600) != 0 ||
        bind(c->listener, (const struct sockaddr *)&at, sizeof at) != 0 ||
        listen(c->listener, BACKLOG) != 0)
        return fail_errno(err, "cannot open %s/" CONTROL_SOCKET, c->store);
    return QN_OK;
}

static void free_control(struct control *c)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (c->clients[i].fd >= 0) client_close(&c->clients[i]);
        mem_free(c->clients[i].in);
    }
    for (uint32_t i = 0; i < CONTROL_REQUESTS; i++)
        if (c->requests[i].is_used) request_drop(&c->requests[i]);
    if (c->listener >= 0) {
        close(c->listener);
        unlinkat(c->dir, CONTROL_SOCKET, 0);
    }
    if (c->bell >= 0) close(c->bell);
    if (c->dir >= 0) close(c->dir);
    engine_state_free(c->state);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

static int32_t make_room(struct control *c, qn_err *err)
{
    bool is_whole = (c->state = engine_state_new(c->e)) != NULL;

    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        is_whole = (c->clients[i].in = mem_new(CONTROL_LINE, 1)) != NULL && is_whole;
    return is_whole ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the control socket");
}

static int32_t start_thread(struct control *c, qn_err *err)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all); /* signals are for the thread that runs events */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&c->thread, NULL, control_thread, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return errno == 0 ? QN_OK : fail_errno(err, "no thread for the control socket");
}

int32_t control_start(engine *e, const char *store, const char *name, control **out, qn_err *err)
{
    struct control *c = mem_new(1, sizeof *c);
    int32_t rc;

    if (!c) return fail(err, QN_E_NO_MEMORY, "no memory for the control socket");
    c->e = e;
    c->store = store;
    c->name = name;
    c->dir = c->listener = c->bell = -1;
    c->credits = CONTROL_BURST;
    c->credits_at = clock_steady();
    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        c->clients[i].fd = -1;
    pthread_mutex_init(&c->lock, NULL);
    rc = make_room(c, err);
    if (rc == QN_OK) rc = open_socket(c, err);
    if (rc == QN_OK) rc = start_thread(c, err);
    if (rc == QN_OK)
        *out = c;
    else
        free_control(c);
    return rc;
}

void control_stop(control *c)
{
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    c->is_ending = true;
    control_ring(c);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    free_control(c);
}
