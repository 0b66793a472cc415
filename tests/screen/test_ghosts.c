/*
 * What stands on the screen is what was drawn: keys in quick succession leave the
 * screen that Ctrl-L, which sends it whole, leaves too. TUTTI_GHOSTS: how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "fixture/pty_desk.h"

/* Figures that are read beside come some frames later. */
static char *frame(struct pty *p)
{
	char *was, *now;

	pty_settle(p, 5);
	now = pty_text(p);
	do {
		was = now;
		pty_read(p, .7, .7);
		now = pty_text(p);
		if (!strcmp(was, now))
			break;
		xfree(was);
	} while (true);
	xfree(was);
	return now;
}

static void check(const struct pty_spec *s, uint64_t seed, int64_t rounds)
{
	static const char keys[] = "12345678jkhl?\033tyrg";
	struct rng r = rng_stream(seed, RNG_TEST, 0, 0);
	struct pty p;

	pty_begin(&p, s);
	for (int64_t i = 0; i < rounds; i++) {
		char typed[8] = "", *now, *whole;
		size_t n = 1 + (size_t)rng_below(&r, (uint64_t)i * 16, 5);

		for (size_t k = 0; k < n; k++) {
			uint64_t at = (uint64_t)i * 16 + k + 1;

			typed[k] = keys[rng_below(&r, at, sizeof keys - 1)];
			pty_send(&p, typed + k, 1);
			if (rng_below(&r, at + 8, 2))
				pty_read(&p, .01, .02);
		}
		now = frame(&p);
		pty_send(&p, "\014", 1);
		whole = frame(&p);
		if (strcmp(now, whole)) {
			fprintf(stderr, "after the keys '%s', round %d:\n%s\nwhole:\n%s", typed,
				(int)i, now, whole);
			fail();
		}
		xfree(now);
		xfree(whole);
	}
	pty_close(&p);
}

static int64_t rounds(void)
{
	const char *wish = getenv("TUTTI_GHOSTS");
	int64_t n = 4;

	if (wish)
		assert_true(parse_i64(wish, &n));
	return n;
}

static void test_wide(void **state)
{
	(void)state;
	check(&(struct pty_spec){.rows = 40, .cols = 120}, 1, rounds());
}

static void test_small(void **state)
{
	(void)state;
	check(&(struct pty_spec){.rows = 24, .cols = 80}, 2, rounds());
}

static void test_vt100(void **state)
{
	(void)state;
	check(&(struct pty_spec){.rows = 30, .cols = 100, .term = "vt100", .lang = "C"}, 3,
	      rounds());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_vt100),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
