/*
 * checkpoint_load.c - a checkpoint's way back into a session: everything is
 * opened and checked first, then taken without anything that can fail.
 */
#include "rundir/checkpoint_own.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "rundir/init.h"

enum status checkpoint_measure(const char *folder, const char *name, uint64_t *bytes,
			       char sum[HASH_TEXT], struct err *err)
{
	char path[PATH_MAX];
	struct file_map m;
	enum status st = checkpoint_path(folder, name, path, err);

	if (!st)
		st = file_map(path, &m, err);
	if (st)
		return st;
	*bytes = m.len;
	hash_text(file_map_hash(&m), sum);
	file_unmap(&m);
	return ST_OK;
}

enum status checkpoint_verify(const char *folder, const struct checkpoint_state *c,
			      enum checkpoint_file f, struct err *err)
{
	const char *name = checkpoint_has_file(c, f);
	char sum[HASH_TEXT];
	uint64_t bytes = 0;
	enum status st;

	if (!name)
		return ST_OK;
	st = checkpoint_measure(folder, name, &bytes, sum, err);
	if (st == ST_NOT_FOUND)
		return err_set(err, ST_CORRUPT, "%s: missing", name);
	if (st)
		return st;
	if (bytes != c->file[f].bytes)
		return err_set(err, ST_CORRUPT, "%s: %llu bytes where %llu were written",
			       name, (unsigned long long)bytes,
			       (unsigned long long)c->file[f].bytes);
	if (!str_eq(sum, c->file[f].sum))
		return err_set(err, ST_CORRUPT, "%s: checksum differs", name);
	return ST_OK;
}

/* --- tensors --- */

bool checkpoint_has_shape(const struct st_entry *e, const struct param *p)
{
	if (e->dtype != ST_F32)
		return false;
	if (p->rows == 1)
		return e->n_dims == 1 && e->dim[0] == p->cols;
	return e->n_dims == 2 && e->dim[0] == p->rows && e->dim[1] == p->cols;
}

bool checkpoint_has_good_values(const struct st_entry *e, bool is_square)
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

/*
 * "PREFIX" + NAME is there for every parameter, sound and in shape. may_lack: some may be
 * left out. *n rises by those that are there.
 */
static enum status check_floats(const struct safetensors *t, const struct param_set *ps,
				const struct state_field *f, bool may_lack, int *n,
				struct err *err)
{
	const char *file = checkpoint_tensor_file(f->file);

	for (int i = 0; i < ps->n; i++) {
		const struct param *p = &ps->p[i];
		const struct st_entry *e;
		char name[PARAM_NAME + 8];

		if (!state_has_param(f, ps, i))
			continue;
		str_format(name, sizeof name, "%s%s", f->name, p->name);
		e = safetensors_find(t, name);
		if (!e && may_lack)
			continue;
		++*n;
		if (!e)
			return err_set(err, ST_CORRUPT, "%s: no tensor '%s'", file, name);
		if (!checkpoint_has_shape(e, p) ||
		    e->bytes != param_count(ps, i) * sizeof(float))
			return err_set(err, ST_CORRUPT, "%s: tensor '%s' has not the "
				       "shape %d x %d of the plan", file, name, p->rows,
				       p->cols);
		if (!checkpoint_has_good_values(e, f->least >= 0))
			return err_set(err, ST_CORRUPT, "%s: values that cannot be in "
				       "tensor '%s'", file, name);
	}
	return ST_OK;
}

static enum status check_times(const struct safetensors *t, int n,
			       const struct state_field *f, struct err *err)
{
	const struct st_entry *e = safetensors_find(t, f->name);
	int64_t x;

	if (!e || e->dtype != ST_I64 || e->n_dims != 1 || e->dim[0] != n)
		return err_set(err, ST_CORRUPT, "%s: no whole numbers '%s'",
			       checkpoint_tensor_file(f->file), f->name);
	for (int i = 0; i < n; i++) {
		memcpy(&x, (const char *)e->data + (size_t)i * sizeof x, sizeof x);
		if (x < 0)
			return err_set(err, ST_CORRUPT, "%s: a count below 0",
				       checkpoint_tensor_file(f->file));
	}
	return ST_OK;
}

/* All that the state's table has in that file, and nothing else. */
static enum status check_tensors(const struct safetensors *t, const struct param_set *ps,
				 enum state_file file, bool may_lack, struct err *err)
{
	enum status st = ST_OK;
	int n = 0;

