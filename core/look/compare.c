/*
 * compare.c - runs as systems, their answers laid beside each other, values and tests.
 */
#include "look/compare.h"

#include <math.h>
#include <stdio.h> /* vsnprintf */
#include <string.h>

#include "base/mem.h"
#include "look/compare_own.h"

/* --- runs and systems --- */

static void add_note(struct compare_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_note(struct compare_work *w, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	buf_addf(&w->c->notes, "%s\n", line);
}

static enum status open_runs(struct compare_work *w, int n, const char *const *path)
{
	enum status st = ST_OK;

	for (int i = 0; i < n && !st; i++) {
		st = run_answers_open(path[i], &w->run[i], w->err);
		w->c->n_runs = i + 1;
		for (int k = 0; k < i && !st; k++)
			if (str_eq(w->run[k].run.path, w->run[i].run.path))
				st = err_set(w->err, ST_INVALID, "run '%s' is named twice",
					     w->run[i].run.name);
	}
	return st;
}

static void alone(int n, struct run_groups *g, const char *const *name)
{
	*g = (struct run_groups){ .n = n };
	g->group = xcalloc((size_t)n + 1, sizeof *g->group);
	for (int i = 0; i < n; i++) {
		g->group[i].n = 1;
		g->group[i].member = xcalloc(1, sizeof *g->group[i].member);
		g->group[i].member[0] = i;
		str_copy(g->group[i].name, SYSTEM_NAME, name[i]);
	}
}

/* Runs are put in the order of their systems, then seeds. */
static void order_runs(struct compare_work *w, const struct run_groups *g)
{
	struct comparison *c = w->c;
	struct run_answers *in = w->run;
	int at = 0;

	w->run = xcalloc((size_t)c->n_runs + 1, sizeof *w->run);
	c->system = xcalloc((size_t)g->n + 1, sizeof *c->system);
	c->n_systems = g->n;
	for (int i = 0; i < g->n; i++) {
		struct compared_system *s = &c->system[i];

		str_copy(s->name, sizeof s->name, g->group[i].name);
		s->n = g->group[i].n;
		s->first = at;
		for (int k = 0; k < s->n; k++)
			w->run[at++] = in[g->group[i].member[k]];
	}
	xfree(in);
}

static void group_runs(struct compare_work *w)
{
	int n = w->c->n_runs;
	const char **name = xcalloc((size_t)n + 1, sizeof *name);
	struct run_system *system = xcalloc((size_t)n + 1, sizeof *system);
	struct run_groups g;

	for (int i = 0; i < n; i++) {
		name[i] = w->run[i].run.name;
		system[i] = w->run[i].system;
	}
	if (w->o->each)
		alone(n, &g, name);
	else
		run_groups_make(n, name, system, &g);
	order_runs(w, &g);
	run_groups_release(&g);
	xfree(name);
	xfree(system);
}

/* One seed trained twice gives the same bits: that is no second run. */
static enum status check_seeds(struct compare_work *w)
{
	for (int i = 0; i < w->c->n_systems; i++) {
		const struct compared_system *s = &w->c->system[i];

		for (int k = s->first + 1; k < s->first + s->n; k++) {
			const struct run_answers *a = &w->run[k - 1], *b = &w->run[k];

			if (a->system.seed == b->system.seed &&
			    a->system.split == b->system.split && !a->run.is_imported)
				return err_set(w->err, ST_INVALID, "'%s' and '%s' are one "
					       "system with one seed, %llu: name one of "
					       "them, or --each", a->run.name, b->run.name,
					       (unsigned long long)a->system.seed);
		}
	}
	return compare_find_splits(w);
}

/* By a system's name, or that of one of its runs. */
static enum status find_baseline(struct compare_work *w)
{
	const char *name = w->o->baseline;
	struct comparison *c = w->c;
	struct buf names;

	w->baseline = -1;
	for (int i = 0; name && i < c->n_systems && w->baseline < 0; i++)
		if (str_eq(c->system[i].name, name))
			w->baseline = i;
	for (int i = 0; name && i < c->n_systems && w->baseline < 0; i++)
		for (int k = 0; k < c->system[i].n; k++)
			if (str_eq(w->run[c->system[i].first + k].run.name, name))
				w->baseline = i;
	if (name && w->baseline < 0) {
		buf_init(&names);
		for (int i = 0; i < c->n_systems; i++)
			buf_addf(&names, " %s", c->system[i].name);
		err_set(w->err, ST_INVALID, "--baseline: no system '%.60s'; there are:%s",
			name, buf_str(&names));
		buf_release(&names);
		return ST_INVALID;
	}
	if (!name && c->n_systems * (c->n_systems - 1) / 2 > COMPARE_PAIRS_MAX)
		return err_set(w->err, ST_INVALID, "%d systems are %d pairs: --baseline "
			       "SYSTEM compares all with one", c->n_systems,
			       c->n_systems * (c->n_systems - 1) / 2);
	return ST_OK;
}

static enum status read_runs(struct compare_work *w)
{
	struct comparison *c = w->c;
	enum status st = ST_OK;

	c->run = xcalloc((size_t)c->n_runs + 1, sizeof *c->run);
	for (int i = 0; i < c->n_runs && !st; i++) {
		st = run_answers_read(w->run[i].run.path, w->o, w->pg, &w->run[i], w->err);
		c->run[i] = w->run[i].run;
	}
	return st;
}

/* --- one task --- */

const struct task_answers *compare_answers(const struct compare_work *w, int i,
					    const char *task)
{
	int at = plan_task_find(w->run[i].plan, task);

	if (at < 0 || w->run[i].system.unheard >> at & 1)
		return NULL;
	return w->run[i].task[at].n ? &w->run[i].task[at] : NULL;
}

static int system_of(const struct compare_work *w, int run)
{
	int i = 0;

	while (run >= w->c->system[i].first + w->c->system[i].n)
		i++;
	return i;
}

bool compare_has_task(const struct compare_work *w, int system, const char *task)
{
	const struct compared_system *s = &w->c->system[system];

	for (int i = s->first; i < s->first + s->n; i++)
		if (!compare_answers(w, i, task))
			return false;
	return true;
}

int compare_first_like(const struct compare_work *w, int i, const char *task)
{
	for (int k = 0; k < i; k++)
		if (compare_answers(w, k, task) && compare_has_task(w, system_of(w, k), task) &&
		    (!w->c->n_splits || w->run[k].system.split == w->run[i].system.split))
			return k;
	return i;
}

/* All that have it, of one split, were asked the same; the first is their measure. */
static enum status match_task(struct compare_work *w, const char *task)
{
	enum status st = ST_OK;

	for (int i = 0; i < w->c->n_runs && !st; i++) {
		struct run_answers *r = &w->run[i], *first;

		if (!compare_has_task(w, system_of(w, i), task))
			continue;
		first = &w->run[compare_first_like(w, i, task)];
		if (first != r)
			st = run_answers_match(first, plan_task_find(first->plan, task), r,
					       plan_task_find(r->plan, task), w->o->metric,
					       w->err);
	}
	return st;
}

/* --- all tasks --- */

/* Does every row count the same in the means of both? Pieces are a tokenizer's own. */
static bool weigh_alike(const struct task_answers *a, const struct task_answers *b)
{
	for (int i = 0; i < a->n; i++)
		if (a->weight[i] != b->weight[i])
			return false;
	return true;
}

/* Of a run that does not have it, or of two that cannot be beside each other. */
static bool lacks_metric(const struct run_answers *first, const struct task_answers *of_first,
			 const struct run_answers *r, const struct task_answers *a,
			 enum metric_id m, char why[256])
{
	bool of_losses = metric_table[m].input == METRIC_LOSSES;

	why[0] = '\0';
	if (!compare_said(r, a, m) && !of_losses)
		str_format(why, 256, "'%s' keeps nothing of single rows for it", r->run.name);
	else if (!compare_said(r, a, m) && r->run.is_imported)
		str_format(why, 256, "'%s' was imported, without losses", r->run.name);
	else if (!compare_said(r, a, m))
		str_format(why, 256, "'%s' did not keep what its rows count; --metric %s "
			   "asks its checkpoint", r->run.name, metric_table[m].name);
	else if (of_losses && !weigh_alike(of_first, a))
		str_format(why, 256, "'%s' and '%s' cut the rows into other pieces",
			   first->run.name, r->run.name);
	else if (a->lacks_some && m != METRIC_ACCURACY && a->gold)
		str_format(why, 256, "some rows have no answer");
	return why[0];
}

/* Can the metric be had from what is kept? Else `why` has a reason. */
static bool has_metric(const struct compare_work *w, const char *task, enum metric_id m,
		       char why[256])
{
	for (int i = 0; i < w->c->n_runs; i++) {
		int first;

		if (!compare_has_task(w, system_of(w, i), task))
			continue;
		first = compare_first_like(w, i, task);
		if (lacks_metric(&w->run[first], compare_answers(w, first, task),
				 &w->run[i], compare_answers(w, i, task), m, why))
			return false;
	}
	return true;
}

/* McNemar's test is of accuracy: beside it, else beside the task's first of labels. */
static bool tests_accuracy(const struct compare_work *w, const struct plan_task *t, int k)
{
	enum metric_id m = t->metrics[k];

	if (metric_table[m].input != METRIC_LABELS || m == METRIC_ACCURACY)
		return m == METRIC_ACCURACY;
	for (int i = 0; i < t->n_metrics && !w->o->metric; i++)
		if (t->metrics[i] == METRIC_ACCURACY || i < k)
			return false;
	return true;
}

static enum status measure_task(struct compare_work *w, const struct run_answers *r,
				const struct plan_task *t)
{
	struct comparison *c = w->c;
	enum status st = ST_OK;

	if (c->n_splits && !(t->dev_share > 0)) {
		add_note(w, "task '%s' is left out: its dev rows are those of a file, and the "
			 "splits are of other tasks: compare the runs of one split", t->name);
		return ST_OK;
	}
	st = match_task(w, t->name);
	for (int k = 0; k < t->n_metrics && !st; k++) {
		enum metric_id id = t->metrics[k];
		struct compared_measure *m = &c->measure[c->n_measures];
		char why[256];

		if ((w->o->metric && !str_eq(metric_table[id].name, w->o->metric)) ||
		    (w->o->only_first && k))
			continue;
		if (!has_metric(w, t->name, id, why)) {
			add_note(w, "%s of '%s' is left out: %s", metric_table[id].name,
				 t->name, why);
			continue;
		}
		str_copy(m->task, sizeof m->task, t->name);
		m->kind = r->plan->tasks[t - r->plan->tasks].kind;
		m->metric = id;
		m->has_mcnemar = tests_accuracy(w, t, k);
		c->n_measures++;
		st = compare_measure(w, t, m);
	}
	return st;
}

/* Was it met in a run before? */
static bool is_met(const struct compare_work *w, int run, const char *task)
{
	for (int i = 0; i < run; i++)
		if (plan_task_find(w->run[i].plan, task) >= 0)
			return true;
	return false;
}

static bool is_muted_somewhere(const struct compare_work *w, const char *task)
{
	for (int i = 0; i < w->c->n_runs; i++) {
		int at = plan_task_find(w->run[i].plan, task);

		if (at >= 0 && w->run[i].system.unheard >> at & 1)
			return true;
	}
	return false;
}

static int systems_with(const struct compare_work *w, const char *task, int *one)
{
	int n = 0;

	for (int i = 0; i < w->c->n_systems; i++)
		if (compare_has_task(w, i, task)) {
			*one = i;
			n++;
		}
	return n;
}

static enum status measure_all(struct compare_work *w)
{
	struct comparison *c = w->c;
	size_t tasks = 1;
	enum status st = ST_OK;

	for (int i = 0; i < c->n_runs; i++)
		tasks += (size_t)w->run[i].plan->n_tasks;
	c->measure = xcalloc(tasks * PLAN_METRICS, sizeof *c->measure);
	for (int i = 0; i < c->n_runs && !st; i++)
		for (int k = 0; k < w->run[i].plan->n_tasks && !st; k++) {
			const struct plan_task *t = &w->run[i].plan->tasks[k];
			int one = 0, n;

			if (is_met(w, i, t->name) ||
			    (w->o->task && !str_eq(w->o->task, t->name)))
				continue;
			n = systems_with(w, t->name, &one);
			if (!n)
				add_note(w, is_muted_somewhere(w, t->name) ?
					 "task '%s' is left out: it is muted" :
					 "task '%s' is left out: not every run of a "
					 "system has dev rows of it", t->name);
			else if (n == 1 && c->n_systems > 1)
				add_note(w, is_muted_somewhere(w, t->name) ?
					 "task '%s' is left out: but for '%s' it is muted" :
					 "task '%s' is left out: '%s' alone has it",
					 t->name, c->system[one].name);
			else
				st = measure_task(w, &w->run[i], t);
		}
	return st;
}

static void correct(struct comparison *c)
{
	size_t n = 0;
	double *p;

	for (int i = 0; i < c->n_measures; i++)
		n += (size_t)c->measure[i].n_pairs;
	p = xcalloc(n + 1, sizeof *p);
	n = 0;
	for (int i = 0; i < c->n_measures; i++)
		for (int k = 0; k < c->measure[i].n_pairs; k++) {
			p[n] = c->measure[i].pair[k].p;
			c->n_family += !isnan(p[n++]);
		}
	holm(p, (int)n, p);
	n = 0;
	for (int i = 0; i < c->n_measures; i++)
		for (int k = 0; k < c->measure[i].n_pairs; k++)
			c->measure[i].pair[k].holm = p[n++];
	xfree(p);
}

/* What was asked for has to be somewhere. */
static enum status check_wishes(const struct compare_work *w)
{
	const struct compare_options *o = w->o;
	bool has_task = !o->task, has_metric = !o->metric;
	struct buf names;

	buf_init(&names);
	for (int i = 0; i < w->c->n_runs; i++)
		for (int k = 0; k < w->run[i].plan->n_tasks; k++) {
			const struct plan_task *t = &w->run[i].plan->tasks[k];

			if (!is_met(w, i, t->name))
				buf_addf(&names, " %s", t->name);
			if (o->task && !str_eq(o->task, t->name))
				continue;
			has_task = true;
			for (int m = 0; o->metric && m < t->n_metrics; m++)
				has_metric |= str_eq(o->metric,
						     metric_table[t->metrics[m]].name);
		}
	if (!has_task)
		err_set(w->err, ST_INVALID, "no task '%.60s' in these runs; there are:%s",
			o->task, buf_str(&names));
	else if (!has_metric)
		err_set(w->err, ST_INVALID, "no run measures %s%s%s by '%.60s'",
			o->task ? "task '" : "a task", o->task ? o->task : "",
			o->task ? "'" : "", o->metric);
	buf_release(&names);
	return has_task && has_metric ? ST_OK : ST_INVALID;
}

enum status compare_runs(int n, const char *const *path, const struct compare_options *o,
			 struct progress *pg, struct comparison *out, struct err *err)
{
	struct compare_work w = { .o = o, .c = out, .pg = pg, .err = err };
	enum status st;

	*out = (struct comparison){ .level = o->level, .draws = o->draws, .seed = o->seed };
	buf_init(&out->notes);
	w.run = xcalloc((size_t)n + 1, sizeof *w.run);
	st = open_runs(&w, n, path);
	if (!st) {
		group_runs(&w);
		st = check_seeds(&w);
	}
	if (!st)
		st = find_baseline(&w);
	if (!st)
		st = check_wishes(&w);
	if (!st)
		st = read_runs(&w);
	if (!st)
		st = measure_all(&w);
	if (!st)
		correct(out);
	for (int i = 0; i < n; i++)
		if (w.run[i].plan)
			run_answers_release(&w.run[i]);
	xfree(w.run);
	xfree(w.split);
	return st;
}

void comparison_release(struct comparison *c)
{
	for (int i = 0; i < c->n_measures; i++) {
		xfree(c->measure[i].value);
		xfree(c->measure[i].pair);
	}
	xfree(c->measure);
	xfree(c->system);
	xfree(c->run);
	buf_release(&c->notes);
	*c = (struct comparison){ 0 };
}
