/*
 * summaries_export.c - the list of examples as JSON lines in the run's folder:
 * summaries-TASK-STEP.jsonl.
 */
#include "base/json.h"
#include "kind_view.h"
#include "summaries_own.h"

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

/* "lead-3" as a name: "lead3". */
static const char *lead_key(const char *lead, char out[16])
{
	int n = 0;

	for (; *lead && n < 15; lead++)
		if (*lead != '-')
			out[n++] = *lead;
	out[n] = '\0';
	return out;
}

static void put_figures(struct json_out *j, const struct example_figures *f,
			const char *lead)
{
	char key[16];

	put_rouge(j, "rouge", &f->rouge);
	put_rouge(j, lead_key(lead, key), &f->lead);
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

static void put_example(const void *arg, uint64_t k, struct json_out *j)
{
	const struct ui *ui = arg;
	const struct summaries_view *v = summaries_of(ui);
	int i = v->order[k];
	const struct prediction *p = &v->data.set.p[i];
	const struct dev_row *row = &v->data.set.row[i];

	json_put_str(j, "task", ui->pic->ch[v->task].name);
	json_put_int(j, "step", v->data.set.step);
	json_put_int(j, "row", p->row);
	put_text(j, "source", row->text);
	put_text(j, "reference", row->target);
	put_text(j, "output", p->text);
	json_put_num(j, "loss", p->loss);
	put_figures(j, &v->figure[i], v->lead);
	if (summaries_keeps(v) && summaries_keeps(v)->put_row)
		summaries_keeps(v)->put_row(j, &v->data, p);
}

void summaries_export(struct ui *ui)
{
	const struct summaries_view *v = summaries_of(ui);
	char name[EXPORT_NAME];

	if (v->n_order && v->measured < v->data.set.n) {
		ui_say(ui, true, "a moment: %d of %d examples are measured",
		       v->measured, v->data.set.n);
		return;
	}
	export_name(name, "summaries", v->n_order ? ui->pic->ch[v->task].name : "",
		    v->data.set.step);
	export_list(ui, name, "example", (uint64_t)v->n_order, put_example, ui, NULL);
}
