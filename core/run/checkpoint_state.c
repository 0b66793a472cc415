/*
 * checkpoint_state.c - state.json: all of a session's state but the tensors.
 *
 *   { "tutti_checkpoint": 1, step, timeline, skipped, journal_seq, name, score,
 *     state, vocab, mix: { sampling, weighting, lr, clip, dropout, horizon },
 *     tasks: [ { name, data, cursor, channel } ], files: { NAME: { bytes, sum } },
 *     "sum": 32 hex digits over every byte before it }
 *
 * Doubles are the 16 hex digits of their bits, 64-bit counts are decimal
 * strings: what is read is what was written. Methods and parameters go by name.
 * A key too many is as wrong as one too few.
 */
#include "run/checkpoint_own.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

const char *const checkpoint_files[CHECKPOINT_FILES] = {
	"config.json", "vocab.txt", "model.safetensors", "optimizer.safetensors",
};

void checkpoint_state_free(struct checkpoint_state *c)
{
	if (!c)
		return;
	xfree(c->task);
	xfree(c);
}

/* --- reading: the first thing wrong is kept, the rest goes on with zeros --- */

struct reader {
	struct err *err;
	enum status st;
};

static void wrong(struct reader *r, const char *key, const char *what)
{
	if (!r->st)
		r->st = err_set(r->err, ST_CORRUPT, "state.json: %s '%s'", what, key);
}

/* The member of that type, or NULL. */
static const struct json *want(struct reader *r, const struct json *obj,
			       const char *key, enum json_type type)
{
	const struct json *n = r->st || !obj ? NULL : json_get(obj, key);

	if (!r->st && !n)
		wrong(r, key, "missing");
	if (n && json_type(n) != type) {
		wrong(r, key, "wrong type of");
		n = NULL;
	}
	return n;
}

/* All keys were asked for by name, so their number tells of others. */
static void want_keys(struct reader *r, const struct json *obj, int n, const char *what)
{
	if (!r->st && obj && json_len(obj) != n)
		wrong(r, what, "unknown keys in");
}

static void get_text(struct reader *r, const struct json *obj, const char *key,
		     char *out, size_t cap)
{
	const struct json *n = want(r, obj, key, JSON_STRING);

	if (n && !str_copy(out, cap, json_string(n)))
		wrong(r, key, "too long");
}

static double get_double(struct reader *r, const struct json *obj, const char *key)
{
	const struct json *n = want(r, obj, key, JSON_STRING);
	double x = 0;

	if (n && !double_from_hex(json_string(n), &x))
		wrong(r, key, "no hexadecimal number");
	return x;
}

static double get_within(struct reader *r, const struct json *obj, const char *key,
			 double least, double most)
{
	double x = get_double(r, obj, key);

	if (!r->st && !(x >= least && x <= most))
		wrong(r, key, "out of range");
	return x;
}

static uint64_t get_count(struct reader *r, const struct json *obj, const char *key,
			  uint64_t most)
{
	const struct json *n = want(r, obj, key, JSON_STRING);
	uint64_t x = 0;

	if (n && (!parse_u64(json_string(n), &x) || x > most))
		wrong(r, key, "no count or too large");
	return r->st ? 0 : x;
}

static bool get_bool(struct reader *r, const struct json *obj, const char *key)
{
	const struct json *n = want(r, obj, key, JSON_BOOL);

	return n && json_bool(n);
}

/* 32 hex digits; "" where `may_lack`. */
static void get_hash(struct reader *r, const struct json *obj, const char *key,
		     char *out, size_t cap, bool may_lack)
{
	get_text(r, obj, key, out, cap);
	if (r->st || (may_lack && !*out))
		return;
	if (strlen(out) != HASH_TEXT - 1 ||
	    strspn(out, "0123456789abcdef") != HASH_TEXT - 1)
		wrong(r, key, "no hash");
}

