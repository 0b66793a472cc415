/*
 * checkpoint.c - writing a checkpoint and letting old ones go.
 *
 *   checkpoints/.tmp-step-000500-PID   files, each flushed; then the folder
 *   checkpoints/step-000500            after the rename: complete, or not there
 *   checkpoints/.old-step-000100-PID   on its way out
 *
 * A second, different state of the same step (a command came, no step after it)
 * gets a name of its own, "step-000500.1": at no moment is the run without it.
 * What is deleted loses its name first. checkpoint_sweep() clears the dots.
 */
#include "rundir/checkpoint_own.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/data_kind.h"
#include "base/safetensors.h"
#include "plan/plan_kind.h"

/* --- files --- */

static void put_task(struct json_out *o, const struct plan_task *p,
		     const struct session_task *t)
{
	json_open(o, NULL, '{');
	json_put_str(o, "name", p->name);
	json_put_str(o, "kind", task_kind_name(p->kind));
	if (data_target(p->kind)->has_labels) {
		json_open(o, "labels", '[');
		for (int i = 0; i < t->n_labels; i++)
			json_put_str(o, NULL, t->labels[i]);
		json_close(o, ']');
	}
	if (plan_has_trait(p->kind, FOR_THRESHOLD))
		json_put_num(o, "threshold", t->threshold);
	if (data_kind(p->kind)->prepare) {
		json_put_num(o, "mean", t->mean);
		json_put_num(o, "scale", t->scale);
	}
	if (t->grid.n) { /* what is said for a number */
		json_put_num(o, "number_step", t->grid.step);
		json_open(o, "number_range", '[');
		json_put_num(o, NULL, number_grid_value(&t->grid, 0));
		json_put_num(o, NULL, number_grid_value(&t->grid, t->grid.n - 1));
		json_close(o, ']');
	}
	json_close(o, '}');
}

/* For whoever opens the weights elsewhere, and checkpoint_other_model(). */
static enum status write_config(const struct session *s, const char *path,
				struct err *err)
{
	struct json_out o;
	struct buf b;
	enum status st;

	buf_init(&b);
	json_out_init(&o, &b, 2);
	json_open(&o, NULL, '{');
	checkpoint_put_model(&o, s);
	json_open(&o, "tasks", '[');
	for (int i = 0; i < s->n_tasks; i++)
		put_task(&o, &s->plan->tasks[i], &s->task[i]);
	json_close(&o, ']');
	json_close(&o, '}');
	buf_addc(&b, '\n');
	st = file_write(path, b.s, b.len, err);
	buf_release(&b);
	return st;
}

struct st_entry checkpoint_entry(const struct param_set *ps, int i, const float *block,
				 const char *name)
{
	const struct param *p = &ps->p[i];
	struct st_entry e = { .name = name, .dtype = ST_F32, .n_dims = 2,
			      .dim = { p->rows, p->cols },
			      .data = block + p->offset,
			      .bytes = param_count(ps, i) * sizeof *block };

	if (p->rows == 1) {
		e.n_dims = 1;
		e.dim[0] = p->cols;
		e.dim[1] = 0;
	}
	return e;
}

enum { TENSOR_NAME = PARAM_NAME + 8 };

/*
 * What no update has touched is what a start from the plan and its init gives: value and
 * average as there, moments 0.
 */
static bool is_left_out(const struct session *s, int p)
{
	return s->plan->saves_changed && s->init[0] && !s->adam.count[p];
}

/* The entries of a row of the state; returns their number. */
static int put_entries(const struct session *s, const struct state_field *f,
		       struct st_entry *e, char (*name)[TENSOR_NAME])
{
	const struct param_set *ps = &s->params;
	const void *at = state_at(s, f, 0);
	int n = 0;

	if (f->type == STATE_TIMES) {
		*e = (struct st_entry){ .name = f->name, .dtype = ST_I64, .n_dims = 1,
					.dim = { ps->n }, .data = *(int64_t *const *)at,
					.bytes = (size_t)ps->n * sizeof(int64_t) };
		return 1;
	}
	for (int i = 0; i < ps->n; i++) {
		if (is_left_out(s, i) || !state_has_param(f, ps, i))
			continue;
		str_format(name[n], TENSOR_NAME, "%s%s", f->name, ps->p[i].name);
		e[n] = checkpoint_entry(ps, i, *(float *const *)at, name[n]);
		n++;
	}
	return n;
}

