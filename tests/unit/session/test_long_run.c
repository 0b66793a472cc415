/*
 * test_long_run.c - what a step leaves behind and costs must not depend on how
 * many came before it: the store's growth, its log, memory, time.
 */
#include "fixture/data_check.h"

#include <math.h>

#include "base/clock.h"
#include "look/telemetry.h"
#include "mix/mix.h"

#ifdef TUTTI_SANITIZED
/* a sanitizer keeps what was freed for a while: memory says nothing there */
enum { ROWS = 40000, STEPS = 400000, MEMORY_COUNTS = 0 };
#else
enum { ROWS = 200000, STEPS = 10000000, MEMORY_COUNTS = 1 };
#endif
enum { TASKS = 4, PARTS = 4, FLUSH_EVERY = 50 };

static struct step_row step_at(int64_t i)
{
	struct step_row r = { .step = i, .lr = 1e-3f, .grad_norm = 0.5f,
			      .seconds = 0.01f, .tokens = 4096, .n = TASKS };

	for (int k = 0; k < TASKS; k++) {
		r.task[k].task = (uint8_t)k;
		r.task[k].count = 1;
		r.task[k].loss = 1.0f / (float)(1 + i % 1000 + k);
		r.task[k].weight = 1;
	}
	return r;
}

static double size_of(const char *name)
{
	struct stat s;

	return stat(in_scratch(name), &s) ? 0 : (double)s.st_size;
}

/* Of one part of a run. */
struct part {
	double bytes, us; /* a step */
	uint64_t memory;
};

static void print_parts(const char *what, const struct part *p)
{
	for (int i = 0; i < PARTS; i++)
		print_message("%s, part %d: %.2f us, %.1f bytes a step, %.0f kB\n",
			      what, i + 1, p[i].us, p[i].bytes,
			      (double)p[i].memory / 1000);
}

/* Times are of a shared machine: only growth with the steps would be so large. */
static void check_flat(const struct part *p)
{
	assert_true(p[PARTS - 1].us < 3 * p[0].us + 0.1);
	assert_true(!MEMORY_COUNTS || p[PARTS - 1].memory < p[0].memory + 500000);
	assert_true(p[PARTS - 1].bytes <= 200);
	/* fewer steps there: the file grows in jumps larger than a part */
	assert_true(!MEMORY_COUNTS ||
		    fabs(p[PARTS - 1].bytes - p[1].bytes) <= 0.1 * p[1].bytes);
}

static void store_part(struct store *s, int part, struct part *out, double *log)
{
	double from = clock_thread_cpu(), bytes = size_of("run.db");

	for (int64_t i = 1; i <= ROWS / PARTS; i++) {
		struct step_row r = step_at((int64_t)part * (ROWS / PARTS) + i);

		assert_int_equal(store_step(s, 0, &r, NULL), ST_OK);
		if (i % FLUSH_EVERY)
			continue;
		assert_int_equal(store_flush(s, NULL), ST_OK);
		if (size_of("run.db-wal") > *log)
			*log = size_of("run.db-wal");
	}
	out->us = (clock_thread_cpu() - from) * 1e6 / (ROWS / PARTS);
	out->bytes = (size_of("run.db") - bytes) / (ROWS / PARTS);
	out->memory = mem_now_bytes();
}

static void test_store(void **state)
{
	struct part part[PARTS];
	struct store *s = NULL;
	double log = 0;

	(void)state;
	assert_int_equal(store_open(in_scratch("run.db"), true, &s, NULL), ST_OK);
	for (int i = 0; i < PARTS; i++)
		store_part(s, i, &part[i], &log);
	store_close(s);
	print_parts("store", part);
	print_message("log at most %.0f kB\n", log / 1000);
	check_flat(part);
	assert_true(part[1].bytes <= 200);
	assert_true(log <= 16e6);
	assert_true(size_of("run.db") / ROWS <= 200);
}

/* A step with a loss of every task, and a micro-batch drawn for each. */
static void test_telemetry(void **state)
{
	static struct telemetry t;
	struct channel ch[TASKS];
	struct snapshot snap;
	struct part part[PARTS] = { { 0 } };
	struct mix m;

	(void)state;
	snapshot_init(&snap);
	snap.n_channels = TASKS;
	snap.ch = ch;
	telemetry_init(&t);
	memset(ch, 0, sizeof ch);
	mix_init(&m, TASKS);
	for (int i = 0; i < TASKS; i++) {
		curve_init(&ch[i].curve);
		m.ch[i].size = 1 + i;
	}
	for (int i = 0; i < PARTS; i++) {
		double from = clock_thread_cpu();

		for (int64_t k = 1; k <= STEPS / PARTS; k++) {
			struct step_row r = step_at((int64_t)i * (STEPS / PARTS) + k);

			assert_true(mix_draw(&m) >= 0);
			telemetry_step(&t, &snap, &r);
		}
		part[i].us = (clock_thread_cpu() - from) * 1e6 / (STEPS / PARTS);
		part[i].memory = mem_now_bytes();
	}
	print_parts("telemetry", part);
	check_flat(part);
	for (int i = 0; i < TASKS; i++) {
		assert_in_range(ch[i].curve.n, CURVE_POINTS / 2, CURVE_POINTS);
		assert_true((int64_t)ch[i].curve.n * ch[i].curve.span >= STEPS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_telemetry),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
