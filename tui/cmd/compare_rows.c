/*
 * compare_rows.c - a comparison for programs: a row a value and a row a pair.
 */
#include "compare.h"

#include <math.h>
#include <string.h>

static void put_names(struct table_out *t, const struct comparison *c, int a, int b)
{
	table_str(t, "a", a >= 0 ? c->system[a].name : NULL);
	table_str(t, "b", b >= 0 ? c->system[b].name : NULL);
	if (a >= 0)
		table_int(t, "runs_a", c->system[a].n);
	else
		table_none(t, "runs_a");
	if (b >= 0)
		table_int(t, "runs_b", c->system[b].n);
	else
		table_none(t, "runs_b");
}

static void put_mcnemar(struct table_out *t, const struct compared_pair *p)
{
	if (!p || !p->has_mcnemar) {
		table_none(t, "only_a");
		table_none(t, "only_b");
		table_none(t, "p_mcnemar");
		return;
	}
	table_int(t, "only_a", (int64_t)p->mcnemar.only_a);
	table_int(t, "only_b", (int64_t)p->mcnemar.only_b);
	table_f64(t, "p_mcnemar", p->mcnemar.p);
}

/* A value (p NULL) or a pair (v NULL); the same cells either way. */
static void put_row(struct table_out *t, const struct comparison *c,
		    const struct compared_measure *m, const struct compared_value *v,
		    const struct compared_pair *p)
{
	table_row(t);
	table_str(t, "kind", p ? "pair" : "value");
	table_str(t, "task", m->task);
	table_str(t, "metric", metric_table[m->metric].name);
	table_int(t, "rows", m->n_rows);
	put_names(t, c, p ? p->a : v ? v->system : -1, p ? p->b : -1);
	table_f64(t, "value", p ? p->boot.value : v ? v->value.value : NAN);
	table_f64(t, "low", p ? p->boot.low : v ? v->value.low : NAN);
	table_f64(t, "high", p ? p->boot.high : v ? v->value.high : NAN);
	table_f64(t, "level", c->level);
	table_f64(t, "least", v ? v->least : NAN);
	table_f64(t, "most", v ? v->most : NAN);
	table_f64(t, "p_bootstrap", p ? p->boot.p : NAN);
	table_f64(t, "p_randomization", p ? p->swap.p : NAN);
	table_f64(t, "p_holm", p ? p->holm : NAN);
	put_mcnemar(t, p);
	if (p)
		table_int(t, "differing", p->power.differing);
	else
		table_none(t, "differing");
	table_f64(t, "detectable", p ? p->power.least : NAN);
	if (p)
		table_bool(t, "told", compare_is_told(c, p));
	else
		table_none(t, "told");
	if (c->n_splits)
		table_int(t, "splits", c->n_splits);
	else
		table_none(t, "splits");
	table_row_end(t);
}

static void put_runs(const struct comparison *c, struct buf *out)
{
	struct table_out t;

	table_init(&t, out, TABLE_JSON, "run");
	for (int i = 0; i < c->n_systems; i++)
		for (int k = 0; k < c->system[i].n; k++) {
			const struct compared_run *r = &c->run[c->system[i].first + k];

			table_row(&t);
			table_str(&t, "run", r->name);
			table_str(&t, "system", c->system[i].name);
			table_int(&t, "seed", (int64_t)r->seed);
			if (r->split >= 0)
				table_int(&t, "split", r->split);
			else
				table_none(&t, "split");
			table_int(&t, "step", r->step);
			table_bool(&t, "imported", r->is_imported);
			table_bool(&t, "evaluated_here", r->is_made);
			table_row_end(&t);
		}
}

static void put_end(const struct comparison *c, struct buf *out)
{
	struct table_out t;
	struct buf words;

	buf_init(&words);
	compare_cautions(c, &words);
	buf_adds(&words, buf_str(&c->notes));
	table_init(&t, out, TABLE_JSON, "note");
	for (const char *p = buf_str(&words); *p; p += strcspn(p, "\n") + 1) {
		char line[640];

		str_format(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
		table_row(&t);
		table_str(&t, "text", line);
		table_row_end(&t);
	}
	buf_release(&words);
	table_init(&t, out, TABLE_JSON, "end");
	table_row(&t);
	table_int(&t, "draws", c->draws);
	table_int(&t, "seed", (int64_t)c->seed);
	table_int(&t, "tests", c->n_family);
	table_row_end(&t);
}

void compare_rows(const struct comparison *c, enum table_format format, struct buf *out)
{
	static const struct compared_measure none;
	struct table_out t;

	if (format == TABLE_JSON)
		put_runs(c, out);
	table_init(&t, out, format, "compare");
	if (format == TABLE_CSV) {
		t.names = true;
		put_row(&t, c, &none, NULL, NULL);
		t.names = false;
	}
	for (int i = 0; i < c->n_measures; i++) {
		const struct compared_measure *m = &c->measure[i];

		for (int k = 0; k < m->n_values; k++)
			put_row(&t, c, m, &m->value[k], NULL);
		for (int k = 0; k < m->n_pairs; k++)
			put_row(&t, c, m, NULL, &m->pair[k]);
	}
	if (format == TABLE_JSON)
		put_end(c, out);
}
