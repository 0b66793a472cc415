/*
 * test_gaps.c - texts with gaps: nothing is lost or said twice, which parts are taken, that
 * it is a function of the text, the share and the seed; rows of data made of them.
 */
#include "fixture/dataset_open.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "text/gaps.h"

struct made {
	struct buf source, target;
};

static bool make(const struct masking_spec *spec, const char *text, struct made *m)
{
	buf_clear(&m->source);
	buf_clear(&m->target);
	return gaps_make(spec, text, strlen(text), &m->source, &m->target);
}

static void release(struct made *m)
{
	buf_release(&m->source);
	buf_release(&m->target);
}

/* The source with the target's parts, which `between` parts, back in their places. */
static char *filled(const struct made *m, const char *between)
{
	const char *s = buf_str(&m->source), *t = buf_str(&m->target), *gap;
	struct buf b;

	buf_init(&b);
	while ((gap = strstr(s, "[MASK]"))) {
		const char *next = strstr(gap + 6, "[MASK]") ? strstr(t, between) : NULL;
		size_t n = next ? (size_t)(next - t) : strlen(t);

		buf_add(&b, s, (size_t)(gap - s));
		buf_add(&b, t, n);
		t += next ? n + strlen(between) : n;
		s = gap + 6;
	}
	buf_adds(&b, s);
	return buf_take(&b);
}

