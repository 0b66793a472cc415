/*
 * inspect_export.c - the list as JSON lines in the run's folder. The lines are made
 * at once; a job writes them, for a disk may be slow.
 */
#include <inttypes.h>
#include <limits.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "inspect_own.h"
#include "run/job.h"

struct inspect_export {
	char path[PATH_MAX];
	struct buf text;
	int n;
	struct job *job;
};

static void put_labels(struct json_out *j, const struct results *d,
		       const struct prediction *p)
{
	char text[24];

	json_put_str(j, "gold", result_label(d, p->gold, text));
	json_put_str(j, "predicted", result_label(d, p->pred, text));
	json_put_num(j, "confidence", result_confidence(p));
	json_put_num(j, "margin", result_margin(p));
	json_open(j, "p", '{');
	for (int k = 0; k < p->n_p; k++)
		json_put_num(j, result_label(d, k, text), (double)p->p[k]);
	json_close(j, '}');
}

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
	if (d->kind == TASK_REGRESS) {
		json_put_num(&j, "gold", p->number);
		json_put_num(&j, "predicted", p->guess);
	} else {
		put_labels(&j, d, p);
	}
	json_put_num(&j, "loss", p->loss);
	if (d->change && d->change[i])
		json_put_str(&j, "since_before", change[d->change[i]]);
	json_put_str(&j, "text", row->text ? row->text : "");
	if (result_pair(row))
		json_put_str(&j, "pair", row->pair);
	json_close(&j, '}');
	buf_addc(b, '\n');
}

static enum status write_list(void *arg, struct progress *pg, struct err *err)
{
	const struct inspect_export *x = arg;

	(void)pg;
	return file_write(x->path, x->text.s, x->text.len, err);
}

static void forget(struct inspection *in)
{
	if (!in->export)
		return;
	job_free(in->export->job);
	buf_release(&in->export->text);
	xfree(in->export);
	in->export = NULL;
}

void inspect_export(struct ui *ui)
{
	struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	struct inspect_export *x;

	if (in->export || !d->n_order) {
		ui_say(ui, true, in->export ? "the list is still being written" :
		       "the list is empty: nothing to write");
		return;
	}
	x = in->export = xcalloc(1, sizeof *x);
	buf_init(&x->text);
	if (!str_format(x->path, sizeof x->path, "%s/inspect-%s-%" PRId64 ".jsonl",
			ui->pic->run_path, ui->pic->ch[in->task].name, d->set.step)) {
		ui_say(ui, true, "the run's path is too long");
		forget(in);
		return;
	}
	for (int k = 0; k < d->n_order; k++)
		put_row(&x->text, d, d->order[k]);
	x->n = d->n_order;
	x->job = job_start(write_list, x, ui->wake_fd);
	if (!x->job) {
		ui_say(ui, true, "no thread to write the list");
		forget(in);
	}
}

void inspect_export_poll(struct ui *ui)
{
	struct inspect_export *x = ui->inspect.export;
	struct err err = {""};
	enum status st;

	if (!x || !job_is_done(x->job, &st, &err))
		return;
	if (st)
		ui_say(ui, true, "%s", err.text);
	else
		ui_say(ui, false, "%d rows written to %s", x->n, x->path);
	forget(&ui->inspect);
}

void inspect_release(struct ui *ui)
{
	forget(&ui->inspect);
	results_release(&ui->inspect.data);
}
