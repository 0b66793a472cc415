/*
 * test_passes.c - which passes over a task's rows are told, each once.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "look/passes.h"

static struct snapshot snap;

static void two_channels(void)
{
	snapshot_init(&snap);
	snap.n_channels = 2;
	snap.ch = xcalloc(2, sizeof *snap.ch);
	str_copy(snap.ch[0].name, sizeof snap.ch[0].name, "mood");
	str_copy(snap.ch[1].name, sizeof snap.ch[1].name, "count");
	snap.ch[0].n_train = 40;
	snap.ch[1].n_train = 7;
}

static void test_which(void **state)
{
	static const uint64_t told[] = { 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000 };
	size_t next = 0;

	(void)state;
	for (uint64_t at = 1; at < 1500; at++) {
		uint64_t want = next < 12 && told[next] == at + 1 ? told[next++] : 0;

		assert_int_equal(passes_told(at, at + 1), want);
	}
	assert_int_equal(next, 12);
	assert_int_equal(passes_told(0, 1), 0);       /* the first is no other one */
	assert_int_equal(passes_told(1, 4), 3);       /* several at once: the last */
	assert_int_equal(passes_told(5, 9), 0);
	assert_int_equal(passes_told(1, UINT64_MAX), 10000000000000000000ULL);
	assert_int_equal(passes_told(UINT64_MAX - 1, UINT64_MAX), 0);
}

static void test_pictures(void **state)
{
	struct passes p = { .has_begun = false };
	char text[256], cut[20];
	int times = 0;

	(void)state;
	assert_false(passes_take(&p, &snap)); /* nothing is known yet */
	two_channels();
	snap.ch[0].epoch = 4;
	assert_false(passes_take(&p, &snap)); /* resumed: what was is no news */
	snap.ch[1].epoch = 1;
	assert_true(passes_take(&p, &snap));
	passes_words(&p, &snap, text, sizeof text);
	assert_string_equal(text, "count begins pass 2 over its 7 training rows");
	assert_false(passes_take(&p, &snap)); /* once */
	snap.ch[0].epoch = 9;
	snap.ch[1].epoch = 2;
	assert_true(passes_take(&p, &snap));
	passes_words(&p, &snap, text, sizeof text);
	assert_string_equal(text, "mood begins pass 10 over its 40 training rows; "
			    "count begins pass 3 over its 7 training rows");
	passes_words(&p, &snap, cut, sizeof cut);
	assert_memory_equal(cut, text, sizeof cut - 1);
	for (snap.ch[0].epoch = 10; snap.ch[0].epoch < 1000; snap.ch[0].epoch++)
		times += passes_take(&p, &snap);
	assert_int_equal(times, 8); /* 20, 30, 50, 100, 200, 300, 500, 1000 */
	snap.ch[1].epoch = 0; /* it went back */
	assert_false(passes_take(&p, &snap));
	snap.ch[1].epoch = 1;
	assert_true(passes_take(&p, &snap));
	snapshot_release(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which), cmocka_unit_test(test_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
