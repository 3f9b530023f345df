/* SPDX-License-Identifier: MIT */
#include "slot.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static slot_page own; /* touched where it is used only: it costs nothing else */
static slot_page *page_now = &own;
static _Thread_local call_slot *mine;

const char *slot_call_name(uint32_t call)
{
#define NAME(NAME_, name) name,
    static const char *const names[] = {SLOT_CALL_LIST(NAME)};
#undef NAME

    return call < SLOT_CALLS ? names[call] : "?";
}

slot_page *slot_page_here(void)
{
    return page_now;
}

bool slot_is_shared(void)
{
    return page_now != &own;
}

slot_page *slot_share(void)
{
    void *p =
        mmap(NULL, sizeof(slot_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) return NULL;
    page_now = p;
    mine = NULL;
    return page_now;
}

call_slot *slot_here(void)
{
    call_slot *s = page_now->slots;

    if (mine) return mine;
    for (uint32_t i = 0; i < SLOT_THREADS; i++, s++) {
        mine = s;
        if (!atomic_exchange_explicit(&s->is_taken, 1, memory_order_acq_rel)) break;
    }
    mine->tid = (int32_t)syscall(SYS_gettid);
    return mine;
}

void slot_give_back(void)
{
    if (!mine) return;
    atomic_store_explicit(&mine->word, 0, memory_order_relaxed);
    mine->seq = NULL;
    /* release: last, for from here on it is another thread's */
    atomic_store_explicit(&mine->is_taken, 0, memory_order_release);
    mine = NULL;
}

void slot_name(uint32_t row, const slot_row *what)
{
    if (row < SLOT_ROWS) page_now->rows[row] = *what;
}

const slot_row *slot_row_of(const slot_page *page, uint32_t word)
{
    uint32_t row = SLOT_WORD_ROW(word);

    return word && row < SLOT_ROWS ? &page->rows[row] : NULL;
}
