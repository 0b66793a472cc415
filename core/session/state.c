/*
 * state.c - the table of the state, and what goes over all of it.
 *
 * A row's least and most are for files: one with a number beyond them is damaged. What a
 * hand may set is narrower, and its command's row says it. What looks odd: a share below
 * 0 is "auto", a factor may be negative where tasks conflict, units divide and so are
 * never 0.
 */
#include "session/state.h"

#include <float.h>
#include <math.h> /* isnan, NAN */
#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* A task's draws count into streams of 48 bits (rng.h). */
#define DRAWS 281474976710655.0
#define ANY DBL_MAX

#define FIELD(in, as, owner, field, from, to)                                \
	{ .name = #field, .scope = in, .type = as, .file = STATE_JSON,       \
	  .at = offsetof(struct owner, field), .least = from, .most = to }
#define FIELD_OR(in, as, owner, field, from, to, if_lacking)                 \
	{ .name = #field, .scope = in, .type = as, .file = STATE_JSON,       \
	  .at = offsetof(struct owner, field), .least = from, .most = to,    \
	  .may_lack = true, .without = if_lacking }
#define FROZEN(groups, to)                                                   \
	{ .name = "frozen_" #groups, .scope = STATE_MIX, .type = STATE_U64,  \
	  .file = STATE_JSON, .at = offsetof(struct mix, frozen.groups),     \
	  .most = to, .may_lack = true }
#define RATES(groups, most_of_them)                                          \
	{ .name = "rates_" #groups, .scope = STATE_MIX, .type = STATE_REALS, \
	  .file = STATE_JSON, .at = offsetof(struct mix, rates.groups),      \
	  .least = RATE_LEAST, .most = RATE_MOST, .count = most_of_them,     \
	  .may_lack = true, .without = 1 }
#define METHOD(field, as)                                                    \
	{ .name = #field, .scope = STATE_MIX, .type = STATE_METHOD,          \
	  .file = STATE_JSON, .at = offsetof(struct mix, field), .role = as }
