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

enum status new_survey(struct plan *p, struct err *err)
{
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
	}
	tokenizer_free(tok);
	return st;
}