static void get_params(struct reader *r, const struct json *obj,
		       const struct mix_param *table, double *param)
{
	const struct json *p = want(r, obj, "param", JSON_OBJECT);
	int n = 0;

	for (; p && n < MIX_PARAMS && table[n].name; n++)
		param[n] = get_within(r, p, table[n].name, table[n].min, table[n].max);
	want_keys(r, p, n, "param");
	want_keys(r, obj, 2, "method");
}

static void get_sampling(struct reader *r, const struct json *mix, struct mix_method *m)
{
	const struct json *obj = want(r, mix, "sampling", JSON_OBJECT);
	char name[64] = "";

	get_text(r, obj, "method", name, sizeof name);
	for (m->kind = 0; m->kind < sampling_count; m->kind++)
		if (str_eq(name, sampling_table[m->kind].name)) {
			get_params(r, obj, sampling_table[m->kind].param, m->param);
			return;
		}
	m->kind = 0;
	wrong(r, name, "unknown sampling method");
}

static void get_weighting(struct reader *r, const struct json *mix, struct mix_method *m)
{
	const struct json *obj = want(r, mix, "weighting", JSON_OBJECT);
	char name[64] = "";

	get_text(r, obj, "method", name, sizeof name);
	for (m->kind = 0; m->kind < weighting_count; m->kind++)
		if (str_eq(name, weighting_table[m->kind].name)) {
			get_params(r, obj, weighting_table[m->kind].param, m->param);
			return;
		}
	m->kind = 0;
	wrong(r, name, "unknown weighting method");
}

static void get_mix(struct reader *r, const struct json *root, struct mix *m)
{
	const struct json *obj = want(r, root, "mix", JSON_OBJECT);

	get_sampling(r, obj, &m->sampling);
	get_weighting(r, obj, &m->weighting);
	m->lr = get_within(r, obj, "lr", 0, 1e9);
	m->clip = get_within(r, obj, "clip", 0, 1e300);
	m->dropout = get_within(r, obj, "dropout", 0, 0.999999);
	m->horizon = (int64_t)get_count(r, obj, "horizon", (uint64_t)1e9);
	want_keys(r, obj, 6, "mix");
}

static void get_slots(struct reader *r, const struct json *obj, const char *key,
		      double *out)
{
	const struct json *n = want(r, obj, key, JSON_ARRAY);
	int i = 0;

	if (n && json_len(n) != MIX_SLOTS)
		wrong(r, key, "wrong length of");
	for (n = n && !r->st ? json_first(n) : NULL; n; n = json_next(n))
		if (json_type(n) != JSON_STRING ||
		    !double_from_hex(json_string(n), &out[i++])) {
			wrong(r, key, "no hexadecimal numbers in");
			return;
		}
}

static void get_channel(struct reader *r, const struct json *task,
			struct mix_channel *c)
{
	const struct json *obj = want(r, task, "channel", JSON_OBJECT);

	c->weight = get_within(r, obj, "weight", 0, 1e300);
	c->share = get_within(r, obj, "share", -1e300, 1);
	c->muted = get_bool(r, obj, "muted");
	c->solo = get_bool(r, obj, "solo");
	c->locked = get_bool(r, obj, "locked");
	c->size = get_within(r, obj, "size", 0, 1e300);
	c->factor = get_within(r, obj, "factor", -1e300, 1e300);
	c->credit = get_within(r, obj, "credit", -1e300, 1e300);
	c->drawn = get_count(r, obj, "drawn", UINT64_MAX);
	get_slots(r, obj, "memory", c->memory);
	get_slots(r, obj, "sample_memory", c->sample_memory);
	want_keys(r, obj, 11, "channel");
}

static void get_cursor(struct reader *r, const struct json *task, struct cursor *c)
{
	const struct json *obj = want(r, task, "cursor", JSON_OBJECT);
	const uint64_t draws = ((uint64_t)1 << 48) - 1; /* rng.h */

	c->epoch = get_count(r, obj, "epoch", draws);
	c->window = get_count(r, obj, "window", draws);
	c->next = (uint32_t)get_count(r, obj, "next", PACK_WINDOW);
	c->draw = get_count(r, obj, "draw", draws);
	c->examples = get_count(r, obj, "examples", UINT64_MAX);
	c->tokens = get_count(r, obj, "tokens", UINT64_MAX);
	want_keys(r, obj, 6, "cursor");
}

