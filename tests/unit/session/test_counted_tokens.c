/*
 * test_counted_tokens.c - the tokens of a step, which fill micro-batches and give tokens
 * a second, are the pieces of its rows and their summaries, whatever the kind of model.
 */
#include "fixture/session_fixture.h"

enum { STEPS = 6, SETS = 3 };

/* Of the rows that the last step drew. */
static uint64_t pieces_of(const struct session *s, uint64_t *rows)
{
	uint64_t pieces = 0;

	*rows = 0;
	for (int i = 0; i < s->plan->micro_batches; i++) {
		const struct step_job *j = &s->job[i];

		for (int k = 0; k < j->n_rows; k++) {
			uint32_t ids, target;

			dataset_lengths(s->task[j->task].train, j->rows[k], &ids, &target);
			pieces += ids + target;
		}
		*rows += (uint64_t)j->n_rows;
	}
	return pieces;
}

/* tokens [STEPS] of the first steps with these settings. */
static void count(const char *const sets[SETS], uint32_t *tokens)
{
	struct session *s;
	int n = 0;

	while (n < SETS && sets[n])
		n++;
	s = fixture_session(sets, n, 2);
	for (int i = 0; i < STEPS; i++) {
		struct step_report r;
		uint64_t rows;

		assert_int_equal(session_step(s, &r, NULL), ST_OK);
		assert_int_equal(r.row.tokens, pieces_of(s, &rows));
		assert_true(rows > 0 && r.row.tokens > rows);
		tokens[i] = r.row.tokens;
	}
	session_free(s);
}

/* One plan, one vocabulary: the same micro-batches, so the same tokens. */
static void test_kinds(void **state)
{
	static const char *const kinds[][SETS] = {
		{ "model.decoder=lstm" },
		{ "model.decoder=prefix" },
		{ "model.decoder=prefix", "model.predict_from=mask" },
		{ "model.kind=bilstm", "model.decoder=cross" },
		{ "model.kind=bilstm", "model.decoder=lstm" },
	};
	static const char *const none[SETS];
	uint32_t own[STEPS], other[STEPS];

	(void)state;
	count(none, own);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		count(kinds[i], other);
		assert_memory_equal(own, other, sizeof own);
	}
}

/* Its prompts are pieces of its rows, so it has more of them. */
static void test_gpt(void **state)
{
	static const char *const gpt[SETS] = { "model.kind=gpt", "tasks.count.number_step=1" };
	uint32_t tokens[STEPS];

	(void)state;
	count(gpt, tokens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_gpt),
	};

	return cmocka_run_group_tests_name("counted_tokens", tests, fixture_make,
					   fixture_remove);
}
