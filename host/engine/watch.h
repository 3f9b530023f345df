/* SPDX-License-Identifier: MIT
 *
 * `watch = true`: a plugin is reloaded when its file changes, as `quoin ctl reload ID` does it.
 *
 * A thread of its own is told by inotify when a file of that name, or its signature, was closed by
 * who wrote it, or moved into the folder: never while it is being written. The reload is a command
 * like an operator's, on record with the host's own user and process. While one is under way
 * further changes are one change. What is wrong with the file is found out by the reload: it is
 * refused, the log says why, and the build at work goes on. */
#ifndef QUOIN_ENGINE_WATCH_H
#define QUOIN_ENGINE_WATCH_H

#include "engine.h"

typedef struct watch watch;

/* Watch the files that the config wants watched. *out is NULL where it wants none. Before the first
 * event. QN_OK; QN_E_IO: the kernel gives no watch; QN_E_NO_MEMORY. On error nothing is watched. */
int32_t watch_start(engine *e, watch **out, qn_err *err);
/* Behind the last event, when all commands and reloads were answered; NULL is fine. */
void watch_stop(watch *w);

#endif
