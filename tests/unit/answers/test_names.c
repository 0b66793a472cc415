/*
 * test_names.c - a class is shown by its name: the plan's, whether a kept dev row has
 * it or not; shortened in the middle where there is no room.
 */
#include "fixture/engine_fixture.h"

#include "base/mem.h"
#include "screen/canvas.h"
#include "feed/store_visit.h"
#include "answers/results.h"
#include "ask/ask_classify.h"
#include "text/utf8.h"

static void is_short(const char *name, int w, const char *want)
{
	char out[200];

	assert_int_equal(short_name(out, sizeof out, name, w), strcmp(name, want) != 0);
	assert_string_equal(out, want);
}

static void test_short(void **state)
{
	char out[200];

	(void)state;
	is_short("positive", 8, "positive");
	is_short("positive", 7, "pos…ive");
	is_short("exchange_rate", 8, "exch…ate");
	is_short("überraschung-größe", 9, "über…röße");
	is_short("東京東京東京", 7, "東…京");   /* two columns each: never half of one */
	is_short("council", 3, "c…l");
	is_short("courts", 4, "co…s");
	is_short("", 5, "");
	assert_true(short_name(out, sizeof out, "ab", 1));
	assert_string_equal(out, "ab"); /* no room for two ends: draw_foreign cuts it */
}

/* Every width: valid UTF-8, never wider than asked. */
static void test_short_widths(void **state)
{
	static const char name[] = "a·b–çö東京 e\xcc\x81 z_the_last_of_all";

	(void)state;
	for (int w = 3; w < 40; w++) {
		char out[200];

		short_name(out, sizeof out, name, w);
		assert_true(utf8_valid(out, strlen(out)));
		assert_true(foreign_columns(out, strlen(out)) <= w);
	}
}

/* --- an evaluation whose kept rows have two of five classes --- */

static enum status few_rows(void *arg, const char *run_path, int task,
			    struct prediction_set *out, struct err *err)
{
	static const struct { int gold, pred; const char *target; } made[] = {
		{0, 4, "alpha"}, {1, 3, "beta"}, {0, 0, "alpha"}};

	(void)arg, (void)run_path, (void)task, (void)err;
	*out = (struct prediction_set){.step = 10, .n = 3};
	out->p = xcalloc(3, sizeof *out->p);
	out->row = xcalloc(3, sizeof *out->row);
	for (int i = 0; i < 3; i++) {
		out->p[i] = (struct prediction){.row = i};
		label_set(&out->p[i], made[i].gold, made[i].pred, (float[5]){0}, 5);
		out->row[i] = (struct dev_row){.row = i, .text = xstrdup("text"),
					       .target = xstrdup(made[i].target)};
	}
	return ST_OK;
}

static const char *const latin[] = {"an a", "a b", "a c", "a d", "an e"};
static const char *const greek[] = {"alpha", "beta", "gamma", "delta", "epsilon"};

/* The plan of a model that says other texts, or (NULL) of one that says nothing. */
static void write_plan(const char *path, const char *const *said)
{
	struct plan *p = fixture_plan(NULL, 0);
	struct plan_task *t = &p->tasks[0];
	struct buf b;

	buf_init(&b);
	t->n_labels = 5;
	t->labels = xcalloc(5, sizeof *t->labels);
	for (int i = 0; i < 5; i++)
		t->labels[i] = xstrdup(greek[i]);
	if (said) {
		p->model.copy = false;
		str_copy(p->model.kind, sizeof p->model.kind, "gpt");
		t->n_label_texts = 5;
		t->label_texts = xcalloc(5, sizeof *t->label_texts);
		for (int i = 0; i < 5; i++)
			t->label_texts[i] = xstrdup(said[i]);
	}
	plan_write(p, &b);
	assert_int_equal(file_write(path, b.s, b.len, NULL), ST_OK);
	plan_free(p);
	buf_release(&b);
}

static void test_from_plan(void **state)
{
	struct feed f = {.predictions = few_rows};
	struct channel ch = {.kind = TASK_CLASSIFY, .name = "mood"};
	struct snapshot s = {.eval_step = 10, .n_channels = 1, .ch = &ch};
	struct results r;
	char path[PATH_MAX], text[24];

	(void)state;
	str_copy(s.run_path, sizeof s.run_path, fixture_dir);
	str_format(path, sizeof path, "%s/plan.json", fixture_dir);
	results_init(&r);
	results_load(&r, &f, &s, 0); /* no plan: what the rows have, else a number */
	assert_string_equal(result_label(&r, 0, text), "alpha");
	assert_string_equal(result_label(&r, 4, text), "class 4");
	results_release(&r);
	write_plan(path, NULL);
	results_init(&r);
	results_load(&r, &f, &s, 0);
	for (int i = 0; i < 5; i++)
		assert_string_equal(result_label(&r, i, text), greek[i]);
	assert_null(r.said);
	results_release(&r);
	write_plan(path, latin);
	results_init(&r);
	results_load(&r, &f, &s, 0);
	assert_non_null(r.said);
	for (int i = 0; i < 5; i++)
		assert_string_equal(r.said[i], latin[i]);
	assert_string_equal(result_label(&r, 2, text), "gamma");
	results_release(&r);
	assert_int_equal(remove(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_short_widths),
		cmocka_unit_test(test_from_plan),
	};

	return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
