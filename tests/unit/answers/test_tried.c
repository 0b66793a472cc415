/*
 * test_tried.c - what is shown of a text that was typed: labels with their
 * probabilities, the largest first, none of them lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answers/kind_view.h"
#include "ask/ask_classify.h"
#include "ask/ask_pieces.h"
#include "ask/ask_regress.h"
#include "base/json.h"
#include "base/mem.h"
#include "screen/canvas.h"
#include "ui/attribution.h"

enum { ROWS = 30, COLS = 80 };

/* The answer of a task of this kind in `rows` lines; the caller has the canvas. */
static int draw(struct canvas *c, enum task_kind kind, int rows, const char *answer)
{
	struct json *doc = NULL;
	int y;

	canvas_init(c);
	canvas_resize(c, ROWS, COLS);
	assert_int_equal(json_parse(answer, strlen(answer), "answer", &doc, NULL), ST_OK);
	y = view_kind(kind)->draw_tried(c, (struct rect){0, 0, rows, COLS}, 0, doc,
					INK_TEXT);
	json_free(doc);
	return y;
}

static void is_line(const struct canvas *c, int y, const char *word, bool wanted)
{
	char *line = canvas_line(c, y);

	if ((strstr(line, word) != NULL) != wanted)
		fail_msg("line %d: '%s', '%s' %s", y, line, word,
			 wanted ? "is missing" : "should not be there");
	xfree(line);
}

/* Equal probabilities are no reason to leave a label out. */
static void test_ties(void **state)
{
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_CLASSIFY, 8,
			      "{\"p\":{\"a\":0.25,\"b\":0.5,\"c\":0.25}}"), 3);
	is_line(&c, 0, "b", true);
	is_line(&c, 0, "0.500", true);
	is_line(&c, 1, "a", true);
	is_line(&c, 2, "c", true);
	is_line(&c, 2, "0.250", true);
	canvas_release(&c);
}

/* The largest first; those that are said stand out, and nobody is added up. */
static void test_sets(void **state)
{
	static const char eight[] = "{\"labels\":[\"b\",\"h\"],\"threshold\":0.5,\"p\":{\"a\":0.3,"
				    "\"b\":0.9,\"c\":0.1,\"d\":0.1,\"e\":0.1,\"f\":0.1,"
				    "\"g\":0.06,\"h\":0.8}}";
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_MULTILABEL, 12, eight), 7);
	is_line(&c, 0, "b", true);
	is_line(&c, 0, "0.900", true);
	is_line(&c, 1, "h", true);
	is_line(&c, 2, "a", true);
	is_line(&c, 6, "2 more, each less likely", true);
	assert_int_equal(canvas_at(&c, 1, 14)->ink, INK_STRONG);
	assert_int_equal(canvas_at(&c, 2, 14)->ink, INK_DIM);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_MULTILABEL, 3, eight), 3);
	is_line(&c, 2, "6 more", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_MULTILABEL, ROWS, eight), 8);
	is_line(&c, 7, "g", true);
	canvas_release(&c);
}

static void test_more(void **state)
{
	static const char eight[] = "{\"p\":{\"a\":0.3,\"b\":0.2,\"c\":0.1,\"d\":0.1,"
				    "\"e\":0.1,\"f\":0.1,\"g\":0.06,\"h\":0.04}}";
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_CLASSIFY, 12, eight), 7);
	is_line(&c, 5, "f", true);
	is_line(&c, 6, "2 more, 0.100 together", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_CLASSIFY, ROWS, eight), 8);
	is_line(&c, 7, "h", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_CLASSIFY, 4, eight), 4); /* nothing below its room */
	is_line(&c, 3, "5 more, 0.400 together", true);
	is_line(&c, 4, "e", false);
	canvas_release(&c);
}

/* A number of a head; numbers that might be said, with their probabilities. */
static void test_numbers(void **state)
{
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_REGRESS, 8, "{\"value\":3.25}"), 1);
	is_line(&c, 0, "3.250", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_REGRESS, 8, "{\"value\":3.5,\"said\":[[3.5,0.625],"
			      "[3,0.25],[4,0.125]]}"), 3);
	is_line(&c, 0, "3.5 ", true);
	is_line(&c, 0, "0.625", true);
	is_line(&c, 2, "4 ", true);
	is_line(&c, 2, "0.125", true);
	canvas_release(&c);
}

