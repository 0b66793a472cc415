/*
 * summaries.c - what the Summaries view keeps: read when an evaluation is new,
 * measured a little at each frame, forgotten with the evaluation.
 */
#include <math.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/mem.h"
#include "kind_view.h"
#include "summaries_own.h"
#include "text/tokenizer.h"

void *summaries_new(void)
{
	struct summaries_view *v = xcalloc(1, sizeof *v);

	v->task = v->set_task = v->token = -1;
	v->row = v->set_step = -1;
	v->lead = "lead-3";
	results_init(&v->data);
	return v;
}

static void forget_set(struct summaries_view *v)
{
	prediction_set_release(&v->before);
	memset(&v->before, 0, sizeof v->before);
	v->is_before_read = false;
	xfree(v->figure);
	xfree(v->order);
	v->figure = NULL;
	v->order = NULL;
	v->n_order = v->measured = 0;
	memset(&v->mean, 0, sizeof v->mean);
}

void summaries_free(void *own)
{
	struct summaries_view *v = own;

	forget_set(v);
	results_release(&v->data);
	for (int i = 0; i < BEAMS_KEPT; i++)
		xfree(v->beams[i].json);
	xfree(v);
}

int summaries_shown(const struct summaries_view *v)
{
	return v->at >= 0 && v->at < v->n_order ? v->order[v->at] : -1;
}

const struct prediction *summaries_before(const struct summaries_view *v)
{
	const struct results *d = &v->data;

	for (int i = d->past.n - 1; i >= 0; i--)
		if (d->past_step[i] < d->set.step)
			return &d->past.p[i];
	return NULL;
}

void summaries_settle(struct summaries_view *v)
{
	int i;

	if (v->at >= v->n_order)
		v->at = v->n_order - 1;
	if (v->at < 0)
		v->at = 0;
	i = summaries_shown(v);
	if (i < 0 || v->data.set.p[i].row == v->row)
		return;
	v->row = v->data.set.p[i].row;
	v->scroll = 0;
	v->token = v->token >= 0 ? 0 : -1;
}

static bool needs_before(const struct summaries_view *v)
{
	return v->sort == BY_CHANGE || v->only == ONLY_CHANGED;
}

static void read_before(struct ui *ui)
{
	struct summaries_view *v = summaries_of(ui);

	v->is_before_read = true;
	if (ui->feed.predictions_before &&
	    ui->feed.predictions_before(ui->feed.arg, ui->pic->run_path, v->task,
					v->data.set.step, &v->before, NULL))
		memset(&v->before, 0, sizeof v->before);
	summaries_measure_changes(v);
}

/* A new evaluation, or another task. */
static void take_set(struct summaries_view *v)
{
	int64_t row = v->set_task == v->data.task ? v->row : -1;

	forget_set(v);
	v->set_task = v->data.task;
	v->lead = "lead-3";
	v->set_step = v->data.step;
	v->figure = xcalloc((size_t)v->data.set.n + 1, sizeof *v->figure);
	for (int i = 0; i < v->data.set.n; i++)
		v->figure[i].change = NAN;
	v->row = row;
	v->at = row < 0 ? 0 : v->at;
	summaries_arrange(v);
}

static void count_tokens(struct summaries_view *v, int i)
{
	struct placed_text none = {.text = ""};
	struct pieces p;

	pieces_read(&p, i >= 0 ? v->data.set.p[i].detail : NULL, v->pieces, &none, &none);
	v->n_tokens = p.n;
	if (v->token >= p.n)
		v->token = p.n - 1;
	pieces_release(&p);
}

void summaries_recalc(struct ui *ui)
{
	struct summaries_view *v = summaries_of(ui);
	int i;

	v->task = view_first_task(ui, VIEW_SUMMARIES, v->task);
	if (v->task < 0)
		return;
	v->rouge = (struct rouge_options){ .unicode = ui->pic->ch[v->task].rouge_unicode,
					    .split = true };
	v->pieces = tokenizer_kind_find(ui->pic->tokenizer);
	results_load(&v->data, &ui->feed, ui->pic, v->task);
	if (v->set_task != v->data.task || v->set_step != v->data.step)
		take_set(v);
	if (needs_before(v) && !v->is_before_read) {
		read_before(ui);
		summaries_arrange(v);
	}
	if (v->measured < v->data.set.n) {
		if (!summaries_measure(v))
			eventfd_write(ui->wake_fd, 1); /* draw again: there is more */
		summaries_arrange(v);
	}
	summaries_settle(v);
	i = summaries_shown(v);
	summaries_measure_one(v, i);
	results_history(&v->data, &ui->feed, ui->pic->run_path, i);
	count_tokens(v, i);
	if (v->pane == PANE_BEAMS)
		summaries_ask_beams(ui);
}
