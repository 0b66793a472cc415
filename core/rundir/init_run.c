/*
 * init_run.c - a run's checkpoint as the init of another run. A parameter whose name and
 * shape are there is taken; tasks are found by their names. A head is taken where the
 * labels are the same ones in the same order; a layer that is a task's own, where it was
 * everybody's, is a copy of that.
 */
#include "rundir/init_own.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "rundir/checkpoint_own.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"

#define RUN "run:"
enum { RUN_LEN = sizeof RUN - 1 };

bool init_is_run(const char *text)
{
	return str_starts(text, RUN);
}

/* --- which checkpoint --- */

/* "NAME@40" parted; CHECKPOINT_BEST where no step is said. */
static enum status cut_step(const char *text, char name[PATH_MAX], int64_t *step,
			    struct err *err)
{
	const char *at = strrchr(text, '@');

	*step = CHECKPOINT_BEST;
	if (at && at[1] && !at[1 + strspn(at + 1, "0123456789")]) {
		if (!parse_i64(at + 1, step))
			return err_set(err, ST_INVALID, "no step: '%.40s'", at);
	} else {
		at = text + strlen(text);
	}
	if (at == text || at - text >= PATH_MAX)
		return err_set(err, ST_INVALID, "no run: '%.80s' (run:NAME, run:NAME@STEP)",
			       text);
	str_format(name, PATH_MAX, "%.*s", (int)(at - text), text);
	return ST_OK;
}

static enum status find_run(const char *runs, const char *name, const char *folder,
			    char run[PATH_MAX], struct err *err)
{
	char root[PATH_MAX], path[PATH_MAX];
	enum status st = rundir_root(runs, root, err);

	str_copy(path, sizeof path, name);
	if (!st && strchr(name, '/'))
		st = file_absolute(folder, name, path, sizeof path, err);
	return st ? st : rundir_find(root, path, run, err);
}

/* Exactly that step: another one would be another model. */
static enum status choose(const char *run, int64_t step, struct checkpoint_choice *c,
			  struct err *err)
{
	struct checkpoint_info *list = NULL;
	struct buf b;
	int n = 0;
	enum status st = checkpoint_choose(run, step, c, err);

	if ((st && st != ST_NOT_FOUND) || step < 0 || (!st && c->step == step))
		return st;
	buf_init(&b);
	if (!checkpoint_list(run, &list, &n, NULL))
		for (int i = n; i-- > 0;)
			buf_addf(&b, " %lld", (long long)list[i].step);
	st = err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld in '%.300s'; there are:"
		     "%.120s", (long long)step, run, b.len ? buf_str(&b) : " none");
	buf_release(&b);
	xfree(list);
	return st;
}

enum status init_run_find(const char *text, char checkpoint[PATH_MAX], struct err *err)
{
	struct checkpoint_choice c;
	char run[PATH_MAX];
	int64_t step;
	enum status st = cut_step(text + RUN_LEN, run, &step, err);

	if (!st)
		st = choose(run, step, &c, err);
	if (!st)
		str_copy(checkpoint, PATH_MAX, c.folder);
	return st;
}

/* --- its fields --- */

/* Places stay as many as the position table has, whatever the new tasks need. */
static enum status open_fields(const char *run, struct plan_base *base, struct err *err)
{
	struct plan *p = NULL;
	enum status st = run_plan(run, &p, err);

	if (st)
		return st;
	if (!p->model.max_positions && model_is_of_trunk(p->model.kind, "max_positions"))
		p->model.max_positions = model_places(&p->model);
	init_put_fields(p, base);
	plan_free(p);
	return ST_OK;
}

enum status init_run_open(const char *runs, const char *text, const char *folder,
			  struct plan_base *base, struct err *err)
{
	struct checkpoint_choice c;
	char name[PATH_MAX], run[PATH_MAX];
	int64_t step;
	enum status st = cut_step(text + RUN_LEN, name, &step, err);

	if (!st)
		st = find_run(runs, name, folder, run, err);
	if (!st)
		st = choose(run, step, &c, err);
	if (!st)
		st = open_fields(run, base, err);
	if (st)
		return st;
	str_copy(base->tokenizer, sizeof base->tokenizer, c.folder);
	if (str_format(base->init, sizeof base->init, RUN "%s@%lld", run, (long long)c.step))
		return ST_OK;
	json_free(base->fields);
	base->fields = NULL;
	return err_set(err, ST_INVALID, "path too long: '%.200s...'", run);
}

/* --- its weights --- */

struct source {
	struct checkpoint_state *state;
	struct safetensors *t;
	struct plan *plan;
	struct session *whole; /* NULL, or put together: its files leave weights out */
	int n;
	struct st_entry *e; /* [n] its weights */
	bool *is_taken; /* of them, in their order */
};

static void close_source(struct source *f)
{
	checkpoint_state_free(f->state);
	safetensors_close(f->t);
	plan_free(f->plan);
	session_free(f->whole);
	xfree(f->e);
	xfree(f->is_taken);
}

/* Of a checkpoint that holds what has changed alone: its weights in a session. */
static enum status put_together(const char *run, const char *folder, struct source *f,
				struct err *err)
{
	struct session_options o = { .folder = folder, .n_workers = 1 };
	struct plan *plan = NULL;
	enum status st = run_plan(run, &plan, err);

