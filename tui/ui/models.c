/*
 * models.c - questions to checkpoints.
 */
#include "models.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui.h"

/* --- the choice --- */

bool models_is_live(const struct ui *ui)
{
	return ui->models.step == MODEL_LIVE && ui_may_steer(ui);
}

void models_name(const struct ui *ui, char out[64])
{
	const struct models *m = &ui->models;
	char number[24];

	if (models_is_live(ui))
		str_copy(out, 64, "the live model");
	else if (ui_looks_only(ui))
		str_copy(out, 64, "no model: this screen only looks");
	else if (ui_has_no_model(ui))
		str_copy(out, 64, "no model: imported predictions");
	else if (m->step == MODEL_LIVE && ui->live.best_step < 0)
		str_copy(out, 64, "the newest checkpoint");
	else if (m->step == MODEL_LIVE)
		str_format(out, 64, "the best checkpoint, step %s",
			   fmt_count(number, ui->live.best_step));
	else
		str_format(out, 64, "%s, step %s", m->is_best ? "best checkpoint" :
			   "checkpoint", fmt_count(number, m->step));
}

/* Kept checkpoints: the best one first, then the newest before older ones. */
static int list(const struct ui *ui, struct checkpoint_row **rows, struct err *err)
{
	struct checkpoint_row *r = NULL;
	int n = 0;

	*rows = NULL;
	if (ui->feed.checkpoints &&
	    ui->feed.checkpoints(ui->live.run_path, &r, &n, err))
		return 0;
	for (int i = 0; i < n / 2; i++) {
		struct checkpoint_row swap = r[i];

		r[i] = r[n - 1 - i];
		r[n - 1 - i] = swap;
	}
	for (int i = 1; i < n; i++)
		if (r[i].best) {
			struct checkpoint_row best = r[i];

			memmove(r + 1, r, (size_t)i * sizeof *r);
			r[0] = best;
		}
	if (!n)
		err_set(err, ST_NOT_FOUND, ui_has_no_model(ui) ? UI_NO_MODEL :
			ui_run_has_ended(ui) ?
			"no checkpoint is kept: there is no model to ask" :
			"no checkpoint is kept yet");
	*rows = r;
	return n;
}

static void choose_row(struct models *m, const struct checkpoint_row *r)
{
	m->step = r->step;
	m->is_best = r->best;
}

/* live, best, newest, ..., oldest, and from there to the first again. */
static void choose_next(struct ui *ui, const struct checkpoint_row *r, int n)
{
	bool has_live = !ui_run_has_ended(ui);
	int at = -1;

	for (int i = 0; i < n && ui->models.step != MODEL_LIVE; i++)
		if (r[i].step == ui->models.step)
			at = i;
	if (at + 1 < n)
		choose_row(&ui->models, &r[at + 1]);
	else if (has_live)
		ui->models.step = MODEL_LIVE;
	else
		choose_row(&ui->models, &r[0]);
}

static bool choose(struct ui *ui, const char *word, struct err *err)
{
	struct checkpoint_row *r;
	int64_t step = -1;
	int n, at = -1;

	if (str_eq(word, "live") && !ui_run_has_ended(ui)) {
		ui->models.step = MODEL_LIVE;
		return true;
	}
	if (str_eq(word, "live")) {
		err_set(err, ST_INVALID, ui_has_no_model(ui) ? UI_NO_MODEL :
			"this run has ended: only its checkpoints can be asked");
		return false;
	}
	if (!str_eq(word, "best") && !str_eq(word, "next") &&
	    (!parse_i64(word, &step) || step < 0)) {
		err_set(err, ST_INVALID, "model live, best, next, or the step of a checkpoint");
		return false;
	}
	n = list(ui, &r, err);
	for (int i = 0; i < n && at < 0; i++)
		if (step < 0 || r[i].step == step)
			at = i;
	if (n && str_eq(word, "next"))
		choose_next(ui, r, n);
	else if (at >= 0)
		choose_row(&ui->models, &r[at]);
	else if (n)
		err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld is kept",
			(long long)step);
	xfree(r);
	return at >= 0;
}

void models_choose(struct ui *ui, const char *word)
{
	struct err err = {""};
	char name[64];

	if (ui_looks_only(ui)) {
		ui_say_looks_only(ui);
		return;
	}
	if (!choose(ui, word, &err)) {
		ui_say(ui, true, "%s", err.text);
		return;
	}
	if (models_is_live(ui))
		models_rest(ui);
	models_name(ui, name);
	if (!ui->layer || !ui->layer->model_changed || !ui->layer->model_changed(ui))
		ui_say(ui, false, "questions go to %s", name);
}

/* --- questions --- */

bool models_ask(struct ui *ui, const char *line, ui_taker *take)
{
	struct models *m = &ui->models;
	struct err err = {""};
	uint64_t ticket = 0;
	bool ok = m->step != MODEL_LIVE || choose(ui, "best", &err);

	if (ok && !m->reader)
		m->reader = reader_new(ui->live.run_path, ui->wake_fd);
	if (ok && !m->reader) {
		err_set(&err, ST_FAILED, "cannot start a thread that reads checkpoints");
		ok = false;
	}
	ok = ok && !reader_ask(m->reader, m->step, line, &ticket, &err);
	if (!ok) {
		ui_say(ui, true, "%s", err.text);
		return false;
	}
	BUG_IF(m->n_waiting == READER_QUEUE_MAX); /* the reader has as many places */
	m->waiting[m->n_waiting++] = (struct model_question){ticket, take};
	return true;
}

bool models_update(struct ui *ui)
{
	struct models *m = &ui->models;
	struct model_question was[READER_QUEUE_MAX];
	int n = m->n_waiting;

	memcpy(was, m->waiting, sizeof was);
	m->n_waiting = 0;
	for (int i = 0; i < n; i++) {
		struct err err = {""};
		struct buf text;
		enum status st;

		buf_init(&text);
		st = reader_answer(m->reader, was[i].ticket, &text, &err);
		if (st == ST_BUSY) {
			m->waiting[m->n_waiting++] = was[i];
		} else {
			if (st || !was[i].take)
				ui_say(ui, st != ST_OK, "%s", st ? err.text : buf_str(&text));
			if (was[i].take)
				was[i].take(ui, st, buf_str(&text));
		}
		buf_release(&text);
	}
	return m->n_waiting != n;
}

void models_rest(struct ui *ui)
{
	if (ui->models.reader && !ui_run_has_ended(ui))
		reader_rest(ui->models.reader);
}

void models_release(struct ui *ui)
{
	reader_free(ui->models.reader);
	ui->models.reader = NULL;
	ui->models.n_waiting = 0;
}
