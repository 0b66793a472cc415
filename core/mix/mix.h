/*
 * mix.h - the mixing desk's state: what the hand set, which methods run, and
 * what they remember. Part of the session's state: plain numbers, saved whole.
 *
 * A task's loss counts weight (the hand) x factor (the weighting method). Its
 * share is the hand's when set, else the sampling method's part of what the
 * hands left over. Muted tasks have share 0; when any task is solo, the others
 * are as if muted. `lock`: no method touches the channel.
 */
#ifndef TUTTI_MIX_MIX_H
#define TUTTI_MIX_MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum {
	MIX_TASKS_MAX = 64,
	MIX_PARAMS = 8,
	/* a number for each pair of tasks and some for each task, at most */
	MIX_MEMORY_MAX = MIX_TASKS_MAX * (MIX_TASKS_MAX + 8),
};

struct mix_channel {
	double weight;      /* >= 0, the hand's */
	double share;       /* 0..1 the hand's, or < 0: auto */
	bool muted, solo, locked;
	double size;        /* the task's micro-batches per epoch: fixed */
	double factor;      /* the weighting method's, 1 unless it says else */
	double credit;      /* sampling: wished minus drawn, in micro-batches */
	uint64_t drawn;     /* micro-batches drawn since the start */
};

/* A method, its parameters (K=V in commands and plans) and what it remembers. */
struct mix_method {
	int kind;                  /* row of the registry */
	double param[MIX_PARAMS];
	double memory[MIX_MEMORY_MAX]; /* as many as its row says; else 0 */
};

struct mix {
	int n;
	struct mix_channel ch[MIX_TASKS_MAX];
	struct mix_method sampling, weighting;
	double lr, clip, dropout;  /* base rate; clip 0 = off */
	int64_t horizon;           /* the step at which the rate's schedule ends */
};

/* One parameter of a method. */
struct mix_param {
	const char *name;
	double min, max, fallback;
	const char *help;
};

/* What one step told about the tasks, for weighting methods. */
struct mix_feedback {
	int64_t step;
	int n;                     /* tasks */
	double loss[MIX_TASKS_MAX];/* mean of this step's micro-batches */
	int count[MIX_TASKS_MAX];  /* micro-batches of each in this step */
	bool regress[MIX_TASKS_MAX];
};

/* Registry rows: one file and one row per method. */
struct sampling_method {
	const char *name, *help, *source;
	struct mix_param param[MIX_PARAMS]; /* name NULL ends */
	int (*memory)(int tasks);           /* how many doubles; NULL: none */
	/* Writes unnormalised wishes for the n channels (muted ones are ignored). */
	void (*wish)(const struct mix *m, double *wish);
};
struct weighting_method {
	const char *name, *help, *source;
	struct mix_param param[MIX_PARAMS];
	int (*memory)(int tasks);
	/* Fresh factors and memory, but for locked channels. */
	void (*start)(struct mix *m);
	void (*update)(struct mix *m, const struct mix_feedback *f);
};
extern const struct sampling_method sampling_table[];
extern const int sampling_count;
extern const struct weighting_method weighting_table[];
extern const int weighting_count;
/* What rows of both registries have; memory: for n tasks. False: no such row. */
struct mix_row {
	const char *name;
	const struct mix_param *param;
	int memory;
};
bool mix_sampling_row(int kind, int n, struct mix_row *out);
bool mix_weighting_row(int kind, int n, struct mix_row *out);

void mix_init(struct mix *m, int n);
/* Sets a method from words: "temperature", {"T=2"}; ST_INVALID with the reason. */
enum status mix_set_sampling(struct mix *m, const char *name,
			     const char *const *args, int n_args, struct err *err);
enum status mix_set_weighting(struct mix *m, const char *name,
			      const char *const *args, int n_args, struct err *err);
bool mix_active(const struct mix *m, int task); /* not muted, nor left out by a solo */
/* The share each task gets now; sums to 1 (all 0 when nobody is active). */
void mix_shares(const struct mix *m, double *share);
/*
 * The task of the next micro-batch; -1 when nobody is active. While the n tasks with a
 * share keep it, drawn and wished stay within 1 - 1/(2n-2) of each other. When shares
 * change nobody gets ahead by more than that; how far somebody can fall behind then is
 * not proven (n - 3/2 at most; measured 1.8). When tasks come or go the others' credits
 * move alike, so that they sum to 0 again.
 */
int mix_draw(struct mix *m);
/* weight x factor. */
double mix_loss_weight(const struct mix *m, int task);
void mix_feedback(struct mix *m, const struct mix_feedback *f);

#endif
