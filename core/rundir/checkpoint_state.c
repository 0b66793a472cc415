/*
 * checkpoint_state.c - state.json: all of a session's state but the tensors.
 *
 *   { "tutti_checkpoint": 2, timeline, journal_seq, name, score, state, vocab,
 *     session: { .. }, mix: { sampling, weighting, .. },
 *     tasks: [ { name, train, dev, mean, scale, packing, cursor, channel } ],
 *     files: { NAME: { bytes, sum } },
 *     "sum": 32 hex digits over every byte before it }
 *
 * What stands in session, mix, packing, cursor and channel are the rows of state.c's
 * table. Doubles are the 16 hex digits of their bits, 64-bit counts are decimal
 * strings: what is read is what was written. Methods and parameters go by name; a
 * method's memory is as long as its row says. A key too many is as wrong as one too few,
 * but for "init", the hash of an init whose weights are left out (budget.checkpoint).
 * Version 1 had no units of a micro-batch, and its methods' memory stood in the channels:
 * it is refused. A row that may lack (state.h) is written only where it is not what it is
 * without its key.
 */
#include "rundir/checkpoint_own.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "rundir/checkpoint_object.h"

const char *checkpoint_file_name(const struct tokenizer_kind *k, enum checkpoint_file f)
{
	switch (f) {
	case FILE_CONFIG:    return "config.json";
	case FILE_MODEL:     return "model.safetensors";
	case FILE_OPTIMIZER: return "optimizer.safetensors";
	case FILE_AVERAGE:   return "average.safetensors";
	default:             return tokenizer_file(k, (int)f - FILE_TOKENIZER);
	}
}

const char *checkpoint_has_file(const struct checkpoint_state *c, enum checkpoint_file f)
{
	return c->file[f].sum[0] ? checkpoint_file_name(c->tokenizer, f) : NULL;
}

/* Those of a tokenizer behind its first, and what some runs have. */
static bool may_lack(const struct tokenizer_kind *k, enum checkpoint_file f)
{
	if (f == FILE_AVERAGE)
		return true;
	return f > FILE_TOKENIZER && f < FILE_MODEL &&
	       tokenizer_file_may_lack(k, (int)f - FILE_TOKENIZER);
}

enum checkpoint_file checkpoint_file_of(enum state_file file)
{
	BUG_IF(file == STATE_JSON);
	return file == STATE_MODEL ? FILE_MODEL :
	       file == STATE_OPTIMIZER ? FILE_OPTIMIZER : FILE_AVERAGE;
}

const char *checkpoint_tensor_file(enum state_file file)
{
	return checkpoint_file_name(NULL, checkpoint_file_of(file));
}

void checkpoint_state_free(struct checkpoint_state *c)
{
	if (!c)
		return;
	state_shell_free(c->held);
	xfree(c->task);
	xfree(c);
}

/* --- fields of the state --- */

static void get_memory(struct object *o, int count, double *out)
{
	const struct json *n = object_member(o, "memory", JSON_ARRAY);
	int i = 0;

	if (n && json_len(n) != count)
		object_wrong(o->r, "wrong length of", "memory", o->what);
	for (n = n && !o->r->st ? json_first(n) : NULL; n; n = json_next(n))
		if (json_type(n) != JSON_STRING ||
		    !double_from_hex(json_string(n), &out[i++])) {
			object_wrong(o->r, "no hexadecimal numbers:", "memory", o->what);
			return;
		}
}

static void get_params(struct object *method, const struct mix_param *table,
		       double *param)
{
	struct object o = object_open(method, "param");

	for (int i = 0; i < MIX_PARAMS && table[i].name; i++)
		param[i] = object_within(&o, table[i].name, table[i].min, table[i].max);
	object_close(&o);
}

static void get_method(struct object *parent, const struct state_field *f, int n_tasks,
		       struct mix_method *m)
{
	struct object o = object_open(parent, f->name);
	char name[64] = "";

	object_text(&o, "method", name, sizeof name);
	m->row = method_find(f->role, name);
	if (!m->row) {
		object_wrong(o.r, "unknown method", name, f->name);
		return;
	}
	get_params(&o, m->row->param, m->param);
	m->groups = o.n && json_get(o.n, "groups") ?
		(int)object_int(&o, "groups", FREEZE_LAYERS + 1) : 1;
	if (m->groups < 1 || mix_memory(m, n_tasks) < 0)
		object_wrong(o.r, "out of range:", "groups", f->name);
	else
		get_memory(&o, mix_memory(m, n_tasks), m->memory);
	object_close(&o);
}

