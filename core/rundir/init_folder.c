/*
 * init_folder.c - a model from elsewhere as the init of a run: what model/pretrained.h
 * makes of a folder, as fields of a plan and as weights.
 */
#include "rundir/init_own.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/pretrained.h"

/* A plan of nothing but the model: heads and decoders are whoever's plan it goes into. */
static void put_fields(const struct pretrained_info *info, struct plan_base *base)
{
	struct plan *p = xcalloc(1, sizeof *p);

	p->model = info->cfg;
	p->dropout = info->dropout;
	if (info->max_length && model_is_of_trunk(info->cfg.kind, "max_positions"))
		p->model.max_positions = info->max_length;
	model_open_layout(&p->model);
	str_copy(p->init, sizeof p->init, base->init);
	str_copy(p->tokenizer_kind, sizeof p->tokenizer_kind,
		 tokenizer_kind_name(tokenizer_kind_in(base->tokenizer)));
	init_put_fields(p, base);
	xfree(p);
}

enum status init_folder_open(const char *text, const char *folder, struct plan_base *base,
			     struct err *err)
{
	struct pretrained *p = NULL;
	enum status st = file_absolute(folder, text, base->init, sizeof base->init, err);

	for (size_t n = strlen(base->init); n > 1 && base->init[n - 1] == '/'; n--)
		base->init[n - 1] = '\0';
	if (!st)
		st = pretrained_open(base->init, &p, err);
	if (st)
		return st;
	str_copy(base->tokenizer, sizeof base->tokenizer, pretrained_info(p)->base);
	put_fields(pretrained_info(p), base);
	pretrained_close(p);
	return ST_OK;
}

/* Of the model, and of the tokenizer: that is what step 0 hangs on. */
static void put_hash(const struct pretrained *p, const struct session *s,
		     char hash[HASH_TEXT])
{
	struct hash model = pretrained_hash(p), pieces = tokenizer_hash(s->tok);
	struct hasher *h = hasher_new();

	hasher_add(h, &model, sizeof model);
	hasher_add(h, &pieces, sizeof pieces);
	hash_text(hasher_end(h), hash);
}

enum status init_folder_start(struct session *s, struct init_taken *t,
			      char hash[HASH_TEXT], struct err *err)
{
	static const char *const words[] = { "DROP", "KEEP" };
	const char *const **labels = xcalloc((size_t)s->n_tasks, sizeof *labels);
	struct pretrained_report r = { 0 };
	struct pretrained *p = NULL;
	enum status st = pretrained_open(s->plan->init, &p, err);

	for (int i = 0; i < s->n_tasks; i++)
		labels[i] = s->plan->tasks[i].kind == TASK_EXTRACT &&
			    s->plan->tasks[i].unit == UNIT_WORDS ?
			    words : (const char *const *)s->task[i].labels;
	if (!st) {
		put_hash(p, s, hash);
		st = pretrained_load(p, s->model, &s->params, labels, &r, err);
	}
	if (!st) {
		t->taken = r.taken;
		t->head_why = r.head_why;
		memcpy(t->is_fresh, r.is_fresh, (size_t)s->params.n * sizeof *r.is_fresh);
		buf_add(&t->fresh, buf_str(&r.fresh), r.fresh.len);
		buf_add(&t->unused, buf_str(&r.unused), r.unused.len);
	}
	pretrained_report_release(&r);
	pretrained_close(p);
	xfree(labels);
	return st;
}
