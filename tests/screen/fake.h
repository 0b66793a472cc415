/*
 * fake.h - a run that is not there: a feed with made-up figures, for tests of
 * the screen. Everything follows from the step, so that screens repeat to the
 * byte. Commands are taken and answered as the trainer would.
 */
#ifndef TUTTI_TESTS_FAKE_H
#define TUTTI_TESTS_FAKE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "fake_data.h"
#include "fake_summaries.h"
#include "fake_inspect.h"
#include "feed.h"
#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "command/command.h"

struct fake {
	struct snapshot s;
	int tasks, posted;
	bool is_stopped, holds_answers;
	char last[COMMAND_TEXT];
	char line[8][512];        /* the newest ones, by ticket */
	int64_t step;
	int fd;                   /* readable when there is a new picture */
};

static const struct {
	const char *name;
	enum task_kind kind;
	enum metric_id metric;
	double weight, share, start, end, dev, base;
} fake_task[] = {
	{"sst2", TASK_CLASSIFY, METRIC_ACCURACY, 1.41, .20, 1.2, .33, .872, .509},
	{"cola", TASK_CLASSIFY, METRIC_MATTHEWS, 1, .11, .8, .57, .311, 0},
	{"mrpc", TASK_CLASSIFY, METRIC_F1, .71, .16, .75, .42, .842, .812},
	{"stsb", TASK_REGRESS, METRIC_SPEARMAN, 0, 0, 1.1, .59, .79, 0},
	{"samsum", TASK_SUMMARIZE, METRIC_ROUGE1, 2, .45, 5.4, 3.2, .382, .371},
	{"agnews", TASK_CLASSIFY, METRIC_ACCURACY, 1, .08, 2.4, .91, .913, .25},
};
enum { FAKE_TASKS = sizeof fake_task / sizeof *fake_task };

/* A wobble that depends on nothing but its arguments. */
static inline double fake_noise(int64_t step, int task)
{
	return sin((double)step * .7 + task * 1.3) * .5 +
	       sin((double)step * .13 + task) * .5;
}

static inline void fake_curve(struct channel *ch, int k, int task, int64_t step)
{
	struct curve *c = &ch->curve;
	double a = fake_task[k].start, b = fake_task[k].end;

	c->span = 1;
	while (step / c->span >= CURVE_POINTS)
		c->span *= 2;
	c->n = (int)((step + c->span - 1) / c->span);
	for (int i = 0; i < c->n; i++) {
		double at = (double)((i + 1) * c->span);
		double v = b + (a - b) * exp(-at / 2500);

		c->smooth[i] = (float)(v * (1 + .01 * fake_noise(i, task)));
		c->mean[i] = (float)(v * (1 + .15 * fake_noise(i * 3, task)));
		c->count[i] = 3;
	}
	ch->dev_curve.n = 0;
	for (int64_t s = 500; s <= step && ch->dev_curve.n < DEV_POINTS; s += 500) {
		int n = ch->dev_curve.n++;
		double gain = 1 - exp(-(double)s / 3000);

		ch->dev_curve.step[n] = s;
		ch->dev_curve.value[n] = (float)(fake_task[k].base +
			(fake_task[k].dev - fake_task[k].base) * gain);
	}
}

#include "fake_curves.h"
#include "fake_gradients.h"

static inline void fake_channel(struct fake *f, int i)
{
	struct channel *ch = &f->s.ch[i];
	int k = i % FAKE_TASKS;

	memset(ch, 0, sizeof *ch);
	if (i < FAKE_TASKS)
		str_copy(ch->name, sizeof ch->name, fake_task[k].name);
	else
		str_format(ch->name, sizeof ch->name, "%s-%d", fake_task[k].name, i);
	ch->kind = fake_task[k].kind;
	ch->metric = fake_task[k].metric;
	ch->weight = fake_task[k].weight;
	ch->factor = 1;
	ch->share = fake_task[k].share;
	ch->share_auto = true;
	ch->muted = ch->silent = fake_task[k].weight == 0;
	ch->locked = k == 2;
	ch->loss_trend = k == 5 ? TREND_UP : k == 3 ? TREND_NONE : TREND_DOWN;
	ch->dev_trend = k == 5 ? TREND_DOWN : k == 2 ? TREND_FLAT : TREND_UP;
	ch->dev = f->step >= 500 ? fake_task[k].dev : NAN;
	ch->baseline = fake_task[k].base;
	fake_curve(ch, k, i, f->step);
	fake_gradients(f, ch, k, i);
	ch->smooth = ch->curve.n ? (double)ch->curve.smooth[ch->curve.n - 1] : NAN;
}

