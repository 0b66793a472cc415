/*
 * test_freeze.c - groups of parameters in words: read, shown, told apart.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "base/str.h"
#include "mix/freeze.h"

/* Tasks with names that are words of groups, or numbers. */
static struct freeze_groups groups(void)
{
	return (struct freeze_groups){
		.layers = 6, .shared_layers = 4, .n_tasks = 5, .heads = 1 | 2 | 4 | 8,
		.task = { "sst2", "trunk", "3", "head", "said" } };
}

static void reads(const char *text, uint64_t embeddings, uint64_t layers, uint64_t heads,
		  const char *shown)
{
	struct freeze_groups g = groups();
	struct freeze f;
	struct err err = { "" };
	char out[200];

	if (freeze_read(&g, text, &f, &err))
		fail_msg("'%s': %s", text, err.text);
	assert_int_equal(f.embeddings, embeddings);
	assert_int_equal(f.layers, layers);
	assert_int_equal(f.heads, heads);
	assert_true(freeze_show(&g, &f, out, sizeof out));
	assert_string_equal(out, shown);
}

static void test_read(void **state)
{
	(void)state;
	reads("nothing", 0, 0, 0, "nothing");
	reads("embeddings", 1, 0, 0, "embeddings");
	reads("layer 3", 0, 8, 0, "layer 3");
	reads("layers 3", 0, 8, 0, "layer 3");
	reads("layers 0..2", 0, 7, 0, "layers 0..2");
	reads("layers 0..2, 5", 0, 7 | 32, 0, "layers 0..2, 5");
	reads("layers 5,0,2,1", 0, 7 | 32, 0, "layers 0..2, 5");
	reads("layer 4, 5", 0, 16 | 32, 0, "layers 4..5");
	reads("layer  1 ,sst2,  embeddings", 1, 2, 1, "embeddings, layer 1, sst2");
	reads("trunk", 1, 63, 0, "embeddings, layers 0..5");
	reads("trunk, sst2", 1, 63, 1, "embeddings, layers 0..5, sst2");
	/* behind layers a number is one; elsewhere it is the task of that name */
	reads("layer 0, 3", 0, 1 | 8, 0, "layers 0, 3");
	reads("sst2, 3", 0, 0, 1 | 4, "sst2, head 3");
	reads("layer 0, head 3", 0, 1, 4, "layer 0, head 3");
	reads("head trunk, head head, head sst2", 0, 0, 1 | 2 | 8,
	      "sst2, head trunk, head head");
}

/* A group where the model has some; else a task may be called so. */
static void test_adapters(void **state)
{
	struct freeze_groups g = groups();
	struct freeze f = { 0 }, all;
	struct err err = { "" };
	char out[200];
	bool on;

	(void)state;
	g.task[0] = "adapters";
	assert_int_equal(freeze_read(&g, "adapters", &f, NULL), ST_OK);
	assert_true(f.heads == 1 && !f.adapters);
	assert_true(freeze_show(&g, &f, out, sizeof out));
	assert_string_equal(out, "adapters");
	g.adapters = true;
	assert_int_equal(freeze_read(&g, "trunk, adapters, head adapters", &f, NULL), ST_OK);
	assert_true(f.heads == 1 && f.adapters == 1 && f.layers == 63);
	assert_true(freeze_show(&g, &f, out, sizeof out));
	assert_string_equal(out, "embeddings, layers 0..5, adapters, head adapters");
	assert_int_equal(freeze_read(&g, "nobody", &f, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "trunk, adapters, head adapters, "));
	/* what tasks share, and what one could train */
	freeze_read(&g, "embeddings, layers 0..3", &f, NULL);
	assert_true(freeze_covers_shared(&g, &f));
	g.shared_adapters = true;
	assert_false(freeze_covers_shared(&g, &f));
	f.adapters = 1;
	assert_true(freeze_covers_shared(&g, &f));
	freeze_read(&g, "trunk, head adapters", &f, NULL);
	assert_false(freeze_covers_task(&g, &f, 0));
	freeze_read(&g, "adapters", &all, NULL);
	freeze_set(&f, &all, true);
	assert_true(freeze_covers_task(&g, &f, 0));
	freeze_set(&f, &all, false);
	assert_false(f.adapters);
	assert_true(freeze_any(&all));
	assert_true(freeze_difference("embeddings", "embeddings, adapters", out, sizeof out,
				      &on) && on);
	assert_string_equal(out, "adapters");
}

