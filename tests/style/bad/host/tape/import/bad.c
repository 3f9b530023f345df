/* SPDX-License-Identifier: MIT */
#include "../tape.h"
#include "../../base/file.h" /* expect: arrows */
