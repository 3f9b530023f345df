/* SPDX-License-Identifier: MIT
 *
 * Counts the system calls of a program: count_calls FILE PROGRAM ARGUMENT...
 *
 * The number goes into FILE, the program's exit status is passed on. Only the program itself is
 * counted, not what it starts. Exit status 77: tracing is not allowed here. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_ALLOWED 77
#define IS_CALL 0x80 /* marks a stop at a system call, as PTRACE_O_TRACESYSGOOD asks */

static void become(char **argv)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(NOT_ALLOWED);
    raise(SIGSTOP); /* until the parent has set its options */
    execv(argv[0], argv);
    _exit(127);
}

/* Each call stops the child twice: at its start and at its end. */
static int count(pid_t child, long *stops)
{
    int status = 0;
    int pass_on = 0;

    *stops = 0;
    if (waitpid(child, &status, 0) != child) return -1;
    if (WIFEXITED(status)) return status;
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
        return -1;
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, pass_on) != 0) return -1;
        if (waitpid(child, &status, 0) != child) return -1;
        if (WIFEXITED(status) || WIFSIGNALED(status)) return status;
        pass_on = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (WSTOPSIG(status) != (SIGTRAP | IS_CALL)) continue;
        pass_on = 0;
        ++*stops;
    }
}

int main(int argc, char **argv)
{
    FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
    pid_t child;
    long stops;
    int status;

    if (!out) {
        fputs("usage: count_calls FILE PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    if ((child = fork()) == 0) become(argv + 2);
    status = child > 0 ? count(child, &stops) : -1;
    if (status == -1) {
        perror("count_calls");
        return NOT_ALLOWED;
    }
    fprintf(out, "%ld\n", stops / 2);
    if (fclose(out) != 0) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
