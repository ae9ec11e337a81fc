/* SPDX-License-Identifier: MIT */
/*
 * deny CALL[,CALL]… COMMAND [ARGUMENT]…: runs a command for which these calls fail as they do on kernels without
 * them, or where they are not allowed, so that what is done instead is tested on a kernel that has them all. Or kills
 * it there, so that being killed at the worst instant is no matter of luck.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES_MAX 8
#define KILLED 0

static const struct rule {
	const char *name;
	uint32_t call;
	uint32_t argument, value; /* the call's argument of that number must be this; argument 0: all calls */
	uint32_t error;           /* KILLED: no error, but SIGSYS, which cannot be caught */
} rules[] = {
	{ "procmap-query", SYS_ioctl, 1, 0xc0686611, ENOTTY },                       /* before Linux 6.11 */
	{ "shm-stat-any", SYS_shmctl, 1, 15, EINVAL },                               /* before 4.17 */
	{ "lease", SYS_fcntl, 1, F_SETLEASE, EINVAL },                               /* not compiled in */
	{ "setns", SYS_setns, 0, 0, EPERM },                                         /* in most containers */
	{ "nameless", SYS_openat, 2, O_TMPFILE | O_WRONLY | O_CLOEXEC, EOPNOTSUPP }, /* on NFS and FAT */
	{ "threads", SYS_clone3, 0, 0, EAGAIN },                                     /* at the limit of processes */
	{ "life-at-fsync", SYS_fsync, 0, 0, KILLED },
	{ "life-at-linkat", SYS_linkat, 0, 0, KILLED },
	{ "life-at-rename", SYS_rename, 0, 0, KILLED },
};

static const struct rule *find_rule(const char *name)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

/* Appends: if the number (and the argument) match, fail; the accumulator holds the number again afterwards. */
static unsigned short append(struct sock_filter *filter, unsigned short at, const struct rule *rule)
{
	const uint32_t number = offsetof(struct seccomp_data, nr);
	const uint32_t argument = (uint32_t)(offsetof(struct seccomp_data, args) + rule->argument * sizeof(uint64_t));
	const uint32_t action = rule->error == KILLED ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | rule->error;

	filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number);
	filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->call, 0, rule->argument ? 3 : 1);
	if (rule->argument) {
		filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument);
		filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->value, 0, 1);
	}
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	return at;
}

int main(int argc, char *argv[])
{
	struct sock_filter filter[5 * RULES_MAX + 1];
	unsigned short length = 0;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: deny CALL[,CALL]… COMMAND [ARGUMENT]…\n");
		return EXIT_FAILURE;
	}
	for (char *rest = argv[1], *name; (name = strsep(&rest, ","));) {
		const struct rule *rule = find_rule(name);
		if (!rule || length >= 5 * RULES_MAX) {
			(void)fprintf(stderr, "deny: %s is not known\n", name);
			return EXIT_FAILURE;
		}
		length = append(filter, length, rule);
	}
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = { .len = length, .filter = filter };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("deny");
		return EXIT_FAILURE;
	}
	(void)execv(argv[2], argv + 2);
	perror(argv[2]);
	return EXIT_FAILURE;
}
