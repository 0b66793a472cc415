/*
 * compare_text.c - a comparison for people, as text or Markdown.
 */
#include "compare.h"

#include <math.h>
#include <string.h>

#include "grid.h"
#include "text/utf8.h"

static void add_safe(struct buf *out, const char *text)
{
	text_sanitize(out, text, strlen(text));
}

/* "95", "99.5" */
static void level_text(const struct comparison *c, char out[32])
{
	str_format(out, 32, "%g", c->level * 100);
}

static bool is_share(const struct compared_measure *m)
{
	return metric_table[m->metric].unit == METRIC_SHARE;
}

/* Shares in percent; what is nothing to the digits that are shown has no sign. */
static double shown(const struct compared_measure *m, double x)
{
	return fabs(x) < 0.00005 ? 0 : is_share(m) ? 100 * x : x;
}

static void put_value(struct grid *g, const struct compared_measure *m, double x)
{
	if (isnan(x))
		grid_put(g, "-");
	else
		grid_putf(g, "%.*f", is_share(m) ? 2 : 4, shown(m, x));
}

static void put_difference(struct grid *g, const struct compared_measure *m, double x)
{
	if (isnan(x))
		grid_put(g, "-");
	else
		grid_putf(g, "%+.*f", is_share(m) ? 2 : 4, shown(m, x));
}

static void put_range(struct grid *g, const struct compared_measure *m, bool sign, double low,
		      double high)
{
	int digits = is_share(m) ? 2 : 4;

	if (isnan(low) || isnan(high))
		grid_put(g, "-");
	else if (sign)
		grid_putf(g, "%+.*f to %+.*f", digits, shown(m, low), digits, shown(m, high));
	else
		grid_putf(g, "%.*f to %.*f", digits, shown(m, low), digits, shown(m, high));
}

static void put_p(struct grid *g, double p)
{
	if (isnan(p))
		grid_put(g, "-");
	else
		grid_putf(g, "%.4f", p);
}

/* --- who --- */

static void put_run(const struct comparison *c, const struct compared_run *r,
		    struct buf *out)
{
	buf_adds(out, " (");
	if (c->n_splits)
		buf_addf(out, "split %lld, ", (long long)r->split);
	buf_addf(out, "seed %llu, step %lld%s)", (unsigned long long)r->seed,
		 (long long)r->step, r->is_made ? ", evaluated here" : "");
}

static void put_systems(const struct comparison *c, bool markdown, struct buf *out)
{
	for (int i = 0; i < c->n_systems; i++) {
		const struct compared_system *s = &c->system[i];

		buf_adds(out, markdown ? "- **" : "");
		add_safe(out, s->name);
		buf_addf(out, "%s: ", markdown ? "**" : "");
		for (int k = 0; k < s->n; k++) {
			const struct compared_run *r = &c->run[s->first + k];

			buf_adds(out, k ? ", " : "");
			add_safe(out, r->name);
			if (r->is_imported)
				buf_adds(out, " (imported)");
			else
				put_run(c, r, out);
		}
		buf_addc(out, '\n');
	}
}

/* --- one measure --- */

static void put_values(const struct comparison *c, const struct compared_measure *m,
		       bool markdown, struct buf *out)
{
	struct grid g = { .columns = 5, .left = 1 };
	char level[32];

	level_text(c, level);
	grid_put(&g, "system");
	grid_put(&g, "runs");
	grid_put(&g, metric_table[m->metric].name);
	grid_putf(&g, "%s%% interval", level);
	grid_put(&g, "least to most of its runs");
	for (int i = 0; i < m->n_values; i++) {
		const struct compared_value *v = &m->value[i];
		const struct compared_system *s = &c->system[v->system];

		grid_put(&g, s->name);
		grid_putf(&g, "%d", s->n);
		put_value(&g, m, v->value.value);
		put_range(&g, m, false, v->value.low, v->value.high);
		if (s->n > 1)
			put_range(&g, m, false, v->least, v->most);
		else
			grid_put(&g, "one run");
	}
	grid_write(&g, markdown, out);
}

static void put_pairs(const struct comparison *c, const struct compared_measure *m,
		      bool markdown, struct buf *out)
{
	struct grid g = { .columns = c->n_splits ? 6 : 7, .left = 1 };
	char level[32];

	level_text(c, level);
	grid_put(&g, "pair");
	grid_put(&g, "difference");
	grid_putf(&g, "%s%% interval", level);
	grid_put(&g, c->n_splits ? "p over splits" : "p bootstrap");
	if (!c->n_splits)
		grid_put(&g, "p randomized");
	grid_put(&g, "Holm");
	grid_put(&g, "");
	for (int i = 0; i < m->n_pairs; i++) {
		const struct compared_pair *p = &m->pair[i];

		grid_putf(&g, "%.100s - %.100s", c->system[p->a].name, c->system[p->b].name);
		put_difference(&g, m, p->boot.value);
		put_range(&g, m, true, p->boot.low, p->boot.high);
		put_p(&g, p->boot.p);
		if (!c->n_splits)
			put_p(&g, p->swap.p);
		put_p(&g, p->holm);
		grid_put(&g, compare_is_told(c, p) ? "told apart" : "not told");
	}
	grid_write(&g, markdown, out);
}

