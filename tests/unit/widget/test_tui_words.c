/*
 * Words held against words, and how their marks look on a canvas.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "widget/words.h"

static void draws(const struct word *w, int n, bool fancy, int cols, int line,
		  const char *want)
{
	struct canvas c;
	char *seen;

	canvas_init(&c);
	c.fancy = c.utf8 = c.colour = fancy;
	canvas_resize(&c, 6, cols);
	words_draw(&c, (struct rect){0, 0, 6, cols}, w, n, 0, false);
	seen = canvas_line(&c, line);
	for (size_t k = strlen(seen); k && seen[k - 1] == ' ';)
		seen[--k] = '\0';
	assert_string_equal(seen, want);
	xfree(seen);
	canvas_release(&c);
}

static void test_copied(void **state)
{
	int ns, no;
	struct word *s = words_cut("Tom: we meet at the old harbor, at noon.", &ns);
	struct word *o = words_cut("tom will Meet at the old Harbor at noon", &no);

	(void)state;
	/* punctuation and case do not end a span; one word alone is none */
	assert_int_equal(words_compare(s, ns, o, no), 1);
	assert_int_equal(o[0].span, 0);
	assert_true(o[1].is_novel && !o[0].is_novel);
	for (int i = 2; i < no; i++)
		assert_int_equal(o[i].span, 1);
	assert_int_equal(s[1].span, 0);
	for (int i = 2; i < ns; i++)
		assert_int_equal(s[i].span, 1);
	draws(o, no, false, 60, 0, "tom +will+ <1>Meet at the old Harbor at noon</1>");
	draws(o, no, true, 60, 0, "tom will ¹Meet at the old Harbor at noon");
	draws(o, no, false, 24, 1, "the old Harbor at");
	draws(o, no, false, 24, 2, "noon</1>");
	xfree(s);
	xfree(o);
}

/* The same words taken twice are one place: one number. */
static void test_taken_twice(void **state)
{
	int ns, no;
	struct word *s = words_cut("old sea . red boat . green land", &ns);
	struct word *o = words_cut("red boat and old sea , red boat", &no);

	(void)state;
	assert_int_equal(words_compare(s, ns, o, no), 1); /* the longer one has both */
	assert_int_equal(o[0].span, 1);
	assert_int_equal(o[2].span, 0);
	assert_int_equal(o[3].span, 1);
	assert_int_equal(o[5].span, 1); /* punctuation within a span is of it */
	assert_int_equal(s[0].span, 1);
	assert_int_equal(s[5].span, 0);
	xfree(s);
	xfree(o);
	s = words_cut("green land . red boat", &ns);
	o = words_cut("red boat , and green land .", &no);
	assert_int_equal(words_compare(s, ns, o, no), 2); /* in the output's order */
	assert_int_equal(o[0].span, 1);
	assert_int_equal(o[2].span, 0);
	assert_int_equal(o[4].span, 2);
	assert_int_equal(s[0].span, 2);
	assert_int_equal(s[3].span, 1);
	xfree(s);
	xfree(o);
}

static void test_matched(void **state)
{
	int nr, no;
	struct word *r = words_cut("Amanda baked cookies and cookies .", &nr);
	struct word *o = words_cut("amanda bakes a cookie", &no);

	(void)state;
	assert_int_equal(words_match(r, nr, o, no), 3); /* stems; each once */
	assert_int_equal(r[2].look, LOOK_MATCHED);
	assert_int_equal(r[4].look, LOOK_PLAIN);
	assert_int_equal(o[2].look, LOOK_PLAIN);
	draws(o, no, false, 60, 0, "=amanda= =bakes= a =cookie=");
	xfree(r);
	xfree(o);
}

static void test_diff(void **state)
{
	int na, nb, n;
	struct word *a = words_cut("the the cat sat down", &na), *d;
	struct word *b = words_cut("The cat sat up there", &nb);

	(void)state;
	d = words_diff(a, na, b, nb, &n);
	assert_int_equal(n, 7);
	draws(d, n, false, 60, 0, "The [-the-] cat sat [-down-] {+up there+}");
	draws(d, n, true, 60, 0, "The −the− cat sat −down− +up there+");
	xfree(d);
	d = words_diff(NULL, 0, b, 2, &n);
	draws(d, n, false, 60, 0, "{+The cat+}");
	xfree(d);
	d = words_diff(b, nb, b, nb, &n);
	assert_int_equal(n, nb);
	assert_int_equal(d[nb - 1].look, LOOK_PLAIN);
	xfree(d);
	xfree(a);
	xfree(b);
}

static void test_lines(void **state)
{
	int n;
	struct word *w = words_cut("one two three\nfour five", &n);
	struct canvas c = {.fancy = true};

	(void)state;
	assert_int_equal(words_line(&c, 7, w, n, 1), 0);
	assert_int_equal(words_line(&c, 7, w, n, 2), 1);
	assert_int_equal(words_line(&c, 40, w, n, 2), 0);
	assert_int_equal(words_line(&c, 40, w, n, 4), 1);
	xfree(w);
}

/* Scripts without blanks: a character a word, its full stop with it, and no blank drawn. */
static void test_unspaced(void **state)
{
	static const char source[] = "\xe7\x8c\xab\xe3\x81\xa8\xe7\x8a\xac\xe3\x80\x82"
				     "GPT-4\xe5\xb1\xb1";
	int ns, no;
	struct word *s = words_cut(source, &ns);
	struct word *o = words_cut("\xe7\x8c\xab \xe3\x81\xa8 \xe5\xb7\x9d", &no);

	(void)state;
	assert_int_equal(ns, 5);
	assert_true(!s[0].joins && s[1].joins && s[4].joins && !o[1].joins);
	assert_int_equal(s[2].n, 6);
	assert_int_equal(s[3].n, 5);
	draws(s, ns, true, 20, 0, source);
	draws(s, ns, true, 8, 1, "GPT-4\xe5\xb1\xb1");
	assert_int_equal(words_compare(s, ns, o, no), 1); /* what has blanks copies it, too */
	assert_true(s[0].span == 1 && o[1].span == 1 && o[2].is_novel);
	xfree(s);
	xfree(o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_taken_twice),
		cmocka_unit_test(test_matched),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_unspaced),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("tui_words", tests, NULL, NULL);
}
