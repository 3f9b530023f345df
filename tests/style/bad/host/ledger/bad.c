/* SPDX-License-Identifier: MIT */
#include "ledger.h"
#include "base/memory.h"
#include "tape/tape.h" /* expect: arrows */
