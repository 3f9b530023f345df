/* SPDX-License-Identifier: MIT */
#include "format.h"

#include "base/hash.h"

#include <endian.h>
#include <string.h>

uint32_t journal_seed(uint32_t run)
{
    return crc32c(&run, sizeof run);
}

void journal_key_write(uint32_t run, uint64_t seq, unsigned char to[JOURNAL_KEY])
{
    uint64_t number = htobe64(seq);

    run_key_write(run, to);
    memcpy(to + RUN_KEY, &number, sizeof number);
}

void journal_key_read(const unsigned char from[JOURNAL_KEY], uint32_t *run, uint64_t *seq)
{
    memcpy(run, from, sizeof *run);
    memcpy(seq, from + RUN_KEY, sizeof *seq);
    *run = be32toh(*run);
    *seq = be64toh(*seq);
}

void run_key_write(uint32_t number, unsigned char to[RUN_KEY])
{
    number = htobe32(number);
    memcpy(to, &number, sizeof number);
}
