/*
 * The Summaries view: what it shows at both sizes and at every level, and what
 * its lists, marks and files come to.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "answers/summaries_own.h"
#include "desk/frame.h"
#include "view/view_table.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "ui/keys.h"
#include "ask/ask_summarize.h"
#include "fixture/fake_summaries.h"
#include "fixture/golden_screen.h"
#include "fixture/pty_desk.h"

static const struct frame {
	const char *name, *keys;
} frames[] = {
	{"", "4"},
	{"piece", "4llll"},      /* what a piece looked at */
	{"change", "4Gd"},      /* since the evaluation before */
	{"matched", "4Gvv"},
	{"beams", "4G[b"},
	{"figures", "4G\t"},
	{"cut", "4ff"},
};

/* Every frame at both sizes; colours and small figures, or plain ASCII. */
static void all_frames(bool is_plain)
{
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		for (int wide = 0; wide < 2; wide++) {
			struct pty_spec s = {.rows = wide ? 40 : 24,
					     .cols = wide ? 120 : 80};
			char name[96];
			struct pty p;

			if (is_plain) {
				s.lang = "C";
				s.term = "vt100";
			}
			pty_open(&p, &s);
			pty_read(&p, .3, 3);
			pty_type(&p, frames[i].keys);
			pty_read(&p, .3, 1);
			for (int k = 0; k < 20 && pty_shows(&p, "measured "); k++)
				pty_read(&p, .3, 1);
			str_format(name, sizeof name, "summaries%s%s-%d%s",
				   frames[i].name[0] ? "-" : "", frames[i].name, s.cols,
				   is_plain ? "-vt100" : "");
			assert_golden(&p, name);
			pty_close(&p);
		}
}

static void test_frames(void **state)
{
	(void)state;
	all_frames(false);
}

static void test_frames_plain(void **state)
{
	(void)state;
	all_frames(true);
}

/* --- the list: on a feed, without a terminal --- */

struct bench {
	struct fake fake;
	struct feed feed;
	struct ui ui;
};

/* Recalculates until all is measured: a slow machine takes several slices. */
static void rest(struct bench *b)
{
	do
		ui_recalc(&b->ui);
	while (summaries_of(&b->ui)->measured < summaries_of(&b->ui)->data.set.n);
}

static void bench_init(struct bench *b)
{
	fake_init(&b->fake, 6, 12340);
	b->feed = fake_feed(&b->fake);
	ui_init(&b->ui, &b->feed, view_table);
	ui_update(&b->ui);
	b->ui.view = VIEW_SUMMARIES;
	rest(b);
}

static void bench_release(struct bench *b)
{
	ui_release(&b->ui);
	fake_release(&b->fake);
}

static void key(struct bench *b, uint32_t k)
{
	const struct key_row *row = key_find(VIEW_SUMMARIES, k);

	assert_non_null(row);
	assert_true(summaries_act(&b->ui, (int)row->action, row->arg));
	ui_update(&b->ui);
	rest(b);
}

static const struct prediction *at(const struct bench *b, int k)
{
	return &summaries_of(&b->ui)->data.set.p[summaries_of(&b->ui)->order[k]];
}

static void test_orders(void **state)
{
	struct bench b;
	const struct summaries_view *re;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	assert_int_equal(re->measured, FAKE_SUMMARIES);
	assert_int_equal(re->n_order, FAKE_SUMMARIES);
	for (int k = 1; k < re->n_order; k++)
		assert_true(summary_score(at(&b, k), SUMMARY_ROUGE1) >=
			    summary_score(at(&b, k - 1), SUMMARY_ROUGE1));
	key(&b, 's'); /* length */
	for (int k = 1; k < re->n_order; k++)
		assert_true(re->figure[re->order[k]].ratio <=
			    re->figure[re->order[k - 1]].ratio);
	key(&b, 's'); /* novelty */
	for (int k = 1; k < re->n_order; k++)
		assert_true(re->figure[re->order[k]].copying.novel[0] <=
			    re->figure[re->order[k - 1]].copying.novel[0]);
	key(&b, 's'); /* change: read only now */
	assert_int_equal(re->before.n, FAKE_SUMMARIES);
	assert_true(re->figure[re->order[0]].change <=
		    re->figure[re->order[FAKE_SUMMARIES - 1]].change);
	key(&b, 's'); /* row */
	for (int k = 1; k < re->n_order; k++)
		assert_true(at(&b, k)->row > at(&b, k - 1)->row);
	bench_release(&b);
}

