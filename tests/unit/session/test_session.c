/*
 * test_session.c - the step: the same bits for any number of workers, no heap
 * calls once warm, every number of the state in its hash; it learns.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/session_fixture.h"
#include "session/session.h"
#include "session/workers.h"

static void test_workers_do_not_show(void **state)
{
	char first[40], other[40];

	(void)state;
	for (int workers = 1; workers <= 4; workers *= 2) {
		struct session *s = fixture_session(NULL, 0, workers);

		assert_int_equal(workers_count(s->workers), workers);
		fixture_steps(s, 25);
		session_state(s, workers == 1 ? first : other);
		if (workers > 1)
			assert_string_equal(first, other);
		session_free(s);
	}
}

static void test_start_again(void **state)
{
	char a[40], b[40], zero[40], again[40];
	struct session *s = fixture_session(NULL, 0, 2);

	(void)state;
	session_state(s, zero);
	fixture_steps(s, 7);
	session_state(s, a);
	assert_string_not_equal(zero, a);
	session_start_random(s);
	session_state(s, again);
	assert_string_equal(zero, again);
	fixture_steps(s, 7);
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

static void test_no_heap(void **state)
{
	struct session *s = fixture_session(NULL, 0, 2);
	uint64_t before;

	(void)state;
	fixture_steps(s, 12);
	before = mem_allocations();
	fixture_steps(s, 100);
	assert_int_equal(mem_allocations() - before, 0);
	session_free(s);
}

/* Every single number of the state shows in its hash. */
static void test_hash(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	char a[40], b[40];
	double *numbers[] = { &s->mix.lr, &s->mix.clip, &s->mix.dropout,
			      &s->mix.ch[1].weight, &s->mix.ch[2].credit,
			      &s->mix.weighting.memory[0], &s->mix.weighting.memory[11],
			      &s->task[2].units, &s->mix.sampling.param[2] };

	(void)state;
	fixture_command(s, "weighting uncertainty");
	session_state(s, a);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		double was = *numbers[i];

		*numbers[i] = nextafter(was, 9);
		session_state(s, b);
		assert_string_not_equal(a, b);
		*numbers[i] = was;
	}
	s->params.value[s->params.p[s->params.n - 1].offset] += 1;
	session_state(s, b);
	assert_string_not_equal(a, b);
	s->params.value[s->params.p[s->params.n - 1].offset] -= 1;
	s->task[1].cursor.next++;
	session_state(s, b);
	assert_string_not_equal(a, b);
	s->task[1].cursor.next--;
	session_state(s, b);
	assert_string_equal(a, b);
	session_free(s);
}

/* Every byte of the structs that are state, but for padding, has a row. */
static void all_bytes_show(const struct session *s, void *at, size_t n, size_t padding)
{
	char was[40], is[40];
	size_t silent = 0;

	session_state(s, was);
	for (size_t i = 0; i < n; i++) {
		unsigned char *byte = (unsigned char *)at + i;

		*byte ^= 1;
		session_state(s, is);
		*byte ^= 1;
		silent += str_eq(was, is);
	}
	assert_int_equal(silent, padding);
}

static void test_state_is_whole(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1);
	char a[40], b[40], c[40];
	struct mix_channel *ch = &s->mix.ch[1];

	(void)state;
	all_bytes_show(s, &s->task[1].cursor, sizeof s->task[1].cursor,
		       sizeof s->task[1].cursor - 5 * sizeof(uint64_t) - sizeof(uint32_t));
	session_state(s, a);
	s->mix.ch[0].dev = 0.5; /* whose it is, shows */
	session_state(s, b);
	s->mix.ch[0].dev = NAN;
	ch->dev = 0.5;
	session_state(s, c);
	assert_string_not_equal(a, b);
	assert_string_not_equal(b, c);
	/* without a number it stands nowhere: state_is_lacking */
	s->mix.dev_step = 3;
	all_bytes_show(s, ch, sizeof *ch,
		       sizeof *ch - 8 * sizeof(double) - 3 - 3 * sizeof(uint64_t));
	all_bytes_show(s, &s->mix.lr, 3 * sizeof(double), 0);
	all_bytes_show(s, &s->mix.horizon, 2 * sizeof(int64_t), 0);
	all_bytes_show(s, s->mix.weighting.param, sizeof s->mix.weighting.param, 0);
	all_bytes_show(s, &s->step, sizeof s->step, 0);
	all_bytes_show(s, &s->skipped, sizeof s->skipped, 0);
	all_bytes_show(s, &s->skips, sizeof s->skips, 0);
	/* a memory of 3 tasks x 4 */
	fixture_command(s, "weighting uncertainty");
	all_bytes_show(s, s->mix.weighting.memory, 13 * sizeof(double), sizeof(double));
	session_free(s);
}

/* Skips in a row are counted, and an update ends them. */
static void test_skips(void **state)
{
	const char *const sets[] = { "optimizer.clip=0" };
	struct session *s = fixture_session(sets, 1, 1);

	(void)state;
	fixture_steps(s, 1);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1e38;
		fixture_steps(s, 2 + round);
		assert_int_equal(s->skips, 2 + round);
		for (int i = 0; i < 3; i++)
			s->mix.ch[i].weight = 1;
		fixture_steps(s, 1);
		assert_int_equal(s->skips, 0);
	}
	assert_int_equal(s->skipped, 5);
	session_free(s);
}

/* A task's data and dropout do not depend on what the others do. */
static void test_paired_noise(void **state)
{
	struct session *a = fixture_session(NULL, 0, 1), *b = fixture_session(NULL, 0, 1);
	struct step_report r;

	(void)state;
	fixture_command(b, "mute sum on");
	for (int i = 0; i < 12; i++) {
		assert_int_equal(session_step(a, &r, NULL), ST_OK);
		assert_int_equal(session_step(b, &r, NULL), ST_OK);
	}
	while (a->task[0].cursor.draw < b->task[0].cursor.draw)
		fixture_steps(a, 1);
	while (b->task[0].cursor.draw < a->task[0].cursor.draw)
		fixture_steps(b, 1);
	assert_int_equal(a->task[0].cursor.examples, b->task[0].cursor.examples);
	assert_int_equal(a->task[0].cursor.tokens, b->task[0].cursor.tokens);
	session_free(a);
	session_free(b);
}

/* It learns: the losses fall. */
static void test_learns(void **state)
{
	const char *const sets[] = { "optimizer.schedule=constant",
				     "optimizer.lr=0.01" };
	struct session *s = fixture_session(sets, 2, 2);
	struct step_report r;
	double first[3] = { 0 }, last[3] = { 0 };

	(void)state;
	fixture_command(s, "dropout 0");
	for (int i = 0; i < 120; i++) {
		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		for (int k = 0; k < r.row.n; k++) {
			int t = r.row.task[k].task;

			if (i < 10)
				first[t] += (double)r.row.task[k].loss / 10;
			if (i >= 110)
				last[t] += (double)r.row.task[k].loss / 10;
		}
	}
	for (int t = 0; t < 3; t++)
		assert_true(last[t] < first[t]);
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers_do_not_show),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_state_is_whole),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_paired_noise),
		cmocka_unit_test(test_learns),
	};

	return cmocka_run_group_tests_name("session", tests,
					   fixture_make, fixture_remove);
}
