/* SPDX-License-Identifier: MIT */
/*
 * Names as bytes ↔ names as text.
 *
 * Names of shared objects are bytes chosen by whoever made them: newlines, terminal
 * escapes, invalid UTF-8. Escaped text is valid UTF-8 that a terminal shows as it is:
 * printable characters stay, a backslash becomes \\, and every byte of anything else
 * (controls, invalid sequences, surrogates, and the invisible or direction-changing
 * characters: U+0080–9F, U+00AD, U+061C, U+180E, U+200B–200F, U+2028–202E,
 * U+2060–2069, U+FEFF, U+FFF9–FFFB, U+E0000–E0FFF) becomes \xNN. Unescaping gives the same bytes back.
 */
#ifndef SHMG_BASE_ESCAPE_H
#define SHMG_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* No escaped text is longer than this, its NUL included. */
#define SHMG_ESCAPED_MAX(length) ((length) * 4 + 1)

/* Whether `text` is its own escaped form; the common case, and cheap. */
bool shmg_escape_is_plain(const char *text, size_t length);

/*
 * Writes the escaped form of `length` bytes, NUL-terminated, to `ret_text` of `size` bytes.
 * Returns its length, or -ENOSPC when it does not fit (ret_text is then "").
 */
long shmg_escape(const char *bytes, size_t length, char *ret_text, size_t size);

/* The reverse, in place. Returns the length in bytes, or -EINVAL (text is then unchanged). */
long shmg_unescape(char *text);

#endif
