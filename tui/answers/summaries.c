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
	struct summaries_view *re = xcalloc(1, sizeof *re);

	re->task = re->set_task = re->token = -1;
	re->row = re->set_step = -1;
	results_init(&re->data);
	return re;
}

static void forget_set(struct summaries_view *re)
{
	prediction_set_release(&re->before);
	memset(&re->before, 0, sizeof re->before);
	re->is_before_read = false;
	xfree(re->figure);
	xfree(re->order);
	re->figure = NULL;
	re->order = NULL;
	re->n_order = re->measured = 0;
	memset(&re->mean, 0, sizeof re->mean);
}

void summaries_free(void *own)
{
	struct summaries_view *re = own;

	forget_set(re);
	results_release(&re->data);
	for (int i = 0; i < BEAMS_KEPT; i++)
		xfree(re->beams[i].json);
	xfree(re);
}

bool summaries_back(struct summaries_view *re)
{
	if (re->token >= 0)
		re->token = -1;
	else if (re->shows_change)
		re->shows_change = false;
	else if (re->pane != PANE_HISTORY)
		re->pane = PANE_HISTORY;
	else
		return false;
	return true;
}

int summaries_shown(const struct summaries_view *re)
{
	return re->at >= 0 && re->at < re->n_order ? re->order[re->at] : -1;
}

const struct prediction *summaries_before(const struct summaries_view *re)
{
	const struct results *d = &re->data;

	for (int i = d->past.n - 1; i >= 0; i--)
		if (d->past_step[i] < d->set.step)
			return &d->past.p[i];
	return NULL;
}

void summaries_settle(struct summaries_view *re)
{
	int i;

	if (re->at >= re->n_order)
		re->at = re->n_order - 1;
	if (re->at < 0)
		re->at = 0;
	i = summaries_shown(re);
	if (i < 0 || re->data.set.p[i].row == re->row)
		return;
	re->row = re->data.set.p[i].row;
	re->scroll = 0;
	re->token = re->token >= 0 ? 0 : -1;
}

static bool needs_before(const struct summaries_view *re)
{
	return re->sort == BY_CHANGE || re->only == ONLY_CHANGED;
}

static void read_before(struct ui *ui)
{
	struct summaries_view *re = summaries_of(ui);

	re->is_before_read = true;
	if (ui->feed.predictions_before &&
	    ui->feed.predictions_before(ui->feed.arg, ui->pic->run_path, re->task,
					re->data.set.step, &re->before, NULL))
		memset(&re->before, 0, sizeof re->before);
	summaries_measure_changes(re);
}

/* A new evaluation, or another task. */
static void take_set(struct summaries_view *re)
{
	int64_t row = re->set_task == re->data.task ? re->row : -1;

	forget_set(re);
	re->set_task = re->data.task;
	re->set_step = re->data.step;
	re->figure = xcalloc((size_t)re->data.set.n + 1, sizeof *re->figure);
	for (int i = 0; i < re->data.set.n; i++)
		re->figure[i].change = NAN;
	re->row = row;
	re->at = row < 0 ? 0 : re->at;
	summaries_arrange(re);
}

static void count_tokens(struct summaries_view *re, int i)
{
	struct placed_text none = {.text = ""};
	struct pieces p;

	pieces_read(&p, i >= 0 ? re->data.set.p[i].detail : NULL, re->pieces, &none, &none);
	re->n_tokens = p.n;
	if (re->token >= p.n)
		re->token = p.n - 1;
	pieces_release(&p);
}

void summaries_recalc(struct ui *ui)
{
	struct summaries_view *re = summaries_of(ui);
	int i;

	re->task = view_first_task(ui, VIEW_SUMMARIES, re->task);
	if (re->task < 0)
		return;
	re->rouge = (struct rouge_options){ .unicode = ui->pic->ch[re->task].rouge_unicode,
					    .split = true };
	re->pieces = tokenizer_kind_find(ui->pic->tokenizer);
	results_load(&re->data, &ui->feed, ui->pic, re->task);
	if (re->set_task != re->data.task || re->set_step != re->data.step)
		take_set(re);
	if (needs_before(re) && !re->is_before_read) {
		read_before(ui);
		summaries_arrange(re);
	}
	if (re->measured < re->data.set.n) {
		if (!summaries_measure(re))
			eventfd_write(ui->wake_fd, 1); /* draw again: there is more */
		summaries_arrange(re);
	}
	summaries_settle(re);
	i = summaries_shown(re);
	summaries_measure_one(re, i);
	results_history(&re->data, &ui->feed, ui->pic->run_path, i);
	count_tokens(re, i);
	if (re->pane == PANE_BEAMS)
		summaries_ask_beams(ui);
}
