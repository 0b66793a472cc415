/*
 * label_texts.c - see label_texts.h.
 */
#include "session/label_texts.h"

#include <string.h>

#include "text/layout.h"

enum { CAP = LABEL_PIECES_MAX + 1 }; /* one too many is seen as that */

static const char *text_of(const struct session *s, int task, int k)
{
	const struct plan_task *p = &s->plan->tasks[task];

	return p->n_label_texts ? p->label_texts[k] : s->task[task].labels[k];
}

static void read_texts(const struct session *s, int task, struct arena *a,
		       struct model_task *mt)
{
	int n = s->task[task].n_labels;
	int *off = arena_zalloc(a, ((size_t)n + 1) * sizeof *off);
	int32_t *ids = arena_alloc(a, ((size_t)n * CAP + 1) * sizeof *ids);

	for (int k = 0; k < n; k++) {
		const char *text = text_of(s, task, k);
		struct layout l;

		layout_target(s->tok, (struct layout_words){ text, strlen(text) }, CAP,
			      ids + off[k], &l);
		off[k + 1] = off[k] + l.n;
	}
	mt->text = ids;
	mt->text_off = off;
}

static bool is_same(const struct model_task *t, int a, int b)
{
	int n = t->text_off[a + 1] - t->text_off[a];

	return n == t->text_off[b + 1] - t->text_off[b] &&
	       !memcmp(t->text + t->text_off[a], t->text + t->text_off[b],
		       (size_t)n * sizeof *t->text);
}

static enum status check_texts(const struct session *s, int task,
			       const struct model_task *t, struct err *err)
{
	const struct plan_task *p = &s->plan->tasks[task];
	const char *field = p->n_label_texts ? "label_texts" : "labels";

	for (int k = 0; k < t->n_labels; k++) {
		if (t->text_off[k + 1] - t->text_off[k] > LABEL_PIECES_MAX)
			return err_set(err, ST_INVALID, "tasks.%s.%s: '%.80s' has more than "
				       "%d pieces, its end mark included", p->name, field,
				       text_of(s, task, k), (int)LABEL_PIECES_MAX);
		for (int i = 0; i < k; i++)
			if (is_same(t, i, k))
				return err_set(err, ST_INVALID, "tasks.%s.%s: '%.80s' and "
					       "'%.80s' are one text to this tokenizer%s",
					       p->name, field, text_of(s, task, i),
					       text_of(s, task, k), p->n_label_texts ?
					       "" : ": label_texts can say others");
	}
	return ST_OK;
}

enum status label_texts_read(const struct session *s, struct arena *a, struct model_task *mt,
			struct err *err)
{
	bool says = model_kind_says(s->plan->model.kind);
	enum status st = ST_OK;

	for (int i = 0; i < s->n_tasks && !st; i++) {
		read_texts(s, i, a, &mt[i]);
		if (says)
			st = check_texts(s, i, &mt[i], err);
	}
	return st;
}
