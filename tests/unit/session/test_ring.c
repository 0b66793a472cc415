/*
 * test_ring.c - states in memory: the one that is restored is the one that was taken, to
 * the bit, whatever was done between, and goes on as it did.
 */
#include "fixture/session_fixture.h"

#include "base/mem.h"
#include "session/ring.h"
#include "session/state.h"

static const char *const between[] = {
	"weight mood 3", "freeze mood on", "sampling temperature T=3",
	"weighting uncertainty lr=0.01", "lr 0.01", "dropout 0.4", "share count 0.2",
	"mute sum on", "freeze embeddings on",
};
enum { BETWEEN = sizeof between / sizeof *between, EVERY = 4 };

static void test_restore(void **state)
{
	static const char *const sets[] = { "budget.back_memory=1000" };
	struct session *s = fixture_session(sets, 1, 2);
	char hash[RING_STATES + 3][40], later[40], again[40];
	struct ring *r = ring_new(s);
	int64_t seq = -1;

	(void)state;
	assert_int_equal(ring_size(r), RING_STATES);
	assert_int_equal(ring_newest(r), -1);
	for (int k = 0; k < RING_STATES + 3; k++) { /* more than there is room for */
		s->task[0].threshold = 0.01 * k;
		session_state(s, hash[k]);
		ring_take(r, s, 10 * k);
		session_state(s, again);
		assert_string_equal(again, hash[k]); /* taking changes nothing */
		if (k < BETWEEN - 1)
			fixture_command(s, between[k]);
		fixture_steps(s, EVERY);
	}
	session_state(s, later);
	for (int k = 0; k < RING_STATES + 3; k++) {
		int at = ring_find(r, EVERY * k, &seq);

		assert_int_equal(at >= 0, k >= 3); /* the oldest made room */
		if (at < 0)
			continue;
		assert_int_equal(seq, 10 * k);
		ring_restore(r, at, s);
		session_state(s, again);
		assert_string_equal(again, hash[k]);
		assert_true(s->task[0].threshold == 0.01 * k);
		assert_int_equal(s->step, EVERY * k);
	}
	fixture_steps(s, EVERY); /* from the last of them as before */
	session_state(s, again);
	assert_string_equal(again, later);
	ring_free(r);
	session_free(s);
}

/* --- every row of the table --- */

static size_t block_size(const struct session *s, const struct state_field *f)
{
	if (f->type == STATE_TIMES)
		return (size_t)s->params.n * sizeof(int64_t);
	if (f->type != STATE_FLOATS || !*(void **)state_at(s, f, 0))
		return 0;
	return (f->file == STATE_OPTIMIZER ? s->params.moving : s->params.size) *
	       sizeof(float);
}

/* Everything that the row has is another one. */
static void scribble(struct session *s, const struct state_field *f, int task)
{
	void *at = state_at(s, f, task);
	size_t n = block_size(s, f);

	switch (f->type) {
	case STATE_I64:
	case STATE_U64:   *(uint64_t *)at += 7; break;
	case STATE_U32:   *(uint32_t *)at += 7; break;
	case STATE_REAL:  *(double *)at = *(double *)at == 0.25 ? 0.5 : 0.25; break;
	case STATE_BOOL:  *(bool *)at = !*(bool *)at; break;
	case STATE_REALS:
		for (int i = 0; i < f->count; i++)
			((double *)at)[i] += 7;
		break;
	case STATE_METHOD:
		((struct mix_method *)at)->param[0] += 7;
		((struct mix_method *)at)->memory[0] += 7;
		break;
	case STATE_GUARD:
		((struct guard *)at)->mode = GUARD_ACT;
		((struct guard *)at)->seen += 7;
		((struct guard *)at)->memory[0] += 7;
		break;
	case STATE_FLOATS:
	case STATE_TIMES:
		for (size_t i = 0; i < n; i++)
			(*(unsigned char **)at)[i] ^= 1;
		break;
	}
}

/* Whatever has a row comes back, also where the optimizer has less than all weights. */
static void every_row(const char *const *sets, int n)
{
	struct session *s = fixture_session(sets, n, 2);
	struct ring *r = ring_new(s);
	int64_t seq;
	int at;

	fixture_steps(s, 3);
	ring_take(r, s, 5);
	at = ring_find(r, 3, &seq);
	assert_true(at >= 0);
	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];
		int times = f->scope == STATE_SESSION || f->scope == STATE_MIX ? 1 : s->n_tasks;
		struct session *was = state_shell(s->n_tasks), *is = state_shell(s->n_tasks);
		size_t bytes = block_size(s, f);
		unsigned char *block = xcalloc(bytes + 1, 1);

		state_copy(was, s);
		if (bytes)
			memcpy(block, *(void **)state_at(s, f, 0), bytes);
		for (int task = 0; task < times; task++)
			scribble(s, f, task);
		ring_restore(r, at, s);
		state_copy(is, s);
		if (memcmp(&was->mix, &is->mix, sizeof was->mix) ||
		    memcmp(was->task, is->task, (size_t)s->n_tasks * sizeof *was->task) ||
		    was->step != is->step || was->skipped != is->skipped ||
		    was->skips != is->skips ||
		    (bytes && memcmp(block, *(void **)state_at(s, f, 0), bytes)))
			fail_msg("row %d, '%s%s', does not come back", i, f->name,
				 f->type == STATE_FLOATS ? " (tensors)" : "");
		xfree(block);
		state_shell_free(was);
		state_shell_free(is);
	}
	ring_free(r);
	session_free(s);
}

static void test_every_row(void **state)
{
	static const char *const plain[] = { "budget.back_memory=1000" };
	static const char *const more[] = { "budget.back_memory=1000", "model.adapter=lora",
					    "optimizer.average=0.9",
					    "mix.weighting=uncertainty" };

	(void)state;
	every_row(plain, 1);
	every_row(more, 4);
	every_row(more, 3);
}

static void test_forget(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	struct ring *r = ring_new(s);
	int64_t seq;

	(void)state;
	for (int k = 0; k < 5; k++) {
		ring_take(r, s, k);
		fixture_steps(s, 1);
	}
	ring_forget(r, 3, 9);
	assert_int_equal(ring_newest(r), 3);
	ring_forget(r, 9, 1); /* by the entry: later ones were given behind it */
	assert_int_equal(ring_newest(r), 1);
	assert_int_equal(ring_find(r, 3, &seq), -1);
	ring_take(r, s, 7);
	assert_int_equal(ring_newest(r), 5);
	ring_free(r);
	session_free(s);
}

/* No room, and none wanted: a ring of nothing takes and has nothing. */
static void test_no_room(void **state)
{
	static const char *const sets[] = { "budget.back_memory=0", "budget.back_every=0" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct session *s = fixture_session(&sets[i], 1, 1);
		struct ring *r = ring_new(s);
		int64_t seq;

		assert_int_equal(ring_bytes(s), 0);
		assert_int_equal(ring_size(r), 0);
		ring_take(r, s, 1);
		assert_int_equal(ring_find(r, 0, &seq), -1);
		ring_forget(r, 0, 0);
		ring_free(r);
		session_free(s);
	}
	ring_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("ring", tests, fixture_make, fixture_remove);
}
