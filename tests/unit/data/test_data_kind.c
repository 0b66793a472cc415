/*
 * test_data_kind.c - the table of what a row of data has for a target: whole, and
 * shown as it was read.
 */
#include "data/data_kind.h"
#include "fixture/dataset_open.h"

static void check_shown(const struct data_target *t, const struct target_shown *shown,
			const char *text, const char *json)
{
	char out[40];
	struct json_out j;
	struct buf b;

	t->show(shown, out, sizeof out);
	assert_string_equal(out, text);
	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	t->put(shown, &j);
	json_close(&j, '}');
	assert_string_equal(buf_str(&b), json);
	buf_release(&b);
}

static void test_targets_are_shown(void **state)
{
	static const char *const labels[] = { "no", "yes" };
	struct target_shown t = { .label = 1, .n_labels = 2, .labels = labels,
				  .number = 2.5, .pieces = 3, .text = "a sum", .len = 1 };

	(void)state;
	check_shown(&data_target_label, &t, "yes", "{\"label\":\"yes\"}");
	check_shown(&data_target_number, &t, "2.5", "{\"number\":2.5}");
	check_shown(&data_target_text, &t, "3", "{\"target\":\"a\"}");
	check_shown(&data_target_none, &t, "", "{}");
	t = (struct target_shown){ .label = -1, .n_labels = 2, .labels = labels };
	check_shown(&data_target_label, &t, "", "{}");
	check_shown(&data_target_text, &t, "0", "{}");
	t.label = 2; /* of a damaged cache */
	check_shown(&data_target_label, &t, "", "{}");
}

/* One row of a table has all that is asked of it without looking. */
static void test_kinds_are_whole(void **state)
{
	struct buf b;

	(void)state;
	for (int i = 0; i < TASK_KINDS; i++) {
		const struct data_kind *k = data_kind((enum task_kind)i);
		const struct data_target *t = k->target;

		assert_non_null(k->units);
		assert_true(k->saying && k->column[COLUMN_TEXT].key);
		assert_int_equal(!k->column[COLUMN_TARGET].key,
				 t == &data_target_none || k->corrupt != NULL);
		assert_true(k->aim || !k->is_masked);
		for (int c = 0; c < DATA_COLUMNS; c++)
			assert_int_equal(!k->column[c].key, !k->column[c].noun ||
							    !k->column[c].help);
		assert_true(!k->mark || k->propose);
		assert_int_equal(t->has_labels + t->has_number + t->has_pieces + t->has_units,
				 t != &data_target_none);
		assert_true(t->heading && t->check && t->take && t->count && t->fits &&
			    t->get && t->show && t->put);
	}
	buf_init(&b);
	task_kind_words(" or ", &b);
	assert_string_equal(buf_str(&b), "classify, regress, summarize, multilabel, mlm, denoise, "
			    "lm or extract");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets_are_shown),
		cmocka_unit_test(test_kinds_are_whole),
	};

	return cmocka_run_group_tests_name("data_kind", tests, NULL, NULL);
}
