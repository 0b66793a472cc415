/*
 * inspect_export.c - the list as JSON lines in the run's folder:
 * inspect-TASK-STEP.jsonl.
 */
#include "base/json.h"
#include "inspect_own.h"
#include "kind_view.h"

static void put_row(const void *arg, uint64_t k, struct json_out *j)
{
	static const char *const change[] = {"", "fixed", "broken"};
	const struct results *d = arg;
	int i = d->order[k];
	const struct prediction *p = &d->set.p[i];
	const struct dev_row *row = &d->set.row[i];

	json_put_int(j, "row", p->row);
	json_put_int(j, "line", row->line);
	json_put_int(j, "step", d->set.step);
	view_kind(d->kind)->put_row(j, d, p);
	json_put_num(j, "loss", p->loss);
	if (d->change && d->change[i])
		json_put_str(j, "since_before", change[d->change[i]]);
	json_put_str(j, "text", row->text ? row->text : "");
	if (result_pair(row))
		json_put_str(j, "pair", row->pair);
}

void inspect_export(struct ui *ui)
{
	struct inspect_view *in = inspect_of(ui);
	struct results *d = &in->data;
	char name[EXPORT_NAME];

	export_name(name, "inspect", d->n_order ? ui->pic->ch[in->task].name : "",
		    d->set.step);
	export_list(ui, name, "row", (uint64_t)d->n_order, put_row, d, NULL);
}
