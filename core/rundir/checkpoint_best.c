/*
 * checkpoint_best.c - which checkpoint is the best. Scores are the store's: an
 * evaluation is there before the checkpoint of its step is, so nothing can get lost
 * between the two, and one that is made later counts, too.
 */
#include "rundir/checkpoint_own.h"

#include "base/file.h"
#include "rundir/run_open.h"

/* Counts where it stands, since the counted tasks changed last. */
static enum checkpoint_rank rank_of(const struct checkpoint_info *newest,
				    const struct checkpoint_info *c,
				    const struct score_row *s,
				    const struct score_row *last)
{
	if (isnan(s->score) || c->is_left)
		return RANK_NONE;
	if (s->scheduled)
		return last && s->since == last->since ? RANK_PLAN : RANK_NONE;
	if (c->step != newest->step || (last && s->counted != last->counted))
		return RANK_NONE;
	return RANK_LAST;
}

static enum status take_scores(struct checkpoint_info *list, int n, struct store *st,
			       struct err *err)
{
	struct score_row last, s;
	enum status status = store_score_last(st, INT32_MAX, list[0].step, &last,
					      err);
	bool is_any = !status;

	if (status && status != ST_NOT_FOUND)
		return status;
	for (int i = 0; i < n; i++) {
		status = store_score(st, list[i].timeline, list[i].step, &s, err);
		if (status == ST_NOT_FOUND)
			continue;
		if (status)
			return status;
		list[i].score = s.score;
		list[i].loss = s.loss;
		list[i].rank = rank_of(&list[0], &list[i], &s, is_any ? &last : NULL);
	}
	return ST_OK;
}

enum status checkpoint_scores(struct checkpoint_info *list, int n, const char *run,
			      struct store *st, struct err *err)
{
	struct store *own = NULL;
	char path[PATH_MAX];
	enum status status = ST_OK;

	for (int i = 0; i < n; i++) {
		list[i].score = list[i].loss = NAN;
		list[i].rank = RANK_NONE;
	}
	if (!n)
		return ST_OK;
	if (!st)
		status = checkpoint_path(run, "run.db", path, err);
	if (!st && !status && !file_exists(path))
		return ST_OK;
	if (!st && !status)
		status = run_store(run, &own, err);
	if (!status)
		status = take_scores(list, n, st ? st : own, err);
	store_close(own);
	return status;
}

/* Does the later one in the list, the older checkpoint, go before the earlier one? */
static bool is_better(const struct checkpoint_info *a, const struct checkpoint_info *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	return a->loss < b->loss || (isnan(b->loss) && !isnan(a->loss));
}

int checkpoint_best(const struct checkpoint_info *list, int n,
		    enum checkpoint_rank least)
{
	int best = -1;

	for (int i = 0; i < n; i++)
		if (list[i].rank >= least &&
		    (best < 0 || is_better(&list[i], &list[best])))
			best = i;
	return best;
}
