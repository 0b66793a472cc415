/*
 * run_table.c - cards of runs, and what can be read off two of them.
 */
#include "look/run_table.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "look/telemetry.h"
#include "rundir/run_open.h"

/* --- has it changed --- */

/* A reader may leave an empty log behind: that is no change. */
static void stamp_of(const char *run, struct run_stamp *out)
{
	static const char *const file[3] = { "plan.json", "run.db", "run.db-wal" };
	char path[PATH_MAX];
	struct stat sb;

	memset(out, 0, sizeof *out);
	for (int i = 0; i < 3; i++) {
		if (!str_format(path, sizeof path, "%s/%s", run, file[i]) ||
		    stat(path, &sb) || (i == 2 && !sb.st_size))
			continue;
		out->size[i] = (int64_t)sb.st_size;
		out->mtime_ns[i] = sb.st_mtim.tv_sec * INT64_C(1000000000) +
				   sb.st_mtim.tv_nsec;
	}
}

static const struct run_card *card_before(const struct run_table *t,
					  const struct run_card *c)
{
	for (int i = 0; t && i < t->n; i++)
		if (str_eq(t->card[i].info.path, c->info.path) &&
		    !memcmp(&t->card[i].stamp, &c->stamp, sizeof c->stamp))
			return &t->card[i];
	return NULL;
}

/* --- one run --- */

static void card_release(struct run_card *c)
{
	for (int i = 0; i < c->n_tasks; i++) {
		xfree(c->task[i].step);
		xfree(c->task[i].value);
		xfree(c->task[i].averaged);
	}
	xfree(c->task);
	c->task = NULL;
	c->n_tasks = 0;
}

static void card_copy(struct run_card *to, const struct run_card *from)
{
	*to = *from;
	to->task = xcalloc((size_t)from->n_tasks + 1, sizeof *to->task);
	for (int i = 0; i < from->n_tasks; i++) {
		struct run_task *t = &to->task[i];
		size_t n = (size_t)from->task[i].n;

		*t = from->task[i];
		t->step = xcalloc(n + 1, sizeof *t->step);
		t->value = xcalloc(n + 1, sizeof *t->value);
		t->averaged = xcalloc(n + 1, sizeof *t->averaged);
		if (!n)
			continue;
		memcpy(t->step, from->task[i].step, n * sizeof *t->step);
		memcpy(t->value, from->task[i].value, n * sizeof *t->value);
		memcpy(t->averaged, from->task[i].averaged, n * sizeof *t->averaged);
	}
}

static void trouble(struct run_card *c, const struct err *why)
{
	if (!c->info.trouble[0])
		str_copy(c->info.trouble, sizeof c->info.trouble, why->text);
}

static void take_plan(struct run_card *c, const struct plan *p)
{
	c->n_tasks = p->n_tasks;
	c->task = xcalloc((size_t)p->n_tasks + 1, sizeof *c->task);
	for (int i = 0; i < p->n_tasks; i++) {
		struct run_task *t = &c->task[i];

		str_copy(t->name, sizeof t->name, p->tasks[i].name);
		t->kind = p->tasks[i].kind;
		t->metric = p->tasks[i].metrics[0];
		t->whole_step = -1;
		t->whole = NAN;
	}
}

static double metric_of(const struct eval_row *r, enum metric_id m)
{
	for (int i = 0; i < r->n_metrics; i++)
		if (str_eq(r->metric[i].name, metric_table[m].name))
			return r->metric[i].value;
	return NAN;
}

/*
 * Rows come by timeline, then step: what a later timeline did again replaces
 * what the earlier one had from there on.
 */
static void take_eval(struct run_task *t, size_t cap[3], const struct eval_row *r)
{
	double v = metric_of(r, t->metric);

	if (r->step < 0 || !isfinite(v))
		return;
	if (r->is_whole) {
		t->whole_step = r->step;
		t->whole = v;
		return;
	}
	while (t->n && t->step[t->n - 1] >= r->step)
		t->n--;
	ARRAY_GROW(t->step, t->n, cap[0]);
	ARRAY_GROW(t->value, t->n, cap[1]);
	ARRAY_GROW(t->averaged, t->n, cap[2]);
	t->step[t->n] = r->step;
	t->averaged[t->n] = NAN;
	t->value[t->n++] = (float)v;
}

static enum status take_averaged(struct run_card *c, struct store *db, struct err *err)
{
	struct eval_row *row = NULL;
	int n = 0;
	enum status st = store_averaged_from(db, 0, &row, &n, err);

	for (int i = 0; i < n; i++) {
		struct run_task *t = row[i].task < c->n_tasks ? &c->task[row[i].task] : NULL;

		for (int k = 0; t && k < t->n; k++)
			if (t->step[k] == row[i].step)
				t->averaged[k] = (float)metric_of(&row[i], t->metric);
	}
	xfree(row);
	return st;
}

