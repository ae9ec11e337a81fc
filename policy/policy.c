/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "policy/parse.h"
#include "policy/value.h"

struct shmg_policy *shmg_policy_new(void)
{
	struct shmg_policy *policy = calloc(1, sizeof *policy);
	if (!policy)
		return NULL;
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++)
		policy->parameters[i] = shmg_policy_parameters[i].value;
	return policy;
}

void shmg_policy_free(struct shmg_policy **policy)
{
	if (!*policy)
		return;
	SHMG_FOREACH(allow, &(*policy)->allows)
	{
		shmg_array_clear(&allow->owners);
		shmg_array_clear(&allow->users);
		shmg_array_clear(&allow->checks);
	}
	shmg_array_clear(&(*policy)->allows);
	shmg_array_clear(&(*policy)->checks);
	shmg_array_clear(&(*policy)->shared_groups);
	shmg_pool_clear(&(*policy)->pool);
	free(*policy);
	*policy = NULL;
}

/* Opens a regular file; a FIFO in its place must not make us wait for a writer. */
static int open_regular(const char *path, struct shmg_error *error)
{
	struct stat status;
	SHMG_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &status) < 0) {
		int code = -errno;
		return shmg_error_set(error, code, path, "cannot read the policy: %s", strerror(-code));
	}
	if (!S_ISREG(status.st_mode))
		return shmg_error_set(error, -EINVAL, path, "not a regular file: name the policy file itself");
	return SHMG_TAKE_FD(fd);
}

/* Reads one byte more than a policy may have, so that the parser can tell a file that is too large. */
static int read_text(int fd, char *buffer, size_t size, size_t *ret_length)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret_length = length;
	return 0;
}

int shmg_policy_load(const char *path, bool (*is_check)(const char *id), struct shmg_policy **ret_policy,
		     struct shmg_error *error)
{
	size_t length = 0;
	SHMG_AUTO_FD fd = open_regular(path, error);

	if (fd < 0)
		return fd;
	SHMG_AUTO_FREE char *text = malloc(SHMG_POLICY_BYTES_MAX + 1);
	if (!text)
		return shmg_error_set(error, -ENOMEM, path, "no memory to read the policy");
	int code = read_text(fd, text, SHMG_POLICY_BYTES_MAX + 1, &length);
	if (code < 0)
		return shmg_error_set(error, code, path, "cannot read the policy: %s", strerror(-code));
	return shmg_policy_read(&(struct shmg_policy_source){ .name = path,
							      .text = text,
							      .length = length,
							      .is_check = is_check,
							      .find_user = shmg_policy_find_user,
							      .find_group = shmg_policy_find_group },
				ret_policy, error);
}

int shmg_policy_parse(const char *name, const char *text, bool (*is_check)(const char *id),
		      struct shmg_policy **ret_policy, struct shmg_error *error)
{
	return shmg_policy_read(&(struct shmg_policy_source){ .name = name,
							      .text = text,
							      .length = strlen(text),
							      .is_check = is_check,
							      .find_user = shmg_policy_find_user,
							      .find_group = shmg_policy_find_group },
				ret_policy, error);
}