/* The scores are those of the scorer; the means are over all of them. */
static void test_figures(void **state)
{
	struct bench b;
	const struct summaries_view *re;
	double sum = 0;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	for (int i = 0; i < re->data.set.n; i++) {
		const struct example_figures *f = &re->figure[i];

		assert_true(fabs(f->rouge.r1.f1 - summary_score(&re->data.set.p[i],
								SUMMARY_ROUGE1)) < 1e-12);
		sum += f->rouge.r1.f1;
		assert_true(f->lead.r1.f1 > 0);
	}
	assert_true(fabs(re->mean.rouge.r1.f1 - sum / FAKE_SUMMARIES) < 1e-12);
	assert_int_equal(re->mean.cut, 1);
	assert_true(re->mean.repeating >= 1);
	bench_release(&b);
}

static void measured_alone(const struct summaries_view *re, int i, struct rouge *out)
{
	struct rouge_scorer *rs = rouge_scorer_new(re->rouge);

	rouge_score(rs, re->data.set.row[i].target, re->data.set.p[i].text, out);
	rouge_scorer_free(rs);
}

static void measure_again(struct bench *b)
{
	struct summaries_view *re = summaries_of(&b->ui);

	for (int i = 0; i < re->data.set.n; i++)
		re->figure[i].is_done = false;
	re->measured = 0;
	rest(b);
}

/*
 * What was scored when it was evaluated is read, not measured again; of a run that kept
 * F1s alone it is measured, to the same bits.
 */
static void test_stored_scores(void **state)
{
	struct bench b;
	struct summaries_view *re;
	struct rouge one, other;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	for (int i = 0; i < re->data.set.n; i++) {
		measured_alone(re, i, &one);
		assert_memory_equal(&re->figure[i].rouge, &one, sizeof one);
	}
	measured_alone(re, 0, &one);
	other = (struct rouge){ .r2 = { .5, .25, .125 } };
	summary_set(&re->data.set.p[0], &other);
	measure_again(&b);
	assert_memory_equal(&re->figure[0].rouge, &other, sizeof other);
	re->data.set.p[0].n = SUMMARY_SCORES; /* as a run of before has it */
	measure_again(&b);
	assert_memory_equal(&re->figure[0].rouge, &one, sizeof one);
	bench_release(&b);
}

/* The head's line at 80 columns; the caller frees. */
static char *head_of(struct bench *b)
{
	struct canvas c;
	char *line = NULL;

	canvas_init(&c);
	canvas_resize(&c, 24, 80);
	draw_screen(&c, &b->ui);
	for (int y = 0; y < 24 && !(line && strstr(line, " of ")); y++) {
		xfree(line);
		line = canvas_line(&c, y);
	}
	canvas_release(&c);
	return line;
}

/* Targets in which ROUGE finds no word are told from bad summaries. */
static void test_blind(void **state)
{
	static const char want[] = "rouge: no word in 2 of 12 targets";
	struct bench b;
	struct summaries_view *re;
	char *line;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	line = head_of(&b);
	assert_null(strstr(line, "no word"));
	xfree(line);
	for (int i = 0; i < 2; i++) {
		char *target = re->data.set.row[i].target;

		for (size_t k = 0; target[k]; k++) /* Cyrillic small be, as often as fits */
			target[k] = !target[k + 1] && k % 2 == 0 ? '.' :
				    (char)(k % 2 ? 0xb1 : 0xd0);
	}
	measure_again(&b);
	assert_int_equal(re->mean.blind, 2);
	line = head_of(&b);
	assert_int_equal(FAKE_SUMMARIES, 12);
	assert_non_null(strstr(line, want));
	xfree(line);
	for (int i = 0; i < b.fake.s.n_channels; i++)
		b.fake.s.ch[i].rouge_unicode = true;
	b.fake.s.serial++;
	ui_update(&b.ui);
	measure_again(&b);
	assert_int_equal(re->mean.blind, 0);
	bench_release(&b);
}

static void test_filters(void **state)
{
	struct bench b;
	const struct summaries_view *re;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	key(&b, 'f');
	assert_int_equal(re->n_order, re->mean.repeating);
	for (int k = 0; k < re->n_order; k++)
		assert_true(re->figure[re->order[k]].copying.repeats > 0);
	key(&b, 'f');
	assert_int_equal(re->n_order, 1);
	assert_int_equal(at(&b, 0)->row, 7 * 7 + 3);
	key(&b, 'f');
	assert_in_range(re->n_order, 1, FAKE_SUMMARIES - 1);
	for (int k = 0; k < re->n_order; k++) {
		int i = (int)(at(&b, k)->row - 3) / 7;

		assert_string_not_equal(fake_said(i, FAKE_STAGES - 1),
					fake_said(i, FAKE_STAGES - 2));
	}
	key(&b, 'f');
	assert_int_equal(re->n_order, FAKE_SUMMARIES);
	bench_release(&b);
}

