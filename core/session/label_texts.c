/*
 * label_texts.c - see label_texts.h.
 */
#include "session/label_texts.h"

#include <string.h>

#include "base/str.h"
#include "text/layout.h"

enum { CAP = LABEL_PIECES_MAX + 1 }; /* one too many is seen as that */

int label_texts_count(const struct session *s, int task)
{
	const struct session_task *t = &s->task[task];

	return t->grid.n ? t->grid.n : t->n_labels;
}

const char *label_text(const struct session *s, int task, int k, char number[NUMBER_TEXT])
{
	const struct plan_task *p = &s->plan->tasks[task];
	const struct session_task *t = &s->task[task];

	if (t->grid.n) {
		number_grid_text(&t->grid, k, number);
		return number;
	}
	return p->n_label_texts ? p->label_texts[k] : t->labels[k];
}

static void read_texts(const struct session *s, int task, struct arena *a,
		       struct model_task *mt)
{
	int n = label_texts_count(s, task);
	int *off = arena_zalloc(a, ((size_t)n + 1) * sizeof *off);
	int32_t *ids = arena_alloc(a, ((size_t)n * CAP + 1) * sizeof *ids);
	char number[NUMBER_TEXT];

	for (int k = 0; k < n; k++) {
		const char *text = label_text(s, task, k, number);
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

const char *label_texts_field(const struct session *s, int task)
{
	if (s->task[task].grid.n)
		return "number_step";
	return s->plan->tasks[task].n_label_texts ? "label_texts" : "labels";
}

static enum status refuse_same(const struct session *s, int task, int i, int k,
			       struct err *err)
{
	const char *field = label_texts_field(s, task);
	char a[NUMBER_TEXT], b[NUMBER_TEXT];

	return err_set(err, ST_INVALID, "tasks.%s.%s: '%.80s' and '%.80s' are one text to "
		       "this tokenizer%s", s->plan->tasks[task].name, field,
		       label_text(s, task, i, a), label_text(s, task, k, b),
		       str_eq(field, "labels") ? ": label_texts can say others" : "");
}

static enum status check_texts(const struct session *s, int task,
			       const struct model_task *t, struct err *err)
{
	char number[NUMBER_TEXT];

	for (int k = 0; k < label_texts_count(s, task); k++) {
		if (!layout_target_len(s->tok, t->text_off[k + 1] - t->text_off[k]))
			return err_set(err, ST_INVALID, "tasks.%s.%s: '%.80s' has no piece "
				       "in this tokenizer: there is nothing to say",
				       s->plan->tasks[task].name, label_texts_field(s, task),
				       label_text(s, task, k, number));
		if (t->text_off[k + 1] - t->text_off[k] > LABEL_PIECES_MAX)
			return err_set(err, ST_INVALID, "tasks.%s.%s: '%.80s' has more than "
				       "%d pieces, its end mark included",
				       s->plan->tasks[task].name, label_texts_field(s, task),
				       label_text(s, task, k, number), (int)LABEL_PIECES_MAX);
		for (int i = 0; i < k; i++)
			if (is_same(t, i, k))
				return refuse_same(s, task, i, k, err);
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
