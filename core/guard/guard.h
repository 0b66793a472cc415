/*
 * guard.h - a guard watches a run and says when it sees the sign of something: a note in
 * the journal, with what the literature calls it and what usually helps, and, where it
 * may act, command lines that it gives as a person would.
 *
 * A guard is one row: what it is called, what it takes and remembers, and functions from
 * what a run shows (a step's losses, an evaluation of the schedule, a change by a
 * command) to its memory, and from its memory to words. It asks no clock and keeps
 * nothing of its own, so that a resumed run says the same things at the same steps. What
 * it says at a step follows from memory, settings and state at that step alone; but for
 * `seconds`, which a live run knows and a replay does not.
 *
 * Settings are state. Memory is state while a guard may act (then what a run does rests
 * on it); of one that only warns it is a function of the run's recorded figures, from
 * which a resumed run makes it again: so a guard that only warns changes no bit of a run.
 *
 * To add one: guard_NAME.c with its row, and its line in guard_list.h.
 */
#ifndef TUTTI_GUARD_GUARD_H
#define TUTTI_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "guard/guard_list.h"

enum { GUARD_PARAMS = 6, GUARD_TASKS_MAX = 64, GUARD_EACH = 12, GUARD_OWN = 6,
       GUARD_MEMORY = GUARD_TASKS_MAX * GUARD_EACH + GUARD_OWN,
       GUARD_TEXT = 240, GUARD_ACTS = 2, GUARD_LINE = 96 };

enum guard_mode { GUARD_OFF, GUARD_WARN, GUARD_ACT, GUARD_MODES };
const char *guard_mode_name(enum guard_mode m); /* "off", "warn", "act" */
bool guard_mode_find(const char *name, enum guard_mode *out);

struct guard_param {
	const char *name;
	double min, max, fallback;
	const char *help;
};

/* A task as it is now; names are borrowed. */
struct guard_task {
	const char *name, *metric;
	bool is_inverse;  /* merit is 1 over the metric (a perplexity) */
	bool is_correlation;
	bool is_active;
};

/* What an evaluation says of a task. */
struct guard_dev {
	double merit;     /* of the first metric, 1 the best; NaN: none */
	double loss;      /* NaN: none */
	double se;        /* the merit's standard error over so many rows; NaN: not known */
};

/* What a guard may read. All of [n] is per task. Lent for the call. */
struct guard_view {
	int n;
	int64_t step;                /* updates so far */
	const struct guard_task *task;
	const double *param;         /* in the row's order */
	double lr, plan_lr, dropout; /* lr: the hand's, before the schedule */
	int64_t skips;               /* updates that were not made, the last so many */
	uint64_t tokens;             /* trained on so far */
	double seconds;              /* of training; NaN where no clock is (a replay) */
	/* of a step: NULL outside */
	const double *loss;          /* NaN: no micro-batch in it */
	/* of an evaluation that the schedule names: NULL outside */
	const struct guard_dev *dev;
};

/* A command changed the run at v->step. */
struct guard_change {
	const char *name;            /* of the command: "weight" */
	int task;                    /* that it names; -1: none */
	const char *before;          /* what was before, as the journal has it */
};

struct guard_said {
	const char *sign;                   /* NULL: the row's */
	const char *helps;                  /* likewise */
	char text[GUARD_TEXT];              /* what was seen */
	char act[GUARD_ACTS][GUARD_LINE];   /* command lines, "": no more; one of a command
					       that there is not is passed over */
	bool is_once;                       /* said once in a run, not once at a step */
};

struct guard_row {
	const char *name, *help, *source;
	const char *sign;            /* what the literature calls it */
	const char *helps;           /* what usually helps */
	const char *acts;            /* what it does where it may */
	enum guard_mode fallback;
	struct guard_param param[GUARD_PARAMS]; /* name NULL ends */
	int later;                   /* those from here on came later: a state without them
					is of before, and they are 0 in it; 0: none */
	int each, own;               /* numbers that it remembers: per task, of the run */
	/* Memory: `each` numbers of every task, then `own`; 0 at first. NULL: not looked at. */
	void (*step)(const struct guard_view *v, double *memory);
	void (*dev)(const struct guard_view *v, double *memory);
	void (*change)(const struct guard_view *v, const struct guard_change *c,
		       double *memory);
	/* Why it would never say anything with these parameters. NULL, or NULL: it might. */
	const char *(*idle)(const double *param);
	/* Of a task, or of the run (-1): is there something to say at v->step? */
	bool (*say)(const struct guard_view *v, const double *memory, int task,
		    struct guard_said *out);
};

/* A guard as a run has it. Plain numbers, part of the mix. */
struct guard {
	enum guard_mode mode;
	double param[GUARD_PARAMS];
	int64_t since;               /* the step at which a command set it; 0: the plan */
	int64_t seen;                /* evaluations up to here are no news */
	double memory[GUARD_MEMORY];
};

const struct guard_row *guard_at(int i);        /* NULL: there are no more */
int guard_find(const char *name);               /* or -1 */
int guard_memory(const struct guard_row *row, int n); /* numbers for n tasks */
/* As its row has it. */
void guard_init(const struct guard_row *row, struct guard *g);
/* Is it as its row has it, never set by a command? Then it stands nowhere. */
bool guard_is_plain(const struct guard_row *row, const struct guard *g);
/*
 * From words: "act", "n=3"; parameters that are not named are the row's. A memory
 * begins anew: evaluations up to `step` are no news.
 */
enum status guard_set(const struct guard_row *row, const char *const *args, int n,
		      int64_t step, struct guard *g, struct err *err);
/* The same from one text, "act n=3". */
enum status guard_read(const struct guard_row *row, const char *text, struct guard *g,
		       struct err *err);
/*
 * ST_INVALID: it is set, and would never say anything: it goes by evaluations, and the
 * schedule has none; or its parameters leave it nothing to see.
 */
enum status guard_suits(const struct guard_row *row, const struct guard *g, bool is_measured,
			struct err *err);
/* "act n=3 margin=0.01" */
void guard_show(const struct guard_row *row, const struct guard *g, char *out, size_t cap);

/* --- for rows --- */

/* A merit as its metric is read on the screen: "81.2", ".812", a perplexity "17.4". */
const char *guard_measure(const struct guard_task *t, double merit, char out[24]);
/* A remembered number as a place below n; what a damaged file says may be none: -1. */
int guard_place(double x, int n);
/* What two evaluations of one model's like may differ by: so many standard errors of that. */
double guard_jitter(const struct guard_dev *d, double se);
/*
 * Is it below `was` by more than a margin, and that no luck: beyond the jitter, or the dev
 * loss says so, too, and is above was_loss (0: not known) by a part of it? param: margin,
 * se, loss.
 */
bool guard_is_fall(const struct guard_dev *d, double was, double was_loss,
		   const double param[3]);
/* The line that halves the rate, unless that is below `least` of the plan's. */
bool guard_halve(const struct guard_view *v, double least, char line[GUARD_LINE]);

#endif
