/* SPDX-License-Identifier: MIT
 *
 * CRC32C against its definition, bit by bit. */
#include "base/hash.h"

#include "check_main.h"

#define MOST 1100

/* The polynomial of Castagnoli, Braeuer and Herrmann (1993), reflected: RFC 3720, B.4. */
static uint32_t crc32c_ref(uint32_t before, const unsigned char *p, size_t n)
{
    uint32_t crc = ~before;

    for (; n > 0; n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
    }
    return ~crc;
}

START_TEST(every_length_and_alignment)
{
    static unsigned char bytes[MOST + 8];
    uint32_t wrong = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 167 + i / 7);
    for (size_t at = 0; at < 8; at++)
        for (size_t n = 0; n <= MOST; n += 1 + n / 300) {
            uint32_t ref = crc32c_ref(0, bytes + at, n);
            wrong += crc32c(bytes + at, n) != ref;
            wrong += crc32c_add(crc32c(bytes + at, n / 3), bytes + at + n / 3, n - n / 3) != ref;
        }
    ck_assert_uint_eq(wrong, 0);
    /* "123456789", as in the catalogue of parametrised CRC algorithms */
    ck_assert_uint_eq(crc32c("123456789", 9), 0xE3069283u);
}
END_TEST

CHECK_MAIN("crc", every_length_and_alignment)
