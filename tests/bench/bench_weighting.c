/*
 * bench_weighting.c - what each weighting method costs: CPU time of a real token,
 * relative to `fixed`, of one session that goes from method to method in turns. make
 * bench-weighting
 *
 *   bench_weighting ROUNDS PLAN [KEY=VALUE]...
 *
 * One worker. In a round every method goes from one and the same state, so that all have
 * the same texts with the same noise: a step that is not counted, for what it makes at
 * first, and then some that are. Its sample is divided by that of `fixed` in the same
 * round, so that what else goes on at the machine is in both. The next round begins where
 * this one's last method ended. Medians and quartiles.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "session/ring.h"
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

/*
 * CPU seconds a token from that state on under that method, as it is without parameters;
 * *back: what going back to the state took.
 */
static double measure(struct session *s, const struct ring *held, const struct method *row,
		      double *back)
{
	double param[MIX_PARAMS], tokens = 0, from = clock_process_cpu();

	ring_restore(held, 0, s);
	*back = clock_process_cpu() - from;
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
	struct ring *held;
	struct session *s;
	struct plan *plan;
	struct err err;
	int64_t rounds = 0;
	double back = 0;

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
	held = ring_new_of(s, 1);
	for (int k = 0; k < rounds; k++) {
		ring_take(held, s, k);
		for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)) && i < METHODS_MAX; i++)
			sample[i][k] = measure(s, held, row, &back);
	}
	for (int i = 0; (row = method_at(METHOD_WEIGHTING, i)) && i < METHODS_MAX; i++) {
		double part[ROUNDS_MAX];

		for (int k = 0; k < rounds; k++)
			part[k] = sample[i][k] / sample[0][k];
		print(row->name, part, (int)rounds, sample[i][rounds / 2]);
	}
	printf("%d tasks, %d micro-batches a step, %.1f M parameters; back to a state of "
	       "%.0f MB in %.0f ms\n", s->n_tasks, s->plan->micro_batches,
	       (double)s->params.size / 1e6, (double)ring_state_bytes(s) / 1e6, 1e3 * back);
	ring_free(held);
	session_free(s);
	return 0;
}