static void refused(const char *text, const char *why)
{
	struct freeze_groups g = groups();
	struct freeze f;
	struct err err = { "" };

	if (!freeze_read(&g, text, &f, &err))
		fail_msg("'%s' was taken", text);
	if (!strstr(err.text, why))
		fail_msg("'%s': %s", text, err.text);
}

static void test_refused(void **state)
{
	char deep[4096];

	(void)state;
	refused("", "no group ''");
	refused("  ", "no group ''");
	refused("tables", "no group 'tables'; there are embeddings, layers 0..5, "
			  "trunk, sst2, head trunk, head 3, head head");
	refused("layer 6", "no group 'layer 6'");
	refused("layers 2..1", "no group 'layers 2..1'");
	refused("layers 0..99999999999999999999", "no group");
	refused("layers -1..2", "no group");
	refused("layers 1..", "no group 'layers 1..'");
	refused("layers", "no group 'layers'");
	refused("layers 0..1, 6", "no group '6'");
	refused("embeddings,, sst2", "no group ''");
	refused("said", "no group 'said'"); /* it has no parameters of its own */
	refused("sst2 trunk", "no group");
	refused("nothing, sst2", "no group 'nothing'");
	memset(deep, 'x', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	refused(deep, "no group 'xxx");
}

static void differs(const char *before, const char *after, const char *what, int on)
{
	char out[200];
	bool is_on;

	if (!what) {
		assert_false(freeze_difference(before, after, out, sizeof out, &is_on));
		return;
	}
	assert_true(freeze_difference(before, after, out, sizeof out, &is_on));
	assert_string_equal(out, what);
	assert_int_equal(is_on, on);
}

static void test_difference(void **state)
{
	(void)state;
	differs("nothing", "embeddings", "embeddings", 1);
	differs("embeddings", "nothing", "embeddings", 0);
	differs("layer 1", "embeddings, layers 0..3, sst2", "embeddings, layers 0, 2..3, sst2",
		1);
	differs("embeddings, sst2, head 3", "embeddings, head 3", "sst2", 0);
	differs("head trunk", "sst2, head trunk, head head", "sst2, head head", 1);
	differs("embeddings", "embeddings", NULL, 0);
	differs("nothing", "nothing", NULL, 0);
	differs("layer 1", "layer 2", NULL, 0); /* no one command does that */
}

/* Whatever is shown is read as what it was. */
static void test_there_and_back(void **state)
{
	struct freeze_groups g = groups();

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, i);
		struct freeze f = { rng_below(&r, 0, 2), rng_below(&r, 1, 64),
				    rng_below(&r, 2, 16), 0 }, back;
		char out[200];

		assert_true(freeze_show(&g, &f, out, sizeof out));
		assert_int_equal(freeze_read(&g, out, &back, NULL), ST_OK);
		assert_memory_equal(&f, &back, sizeof f);
		assert_int_equal(freeze_any(&f), !str_eq(out, "nothing"));
	}
}

static void test_covers(void **state)
{
	struct freeze_groups g = groups();
	struct freeze f;

	(void)state;
	assert_int_equal(freeze_read(&g, "embeddings, layers 0..2", &f, NULL), ST_OK);
	assert_false(freeze_covers_shared(&g, &f));
	assert_int_equal(freeze_read(&g, "embeddings, layers 0..3", &f, NULL), ST_OK);
	assert_true(freeze_covers_shared(&g, &f));
	assert_false(freeze_covers_task(&g, &f, 4));
	assert_int_equal(freeze_read(&g, "layers 0..5", &f, NULL), ST_OK);
	assert_false(freeze_covers_shared(&g, &f));
	assert_int_equal(freeze_read(&g, "trunk, sst2", &f, NULL), ST_OK);
	assert_true(freeze_covers_task(&g, &f, 0));
	assert_false(freeze_covers_task(&g, &f, 1));
	assert_true(freeze_covers_task(&g, &f, 4)); /* it has nothing else */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_adapters),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests_name("freeze", tests, NULL, NULL);
}