/* A row of Inspect: what might have been said, and a mark where it would be right. */
static void test_row(void **state)
{
	const struct view_kind *k = view_kind(TASK_REGRESS);
	struct results none = {.kind = TASK_REGRESS};
	struct prediction p = {0};
	char remark[REMARK];
	struct canvas c;

	(void)state;
	canvas_init(&c);
	canvas_resize(&c, ROWS, COLS);
	number_set(&p, 2.6, 3.5);
	assert_false(k->remark(&none, &p, 20, remark));
	assert_non_null(strstr(remark, "guess 3.5"));
	number_say(&p, 3.5, .5);
	number_say(&p, 3, .25);
	number_say(&p, 2.5, .125);
	k->remark(&none, &p, 20, remark);
	assert_non_null(strstr(remark, "gold 2.6 · says 3.5, 0.50 · off by +0.9"));
	k->draw_low(&c, &none, &p, (struct rect){0, 0, 3, COLS}, INK_TEXT);
	is_line(&c, 0, "3.5 ", true);
	is_line(&c, 1, "*", false);
	is_line(&c, 2, "2.5 ", true);
	is_line(&c, 2, "*", true);
	canvas_clear(&c);
	k->draw_low(&c, &none, &p, (struct rect){0, 0, 2, COLS}, INK_TEXT);
	is_line(&c, 1, "2.5 ", true); /* what is right is not left out for want of room */
	is_line(&c, 1, "0.125 *", true);
	prediction_release(&p);
	canvas_release(&c);
}

/* Of each mask that was typed the likeliest pieces; without one, how to ask. */
static void test_masks(void **state)
{
	struct canvas c;

	(void)state;
	assert_int_equal(draw(&c, TASK_MLM, 8, "{\"text\":\"a cat\",\"hidden\":[[[\"cat\",0.5],"
			      "[\"dog\",0.25]],[[\"sat\",0.75]]]}"), 2);
	is_line(&c, 0, "cat 0.500", true);
	is_line(&c, 0, "dog 0.250", true);
	is_line(&c, 1, "sat 0.750", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_MLM, 8, "{\"text\":\"a cat\",\"hidden\":[]}"), 1);
	is_line(&c, 0, "type [MASK] where", true);
	canvas_release(&c);
	assert_int_equal(draw(&c, TASK_LM, 8, "{\"perplexity\":12.5,\"pieces\":4}"), 1);
	is_line(&c, 0, "perplexity 12.5", true);
	canvas_release(&c);
}

/* A row as the model read it: what is right stands alone, what is wrong beside the right. */
static void test_hidden(void **state)
{
	static const char detail[] = "{\"pieces\":[\"[CLS]\",\"[MASK]\",\"sat\",\"[MASK]\","
				     "\"[SEP]\"],\"hidden\":[[1,\"cat\",0.5,\"cat\",0.5],"
				     "[3,\"down\",0.1,\"up\",0.6]]}";
	const struct view_kind *k = view_kind(TASK_MLM);
	struct results none = {.kind = TASK_MLM};
	struct prediction p = {.loss = 1.5, .detail = xstrdup(detail)};
	char remark[REMARK];
	struct canvas c;

	(void)state;
	canvas_init(&c);
	canvas_resize(&c, ROWS, COLS);
	pieces_set(&p, 2, 1);
	k->remark(&none, &p, 20, remark);
	assert_non_null(strstr(remark, "1 of 2 pieces right · loss 1.50 a piece"));
	assert_int_equal(k->low_lines(&none, &p), 2);
	k->draw_low(&c, &none, &p, (struct rect){0, 0, 3, COLS}, INK_TEXT);
	is_line(&c, 0, "[CLS] cat sat up(down) [SEP]", true);
	canvas_clear(&c);
	k->draw_low(&c, &none, &p, (struct rect){0, 0, 3, 12}, INK_TEXT); /* wrapped */
	is_line(&c, 0, "[CLS] cat", true);
	is_line(&c, 1, "up(down)", true);
	canvas_clear(&c);
	view_kind(TASK_LM)->draw_low(&c, &none, &p, (struct rect){0, 0, 3, COLS}, INK_TEXT);
	is_line(&c, 0, "[CLS] cat sat down", true);
	prediction_release(&p);
	canvas_release(&c);
}

