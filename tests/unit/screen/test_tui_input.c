/*
 * Bytes to keys: sequences, a lone Esc, pastes, and what comes in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen/input.h"
#include "ui/keys.h"

/* All keys of a text that comes at once; later: long after it. */
static int read_keys(struct input *in, const char *s, uint32_t *out, int cap)
{
	uint32_t key;
	int n = 0;

	input_feed(in, (const unsigned char *)s, strlen(s), 1.0);
	while (input_next(in, 1.0, &key))
		if (n < cap)
			out[n++] = key;
	while (input_next(in, 3.0, &key))
		if (n < cap)
			out[n++] = key;
	return n;
}

static void one(const char *bytes, uint32_t want)
{
	struct input in;
	uint32_t key[8];

	input_init(&in);
	assert_int_equal(read_keys(&in, bytes, key, 8), 1);
	assert_int_equal(key[0], want);
	input_release(&in);
}

static void none(const char *bytes)
{
	struct input in;
	uint32_t key[8];

	input_init(&in);
	assert_int_equal(read_keys(&in, bytes, key, 8), 0);
	input_release(&in);
}

static void test_sequences(void **state)
{
	(void)state;
	one("a", 'a');
	one("\033[A", KEY_UP_);
	one("\033OB", KEY_DOWN_);
	one("\033[1;5C", KEY_RIGHT_);
	one("\033[5~", KEY_PGUP_);
	one("\033[Z", KEY_BACKTAB_);
	one("\033", KEY_ESC_);
	one("\033[?2026;2$y", KEY_SYNC_);
	one("\xe6\x9d\xb1", 0x6771);
	none("\033[?2026;0$y");
	none("\033[38;5;1m");
	none("\033[999999999999999999999999999999999q");
	none("\xff");
	none("\xc0\x80");
}

static void test_answers(void **state)
{
	(void)state;
	one("\033]11;rgb:ffff/ffff/ffff\033\\", KEY_LIGHT_);
	one("\033]11;rgb:00/00/00\007", KEY_DARK_);
	none("\033]11;rgb:00/00\007");
	none("\033]0;title\007");
	none("\033P1$r0m\033\\");
	none("\033_anything\033\\");
	one("\033]52;c;x\033[A", KEY_UP_); /* broken off by another one */
}

static void mouse(const char *bytes, int button, int y, int x, bool release, bool drag)
{
	struct input in;
	uint32_t key[4];

	input_init(&in);
	assert_int_equal(read_keys(&in, bytes, key, 4), 1);
	assert_int_equal(key[0], KEY_MOUSE_);
	assert_int_equal(in.mouse.button, button);
	assert_int_equal(in.mouse.y, y);
	assert_int_equal(in.mouse.x, x);
	assert_int_equal(in.mouse.is_release, release);
	assert_int_equal(in.mouse.is_drag, drag);
	input_release(&in);
}

static void test_mouse(void **state)
{
	(void)state;
	mouse("\033[<0;1;1M", MOUSE_LEFT, 0, 0, false, false);
	mouse("\033[<0;120;40m", MOUSE_LEFT, 39, 119, true, false);
	mouse("\033[<32;7;9M", MOUSE_LEFT, 8, 6, false, true);
	mouse("\033[<64;7;9M", MOUSE_UP, 8, 6, false, false);
	mouse("\033[<65;7;9M", MOUSE_DOWN, 8, 6, false, false);
	mouse("\033[<20;7;9M", MOUSE_LEFT, 8, 6, false, false); /* Shift, Ctrl */
	mouse("\033[<2;99999999999;9M", MOUSE_RIGHT, 8, 99998, false, false);
	none("\033[<0;0;1M");
	none("\033[<0;1M");
	none("\033[<0;1;1;1M");
	none("\033[<M");
	none("\033[<0;1;1X");
	one("\033[M !!j", 'j'); /* the old report: three bytes of whatever kind */
}

/* Byte by byte comes the same as at once. */
static void test_pieces(void **state)
{
	static const char text[] = "x\033[B\xe6\x9d\xb1\033[200~p q\033[201~z";
	static const uint32_t want[] = {'x', KEY_DOWN_, 0x6771, KEY_PASTE_, 'z'};
	struct input in;
	uint32_t key;
	int n = 0;

	(void)state;
	input_init(&in);
	for (size_t i = 0; i + 1 < sizeof text; i++) {
		double now = 1 + (double)i * .01;

		input_feed(&in, (const unsigned char *)text + i, 1, now);
		while (input_next(&in, now, &key)) {
			assert_true(n < 5);
			assert_int_equal(key, want[n++]);
			if (key == KEY_PASTE_)
				assert_string_equal(buf_str(&in.paste), "p q");
		}
	}
	assert_int_equal(n, 5);
	input_release(&in);
}

static void test_paste_is_harmless(void **state)
{
	struct input in;
	uint32_t key[4];

	(void)state;
	input_init(&in);
	assert_int_equal(
		read_keys(&in, "\033[200~a\r\nb\tc\001\033[Ad\033[201~", key, 4), 1);
	assert_int_equal(key[0], KEY_PASTE_);
	assert_string_equal(buf_str(&in.paste), "a b c[Ad");
	input_release(&in);
}

static void test_paste_is_capped(void **state)
{
	struct input in;
	unsigned char block[1000];
	uint32_t key;

	(void)state;
	input_init(&in);
	memset(block, 'x', sizeof block);
	input_feed(&in, (const unsigned char *)"\033[200~", 6, 1);
	for (int i = 0; i < 100; i++) {
		input_feed(&in, block, sizeof block, 1);
		assert_false(input_next(&in, 1, &key));
	}
	assert_true(input_next(&in, 2.5, &key)); /* its end never came */
	assert_int_equal(key, KEY_PASTE_);
	assert_int_equal(in.paste.len, INPUT_PASTE_MAX);
	input_release(&in);
}

/* No key means two things in one view, and everything listed has a help line. */
static void test_key_table(void **state)
{
	(void)state;
	for (int i = 0; i < key_count; i++) {
		const struct key_row *a = &key_table[i];

		assert_true(!a->label == !a->help);
		for (int k = 0; k < i; k++) {
			const struct key_row *b = &key_table[k];

			if (!(a->on & b->on))
				continue;
			assert_true(a->key != b->key && a->key != b->other);
			if (a->other)
				assert_true(a->other != b->key && a->other != b->other);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_paste_is_harmless),
		cmocka_unit_test(test_paste_is_capped),
		cmocka_unit_test(test_key_table),
	};

	return cmocka_run_group_tests_name("tui_input", tests, NULL, NULL);
}
