/*
 * new_survey.c - the rows of the new plan as training will read them: what was not
 * read is said, and what training would refuse is refused before it is written.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "new.h"
#include "plan/plan_survey.h"

static void say_split(const char *split, const char *path, const struct survey *s)
{
	struct buf b;

	buf_init(&b);
	row_report_text(&s->report, path, &b);
	if (b.len)
		cmd_say("  %s: %llu rows, %llu skipped: %s", split, (unsigned long long)s->n,
			(unsigned long long)row_report_bad(&s->report), buf_str(&b));
	buf_release(&b);
}

void new_say_lines(const char *lines)
{
	for (const char *end; *lines; lines = end + 1) {
		end = strchr(lines, '\n');
		cmd_say("  %.*s", (int)(end - lines), lines);
	}
}

static enum status survey_task(struct plan *p, int task, struct err *err)
{
	const struct plan_task *t = &p->tasks[task];
	struct plan_survey s;
	struct buf b;
	enum status st = plan_survey(p, task, cmd_progress(), &s, err);

	cmd_progress_end();
	buf_init(&b);
	if (!st) {
		say_split("train", t->train, &s.train);
		if (s.has_dev)
			say_split("dev", *t->dev ? t->dev : t->train, &s.dev);
		plan_survey_warn(p, task, &s, &b);
		new_say_lines(buf_str(&b));
	}
	buf_release(&b);
	plan_survey_release(&s);
	return st;
}

/* What `check` says of them, too: of the same token cache. */
static enum status say_cuts(const struct plan *p, int task, bool dev,
			    const struct tokenizer *tok, struct err *err)
{
	const struct plan_task *t = &p->tasks[task];
	struct dataset *d;
	struct buf b;
	enum status st = plan_dataset_open(p, task, dev, tok, cmd_progress(), &d, err);

	cmd_progress_end();
	if (st)
		return st;
	buf_init(&b);
	row_cut_text(dataset_report(d), t->max_source, t->max_target, &b);
	if (b.len)
		cmd_say("  %s, %s: %s", t->name, dev ? "dev" : "train", buf_str(&b));
	buf_clear(&b);
	if (!dev)
		row_cut_warn(dataset_report(d), t->max_source, t->max_target, &b);
	new_say_lines(buf_str(&b));
	buf_release(&b);
	dataset_close(d);
	return ST_OK;
}

/* --- numbers that are said --- */

/*
 * The step that nobody has set must give the numbers of the train rows, and tell them
 * apart; else the plan gets one that does.
 */
static enum status fit_step(struct plan *p, int task, bool is_set,
			    const struct tokenizer *tok, struct err *err)
{
	enum { FEWEST = 5 };
	struct plan_task *t = &p->tasks[task];
	double least = t->number_range[0], most = t->number_range[1], step;
	struct number_grid g;
	struct dataset *d;
	enum status st;

	if (!(t->number_step > 0))
		return ST_OK;
	st = plan_dataset_open(p, task, false, tok, cmd_progress(), &d, err);
	if (st)
		return st;
	if (!(least < most))
		dataset_range(d, &least, &most);
	dataset_close(d);
	st = number_grid_make(t->number_step, least, most, &g, err);
	step = number_grid_step(least, most);
	if ((!st && g.n >= FEWEST) || !(step > 0) || is_set)
		return st ? err_wrap(err, st, "tasks.%s.number_step", t->name) : ST_OK;
	t->number_step = step;
	cmd_say("  %s: numbers from %g to %g are said in steps of %g", t->name, least, most,
		step);
	return ST_OK;
}

enum status new_survey(struct plan *p, const struct opts *o, struct err *err)
{
	char key[128];
	struct tokenizer *tok = NULL;
	enum status st = ST_OK;

	for (int i = 0; i < p->n_tasks && !st; i++)
		st = survey_task(p, i, err);
	if (!st)
		st = plan_vocabulary(p, cmd_progress(), &tok, err);
	for (int i = 0; i < p->n_tasks && !st; i++) {
		st = say_cuts(p, i, false, tok, err);
		if (!st && plan_has_dev(&p->tasks[i]))
			st = say_cuts(p, i, true, tok, err);
		str_format(key, sizeof key, "tasks.%s.number_step", p->tasks[i].name);
		if (!st)
			st = fit_step(p, i, new_setting(o, key) != NULL, tok, err);
	}
	tokenizer_free(tok);
	return st;
}
