/*
 * plan_survey.h - the rows of a plan's tasks before there is a model: what `new`
 * and `check` say of them.
 */
#ifndef TUTTI_PLAN_PLAN_SURVEY_H
#define TUTTI_PLAN_PLAN_SURVEY_H

#include "base/progress.h"
#include "data/survey.h"
#include "plan/plan.h"

/*
 * Labels that the plan does not list are found in the train file, all rows of it,
 * and belong to the plan from then on. ST_INVALID: fewer than two, or too many.
 */
enum status plan_labels(struct plan *p, int task, struct progress *pg, struct err *err);

/* The kind that the plan names. */
const struct tokenizer_kind *plan_tokenizer(const struct plan *p);
/*
 * The plan's vocabulary file, else one trained from all tasks' training rows. What a
 * model says, it has all characters of: prompts, numbers, and texts of labels, which are
 * looked for before.
 */
enum status plan_vocabulary(struct plan *p, struct progress *pg,
			    struct tokenizer **out, struct err *err);
/*
 * The rows of a task's split as pieces of that vocabulary, kept for the training to
 * come; the task's labels must be known. Caller closes.
 */
enum status plan_dataset_open(const struct plan *p, int task, bool dev,
			      const struct tokenizer *tok, struct progress *pg,
			      struct dataset **out, struct err *err);

struct plan_survey {
	bool has_dev;
	struct survey train, dev;
};
/*
 * Reads both splits; refuses what training would refuse, in the same words. The
 * task's labels are looked for first. Released by plan_survey_release, always.
 */
enum status plan_survey(struct plan *p, int task, struct progress *pg,
			struct plan_survey *out, struct err *err);
void plan_survey_release(struct plan_survey *s);
/* survey_warn() of both; rows held out of one file have nothing in common. */
void plan_survey_warn(const struct plan *p, int task, const struct plan_survey *s,
		      struct buf *out);

#endif
