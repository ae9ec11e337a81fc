/* SPDX-License-Identifier: MIT */
/*
 * What each process holds. The kernel is asked about one process while another's answers are entered: its answers are
 * most of the time that a look takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "facts/ahead.h"
#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

/* What one process said. */
struct answer {
	bool asked;
	struct shmg_asked_descriptors descriptors;
	struct shmg_asked_mappings mappings;
};

static void read_limits(struct shmg_look *look, int directory, struct shmg_process *process)
{
	char *text = look->scratch;
	const char *at;
	uint64_t value;

	if (shmg_root_read_below(&look->root, directory, "coredump_filter", text, SHMG_SCRATCH) > 0) {
		at = text;
		if (shmg_scan_number(&at, 16, &value))
			process->coredump_filter = (uint32_t)value;
	}
	if (shmg_root_read_below(&look->root, directory, "limits", text, SHMG_SCRATCH) <= 0)
		return;
	at = strstr(text, "Max locked memory");
	if (!at)
		return;
	at += strlen("Max locked memory");
	uint64_t *const members[] = { &process->memlock_soft, &process->memlock_hard };
	for (size_t i = 0; i < 2; i++) {
		at = shmg_scan_blanks(at);
		if (strncmp(at, "unlimited", strlen("unlimited")) == 0)
			*members[i] = UINT64_MAX, at += strlen("unlimited");
		else if (shmg_scan_number(&at, 10, &value))
			*members[i] = value;
		else
			return;
	}
}

/* What could not be read. That a process of a running machine has ended is no gap. */
static int note_unseen(struct shmg_look *look, int status, uint32_t flag, const char *what)
{
	struct shmg_process *process = &look->facts->processes.items[look->process];
	const char *why;

	if (status == 0 || status == -ENOMEM)
		return status;
	if (look->root.live && (status == -ENOENT || status == -ESRCH))
		return 0;
	if (!look->root.live)
		why = status == -ENOENT ? "the captured tree does not hold them" : strerrordesc_np(-status);
	else if (status != -EACCES && status != -EPERM)
		why = strerrordesc_np(-status);
	else if (geteuid() == 0)
		why = "refused to root: they have more capabilities, or a security module objects";
	else
		why = "permission denied: run as root to see them";
	process->flags |= flag;
	return shmg_facts_note_unseen_holder(look->facts, what, why, process);
}

/* Takes back what was seen of a process that ended meanwhile. */
static void forget_holds(struct shmg_look *look, size_t first)
{
	struct shmg_facts *facts = look->facts;

	while (facts->holds.count > first)
		look->last_hold.items[facts->holds.items[--facts->holds.count].object] = UINT32_MAX;
	facts->processes.items[look->process].flags |= SHMG_PROCESS_VANISHED;
}

static int tell_holds(struct shmg_look *look, int directory, struct answer *answer)
{
	int status = shmg_tell_descriptors(look, directory, &answer->descriptors);
	status = note_unseen(look, status, SHMG_PROCESS_FDS_UNSEEN, "descriptors of processes");
	if (status)
		return status;
	status = shmg_tell_mappings(look, directory, &answer->mappings);
	return status == -ESRCH ? status : note_unseen(look, status, SHMG_PROCESS_MAPS_UNSEEN, "mappings of processes");
}

static int tell_captured(struct shmg_look *look, int directory)
{
	int status = shmg_collect_captured_mappings(look, directory);
	return status == -ESRCH ? status : note_unseen(look, status, SHMG_PROCESS_MAPS_UNSEEN, "mappings of processes");
}

static void ask_directory(int directory, struct answer *answer)
{
	shmg_ask_descriptors(directory, &answer->descriptors);
	shmg_ask_mappings(directory, &answer->mappings);
	answer->asked = true;
}

static void release_answer(void *asked)
{
	struct answer *answer = asked;

	if (!answer->asked)
		return;
	shmg_close_dir(&answer->descriptors.list);
	shmg_close_fd(&answer->mappings.maps);
	answer->asked = false;
}

/* Those whose directory was not kept are opened, and asked, when they are told: who may have died is checked there. */
static void ask_process(const void *context, size_t row, void *answer)
{
	const struct shmg_look *look = context;
	int directory = look->process_fds.items[row];

	if (look->root.live && directory >= 0)
		ask_directory(directory, answer);
}

/* What it holds is entered from row `first` of the holds on. */
static int tell_directory(struct shmg_look *look, int directory, struct answer *answer, size_t first)
{
	static const char mappings[] = "mappings of processes", descriptors[] = "descriptors of processes";
	int status;

	if (directory < 0) {
		status = directory == -ESRCH ? directory
					     : note_unseen(look, directory, SHMG_PROCESS_FDS_UNSEEN, descriptors);
		if (!status)
			status = note_unseen(look, directory, SHMG_PROCESS_MAPS_UNSEEN, mappings);
	} else if (look->root.live) {
		if (!answer->asked)
			ask_directory(directory, answer);
		status = tell_holds(look, directory, answer);
	} else {
		status = tell_captured(look, directory);
	}
	if (status == -ESRCH)
		forget_holds(look, first);
	return status;
}

static int tell_process(void *context, size_t row, void *asked)
{
	struct shmg_look *look = context;
	struct answer *answer = asked;
	struct shmg_facts *facts = look->facts;
	size_t first = facts->holds.count;
	bool kept = look->process_fds.items[row] >= 0;
	int opened = kept ? -1 : shmg_look_open_process(look, (uint32_t)row);
	int directory = kept ? look->process_fds.items[row] : opened;

	look->process = (uint32_t)row;
	int status = tell_directory(look, directory, answer, first);
	release_answer(answer);
	if (!status) {
		struct shmg_process *process = &facts->processes.items[row];
		process->shared_bytes = 0;
		for (size_t hold = first; hold < facts->holds.count; hold++)
			shmg_total_add(&process->shared_bytes, facts->holds.items[hold].bytes);
		if (look->want & SHMG_WANT_HOST && facts->holds.count > first)
			read_limits(look, directory, process);
	}
	shmg_close_fd(&opened);
	return status == -ESRCH ? 0 : status;
}

int shmg_collect_holds(struct shmg_look *look)
{
	const struct shmg_ahead work = {
		.count = look->facts->processes.count,
		.answer_size = sizeof(struct answer),
		.ask = ask_process,
		.tell = tell_process,
		.release = release_answer,
		.context = look,
	};
	return shmg_ahead_run(&work);
}
