/*
 * test_import.c - predictions of another system: the figures are those of our own
 * answers, however lines find their rows; each thing that is wrong is told with its
 * line and what would be right.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "ask/ask_classify.h"
#include "ask/ask_kind.h"
#include "ask/ask_regress.h"
#include "ask/import.h"
#include "base/json.h"
#include "base/mem.h"
#include "fixture/near.h"

enum { MOOD, COUNT, SUM };

static struct session *s;
static char path[PATH_MAX];

static int make(void **state)
{
	if (fixture_make(state))
		return -1;
	str_format(path, sizeof path, "%s/said.jsonl", fixture_dir);
	s = fixture_session(NULL, 0, 2);
	fixture_steps(s, 5);
	return 0;
}

static int drop(void **state)
{
	session_free(s);
	return fixture_remove(state);
}

static uint64_t rows(int task)
{
	return dataset_size(s->task[task].dev);
}

static struct example dev(int task, uint64_t row)
{
	struct example e;

	dataset_get(s->task[task].dev, row, &e);
	return e;
}

static void put(const struct buf *b)
{
	assert_int_equal(file_write(path, buf_str(b), b->len, NULL), ST_OK);
}

static enum status import(int task, bool wrong, struct imported *im, struct err *err)
{
	return import_read(s, task, path, wrong, NULL, im, err);
}

static void must(int task, struct imported *im)
{
	struct err err = { "" };

	if (import(task, false, im, &err))
		fail_msg("%s", err.text);
}

/* --- the very same figures --- */

static void put_labels(struct json_out *j, const struct prediction *p, bool with_p)
{
	json_put_str(j, "label", s->task[MOOD].labels[label_pred(p)]);
	if (!with_p)
		return;
	json_open(j, "p", '{');
	for (int k = 0; k < label_count(p); k++)
		json_put_num(j, s->task[MOOD].labels[k], label_p(p, k));
	json_close(j, '}');
}

/* A line for prediction i, matched by `by`. */
static void put_line(struct buf *b, int task, const struct prediction *p, enum import_by by,
		     bool with_p)
{
	struct example e = dev(task, (uint64_t)p->row);
	struct json_out j;

	json_out_init(&j, b, 0);
	json_open(&j, NULL, '{');
	if (by == IMPORT_BY_ROW)
		json_put_int(&j, "row", p->row);
	else if (by == IMPORT_BY_LINE)
		json_put_int(&j, "line", (int64_t)e.line);
	else if (by == IMPORT_BY_TEXT)
		json_put_strn(&j, task == SUM ? "source" : "text", e.text, e.text_len);
	if (task == MOOD)
		put_labels(&j, p, with_p);
	else if (task == COUNT)
		json_put_num(&j, "value", number_guess(p));
	else
		json_put_str(&j, "summary", p->text);
	json_close(&j, '}');
	buf_addc(b, '\n');
}

static void put_all(int task, const struct evaluation *e, enum import_by by, bool with_p)
{
	uint64_t n = rows(task);
	struct buf b;

	buf_init(&b);
	for (uint64_t i = 0; i < n; i++) /* backwards where that may be */
		put_line(&b, task, &e->kept[by == IMPORT_BY_ORDER ? i : n - 1 - i], by,
			 with_p);
	put(&b);
	buf_release(&b);
}

/* Our summaries of a few steps may be empty: all get a word more. */
static void speak(struct evaluation *e)
{
	for (int i = 0; i < e->n_kept; i++) {
		char *text = e->kept[i].text;
		struct buf b;

		buf_init(&b);
		buf_addf(&b, "%s %s", text, fixture_words[i % FIXTURE_WORDS]);
		e->kept[i].text = buf_take(&b);
		xfree(text);
	}
}

