/*
 * mix.h - the mixing desk's state: what the hand set, which methods run, and
 * what they remember. Part of the session's state: plain numbers, saved whole.
 *
 * A task's loss counts weight (the hand) x factor (the weighting method). Its
 * share is the hand's when set, else the sampling method's part of what the
 * hands left over. Muted tasks have share 0; when any task is solo, the others
 * are as if muted. `lock`: no method touches the channel.
 *
 * The hand's numbers (weight, share, muted, solo, locked; lr, clip, dropout, horizon;
 * what is frozen, and groups' rates; which methods; guards' settings) are changed by commands
 * alone, between two steps and all at once: a command is tried on a copy of this struct, and
 * the copy is kept (trainer/change.h).
 * That is why nothing here is a pointer but the methods' rows, which are constant. The
 * methods' numbers (factor, memory) are changed by mix_learn alone, credit and drawn by
 * mix_draw, dev and dev_step by mix_take_dev; choosing a method begins some of them anew
 * (mix_use). Trainer thread; others see copies.
 */
#ifndef TUTTI_MIX_MIX_H
#define TUTTI_MIX_MIX_H

#include "guard/guard.h"
#include "mix/freeze.h"
#include "mix/method.h"
#include "mix/rates.h"

struct mix_channel {
	double weight;      /* >= 0, the hand's */
	double share;       /* 0..1 the hand's, or < 0: auto */
	bool muted, solo, locked;
	double size;        /* the task's micro-batches per epoch: fixed */
	double factor;      /* the weighting method's, 1 unless it says else */
	double credit;      /* sampling: wished minus drawn, in micro-batches */
	uint64_t drawn;     /* micro-batches drawn since the start */
	double dev;         /* first dev metric that a method has seen; NaN: none */
	/* a ramp of the weight: the hand's, too; ramp_steps 0: none */
	double ramp_from, ramp_to;
	int64_t ramp_begin, ramp_steps;
};

/* A method, its parameters (K=V in commands and plans) and what it remembers. */
struct mix_method {
	const struct method *row;
	double param[MIX_PARAMS];
	int groups;                    /* parts of the model that it speaks of apart */
	double memory[MIX_MEMORY_MAX]; /* as many as mix_memory says; else 0 */
};

struct mix {
	int n;
	struct mix_channel ch[MIX_TASKS_MAX];
	struct mix_method sampling, weighting;
	double lr, clip, dropout;  /* base rate; clip 0 = off */
	int64_t horizon;           /* the step at which the rate's schedule ends
				      (schedule.h), and where `annealed` arrives */
	struct freeze frozen;      /* groups of parameters that stand still */
	struct rates rates;        /* factors on the rate of such groups */
	struct guard guard[GUARDS]; /* what watches; its memory moves with steps, evaluations
				      and changes (session/guarding.h) */
	int64_t dev_step;          /* evaluations up to here are no news to a method */
	int groups;                /* of shared parameters, told by the session: no state */
	/* the session's, told before anybody is asked (session_tell_mix); no state here */
	int64_t step;
	uint64_t seed, epoch[MIX_TASKS_MAX];
};

/* Proportional and fixed, at step 0. */
void mix_init(struct mix *m, int n);
struct mix_method *mix_method(struct mix *m, enum method_role role);
/* Sets a method from words: "temperature", {"T=2"}; ST_INVALID with the reason. */
enum status mix_set(struct mix *m, enum method_role role, const char *name,
		    const char *const *args, int n_args, struct err *err);
/*
 * The same from a row (borrowed). What it remembers begins anew; a method that was
 * there before keeps what it has of locked channels, and these keep their factors.
 */
void mix_use(struct mix *m, const struct method *row, const double param[MIX_PARAMS]);
/* Does it speak of as many groups as it would in this mix? A file may say else. */
bool mix_has_groups_of(const struct mix *m, const struct mix_method *method);
/* Doubles that a method remembers with n tasks; -1: more than there is room for. */
int mix_memory(const struct mix_method *method, int n);
/* What both methods need: bits of method_needs. */
unsigned mix_needs(const struct mix *m);
/* "temperature T=2" */
void mix_show(const struct mix *m, enum method_role role, char *out, size_t cap);

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
/*
 * From the update after `step` on the weight goes from one to the other in a line, and is
 * there with the one after `steps` more. mix_ramp sets the weights of the update to come;
 * who sets a weight by hand ends its ramp first.
 */
void mix_ramp_set(struct mix *m, int task, double from, double to, int64_t step,
		  int64_t steps);
void mix_ramp_end(struct mix *m, int task);
void mix_ramp(struct mix *m);
/* weight x factor. */
double mix_loss_weight(const struct mix *m, int task);

/* What a step tells the methods: as in struct mix_view. */
struct mix_seen {
	const int *count;
	const bool *regress;
	const double *loss, *after, *norm, *gram;
	const double *groups;      /* [groups][n * n]: the Gram matrix of each */
};
/*
 * A step's end for one method, or, where the weighting method combines the tasks'
 * gradients, before the update: new memory and, when it weighs, new factors. False: it
 * said what is not finite or beyond MIX_FACTOR_MOST, and nothing has changed.
 */
#define MIX_FACTOR_MOST 1e300
bool mix_learn(struct mix *m, enum method_role role, const struct mix_seen *seen);
/* Does the weighting method say its coefficients before the update? */
bool mix_combines(const struct mix *m);
/* One that does: is it asked in this step, or does its last word count (every=K)? ... */
bool mix_measures(const struct mix *m);
/* ... and of what: of each group of shared parameters apart? */
bool mix_is_by_group(const struct mix *m);
/* What a task's gradient counts with in that group, beside the hand's weight. */
double mix_coefficient(const struct mix *m, int group, int task);
/*
 * The dev metrics [n] (NaN: none) of an evaluation of the schedule at m->step. Methods
 * that read them see each evaluation once, and none from before they were chosen: so
 * says mix_wants_dev. Nobody reads them: they are not kept.
 */
bool mix_wants_dev(const struct mix *m);
void mix_take_dev(struct mix *m, const double *dev);

#endif