static enum status take_evals(struct run_card *c, struct store *db, struct err *err)
{
	size_t (*cap)[3] = xcalloc((size_t)c->n_tasks + 1, sizeof *cap);
	struct eval_row *row = NULL;
	int n = 0;
	enum status st = store_evals_read(db, -1, &row, &n, err);

	for (int i = 0; i < n; i++)
		if (row[i].task < c->n_tasks)
			take_eval(&c->task[row[i].task], cap[row[i].task], &row[i]);
	xfree(row);
	xfree(cap);
	return st ? st : take_averaged(c, db, err);
}

/* A note may stand in quotes, as a shell would want it. */
static void take_note(struct run_card *c, const char *text)
{
	size_t n;

	if (c->note[0])
		return;
	str_copy(c->note, sizeof c->note, text + (*text == '"'));
	n = strlen(c->note);
	if (*text == '"' && n && c->note[n - 1] == '"')
		c->note[n - 1] = '\0';
}

static enum status take_journal(struct run_card *c, struct store *db, struct err *err)
{
	struct journal_entry *e = NULL;
	int n = 0;
	enum status st = store_journal_read(db, 0, &e, &n, err);

	for (int i = 0; i < n; i++) {
		bool is_note = str_starts(e[i].command, "note ");

		c->interventions += !is_note;
		/* a person's word on the run; an actor's may be what it was refused */
		if (is_note && e[i].who != WHO_GUARD && e[i].who != WHO_ACTOR)
			take_note(c, e[i].command + 5);
	}
	xfree(e);
	return st;
}

static void take_step(void *arg, const struct step_row *r)
{
	int64_t *step = arg;

	if (r->step > *step)
		*step = r->step;
}

static enum status take_store(struct run_card *c, const struct plan *plan,
			      struct err *err)
{
	char *created;
	struct store *db;
	enum status st = run_store(c->info.path, &db, err);
	struct score_row best;

	if (st)
		return st;
	if (!store_score_best(db, INT32_MAX, INT64_MAX, &best, NULL))
		c->best_step = best.step;
	created = store_fact(db, "created");
	if (created)
		parse_i64(created, &c->info.created_ms);
	xfree(created);
	st = take_journal(c, db, err);
	if (!st)
		st = take_evals(c, db, err);
	if (!st)
		st = store_steps_read(db, c->info.step, INT64_MAX, 1, take_step,
				      &c->info.step, err);
	if (!st)
		st = run_system_read(c->info.name, plan, db, &c->system, err);
	for (int i = 0; !st && i < c->n_tasks; i++)
		c->task[i].is_unheard = c->system.unheard >> i & 1;
	store_close(db);
	return st;
}

static double value_at(const struct run_task *t, const float *value, int64_t step)
{
	for (int i = 0; i < t->n; i++)
		if (t->step[i] == step)
			return (double)value[i];
	return NAN;
}

/*
 * The best is the run's own word. A store from before scores has none: of the
 * evaluations of all tasks, which the first one and all others have, the best mean.
 */
static void find_steps(struct run_card *c)
{
	double best = -INFINITY;

	c->newest_step = -1;
	for (int i = 0; i < c->n_tasks; i++) {
		const struct run_task *t = &c->task[i];

		if (t->n && t->step[t->n - 1] > c->newest_step)
			c->newest_step = t->step[t->n - 1];
	}
	if (c->best_step >= 0)
		return;
	for (int k = 0; c->n_tasks && k < c->task[0].n; k++) {
		double sum = 0;

		for (int i = 0; i < c->n_tasks; i++)
			sum += value_at(&c->task[i], c->task[i].value,
					c->task[0].step[k]);
		if (isfinite(sum) && sum > best) {
			best = sum;
			c->best_step = c->task[0].step[k];
		}
	}
}

static void read_card(struct run_card *c)
{
	struct plan *plan;
	struct err why = { "" };
	enum status st;

	rundir_look(&c->info);
	c->best_step = -1;
	st = run_plan(c->info.path, &plan, &why);
	if (!st) {
		take_plan(c, plan);
		st = take_store(c, plan, &why);
	}
	if (st)
		trouble(c, &why);
	find_steps(c);
	plan_free(plan);
}

/* --- the table --- */

enum status run_table_read(const char *root, const struct run_table *before,
			   struct progress *pg, struct run_table *out, struct err *err)
{
	struct run_info *list = NULL;
	int n = 0;
	enum status st = rundir_names(root, &list, &n, err);

