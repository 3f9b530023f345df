/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGED (IN_CLOSE_WRITE | IN_MOVED_TO)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF)

typedef struct watched {
    struct watch *watch;
    const char *id; /* of the instance */
    int folder;     /* inotify's number of it */
    char file[PATH_ROOM];
    const char *name; /* in `file`, behind its last slash */
    engine_command command;
    bool has_changed;      /* since the last command was posted */
    atomic_bool is_posted; /* the engine has the command */
} watched;

struct watch {
    engine *e;
    int inotify, bell; /* an eventfd */
    atomic_bool is_ending;
    pthread_t thread;
    bool has_thread;
    uint32_t n;
    watched *all;
};

static void ring(const watch *w)
{
    uint64_t one = 1;

    /* it fails when it has been rung 2^64 times, and then it rings */
    if (write(w->bell, &one, sizeof one) < 0) return;
}

/* ------------------------------------------------------------------ commands */

/* On the engine's thread. A reload that was refused has said so itself. */
static void on_done(engine_command *c, int32_t code, const char *why)
{
    watched *one = c->ctx;

    if (code != QN_OK && code != QN_E_CANCELED && !c->is_begun)
        log_line(LOG_WARNING, "%s was not reloaded: %s [%s]", c->target, why, error_name(code));
    atomic_store(&one->is_posted, false);
    ring(one->watch);
}

static void post(watched *one)
{
    engine_command *c = &one->command;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    *c = (engine_command){.verb = QN_COMMAND_RELOAD,
                          .uid = geteuid(),
                          .pid = getpid(),
                          .wall_ts = clock_wall(),
                          .reload = {.mode = QN_RELOAD_REFACTOR,
                                     .shadow = ENGINE_RELOAD_SHADOW,
                                     .probation = ENGINE_RELOAD_PROBATION},
                          .done = on_done,
                          .ctx = one};
    snprintf(c->target, sizeof c->target, "%s", one->id);
    snprintf(c->reload.file, sizeof c->reload.file, "%s", one->file);
    log_line(LOG_INFO, "%s has changed: %s is reloaded", one->file, one->id);
    one->has_changed = false;
    atomic_store(&one->is_posted, true);
    if ((rc = engine_post(one->watch->e, c, &err)) == QN_OK) return;
    atomic_store(&one->is_posted, false);
    if (rc != QN_E_CANCELED)
        log_line(LOG_WARNING, "%s was not reloaded: %s [%s]", one->id, err.msg, error_name(rc));
}

/* ------------------------------------------------------------------ what the kernel tells */

/* "NAME", or "NAME.sig": a signature that comes behind its file makes it fit to be loaded. */
static bool is_of(const watched *one, const char *name)
{
    size_t len = strlen(one->name);

    return strncmp(name, one->name, len) == 0 && (!name[len] || strcmp(name + len, ".sig") == 0);
}

static void see(watch *w, const struct inotify_event *ev)
{
    for (uint32_t i = 0; i < w->n; i++) {
        watched *one = &w->all[i];
        /* events that were too many are lost: each file may have changed */
        if (ev->mask & IN_Q_OVERFLOW) one->has_changed = true;
        if (ev->wd != one->folder) continue;
        if (ev->mask & GONE)
            log_line(LOG_WARNING, "the folder of %s is not there any more: it is not watched",
                     one->file);
        if ((ev->mask & CHANGED) && ev->len && is_of(one, ev->name)) one->has_changed = true;
    }
}

static void read_events(watch *w)
{
    _Alignas(struct inotify_event) char room[4096];
    ssize_t n;

    while ((n = read(w->inotify, room, sizeof room)) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *ev = (const void *)(room + at);
            see(w, ev);
            at += (ssize_t)(sizeof *ev + ev->len);
        }
    }
}