static inline void fake_journal(struct fake *f, int64_t step, enum journal_who who,
				const char *command, const char *before,
				const char *after)
{
	struct snapshot *s = &f->s;
	struct journal_entry *e;

	if (s->n_journal == SNAPSHOT_JOURNAL) {
		memmove(s->journal, s->journal + 1, sizeof *e * (SNAPSHOT_JOURNAL - 1));
		s->n_journal--;
	}
	e = &s->journal[s->n_journal];
	memset(e, 0, sizeof *e);
	e->seq = s->n_journal ? e[-1].seq + 1 : 1;
	s->n_journal++;
	e->step = step;
	e->unix_ms = 1767225600000 + step * 300;
	e->who = who;
	str_copy(e->command, sizeof e->command, command);
	str_copy(e->before, sizeof e->before, before);
	str_copy(e->after, sizeof e->after, after);
}

static inline void fake_init(struct fake *f, int tasks, int64_t step)
{
	struct snapshot *s = &f->s;

	memset(f, 0, sizeof *f);
	snapshot_init(s);
	f->fd = eventfd(0, EFD_NONBLOCK);
	f->tasks = tasks;
	f->step = step;
	s->serial = 1;
	s->phase = PHASE_RUNNING;
	str_copy(s->run, sizeof s->run, "glue4+samsum");
	fake_data_root(tasks, s->run_path);
	{
		size_t n = strlen(s->run_path);

		str_copy(s->run_path + n, sizeof s->run_path - n, "/glue4+samsum");
	}
	s->step = step;
	s->steps = 40000;
	s->skipped = 1;
	s->lr = s->base_lr = 3e-4;
	s->clip = 1;
	s->clipped = .12;
	s->grad_norm = 1.42;
	s->dropout = .1;
	str_copy(s->sampling, sizeof s->sampling, "proportional");
	str_copy(s->weighting, sizeof s->weighting, "fixed");
	s->tokens_per_second = 13900;
	s->seconds_per_step = .14;
	s->seconds_left = 4320;
	s->train_seconds = 1700;
	s->tokens = 25000000;
	s->parameters = 6300000;
	s->memory_now = 612000000;
	s->checkpoint_step = s->eval_step = step / 500 * 500;
	s->workers = 2;
	s->n_channels = tasks;
	s->ch = xcalloc((size_t)tasks + 1, sizeof *s->ch);
	for (int i = 0; i < tasks; i++)
		fake_channel(f, i);
	fake_run_curve(f);
	fake_effective(s);
	fake_journal(f, 7000, WHO_PERSON, "mute stsb on", "off", "on");
	fake_journal(f, 10410, WHO_GUARD, "weight samsum 1.41", "2", "1.41");
	fake_journal(f, 11401, WHO_SCRIPT, "lr 0.0003", "0.0005", "0.0003");
	fake_journal(f, 12100, WHO_PERSON, "weight samsum 2", "1.41", "2");
}

static inline void fake_release(struct fake *f)
{
	snapshot_release(&f->s);
	close(f->fd);
}

static inline void fake_news(struct fake *f)
{
	f->s.serial++;
	eventfd_write(f->fd, 1);
}

static inline int fake_fd(void *arg)
{
	return ((struct fake *)arg)->fd;
}

/* --- the feed --- */

static inline bool fake_snapshot(void *arg, struct snapshot *dst)
{
	struct fake *f = arg;
	eventfd_t n;

	eventfd_read(f->fd, &n);
	if (f->s.serial <= dst->serial)
		return false;
	snapshot_copy(dst, &f->s);
	return true;
}

static inline struct channel *fake_find(struct fake *f, const char *name)
{
	for (int i = 0; i < f->s.n_channels; i++)
		if (str_eq(f->s.ch[i].name, name))
			return &f->s.ch[i];
	return NULL;
}

