/*
 * bench_weighting.c - what each weighting method costs: CPU time of a real token,
 * relative to `fixed`, of one session that goes from method to method in turns. make
 * bench-weighting
 *
 *   bench_weighting ROUNDS PLAN [KEY=VALUE]...
 *
 * One worker. In a round each method makes a step that is not counted, for what it makes
 * at first, and then some that are; its sample is divided by that of `fixed` in the same
 * round, so that what else goes on at the machine is in both. Medians and quartiles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "session/session.h"

enum { STEPS = 3, ROUNDS_MAX = 99, METHODS_MAX = 64, SETS_MAX = 32 };

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "bench_weighting: %s\n", why);
	exit(1);
}

static double step(struct session *s)
{
	struct step_report r;
	struct err err;

	if (session_step(s, &r, &err))
		die(err.text);
	return r.row.tokens;
}

/* CPU seconds a token under that method, as it is without parameters. */
static double measure(struct session *s, const struct method *row)
{
	double param[MIX_PARAMS], from, tokens = 0;

	method_params(row, NULL, 0, param, NULL);
	mix_use(&s->mix, row, param);
	step(s);
	from = clock_process_cpu();
	for (int i = 0; i < STEPS; i++)
		tokens += step(s);
	return (clock_process_cpu() - from) / tokens;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, double *part, int rounds, double cost)
{
	qsort(part, (size_t)rounds, sizeof *part, by_size);
	printf("%-12s %6.3f  (%.3f to %.3f)  %8.2f us a token\n", name, part[rounds / 2],
	       part[rounds / 4], part[3 * rounds / 4], 1e6 * cost);
}

int main(int argc, char **argv)
{
	static double sample[METHODS_MAX][ROUNDS_MAX];
	const char *sets[SETS_MAX];
	const struct method *row;
	struct session *s;
	struct plan *plan;
	struct err err;
	int64_t rounds = 0;

	if (argc < 3 || argc - 3 > SETS_MAX || !parse_i64(argv[1], &rounds) || rounds < 1 ||
	    rounds > ROUNDS_MAX)
		die("ROUNDS PLAN [KEY=VALUE]...");
	for (int i = 3; i < argc; i++)
		sets[i - 3] = argv[i];
	if (plan_load(argv[2], sets, argc - 3, &plan, &err) ||
	    session_new(plan, NULL, 1, NULL, &s, &err))
		die(err.text);
	session_start_random(s);
	for (int i = 0; i < 6; i++)
		step(s);
	for (int k = 0; k < rounds; k++)
		for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)) && i < METHODS_MAX; i++)
			sample[i][k] = measure(s, row);
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)) && i < METHODS_MAX; i++) {
		double part[ROUNDS_MAX];

		for (int k = 0; k < rounds; k++)
			part[k] = sample[i][k] / sample[0][k];
		print(row->name, part, (int)rounds, sample[i][rounds / 2]);
	}
	printf("%d tasks, %d micro-batches a step, %.1f M parameters\n", s->n_tasks,
	       s->plan->micro_batches, (double)s->params.size / 1e6);
	session_free(s);
	return 0;
}
