/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void client_open(client *c, int fd, const struct ucred *who, uint64_t number)
{
    char *in = c->in; /* of the one before */

    *c = (client){.fd = fd,
                  .number = number,
                  .uid = who->uid,
                  .pid = (uint32_t)who->pid,
                  .heard = clock_steady(),
                  .in = in};
}

void client_close(client *c)
{
    close(c->fd);
    mem_free(c->out);
    json_object_put(c->state_id);
    *c = (client){.fd = -1, .in = c->in};
}

bool client_read(client *c)
{
    ssize_t n = recv(c->fd, c->in + c->nin, CONTROL_LINE - c->nin, MSG_DONTWAIT);

    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) c->is_at_end = true;
    c->nin += (size_t)n;
    c->heard = clock_steady();
    return true;
}

bool client_write(client *c)
{
    ssize_t n = send(c->fd, c->out + c->written, c->nout - c->written, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0) return errno == EAGAIN || errno == EINTR;
    c->written += (size_t)n;
    if (c->written < c->nout) return true;
    mem_free(c->out);
    c->out = NULL;
    return true;
}

bool client_line(client *c, const char **line, size_t *len, bool *is_too_long)
{
    char *end = memchr(c->in, '\n', c->nin);

    *is_too_long = false;
    if (!end) {
        if (c->nin < CONTROL_LINE && !c->is_skipping) return false;
        c->is_skipping = true;
        c->nin = 0;
        return false;
    }
    *end = '\0';
    *line = c->in;
    *len = (size_t)(end - c->in);
    *is_too_long = c->is_skipping;
    c->is_skipping = false;
    return true;
}

void client_drop_line(client *c, size_t len)
{
    c->nin -= len + 1;
    memmove(c->in, c->in + len + 1, c->nin);
}

void client_answer(client *c, struct json_object *answer)
{
    const char *text =
        answer ? json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN) : NULL;
    size_t len = text ? strlen(text) : 0;

    c->is_waiting = c->wants_state = false;
    c->out = text ? mem_new(len + 1, 1) : NULL;
    if (c->out) {
        memcpy(c->out, text, len);
        c->out[len] = '\n';
        c->nout = len + 1;
        c->written = 0;
    }
    json_object_put(answer);
    if (!c->out || !client_write(c)) client_close(c);
}
