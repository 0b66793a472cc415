/*
 * summaries_export.c - the list of examples as JSON lines, one object each, into
 * the run's folder: summaries-TASK-STEP.jsonl.
 *
 * The text is made here from what the screen has; the disk is waited for on a
 * thread of its own.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "run/job.h"
#include "summaries_own.h"

struct export {
	struct buf text;
	char path[640];
	int n;
};

static void put_score(struct json_out *j, const char *key, const struct rouge_score *s)
{
	json_open(j, key, '{');
	json_put_num(j, "p", s->precision);
	json_put_num(j, "r", s->recall);
	json_put_num(j, "f1", s->f1);
	json_close(j, '}');
}

static void put_rouge(struct json_out *j, const char *key, const struct rouge *r)
{
	json_open(j, key, '{');
	put_score(j, "rouge1", &r->r1);
	put_score(j, "rouge2", &r->r2);
	put_score(j, "rougeL", &r->rl);
	json_close(j, '}');
}

static void put_figures(struct json_out *j, const struct example_figures *f)
{
	put_rouge(j, "rouge", &f->rouge);
	put_rouge(j, "lead3", &f->lead);
	json_put_num(j, "coverage", f->copying.coverage);
	json_put_num(j, "density", f->copying.density);
	json_put_int(j, "longest", f->copying.longest);
	json_open(j, "novel", '[');
	for (int k = 0; k < COPYING_GRAMS; k++)
		json_put_num(j, NULL, f->copying.novel[k]);
	json_close(j, ']');
	json_put_int(j, "repeats", f->copying.repeats);
	json_put_num(j, "length_ratio", f->ratio);
	json_put_bool(j, "source_cut", f->is_cut);
}

static void put_text(struct json_out *j, const char *key, const char *text)
{
	if (text)
		json_put_str(j, key, text);
	else
		json_put_null(j, key);
}

static void put_example(struct buf *out, const struct ui *ui, int i)
{
	const struct reading *re = &ui->reading;
	const struct prediction *p = &re->data.set.p[i];
	const struct dev_row *row = &re->data.set.row[i];
	struct json_out j;

	json_out_init(&j, out, 0);
	json_open(&j, NULL, '{');
	json_put_str(&j, "task", ui->pic->ch[re->task].name);
	json_put_int(&j, "step", re->data.set.step);
	json_put_int(&j, "row", p->row);
	put_text(&j, "source", row->text);
	put_text(&j, "reference", row->target);
	put_text(&j, "output", p->output);
	json_put_num(&j, "loss", p->loss);
	put_figures(&j, &re->figure[i]);
	json_close(&j, '}');
	buf_addc(out, '\n');
}

static enum status write_list(void *arg, struct progress *pg, struct err *err)
{
	struct export *x = arg;

	(void)pg;
	return file_write(x->path, x->text.s, x->text.len, err);
}

static void forget(struct reading *re)
{
	if (re->export)
		buf_release(&re->export->text);
	xfree(re->export);
	re->export = NULL;
	re->job = NULL;
}

void reading_export(struct ui *ui)
{
	struct reading *re = &ui->reading;
	struct export *x;

	if (re->job || !re->n_order) {
		ui_say(ui, true, re->job ? "the list is still being written" :
		       "the list is empty: nothing to write");
		return;
	}
	if (re->measured < re->data.set.n) {
		ui_say(ui, true, "a moment: %d of %d examples are measured",
		       re->measured, re->data.set.n);
		return;
	}
	x = re->export = xcalloc(1, sizeof *x);
	buf_init(&x->text);
	if (!str_format(x->path, sizeof x->path, "%s/summaries-%s-%" PRId64 ".jsonl",
			ui->pic->run_path, ui->pic->ch[re->task].name,
			re->data.set.step)) {
		ui_say(ui, true, "the run's path is too long");
		forget(re);
		return;
	}
	for (int k = 0; k < re->n_order; k++)
		put_example(&x->text, ui, re->order[k]);
	x->n = re->n_order;
	re->job = job_start(write_list, x, ui->wake_fd);
	if (!re->job) {
		ui_say(ui, true, "no thread to write the list");
		forget(re);
	}
}

/* What stands behind the last colon: the path before it is long. */
static const char *cause_of(const char *text)
{
	const char *last = text;

	for (const char *s = text; (s = strstr(s, ": ")) != NULL; s += 2)
		last = s + 2;
	return last;
}

void reading_export_poll(struct ui *ui)
{
	struct reading *re = &ui->reading;
	struct err err = {""};
	enum status st;

	if (!re->job || !job_is_done(re->job, &st, &err))
		return;
	if (st)
		ui_say(ui, true, "no list in the run's folder: %s", cause_of(err.text));
	else
		ui_say(ui, false, "%d example%s written to %s", re->export->n,
		       re->export->n == 1 ? "" : "s", re->export->path);
	job_free(re->job);
	forget(re);
}

void reading_export_end(struct reading *re)
{
	job_free(re->job);
	forget(re);
}
