/*
 * test_weighting_methods.c - every weighting method there is, in training: the same bits
 * on any workers, after a checkpoint, and when a hand leaves it and comes back; no heap;
 * what scope=layer applies, against gradients computed plainly.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/checkpoint_run.h"
#include "mix/around.h"

enum { STEPS = 9, KEPT = 5 };

static const char *const sets[] = { "mix.micro_batches=5", "model.layers=2",
				    "model.shared_layers=2" };
static struct session *by_workers[3], *loaded; /* 1, 2 and 4 */
static struct store *store;
static const char *run;
static int tried;

/* Commands before a step: tasks come and go, a channel is locked, the hand moves. */
static void moves(struct session *s, const char *choice)
{
	switch (s->step) {
	case 0: fixture_command(s, choice); break;
	case 2: fixture_command(s, "weight mood 0.3"); break;
	case 3: fixture_command(s, "mute count on"); break;
	case 4: fixture_command(s, "lock sum on"); break;
	case 6:
		fixture_command(s, "mute count off");
		fixture_command(s, "weighting fixed");
		break;
	case 7: fixture_command(s, choice); break;
	case 8: fixture_command(s, "lock sum off"); break;
	default: break;
	}
}

static void steps_to(struct session *s, const char *choice, int64_t end)
{
	while (s->step < end) {
		moves(s, choice);
		fixture_steps(s, 1);
	}
}

static void check_choice(const char *choice)
{
	char want[40], is[40], folder[PATH_MAX];
	struct err err = { "" };
	int64_t seq;

	for (int i = 0; i < 3; i++) {
		struct session *s = by_workers[i];

		session_start_random(s);
		steps_to(s, choice, STEPS);
		assert_int_equal(s->skipped, 0);
		session_state(s, i ? is : want);
		if (i && strcmp(is, want) != 0)
			fail_msg("%s: other bits with %d workers", choice, 1 << i);
	}
	session_start_random(by_workers[0]);
	steps_to(by_workers[0], choice, KEPT);
	run = new_run();
	store = open_run_store(run);
	save_checkpoint(by_workers[0], store, run, NULL, 1, NAN);
	store_close(store);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	if (checkpoint_load(loaded, folder, &seq, &err))
		fail_msg("%s: %s", choice, err.text);
	steps_to(loaded, choice, STEPS);
	session_state(loaded, is);
	if (strcmp(is, want) != 0)
		fail_msg("%s: other bits after a checkpoint", choice);
	tried++;
}

static void each_choice(void (*check)(const char *choice))
{
	static const char *const around[] = { "every=3 ema=0.5", "scope=layer ema=0.9",
					     "scope=layer every=2" };
	const struct method *row;
	char text[128];

	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++) {
		str_format(text, sizeof text, "weighting %s", row->name);
		check(text);
		for (int k = 0; k < 3 && around_has(row); k++) {
			str_format(text, sizeof text, "weighting %s %s", row->name, around[k]);
			check(text);
		}
	}
}

static void test_same_bits(void **state)
{
	(void)state;
	tried = 0;
	each_choice(check_choice);
	assert_true(tried >= 20);
}

/* Every row on gradients has what stands around them; no other has. */
static void test_around(void **state)
{
	const struct method *row;

	(void)state;
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)); i++) {
		assert_int_equal(around_has(row), method_combines(row));
		assert_int_equal(method_param(row, "every") >= 0, method_combines(row));
		assert_int_equal(method_param(row, "ema") >= 0, method_combines(row));
	}
}

/* After the first steps a step makes no heap call, whatever method. */
static void check_heap(const char *choice)
{
	struct session *s = by_workers[1];
	uint64_t before;

	session_start_random(s);
	fixture_command(s, choice);
	fixture_steps(s, 4);
	before = mem_allocations();
	fixture_steps(s, 4);
	if (mem_allocations() != before)
		fail_msg("%s: %d allocations", choice, (int)(mem_allocations() - before));
}

