/*
 * unknown.c - see unknown.h.
 */
#include "ask/unknown.h"

#include <string.h>

#include "base/mem.h"
#include "session/label_texts.h"
#include "text/layout.h"

/* The first word of a text that has none: its place in it; or false. */
static bool find_unknown(const struct tokenizer *tok, struct layout_words text,
			 struct token_span *at)
{
	int32_t unknown = tokenizer_special(tok, TOK_UNK);
	int cap = (int)text.len + 1, n;
	int32_t *ids = xcalloc((size_t)cap, sizeof *ids);
	struct token_span *span = xcalloc((size_t)cap, sizeof *span);
	bool found = false;

	n = tokenizer_encode(tok, text.s, text.len, ids, span, cap, NULL);
	for (int i = 0; i < n && !found && unknown >= 0; i++) {
		found = ids[i] == unknown;
		*at = span[i];
	}
	xfree(ids);
	xfree(span);
	return found;
}

static void tell_unknown(const struct session *s, int task, const char *field,
			 struct layout_words text, struct buf *out)
{
	struct token_span at;

	if (find_unknown(s->tok, text, &at))
		buf_addf(out, "tasks.%s.%s: the vocabulary has no pieces for '%.*s' in "
			 "'%.*s': it is read as [UNK]\n", s->plan->tasks[task].name, field,
			 (int)(at.end - at.start), text.s + at.start,
			 (int)(text.len < 80 ? text.len : 80), text.s);
}

void unknown_words(const struct session *s, int task, struct buf *out)
{
	const char *prompt = plan_prompt(&s->plan->tasks[task]);
	struct layout_template l;
	char number[NUMBER_TEXT];

	if (!model_kind_says(s->plan->model.kind))
		return;
	if (prompt && !layout_prompt(prompt, &l, NULL))
		for (const struct layout_part *p = l.part; p->what; p++)
			if (p->what == LAYOUT_WORDS)
				tell_unknown(s, task, "prompt", p->words, out);
	for (int k = 0; k < label_texts_count(s, task); k++) {
		const char *text = label_text(s, task, k, number);

		tell_unknown(s, task, label_texts_field(s, task),
			     (struct layout_words){ text, strlen(text) }, out);
	}
}