/* What is said for a label, and that the loss is of its pieces. */
static void test_label_said(void **state)
{
	const struct view_kind *k = view_kind(TASK_CLASSIFY);
	char *name[] = {"good", "bad"}, *said[] = {"a joy", "bad"};
	const char *label[] = {"good", "bad"};
	struct results d = {.kind = TASK_CLASSIFY, .name = name, .n_names = 2,
			    .label = label, .n_classes = 2};
	struct prediction p = {.loss = .45};
	char remark[REMARK];
	struct canvas c;

	(void)state;
	canvas_init(&c);
	canvas_resize(&c, ROWS, COLS);
	label_set(&p, 1, 0, (float[2]){.75f, .25f}, 2);
	k->remark(&d, &p, 20, remark);
	assert_string_equal(remark, "gold bad · predicted good 0.75 · loss 0.45");
	k->draw_low(&c, &d, &p, (struct rect){0, 0, 2, COLS}, INK_TEXT);
	is_line(&c, 0, "\"", false);
	d.said = said;
	k->remark(&d, &p, 20, remark);
	assert_string_equal(remark, "gold bad · predicted good 0.75 · loss 0.45 a piece");
	canvas_clear(&c);
	k->draw_low(&c, &d, &p, (struct rect){0, 0, 2, COLS}, INK_TEXT);
	is_line(&c, 0, "0.750   \"a joy\"", true);
	is_line(&c, 1, "0.250 *", true);
	is_line(&c, 1, "\"", false); /* it is the label itself */
	prediction_release(&p);
	canvas_release(&c);
}

/* The strongest words with digits that tell them apart; none of them: a word says so. */
static void test_top(void **state)
{
	struct attributed word[] = {{0, 0, 2, {.0042, 0}}, {0, 3, 5, {-.0007, 0}}};
	struct attribution a = {.text = {"up in"}, .n = 2, .word = word};
	struct canvas c;

	(void)state;
	canvas_init(&c);
	canvas_resize(&c, ROWS, COLS);
	attribution_draw_top(&c, 0, 0, COLS, &a, METHOD_GRADIENT);
	attribution_draw_top(&c, 1, 0, COLS, &a, METHOD_OCCLUSION);
	is_line(&c, 0, "up +0.0042   in -0.0007", true);
	is_line(&c, 1, "occlusion         no word changes the answer", true);
	word[0].score[METHOD_GRADIENT] = .42;
	attribution_draw_top(&c, 2, 0, COLS, &a, METHOD_GRADIENT);
	is_line(&c, 2, "up +0.42   in -0.00", true);
	canvas_release(&c);
}

/* A word whose pieces end before its accent keeps it. */
static void test_accent(void **state)
{
	struct attributed word[] = {{0, 0, 4, {.5, 0}}};
	struct attribution a = {.text = {"cafe\xcc\x81 nu"}, .n = 1, .word = word};
	struct canvas c;

	(void)state;
	canvas_init(&c);
	c.utf8 = true;
	canvas_resize(&c, ROWS, COLS);
	attribution_draw(&c, (struct rect){0, 0, 2, COLS}, &a, METHOD_GRADIENT, 0);
	attribution_draw_top(&c, 1, 0, COLS, &a, METHOD_GRADIENT);
	is_line(&c, 0, "[cafe\xcc\x81] nu", true);
	is_line(&c, 1, "cafe\xcc\x81 +0.50", true);
	canvas_release(&c);
}

/* Text without blanks goes on in the next line, marked words whole. */
static void test_unspaced(void **state)
{
	static const char five[] = "\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94";
	struct attributed word[] = {{0, 6, 9, {.5, 0}}};
	struct attribution a = {.text = {(char *)five}, .n = 1, .word = word};
	struct canvas c;

	(void)state;
	canvas_init(&c);
	c.utf8 = true;
	canvas_resize(&c, ROWS, COLS);
	assert_int_equal(attribution_draw(&c, (struct rect){0, 0, 4, 7}, &a, METHOD_GRADIENT, 0),
			 3);
	is_line(&c, 0, "\xe4\xb8\x80\xe4\xba\x8c", true);
	is_line(&c, 1, "[\xe4\xb8\x89]", true);
	assert_int_equal(attribution_draw(&c, (struct rect){4, 0, 4, 5}, &a, METHOD_GRADIENT, 0),
			 3);
	is_line(&c, 6, "\xe5\x9b\x9b", true);
	canvas_release(&c);
}

/* An empty list says why, and which key gets rows again. */
static void test_empty(void **state)
{
	struct prediction one = {0};
	struct results r = {.gold = -1, .pred = -1};

	(void)state;
	assert_string_equal(results_why_empty(&r), "no rows");
	r.set = (struct prediction_set){.p = &one, .n = 1};
	r.only_errors = true;
	assert_non_null(strstr(results_why_empty(&r), "a all rows"));
	r.only_changed = true;
	assert_non_null(strstr(results_why_empty(&r), "d all of them"));
	r.gold = r.pred = 0;
	assert_non_null(strstr(results_why_empty(&r), "c all of them"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_masks), cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_label_said),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_accent),
		cmocka_unit_test(test_unspaced),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("tried", tests, NULL, NULL);
}
