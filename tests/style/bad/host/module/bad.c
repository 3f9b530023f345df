/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "engine/engine.h" /* expect: arrows */
