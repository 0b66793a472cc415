/*
 * checkpoint_load.c - a checkpoint's way back into a session: everything is
 * opened and checked first, then taken without anything that can fail.
 */
#include "run/checkpoint_own.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/safetensors.h"

enum status checkpoint_measure(const char *folder, enum checkpoint_file f,
			       uint64_t *bytes, char sum[HASH_TEXT], struct err *err)
{
	char path[PATH_MAX];
	struct file_map m;
	enum status st = checkpoint_path(folder, checkpoint_files[f], path, err);

	if (!st)
		st = file_map(path, &m, err);
	if (st)
		return st;
	*bytes = m.len;
	hash_text(hash_bytes(m.p, m.len), sum);
	file_unmap(&m);
	return ST_OK;
}

enum status checkpoint_verify(const char *folder, const struct checkpoint_state *c,
			      enum checkpoint_file f, struct err *err)
{
	char sum[HASH_TEXT];
	uint64_t bytes = 0;
	enum status st = checkpoint_measure(folder, f, &bytes, sum, err);

	if (st == ST_NOT_FOUND)
		return err_set(err, ST_CORRUPT, "%s: missing", checkpoint_files[f]);
	if (st)
		return st;
	if (bytes != c->file[f].bytes)
		return err_set(err, ST_CORRUPT, "%s: %llu bytes where %llu were written",
			       checkpoint_files[f], (unsigned long long)bytes,
			       (unsigned long long)c->file[f].bytes);
	if (!str_eq(sum, c->file[f].sum))
		return err_set(err, ST_CORRUPT, "%s: checksum differs",
			       checkpoint_files[f]);
	return ST_OK;
}

/* --- tensors --- */

static enum status open_tensors(const char *folder, enum checkpoint_file f,
				struct safetensors **out, struct err *err)
{
	char path[PATH_MAX];
	enum status st = checkpoint_path(folder, checkpoint_files[f], path, err);

	if (!st)
		st = safetensors_open(path, true, out, err);
	return st;
}

static bool has_shape(const struct st_entry *e, const struct param *p)
{
	if (e->dtype != ST_F32)
		return false;
	if (p->rows == 1)
		return e->n_dims == 1 && e->dim[0] == p->cols;
	return e->n_dims == 2 && e->dim[0] == p->rows && e->dim[1] == p->cols;
}

/* No NaN, no infinity; nothing below 0 either when `is_square`. */
static bool has_good_values(const struct st_entry *e, bool is_square)
{
	const unsigned char *p = e->data;
	uint32_t bits, bad = 0;

	for (size_t i = 0; i < e->bytes; i += sizeof bits) {
		memcpy(&bits, p + i, sizeof bits);
		bad |= (bits & 0x7f800000U) == 0x7f800000U;
		bad |= is_square && bits > 0x80000000U;
	}
	return !bad;
}

/* Tensors "PREFIX.NAME" are there for every parameter, sound and in shape. */
static enum status check_block(const struct safetensors *t, const struct param_set *ps,
			       const char *prefix, enum checkpoint_file f,
			       struct err *err)
{
	for (int i = 0; i < ps->n; i++) {
		const struct param *p = &ps->p[i];
		const struct st_entry *e;
		char name[PARAM_NAME + 8];

		str_format(name, sizeof name, "%s%s", prefix, p->name);
		e = safetensors_find(t, name);
		if (!e)
			return err_set(err, ST_CORRUPT, "%s: no tensor '%s'",
				       checkpoint_files[f], name);
		if (!has_shape(e, p) ||
		    e->bytes != param_count(ps, i) * sizeof(float))
			return err_set(err, ST_CORRUPT, "%s: tensor '%s' has not the "
				       "shape %d x %d of the plan", checkpoint_files[f],
				       name, p->rows, p->cols);
		if (!has_good_values(e, str_eq(prefix, "v.")))
			return err_set(err, ST_CORRUPT, "%s: values that cannot be in "
				       "tensor '%s'", checkpoint_files[f], name);
	}
	return ST_OK;
}

static enum status check_count(const struct safetensors *t, int n,
			       enum checkpoint_file f, struct err *err)
{
	if (safetensors_count(t) == n)
		return ST_OK;
	return err_set(err, ST_CORRUPT, "%s: %d tensors where there should be %d",
		       checkpoint_files[f], safetensors_count(t), n);
}

static enum status check_updates(const struct safetensors *t, int n, struct err *err)
{
	const struct st_entry *e = safetensors_find(t, "count");
	int64_t x;

