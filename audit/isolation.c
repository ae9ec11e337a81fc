/* SPDX-License-Identifier: MIT */
#include "audit/family.h"

const struct shmg_family shmg_family_isolation = { 0 };