static void assert_same_figures(int task, const struct evaluation *e,
				const struct imported *im)
{
	assert_int_equal(im->e.row.n_examples, e->row.n_examples);
	assert_int_equal(im->e.n_kept, rows(task));
	assert_int_equal(im->e.row.n_metrics, e->row.n_metrics);
	for (int k = 0; k < e->row.n_metrics && task != SUM; k++)
		assert_true(im->e.row.metric[k].value == e->row.metric[k].value ||
			    isnan(e->row.metric[k].value));
	for (int i = 0; i < e->n_kept; i++) {
		assert_int_equal(im->e.kept[i].row, e->kept[i].row);
		assert_int_equal(im->e.kept[i].n, e->kept[i].n);
		for (int k = 0; k < e->kept[i].n && task != SUM; k++)
			assert_true(im->e.kept[i].v[k] == e->kept[i].v[k]);
		if (task == SUM)
			assert_non_null(strstr(im->e.kept[i].text,
					       fixture_words[i % FIXTURE_WORDS]));
	}
	if (task == SUM)
		assert_true(isnan(im->e.row.loss));
	else
		assert_near(im->e.row.loss, e->row.loss, 1e-5);
}

static void test_same_figures(void **state)
{
	(void)state;
	for (int task = 0; task < 3; task++) {
		struct eval_options o = { .keep = 1 << 20 };
		struct evaluation e;

		assert_int_equal(evaluate_task(s, task, &o, NULL, &e, NULL), ST_OK);
		assert_int_equal(e.n_kept, rows(task));
		if (task == SUM)
			speak(&e);
		for (int by = IMPORT_BY_ROW; by <= IMPORT_BY_ORDER; by++) {
			struct imported im;

			put_all(task, &e, (enum import_by)by, true);
			must(task, &im);
			assert_int_equal(im.by, by);
			assert_int_equal(im.missing, 0);
			assert_true(im.moved > 0 || by == IMPORT_BY_ORDER);
			assert_same_figures(task, &e, &im);
			assert_true(im.baseline.n_metrics == im.e.row.n_metrics);
			imported_release(&im);
		}
		evaluation_release(&e);
	}
}

/* Nothing is made up: no confidence of 1, no loss. */
static void test_no_probabilities(void **state)
{
	struct eval_options o = { .keep = 1 << 20 };
	struct evaluation e;
	struct imported im;

	(void)state;
	assert_int_equal(evaluate_task(s, MOOD, &o, NULL, &e, NULL), ST_OK);
	put_all(MOOD, &e, IMPORT_BY_ROW, false);
	must(MOOD, &im);
	assert_true(im.e.row.metric[0].value == e.row.metric[0].value);
	assert_true(isnan(im.e.row.loss));
	assert_int_equal(im.with_p, 0);
	for (int i = 0; i < im.e.n_kept; i++) {
		assert_int_equal(label_count(&im.e.kept[i]), 0);
		assert_true(isnan(im.e.kept[i].loss));
	}
	imported_release(&im);
	evaluation_release(&e);
}

/* --- what is told --- */

/* A good line of every row but `at` (none: -1), which is `text`. */
static void put_good(int task, int64_t at, const char *text)
{
	static const char *const good[] = { "\"label\":\"high\"", "\"number\":3",
					    "\"summary\":\"river stone\"" };
	struct buf b;

	buf_init(&b);
	for (uint64_t i = 0; i < rows(task); i++) {
		if ((int64_t)i == at)
			buf_adds(&b, text);
		else
			buf_addf(&b, "{\"row\":%llu,%s}\n", (unsigned long long)i,
				 good[task]);
	}
	put(&b);
	buf_release(&b);
}