static void get_task(struct reader *r, const struct json *obj,
		     struct checkpoint_task *t, struct mix_channel *ch)
{
	if (json_type(obj) != JSON_OBJECT) {
		wrong(r, "tasks", "wrong type of");
		return;
	}
	get_text(r, obj, "name", t->name, sizeof t->name);
	get_hash(r, obj, "train", t->train, sizeof t->train, true);
	get_hash(r, obj, "dev", t->dev, sizeof t->dev, true);
	t->mean = get_within(r, obj, "mean", -1e300, 1e300);
	t->scale = get_within(r, obj, "scale", -1e300, 1e300);
	get_cursor(r, obj, &t->cursor);
	get_channel(r, obj, ch);
	want_keys(r, obj, 7, "tasks");
}

static void get_tasks(struct reader *r, const struct json *root,
		      struct checkpoint_state *c)
{
	const struct json *n = want(r, root, "tasks", JSON_ARRAY);
	int count = n ? json_len(n) : 0;

	if (n && (count < 1 || count > MIX_TASKS_MAX))
		wrong(r, "tasks", "wrong number of");
	if (r->st)
		return;
	c->task = xcalloc((size_t)count, sizeof *c->task);
	c->n_tasks = c->mix.n = count;
	n = json_first(n);
	for (int i = 0; i < count && !r->st; i++, n = json_next(n))
		get_task(r, n, &c->task[i], &c->mix.ch[i]);
}

static void get_files(struct reader *r, const struct json *root,
		      struct checkpoint_state *c)
{
	const struct json *files = want(r, root, "files", JSON_OBJECT);

	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		const struct json *f = want(r, files, checkpoint_files[i], JSON_OBJECT);

		c->file[i].bytes = get_count(r, f, "bytes", (uint64_t)1 << 48);
		get_hash(r, f, "sum", c->file[i].sum, sizeof c->file[i].sum, false);
		want_keys(r, f, 2, checkpoint_files[i]);
	}
	want_keys(r, files, CHECKPOINT_FILES, "files");
}

static void get_whole(struct reader *r, const struct json *root,
		      struct checkpoint_state *c)
{
	const struct json *v = want(r, root, "tutti_checkpoint", JSON_NUMBER);
	const struct json *t = want(r, root, "timeline", JSON_NUMBER);
	int64_t version = 0, timeline = 0;

	if (v && (!json_int(v, &version) || version != 1))
		wrong(r, "tutti_checkpoint", "not the version 1 that is read here:");
	if (t && (!json_int(t, &timeline) || timeline < 0 || timeline > INT32_MAX))
		wrong(r, "timeline", "out of range");
	c->timeline = r->st ? 0 : (int)timeline;
	c->step = (int64_t)get_count(r, root, "step", INT64_MAX);
	c->skipped = (int64_t)get_count(r, root, "skipped", INT64_MAX);
	c->journal_seq = (int64_t)get_count(r, root, "journal_seq", INT64_MAX);
	get_text(r, root, "name", c->name, sizeof c->name);
	c->score = get_double(r, root, "score");
	get_hash(r, root, "state", c->state, sizeof c->state, false);
	get_hash(r, root, "vocab", c->vocab, sizeof c->vocab, false);
	get_mix(r, root, &c->mix);
	get_tasks(r, root, c);
	get_files(r, root, c);
	want_keys(r, root, 13, "state.json");
	if (!r->st && c->skipped > c->step)
		wrong(r, "skipped", "out of range");
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
	if (!r.st && json_type(root) != JSON_OBJECT)
		wrong(&r, "state.json", "not an object:");
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
