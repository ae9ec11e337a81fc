/* SPDX-License-Identifier: MIT */
#include "facts/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

#define FEW_ITEMS 32 /* a thread costs about as much as asking about one or two processes */

enum state {
	STATE_FREE,
	STATE_ASKING,
	STATE_ASKED,
};

struct run {
	const struct shmg_ahead *work;
	char *answers; /* SHMG_AHEAD_SLOTS of them: item i has that of i modulo their number */
	pthread_mutex_t mutex;
	pthread_cond_t answered, room;
	/* Under the mutex: */
	enum state states[SHMG_AHEAD_SLOTS];
	size_t asked; /* the next to ask about */
	size_t told;  /* the next to tell */
	bool stop;
};

static void *answer_of(const struct run *run, size_t item)
{
	return run->answers + item % SHMG_AHEAD_SLOTS * run->work->answer_size;
}

static bool may_ask(const struct run *run)
{
	return run->asked < run->work->count && run->asked - run->told < SHMG_AHEAD_SLOTS;
}

/* Asks about the next one. The mutex is held, but for the asking itself. */
static void ask_next(struct run *run)
{
	size_t item = run->asked++;

	run->states[item % SHMG_AHEAD_SLOTS] = STATE_ASKING;
	(void)pthread_mutex_unlock(&run->mutex);
	run->work->ask(run->work->context, item, answer_of(run, item));
	(void)pthread_mutex_lock(&run->mutex);
	run->states[item % SHMG_AHEAD_SLOTS] = STATE_ASKED;
	if (item == run->told)
		(void)pthread_cond_signal(&run->answered);
}

static void *ask_ahead(void *argument)
{
	struct run *run = argument;

	(void)pthread_mutex_lock(&run->mutex);
	while (!run->stop && run->asked < run->work->count) {
		if (may_ask(run))
			ask_next(run);
		else
			(void)pthread_cond_wait(&run->room, &run->mutex);
	}
	(void)pthread_mutex_unlock(&run->mutex);
	return NULL;
}

static int tell_all(struct run *run)
{
	int status = 0;

	(void)pthread_mutex_lock(&run->mutex);
	while (!status && run->told < run->work->count) {
		size_t item = run->told;
		while (run->states[item % SHMG_AHEAD_SLOTS] != STATE_ASKED) {
			if (may_ask(run))
				ask_next(run);
			else
				(void)pthread_cond_wait(&run->answered, &run->mutex);
		}
		(void)pthread_mutex_unlock(&run->mutex);
		status = run->work->tell(run->work->context, item, answer_of(run, item));
		(void)pthread_mutex_lock(&run->mutex);
		run->states[item % SHMG_AHEAD_SLOTS] = STATE_FREE;
		run->told++;
		(void)pthread_cond_signal(&run->room);
	}
	run->stop = true;
	(void)pthread_cond_signal(&run->room);
	(void)pthread_mutex_unlock(&run->mutex);
	return status;
}

static bool is_second_core_any_use(const struct shmg_ahead *work)
{
	cpu_set_t allowed;

	/* More than CPU_SETSIZE of them do not fit, and are certainly more than one. */
	return work->count >= FEW_ITEMS &&
	       (sched_getaffinity(0, sizeof allowed, &allowed) < 0 ? errno == EINVAL : CPU_COUNT(&allowed) > 1);
}

/* Signals are for the program's own threads. */
static bool start_thread(struct run *run, pthread_t *ret_thread)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	bool started = pthread_create(ret_thread, NULL, ask_ahead, run) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int shmg_ahead_run(const struct shmg_ahead *work)
{
	SHMG_AUTO_FREE char *answers = calloc(SHMG_AHEAD_SLOTS, work->answer_size);
	struct run run = {
		.work = work,
		.answers = answers,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.answered = PTHREAD_COND_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER,
	};
	pthread_t thread;

	if (!answers)
		return -ENOMEM;
	bool threaded = is_second_core_any_use(work) && start_thread(&run, &thread);
	int status = tell_all(&run);
	if (threaded)
		(void)pthread_join(thread, NULL);
	for (size_t slot = 0; slot < SHMG_AHEAD_SLOTS; slot++)
		work->release(answer_of(&run, slot));
	return status;
}
