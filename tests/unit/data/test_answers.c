/*
 * test_answers.c - items of any form as labels, numbers and texts.
 */
#include "fixture/data_check.h"

#include "data/answers.h"

/* "FORM[FIELD]: a|b", or the refusal; line breaks are shown as '/'. */
static const char *answers_of(const char *file, enum answer_kind kind, const char *field)
{
	static const char *const form[] = { "plain", "strings", "objects" };
	static struct buf b;
	struct items t;
	struct answers a = { 0 };
	struct err err = { "" };

	buf_clear(&b);
	if (items_read(put_file("a.txt", file, strlen(file)), &t, &err) ||
	    answers_read(&t, kind, field, &a, &err))
		buf_addf(&b, "error: %s", err.text);
	else
		buf_addf(&b, "%s%s%s: ", form[a.form], a.field[0] ? " " : "", a.field);
	for (size_t i = 0; i < a.n && !err.text[0]; i++)
		buf_addf(&b, "%s%s", i ? "|" : "", a.text[i]);
	if (a.not_string)
		buf_addf(&b, " (%zu)", a.not_string);
	for (size_t i = 0; i < b.len; i++)
		b.s[i] = b.s[i] == '\n' ? '/' : b.s[i];
	answers_release(&a);
	items_release(&t);
	return buf_str(&b);
}

static const struct {
	const char *file;
	enum answer_kind kind;
	const char *field, *want;
} rows[] = {
	{ "yes\nno\n", ANSWER_LABEL, NULL, "plain: yes|no" },
	{ "yes\nno\n\n \n", ANSWER_LABEL, NULL, "plain: yes|no" },
	{ "1\n 2.5\t\n", ANSWER_NUMBER, NULL, "plain: 1|2.5" },
	{ "one\n\ntwo\n\n", ANSWER_TEXT, NULL, "plain: one||two|" },
	{ "one\\ntwo\n", ANSWER_TEXT, NULL, "plain: one\\ntwo" },
	{ "\"one\\ntwo\"\n\"\"\n", ANSWER_TEXT, NULL, "strings: one/two|" },
	{ "\" yes \"\n\"no\"", ANSWER_LABEL, NULL, "strings: yes|no" },
	{ "\"Go!\"\n\"Go,\" he said\n", ANSWER_TEXT, NULL,
	  "plain: \"Go!\"|\"Go,\" he said (2)" },
	{ "{\"line\":1,\"label\":\"yes\",\"p\":{\"yes\":1}}\n{\"label\":\"no\"}\n",
	  ANSWER_LABEL, NULL, "objects label: yes|no" },
	{ "{\"label\":123456789012345678}\n{\"label\":123456789012345679}\n", ANSWER_LABEL,
	  NULL, "objects label: 123456789012345678|123456789012345679" },
	{ "{\"label\":1.0}\n{\"label\":true}", ANSWER_LABEL, NULL, "objects label: 1.0|true" },
	{ "{\"line\":1,\"value\":2.5}", ANSWER_NUMBER, NULL, "objects value: 2.5" },
	{ "{\"line\":1,\"text\":\"a\\nb\"}", ANSWER_TEXT, NULL, "objects text: a/b" },
	{ "{\"id\":3,\"headline\":\"x\"}", ANSWER_TEXT, "headline", "objects headline: x" },
	/* a name that this file has not leaves its own one */
	{ "{\"line\":1,\"text\":\"x\"}", ANSWER_TEXT, "headline", "objects text: x" },
	{ "{\"text\":\"long\",\"summary\":\"x\"}", ANSWER_TEXT, "summary",
	  "objects summary: x" },
	/* what cannot be told is asked */
	{ "{\"text\":\"long\",\"summary\":\"x\"}", ANSWER_TEXT, NULL,
	  "more than one may be: 'text', 'summary'" },
	{ "{\"id\":1,\"guess\":\"x\"}", ANSWER_LABEL, NULL, "there are: 'id', 'guess'" },
	{ "{}", ANSWER_LABEL, NULL, "there are: none" },
	/* what is none has a line */
	{ "yes\n\nno\n", ANSWER_LABEL, NULL, "a.txt:2: an empty label" },
	{ "1\n\n2\n", ANSWER_NUMBER, NULL, "a.txt:2: empty, where a number is wanted" },
	{ "{\"label\":\"a\"}\n{\"label\":null}\n", ANSWER_LABEL, NULL,
	  "a.txt:2: 'label' is missing or no text" },
	{ "{\"label\":[\"a\",\"c\"]}\n", ANSWER_LABEL, NULL, "a.txt:1: a list where" },
	{ "{\"text\":[\"a\",\"c\"]}\n", ANSWER_TEXT, NULL, "objects text: a c" },
	{ "{\"label\":\"a\"}\nb\n", ANSWER_LABEL, NULL, "a.txt:2: no JSON object" },
	{ "{\"label\":\"a\"}\n\n{\"label\":\"b\"}\n", ANSWER_LABEL, NULL,
	  "a.txt:2: a blank line among" },
	/* a broken object is no text, wherever it stands */
	{ "{\"label\":\"a\"\n{\"label\":\"b\"}\n", ANSWER_LABEL, NULL,
	  "a.txt:1: no JSON object, as other lines are: ',' or '}' is missing" },
	{ "{\"text\":\"a\",\"text\":\"b\"}\n{\"text\":\"c\"}\n", ANSWER_TEXT, NULL,
	  "a.txt:1: no JSON object, as other lines are: key 'text' comes twice" },
	{ "loading\n{\"text\":\"a\"}\n{\"text\":\"b\"}\n", ANSWER_TEXT, NULL,
	  "a.txt:1: no JSON object, as other lines are" },
	{ "{text}\n{}\nplain\n", ANSWER_TEXT, NULL, "plain: {text}|{}|plain" },
	{ "{\"label\":\"a\"}\n{\"line\":2,\"error\":\"empty text\"}\n", ANSWER_LABEL, NULL,
	  "a.txt:2: no answer here: empty text" },
	{ "{\"line\":1,\"error\":\"empty text\"}\n{\"label\":\"a\"}\n", ANSWER_LABEL, NULL,
	  "a.txt:1: no answer here: empty text" },
	{ "\n \n", ANSWER_LABEL, NULL, "has blank lines alone" },
	{ "", ANSWER_LABEL, NULL, "is empty" },
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = answers_of(rows[i].file, rows[i].kind, rows[i].field);
		bool is_refused = str_starts(got, "error: ");

		if (is_refused ? !strstr(got, rows[i].want) : strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, got, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