static void put_mcnemar(const struct comparison *c, const struct compared_measure *m,
			bool markdown, struct buf *out)
{
	bool is_left_out = false;

	if (!m->has_mcnemar)
		return;
	for (int i = 0; i < m->n_pairs; i++) {
		const struct compared_pair *p = &m->pair[i];

		is_left_out |= !p->has_mcnemar;
		if (!p->has_mcnemar)
			continue;
		buf_adds(out, markdown ? "\nMcNemar: " : "McNemar: ");
		add_safe(out, c->system[p->a].name);
		buf_addf(out, " alone is right on %llu rows, ",
			 (unsigned long long)p->mcnemar.only_a);
		add_safe(out, c->system[p->b].name);
		buf_addf(out, " alone on %llu; ", (unsigned long long)p->mcnemar.only_b);
		if (!p->mcnemar.exact)
			buf_addf(out, "chi-square %.2f, ", p->mcnemar.statistic);
		buf_addf(out, "%sp %.4f\n", p->mcnemar.exact ? "exact " : "", p->mcnemar.p);
	}
	if (is_left_out)
		buf_addf(out, "%sMcNemar's test is of two trained models: it is left out where a "
			 "system has more runs.\n", markdown ? "\n" : "");
}

/* --- words --- */

static void put_intervals(const struct comparison *c, const char *begin, struct buf *out)
{
	char level[32];

	level_text(c, level);
	buf_addf(out, "%sIntervals of %s%%: ", begin, level);
	if (c->n_splits)
		buf_addf(out, "Student's over %d splits, of each the mean over its seeds.\n",
			 c->n_splits);
	else
		buf_addf(out, "rows are drawn with replacement, %d times, seed %llu; where a "
			 "system has more than one run, seeds count, too (Student's).\n",
			 c->draws, (unsigned long long)c->seed);
}

static void put_method(const struct comparison *c, bool markdown, struct buf *out)
{
	const char *begin = markdown ? "- " : "";
	const char *p = c->n_splits ? "p" : "the larger p of the two";
	bool lower = false;

	for (int i = 0; i < c->n_measures; i++)
		lower |= metric_table[c->measure[i].metric].lower_is_better;
	put_intervals(c, begin, out);
	if (c->n_family < 1)
		return;
	buf_addf(out, "%sA difference is the first less the second%s. p: %s.\n", begin,
		 lower ? "; of perplexity less is better" : "",
		 c->n_splits ? "the corrected resampled t-test" :
			       "paired bootstrap, approximate randomization");
	if (c->n_family == 1)
		buf_addf(out, "%sHolm: one test is the whole family, so it is %s; told apart: "
			 "it is below %g.\n", begin, p, 1 - c->level);
	else
		buf_addf(out, "%sHolm: %s, corrected for all %d tests above (pairs x tasks x "
			 "metrics); told apart: it is below %g.\n", begin, p, c->n_family,
			 1 - c->level);
}

static void put_words(const struct comparison *c, bool markdown, struct buf *out)
{
	const char *p;
	struct buf b;

	put_method(c, markdown, out);
	buf_init(&b);
	compare_cautions(c, &b);
	buf_adds(&b, buf_str(&c->notes));
	for (p = buf_str(&b); *p; p += strcspn(p, "\n") + 1) {
		buf_adds(out, markdown ? "- " : "");
		text_sanitize(out, p, strcspn(p, "\n"));
		buf_addc(out, '\n');
	}
	buf_release(&b);
}

void compare_text(const struct comparison *c, bool markdown, struct buf *out)
{
	put_systems(c, markdown, out);
	for (int i = 0; i < c->n_measures; i++) {
		const struct compared_measure *m = &c->measure[i];

		buf_addf(out, "\n%s%s by %s%s, %d dev rows", markdown ? "### " : "", m->task,
			 metric_table[m->metric].name, is_share(m) ? " in percent" : "",
			 m->n_rows);
		if (c->n_splits)
			buf_addf(out, " of %d splits", c->n_splits);
		buf_adds(out, markdown ? "\n\n" : "\n");
		put_values(c, m, markdown, out);
		if (!m->n_pairs)
			continue;
		buf_addc(out, '\n');
		put_pairs(c, m, markdown, out);
		put_mcnemar(c, m, markdown, out);
	}
	buf_addc(out, '\n');
	put_words(c, markdown, out);
}
