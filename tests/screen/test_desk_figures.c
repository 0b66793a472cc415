/*
 * Figures of the desk that not every run has, and where each of them finds room.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/golden_screen.h"
#include "fixture/pty_desk.h"

/* What a method applies beside the hand, and averages beside the plain figures. */
static void weigh(struct fake *f, struct feed *feed)
{
	static const char *const args[] = {"c=0.6"};

	(void)feed;
	snapshot_say_method(&f->s, METHOD_WEIGHTING, "cagrad", args, 1);
	for (int i = 0; i < f->s.n_channels; i++) {
		struct channel *ch = &f->s.ch[i];

		ch->factor = 1.2 - .4 * i;
		ch->averaged = i == 3 ? NAN : ch->dev + .011;
	}
}

static void test_weighed(void **state)
{
	struct pty_spec s = {.spoil = weigh}, wide = {.rows = 40, .cols = 120, .spoil = weigh};
	struct pty_spec few = {.rows = 40, .cols = 120, .tasks = 2, .spoil = weigh};
	struct pty_spec table = {.rows = 24, .cols = 91, .spoil = weigh};

	(void)state;
	assert_screen(&s, "", "desk-averaged-80");
	assert_screen(&table, "", "desk-averaged-91");
	assert_screen(&wide, "", "desk-averaged-120");
	assert_screen(&few, "", "desk-averaged-120-two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weighed),
	};

	return cmocka_run_group_tests_name("figures of the desk", tests, NULL, NULL);
}