/* As many as there are; the rest is as without them. */
static void get_reals(struct object *o, const struct state_field *f, double *out)
{
	const struct json *n = object_member(o, f->name, JSON_ARRAY);
	int i = 0;

	for (int k = 0; k < f->count; k++)
		out[k] = f->without;
	if (n && (json_len(n) < 1 || json_len(n) > f->count))
		object_wrong(o->r, "wrong length of", f->name, o->what);
	for (n = n && !o->r->st ? json_first(n) : NULL; n && !o->r->st; n = json_next(n))
		if (json_type(n) != JSON_STRING || !double_from_hex(json_string(n), &out[i]) ||
		    !(out[i] >= f->least && out[i] <= f->most))
			object_wrong(o->r, "no numbers within their range:", f->name, o->what);
		else
			i++;
}

static void get_guard(struct object *parent, const struct state_field *f, int n_tasks,
		      struct guard *g)
{
	const struct guard_row *row = guard_at(f->guard);
	struct object o = object_open(parent, f->name), params;
	char mode[16] = "";

	guard_init(row, g);
	object_text(&o, "mode", mode, sizeof mode);
	if (!guard_mode_find(mode, &g->mode))
		object_wrong(o.r, "no mode of a guard:", mode, f->name);
	g->since = g->seen = (int64_t)object_count(&o, "since", 9e18);
	params = object_open(&o, "param");
	for (int i = 0; i < GUARD_PARAMS && row->param[i].name; i++)
		g->param[i] = row->later && i >= row->later && params.n &&
			      !json_get(params.n, row->param[i].name) ? 0 :
			      object_within(&params, row->param[i].name, row->param[i].min,
					    row->param[i].max);
	object_close(&params);
	if (g->mode == GUARD_ACT) {
		g->seen = (int64_t)object_count(&o, "seen", 9e18);
		get_memory(&o, guard_memory(row, n_tasks), g->memory);
	}
	object_close(&o);
}

static void set_lacking(const struct state_field *f, void *at)
{
	if (f->type == STATE_REALS)
		for (int i = 0; i < f->count; i++)
			((double *)at)[i] = f->without;
	else if (f->type == STATE_GUARD)
		guard_init(guard_at(f->guard), at);
	else if (f->type == STATE_REAL)
		*(double *)at = f->without;
	else
		*(int64_t *)at = (int64_t)f->without;
}

static void get_field(struct object *o, const struct state_field *f, int n_tasks,
		      void *at)
{
	const struct json *n;

	if (f->may_lack && !(o->n && json_get(o->n, f->name))) {
		set_lacking(f, at);
		return;
	}
	switch (f->type) {
	case STATE_I64:
		*(int64_t *)at = (int64_t)object_count(o, f->name, f->most);
		break;
	case STATE_U64:
		*(uint64_t *)at = object_count(o, f->name, f->most);
		break;
	case STATE_U32:
		*(uint32_t *)at = (uint32_t)object_count(o, f->name, f->most);
		break;
	case STATE_REAL:
		*(double *)at = object_within(o, f->name, f->least, f->most);
		break;
	case STATE_REALS:
		get_reals(o, f, at);
		break;
	case STATE_BOOL:
		n = object_member(o, f->name, JSON_BOOL);
		*(bool *)at = n && json_bool(n);
		break;
	case STATE_METHOD:
		get_method(o, f, n_tasks, at);
		break;
	case STATE_GUARD:
		get_guard(o, f, n_tasks, at);
		break;
	case STATE_FLOATS:
	case STATE_TIMES:
		BUG("tensors in state.json");
	}
}

static void get_scope(struct object *parent, enum state_scope scope, int task,
		      struct session *state)
{
	struct object o = object_open(parent, state_scope_key(scope));

	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];

		if (f->scope == scope && f->file == STATE_JSON)
			get_field(&o, f, state->n_tasks, state_at(state, f, task));
	}
	object_close(&o);
}

/* --- the whole --- */

static void get_task(struct reader *r, const struct json *n, int i,
		     struct checkpoint_state *c)
{
	struct object o = object_of(r, n, "tasks");
	struct checkpoint_task *t = &c->task[i];

	object_text(&o, "name", t->name, sizeof t->name);
	object_hash(&o, "train", t->train, true);
	object_hash(&o, "dev", t->dev, true);
	t->mean = object_within(&o, "mean", -1e300, 1e300);
	t->scale = object_within(&o, "scale", -1e300, 1e300);
	for (int scope = STATE_PACKING; scope < STATE_SCOPES; scope++)
		get_scope(&o, (enum state_scope)scope, i, c->held);
	object_close(&o);
}

static void get_tasks(struct object *root, struct checkpoint_state *c)
{
	struct reader *r = root->r;
	const struct json *n = object_member(root, "tasks", JSON_ARRAY);
	int count = n ? json_len(n) : 0;

	if (n && (count < 1 || count > MIX_TASKS_MAX))
		object_wrong(r, "wrong number of", "tasks", NULL);
	if (r->st)
		return;
	c->task = xcalloc((size_t)count, sizeof *c->task);
	c->held = state_shell(count);
	c->n_tasks = count;
	get_scope(root, STATE_SESSION, 0, c->held);
	get_scope(root, STATE_MIX, 0, c->held);
	n = json_first(n);
	for (int i = 0; i < count && !r->st; i++, n = json_next(n))
		get_task(r, n, i, c);
}

