/*
 * compare_run.c - a run's answers to all dev rows: from its store, or asked of a
 * checkpoint.
 */
#include "look/compare_own.h"

#include <math.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/open.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"

/* --- predictions as numbers --- */

static uint64_t hash_of(const char *a, const char *b)
{
	struct hasher *h = hasher_new();

	hasher_add_str(h, a ? a : "");
	hasher_add_str(h, b ? b : "");
	return hasher_end(h).lo;
}

static uint64_t hash_words(const struct plan_task *t, const struct prediction *p)
{
	uint64_t hash;
	struct buf b;

	buf_init(&b);
	ask_kind(t->kind)->right_words(t, p, &b);
	hash = hash64_bytes(buf_str(&b), b.len);
	buf_release(&b);
	return hash;
}

/* What is right: a label's name, those of a set, a number's bits, a text. */
static uint64_t hash_target(const struct plan_task *t, const struct prediction *p,
			    double gold, const char *target)
{
	char bits[17] = "";

	if (ask_kind(t->kind)->right_words)
		return hash_words(t, p);
	if (isnan(gold))
		return hash_of(target, NULL);
	if (t->n_labels && gold >= 0 && gold < t->n_labels)
		return hash_of(t->labels[(int)gold], NULL);
	double_to_hex(gold, bits);
	return hash_of(bits, NULL);
}

/* What its weight makes nothing of is none: it may be no number. */
static double loss_of(const struct prediction *p)
{
	return p->weight > 0 ? p->loss : 0;
}

static void take_said(struct task_answers *a, const struct plan_task *t,
		      const struct prediction *p)
{
	const struct ask_kind *k = ask_kind(t->kind);

	for (int m = 0; m < t->n_metrics; m++) {
		double *said = xcalloc((size_t)a->n, sizeof *said);
		bool of_losses = metric_table[t->metrics[m]].input == METRIC_LOSSES;
		bool any = of_losses && a->weight, lacks = false;

		for (int i = 0; i < a->n; i++) {
			said[i] = of_losses ? loss_of(&p[i]) :
				  k->said_value(&p[i], t->metrics[m]);
			any |= !of_losses && !isnan(said[i]);
			lacks |= !of_losses && isnan(said[i]);
		}
		a->lacks_some |= any && lacks;
		if (any)
			a->said[m] = said;
		else
			xfree(said);
	}
}

/* What the rows' losses count; NULL: no row says it. */
static double *take_weights(int n, const struct prediction *p)
{
	double *weight = xcalloc((size_t)n + 1, sizeof *weight);
	bool any = false;

	for (int i = 0; i < n; i++) {
		weight[i] = p[i].weight;
		any |= weight[i] > 0;
	}
	if (any)
		return weight;
	xfree(weight);
	return NULL;
}

static void take_answers(struct task_answers *a, const struct plan_task *t, int n,
			 const struct prediction *p, const struct dev_row *row)
{
	const struct ask_kind *k = ask_kind(t->kind);
	size_t cap = (size_t)n + 1;

	*a = (struct task_answers){ .n = n };
	a->row = xcalloc(cap, sizeof *a->row);
	a->line = xcalloc(cap, sizeof *a->line);
	a->text = xcalloc(cap, sizeof *a->text);
	a->target = xcalloc(cap, sizeof *a->target);
	if (k->right_value)
		a->gold = xcalloc(cap, sizeof *a->gold);
	for (int i = 0; i < n; i++) {
		double gold = k->right_value ? k->right_value(&p[i]) : NAN;

		if (a->gold)
			a->gold[i] = gold;
		a->row[i] = row[i].row;
		a->line[i] = row[i].line;
		a->text[i] = hash_of(row[i].text, row[i].pair);
		a->target[i] = hash_target(t, &p[i], gold, row[i].target);
	}
	a->weight = take_weights(n, p);
	take_said(a, t, p);
}

static void answers_release(struct task_answers *a)
{
	xfree(a->row);
	xfree(a->line);
	xfree(a->text);
	xfree(a->target);
	xfree(a->gold);
	xfree(a->weight);
	for (int m = 0; m < PLAN_METRICS; m++)
		xfree(a->said[m]);
	*a = (struct task_answers){ 0 };
}

/* --- those that the store keeps --- */

