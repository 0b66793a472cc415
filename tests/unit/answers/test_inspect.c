/*
 * test_inspect.c - the Inspect view's arithmetic against numbers worked out by hand
 * or by the longest way round.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ui/attribution.h"
#include "base/mem.h"
#include "base/str.h"
#include "answers/inspect_own.h"
#include "answers/kind_view.h"
#include "ask/ask_classify.h"
#include "ask/ask_regress.h"
#include "fixture/near.h"

static void row(struct prediction *p, int64_t number, int gold, float p0)
{
	*p = (struct prediction){.row = number};
	label_set(p, gold, p0 < .5f, (float[]){p0, 1 - p0}, 2);
}

static void forget(struct prediction *p, int n)
{
	for (int i = 0; i < n; i++)
		prediction_release(&p[i]);
}

static void test_calibration(void **state)
{
	struct prediction p[4];
	struct prediction_set s = {.n = 4, .p = p};
	struct calibration k;

	(void)state;
	row(&p[0], 0, 0, .95f);
	row(&p[1], 1, 1, .95f); /* sure and wrong */
	row(&p[2], 2, 0, .65f);
	row(&p[3], 3, 1, .25f); /* .75 */
	results_calibrate(&s, &k);
	assert_int_equal(k.bin[9].n, 2);
	assert_int_equal(k.bin[6].n, 1);
	assert_int_equal(k.bin[7].n, 1);
	assert_near(k.bin[9].confidence, .95, 1e-6);
	assert_near(k.bin[9].accuracy, .5, 1e-9);
	assert_near(k.ece, (2 * .45 + .35 + .25) / 4, 1e-6);
	forget(p, 4);
}

/* Right in 3 of 4 at .99: softmax(z / T) should say .75, z = log(.99 / .01). */
static void test_temperature(void **state)
{
	struct prediction p[4];
	struct prediction_set s = {.n = 4, .p = p};
	struct calibration k;

	(void)state;
	for (int i = 0; i < 4; i++)
		row(&p[i], i, i == 3, .99f);
	results_calibrate(&s, &k);
	assert_near(k.temperature, log(99) / log(3), .01);
	forget(p, 4);
	results_calibrate(&(struct prediction_set){0}, &k);
	assert_true(isnan(k.temperature) && isnan(k.ece));
}

static void test_margin(void **state)
{
	float three[] = {.2f, .5f, .3f}, one[] = {1};
	struct prediction p = {0};

	(void)state;
	label_set(&p, 0, 1, three, 3);
	assert_near(result_margin(&p), .2, 1e-6);
	label_set(&p, 0, 0, one, 1);
	assert_true(isnan(result_margin(&p)));
	prediction_release(&p);
}

/* Rows that only one of the two has count for neither. */
static void test_changes(void **state)
{
	struct prediction a[4], b[4];
	struct prediction_set now = {.n = 4, .p = a}, before = {.n = 4, .p = b};
	uint8_t *change;
	int fixed, broken;

	(void)state;
	row(&a[0], 1, 0, .9f);
	row(&a[1], 3, 0, .1f);
	row(&a[2], 4, 1, .1f);
	row(&a[3], 9, 0, .9f);
	row(&b[0], 1, 0, .2f);
	row(&b[1], 2, 0, .2f);
	row(&b[2], 3, 0, .8f);
	row(&b[3], 4, 1, .4f);
	change = results_changes(&now, &before, view_kind(TASK_CLASSIFY)->is_error, &fixed,
				 &broken);
	assert_int_equal(fixed, 1);
	assert_int_equal(broken, 1);
	assert_int_equal(change[0], CHANGE_FIXED);
	assert_int_equal(change[1], CHANGE_BROKEN);
	assert_int_equal(change[2], CHANGE_NONE);
	assert_int_equal(change[3], CHANGE_NONE);
	xfree(change);
	forget(a, 4);
	forget(b, 4);
}

static void test_residuals(void **state)
{
	static const double made[4][2] = {{1, 2}, {2, 2}, {3, 5}, {NAN, 1}};
	struct prediction p[4] = {{0}};
	struct prediction_set s = {.n = 4, .p = p};
	struct residuals r;
	int bin[3];

	(void)state;
	for (int i = 0; i < 4; i++)
		number_set(&p[i], made[i][0], made[i][1]);
	residuals_of(&s, &r);
	assert_int_equal(r.n, 3);
	assert_near(r.mae, 1, 1e-12);
	assert_near(r.rmse, sqrt(5. / 3), 1e-12);
	assert_near(r.bias, 1, 1e-12);
	assert_near(r.pearson, sqrt(3) / 2, 1e-12);
	residual_bins(&s, 2, 3, bin);
	assert_int_equal(bin[0], 0);
	assert_int_equal(bin[1], 1);
	assert_int_equal(bin[2], 2);
	forget(p, 4);
}

static const char answer[] =
	"{\"text\":\"Boats float\",\"pair\":\"they do\",\"pieces\":[\"boat\",\"##s\","
	"\"float\",\"they\",\"do\"],\"offsets\":[[0,4],[4,5],[6,11],[0,4],[5,7]],"
	"\"words\":[0,0,1,0,1],"
	"\"second\":3,\"left_out\":2,\"pred\":\"high\",\"p\":0.9,"
	"\"gradient_x_input\":[0.5,0.25,-0.3,0.01,0.2],"
	"\"occlusion\":[0.1,-0.4,null,0.3,0.0],\"occluded\":4,\"mask\":\"[MASK]\"}";

