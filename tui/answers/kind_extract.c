/*
 * kind_extract.c - what is kept of a text on the screen: the source itself, with what was
 * kept in it, rightly or wrongly, and what was missed.
 */
#include <math.h>
#include <string.h>

#include "ask/ask_extract.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "kind_view.h"
#include "summaries_own.h"
#include "widget/words.h"

/* --- marks in the words --- */

static enum word_look look_of(const struct prediction *p, int unit)
{
	bool gold = extract_gold(p, unit), pred = extract_pred(p, unit);

	return gold && pred ? LOOK_KEPT : pred ? LOOK_EXTRA : gold ? LOOK_MISSED : LOOK_PLAIN;
}

/* The unit of every word; words behind the last unit are of none. Caller frees. */
static int *units_of(const struct prediction *p, const struct kept_texts *t)
{
	int *unit = xcalloc((size_t)t->n_source + 1, sizeof *unit), n, k = 0;
	struct text_part *part = xcalloc(UNITS_MAX, sizeof *part);

	n = text_units(extract_how(p), t->source_text, strlen(t->source_text), part, UNITS_MAX);
	for (int i = 0; i < t->n_source; i++) {
		while (k < n && part[k].s + part[k].len <= t->source[i].s)
			k++;
		unit[i] = k < n && part[k].s <= t->source[i].s ? k : -1;
	}
	xfree(part);
	return unit;
}

/*
 * In a text that is the source's words of one side, in their order: each as it looks in
 * the source. Nothing in another text.
 */
static void mark_side(const struct kept_texts *t, const int *unit, const struct prediction *p,
		      bool (*is_of)(const struct prediction *p, int i), struct word *w, int n)
{
	int k = 0;

	for (int i = 0; i < t->n_source; i++)
		if (is_of(p, unit[i]) && (k >= n || w[k++].key != t->source[i].key))
			return;
	if (k != n)
		return;
	k = 0;
	for (int i = 0; i < t->n_source; i++)
		if (is_of(p, unit[i]))
			w[k++].look = look_of(p, unit[i]);
}

static void mark_kept(const struct prediction *p, const struct kept_texts *t)
{
	int *unit = units_of(p, t);

	for (int i = 0; i < t->n_source; i++)
		t->source[i].look = look_of(p, unit[i]);
	mark_side(t, unit, p, extract_pred, t->output, t->n_output);
	mark_side(t, unit, p, extract_gold, t->reference, t->n_reference);
	xfree(unit);
}

/* --- words and figures --- */

static const char *lead(const struct prediction *p, const char *text, struct buf *out)
{
	bool is_words = extract_how(p) == UNIT_WORDS;
	struct text_part part[EXTRACT_LEAD];
	bool keep[EXTRACT_LEAD];
	int n = text_units(extract_how(p), text, strlen(text), part, EXTRACT_LEAD);

	units_choose_lead(n, is_words ? EXTRACT_LEAD : UNITS_KEPT, keep);
	units_text(part, n, keep, out);
	return is_words ? "lead-10" : "lead-3";
}

static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	struct unit_counts c = extract_counts(p);
	char number[24];

	(void)d;
	(void)room;
	str_format(out, REMARK, "%d kept, %d right, %d missed · F1 %s", c.pred, c.both,
		   c.gold - c.both, fmt_metric(number, extract_f1(p)));
	return false;
}

static void put_mask(struct json_out *j, const char *key, const struct prediction *p,
		     bool (*is_of)(const struct prediction *p, int i))
{
	int n = extract_n(p);
	char *mask = xcalloc((size_t)n + 1, 1);

	for (int i = 0; i < n; i++)
		mask[i] = is_of(p, i) ? '1' : '0';
	json_put_str(j, key, mask);
	xfree(mask);
}

static void put_row(struct json_out *j, const struct results *d, const struct prediction *p)
{
	(void)d;
	json_put_num(j, "kept_f1", extract_f1(p));
	put_mask(j, "keep", p, extract_pred);
	put_mask(j, "right", p, extract_gold);
}

const struct view_kind view_kind_extract = {
	.view = VIEW_SUMMARIES,
	.unexplained = "many parts are kept, no one answer to explain: j k choose another task",
	.draw_tried = summaries_draw_tried,
	.mark_kept = mark_kept,
	.lead = lead,
	.remark = remark,
	.put_row = put_row,
};