static int count(const char *s, const char *what)
{
	int n = 0;

	for (; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

/* The sentence with the most words in common with the rest goes, and no other. */
static void test_sentences(void **state)
{
	static const char text[] = "It rained all day. The old bridge over the river was closed "
				   "by the mayor. Nobody sang. The mayor said that the bridge "
				   "over the river is old.";
	struct masking_spec spec = { .share = 0.3, .how = GAPS_SENTENCES };
	struct made m = { { 0 }, { 0 } };

	(void)state;
	assert_true(make(&spec, text, &m));
	assert_string_equal(buf_str(&m.target), "The old bridge over the river was closed by "
			    "the mayor.");
	assert_string_equal(buf_str(&m.source), "It rained all day. [MASK] Nobody sang. The "
			    "mayor said that the bridge over the river is old.");
	spec.share = 0.5;
	assert_true(make(&spec, text, &m));
	assert_string_equal(buf_str(&m.source),
			    "It rained all day. [MASK] Nobody sang. [MASK]");
	spec.share = 0.999; /* one is left */
	assert_true(make(&spec, text, &m));
	assert_int_equal(count(buf_str(&m.source), "[MASK]"), 3);
	assert_false(make(&spec, "One sentence alone.", &m));
	assert_false(make(&spec, " ", &m));
	assert_int_equal(m.source.len + m.target.len, 0);
	release(&m);
}

/* Of a dialogue whole turns. */
static void test_turns(void **state)
{
	static const char text[] = "Ann: Are we on for the film at eight? I hope so.\n"
				   "Bob: Sure.\nAnn: The film is at eight in the old hall.\n"
				   "Bob: Fine.";
	struct masking_spec spec = { .share = 0.25, .how = GAPS_SENTENCES };
	struct made m = { { 0 }, { 0 } };

	(void)state;
	assert_true(make(&spec, text, &m));
	assert_int_equal(count(buf_str(&m.source), "[MASK]"), 1);
	assert_true(str_starts(buf_str(&m.target), "Ann: "));
	release(&m);
}

static void make_text(uint64_t number, int words, char *out, size_t cap)
{
	struct rng r = rng_stream(2, RNG_TEST, 4, number);
	size_t at = 0;

	for (int i = 0; i < words; i++)
		at += (size_t)snprintf(out + at, cap - at, "%sw%u", i ? " " : "",
				       rng_below(&r, (uint64_t)i, 90));
}

/* Spans: a share of the words, in spans of three in the mean; all of it is the text. */
static void test_spans(void **state)
{
	struct masking_spec spec = { .share = 0.15, .seed = 5, .how = GAPS_SPANS };
	struct made m = { { 0 }, { 0 } };
	char text[600];
	int spans = 0, taken = 0, first = 0;

	(void)state;
	for (uint64_t i = 0; i < 300; i++) {
		char *whole;

		make_text(i, 60, text, sizeof text);
		assert_true(make(&spec, text, &m));
		whole = filled(&m, " . ");
		assert_string_equal(whole, text);
		xfree(whole);
		assert_int_equal(count(buf_str(&m.source), "w") + 9, 60);
		assert_int_equal(count(buf_str(&m.target), "w"), 9); /* 15% of 60 */
		spans += count(buf_str(&m.source), "[MASK]");
		taken += 9;
		first += str_starts(buf_str(&m.source), "[MASK]");
	}
	assert_int_equal(taken, 3 * spans);
	assert_int_equal(first, 0); /* the text begins with what is left */
	assert_false(make(&spec, "one", &m));
	assert_true(make(&spec, "one two", &m));
	assert_string_equal(buf_str(&m.source), "one [MASK]");
	release(&m);
}

/* Every place is as likely, but for the ends; seeds and tasks differ; dev rows do not. */
static void test_chance(void **state)
{
	struct masking_spec spec = { .share = 0.15, .seed = 5, .how = GAPS_SPANS }, other = spec;
	struct made a = { { 0 }, { 0 } }, b = { { 0 }, { 0 } };
	int differ = 0, half[2] = { 0, 0 };
	char text[600];

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		const char *s;

		make_text(i, 60, text, sizeof text);
		make(&spec, text, &a);
		make(&spec, text, &b);
		assert_string_equal(buf_str(&a.source), buf_str(&b.source));
		for (s = buf_str(&a.source); (s = strstr(s, "[MASK]")); s++)
			half[(size_t)(s - buf_str(&a.source)) > a.source.len / 2]++;
		other = spec;
		other.seed = 6;
		make(&other, text, &b);
		differ += strcmp(buf_str(&a.source), buf_str(&b.source)) != 0;
		other = spec;
		other.task = 1;
		make(&other, text, &b);
		differ += strcmp(buf_str(&a.source), buf_str(&b.source)) != 0;
		other.is_dev = true;
		make(&other, text, &a);
		other.seed = other.task = 9;
		make(&other, text, &b);
		assert_string_equal(buf_str(&a.source), buf_str(&b.source));
	}
	assert_true(differ > 390);
	assert_int_equal(half[0] + half[1], 600);
	assert_true(half[0] > 200 && half[1] > 200);
	release(&a);
	release(&b);
}

/* As rows: the mask is the tokenizer's, the target ends as one does, rows without are bad. */
static void test_rows(void **state)
{
	struct dataset_spec spec = { .kind = TASK_DENOISE, .header = -1, .text = "text",
				     .target = "", .max_source = 32, .max_target = 16,
				     .max_bad = 0.5,
				     .mask = { .share = 0.5, .how = GAPS_SENTENCES } };
	struct dataset *d;

	(void)state;
	spec.path = put_text("a.tsv", "text\ta\none two. three.\t1\nthree\t1\nfour. four.\t1\n");
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 2);
	assert_int_equal(dataset_report(d)->bad[ROW_NO_WORDS], 1);
	assert_non_null(strstr(row_shown(d, 0), "[MASK]"));
	assert_non_null(strstr(row_shown(d, 0), "|one two."));
	assert_non_null(strstr(row_shown(d, 1), "[CLS] [MASK]"));
	dataset_close(d);
	spec.mask.how = GAPS_SPANS; /* another cache: other rows */
	d = dataset_open_in(&spec, fresh_cache());
	assert_true(dataset_report(d)->bad[ROW_NO_WORDS] == 1);
	dataset_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences), cmocka_unit_test(test_turns),
		cmocka_unit_test(test_spans),	  cmocka_unit_test(test_chance),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("gaps", tests, dataset_set_up, dataset_tear_down);
}
