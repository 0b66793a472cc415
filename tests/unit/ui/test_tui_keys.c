/*
 * test_tui_keys.c - what the screen says of keys is what the key table does: every
 * hint in the last line, every lamp, and no key with two meanings in one view.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "view/view_table.h"
#include "base/str.h"
#include "screen/input.h"
#include "ui/keys.h"

/* "j", "Tab" as a key; 0: no name of one. */
static uint32_t key_named(const char *word, size_t n)
{
	static const struct { const char *name; uint32_t key; } named[] = {
		{"Tab", KEY_TAB_}, {"Enter", KEY_ENTER_}, {"Space", ' '}, {"Esc", KEY_ESC_}};

	if (n == 1)
		return (unsigned char)*word;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (strlen(named[i].name) == n && !strncmp(named[i].name, word, n))
			return named[i].key;
	return 0;
}

/* "j k channel   h l weight": groups two blanks apart, keys before what they do. */
static int check_hints(enum view_id v, const char *hints, bool looks_only)
{
	int keys = 0;
	bool is_key = true;

	for (const char *s = hints; *s;) {
		size_t n = strcspn(s, " "), gap = strspn(s + n, " ");
		uint32_t key = is_key ? key_named(s, n) : 0;

		if (key && !key_find(v, key))
			fail_msg("view %d says '%.*s' in '%s': no such key", (int)v, (int)n,
				 s, hints);
		if (key && looks_only && key_wants_run(key_find(v, key)))
			fail_msg("view %d offers '%.*s' to a screen that only looks", (int)v,
				 (int)n, s);
		keys += key != 0;
		s += n + gap;
		is_key = gap > 1 || key;
	}
	return keys;
}

static void test_hints(void **state)
{
	(void)state;
	for (int v = 0; v < VIEWS; v++) {
		const char *looks = view_table[v]->looks;

		if (!check_hints((enum view_id)v, view_table[v]->hints, false))
			fail_msg("view %d names no key", v);
		check_hints((enum view_id)v, looks ? looks : view_table[v]->hints, true);
	}
}

static void test_one_meaning(void **state)
{
	(void)state;
	for (int v = 0; v < VIEWS; v++)
		for (int a = 0; a < key_count; a++)
			for (int b = 0; b < a; b++) {
				const struct key_row *x = &key_table[a], *y = &key_table[b];

				if (!(x->on & y->on & (1u << v)))
					continue;
				if (x->key == y->key || (x->other && x->other == y->key) ||
				    (y->other && y->other == x->key) ||
				    (x->other && x->other == y->other))
					fail_msg("key %u of view %d stands in rows %d and %d",
						 x->key, v, b, a);
			}
}

/* Lamps are drawn from key_letter: there is a key for each, and it is this one's. */
static void test_lamps(void **state)
{
	(void)state;
	for (int k = KNOB_MUTE; k <= KNOB_LOCK; k++) {
		char letter = key_letter(VIEW_DESK, DO_TOGGLE, k);
		const struct key_row *row = key_find(VIEW_DESK, (unsigned char)letter);

		assert_non_null(row);
		assert_int_equal(row->action, DO_TOGGLE);
		assert_int_equal(row->arg, k);
	}
	assert_int_equal(key_letter(VIEW_HELP, DO_TOGGLE, KNOB_LOCK), '?');
}

/* A row without a help text belongs to the labelled row above it. */
static void test_help(void **state)
{
	(void)state;
	for (int i = 0; i < key_count; i++) {
		assert_true(!key_table[i].label == !key_table[i].help);
		if (!key_table[i].label)
			assert_true(i > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_one_meaning),
		cmocka_unit_test(test_lamps),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