	if (!st)
		st = session_make(plan, &o, NULL, &f->whole, err);
	if (!st)
		st = checkpoint_load_weights(f->whole, folder, err);
	if (st)
		return st;
	f->n = f->whole->params.n;
	f->e = xcalloc((size_t)f->n, sizeof *f->e);
	for (int i = 0; i < f->n; i++)
		f->e[i] = checkpoint_entry(&f->whole->params, i, f->whole->params.value,
					   f->whole->params.p[i].name);
	return ST_OK;
}

static void list_weights(struct source *f)
{
	f->n = safetensors_count(f->t);
	f->e = xcalloc((size_t)f->n + 1, sizeof *f->e);
	for (int i = 0; i < f->n; i++)
		f->e[i] = *safetensors_at(f->t, i);
}

static const struct st_entry *find_weight(const struct source *f, const char *name)
{
	for (int i = 0; i < f->n; i++)
		if (str_eq(f->e[i].name, name))
			return &f->e[i];
	return NULL;
}

static enum status open_source(const char *text, struct source *f, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX], run[PATH_MAX];
	int64_t step;
	enum status st = init_run_find(text, folder, err);

	if (!st)
		st = cut_step(text + RUN_LEN, run, &step, err);
	if (!st)
		st = run_plan(run, &f->plan, err);
	if (!st)
		st = checkpoint_state_load(folder, &f->state, err);
	if (!st)
		st = checkpoint_verify(folder, f->state, FILE_MODEL, err);
	if (!st)
		st = checkpoint_path(folder, checkpoint_tensor_file(STATE_MODEL), path, err);
	if (!st)
		st = safetensors_open(path, true, &f->t, err);
	if (!st && f->state->init[0])
		st = put_together(run, folder, f, err);
	else if (!st)
		list_weights(f);
	if (!st)
		f->is_taken = xcalloc((size_t)f->n + 1, sizeof *f->is_taken);
	return st == ST_CORRUPT ? checkpoint_damaged(folder, st, err) : st;
}

static bool has_same_labels(const struct session *s, int task, const struct plan *was)
{
	const struct session_task *t = &s->task[task];
	const struct plan_task *p = &s->plan->tasks[task], *q;
	int k = plan_task_find(was, p->name);

	if (k < 0)
		return false;
	q = &was->tasks[k];
	if (q->kind != p->kind || q->n_labels != t->n_labels)
		return false;
	for (int i = 0; i < t->n_labels; i++)
		if (!str_eq(q->labels[i], t->labels[i]))
			return false;
	return true;
}

/* "head.out.weight" of "tasks.topic.head.out.weight"; NULL: everybody's. */
static const char *own_name(const struct session *s, const struct param *p)
{
	size_t n;

	if (p->owner == PARAM_SHARED)
		return NULL;
	n = strlen("tasks..") + strlen(s->plan->tasks[p->owner].name);
	BUG_IF(strlen(p->name) <= n);
	return p->name + n;
}

/* The tensor that a parameter starts from, or NULL. */
static const struct st_entry *find_source(const struct session *s, const struct param *p,
					  const struct source *f)
{
	const char *own = own_name(s, p);
	const struct st_entry *e;

	if (own && str_starts(own, "head.") && !has_same_labels(s, p->owner, f->plan))
		return NULL;
	e = find_weight(f, p->name);
	if (!e && own)
		e = find_weight(f, own);
	return e && checkpoint_has_shape(e, p) && checkpoint_has_good_values(e, false) ? e :
											 NULL;
}

static void mark(struct source *f, const struct st_entry *e)
{
	f->is_taken[e - f->e] = true;
}

static void take(struct session *s, struct source *f, struct init_taken *t)
{
	for (int i = 0; i < s->params.n; i++) {
		const struct param *p = &s->params.p[i];
		const struct st_entry *e = find_source(s, p, f);

		t->is_fresh[i] = !e;
		if (!e) {
			buf_addf(&t->fresh, "%s\n", p->name);
			continue;
		}
		memcpy(s->params.value + p->offset, e->data, e->bytes);
		mark(f, e);
		t->taken++;
	}
	for (int i = 0; i < f->n; i++)
		if (!f->is_taken[i])
			buf_addf(&t->unused, "%s\n", f->e[i].name);
}

enum status init_run_start(struct session *s, struct init_taken *t, char hash[HASH_TEXT],
			   struct err *err)
{
	struct source f = { 0 };
	char vocab[HASH_TEXT];
	enum status st = open_source(s->plan->init, &f, err);

	hash_text(tokenizer_hash(s->tok), vocab);
	if (!st && !str_eq(vocab, f.state->vocab))
		st = err_set(err, ST_INVALID, "'%.300s' has another vocabulary (leave out "
			     "tokenizer.vocab)", s->plan->init);
	if (!st) {
		take(s, &f, t);
		str_copy(hash, HASH_TEXT, f.state->state);
		if (!t->taken)
			st = err_set(err, ST_INVALID, "'%.300s' has no weights for this plan",
				     s->plan->init);
	}
	close_source(&f);
	return st;
}
