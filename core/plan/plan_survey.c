/*
 * plan_survey.c - labels and rows of a plan's data files, looked at beforehand.
 */
#include "plan/plan_survey.h"

#include "base/mem.h"
#include "data/data_kind.h"
#include "text/layout.h"

enum status plan_labels(struct plan *p, int task, struct progress *pg, struct err *err)
{
	struct plan_task *t = &p->tasks[task];
	struct dataset_spec spec;
	enum status st = ST_OK;

	if (!data_target(t->kind)->has_labels)
		return ST_OK;
	if (!t->n_labels) {
		plan_dataset(p, task, false, &spec);
		spec.held_share = 0; /* a label may be in held-out rows alone */
		st = dataset_scan_labels(&spec, NULL, pg, PLAN_LABELS_MAX, &t->labels,
					 &t->n_labels, err);
	}
	if (!st && t->n_labels < 2)
		st = err_set(err, ST_INVALID, "task '%s' has %d label: nothing to tell "
			     "apart, in '%s'", t->name, t->n_labels, t->train);
	return st;
}

const struct tokenizer_kind *plan_tokenizer(const struct plan *p)
{
	const struct tokenizer_kind *k = tokenizer_kind_find(p->tokenizer_kind);

	BUG_IF(!k); /* the table lets no other name in */
	return k;
}

static void add_prompt(const char *prompt, struct buf *out)
{
	struct layout_template l;

	if (!prompt || layout_prompt(prompt, &l, NULL))
		return;
	for (const struct layout_part *p = l.part; p->what; p++)
		if (p->what == LAYOUT_WORDS) {
			buf_add(out, p->words.s, p->words.len);
			buf_addc(out, '\n');
		}
}

/* What is said besides the rows' texts; a line each. */
static enum status add_said(struct plan *p, int task, struct progress *pg, struct buf *out,
			    struct err *err)
{
	const struct plan_task *t = &p->tasks[task];
	enum status st = plan_labels(p, task, pg, err);
	char *const *text = t->n_label_texts ? t->label_texts : t->labels;
	int n = t->n_label_texts ? t->n_label_texts : t->n_labels;

	add_prompt(plan_prompt(t), out);
	if (t->number_step > 0)
		buf_adds(out, "0123456789 . -\n");
	for (int i = 0; i < n && !st; i++)
		buf_addf(out, "%s\n", text[i]);
	return st;
}

enum status plan_vocabulary(struct plan *p, struct progress *pg, struct tokenizer **out,
			    struct err *err)
{
	struct tokenizer_wish wish = { plan_tokenizer(p), p->tokenizer_size, NULL };
	struct dataset_spec *spec;
	struct buf needs;
	enum status st = ST_OK;
	int n = 0;

	if (p->vocab[0])
		return tokenizer_load(wish.kind, p->vocab, out, err);
	if (p->init_tokenizer[0])
		return tokenizer_open_folder(wish.kind, p->init_tokenizer, out, err);
	buf_init(&needs);
	for (int i = 0; i < p->n_tasks && model_kind_says(p->model.kind) && !st; i++)
		st = add_said(p, i, pg, &needs, err);
	wish.needs = needs.len ? buf_str(&needs) : NULL;
	spec = xcalloc((size_t)p->n_tasks, sizeof *spec);
	for (int i = 0; i < p->n_tasks; i++)
		if (!*p->tasks[i].from) /* whose texts are counted once */
			plan_dataset(p, i, false, &spec[n++]);
	if (!st)
		st = dataset_vocabulary(spec, n, wish, NULL, pg, out, err);
	xfree(spec);
	buf_release(&needs);
	return st;
}

enum status plan_dataset_open(const struct plan *p, int task, bool dev,
			      const struct tokenizer *tok, struct progress *pg,
			      struct dataset **out, struct err *err)
{
	struct dataset_spec spec;
	enum status st;

	plan_dataset(p, task, dev, &spec);
	st = dataset_check_prompt(&spec, tok, err);
	if (st)
		return err_wrap(err, st, "tasks.%s.prompt", p->tasks[task].name);
	return dataset_open(&spec, tok, NULL, pg, out, err);
}

enum status plan_survey(struct plan *p, int task, struct progress *pg,
			struct plan_survey *out, struct err *err)
{
	struct dataset_spec spec;
	enum status st;

	*out = (struct plan_survey){ .has_dev = plan_has_dev(&p->tasks[task]) };
	st = plan_labels(p, task, pg, err);
	plan_dataset(p, task, false, &spec);
	if (!st)
		st = survey_read(&spec, pg, &out->train, err);
	plan_dataset(p, task, true, &spec);
	if (!st && out->has_dev)
		st = survey_read(&spec, pg, &out->dev, err);
	return st;
}

void plan_survey_release(struct plan_survey *s)
{
	survey_release(&s->train);
	survey_release(&s->dev);
}

void plan_survey_warn(const struct plan *p, int task, const struct plan_survey *s,
		      struct buf *out)
{
	survey_warn(&s->train, *p->tasks[task].dev ? &s->dev : NULL, out);
}
