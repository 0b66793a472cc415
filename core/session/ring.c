/*
 * ring.c - states in memory, derived from the table of the state.
 */
#include "session/ring.h"

#include <string.h>

#include "base/mem.h"
#include "session/state.h"

struct kept {
	int64_t seq;
	struct session *held;  /* a shell: all of STATE_JSON */
	double *threshold;     /* [n_tasks] */
	void **block;          /* [state_count]; NULL: no tensors in that row */
};

struct ring {
	int cap, n, first;     /* the oldest is at `first` */
	struct kept kept[RING_STATES];
};

/* Of a row with tensors; 0: it has none. */
static size_t block_bytes(const struct session *s, const struct state_field *f)
{
	if (f->type == STATE_FLOATS)
		return (f->file == STATE_OPTIMIZER ? s->params.moving : s->params.size) *
		       sizeof(float);
	return f->type == STATE_TIMES ? (size_t)s->params.n * sizeof(int64_t) : 0;
}

/* Where the session has the tensors of a row; NULL: nowhere. */
static void *block_of(const struct session *s, const struct state_field *f)
{
	return block_bytes(s, f) ? *(void **)state_at(s, f, 0) : NULL;
}

size_t ring_state_bytes(const struct session *s)
{
	size_t sum = (size_t)s->n_tasks * sizeof *s->task + sizeof *s;

	for (int i = 0; i < state_count; i++)
		sum += block_bytes(s, &state_table[i]);
	return sum;
}

static void make(struct kept *k, const struct session *s)
{
	k->held = state_shell(s->n_tasks);
	k->threshold = xcalloc((size_t)s->n_tasks, sizeof *k->threshold);
	k->block = xcalloc((size_t)state_count, sizeof *k->block);
	for (int i = 0; i < state_count; i++)
		if (block_of(s, &state_table[i]))
			k->block[i] = xalloc64(block_bytes(s, &state_table[i]));
}

static int states(const struct session *s)
{
	const struct plan *p = s->plan;
	size_t n = ((size_t)p->back_memory << 20) / ring_state_bytes(s);

	return p->back_every <= 0 ? 0 : n > RING_STATES ? RING_STATES : (int)n;
}

size_t ring_bytes(const struct session *s)
{
	return (size_t)states(s) * ring_state_bytes(s);
}

struct ring *ring_new_of(const struct session *s, int states)
{
	struct ring *r = xcalloc(1, sizeof *r);

	BUG_IF(states < 0 || states > RING_STATES);
	r->cap = states;
	for (int i = 0; i < r->cap; i++)
		make(&r->kept[i], s);
	return r;
}

struct ring *ring_new(const struct session *s)
{
	return ring_new_of(s, states(s));
}

void ring_free(struct ring *r)
{
	for (int i = 0; r && i < r->cap; i++) {
		for (int f = 0; f < state_count; f++)
			xfree(r->kept[i].block[f]);
		xfree(r->kept[i].block);
		xfree(r->kept[i].threshold);
		state_shell_free(r->kept[i].held);
	}
	xfree(r);
}

int ring_size(const struct ring *r)
{
	return r->cap;
}

/* From the oldest, 0, on. */
static int place(const struct ring *r, int i)
{
	return (r->first + i) % r->cap;
}

void ring_take(struct ring *r, const struct session *s, int64_t seq)
{
	struct kept *k;

	if (!r->cap)
		return;
	if (r->n == r->cap) {
		r->first = place(r, 1);
		r->n--;
	}
	k = &r->kept[place(r, r->n++)];
	k->seq = seq;
	state_copy(k->held, s);
	for (int i = 0; i < s->n_tasks; i++)
		k->threshold[i] = s->task[i].threshold;
	for (int i = 0; i < state_count; i++)
		if (k->block[i])
			memcpy(k->block[i], block_of(s, &state_table[i]),
			       block_bytes(s, &state_table[i]));
}

int ring_find(const struct ring *r, int64_t step, int64_t *seq)
{
	for (int i = 0; i < r->n; i++) {
		const struct kept *k = &r->kept[place(r, i)];

		if (k->held->step != step)
			continue;
		*seq = k->seq;
		return place(r, i);
	}
	return -1;
}

int64_t ring_newest(const struct ring *r)
{
	return r->n ? r->kept[place(r, r->n - 1)].held->step : -1;
}

void ring_restore(const struct ring *r, int which, struct session *s)
{
	const struct kept *k = &r->kept[which];

	state_copy(s, k->held);
	for (int i = 0; i < s->n_tasks; i++)
		s->task[i].threshold = k->threshold[i];
	for (int i = 0; i < state_count; i++)
		if (k->block[i])
			memcpy(block_of(s, &state_table[i]), k->block[i],
			       block_bytes(s, &state_table[i]));
	session_pack(s);
	session_tell_mix(s);
}

void ring_forget(struct ring *r, int64_t step, int64_t seq)
{
	while (r->n) {
		const struct kept *k = &r->kept[place(r, r->n - 1)];

		if (k->held->step <= step && k->seq <= seq)
			break;
		r->n--;
	}
}