	for (int i = 0; i < state_count && !st; i++) {
		const struct state_field *f = &state_table[i];

		if (f->file != file)
			continue;
		n += f->type == STATE_TIMES;
		st = f->type == STATE_FLOATS ? check_floats(t, ps, f, may_lack, &n, err) :
					       check_times(t, ps->n, f, err);
	}
	if (st || safetensors_count(t) == n)
		return st;
	return err_set(err, ST_CORRUPT, "%s: %d tensors where there should be %d",
		       checkpoint_tensor_file(file), safetensors_count(t), n);
}

static enum status open_tensors(const struct session *s, const char *folder,
				const struct checkpoint_state *c, enum state_file file,
				struct safetensors **t, struct err *err)
{
	char path[PATH_MAX];
	enum status st = checkpoint_verify(folder, c, checkpoint_file_of(file), err);

	if (!st)
		st = checkpoint_path(folder, checkpoint_tensor_file(file), path, err);
	if (!st)
		st = safetensors_open(path, true, t, err);
	if (st)
		return st;
	st = check_tensors(*t, &s->params, file, c->init[0], err);
	return st ? checkpoint_other_model(s, folder, st, err) : ST_OK;
}

static enum status open_average(const struct session *s, const char *folder,
				const struct checkpoint_state *c, struct safetensors **t,
				struct err *err)
{
	if (checkpoint_has_file(c, FILE_AVERAGE))
		return open_tensors(s, folder, c, STATE_AVERAGE, t, err);
	return err_set(err, ST_INVALID, "no average of the weights is kept here: the plan has "
		       "no optimizer.average");
}

static void take_floats(const struct safetensors *t, const struct param_set *ps,
			const struct state_field *f, float *block)
{
	for (int i = 0; i < ps->n; i++) {
		char name[PARAM_NAME + 8];
		const struct st_entry *e;

		if (!state_has_param(f, ps, i))
			continue;
		str_format(name, sizeof name, "%s%s", f->name, ps->p[i].name);
		e = safetensors_find(t, name);
		if (e) /* else it is what the start has */
			memcpy(block + ps->p[i].offset, e->data, e->bytes);
	}
}

static void take_tensors(struct session *s, const struct safetensors *t,
			 enum state_file file)
{
	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];
		void *at = f->file == file ? state_at(s, f, 0) : NULL;

		if (at && f->type == STATE_FLOATS)
			take_floats(t, &s->params, f, *(float **)at);
		else if (at)
			memcpy(*(int64_t **)at, safetensors_find(t, f->name)->data,
			       (size_t)s->params.n * sizeof(int64_t));
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

static enum status check_cursor(const struct session_task *t, const struct cursor *c,
				const char *task, struct err *err)
{
	uint64_t windows;

	if (!t->train)
		return ST_OK;
	windows = (dataset_size(t->train) + PACK_WINDOW - 1) / PACK_WINDOW;
	if (c->window <= windows)
		return ST_OK;
	return err_set(err, ST_CORRUPT, "state.json: cursor of task '%s' is beyond its "
		       "data", task);
}

static enum status check_tasks(const struct session *s, const struct checkpoint_state *c,
			       struct err *err)
{
	enum status st = ST_OK;

	if (c->n_tasks != s->n_tasks)
		return err_set(err, ST_INVALID, "checkpoint of %d tasks, the plan has %d",
			       c->n_tasks, s->n_tasks);
	if (!mix_has_groups_of(&s->mix, &c->held->mix.weighting))
		return err_set(err, ST_CORRUPT, "state.json: the weighting method speaks of "
			       "%d groups of parameters, the model has %d",
			       c->held->mix.weighting.groups, s->mix.groups);
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
			st = check_cursor(t, &c->held->task[i].cursor, p->name, err);
	}
	return st;
}