static void test_no_heap(void **state)
{
	(void)state;
	session_start_random(by_workers[1]);
	fixture_steps(by_workers[1], 12);
	each_choice(check_heap);
}

/* --- what is applied, by layer --- */

static double in_group(const struct session *s, int group, const double *a, const double *b)
{
	const struct param_set *ps = &s->params;
	double sum = 0;

	for (int p = 0; p < ps->n; p++)
		for (size_t i = 0; ps->p[p].owner == PARAM_SHARED &&
		     s->task_sums.group[p] == group && i < param_count(ps, p); i++)
			sum += a[ps->p[p].offset + i] * b[ps->p[p].offset + i];
	return sum;
}

/*
 * MGDA by layer: in each group what is applied is the shortest, g_i . d alike for all
 * that count there; and the groups differ, or it would be the whole's.
 */
static void test_by_layer(void **state)
{
	struct session *s = by_workers[1], *at = by_workers[0];
	double *sum[3], *applied;
	int count[3], differ = 0;

	(void)state;
	session_start_random(s);
	fixture_command(s, "weighting mgda scope=layer");
	fixture_steps(s, 3);
	memcpy(at->params.value, s->params.value, s->params.size * sizeof *s->params.value);
	session_pack(at);
	fixture_steps(s, 1);
	assert_true(s->mix.groups >= 3 && s->mix.weighting.groups == s->mix.groups);
	applied = xcalloc(s->params.size, sizeof *applied);
	for (int i = 0; i < 3; i++)
		sum[i] = task_gradient(s, at, i, &count[i]);
	for (int p = 0; p < s->params.n; p++)
		for (size_t i = 0; grads_touched(s->sum, p) && i < param_count(&s->params, p); i++)
			if (grads_has_row(s->sum, p, (int)i / s->params.p[p].cols))
				applied[s->params.p[p].offset + i] =
					(double)grads_peek(s->sum, p)[i];
	for (int g = 0; g < s->mix.groups; g++) {
		double want[MIX_TASKS_MAX], all = 0, is = in_group(s, g, applied, applied);

		for (int i = 0; i < 3; i++)
			want[i] = s->mix.ch[i].weight * mix_coefficient(&s->mix, g, i) / 5;
		for (int i = 0; i < 3; i++)
			for (int k = 0; k < 3; k++)
				all += want[i] * want[k] * in_group(s, g, sum[i], sum[k]);
		if (!(fabs(is - all) < 1e-4 * is))
			fail_msg("group %d: %g for %g", g, is, all);
		differ += g && fabs(mix_coefficient(&s->mix, g, 0) -
				    mix_coefficient(&s->mix, 0, 0)) > 1e-3;
	}
	assert_true(differ > 0);
	for (int i = 0; i < 3; i++)
		xfree(sum[i]);
	xfree(applied);
}

/* A file that speaks of other groups than the model has is refused, not believed. */
static void test_other_groups(void **state)
{
	struct session *s = by_workers[0];
	char folder[PATH_MAX];
	struct err err = { "" };
	int64_t seq;

	(void)state;
	session_start_random(s);
	fixture_command(s, "weighting pcgrad scope=layer");
	s->mix.weighting.groups--;
	run = new_run();
	store = open_run_store(run);
	save_checkpoint(s, store, run, NULL, 1, NAN);
	store_close(store);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load(loaded, folder, &seq, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "groups of parameters"));
}

static int set_up(void **state)
{
	int bad = checkpoint_set_up(state);

	for (int i = 0; i < 3; i++)
		by_workers[i] = fixture_session(sets, 3, 1 << i);
	loaded = fixture_session(sets, 3, 2);
	return bad;
}

static int tear_down(void **state)
{
	for (int i = 0; i < 3; i++)
		session_free(by_workers[i]);
	session_free(loaded);
	return checkpoint_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_by_layer),
		cmocka_unit_test(test_other_groups),
	};

	return cmocka_run_group_tests_name("weighting_methods", tests, set_up, tear_down);
}
