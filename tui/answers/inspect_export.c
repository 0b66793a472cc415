/*
 * inspect_export.c - the list as JSON lines in the run's folder. The lines are made
 * at once; a job writes them, for a disk may be slow.
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"

static void put_row(struct buf *b, const struct results *d, int i)
{
	static const char *const change[] = {"", "fixed", "broken"};
	const struct prediction *p = &d->set.p[i];
	const struct dev_row *row = &d->set.row[i];
	struct json_out j;

	json_out_init(&j, b, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "row", p->row);
	json_put_int(&j, "line", row->line);
	json_put_int(&j, "step", d->set.step);
	view_kind(d->kind)->put_row(&j, d, p);
	json_put_num(&j, "loss", p->loss);
	if (d->change && d->change[i])
		json_put_str(&j, "since_before", change[d->change[i]]);
	json_put_str(&j, "text", row->text ? row->text : "");
	if (result_pair(row))
		json_put_str(&j, "pair", row->pair);
	json_close(&j, '}');
	buf_addc(b, '\n');
}

void inspect_export(struct ui *ui)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	char name[96];
	struct buf text;

	buf_init(&text);
	for (int k = 0; k < d->n_order; k++)
		put_row(&text, d, d->order[k]);
	str_format(name, sizeof name, "inspect-%s-%" PRId64,
		   d->n_order ? ui->pic->ch[in->task].name : "", d->set.step);
	export_text(ui, name, "jsonl", "row", (uint64_t)d->n_order, &text);
}