static enum status check_vocab(const struct session *s, const char *folder,
			       const struct checkpoint_state *c, struct err *err)
{
	char is[HASH_TEXT];
	enum status st = ST_OK;

	for (int f = FILE_TOKENIZER; f < FILE_MODEL && !st; f++)
		st = checkpoint_verify(folder, c, (enum checkpoint_file)f, err);
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
	if (!file_exists(folder))
		return err_set(err, ST_NOT_FOUND, "checkpoint '%s' is gone: the run goes on, and "
			       "has let it go (ask again)", self.folder);
	str_copy(cause, sizeof cause, err->text);
	str_format(run, sizeof run, "%.*s/..", (int)(slash - folder), folder);
	checkpoint_list(run, &list, &n, NULL);
	for (int i = 0, seen = 0; i < n && older < 0; i++) {
		if (seen && list[i].complete && !list[i].is_left)
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

/* Every message names the checkpoint. */
static enum status finish(const char *folder, enum status st, struct err *err)
{
	const char *slash = strrchr(folder, '/');

	if (st == ST_CORRUPT)
		return checkpoint_damaged(folder, st, err);
	if (st == ST_INVALID)
		err_wrap(err, st, "checkpoint '%s'", slash ? slash + 1 : folder);
	return st;
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
	state_copy(s, c->held);
	s->timeline = c->timeline;
	session_tell_mix(s);
}

/* What an update has changed is never left out. */
static enum status check_left_out(const struct session *s, const struct safetensors *model,
				  const struct safetensors *optimizer, struct err *err)
{
	const struct st_entry *e = safetensors_find(optimizer, "count");
	int64_t count;

	for (int p = 0; p < s->params.n; p++) {
		memcpy(&count, (const char *)e->data + (size_t)p * sizeof count, sizeof count);
		if (count && !safetensors_find(model, s->params.p[p].name))
			return err_set(err, ST_CORRUPT, "model.safetensors: no tensor '%s'",
				       s->params.p[p].name);
	}
	return ST_OK;
}

/* What is left out, where anything is: the start that the run had. */
static enum status begin_as_init(struct session *s, const struct checkpoint_state *c,
				 struct err *err)
{
	struct init_report r;
	enum status st;

	if (!c->init[0])
		return ST_OK;
	if (!plan_has_init(s->plan))
		return err_set(err, ST_INVALID, "it holds what has changed alone, and the plan "
			       "has no model.init to put it together with");
	st = init_start(s, &r, err);
	if (!st && !str_eq(r.hash, c->init))
		st = err_set(err, ST_INVALID, "model.init '%.300s' has changed since the run "
			     "began", s->plan->init);
	init_report_release(&r);
	if (st)
		return err_wrap(err, ST_INVALID, "it holds what has changed alone and cannot be "
				"put together (put the init back)");
	return ST_OK;
}

enum status checkpoint_load(struct session *s, const char *folder,
			    int64_t *journal_seq, struct err *err)
{
	struct checkpoint_state *c = NULL;
	struct safetensors *model = NULL, *optimizer = NULL, *average = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	BUG_IF(!s->adam.m);
	if (!st)
		st = check_tasks(s, c, err);
	if (!st)
		st = check_vocab(s, folder, c, err);
	if (!st)
		st = checkpoint_verify(folder, c, FILE_CONFIG, err);
	if (!st)
		st = open_tensors(s, folder, c, STATE_MODEL, &model, err);
	if (!st)
		st = open_tensors(s, folder, c, STATE_OPTIMIZER, &optimizer, err);
	if (!st && s->average)
		st = open_average(s, folder, c, &average, err);
	if (!st && c->init[0])
		st = check_left_out(s, model, optimizer, err);
	if (!st)
		st = begin_as_init(s, c, err);
	if (!st) {
		take_tensors(s, model, STATE_MODEL);
		session_pack(s);
		take_tensors(s, optimizer, STATE_OPTIMIZER);
		if (average)
			take_tensors(s, average, STATE_AVERAGE);
		take_state(s, c);
		checkpoint_take_thresholds(s, folder);
		if (journal_seq)
			*journal_seq = c->journal_seq;
	}
	safetensors_close(model);
	safetensors_close(optimizer);
	safetensors_close(average);
	checkpoint_state_free(c);
	return finish(folder, st, err);
}

/* Of either file, into the place of the weights. */
static enum status load_weights(struct session *s, const char *folder, bool is_average,
				struct err *err)
{
	/* of the average the names are the same */
	static const struct state_field weights = { .name = "", .file = STATE_MODEL };
	struct checkpoint_state *c = NULL;
	struct safetensors *t = NULL;
	enum status st = checkpoint_state_load(folder, &c, err);

	if (!st)
		st = check_vocab(s, folder, c, err);
	if (!st)
		st = is_average ? open_average(s, folder, c, &t, err) :
				  open_tensors(s, folder, c, STATE_MODEL, &t, err);
	if (!st)
		st = begin_as_init(s, c, err);
	if (!st) {
		take_floats(t, &s->params, &weights, s->params.value);
		session_pack(s);
		s->step = c->step;
		checkpoint_take_thresholds(s, folder);
	}
	safetensors_close(t);
	checkpoint_state_free(c);
	return finish(folder, st, err);
}

enum status checkpoint_load_weights(struct session *s, const char *folder,
				    struct err *err)
{
	return load_weights(s, folder, false, err);
}

enum status checkpoint_load_average(struct session *s, const char *folder,
				    struct err *err)
{
	return load_weights(s, folder, true, err);
}
