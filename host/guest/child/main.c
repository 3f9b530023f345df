/* SPDX-License-Identifier: MIT
 *
 * quoin-guest: runs plugins for a host, which starts it. Not for people: its arguments are the way
 * of waiting ("f" or "s") and how many bytes of memory it may have. */
#include "child.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

process self_;

_Noreturn void give_up(void)
{
    _exit(1);
}

/* The host's end of the socket closes when the host ends, however it does; the kernel then kills
 * us, whatever a plugin is doing. (A parent-death signal would come when the thread that started us
 * ends.) */
static void end_with_host(void)
{
    struct pollfd p = {.fd = WIRE_SOCKET, .events = 0};

    if (fcntl(WIRE_SOCKET, F_SETOWN, getpid()) != 0 || fcntl(WIRE_SOCKET, F_SETSIG, SIGKILL) != 0 ||
        fcntl(WIRE_SOCKET, F_SETFL, O_ASYNC | O_NONBLOCK) != 0)
        give_up();
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR))) give_up();
}

int main(int argc, char **argv)
{
    uint32_t wait;

    if (argc != 3 || (argv[1][0] != 'f' && argv[1][0] != 's')) {
        fputs("quoin-guest is started by quoin, for plugins with isolation = \"process\"\n",
              stderr);
        return 2;
    }
    wait = argv[1][0] == 's' ? WIRE_WAIT_SPIN : WIRE_WAIT_FUTEX;
    self_.memory_limit = strtoull(argv[2], NULL, 10);
    end_with_host();
    if (close_range(WIRE_MEMORY + 1, ~0u, 0) != 0) give_up();
    self_.memory =
        mmap(NULL, sizeof *self_.memory, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_MEMORY, 0);
    if (self_.memory == MAP_FAILED) give_up();
    close(WIRE_MEMORY);
    prctl(PR_SET_NAME, "quoin-guest");
    mallopt(M_ARENA_MAX, 1); /* address space is counted */
    wire_lane_init(&self_.lane, &self_.memory->asks, &self_.memory->calls, wait);
    wire_lane_init(&self_.work, &self_.memory->work_asks, &self_.memory->work_calls,
                   WIRE_WAIT_FUTEX);
    for (;;) {
        if (wire_receive(&self_.lane) != QN_OK) give_up();
        serve_call();
    }
}