static enum status write_tensors(const struct session *s, enum state_file file,
				 const char *path, struct err *err)
{
	const char *const meta[] = { "format", "tutti", NULL };
	struct st_entry *e;
	char(*name)[TENSOR_NAME];
	size_t most = 0;
	enum status st;
	int n = 0;

	for (int i = 0; i < state_count; i++)
		most += state_table[i].file == file ? (size_t)s->params.n + 1 : 0;
	e = xcalloc(most, sizeof *e);
	name = xcalloc(most, sizeof *name);
	for (int i = 0; i < state_count; i++)
		if (state_table[i].file == file)
			n += put_entries(s, &state_table[i], e + n, name + n);
	st = safetensors_save(path, e, n, meta, err);
	xfree(name);
	xfree(e);
	return st;
}

static enum status write_one(const struct session *s, enum checkpoint_file f,
			     const char *path, struct err *err)
{
	switch (f) {
	case FILE_CONFIG:    return write_config(s, path, err);
	case FILE_MODEL:     return write_tensors(s, STATE_MODEL, path, err);
	case FILE_OPTIMIZER: return write_tensors(s, STATE_OPTIMIZER, path, err);
	case FILE_AVERAGE:   return write_tensors(s, STATE_AVERAGE, path, err);
	default: return tokenizer_save_file(s->tok, (int)f - FILE_TOKENIZER, path, err);
	}
}

static void content_of(const struct dataset *d, char out[HASH_TEXT])
{
	out[0] = '\0';
	if (d)
		hash_text(dataset_content(d), out);
}

static struct checkpoint_state *describe(const struct session *s,
					 const struct checkpoint_row *row,
					 int64_t journal_seq)
{
	struct checkpoint_state *c = xcalloc(1, sizeof *c);

	c->step = s->step;
	c->timeline = s->timeline;
	c->journal_seq = journal_seq;
	c->score = row->score;
	str_copy(c->name, sizeof c->name, row->name);
	str_copy(c->state, sizeof c->state, row->state);
	c->tokenizer = tokenizer_kind_of(s->tok);
	hash_text(tokenizer_hash(s->tok), c->vocab);
	if (s->plan->saves_changed)
		str_copy(c->init, sizeof c->init, s->init);
	c->n_tasks = s->n_tasks;
	c->held = state_shell(s->n_tasks);
	state_copy(c->held, s);
	c->task = xcalloc((size_t)s->n_tasks, sizeof *c->task);
	for (int i = 0; i < s->n_tasks; i++) {
		struct checkpoint_task *t = &c->task[i];

		str_copy(t->name, sizeof t->name, s->plan->tasks[i].name);
		content_of(s->task[i].train, t->train);
		content_of(s->task[i].dev, t->dev);
		t->mean = s->task[i].mean;
		t->scale = s->task[i].scale;
	}
	return c;
}

static bool has_file(const struct session *s, enum checkpoint_file f)
{
	if (f >= FILE_TOKENIZER && f < FILE_MODEL)
		return tokenizer_has_file(s->tok, (int)f - FILE_TOKENIZER);
	return f != FILE_AVERAGE || s->average;
}

/* All files into `folder`; what is measured is what stands on the disk. */
static enum status write_files(const struct session *s, const char *folder,
			       struct checkpoint_state *c, struct err *err)
{
	char path[PATH_MAX];
	struct buf b;
	enum status st = ST_OK;

	for (int f = 0; f < CHECKPOINT_FILES && !st; f++) {
		enum checkpoint_file file = (enum checkpoint_file)f;
		const char *name = checkpoint_file_name(c->tokenizer, file);

		if (!name || !has_file(s, file))
			continue;
		st = checkpoint_path(folder, name, path, err);
		if (!st)
			st = write_one(s, file, path, err);
		if (!st)
			st = checkpoint_measure(folder, name, &c->file[f].bytes,
						c->file[f].sum, err);
	}
	if (!st)
		st = checkpoint_path(folder, "state.json", path, err);
	buf_init(&b);
	if (!st) {
		checkpoint_state_write(c, &b);
		st = file_write(path, b.s, b.len, err);
	}
	buf_release(&b);
	return st ? st : file_sync_dir(folder, err);
}

/* --- the folder --- */

