/* SPDX-License-Identifier: MIT */
/* A file system whose server never answers: whoever asks it something waits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/helpers/mkobjects.h"

/* FUSE without anybody behind it. Detached, only a descriptor of ours leads to it, and no mount table. */
static void make_dead(struct mk *mk)
{
	const char *target = mk_text(mk, "on", "/dev/shm");
	struct stat status;
	char options[128];
	int server = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (server < 0)
		mk_skip(mk, "no /dev/fuse here");
	if (stat(target, &status) < 0)
		mk_fail(mk, target);
	(void)snprintf(options, sizeof options, "fd=%d,rootmode=%o,user_id=0,group_id=0,allow_other", server,
		       status.st_mode & S_IFMT);
	if (mount("dead", target, "fuse.dead", MS_NOSUID | MS_NODEV, options) < 0)
		mk_skip(mk, "FUSE cannot be mounted here");
	int held = open(target, O_PATH | O_CLOEXEC);
	if (held < 0)
		mk_fail(mk, target);
	if (mk_number(mk, "detach", 0) && umount2(target, MNT_DETACH) < 0)
		mk_fail(mk, "umount");
	mk_ready(mk, "server=%d held=%d", server, held);
}

const struct mk_factory mk_mount_factories[] = {
	{ "dead", "on=PATH detach",
	  "a mount over a file or directory that never answers; detach: reached by a descriptor", make_dead },
	{ 0 },
};