static void *watch_thread(void *arg)
{
    watch *w = arg;
    uint64_t rung;

    while (!atomic_load(&w->is_ending)) {
        struct pollfd polls[] = {{.fd = w->inotify, .events = POLLIN},
                                 {.fd = w->bell, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0) continue;
        if ((polls[1].revents & POLLIN) && read(w->bell, &rung, sizeof rung) < 0) continue;
        read_events(w);
        for (uint32_t i = 0; i < w->n; i++) {
            watched *one = &w->all[i];
            if (one->has_changed && !atomic_load(&one->is_posted)) post(one);
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ start and end */

static int32_t add(watch *w, const instance *in, qn_err *err)
{
    watched *one = &w->all[w->n];
    const char *path = in->file;
    char folder[PATH_ROOM];
    const char *slash = strrchr(path, '/');

    one->watch = w;
    one->id = in->id;
    snprintf(one->file, sizeof one->file, "%s%s", slash ? "" : "./", path);
    one->name = strrchr(one->file, '/') + 1;
    snprintf(folder, sizeof folder, "%.*s", (int)(one->name - one->file), one->file);
    one->folder = inotify_add_watch(w->inotify, folder, CHANGED | GONE | IN_ONLYDIR);
    if (one->folder < 0) return fail_errno(err, "cannot watch %s", folder);
    w->n++;
    return QN_OK;
}

/* The instances whose files are watched, into `to`. */
static uint32_t find_watched(const engine *e, const instance **to)
{
    const config_run *run = e->run;
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->nmodels; i++)
        if (run->models[i].watch) to[n++] = &e->models[i].in;
    for (uint32_t i = 0; i < e->nstrategies; i++)
        if (run->strategies[i].watch) to[n++] = &e->strategies[i].in;
    if (e->portfolio.table && run->optimizer.watch) to[n++] = &e->portfolio.in;
    for (uint32_t i = 0; i < e->nrisk; i++)
        if (run->risk[i].watch) to[n++] = &e->risk[i].in;
    if (e->execution.table && run->execution.watch) to[n++] = &e->execution.in;
    return n;
}

static int32_t start_thread(watch *w, qn_err *err)
{
    sigset_t all;
    sigset_t before;
    int failed;

    sigfillset(&all); /* signals are for the thread that runs events */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->thread, NULL, watch_thread, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->has_thread = !failed;
    return failed ? fail(err, QN_E_NO_MEMORY, "no thread to watch files") : QN_OK;
}

static int32_t start(watch *w, const instance **which, uint32_t n, qn_err *err)
{
    int32_t rc = QN_OK;

    w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->inotify < 0 || w->bell < 0) return fail_errno(err, "files cannot be watched");
    for (uint32_t i = 0; i < n && rc == QN_OK; i++)
        rc = add(w, which[i], err);
    return rc == QN_OK ? start_thread(w, err) : rc;
}

int32_t watch_start(engine *e, watch **out, qn_err *err)
{
    const instance **which = mem_new(e->nowners + 1u, sizeof *which);
    watch *w = mem_new(1, sizeof *w);
    uint32_t n = which ? find_watched(e, which) : 0;
    int32_t rc = QN_OK;

    *out = NULL;
    if (w) *w = (watch){.e = e, .inotify = -1, .bell = -1};
    if (w && n) w->all = mem_new(n, sizeof *w->all);
    if (!which || !w || (n && !w->all)) rc = fail(err, QN_E_NO_MEMORY, "no memory to watch files");
    if (rc == QN_OK && n) rc = start(w, which, n, err);
    if (rc == QN_OK && n)
        *out = w;
    else
        watch_stop(w);
    mem_free(which);
    return rc;
}

void watch_stop(watch *w)
{
    if (!w) return;
    atomic_store(&w->is_ending, true);
    if (w->has_thread) {
        ring(w);
        pthread_join(w->thread, NULL);
    }
    if (w->inotify >= 0) close(w->inotify);
    if (w->bell >= 0) close(w->bell);
    mem_free(w->all);
    mem_free(w);
}
