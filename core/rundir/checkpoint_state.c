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

/* --- reading: the first thing wrong is kept, the rest goes on with zeros --- */

struct reader {
	struct err *err;
	enum status st;
};

/* An object while it is read: what was asked for is known, the rest is not. */
enum { KEYS_MAX = 24 };
struct object {
	struct reader *r;
	const struct json *n;
	const char *what;          /* its own key */
	const char *key[KEYS_MAX]; /* borrowed */
	int n_keys;
};

static void wrong(struct reader *r, const char *what, const char *key, const char *in)
{
	if (!r->st)
		r->st = err_set(r->err, ST_CORRUPT, "state.json: %s '%s'%s%s%s", what,
				key, in ? " in '" : "", in ? in : "", in ? "'" : "");
}

/* The member of that type, or NULL. */
static const struct json *want(struct object *o, const char *key, enum json_type type)
{
	struct reader *r = o->r;
	const struct json *n = r->st || !o->n ? NULL : json_get(o->n, key);

	BUG_IF(o->n_keys == KEYS_MAX);
	o->key[o->n_keys++] = key;
	if (!r->st && !n)
		wrong(r, "missing key", key, o->what);
	if (n && json_type(n) != type) {
		char what[80];

		str_format(what, sizeof what, "%s, not %s, for", json_type_name(
			   json_type(n)), json_type_name(type));
		wrong(r, what, key, o->what);
		n = NULL;
	}
	return n;
}

static struct object object_of(struct reader *r, const struct json *n, const char *what)
{
	if (!r->st && n && json_type(n) != JSON_OBJECT) {
		wrong(r, "not an object:", what, NULL);
		n = NULL;
	}
	return (struct object){ .r = r, .n = n, .what = what };
}

static struct object open_object(struct object *parent, const char *key)
{
	return object_of(parent->r, want(parent, key, JSON_OBJECT), key);
}

/* Keys that nobody asked for. */
static void close_object(struct object *o)
{
	const struct json *n = o->r->st || !o->n ? NULL : json_first(o->n);

	for (; n; n = json_next(n)) {
		bool is_known = false;

		for (int i = 0; i < o->n_keys; i++)
			is_known |= str_eq(json_key(n), o->key[i]);
		if (!is_known)
			wrong(o->r, "unknown key", json_key(n), o->what);
	}
}

static void get_text(struct object *o, const char *key, char *out, size_t cap)
{
	const struct json *n = want(o, key, JSON_STRING);

	if (n && !str_copy(out, cap, json_string(n)))
		wrong(o->r, "too long:", key, o->what);
}

static double get_real(struct object *o, const char *key)
{
	const struct json *n = want(o, key, JSON_STRING);
	double x = 0;

	if (n && !double_from_hex(json_string(n), &x))
		wrong(o->r, "no hexadecimal number:", key, o->what);
	return x;
}

static double get_within(struct object *o, const char *key, double least, double most)
{
	double x = get_real(o, key);

	if (!o->r->st && !(x >= least && x <= most))
		wrong(o->r, "out of range:", key, o->what);
	return x;
}

static uint64_t get_count(struct object *o, const char *key, double most)
{
	const struct json *n = want(o, key, JSON_STRING);
	uint64_t x = 0;

	if (n && (!parse_u64(json_string(n), &x) || (double)x > most))
		wrong(o->r, "no count or too large:", key, o->what);
	return o->r->st ? 0 : x;
}

static int64_t get_int(struct object *o, const char *key, int64_t most)
{
	const struct json *n = want(o, key, JSON_NUMBER);
	int64_t x = 0;

	if (n && (!json_int(n, &x) || x < 0 || x > most))
		wrong(o->r, "out of range:", key, o->what);
	return o->r->st ? 0 : x;
}

/* 32 hex digits; "" where `may_lack`. */
static void get_hash(struct object *o, const char *key, char out[HASH_TEXT],
		     bool may_lack)
{
	get_text(o, key, out, HASH_TEXT);
	if (o->r->st || (may_lack && !*out))
		return;
	if (strlen(out) != HASH_TEXT - 1 ||
	    strspn(out, "0123456789abcdef") != HASH_TEXT - 1)
		wrong(o->r, "no hash:", key, o->what);
}

/* --- fields of the state --- */

static void get_memory(struct object *o, int count, double *out)
{
	const struct json *n = want(o, "memory", JSON_ARRAY);
	int i = 0;

	if (n && json_len(n) != count)
		wrong(o->r, "wrong length of", "memory", o->what);
	for (n = n && !o->r->st ? json_first(n) : NULL; n; n = json_next(n))
		if (json_type(n) != JSON_STRING ||
		    !double_from_hex(json_string(n), &out[i++])) {
			wrong(o->r, "no hexadecimal numbers:", "memory", o->what);
			return;
		}
}

static void get_params(struct object *method, const struct mix_param *table,
		       double *param)
{
	struct object o = open_object(method, "param");

	for (int i = 0; i < MIX_PARAMS && table[i].name; i++)
		param[i] = get_within(&o, table[i].name, table[i].min, table[i].max);
	close_object(&o);
}

static void get_method(struct object *parent, const struct state_field *f, int n_tasks,
		       struct mix_method *m)
{
	struct object o = open_object(parent, f->name);
	char name[64] = "";

	get_text(&o, "method", name, sizeof name);
	m->row = method_find(f->role, name);
	if (!m->row) {
		wrong(o.r, "unknown method", name, f->name);
		return;
	}
	get_params(&o, m->row->param, m->param);
	m->groups = o.n && json_get(o.n, "groups") ?
		(int)get_int(&o, "groups", FREEZE_LAYERS + 1) : 1;
	if (m->groups < 1 || mix_memory(m, n_tasks) < 0)
		wrong(o.r, "out of range:", "groups", f->name);
	else
		get_memory(&o, mix_memory(m, n_tasks), m->memory);
	close_object(&o);
}

