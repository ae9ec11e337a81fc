/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"