/* Pieces become words; sums for the one method, the largest for the other. */
static void test_answer(void **state)
{
	struct attribution a = {0};
	int top[3];

	(void)state;
	assert_int_equal(attribution_read(&a, answer, strlen(answer), NULL), ST_OK);
	assert_int_equal(a.n, 4);
	assert_int_equal(a.left_out, 2);
	assert_string_equal(a.pred, "high");
	assert_int_equal((int)a.word[0].to, 5);
	assert_near(a.word[0].score[METHOD_GRADIENT], .75, 1e-12);
	assert_near(a.word[0].score[METHOD_OCCLUSION], -.4, 1e-12);
	assert_true(isnan(a.word[1].score[METHOD_OCCLUSION]));
	assert_int_equal(a.word[2].text, 1);
	assert_int_equal(attribution_level(&a, METHOD_GRADIENT, 0), 3);
	assert_int_equal(attribution_level(&a, METHOD_GRADIENT, 1), -2);
	assert_int_equal(attribution_level(&a, METHOD_GRADIENT, 2), 0);
	assert_int_equal(attribution_level(&a, METHOD_OCCLUSION, 1), 0);
	assert_int_equal(attribution_top(&a, METHOD_OCCLUSION, top, 3), 2);
	assert_int_equal(top[0], 0);
	assert_int_equal(top[1], 2);
	assert_int_equal(attribution_top(&a, METHOD_GRADIENT, top, 2), 2);
	assert_int_equal(top[1], 1);
	attribution_clear(&a);
}

/* Of bytes: a character in two pieces, and a word behind one without a blank between. */
static void test_byte_pieces(void **state)
{
	static const char bytes[] =
		"{\"text\":\"a\u4e2d(b\",\"pieces\":[\"a\",\"\u00e4\u00b8\",\"\u0143\",\"(\","
		"\"b\"],"
		"\"offsets\":[[0,1],[1,4],[1,4],[4,5],[5,6]],\"words\":[0,0,0,1,2],\"second\":5,"
		"\"gradient_x_input\":[1,2,4,8,16],\"occlusion\":[1,2,3,4,5]}";
	struct attribution a = {0};

	(void)state;
	assert_int_equal(attribution_read(&a, bytes, strlen(bytes), NULL), ST_OK);
	assert_int_equal(a.n, 3);
	assert_int_equal((int)a.word[0].to, 4);
	assert_near(a.word[0].score[METHOD_GRADIENT], 7, 1e-12);
	assert_int_equal((int)a.word[1].from, 4);
	assert_int_equal((int)a.word[2].from, 5);
	attribution_clear(&a);
}

/* Answers cut anywhere, and numbers that point outside, harm nothing. */
static void test_bad_answers(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "3", "{\"pieces\":3}",
		"{\"text\":\"ab\",\"pieces\":[\"a\",1],\"offsets\":[[0,9],[1,2]],"
		"\"gradient_x_input\":[1,2],\"occlusion\":[1,2],\"second\":9}",
		"{\"text\":\"ab\",\"pieces\":[\"a\"],\"offsets\":[[]],"
		"\"gradient_x_input\":[1],\"occlusion\":[1],\"second\":0}",
		"{\"text\":\"ab\",\"pieces\":[\"a\"],\"offsets\":[[-1,1]],"
		"\"gradient_x_input\":[\"x\"],\"occlusion\":[1]}"};
	struct attribution a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		attribution_read(&a, bad[i], strlen(bad[i]), NULL);
		assert_int_equal(a.n, 0);
		attribution_clear(&a);
	}
	for (size_t n = 0; n < strlen(answer); n++) {
		attribution_read(&a, answer, n, NULL);
		attribution_clear(&a);
	}
}

/* Marked and plain, the text stays the text, whatever the width. */
static void test_drawing(void **state)
{
	struct attribution a = {0};
	struct canvas c;
	char *line;

	(void)state;
	assert_int_equal(attribution_read(&a, answer, strlen(answer), NULL), ST_OK);
	canvas_init(&c);
	canvas_resize(&c, 4, 40);
	assert_int_equal(attribution_draw(&c, (struct rect){0, 0, 4, 40}, &a,
					  METHOD_GRADIENT, 0), 1);
	line = canvas_line(&c, 0);
	assert_true(str_starts(line, "[Boats] (float)"));
	xfree(line);
	canvas_clear(&c);
	assert_int_equal(attribution_draw(&c, (struct rect){0, 0, 4, 9}, &a,
					  METHOD_OCCLUSION, 0), 2);
	line = canvas_line(&c, 1);
	assert_true(str_starts(line, "float"));
	xfree(line);
	for (int w = 1; w < 40; w++)
		for (int h = 0; h < 4; h++)
			attribution_draw(&c, (struct rect){0, 0, h, w}, &a,
					 METHOD_GRADIENT, 1);
	canvas_release(&c);
	attribution_clear(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_temperature),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_residuals),
		cmocka_unit_test(test_answer), cmocka_unit_test(test_byte_pieces),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_drawing),
	};

	return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
