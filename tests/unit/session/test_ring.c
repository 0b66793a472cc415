/*
 * test_ring.c - states in memory: the one that is restored is the one that was taken, to
 * the bit, whatever was done between, and goes on as it did.
 */
#include "fixture/session_fixture.h"

#include "base/mem.h"
#include "session/ring.h"

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
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("ring", tests, fixture_make, fixture_remove);
}