static enum status dotted_path(const char *all, const char *prefix, const char *folder,
			       char out[PATH_MAX], struct err *err)
{
	char name[128];

	str_format(name, sizeof name, ".%s-%s-%ld", prefix, folder, (long)getpid());
	return checkpoint_path(all, name, out, err);
}

static enum status write_folder(const struct session *s, const char *all,
				const struct checkpoint_row *row, int64_t journal_seq,
				struct err *err)
{
	char tmp[PATH_MAX], final[PATH_MAX];
	struct checkpoint_state *c = describe(s, row, journal_seq);
	enum status st = dotted_path(all, "tmp", row->folder, tmp, err);

	if (!st)
		st = checkpoint_path(all, row->folder, final, err);
	if (!st && file_exists(tmp))
		st = file_remove_tree(tmp, err);
	if (!st)
		st = file_mkdirs(tmp, 0700, err);
	if (!st) {
		st = write_files(s, tmp, c, err);
		if (!st)
			st = file_rename(tmp, final, err);
		if (st)
			file_remove_tree(tmp, NULL);
		else
			st = file_sync_dir(all, err);
	}
	checkpoint_state_free(c);
	return st;
}

/* --- letting go --- */

/* Out of sight first, so that a name never shows half a checkpoint. */
static bool remove_one(const char *all, const char *folder)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (checkpoint_path(all, folder, from, NULL) ||
	    dotted_path(all, "old", folder, to, NULL) || file_rename(from, to, NULL))
		return false;
	file_remove_tree(to, NULL);
	return true;
}

/* Was this step written again since? Newer ones stand before it. */
static bool is_superseded(const struct checkpoint_info *list, int i)
{
	for (int k = 0; k < i; k++)
		if (list[k].complete && list[k].step == list[i].step &&
		    list[k].timeline == list[i].timeline)
			return true;
	return false;
}

/*
 * What cannot be removed now stays: that is no reason to fail a checkpoint. Of the
 * best there may be two: the plan's, and the last one's until the run goes on.
 */
static void prune(struct store *st, const char *all, const struct checkpoint_info *list,
		  int n, int keep)
{
	int best = checkpoint_best(list, n, RANK_LAST), kept = 0;
	int plans = checkpoint_best(list, n, RANK_PLAN);

	for (int i = 0; i < n; i++) {
		bool counts = list[i].complete && !list[i].is_left &&
			      !is_superseded(list, i);

		if (counts && kept < keep)
			kept++;
		else if (i != best && i != plans && !*list[i].name && kept &&
			 remove_one(all, list[i].folder) && st)
			store_checkpoint_forget(st, list[i].folder, NULL);
	}
}

/* --- rows --- */

static const struct checkpoint_row *row_of(const struct checkpoint_row *rows, int n,
					   const char *folder)
{
	for (int i = 0; i < n; i++)
		if (str_eq(rows[i].folder, folder))
			return &rows[i];
	return NULL;
}

