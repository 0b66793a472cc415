/*
 * test_kept.c - what is kept of a text on the screen: every word of the three texts marked
 * as it should be, with colours and without; and what a prediction of it holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers/kind_view.h"
#include "ask/ask_extract.h"
#include "base/json.h"
#include "base/mem.h"
#include "fixture/near.h"
#include "screen/canvas.h"
#include "widget/words.h"

enum { MOST = 16 };

/* A prediction of these units: "0110" each. */
static void predict(struct prediction *p, enum unit_kind how, const char *text,
		    const char *gold, const char *pred)
{
	struct text_part unit[MOST];
	bool g[MOST], k[MOST];
	float prob[MOST];
	struct extract_units u = { .how = how, .unit = unit, .gold = g, .pred = k, .p = prob };
	struct rouge r = { .r1 = { 0.25, 0.5, 0.75 } };

	u.n = text_units(how, text, strlen(text), unit, MOST);
	assert_int_equal(u.n, strlen(gold));
	for (int i = 0; i < u.n; i++) {
		g[i] = gold[i] == '1';
		k[i] = pred[i] == '1';
		prob[i] = i + 1 < u.n ? (float)(i + 1) / 16 : -1; /* the last was not read */
	}
	extract_set(p, &u, 0.5, &r, true);
}

static void test_prediction(void **state)
{
	struct prediction p = { .weight = 3 }, back = { 0 };
	struct unit_counts c;
	struct rouge r;
	struct buf b;

	(void)state;
	predict(&p, UNIT_WORDS, "a b c d e", "11010", "01110");
	buf_init(&b);
	prediction_pack(&p, &b);
	assert_true(prediction_unpack((const unsigned char *)b.s, b.len, &back));
	c = extract_counts(&back);
	assert_true(c.gold == 3 && c.pred == 3 && c.both == 2);
	assert_near(extract_f1(&back), 2.0 / 3, 1e-15);
	assert_int_equal(extract_n(&back), 5);
	assert_true(extract_gold(&back, 0) && !extract_pred(&back, 0));
	assert_true(extract_pred(&back, 2) && !extract_gold(&back, 2));
	assert_near(extract_p(&back, 1), 0.125, 0);
	assert_true(extract_p(&back, 4) != extract_p(&back, 4)); /* NaN: it was not read */
	assert_false(extract_gold(&back, -1) || extract_pred(&back, 5));
	assert_near(extract_threshold(&back), 0.5, 0);
	assert_int_equal(extract_how(&back), UNIT_WORDS);
	assert_true(summary_rouge(&back, &r));
	assert_near(r.r1.recall, 0.5, 0);
	assert_near(summary_score(&back, SUMMARY_ROUGE1), 0.75, 0);
	prediction_release(&back);
	prediction_release(&p);
	assert_true(extract_f1(&p) != extract_f1(&p)); /* of another kind's, of nothing */
	assert_int_equal(extract_n(&p), 0);
	buf_release(&b);
}

static void line(const struct word *w, int n, bool fancy, const char *want)
{
	struct canvas c;
	char *seen;

	canvas_init(&c);
	c.fancy = c.utf8 = c.colour = fancy;
	canvas_resize(&c, 2, 120);
	words_draw(&c, (struct rect){ 0, 0, 2, 120 }, w, n, 0, false);
	seen = canvas_line(&c, 0);
	for (size_t k = strlen(seen); k && seen[k - 1] == ' ';)
		seen[--k] = '\0';
	assert_string_equal(seen, want);
	xfree(seen);
	canvas_release(&c);
}

static void shows(enum unit_kind how, const char *text, const char *gold, const char *pred,
		  const char *reference, const char *output, const char *const want[6])
{
	struct prediction p = { 0 };
	struct kept_texts t = { .source_text = text };

	predict(&p, how, text, gold, pred);
	t.source = words_cut(text, &t.n_source);
	t.reference = words_cut(reference, &t.n_reference);
	t.output = words_cut(output, &t.n_output);
	view_kind(TASK_EXTRACT)->mark_kept(&p, &t);
	for (int k = 0; k < 2; k++) {
		line(t.source, t.n_source, k, want[3 * k]);
		line(t.reference, t.n_reference, k, want[3 * k + 1]);
		line(t.output, t.n_output, k, want[3 * k + 2]);
	}
	xfree(t.source);
	xfree(t.reference);
	xfree(t.output);
	prediction_release(&p);
}

static void test_marks(void **state)
{
	static const char *const words[6] = {
		"(-a-) [b] {+c+} [d] e", "(-a-) [b d]", "[b] {+c+} [d]",
		"−a− b +c+ d e", "−a− b d", "b +c+ d",
	};
	/* a reference of other words is left as it is */
	static const char *const other[6] = {
		"(-a-) [b] {+c+} [d] e", "a and b", "[b] {+c+} [d]",
		"−a− b +c+ d e", "a and b", "b +c+ d",
	};
	static const char *const sentences[6] = {
		"[A b.] {+C d.+} E f.", "[A b.]", "[A b.] {+C d.+}",
		"A b. +C d.+ E f.", "A b.", "A b. +C d.+",
	};

	(void)state;
	shows(UNIT_WORDS, "a b c d e", "11010", "01110", "a b d", "b c d", words);
	shows(UNIT_WORDS, "a b c d e", "11010", "01110", "a and b ", "b c d", other);
	shows(UNIT_SENTENCES, "A b. C d. E f.", "100", "110", "A b.", "A b. C d.", sentences);
}

/* Of one of before, or imported, that kept no units nothing is marked. */
static void test_none(void **state)
{
	struct prediction p = { 0 };
	struct kept_texts t = { .source_text = "a b" };

	(void)state;
	t.source = words_cut("a b", &t.n_source);
	view_kind(TASK_EXTRACT)->mark_kept(&p, &t);
	line(t.source, t.n_source, false, "a b");
	xfree(t.source);
}

static void test_lead(void **state)
{
	const struct view_kind *k = view_kind(TASK_EXTRACT);
	struct prediction p = { 0 };
	char out[REMARK];
	struct buf b;

	(void)state;
	buf_init(&b);
	predict(&p, UNIT_WORDS, "a b c d e", "11010", "01110");
	assert_string_equal(k->lead(&p, "1 2 3 4 5 6 7 8 9 10 11 12", &b), "lead-10");
	assert_string_equal(buf_str(&b), "1 2 3 4 5 6 7 8 9 10");
	k->remark(NULL, &p, 60, out);
	assert_string_equal(out, "3 kept, 2 right, 1 missed · F1 66.7");
	predict(&p, UNIT_SENTENCES, "A b. C d. E f.", "100", "110");
	buf_clear(&b);
	assert_string_equal(k->lead(&p, "One. Two. Three. Four.", &b), "lead-3");
	assert_string_equal(buf_str(&b), "One. Two. Three.");
	prediction_release(&p);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prediction), cmocka_unit_test(test_marks),
		cmocka_unit_test(test_none), cmocka_unit_test(test_lead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
