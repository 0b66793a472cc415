/*
 * engine_fixture.h - a folder with a tiny data set of three tasks and a plan
 * over it, for the tests of the live engine. A step takes about a millisecond.
 */
#ifndef TUTTI_TEST_ENGINE_FIXTURE_H
#define TUTTI_TEST_ENGINE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/str.h"
#include "plan/plan.h"

static char fixture_dir[PATH_MAX];

static const char *const fixture_words[] = {
	"amber", "boat", "cloud", "delta", "ember", "field", "grain", "harbor",
	"island", "jolly", "kettle", "lemon", "meadow", "north", "ocean", "pearl",
};

static const char *word_of(const struct rng *r, uint64_t i)
{
	return fixture_words[rng_below(r, i, 16)];
}

static void fixture_row(struct buf *b, int kind, int row)
{
	struct rng r = rng_stream(7, RNG_TEST, (uint32_t)kind, (uint64_t)row);
	int n = 3 + (int)rng_below(&r, 0, 9), warm = 0;

	buf_adds(b, "{\"text\":\"");
	for (int i = 0; i < n; i++) {
		const char *w = word_of(&r, (uint64_t)i + 1);

		buf_addf(b, "%s%s", i ? " " : "", w);
		warm += w[0] < 'i';
	}
	if (kind == 0)
		buf_addf(b, "\",\"label\":\"%s\"}\n", 2 * warm > n ? "high" : "low");
	else if (kind == 1)
		buf_addf(b, "\",\"label\":%d.5}\n", warm);
	else
		buf_addf(b, "\",\"target\":\"%s %s\"}\n", word_of(&r, 1), word_of(&r, 2));
}

static void fixture_file(const char *name, int kind, int from, int n)
{
	char path[PATH_MAX];
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < n; i++)
		fixture_row(&b, kind, from + i);
	str_format(path, sizeof path, "%s/%s", fixture_dir, name);
	assert_int_equal(file_write(path, b.s, b.len, NULL), ST_OK);
	buf_release(&b);
}

static int fixture_make(void **state)
{
	(void)state;
	/* in memory where there is such a place: a busy disk makes fsync slow */
	str_copy(fixture_dir, sizeof fixture_dir, "/dev/shm/tutti-engine-XXXXXX");
	if (!mkdtemp(fixture_dir)) {
		str_copy(fixture_dir, sizeof fixture_dir, "/tmp/tutti-engine-XXXXXX");
		if (!mkdtemp(fixture_dir))
			return -1;
	}
	setenv("XDG_CACHE_HOME", fixture_dir, 1);
	fixture_file("mood.jsonl", 0, 0, 200);
	fixture_file("mood.dev.jsonl", 0, 1000, 40);
	fixture_file("count.jsonl", 1, 0, 90);
	fixture_file("count.dev.jsonl", 1, 1000, 20);
	fixture_file("sum.jsonl", 2, 0, 120);
	fixture_file("sum.dev.jsonl", 2, 1000, 12);
	return 0;
}

static int fixture_remove(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	/* runs hold folders in folders: deeper than file_remove_tree goes */
	str_format(command, sizeof command, "%s/runs", fixture_dir);
	for (int i = 0; i < 2048; i++) {
		char path[PATH_MAX];

		str_format(path, sizeof path, "%s/runs/r%d/checkpoints", fixture_dir, i);
		file_remove_tree(path, NULL);
		str_format(path, sizeof path, "%s/runs/r%d", fixture_dir, i);
		file_remove_tree(path, NULL);
	}
	file_remove_tree(command, NULL);
	str_format(command, sizeof command, "%s/tutti", fixture_dir);
	file_remove_tree(command, NULL);
	return file_remove_tree(fixture_dir, NULL) ? 1 : 0;
}

static const char fixture_plan_text[] =
	"{\"tutti\":1,\"seed\":5,"
	"\"model\":{\"kind\":\"transformer\",\"dim\":16,\"layers\":1,\"heads\":2,"
	"\"ff\":32,\"decoder_layers\":1,\"dropout\":0.1},"
	"\"tokenizer\":{\"kind\":\"wordpiece\",\"size\":90},"
	"\"tasks\":{"
	"\"mood\":{\"kind\":\"classify\",\"train\":\"mood.jsonl\","
	"\"dev\":\"mood.dev.jsonl\",\"max_source\":32},"
	"\"count\":{\"kind\":\"regress\",\"train\":\"count.jsonl\","
	"\"dev\":\"count.dev.jsonl\",\"max_source\":32},"
	"\"sum\":{\"kind\":\"summarize\",\"train\":\"sum.jsonl\","
	"\"dev\":\"sum.dev.jsonl\",\"source\":\"text\",\"target\":\"target\","
	"\"max_source\":32,\"max_target\":12}},"
	"\"mix\":{\"sampling\":\"uniform\",\"weighting\":\"fixed\",\"micro_batches\":4,"
	"\"tokens\":64},"
	"\"optimizer\":{\"kind\":\"adamw\",\"lr\":0.003,\"schedule\":\"cosine\","
	"\"warmup\":5,\"clip\":1.0},"
	"\"budget\":{\"steps\":60,\"eval_every\":20,\"checkpoint_every\":20,"
	"\"eval_examples\":10}}";

static struct plan *fixture_plan(const char *const *sets, int n)
{
	struct plan *p = NULL;
	struct err err = { "" };

	if (plan_parse(fixture_plan_text, strlen(fixture_plan_text), "plan.json",
		       fixture_dir, sets, n, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

#endif