static void test_refusals(void **state)
{
	static const struct { int task; const char *line, *says; } bad[] = {
		{ MOOD, "{\"row\":2,\"label\":\"middling\"}\n",
		  ":3: unknown label 'middling': the labels are 'high', 'low' (or 0 to 1" },
		{ MOOD, "{\"row\":2,\"label\":2}\n", ":3: unknown label '2'" },
		{ MOOD, "{\"row\":2,\"label\":\"1\"}\n", ":3: unknown label '1'" },
		{ MOOD, "{\"row\":2,\"label\":[\"high\"]}\n", ":3: a label is a list" },
		{ MOOD, "{\"row\":2,\"p\":[0.2,0.3,0.5]}\n",
		  ":3: 'p' has 3 probabilities for 2 labels" },
		{ MOOD, "{\"row\":2,\"p\":[0.2,0.3]}\n",
		  ":3: the probabilities in 'p' sum to 0.5, not 1" },
		{ MOOD, "{\"row\":2,\"p\":[1.5,-0.5]}\n",
		  "'p' of 'high' is no number from 0 to 1" },
		{ MOOD, "{\"row\":2,\"p\":[null,1]}\n", "'p' of 'high' is no number" },
		{ MOOD, "{\"row\":2,\"p\":[NaN,1]}\n", "said.jsonl:3:" },
		{ MOOD, "{\"row\":2,\"p\":0.7}\n", ":3: 'p' is a number: a probability for each" },
		{ MOOD, "{\"row\":2,\"p\":{\"high\":0.5,\"lo\":0.5}}\n",
		  ":3: 'p' has an unknown label 'lo'" },
		{ MOOD, "{\"row\":2}\n",
		  ":3: no answer: no 'label' and no 'p'; '--missing wrong'" },
		{ MOOD, "{\"row\":2,\"label\":null}\n", ":3: no answer: no 'label'" },
		{ MOOD, "{\"row\":2,\"error\":\"refused to say\"}\n",
		  ":3: no answer: refused to say" },
		{ MOOD, "", "1 of 40 dev rows have no line" },
		{ MOOD, "{\"row\":1,\"label\":\"low\"}\n", ":3: row 1 twice: line 2 has it, too" },
		{ MOOD, "{\"row\":40,\"label\":\"low\"}\n",
		  ":3: no dev row 40: there are 40, 0 to 39" },
		{ MOOD, "{\"row\":-1,\"label\":\"low\"}\n", ":3: 'row' is no whole number from 0" },
		{ MOOD, "{\"row\":1.5,\"label\":\"low\"}\n", ":3: 'row' is no whole number" },
		{ MOOD, "{\"line\":2,\"label\":\"low\"}\n", ":3: no 'row' here, by which" },
		{ MOOD, "{\"row\":2,\"label\":\"low\"\n", "said.jsonl:3:1:" },
		{ MOOD, "low\n", "said.jsonl:3:1:" },
		{ MOOD, "[2,\"low\"]\n", ":3: a list, not an object" },
		{ MOOD, "{\"row\":2,\"label\":\"l\xffw\"}\n", "said.jsonl:3: invalid UTF-8" },
		{ COUNT, "{\"row\":2,\"number\":\"many\"}\n", ":3: the prediction is no number" },
		{ COUNT, "{\"row\":2,\"number\":true}\n", ":3: the prediction is" },
		{ COUNT, "{\"row\":2,\"number\":1e200}\n", ":3: the prediction is too large" },
		{ COUNT, "{\"row\":2}\n",
		  ":3: no answer: no 'number'; a number that is not there" },
		{ SUM, "{\"row\":2,\"summary\":\" \"}\n", ":3: no answer: an empty summary" },
		{ SUM, "{\"row\":2,\"summary\":7}\n", ":3: the summary is a number: a string" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct imported im;
		struct err err = { "" };

		put_good(bad[i].task, 2, bad[i].line);
		if (import(bad[i].task, false, &im, &err) != ST_INVALID ||
		    !strstr(err.text, bad[i].says))
			fail_msg("%s '%s', not '%s'", bad[i].line, err.text, bad[i].says);
		imported_release(&im);
	}
}

/* Without anything to match by there must be as many lines as rows. */
static void test_order(void **state)
{
	struct imported im;
	struct err err = { "" };
	struct buf b;

	(void)state;
	buf_init(&b);
	for (uint64_t i = 0; i < rows(MOOD) - 1; i++)
		buf_adds(&b, "{\"id\":\"x\",\"label\":\"low\"}\n\n");
	put(&b);
	assert_int_equal(import(MOOD, true, &im, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "39 lines for 40 dev rows, and no 'row', 'line' or "
			       "'text' in them"));
	assert_non_null(strstr(err.text, "'id', 'label'"));
	imported_release(&im);
	buf_adds(&b, "{\"label\":1}");
	put(&b);
	must(MOOD, &im);
	assert_int_equal(im.by, IMPORT_BY_ORDER);
	for (int i = 0; i < im.e.n_kept; i++)
		assert_int_equal(label_pred(&im.e.kept[i]), 1);
	imported_release(&im);
	buf_clear(&b);
	buf_adds(&b, "\n \n");
	put(&b);
	assert_int_equal(import(MOOD, true, &im, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "no lines in"));
	imported_release(&im);
	buf_release(&b);
}

/* The k-th line of a text is of the k-th row of it; one too many is told. */
static void test_texts(void **state)
{
	struct imported im;
	struct err err = { "" };
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "{\"text\":\"never seen\",\"label\":\"low\"}\n");
	put(&b);
	assert_int_equal(import(MOOD, true, &im, &err), ST_INVALID);
	assert_non_null(strstr(err.text, ":1: no dev row has this text: 'never seen'"));
	imported_release(&im);
	buf_clear(&b);
	for (int k = 0; k < 40; k++) {
		struct example e = dev(MOOD, 4);

		buf_addf(&b, "{\"text\":\"  %.*s \",\"label\":\"low\"}\n", (int)e.text_len,
			 e.text);
	}
	put(&b);
	assert_int_equal(import(MOOD, true, &im, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "twice: line"));
	imported_release(&im);
	buf_release(&b);
}

