/*
 * runs_export.c - the table of the Runs view as CSV: the runs that are shown, in that
 * order, with every task's metric, also those there was no column for.
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

void runs_export(struct ui *ui, const struct runs_view *v)
{
	struct table_out t;
	struct buf text;

	buf_init(&text);
	table_init(&t, &text, TABLE_CSV, "run");
	t.names = true;
	if (v->n)
		put_run(&t, v, &v->table.card[v->order[0]]);
	t.names = false;
	for (int i = 0; i < v->n; i++)
		put_run(&t, v, &v->table.card[v->order[i]]);
	export_text(ui, "runs", "csv", "run", (uint64_t)v->n, &text);
}