static void test_search(void **state)
{
	struct bench b;
	const struct summaries_view *re;
	int seen = 0, first;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	key(&b, 'n');
	assert_true(b.ui.is_bad); /* nothing to look for yet */
	str_copy(summaries_of(&b.ui)->find, sizeof summaries_of(&b.ui)->find, "LIBRARIES");
	key(&b, 'n');
	first = re->at;
	do {
		assert_non_null(strstr(re->data.set.row[re->order[re->at]].text,
				       "libraries"));
		key(&b, 'n');
		seen++;
	} while (re->at != first && seen < 20);
	assert_int_equal(seen, FAKE_SUMMARIES / FAKE_DIALOGUES);
	key(&b, 'N');
	assert_int_not_equal(re->at, first);
	str_copy(summaries_of(&b.ui)->find, sizeof summaries_of(&b.ui)->find, "no such words");
	first = re->at;
	key(&b, 'n');
	assert_int_equal(re->at, first);
	assert_true(b.ui.is_bad);
	bench_release(&b);
}

/* A new evaluation: the same example stays on the screen. */
static void test_stays(void **state)
{
	struct bench b;
	const struct summaries_view *re;
	int64_t row;

	(void)state;
	bench_init(&b);
	re = summaries_of(&b.ui);
	key(&b, 'j');
	key(&b, 'j');
	key(&b, 'l');
	row = re->row;
	b.fake.s.eval_step += 500;
	fake_news(&b.fake);
	ui_update(&b.ui);
	ui_recalc(&b.ui);
	assert_int_equal(re->set_step, b.fake.s.eval_step);
	assert_int_equal(re->row, row);
	assert_int_equal(re->token, 0);
	bench_release(&b);
}

/* One question an example and evaluation, however often it is looked at. */
static void test_asks_once(void **state)
{
	struct bench b;
	int posted;

	(void)state;
	bench_init(&b);
	key(&b, 'b');
	ui_update(&b.ui);
	ui_recalc(&b.ui);
	posted = b.fake.posted;
	assert_int_equal(posted, 1);
	assert_true(str_starts(b.fake.last, "beams samsum Zoë Brandt: "));
	assert_null(strchr(b.fake.last, '\n'));
	key(&b, 'j');
	ui_update(&b.ui);
	ui_recalc(&b.ui);
	assert_int_equal(b.fake.posted, posted + 1);
	key(&b, 'k');
	ui_update(&b.ui);
	ui_recalc(&b.ui);
	assert_int_equal(b.fake.posted, posted + 1);
	bench_release(&b);
}

static void test_export(void **state)
{
	char folder[] = "/tmp/tutti-export-XXXXXX", path[256];
	struct bench b;
	struct buf text;
	struct json *doc;
	int lines = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	bench_init(&b);
	str_copy(b.fake.s.run_path, sizeof b.fake.s.run_path, folder);
	fake_news(&b.fake);
	ui_update(&b.ui);
	key(&b, 'x');
	for (int i = 0; i < 2000 && job_slot_is_on(&b.ui.export.work); i++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		ui_recalc(&b.ui);
	}
	assert_non_null(strstr(b.ui.message, "12 examples written to"));
	str_format(path, sizeof path, "%s/summaries-samsum-%lld.jsonl", folder,
		   (long long)b.fake.s.eval_step);
	buf_init(&text);
	assert_int_equal(file_read(path, 1 << 20, &text, NULL), ST_OK);
	for (char *s = text.s, *end; (end = strchr(s, '\n')); s = end + 1, lines++) {
		assert_int_equal(json_parse(s, (size_t)(end - s), "line", &doc, NULL),
				 ST_OK);
		assert_int_equal((int64_t)json_number(json_get(doc, "row")),
				 at(&b, lines)->row);
		assert_string_equal(json_string(json_get(doc, "reference")),
				    summaries_of(&b.ui)->data.set
					    .row[summaries_of(&b.ui)->order[lines]].target);
		json_free(doc);
	}
	assert_int_equal(lines, FAKE_SUMMARIES);
	str_copy(b.fake.s.run_path, sizeof b.fake.s.run_path, "/nowhere/at/all");
	fake_news(&b.fake);
	ui_update(&b.ui);
	key(&b, 'x'); /* a folder that is not there: the refusal says which, and why */
	for (int i = 0; i < 2000 && job_slot_is_on(&b.ui.export.work); i++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		ui_recalc(&b.ui);
	}
	assert_true(b.ui.is_bad);
	assert_non_null(strstr(b.ui.message, "/nowhere/at/all/summaries-samsum"));
	assert_non_null(strstr(b.ui.message, "such file"));
	buf_release(&text);
	bench_release(&b);
	assert_int_equal(file_remove_tree(folder, NULL), ST_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_stored_scores),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_stays),
		cmocka_unit_test(test_asks_once),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_frames_plain),
	};

	return cmocka_run_group_tests_name("view_summaries", tests, NULL, NULL);
}
