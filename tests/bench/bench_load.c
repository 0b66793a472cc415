/*
 * bench_load.c - the machine a figure was measured on, and who else was at it.
 *
 * Three signs of others: the load average; the part of the machine's CPU time that
 * the hypervisor gave to somebody else meanwhile (steal); and a spin, a fixed
 * amount of work on one core: its wall time beyond its CPU time is what the core
 * was taken away, and its CPU time grows when a neighbour shares core and caches.
 */
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "bench.h"

/* --- the machine --- */

/* The first line of /proc/cpuinfo that starts with `key`; "unknown" without one. */
static void cpu_line(const char *key, char *out, size_t cap)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[8192], *at;

	str_copy(out, cap, "unknown");
	while (f && fgets(line, sizeof line, f)) {
		at = strchr(line, ':');
		if (!at || !str_starts(line, key))
			continue;
		at[strcspn(at, "\n")] = '\0';
		str_copy(out, cap, at[1] ? at + 2 : at + 1);
		break;
	}
	if (f)
		fclose(f);
}

/* Of the instruction sets that matter here those that the CPU has, by commas. */
static void cpu_sets(char *out, size_t cap)
{
	static const char *const set[] = { "avx2", "fma", "avx512f", "avx512_bf16",
					   "amx_bf16", "asimd", "sve", "bf16" };
	char flags[8192], *save, *word;
	size_t n = 0;

	*out = '\0';
	cpu_line("flags", flags, sizeof flags);
	if (str_eq(flags, "unknown"))
		cpu_line("Features", flags, sizeof flags);
	for (word = strtok_r(flags, " ", &save); word; word = strtok_r(NULL, " ", &save))
		for (size_t i = 0; i < sizeof set / sizeof *set; i++)
			if (str_eq(word, set[i]) && n < cap)
				n += (size_t)snprintf(out + n, cap - n, "%s%s",
						      n ? ", " : "", word);
}

int bench_cores(void)
{
	cpu_set_t set;
	int n;

	CPU_ZERO(&set);
	n = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
	return n < BENCH_CORES_MAX ? n : BENCH_CORES_MAX;
}

void bench_print_machine(void)
{
	char cpu[128], sets[128];

	cpu_line("model name", cpu, sizeof cpu);
	cpu_sets(sets, sizeof sets);
	printf("CPU %s, %d core%s (%s)\n", cpu, bench_cores(),
	       bench_cores() == 1 ? "" : "s", sets);
}

/* --- others --- */

static void read_stat(double *all, double *steal)
{
	FILE *f = fopen("/proc/stat", "r");
	double t[8] = { 0 };

	if (f && fscanf(f, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &t[0], &t[1], &t[2],
			&t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
		memset(t, 0, sizeof t);
	if (f)
		fclose(f);
	*all = 0;
	for (int i = 0; i < 8; i++)
		*all += t[i];
	*steal = t[7];
}

/* About 50 ms of dependent additions: the same work everywhere. */
static void spin(struct bench_load *l)
{
	double wall = clock_now(), cpu = clock_thread_cpu();
	uint64_t x = 1;

	for (int i = 0; i < 20000000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
	l->spin_cpu = clock_thread_cpu() - cpu;
	l->spin_wall = clock_now() - wall;
}

void bench_load_take(struct bench_load *l)
{
	if (getloadavg(&l->average, 1) != 1)
		l->average = NAN;
	read_stat(&l->all, &l->steal);
	spin(l);
}

void bench_print_load(const struct bench_load *before, const struct bench_load *after)
{
	double all = after->all - before->all, steal = after->steal - before->steal;

	printf("load %.1f before, %.1f after; %.1f%% stolen; a spin took %.0f ms "
	       "(CPU %.0f) before, %.0f ms (CPU %.0f) after\n", before->average,
	       after->average, all > 0 ? 100 * steal / all : 0,
	       before->spin_wall * 1e3, before->spin_cpu * 1e3,
	       after->spin_wall * 1e3, after->spin_cpu * 1e3);
}