	if (!e || e->dtype != ST_I64 || e->n_dims != 1 || e->dim[0] != n)
		return err_set(err, ST_CORRUPT, "%s: no whole numbers 'count'",
			       checkpoint_files[FILE_OPTIMIZER]);
	for (int i = 0; i < n; i++) {
		memcpy(&x, (const char *)e->data + (size_t)i * sizeof x, sizeof x);
		if (x < 0)
			return err_set(err, ST_CORRUPT, "%s: a count below 0",
				       checkpoint_files[FILE_OPTIMIZER]);
	}
	return ST_OK;
}

static enum status open_model(const char *folder, const struct checkpoint_state *c,
			      const struct param_set *ps, struct safetensors **t,
			      struct err *err)
{
	enum status st = checkpoint_verify(folder, c, FILE_MODEL, err);

	if (!st)
		st = open_tensors(folder, FILE_MODEL, t, err);
	if (!st)
		st = check_block(*t, ps, "", FILE_MODEL, err);
	return st ? st : check_count(*t, ps->n, FILE_MODEL, err);
}

static enum status open_optimizer(const char *folder, const struct checkpoint_state *c,
				  const struct param_set *ps, struct safetensors **t,
				  struct err *err)
{
	enum status st = checkpoint_verify(folder, c, FILE_OPTIMIZER, err);

	if (!st)
		st = open_tensors(folder, FILE_OPTIMIZER, t, err);
	if (!st)
		st = check_block(*t, ps, "m.", FILE_OPTIMIZER, err);
	if (!st)
		st = check_block(*t, ps, "v.", FILE_OPTIMIZER, err);
	if (!st)
		st = check_count(*t, 2 * ps->n + 1, FILE_OPTIMIZER, err);
	return st ? st : check_updates(*t, ps->n, err);
}

static void take_block(const struct safetensors *t, const struct param_set *ps,
		       const char *prefix, float *block)
{
	for (int i = 0; i < ps->n; i++) {
		char name[PARAM_NAME + 8];
		const struct st_entry *e;

		str_format(name, sizeof name, "%s%s", prefix, ps->p[i].name);
		e = safetensors_find(t, name);
		memcpy(block + ps->p[i].offset, e->data, e->bytes);
	}
}

/* --- what the state says against what the session is --- */

static enum status check_content(const struct dataset *d, const char *was,
				 const char *path, struct err *err)
{
	char is[HASH_TEXT];

	if (!d || !*was)
		return ST_OK;
	hash_text(dataset_content(d), is);
	if (str_eq(is, was))
		return ST_OK;
	return err_set(err, ST_INVALID, "data changed since the checkpoint: '%s' (put "
		       "the file back, or start a new run)", path);
}

static enum status check_cursor(const struct session_task *t,
				const struct checkpoint_task *c, struct err *err)
{
	uint64_t windows;

	if (!t->train)
		return ST_OK;
	windows = (dataset_size(t->train) + PACK_WINDOW - 1) / PACK_WINDOW;
	if (c->cursor.window <= windows)
		return ST_OK;
	return err_set(err, ST_CORRUPT, "state.json: cursor of task '%s' is beyond its "
		       "data", c->name);
}

static enum status check_tasks(const struct session *s, const struct checkpoint_state *c,
			       struct err *err)
{
	enum status st = ST_OK;

	if (c->n_tasks != s->n_tasks)
		return err_set(err, ST_INVALID, "checkpoint of %d tasks, the plan has %d",
			       c->n_tasks, s->n_tasks);
	for (int i = 0; i < s->n_tasks && !st; i++) {
		const struct plan_task *p = &s->plan->tasks[i];
		const struct session_task *t = &s->task[i];

		if (!str_eq(c->task[i].name, p->name))
			return err_set(err, ST_INVALID, "checkpoint of task '%s' where "
				       "the plan has '%s'", c->task[i].name, p->name);
		st = check_content(t->train, c->task[i].train, p->train, err);
		if (!st)
			st = check_content(t->dev, c->task[i].dev, p->dev, err);
		if (!st)
			st = check_cursor(t, &c->task[i], err);
	}
	return st;
}

static enum status check_vocab(const struct session *s, const char *folder,
			       const struct checkpoint_state *c, struct err *err)
{
	char is[HASH_TEXT];
	enum status st = checkpoint_verify(folder, c, FILE_VOCAB, err);

	if (st)
		return st;
	hash_text(tokenizer_hash(s->tok), is);
	if (!str_eq(is, c->vocab))
		return err_set(err, ST_INVALID, "checkpoint of another vocabulary than "
			       "the session's");
	return ST_OK;
}

/* --- messages --- */