/* --- rows without an answer --- */

static void test_missing_is_wrong(void **state)
{
	struct imported all, im;
	struct err err = { "" };
	uint64_t gold = 0;

	(void)state;
	for (uint64_t i = 0; i < rows(MOOD); i++)
		gold += dev(MOOD, i).label == 0;
	put_good(MOOD, -1, "");
	must(MOOD, &all);
	assert_near(all.e.row.metric[0].value, (double)gold / (double)rows(MOOD), 1e-12);
	put_good(MOOD, 2, "{\"row\":2,\"error\":\"no\"}\n");
	assert_int_equal(import(MOOD, true, &im, &err), ST_OK);
	assert_int_equal(im.missing, 1);
	assert_int_equal(label_pred(&im.e.kept[2]), -1);
	gold -= dev(MOOD, 2).label == 0;
	assert_near(im.e.row.metric[0].value, (double)gold / (double)rows(MOOD), 1e-12);
	imported_release(&im);
	imported_release(&all);
	put_good(SUM, 2, "");
	assert_int_equal(import(SUM, true, &im, &err), ST_OK);
	assert_int_equal(im.missing, 1);
	assert_string_equal(im.e.kept[2].text, "");
	assert_true(im.e.kept[2].v[0] == 0);
	imported_release(&im);
	put_good(COUNT, 2, ""); /* no number is a wrong one */
	assert_int_equal(import(COUNT, true, &im, &err), ST_INVALID);
	imported_release(&im);
}

/* A zero costs as scikit-learn has it; a label against the probabilities is counted. */
static void test_probabilities(void **state)
{
	struct imported im;
	struct err err = { "" };

	(void)state;
	put_good(MOOD, 2, "{\"row\":2,\"label\":\"high\",\"p\":[0,1]}\n");
	assert_int_equal(import(MOOD, false, &im, &err), ST_OK);
	assert_int_equal(im.with_p, 1);
	assert_int_equal(im.unlikely, 1);
	assert_near(im.e.kept[2].loss, dev(MOOD, 2).label ? 0 : 36.04365338911715, 1e-9);
	assert_near(im.e.row.loss, im.e.kept[2].loss, 1e-12); /* of the rows that have some */
	imported_release(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_figures),
		cmocka_unit_test(test_no_probabilities),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_missing_is_wrong),
		cmocka_unit_test(test_probabilities),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