/* As many as there are; the rest is as without them. */
static void get_reals(struct object *o, const struct state_field *f, double *out)
{
	const struct json *n = want(o, f->name, JSON_ARRAY);
	int i = 0;

	for (int k = 0; k < f->count; k++)
		out[k] = f->without;
	if (n && (json_len(n) < 1 || json_len(n) > f->count))
		wrong(o->r, "wrong length of", f->name, o->what);
	for (n = n && !o->r->st ? json_first(n) : NULL; n && !o->r->st; n = json_next(n))
		if (json_type(n) != JSON_STRING || !double_from_hex(json_string(n), &out[i]) ||
		    !(out[i] >= f->least && out[i] <= f->most))
			wrong(o->r, "no numbers within their range:", f->name, o->what);
		else
			i++;
}

static void get_guard(struct object *parent, const struct state_field *f, int n_tasks,
		      struct guard *g)
{
	const struct guard_row *row = guard_at(f->guard);
	struct object o = open_object(parent, f->name), params;
	char mode[16] = "";

	guard_init(row, g);
	get_text(&o, "mode", mode, sizeof mode);
	if (!guard_mode_find(mode, &g->mode))
		wrong(o.r, "no mode of a guard:", mode, f->name);
	g->since = g->seen = (int64_t)get_count(&o, "since", 9e18);
	params = open_object(&o, "param");
	for (int i = 0; i < GUARD_PARAMS && row->param[i].name; i++)
		g->param[i] = get_within(&params, row->param[i].name, row->param[i].min,
					 row->param[i].max);
	close_object(&params);
	if (g->mode == GUARD_ACT) {
		g->seen = (int64_t)get_count(&o, "seen", 9e18);
		get_memory(&o, guard_memory(row, n_tasks), g->memory);
	}
	close_object(&o);
}

static void set_lacking(const struct state_field *f, void *at)
{
	if (f->type == STATE_REALS)
		for (int i = 0; i < f->count; i++)
			((double *)at)[i] = f->without;
	if (f->type == STATE_GUARD)
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
		*(int64_t *)at = (int64_t)get_count(o, f->name, f->most);
		break;
	case STATE_U64:
		*(uint64_t *)at = get_count(o, f->name, f->most);
		break;
	case STATE_U32:
		*(uint32_t *)at = (uint32_t)get_count(o, f->name, f->most);
		break;
	case STATE_REAL:
		*(double *)at = get_within(o, f->name, f->least, f->most);
		break;
	case STATE_REALS:
		get_reals(o, f, at);
		break;
	case STATE_BOOL:
		n = want(o, f->name, JSON_BOOL);
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
	struct object o = open_object(parent, state_scope_key(scope));

	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];

		if (f->scope == scope && f->file == STATE_JSON)
			get_field(&o, f, state->n_tasks, state_at(state, f, task));
	}
	close_object(&o);
}

/* --- the whole --- */

static void get_task(struct reader *r, const struct json *n, int i,
		     struct checkpoint_state *c)
{
	struct object o = object_of(r, n, "tasks");
	struct checkpoint_task *t = &c->task[i];

	get_text(&o, "name", t->name, sizeof t->name);
	get_hash(&o, "train", t->train, true);
	get_hash(&o, "dev", t->dev, true);
	t->mean = get_within(&o, "mean", -1e300, 1e300);
	t->scale = get_within(&o, "scale", -1e300, 1e300);
	for (int scope = STATE_PACKING; scope < STATE_SCOPES; scope++)
		get_scope(&o, (enum state_scope)scope, i, c->held);
	close_object(&o);
}

static void get_tasks(struct object *root, struct checkpoint_state *c)
{
	struct reader *r = root->r;
	const struct json *n = want(root, "tasks", JSON_ARRAY);
	int count = n ? json_len(n) : 0;

	if (n && (count < 1 || count > MIX_TASKS_MAX))
		wrong(r, "wrong number of", "tasks", NULL);
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
	struct object files = open_object(root, "files");

	c->tokenizer = kind_of_files(files.n);
	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		enum checkpoint_file file = (enum checkpoint_file)i;
		const char *name = checkpoint_file_name(c->tokenizer, file);
		struct object f;

		if (!name || (files.n && may_lack(c->tokenizer, file) &&
			      !json_get(files.n, name)))
			continue;
		f = open_object(&files, name);
		c->file[i].bytes = get_count(&f, "bytes", 0x1p48);
		get_hash(&f, "sum", c->file[i].sum, false);
		close_object(&f);
	}
	close_object(&files);
}

/* Before anything else is asked for: another version has other keys. */
static void check_version(struct object *root)
{
	const struct json *n = want(root, "tutti_checkpoint", JSON_NUMBER);
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
	c->timeline = (int)get_int(&root, "timeline", INT32_MAX);
	c->journal_seq = (int64_t)get_count(&root, "journal_seq", 9e18);
	get_text(&root, "name", c->name, sizeof c->name);
	c->score = get_real(&root, "score");
	get_hash(&root, "state", c->state, false);
	get_hash(&root, "vocab", c->vocab, false);
	if (root.n && json_get(root.n, "init"))
		get_hash(&root, "init", c->init, false);
	get_tasks(&root, c);
	get_files(&root, c);
	get_hash(&root, "sum", sum, false);
	close_object(&root);
	if (r->st)
		return;
	c->step = c->held->step;
	if (c->held->skipped > c->step || c->held->skips > c->held->skipped)
		wrong(r, "out of range:", "skipped", "session");
	if (c->held->mix.dev_step > c->step)
		wrong(r, "out of range:", "dev_step", "mix");
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