/* Rows of the task's dev set, as the run's facts have it; -1: it does not say. */
static int64_t dev_rows(struct store *db, const struct plan_task *t)
{
	char key[96], *fact, *at;
	int64_t n = -1;

	str_format(key, sizeof key, "data.%s.dev", t->name);
	fact = store_fact(db, key);
	at = fact ? strchr(fact, ' ') : NULL;
	if (at) {
		at[1 + strcspn(at + 1, " ")] = '\0';
		if (!parse_i64(at + 1, &n))
			n = -1;
	}
	xfree(fact);
	return n;
}

static bool is_wanted(const struct run_answers *r, int task, const struct compare_options *o)
{
	return (!o->task || str_eq(r->plan->tasks[task].name, o->task)) &&
	       !(r->system.unheard >> task & 1);
}

/* Of all dev rows, and as good as the task's beams would make it? */
static bool is_full(const struct run_answers *r, struct store *db, const struct eval_row *e)
{
	const struct plan_task *t = &r->plan->tasks[e->task];

	if (e->step < 0)
		return false;
	return e->is_whole || r->system.is_imported ||
	       (!ask_kind(t->kind)->decodes && e->n_examples == dev_rows(db, t));
}

/*
 * Is a metric of losses asked for that the store, of before weights were kept, cannot
 * give, but a checkpoint can?
 */
static bool lacks_weights(const struct run_answers *r, int task,
			  const struct compare_options *o)
{
	const struct plan_task *t = &r->plan->tasks[task];
	const struct metric_info *m = o->metric ? metric_find(o->metric) : NULL;
	bool is_measured = false;

	for (int i = 0; m && i < t->n_metrics; i++)
		is_measured |= t->metrics[i] == m->id;
	return is_measured && m->input == METRIC_LOSSES && !r->task[task].weight &&
	       !o->only_kept && !r->system.is_imported;
}

