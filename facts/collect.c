/* SPDX-License-Identifier: MIT */
#include "facts/collect.h"