static bool same_double(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* A name by hand may be in the row alone. */
static void take_name(struct checkpoint_info *c, const struct checkpoint_row *was)
{
	if (was && !*c->name)
		str_copy(c->name, sizeof c->name, was->name);
}

static enum status put_row(struct store *st, const struct checkpoint_info *c, bool best,
			   const struct checkpoint_row *was, struct err *err)
{
	struct checkpoint_row row = { .timeline = c->timeline, .step = c->step,
				      .score = c->score, .best = best };

	if (!c->complete && !was)
		return ST_OK; /* nothing is known of it */
	str_copy(row.folder, sizeof row.folder, c->folder);
	str_copy(row.name, sizeof row.name, c->name);
	str_copy(row.state, sizeof row.state, c->complete ? c->state : was->state);
	if (was && was->best == best && same_double(was->score, row.score) &&
	    str_eq(was->name, row.name) && str_eq(was->state, row.state))
		return ST_OK;
	return store_checkpoint(st, &row, err);
}

/* Rows of the list's folders, and none of others. */
static enum status put_rows(struct store *st, struct checkpoint_info *list, int n,
			    const char *folder, const char *name, struct err *err)
{
	struct checkpoint_row *was = NULL;
	int n_was = 0, best = checkpoint_best(list, n, RANK_LAST);
	enum status s = st ? store_checkpoints_read(st, &was, &n_was, err) : ST_OK;

	for (int i = 0; i < n && !s; i++) {
		const struct checkpoint_row *row = row_of(was, n_was, list[i].folder);

		take_name(&list[i], row);
		if (*name && str_eq(list[i].folder, folder))
			str_copy(list[i].name, sizeof list[i].name, name);
		if (st)
			s = put_row(st, &list[i], i == best, row, err);
	}
	for (int k = 0; k < n_was && !s; k++) {
		bool is_there = false;

		for (int i = 0; i < n; i++)
			is_there |= str_eq(list[i].folder, was[k].folder);
		if (!is_there)
			s = store_checkpoint_forget(st, was[k].folder, err);
	}
	xfree(was);
	return s;
}

/* `row`: of the one just written, completed here; or NULL. */
static enum status settle(const char *run, struct store *st, int keep,
			  struct checkpoint_row *row, struct err *err)
{
	struct checkpoint_info *list = NULL;
	char all[PATH_MAX];
	int n = 0, best;
	enum status s = checkpoint_path(run, "checkpoints", all, err);

	if (!s)
		s = checkpoint_list_of(run, st, &list, &n, err);
	if (!s)
		s = checkpoint_scores(list, n, run, st, err);
	if (!s)
		s = put_rows(st, list, n, row ? row->folder : "", row ? row->name : "",
			     err);
	best = checkpoint_best(list, n, RANK_LAST);
	for (int i = 0; i < n && row && !s; i++)
		if (str_eq(list[i].folder, row->folder)) {
			row->best = i == best;
			row->score = list[i].score;
			str_copy(row->name, sizeof row->name, list[i].name);
		}
	if (!s)
		prune(st, all, list, n, keep);
	xfree(list);
	return s;
}

enum status checkpoint_settle(const char *run, struct store *st, int keep,
			      struct err *err)
{
	return settle(run, st, keep, NULL, err);
}

/* --- saving --- */

static bool is_sound(const char *all, const char *folder)
{
	char path[PATH_MAX];

	return !checkpoint_path(all, folder, path, NULL) && !checkpoint_sound(path, NULL);
}

/*
 * Is this very state on the disk already? Then `row` gets its folder; else the
 * first free name of the step.
 */
static bool find_place(const char *all, const struct checkpoint_info *list, int n,
		       int64_t journal_seq, struct checkpoint_row *row)
{
	int revision = 0;

	for (int i = 0; i < n; i++) {
		const struct checkpoint_info *c = &list[i];

		if (c->step != row->step || c->timeline != row->timeline)
			continue;
		if (c->revision >= revision)
			revision = c->revision + 1;
		if (c->complete && str_eq(c->state, row->state) &&
		    c->journal_seq == journal_seq && !is_superseded(list, i) &&
		    is_sound(all, c->folder)) {
			str_copy(row->folder, sizeof row->folder, c->folder);
			return true;
		}
	}
	checkpoint_folder_name(row->step, row->timeline, revision, row->folder);
	return false;
}

enum status checkpoint_save(struct session *s, struct store *st, const char *run,
			    const char *name, int64_t journal_seq,
			    struct checkpoint_row *out, struct err *err)
{
	struct checkpoint_row row = { .timeline = s->timeline, .step = s->step,
				      .score = NAN };
	struct score_row score;
	struct checkpoint_info *list = NULL;
	char all[PATH_MAX];
	int n = 0;
	enum status status = checkpoint_path(run, "checkpoints", all, err);

	BUG_IF(!s->adam.m);
	if (!status && !str_copy(row.name, sizeof row.name, name ? name : ""))
		status = err_set(err, ST_INVALID, "name of a checkpoint longer than %zu "
				 "bytes: '%.20s...'", sizeof row.name - 1, name);
	session_state(s, row.state);
	if (st && !store_score(st, row.timeline, row.step, &score, NULL))
		row.score = score.score;
	if (!status)
		status = checkpoint_place(run, all, err);
	if (!status)
		status = checkpoint_list_of(run, st, &list, &n, err);
	if (!status && !find_place(all, list, n, journal_seq, &row))
		status = write_folder(s, all, &row, journal_seq, err);
	xfree(list);
	if (!status && st)
		status = store_flush(st, err);
	if (!status)
		status = settle(run, st, s->plan->keep, &row, err);
	if (!status && out)
		*out = row;
	return status;
}
