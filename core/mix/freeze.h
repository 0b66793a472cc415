/*
 * freeze.h - which groups of parameters are frozen: they get no gradient, and no update
 * touches their values, moments and counts. Groups, in words:
 *   embeddings        the tables, and what norms their rows
 *   layer 3, layers 0..2
 *                     layers of the trunk, from the bottom, every task's copy of those that
 *                     are not shared; a final norm goes with the top one
 *   trunk             embeddings and all layers
 *   adapters          what stands beside the layers, every task's; no other group has it
 *   TASK, head TASK   the task's head or decoder; `head` tells one that bears a group's name
 * A list has commas: "embeddings, layers 0..2, 5, sst2". Nothing frozen is "nothing".
 *
 * Plain numbers, part of the mix and with it of the state. Any thread.
 */
#ifndef TUTTI_MIX_FREEZE_H
#define TUTTI_MIX_FREEZE_H

#include "mix/method.h"

enum { FREEZE_LAYERS = 64,
       FREEZE_NAME = 64 }; /* a task's name, and more to quote of what is none */

struct freeze {
	uint64_t embeddings;  /* 0 or 1 */
	uint64_t layers;      /* bit i: layer i */
	uint64_t heads;       /* bit i: task i's */
	uint64_t adapters;    /* 0 or 1 */
};

/* What a model has of them. */
struct freeze_groups {
	int layers;           /* 1 to FREEZE_LAYERS */
	int shared_layers;    /* of them, from the bottom, all tasks' */
	int n_tasks;
	uint64_t heads;       /* bit i: task i has parameters that no layer has */
	bool adapters;        /* there are some, ... */
	bool shared_adapters; /* ... some of them all tasks' */
	const char *task[MIX_TASKS_MAX]; /* borrowed */
};

/*
 * The groups that lists name, as they come, in a model of every layer: who reads what was
 * once shown needs no more of it. All 0 at first; every list adds its tasks.
 */
struct freeze_named {
	struct freeze_groups groups;
	char name[MIX_TASKS_MAX][FREEZE_NAME];
};
void freeze_name(struct freeze_named *n, const char *list);

/* The words that begin a group, but for tasks' names: "embeddings", ...; NULL ends. */
const char *freeze_word(int i);
/* A list of groups. ST_INVALID: what is wrong with it, and which groups there are. */
enum status freeze_read(const struct freeze_groups *g, const char *text,
			struct freeze *out, struct err *err);
/* As such a list, layers together; false: cut. */
bool freeze_show(const struct freeze_groups *g, const struct freeze *f, char *out,
		 size_t cap);
/*
 * What a change from one shown state to another froze (*on) or thawed, as a list. False:
 * nothing, or not only one of both.
 */
bool freeze_difference(const char *before, const char *after, char *out, size_t cap,
		       bool *on);
/* `which` frozen or not, beside what is. */
void freeze_set(struct freeze *f, const struct freeze *which, bool on);
bool freeze_any(const struct freeze *f);
/* Is all frozen that tasks share? */
bool freeze_covers_shared(const struct freeze_groups *g, const struct freeze *f);
/* Is all frozen that this task's micro-batches could train? */
bool freeze_covers_task(const struct freeze_groups *g, const struct freeze *f, int task);

#endif
