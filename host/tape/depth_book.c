/* SPDX-License-Identifier: MIT */
#include "depth_book.h"

#include "base/fail.h"
#include "base/memory.h"

/* Memory that is not touched is not taken, so there is no need to be sparing. */
static const qn_book_room room = {
    .ticks = 1u << 16, .far = DEPTH_BOOK_LEVELS, .rows = DEPTH_BOOK_ROWS, .messages = 1u << 14};

int32_t depth_book_make(qn_book *book, void **memory, const qn_instrument *instrument, qn_err *err)
{
    int64_t tick = instrument && instrument->tick_size > 0 ? instrument->tick_size : 1;

    if (!(*memory = mem_new(qn_book_bytes(&room), 1)))
        return fail(err, QN_E_NO_MEMORY, "out of memory for a book");
    return qn_book_init(book, *memory, &room, tick, QN_BOOK_AUTO, err);
}
