/* SPDX-License-Identifier: MIT */
#include "audit/orphan.h"
