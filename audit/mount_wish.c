/* SPDX-License-Identifier: MIT */
#include "audit/mount_wish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/amount.h"
#include "facts/settings.h"

/* mount(8) reads them in order, and later ones win: "user,exec" ends with exec. */
static const struct {
	const char *name;
	uint32_t set, clear;
} options_known[] = {
	{ "defaults", 0, SHMG_MOUNT_RO | SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID | SHMG_MOUNT_NOEXEC },
	{ "ro", SHMG_MOUNT_RO, 0 },
	{ "rw", 0, SHMG_MOUNT_RO },
	{ "nodev", SHMG_MOUNT_NODEV, 0 },
	{ "dev", 0, SHMG_MOUNT_NODEV },
	{ "nosuid", SHMG_MOUNT_NOSUID, 0 },
	{ "suid", 0, SHMG_MOUNT_NOSUID },
	{ "noexec", SHMG_MOUNT_NOEXEC, 0 },
	{ "exec", 0, SHMG_MOUNT_NOEXEC },
	{ "noswap", SHMG_MOUNT_NOSWAP, 0 },
	{ "user", SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID | SHMG_MOUNT_NOEXEC, 0 },
	{ "users", SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID | SHMG_MOUNT_NOEXEC, 0 },
	{ "owner", SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID, 0 },
	{ "group", SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID, 0 },
};

/* The length of the first option: up to a comma that is not inside quotes (context="…,…"). */
static size_t option_length(const char *options)
{
	bool quoted = false;
	size_t length = 0;

	for (; options[length] && (quoted || options[length] != ','); length++)
		if (options[length] == '"')
			quoted = !quoted;
	return length;
}

/* A number with the suffix that the kernel's memparse() takes; *ret_end is what follows. */
static bool parse_amount(const char *text, uint64_t *ret_amount, const char **ret_end)
{
	static const char suffixes[] = "kmgtpe";
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	uint64_t amount = strtoull(text, &end, 0);
	if (errno)
		return false;
	const char *suffix = *end ? strchr(suffixes, *end | 0x20) : NULL;
	if (suffix) {
		amount = shmg_amount_times(amount, UINT64_C(1) << (10 * (suffix - suffixes + 1)));
		end++;
	}
	*ret_amount = amount;
	*ret_end = end;
	return true;
}

static uint64_t round_to_pages(uint64_t bytes, uint64_t page_size)
{
	if (page_size == SHMG_U64_UNKNOWN || !page_size || bytes > UINT64_MAX - page_size)
		return bytes;
	return (bytes + page_size - 1) / page_size * page_size;
}

/* tmpfs(5): bytes, or a percentage of the RAM; 0 is no limit. */
static void parse_size(const char *text, uint64_t memory, uint64_t page_size, struct shmg_mount_wish *wish)
{
	const char *end;
	uint64_t amount;

	wish->size = SHMG_U64_UNKNOWN;
	wish->slack = 0;
	if (!parse_amount(text, &amount, &end))
		return;
	/* Units write "50%%", because a single % begins a specifier there. */
	if (*end == '%' && (!end[1] || (end[1] == '%' && !end[2]))) {
		if (memory == SHMG_U64_UNKNOWN)
			return;
		amount = shmg_amount_share(memory, amount);
		wish->slack = memory / 100;
	} else if (*end) {
		return;
	}
	wish->size = amount ? round_to_pages(amount, page_size) : UINT64_MAX;
}

/* nr_blocks= counts pages. */
static void parse_blocks(const char *text, uint64_t page_size, struct shmg_mount_wish *wish)
{
	const char *end;
	uint64_t blocks;

	wish->size = SHMG_U64_UNKNOWN;
	wish->slack = 0;
	if (page_size == SHMG_U64_UNKNOWN || !parse_amount(text, &blocks, &end) || *end)
		return;
	wish->size = blocks ? shmg_amount_times(blocks, page_size) : UINT64_MAX;
}

static void parse_option(const char *option, uint64_t memory, uint64_t page_size, struct shmg_mount_wish *wish)
{
	for (size_t i = 0; i < sizeof options_known / sizeof *options_known; i++)
		if (strcmp(option, options_known[i].name) == 0) {
			wish->flags = (wish->flags | options_known[i].set) & ~options_known[i].clear;
			return;
		}
	if (strcmp(option, "noauto") == 0 || strcmp(option, "x-systemd.automount") == 0)
		wish->deferred = true;
	else if (strncmp(option, "mode=", 5) == 0)
		wish->mode = (uint32_t)strtoul(option + 5, NULL, 8) & 07777;
	else if (strncmp(option, "size=", 5) == 0)
		parse_size(option + 5, memory, page_size, wish);
	else if (strncmp(option, "nr_blocks=", 10) == 0)
		parse_blocks(option + 10, page_size, wish);
}

void shmg_mount_wish_parse(const char *options, uint64_t memory, uint64_t page_size, struct shmg_mount_wish *ret_wish)
{
	struct shmg_mount_wish wish = { .size = SHMG_U64_UNKNOWN, .mode = 01777 };

	while (*options) {
		/* Every option that matters is short; a longer one is none of them. */
		char option[64];
		size_t length = option_length(options);
		if (length < sizeof option) {
			memcpy(option, options, length);
			option[length] = '\0';
			parse_option(option, memory, page_size, &wish);
		}
		options += length + (options[length] == ',');
	}
	*ret_wish = wish;
}

bool shmg_mount_wish_has_systemd(const struct shmg_facts *facts)
{
	const struct shmg_setting *systemd = shmg_facts_setting(facts, SHMG_SETTING_SYSTEMD);
	return systemd && systemd->value && strcmp(systemd->value, "running") == 0;
}

/* systemd.mount(5): a unit below /etc beats fstab, fstab beats a unit below /usr. Smaller wins. */
static unsigned rank_of(const struct shmg_mount_config *config)
{
	if (config->origin == SHMG_CONFIG_FSTAB)
		return 1;
	return config->source && strncmp(config->source, "/etc/", 5) == 0 ? 0 : 2;
}

static bool is_about(const struct shmg_mount_config *config, const struct shmg_mount *mount, bool systemd)
{
	if (config->origin == SHMG_CONFIG_UNIT && !systemd)
		return false;
	return config->target && mount->target && strcmp(config->target, mount->target) == 0 && config->fstype &&
	       mount->fstype && strcmp(config->fstype, mount->fstype) == 0;
}

bool shmg_mount_wish_find(const struct shmg_facts *facts, const struct shmg_mount *mount,
			  struct shmg_mount_wish *ret_wish)
{
	const struct shmg_host *host = &facts->host.items[0];
	const struct shmg_mount_config *found = NULL;
	bool systemd = shmg_mount_wish_has_systemd(facts);

	SHMG_FOREACH(config, &facts->mount_configs)
		if (is_about(config, mount, systemd) && (!found || rank_of(config) < rank_of(found)))
			found = config;
	if (!found)
		return false;
	shmg_mount_wish_parse(found->options ? found->options : "", host->memory, host->page_size, ret_wish);
	ret_wish->source = found->source ? found->source : "configuration";
	return true;
}