/* The kind whose first file is among them. */
static const struct tokenizer_kind *kind_of_files(const struct json *files)
{
	const struct tokenizer_kind *k;

	for (int i = 0; (k = tokenizer_kind_at(i)); i++)
		if (files && json_get(files, tokenizer_file(k, 0)))
			return k;
	return tokenizer_kind_at(0);
}

static void get_files(struct object *root, struct checkpoint_state *c)
{
	struct object files = object_open(root, "files");

	c->tokenizer = kind_of_files(files.n);
	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		enum checkpoint_file file = (enum checkpoint_file)i;
		const char *name = checkpoint_file_name(c->tokenizer, file);
		struct object f;

		if (!name || (files.n && may_lack(c->tokenizer, file) &&
			      !json_get(files.n, name)))
			continue;
		f = object_open(&files, name);
		c->file[i].bytes = object_count(&f, "bytes", 0x1p48);
		object_hash(&f, "sum", c->file[i].sum, false);
		object_close(&f);
	}
	object_close(&files);
}

/* Before anything else is asked for: another version has other keys. */
static void check_version(struct object *root)
{
	const struct json *n = object_member(root, "tutti_checkpoint", JSON_NUMBER);
	int64_t version = 0;

	if (!n || (json_int(n, &version) && version == CHECKPOINT_VERSION))
		return;
	root->r->st = err_set(root->r->err, ST_INVALID, "state.json: format %lld, and "
			      "this program reads %d: go on with the program that wrote "
			      "it, or start a new run from the plan", (long long)version,
			      CHECKPOINT_VERSION);
}

static void get_whole(struct reader *r, const struct json *json,
		      struct checkpoint_state *c)
{
	struct object root = object_of(r, json, "state.json");
	char sum[HASH_TEXT];

	check_version(&root);
	c->timeline = (int)object_int(&root, "timeline", INT32_MAX);
	c->journal_seq = (int64_t)object_count(&root, "journal_seq", 9e18);
	object_text(&root, "name", c->name, sizeof c->name);
	c->score = object_real(&root, "score");
	object_hash(&root, "state", c->state, false);
	object_hash(&root, "vocab", c->vocab, false);
	if (root.n && json_get(root.n, "init"))
		object_hash(&root, "init", c->init, false);
	get_tasks(&root, c);
	get_files(&root, c);
	object_hash(&root, "sum", sum, false);
	object_close(&root);
	if (r->st)
		return;
	c->step = c->held->step;
	if (c->held->skipped > c->step || c->held->skips > c->held->skipped)
		object_wrong(r, "out of range:", "skipped", "session");
	if (c->held->mix.dev_step > c->step)
		object_wrong(r, "out of range:", "dev_step", "mix");
}

static enum status check_sum(const char *text, size_t len, struct err *err)
{
	const size_t head = strlen(SUM_HEAD), tail = strlen(SUM_TAIL);
	const size_t end = head + HASH_TEXT - 1 + tail;
	char sum[HASH_TEXT];
	const char *p = len < end ? "" : text + len - end;

	if (len < end || memcmp(p, SUM_HEAD, head) ||
	    memcmp(text + len - tail, SUM_TAIL, tail))
		return err_set(err, ST_CORRUPT, "state.json: cut off or damaged at its "
			       "end");
	hash_text(hash_bytes(text, len - end), sum);
	if (memcmp(p + head, sum, HASH_TEXT - 1))
		return err_set(err, ST_CORRUPT, "state.json: checksum differs");
	return ST_OK;
}

enum status checkpoint_state_parse(const char *text, size_t len,
				   struct checkpoint_state **out, struct err *err)
{
	struct reader r = { .err = err };
	struct json *root = NULL;

	*out = NULL;
	r.st = check_sum(text, len, err);
	if (!r.st && json_parse(text, len, "state.json", &root, err))
		r.st = ST_CORRUPT;
	if (!r.st) {
		*out = xcalloc(1, sizeof **out);
		get_whole(&r, root, *out);
	}
	json_free(root);
	if (r.st) {
		checkpoint_state_free(*out);
		*out = NULL;
	}
	return r.st;
}

enum status checkpoint_state_load(const char *folder, struct checkpoint_state **out,
				  struct err *err)
{
	char path[PATH_MAX];
	struct buf b;
	enum status st = checkpoint_path(folder, "state.json", path, err);

	*out = NULL;
	buf_init(&b);
	if (!st)
		st = file_read(path, CHECKPOINT_STATE_MAX, &b, err);
	if (st == ST_NOT_FOUND)
		st = err_set(err, ST_CORRUPT, "state.json: missing");
	if (!st)
		st = checkpoint_state_parse(buf_str(&b), b.len, out, err);
	buf_release(&b);
	return st;
}