/* Its predictions, if those of every row are kept, with all that is asked for. */
static enum status read_kept(struct run_answers *r, struct store *db,
			     const struct compare_options *o, const struct eval_row *e,
			     bool *has, struct err *err)
{
	struct prediction_set set;
	enum status st = store_predictions_read(db, e->task, e->step, &set, err);

	*has = !st && set.n == e->n_examples;
	if (*has) {
		answers_release(&r->task[e->task]);
		take_answers(&r->task[e->task], &r->plan->tasks[e->task], set.n, set.p,
			     set.row);
		*has = !lacks_weights(r, e->task, o);
	}
	if (!st)
		prediction_set_release(&set);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* All wanted tasks that were ever evaluated, at one step; imported ones at any. */
static enum status read_step(struct run_answers *r, struct store *db,
			     const struct compare_options *o, const struct eval_row *e,
			     int n, int64_t step, bool *has_all, struct err *err)
{
	enum status st = ST_OK;

	*has_all = true;
	for (int task = 0; !st && task < r->plan->n_tasks; task++) {
		const struct eval_row *best = NULL;
		bool was_asked = false, has = false;

		for (int i = 0; i < n; i++) {
			if (e[i].task != task || e[i].step < 0)
				continue;
			was_asked = true;
			if ((e[i].step == step || r->system.is_imported) &&
			    is_full(r, db, &e[i]))
				best = &e[i];
		}
		if (!was_asked || !is_wanted(r, task, o))
			continue;
		if (best)
			st = read_kept(r, db, o, best, &has, err);
		*has_all &= has;
	}
	return st;
}

/* Steps of evaluations, the newest first; only == -1: any. */
static enum status read_store(struct run_answers *r, struct store *db,
			      const struct compare_options *o, int64_t only, bool *has,
			      struct err *err)
{
	struct eval_row *e = NULL;
	int n = 0;
	int64_t before = INT64_MAX, step;
	enum status st = store_evals_read(db, -1, &e, &n, err);

	for (*has = false; !st && !*has; before = step) {
		step = -1;
		for (int i = 0; i < n; i++)
			if (e[i].step < before && e[i].step > step &&
			    (only < 0 || e[i].step == only))
				step = e[i].step;
		if (step < 0)
			break;
		st = read_step(r, db, o, e, n, step, has, err);
		r->run.step = step;
	}
	xfree(e);
	return st;
}

/* --- those that are made here --- */

static enum status ask_task(struct run_answers *r, struct session *s, int task,
			    struct progress *pg, struct err *err)
{
	struct eval_options o = { .keep = INT_MAX, .detail = 1 };
	struct evaluation e;
	enum status st;

	if (!s->task[task].dev || !dataset_size(s->task[task].dev))
		return ST_OK;
	st = evaluate_task(s, task, &o, pg, &e, err);
	if (st)
		return st;
	take_answers(&r->task[task], &r->plan->tasks[task], e.n_kept, e.kept, e.dev_rows);
	evaluation_release(&e);
	return ST_OK;
}

static enum status make_here(struct run_answers *r, int64_t step, const struct compare_options *o,
			     struct progress *pg, struct err *err)
{
	struct session_wanted w = { .run = r->run.path, .step = step, .workers = o->workers,
				    .with_data = true };
	struct checkpoint_choice c;
	struct session *s = NULL;
	enum status st = session_open(&w, pg, &c, &s, err);

	if (st)
		return err_wrap(err, st, "run '%s' keeps no predictions of all dev rows, "
				"and cannot be evaluated", r->run.name);
	r->run.is_made = true;
	r->run.step = c.step;
	for (int i = 0; i < r->plan->n_tasks && !st; i++) {
		answers_release(&r->task[i]);
		if (is_wanted(r, i, o))
			st = ask_task(r, s, i, pg, err);
	}
	session_free(s);
	return st;
}

static enum status refuse_gone(const struct run_answers *r, const struct compare_options *o,
			       enum status st, struct err *err)
{
	const struct metric_info *m = o->metric ? metric_find(o->metric) : NULL;
	bool of_losses = m && m->input == METRIC_LOSSES;

	if (st != ST_NOT_FOUND)
		return st;
	return err_set(err, ST_NOT_FOUND, "run '%s' keeps no predictions of all dev rows"
		       "%s, and no checkpoint that could make them: 'tutti train %s/plan.json "
		       "--set budget.eval_end=all' makes a run that does", r->run.name,
		       of_losses ? " with what their losses count" : "", r->run.path);
}

/* --- a run --- */

enum status run_answers_open(const char *path, struct run_answers *out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct store *db = NULL;
	enum status st;

	*out = (struct run_answers){ .run.step = -1 };
	str_copy(out->run.path, sizeof out->run.path, path);
	str_copy(out->run.name, sizeof out->run.name, slash && slash[1] ? slash + 1 : path);
	st = run_open(path, &out->plan, &db, err);
	if (st)
		return st;
	st = run_system_read(out->run.name, out->plan, db, &out->system, err);
	out->run.seed = out->system.seed;
	out->run.split = out->system.split;
	out->run.is_imported = out->system.is_imported;
	out->task = xcalloc((size_t)out->plan->n_tasks + 1, sizeof *out->task);
	store_close(db);
	return st;
}

enum status run_answers_read(const char *path, const struct compare_options *o,
			     struct progress *pg, struct run_answers *r, struct err *err)
{
	struct checkpoint_choice c = { .step = -1 };
	struct store *db = NULL;
	bool has = false, is_chosen = o->step != COMPARE_NEWEST && !r->system.is_imported;
	enum status st = ST_OK;

	if (is_chosen) {
		st = checkpoint_choose(path, o->step == COMPARE_BEST ? CHECKPOINT_BEST :
				       o->step, &c, err);
		if (st)
			return refuse_gone(r, o, st, err);
	}
	st = run_store(path, &db, err);
	if (!st)
		st = read_store(r, db, o, is_chosen ? c.step : -1, &has, err);
	store_close(db);
	if (st || has)
		return st;
	if (o->only_kept)
		return err_set(err, ST_NOT_FOUND, "run '%s' keeps no predictions of all dev "
			       "rows; 'tutti compare' makes them", r->run.name);
	if (!is_chosen)
		st = checkpoint_choose(path, CHECKPOINT_NEWEST, &c, err);
	return st ? refuse_gone(r, o, st, err) : make_here(r, c.asked, o, pg, err);
}

void run_answers_release(struct run_answers *r)
{
	for (int i = 0; r->task && i < r->plan->n_tasks; i++)
		answers_release(&r->task[i]);
	xfree(r->task);
	plan_free(r->plan);
	*r = (struct run_answers){ 0 };
}
