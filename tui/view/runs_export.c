/*
 * runs_export.c - the table of the Runs view as CSV: the runs or systems that are shown,
 * in that order, with every task's metric, also those there was no column for.
 */
#include <math.h>

#include "base/str.h"
#include "base/table_out.h"
#include "view_runs.h"

static void put_run(struct table_out *t, const struct runs_view *v,
		    const struct run_card *card)
{
	const struct run_card *base = runs_card(v, v->base);
	int n, common = 0;
	const char *const *task = runs_tasks(v, &n);

	table_row(t);
	table_str(t, "run", card->info.name);
	table_int(t, "step", card->info.step);
	table_int(t, "steps", card->info.steps);
	table_group(t, "metric");
	for (int i = 0; i < n; i++)
		table_f64(t, task[i], run_task_value(card, run_card_task(card, task[i]),
						     v->pick, v->step));
	table_group_end(t);
	table_f64(t, "mean", run_card_mean(card, v->pick, v->step));
	table_int(t, "mean_of", card->n_tasks);
	table_f64(t, "gain", base ? run_card_difference(card, base, v->pick, v->step,
							&common) : NAN);
	table_int(t, "gain_of", common);
	table_int(t, "begun_unix_ms", card->info.created_ms);
	table_str(t, "note", card->note);
	table_row_end(t);
}

/* A row a system and task. */
static void put_system(struct table_out *t, const struct runs_view *v,
		       const struct run_group *g)
{
	const struct run_card *card = &v->table.card[g->member[0]];

	for (int i = 0; i < (t->names ? 1 : card->n_tasks); i++) {
		struct system_value x;

		system_value_read(&v->table, g, card->task[i].name, v->pick, v->step, &x);
		table_row(t);
		table_str(t, "system", g->name);
		table_int(t, "runs", g->n);
		table_str(t, "task", card->task[i].name);
		table_str(t, "metric", metric_table[x.metric].name);
		table_int(t, "of_runs", x.runs);
		table_int(t, "draws", x.m.n);
		table_f64(t, "mean", x.m.mean);
		table_f64(t, "low", x.m.low);
		table_f64(t, "high", x.m.high);
		table_f64(t, "least", x.m.least);
		table_f64(t, "most", x.m.most);
		table_str(t, "best", x.best < 0 ? "" : v->table.card[x.best].info.name);
		table_row_end(t);
	}
}

static void put_row(struct table_out *t, const struct runs_view *v, int i)
{
	const struct run_card *card = runs_row(v, i);

	if (v->by_system)
		put_system(t, v, runs_system(v, card));
	else
		put_run(t, v, card);
}

void runs_export(struct ui *ui, const struct runs_view *v)
{
	struct table_out t;
	struct buf text;

	buf_init(&text);
	table_init(&t, &text, TABLE_CSV, v->by_system ? "system" : "run");
	t.names = true;
	if (v->n)
		put_row(&t, v, 0);
	t.names = false;
	for (int i = 0; i < v->n; i++)
		put_row(&t, v, i);
	export_text(ui, v->by_system ? "systems" : "runs", "csv",
		    v->by_system ? "system" : "run", (uint64_t)v->n, &text);
}