	*out = (struct run_table){ 0 };
	if (st)
		return st;
	out->card = xcalloc((size_t)n + 1, sizeof *out->card);
	progress_begin(pg, (uint64_t)n, "runs", "reading runs");
	for (int i = 0; i < n && !st; i++) {
		struct run_card *c = &out->card[out->n++];
		const struct run_card *old;

		c->info = list[i];
		stamp_of(c->info.path, &c->stamp);
		old = card_before(before, c);
		if (old) {
			card_copy(c, old);
			/* whoever takes a run up again writes to it soon */
			c->info.live = old->info.live && run_is_live(c->info.path);
		} else {
			read_card(c);
			out->reread++;
		}
		if (progress_tick(pg, (uint64_t)i))
			st = err_set(err, ST_STOPPED, "reading runs was stopped");
	}
	xfree(list);
	if (st)
		run_table_release(out);
	return st;
}

void run_table_copy(struct run_table *to, const struct run_table *from)
{
	*to = (struct run_table){ .n = from->n };
	to->card = xcalloc((size_t)from->n + 1, sizeof *to->card);
	for (int i = 0; i < from->n; i++)
		card_copy(&to->card[i], &from->card[i]);
}

void run_table_release(struct run_table *t)
{
	for (int i = 0; i < t->n; i++)
		card_release(&t->card[i]);
	xfree(t->card);
	*t = (struct run_table){ 0 };
}

void run_groups_of(const struct run_table *t, struct run_groups *out)
{
	const char **name = xcalloc((size_t)t->n + 1, sizeof *name);
	struct run_system *system = xcalloc((size_t)t->n + 1, sizeof *system);

	for (int i = 0; i < t->n; i++) {
		name[i] = t->card[i].info.name;
		system[i] = t->card[i].system;
	}
	run_groups_make(t->n, name, system, out);
	xfree(name);
	xfree(system);
}

/* --- reading off --- */

const struct run_task *run_card_task(const struct run_card *c, const char *name)
{
	for (int i = 0; i < c->n_tasks; i++)
		if (str_eq(c->task[i].name, name))
			return &c->task[i];
	return NULL;
}

/* Of the evaluation that is picked; there is one at least. */
static double picked(const struct run_card *c, const struct run_task *t, const float *value,
		     enum run_pick pick, int64_t step)
{
	double v = NAN;

	if (pick == PICK_BEST && c->best_step >= 0)
		return value_at(t, value, c->best_step);
	if (pick != PICK_STEP)
		return (double)value[t->n - 1];
	for (int i = 0; i < t->n && t->step[i] <= step; i++)
		v = (double)value[i];
	return v;
}

double run_task_value(const struct run_card *c, const struct run_task *t,
		      enum run_pick pick, int64_t step)
{
	if (!t || !t->n || t->is_unheard)
		return NAN;
	if (pick == PICK_NEWEST && t->whole_step >= t->step[t->n - 1])
		return t->whole;
	return picked(c, t, t->value, pick, step);
}

double run_task_averaged(const struct run_card *c, const struct run_task *t,
			 enum run_pick pick, int64_t step)
{
	if (!t || !t->n || t->is_unheard || !t->averaged)
		return NAN;
	return picked(c, t, t->averaged, pick, step);
}

bool run_card_counts(const struct run_card *c, int i)
{
	if (c->task[i].is_unheard)
		return false;
	if (metric_table[c->task[i].metric].unit != METRIC_PLAIN)
		return true;
	for (int k = 0; k < c->n_tasks; k++)
		if (c->task[k].metric != c->task[i].metric && !c->task[k].is_unheard)
			return false;
	return true;
}

double run_card_mean(const struct run_card *c, enum run_pick pick, int64_t step)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < c->n_tasks; i++) {
		if (!run_card_counts(c, i))
			continue;
		sum += metric_turned(c->task[i].metric,
				     run_task_value(c, &c->task[i], pick, step));
		n++;
	}
	return n ? sum / n : NAN;
}

double run_task_difference(const struct run_card *a, const struct run_card *b, int i,
			   enum run_pick pick, int64_t step)
{
	const struct run_task *t = run_card_task(b, a->task[i].name);

	if (!t || t->metric != a->task[i].metric)
		return NAN;
	return metric_gain(t->metric, run_task_value(a, &a->task[i], pick, step),
			   run_task_value(b, t, pick, step));
}

double run_card_difference(const struct run_card *a, const struct run_card *b,
			   enum run_pick pick, int64_t step, int *common)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < a->n_tasks; i++) {
		double x = run_task_difference(a, b, i, pick, step);

		if (!run_card_counts(a, i) || !isfinite(x))
			continue;
		sum += x;
		n++;
	}
	if (common)
		*common = n;
	return n ? sum / n : NAN;
}