static inline void fake_apply(struct fake *f, const struct command *c)
{
	struct channel *ch = c->n_args ? fake_find(f, c->arg[0]) : NULL;
	bool on = c->n_args > 1 && str_eq(c->arg[1], "on");

	if (ch && str_eq(c->row->name, "weight"))
		ch->weight = strtod(c->arg[1], NULL);
	else if (ch && str_eq(c->row->name, "share"))
		ch->share = str_eq(c->arg[1], "auto") ? .1 : strtod(c->arg[1], NULL);
	else if (ch && str_eq(c->row->name, "mute"))
		ch->muted = ch->silent = on;
	else if (ch && str_eq(c->row->name, "solo"))
		ch->solo = on;
	else if (ch && str_eq(c->row->name, "lock"))
		ch->locked = on;
	else if (str_eq(c->row->name, "pause"))
		f->s.phase = PHASE_PAUSED;
	else if (str_eq(c->row->name, "continue"))
		f->s.phase = PHASE_RUNNING;
	else if (str_eq(c->row->name, "stop"))
		f->s.phase = PHASE_STOPPED;
	else if (str_eq(c->row->name, "gradients"))
		fake_measure(f);
	fake_effective(&f->s);
	if (c->row->flags & (CMD_CHANGES | CMD_NOTES))
		fake_journal(f, f->step, WHO_PERSON, c->text, "", "");
}

static inline enum status fake_post(void *arg, const char *line, uint64_t *ticket,
				    struct err *err)
{
	struct fake *f = arg;
	static struct command c;
	enum status st = command_parse(line, &c, err);

	if (st)
		return st;
	f->posted++;
	str_copy(f->last, sizeof f->last, c.text);
	str_copy(f->line[f->posted % 8], sizeof f->line[0], c.text);
	fake_apply(f, &c);
	*ticket = (uint64_t)f->posted;
	if (!f->holds_answers)
		f->s.ticket = *ticket;
	fake_news(f);
	return ST_OK;
}

static inline enum status fake_answer(void *arg, uint64_t ticket, struct buf *text,
				      struct err *err)
{
	struct fake *f = arg;

	(void)err;
	if (str_starts(f->last, "beams "))
		fake_beams(text);
	if (str_starts(f->line[ticket % 8], "explain "))
		fake_explain(f->line[ticket % 8], str_starts(f->line[ticket % 8],
			     "explain stsb "), text);
	if (str_starts(f->line[ticket % 8], "try "))
		buf_adds(text, "{\"tasks\":{\"sst2\":{\"kind\":\"classify\",\"p\":"
			       "{\"negative\":0.12,\"positive\":0.88}},"
			       "\"stsb\":{\"kind\":\"regress\",\"value\":3.25},"
			       "\"samsum\":{\"kind\":\"summarize\",\"text\":\"Tim and "
			       "Ann will "
			       "have lunch .\",\"pieces\":[[\"tim\",0.91,0.8,0],"
			       "[\"and\",0.4,0.1,-1]],\"source\":[\"tim\",\":\","
			       "\"lunch\"]}}}");
	return ST_OK;
}

static inline void fake_stop(void *arg)
{
	struct fake *f = arg;

	f->is_stopped = true;
	f->s.phase = PHASE_STOPPED;
	fake_news(f);
}

/* --- predictions --- */

static inline void fake_text(struct dev_row *r, int i, const char *target,
			     const char *text)
{
	r->row = i * 7 + 3;
	r->line = i;
	r->text = xstrdup(text);
	r->target = xstrdup(target);
}

static inline void fake_classes(struct prediction_set *out, int classes)
{
	static const char *const label[] = {"World", "Sports", "Business", "Sci/Tech"};
	static const char *const text[] = {
		"Google shares fall 7% as the search engine faces new rivals",
		"Oracle extends its offer for PeopleSoft for the tenth time",
		"Chip maker cuts revenue \033[31mforecast\033[0m citing weak demand",
		"Software pirates cost the industry $ 29 billion , study \u202e says",
		"Phone makers unite behind a new standard \xff for mobile payments",
		"Überraschung in Köln : 東京 team wins the cup"};

	out->n = 120;
	out->p = xcalloc(120, sizeof *out->p);
	out->row = xcalloc(120, sizeof *out->row);
	for (int i = 0; i < out->n; i++) {
		struct prediction *p = &out->p[i];
		double conf = .5 + .49 * ((i * 37) % 100) / 100.0;
		int gold = i % classes, pred = gold;
		float one[4];

		if (i % 5 == 0)
			pred = (gold + 1 + i / 5 % (classes - 1)) % classes;
		for (int k = 0; k < classes; k++)
			one[k] = (float)(k == pred ? conf : (1 - conf) / (classes - 1));
		label_set(p, gold, pred, one, classes);
		p->loss = -log(label_p(p, gold));
		fake_text(&out->row[i], i, classes == 4 ? label[gold] :
			  gold ? "positive" : "negative", text[i % 6]);
		p->row = out->row[i].row;
	}
}