#define GUARD(of)                                                            \
	{ .name = "guard_" #of, .scope = STATE_MIX, .type = STATE_GUARD,     \
	  .file = STATE_JSON, .at = offsetof(struct mix, guard[GUARD_##of]), \
	  .may_lack = true, .guard = GUARD_##of },
#define TENSORS(in, as, prefix, member, from)                                \
	{ .name = prefix, .scope = STATE_SESSION, .type = as, .file = in,    \
	  .at = offsetof(struct session, member), .least = from, .most = ANY }

const struct state_field state_table[] = {
	FIELD(STATE_SESSION, STATE_I64, session, step, 0, 9e18),
	FIELD(STATE_SESSION, STATE_I64, session, skipped, 0, 9e18),
	FIELD(STATE_SESSION, STATE_I64, session, skips, 0, 9e18),
	TENSORS(STATE_MODEL, STATE_FLOATS, "", params.value, -ANY),
	TENSORS(STATE_OPTIMIZER, STATE_FLOATS, "m.", adam.m, -ANY),
	TENSORS(STATE_OPTIMIZER, STATE_FLOATS, "v.", adam.v, 0),
	TENSORS(STATE_OPTIMIZER, STATE_TIMES, "count", adam.count, 0),
	TENSORS(STATE_AVERAGE, STATE_FLOATS, "", average, -ANY),

	METHOD(sampling, METHOD_SAMPLING),
	METHOD(weighting, METHOD_WEIGHTING),
	FIELD(STATE_MIX, STATE_REAL, mix, lr, 0, 1e9),
	FIELD(STATE_MIX, STATE_REAL, mix, clip, 0, 1e300),
	FIELD(STATE_MIX, STATE_REAL, mix, dropout, 0, 0.999999),
	FIELD(STATE_MIX, STATE_I64, mix, horizon, 0, 1e9),
	FIELD_OR(STATE_MIX, STATE_I64, mix, dev_step, 1, 9e18, 0),
	FROZEN(embeddings, 1),
	FROZEN(layers, ANY),
	FROZEN(heads, ANY),
	RATES(embeddings, 1),
	RATES(layers, FREEZE_LAYERS),
	RATES(heads, MIX_TASKS_MAX),
	FROZEN(adapters, 1),
	RATES(adapters, 1),
	GUARD_LIST(GUARD)

	FIELD(STATE_PACKING, STATE_REAL, session_task, units, 1e-9, 1e300),

	FIELD(STATE_CURSOR, STATE_U64, cursor, epoch, 0, DRAWS),
	FIELD(STATE_CURSOR, STATE_U64, cursor, window, 0, DRAWS),
	FIELD(STATE_CURSOR, STATE_U32, cursor, next, 0, PACK_WINDOW),
	FIELD(STATE_CURSOR, STATE_U64, cursor, draw, 0, DRAWS),
	FIELD(STATE_CURSOR, STATE_U64, cursor, examples, 0, ANY),
	FIELD(STATE_CURSOR, STATE_U64, cursor, tokens, 0, ANY),

	FIELD(STATE_CHANNEL, STATE_REAL, mix_channel, weight, 0, 1e300),
	FIELD(STATE_CHANNEL, STATE_REAL, mix_channel, share, -1e300, 1),
	FIELD(STATE_CHANNEL, STATE_BOOL, mix_channel, muted, 0, 1),
	FIELD(STATE_CHANNEL, STATE_BOOL, mix_channel, solo, 0, 1),
	FIELD(STATE_CHANNEL, STATE_BOOL, mix_channel, locked, 0, 1),
	FIELD(STATE_CHANNEL, STATE_REAL, mix_channel, size, 0, 1e300),
	FIELD(STATE_CHANNEL, STATE_REAL, mix_channel, factor, -MIX_FACTOR_MOST,
	      MIX_FACTOR_MOST),
	FIELD(STATE_CHANNEL, STATE_REAL, mix_channel, credit, -1e300, 1e300),
	FIELD(STATE_CHANNEL, STATE_U64, mix_channel, drawn, 0, ANY),
	FIELD_OR(STATE_CHANNEL, STATE_REAL, mix_channel, dev, -1e300, 1e300, NAN),
	FIELD_OR(STATE_CHANNEL, STATE_REAL, mix_channel, ramp_from, 0, 1e6, 0),
	FIELD_OR(STATE_CHANNEL, STATE_REAL, mix_channel, ramp_to, 0, 1e6, 0),
	FIELD_OR(STATE_CHANNEL, STATE_I64, mix_channel, ramp_begin, 0, 9e18, 0),
	FIELD_OR(STATE_CHANNEL, STATE_I64, mix_channel, ramp_steps, 0, 1e9, 0),
};
const int state_count = (int)(sizeof state_table / sizeof *state_table);

/* --- scopes --- */

static void *of_session(const struct session *s, int task)
{
	(void)task;
	return (void *)(uintptr_t)s;
}

static void *of_mix(const struct session *s, int task)
{
	(void)task;
	return (void *)(uintptr_t)&s->mix;
}

static void *of_packing(const struct session *s, int task)
{
	return &s->task[task];
}

static void *of_cursor(const struct session *s, int task)
{
	return &s->task[task].cursor;
}

static void *of_channel(const struct session *s, int task)
{
	return (void *)(uintptr_t)&s->mix.ch[task];
}

static const struct {
	const char *key;
	bool is_each;  /* task has one */
	void *(*base)(const struct session *s, int task);
} scopes[STATE_SCOPES] = {
	[STATE_SESSION] = { "session", false, of_session },
	[STATE_MIX] = { "mix", false, of_mix },
	[STATE_PACKING] = { "packing", true, of_packing },
	[STATE_CURSOR] = { "cursor", true, of_cursor },
	[STATE_CHANNEL] = { "channel", true, of_channel },
};

const char *state_scope_key(enum state_scope s)
{
	return scopes[s].key;
}

void *state_at(const struct session *s, const struct state_field *f, int task)
{
	return (char *)scopes[f->scope].base(s, task) + f->at;
}

static int times(const struct session *s, const struct state_field *f)
{
	return scopes[f->scope].is_each ? s->n_tasks : 1;
}

int state_reals(const struct state_field *f, const double *x)
{
	int n = f->count;

	while (n && x[n - 1] == f->without)
		n--;
	return n;
}

bool state_is_lacking(const struct state_field *f, const void *at)
{
	double x;

	if (!f->may_lack)
		return false;
	if (f->type == STATE_REALS)
		return !state_reals(f, at);
	if (f->type == STATE_GUARD)
		return guard_is_plain(guard_at(f->guard), at);
	x = f->type == STATE_REAL ? *(const double *)at : (double)*(const int64_t *)at;
	return isnan(f->without) ? isnan(x) : x == f->without;
}

/* --- the hash --- */

static void add_real(struct hasher *h, double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof u);
	hasher_add_u64(h, u);
}

static void add_reals(struct hasher *h, const double *x, int n)
{
	hasher_add_u64(h, (uint64_t)n);
	for (int i = 0; i < n; i++)
		add_real(h, x[i]);
}

bool state_has_param(const struct state_field *f, const struct param_set *ps, int p)
{
	return f->file != STATE_OPTIMIZER || !param_is_still(ps, p);
}

static void add_floats(struct hasher *h, const struct state_field *f,
		       const struct param_set *ps, const float *block)
{
	for (int p = 0; block && p < ps->n; p++)
		if (state_has_param(f, ps, p))
			hasher_add(h, block + ps->p[p].offset,
				   param_count(ps, p) * sizeof *block);
}

static void add_times(struct hasher *h, const struct param_set *ps, const int64_t *x)
{
	for (int p = 0; x && p < ps->n; p++)
		hasher_add_u64(h, (uint64_t)x[p]);
}

static void add_method(struct hasher *h, int n_tasks, const struct mix_method *m)
{
	int count = mix_memory(m, n_tasks);

	hasher_add_str(h, m->row->name);
	for (int i = 0; i < MIX_PARAMS; i++)
		add_real(h, m->param[i]);
	hasher_add_u64(h, (uint64_t)count);
	for (int i = 0; i < count; i++)
		add_real(h, m->memory[i]);
}

static void add_guard(struct hasher *h, const struct session *s, int i, const struct guard *g)
{
	int count = guard_memory(guard_at(i), s->n_tasks);

	hasher_add_u64(h, (uint64_t)g->since);
	hasher_add_u64(h, (uint64_t)g->seen);
	for (int k = 0; k < GUARD_PARAMS; k++)
		add_real(h, g->param[k]);
	for (int k = 0; k < count; k++)
		add_real(h, g->memory[k]);
}

/* One that only warns is saved as it is set, but tells no states apart. */
static bool is_unheard(const struct state_field *f, const void *at)
{
	return f->type == STATE_GUARD && ((const struct guard *)at)->mode != GUARD_ACT;
}

static void add_field(struct hasher *h, const struct session *s,
		      const struct state_field *f, int task)
{
	const void *at = state_at(s, f, task);

	if (state_is_lacking(f, at) || is_unheard(f, at))
		return;
	if (f->may_lack) { /* others of its kind may not be there: it says which it is */
		hasher_add_str(h, f->name);
		hasher_add_u64(h, (uint64_t)task);
	}
	switch (f->type) {
	case STATE_I64:
	case STATE_U64:    hasher_add_u64(h, *(const uint64_t *)at); break;
	case STATE_U32:    hasher_add_u64(h, *(const uint32_t *)at); break;
	case STATE_REAL:   add_real(h, *(const double *)at); break;
	case STATE_REALS:  add_reals(h, at, state_reals(f, at)); break;
	case STATE_BOOL:   hasher_add_u64(h, *(const bool *)at); break;
	case STATE_METHOD: add_method(h, s->n_tasks, at); break;
	case STATE_GUARD:  add_guard(h, s, f->guard, at); break;
	case STATE_FLOATS: add_floats(h, f, &s->params, *(float *const *)at); break;
	case STATE_TIMES:  add_times(h, &s->params, *(int64_t *const *)at); break;
	}
}

void state_hash(const struct session *s, char out[40])
{
	struct hasher *h = hasher_new();

	BUG_IF(s->is_averaged);
	for (int i = 0; i < state_count; i++)
		for (int task = 0; task < times(s, &state_table[i]); task++)
			add_field(h, s, &state_table[i], task);
	hash_text(hasher_end(h), out);
}

/* --- shells --- */

static size_t size_of(const struct state_field *f)
{
	switch (f->type) {
	case STATE_I64:
	case STATE_U64:       return sizeof(uint64_t);
	case STATE_U32:       return sizeof(uint32_t);
	case STATE_REAL:      return sizeof(double);
	case STATE_REALS:     return (size_t)f->count * sizeof(double);
	case STATE_BOOL:      return sizeof(bool);
	case STATE_METHOD:    return sizeof(struct mix_method);
	case STATE_GUARD:     return sizeof(struct guard);
	case STATE_FLOATS:
	case STATE_TIMES:     break;
	}
	BUG("state field of type %d", (int)f->type);
}

void state_copy(struct session *to, const struct session *from)
{
	BUG_IF(to->n_tasks != from->n_tasks);
	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];

		for (int task = 0; f->file == STATE_JSON && task < times(to, f); task++)
			memcpy(state_at(to, f, task), state_at(from, f, task),
			       size_of(f));
	}
}

struct session *state_shell(int n_tasks)
{
	struct session *s = xcalloc(1, sizeof *s);

	s->n_tasks = s->mix.n = n_tasks;
	s->task = xcalloc((size_t)n_tasks, sizeof *s->task);
	return s;
}

void state_shell_free(struct session *s)
{
	if (!s)
		return;
	xfree(s->task);
	xfree(s);
}
