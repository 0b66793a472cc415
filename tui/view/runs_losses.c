/*
 * runs_losses.c - smoothed losses of the runs that Runs draws, each read when it is
 * first wanted and whenever its run has changed.
 */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view_runs.h"

struct reading_loss {
	char path[PATH_MAX];
	struct loss_curve loss;
};

static enum status do_loss(void *arg, struct progress *pg, struct err *err)
{
	struct reading_loss *r = arg;

	return run_loss_read(r->path, r->loss.task, pg, r->loss.curve, err);
}

static void drop_loss(void *arg)
{
	struct reading_loss *r = arg;

	xfree(r->loss.curve);
	xfree(r);
}

/* Of the run, else one that nobody draws any more, else a new one. */
static struct loss_curve *slot_of(struct runs_view *v, const char *run)
{
	struct loss_curve *l = NULL;

	for (int i = 0; i < v->n_losses && !l; i++)
		if (str_eq(v->losses[i].run, run))
			l = &v->losses[i];
	for (int i = 0; i < v->n_losses && !l; i++) {
		const struct run_card *c = runs_card(v, v->losses[i].run);

		if (!c || runs_mark_of(v, c) < 0)
			l = &v->losses[i];
	}
	if (!l) {
		ARRAY_GROW(v->losses, v->n_losses, v->losses_cap);
		l = &v->losses[v->n_losses++];
		*l = (struct loss_curve){ 0 };
	}
	return l;
}

static const struct loss_curve *loss_of(const struct runs_view *v,
					const struct run_card *card)
{
	for (int i = 0; i < v->n_losses; i++)
		if (str_eq(v->losses[i].run, card->info.name) &&
		    str_eq(v->losses[i].task, v->task))
			return &v->losses[i];
	return NULL;
}

/* A drawn run whose curve is missing or old; NULL: none. */
static const struct run_card *wanted(const struct runs_view *v)
{
	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *c = &v->table.card[i];
		const struct loss_curve *l;

		if (runs_mark_of(v, c) < 0 || !run_card_task(c, v->task) ||
		    c->info.is_imported)
			continue;
		l = loss_of(v, c);
		if (!l || memcmp(&l->stamp, &c->stamp, sizeof l->stamp))
			return c;
	}
	return NULL;
}

static void take(struct runs_view *v)
{
	struct reading_loss *r;
	struct loss_curve *l;
	enum status st;
	void *arg;

	if (!job_slot_take(&v->loss, &st, &arg, NULL))
		return;
	r = arg;
	l = slot_of(v, r->loss.run);
	xfree(l->curve);
	*l = r->loss;
	r->loss.curve = NULL;
	drop_loss(r);
}

void runs_losses_keep(struct ui *ui, struct runs_view *v)
{
	const struct run_card *card;
	struct reading_loss *r;

	take(v);
	if (ui->chart.kind == CHART_DEV || job_slot_is_on(&v->loss))
		return;
	card = wanted(v);
	if (!card)
		return;
	r = xcalloc(1, sizeof *r);
	str_copy(r->path, sizeof r->path, card->info.path);
	str_copy(r->loss.run, sizeof r->loss.run, card->info.name);
	str_copy(r->loss.task, sizeof r->loss.task, v->task);
	r->loss.stamp = card->stamp;
	r->loss.curve = xcalloc(1, sizeof *r->loss.curve);
	job_slot_start(&v->loss, do_loss, r, drop_loss, ui->wake_fd);
}

const struct curve *runs_loss(const struct runs_view *v, const struct run_card *card)
{
	const struct loss_curve *l = loss_of(v, card);

	return l ? l->curve : NULL;
}

void runs_losses_release(struct runs_view *v)
{
	for (int i = 0; i < v->n_losses; i++)
		xfree(v->losses[i].curve);
	xfree(v->losses);
}