/*
 * "damaged checkpoint 'step-000500': model.safetensors: ...", and which one
 * before it could be taken.
 */
enum status checkpoint_damaged(const char *folder, enum status st, struct err *err)
{
	const char *slash = strrchr(folder, '/');
	struct checkpoint_info *list = NULL, self;
	char run[PATH_MAX], cause[ERR_MAX - 256];
	int n = 0, older = -1;

	if (!err || !slash || !checkpoint_folder_parse(slash + 1, &self))
		return err_wrap(err, st, "damaged checkpoint '%s'", folder);
	str_copy(cause, sizeof cause, err->text);
	str_format(run, sizeof run, "%.*s/..", (int)(slash - folder), folder);
	checkpoint_list(run, &list, &n, NULL);
	for (int i = 0, seen = 0; i < n && older < 0; i++) {
		if (seen && list[i].complete)
			older = i;
		seen |= str_eq(list[i].folder, self.folder);
	}
	if (older < 0)
		err_set(err, st, "damaged checkpoint '%s': %s; there is none before it",
			self.folder, cause);
	else
		err_set(err, st, "damaged checkpoint '%s': %s; remove that folder to "
			"go on from the one before it, '%s'",
			self.folder, cause, list[older].folder);
	xfree(list);
	return st;
}

static enum status finish(const char *folder, enum status st, struct err *err)
{
	return st == ST_CORRUPT ? checkpoint_damaged(folder, st, err) : st;
}

enum status checkpoint_sound(const char *folder, struct err *err)
{
	struct checkpoint_state *c = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	for (int f = 0; f < CHECKPOINT_FILES && !st; f++)
		st = checkpoint_verify(folder, c, (enum checkpoint_file)f, err);
	checkpoint_state_free(c);
	return finish(folder, st, err);
}

/* --- loading --- */

static void take_state(struct session *s, const struct checkpoint_state *c)
{
	s->mix = c->mix;
	s->step = c->step;
	s->skipped = c->skipped;
	s->timeline = c->timeline;
	for (int i = 0; i < s->n_tasks; i++)
		s->task[i].cursor = c->task[i].cursor;
}

static void take_moments(struct session *s, const struct safetensors *t)
{
	take_block(t, &s->params, "m.", s->adam.m);
	take_block(t, &s->params, "v.", s->adam.v);
	memcpy(s->adam.count, safetensors_find(t, "count")->data,
	       (size_t)s->params.n * sizeof *s->adam.count);
}

enum status checkpoint_load(struct session *s, const char *folder,
			    int64_t *journal_seq, struct err *err)
{
	struct checkpoint_state *c = NULL;
	struct safetensors *model = NULL, *optimizer = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	BUG_IF(!s->adam.m);
	if (!st)
		st = check_tasks(s, c, err);
	if (!st)
		st = check_vocab(s, folder, c, err);
	if (!st)
		st = checkpoint_verify(folder, c, FILE_CONFIG, err);
	if (!st)
		st = open_model(folder, c, &s->params, &model, err);
	if (!st)
		st = open_optimizer(folder, c, &s->params, &optimizer, err);
	if (!st) {
		take_block(model, &s->params, "", s->params.value);
		session_pack(s);
		take_moments(s, optimizer);
		take_state(s, c);
		if (journal_seq)
			*journal_seq = c->journal_seq;
	}
	safetensors_close(model);
	safetensors_close(optimizer);
	checkpoint_state_free(c);
	return finish(folder, st, err);
}

enum status checkpoint_load_weights(struct session *s, const char *folder,
				    struct err *err)
{
	struct checkpoint_state *c = NULL;
	struct safetensors *model = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	if (!st)
		st = check_vocab(s, folder, c, err);
	if (!st)
		st = open_model(folder, c, &s->params, &model, err);
	if (!st) {
		take_block(model, &s->params, "", s->params.value);
		session_pack(s);
		s->step = c->step;
	}
	safetensors_close(model);
	checkpoint_state_free(c);
	return finish(folder, st, err);
}

enum status checkpoint_norms(const char *folder, const struct plan *p,
			     struct session_norm *out, struct err *err)
{
	struct checkpoint_state *c = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	if (!st && c->n_tasks != p->n_tasks)
		st = err_set(err, ST_INVALID, "checkpoint of %d tasks, the plan has %d",
			     c->n_tasks, p->n_tasks);
	for (int i = 0; !st && i < p->n_tasks; i++) {
		out[i].mean = c->task[i].mean;
		out[i].scale = c->task[i].scale;
	}
	checkpoint_state_free(c);
	return finish(folder, st, err);
}