static inline void fake_numbers(struct prediction_set *out)
{
	out->n = 40;
	out->p = xcalloc(40, sizeof *out->p);
	out->row = xcalloc(40, sizeof *out->row);
	for (int i = 0; i < out->n; i++) {
		struct prediction *p = &out->p[i];

		fake_text(&out->row[i], i, "3.2", "A man is playing a guitar .");
		out->row[i].pair = xstrdup("A man plays the guitar .");
		p->row = out->row[i].row;
		number_set(p, i % 11 * .5, i % 11 * .5 + fake_noise(i, 3));
		p->loss = (number_guess(p) - number_gold(p)) *
			  (number_guess(p) - number_gold(p));
	}
}

static inline enum status fake_predictions(void *arg, const char *path, int task,
					   struct prediction_set *out, struct err *err)
{
	struct fake *f = arg;

	(void)path;
	memset(out, 0, sizeof *out);
	if (f->s.eval_step <= 0)
		return err_set(err, ST_NOT_FOUND, "no evaluation");
	out->step = f->s.eval_step;
	if (f->s.ch[task].kind == TASK_SUMMARIZE)
		fake_summaries(out, FAKE_STAGES - 1);
	else if (f->s.ch[task].kind == TASK_REGRESS)
		fake_numbers(out);
	else
		fake_classes(out, task % FAKE_TASKS == 5 ? 4 : 2);
	return ST_OK;
}

static inline enum status fake_predictions_before(void *arg, const char *path, int task,
						  int64_t step,
						  struct prediction_set *out,
						  struct err *err)
{
	enum status st;

	if (((struct fake *)arg)->s.ch[task].kind == TASK_SUMMARIZE)
		return fake_summaries_before(arg, path, task, step, out, err);
	st = fake_predictions(arg, path, task, out, err);
	if (!st)
		fake_before(out, step - 500);
	return st;
}

static inline enum status fake_history(void *arg, const char *path, int task,
				       int64_t row, struct prediction_set *out,
				       int64_t **steps, struct err *err)
{
	struct fake *f = arg;
	enum status st = ST_OK;
	int keep = 0;

	memset(out, 0, sizeof *out);
	if (f->s.ch[task].kind == TASK_SUMMARIZE) {
		fake_summary_history(out, steps, row);
		return ST_OK;
	}
	st = fake_predictions(arg, path, task, out, err);
	if (st)
		return st;
	while (keep < out->n && out->p[keep].row != row)
		keep++;
	for (int i = 0; i < out->n && i < 6; i++)
		if (label_count(&out->p[i]) > 0)
			out->p[i].v[LABEL_P + label_gold(&out->p[i])] =
				(double)(float)(.6 - .1 * i);
	*steps = xcalloc(6, sizeof **steps);
	for (int i = 0; i < 6; i++)
		(*steps)[i] = 2000 * (i + 1);
	for (int i = 6; i < out->n; i++) {
		prediction_release(&out->p[i]);
		xfree(out->row[i].text);
		xfree(out->row[i].pair);
		xfree(out->row[i].target);
	}
	out->n = 6;
	return ST_OK;
}

static inline enum status fake_entries(void *arg, const char *path,
				       struct journal_entry **out, int *n,
				       struct err *err)
{
	struct fake *f = arg;

	(void)path;
	(void)err;
	*n = f->s.n_journal;
	*out = xcalloc((size_t)*n + 1, sizeof **out);
	memcpy(*out, f->s.journal, (size_t)*n * sizeof **out);
	return ST_OK;
}

static inline struct feed fake_feed(struct fake *f)
{
	return (struct feed){.arg = f, .is_live = true,
			     .fd = fake_fd,
			     .snapshot = fake_snapshot,
			     .post = fake_post,
			     .answer = fake_answer,
			     .stop = fake_stop,
			     .predictions = fake_predictions,
			     .predictions_before = fake_predictions_before,
			     .history = fake_history,
			     .journal = fake_entries,
			     .steps = fake_steps,
			     .picture = fake_picture};
}

#endif
