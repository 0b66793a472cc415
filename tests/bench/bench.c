/*
 * bench.c - measured figures of this machine and this build.
 *
 *   bench [--rounds N] [--seconds S] [--quick] [--only TEXT]... [--json FILE]
 *         [--folder DIR] [--program FILE] [--list]
 *
 * All cases run in turn, and that again for every round, so that a noisy
 * neighbour hits all of them alike; the table has medians. --only keeps the
 * cases whose name contains TEXT. Exit status 1 when a case failed.
 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "bench.h"
#include "tensor/blas.h"

static const struct bench_case *const tables[] = {
	bench_machine_cases, bench_train_cases, bench_decode_cases,
	bench_labels_cases, bench_program_cases,
};
enum { TABLES = sizeof tables / sizeof *tables };

/* --- in a case --- */

void bench_figure(struct bench *b, const char *unit, double value,
		  const char *fmt, ...)
{
	char name[BENCH_NAME], line[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	n = snprintf(line, sizeof line, "%s\t%s\t%.9g\n", name, unit, value);
	if (write(b->fd, line, (size_t)n) != n)
		bench_die("a figure was lost");
}

void bench_die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

double bench_now(const struct bench *b, const char *fmt, ...)
{
	char name[BENCH_NAME];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < b->n_figures; i++)
		if (str_eq(b->figure[i].name, name) && b->figure[i].n > b->round)
			return b->figure[i].sample[b->round];
	return NAN;
}

/* --- a case in its own process --- */

/* "name TAB unit TAB value" lines until the end of the case. */
static void collect(struct bench *b, int fd)
{
	FILE *f = fdopen(fd, "r");
	char line[160], *unit, *value;

	while (f && fgets(line, sizeof line, f)) {
		unit = strchr(line, '\t');
		value = unit ? strchr(unit + 1, '\t') : NULL;
		if (!value)
			continue;
		*unit++ = *value++ = '\0';
		bench_add(b, line, unit, strtod(value, NULL));
	}
	if (f)
		fclose(f);
}

static _Noreturn void be_case(struct bench *b, const struct bench_case *c, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	b->fd = fd;
	c->run(b, c->arg);
	_exit(0);
}

static bool run_case(struct bench *b, const struct bench_case *c)
{
	int fd[2], status = 1;
	pid_t pid;

	if (pipe(fd))
		return false;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		be_case(b, c, fd[1]);
	}
	close(fd[1]);
	collect(b, fd[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (status)
		fprintf(stderr, "bench: '%s' failed\n", c->name);
	return !status;
}

static bool is_wanted(const struct bench *b, const char *name)
{
	for (int i = 0; i < b->n_only; i++)
		if (strstr(name, b->only[i]))
			return true;
	return !b->n_only;
}

static bool run_round(struct bench *b)
{
	bool is_good = true;

	for (int t = 0; t < TABLES; t++)
		for (const struct bench_case *c = tables[t]; c->name; c++) {
			if (!is_wanted(b, c->name) || (c->once && b->round))
				continue;
			fprintf(stderr, "round %d of %d: %s\n", b->round + 1,
				b->rounds, c->name);
			is_good &= run_case(b, c);
		}
	return is_good;
}

/* --- options --- */

static const char usage[] =
	"usage: bench [--rounds N] [--seconds S] [--quick] [--only TEXT]...\n"
	"             [--json FILE] [--folder DIR] [--program FILE] [--list]\n";

static bool read_number(const char *text, double min, double max, double *out)
{
	return parse_double(text, out) && *out >= min && *out <= max;
}

/* An option with a value; false: no such option, or no good value. */
static bool take_value(struct bench *b, const char *name, const char *value)
{
	double x;

	if (str_eq(name, "--rounds") && read_number(value, 1, BENCH_ROUNDS_MAX, &x))
		return b->rounds = (int)x, true;
	if (str_eq(name, "--seconds") && read_number(value, 0.1, 600, &x))
		return b->seconds = x, true;
	if (str_eq(name, "--only") && b->n_only < BENCH_ONLY_MAX)
		return b->only[b->n_only++] = value, true;
	if (str_eq(name, "--json"))
		return b->json = value, true;
	if (str_eq(name, "--folder"))
		return b->folder = value, true;
	if (str_eq(name, "--program"))
		return b->program = value, true;
	return false;
}

static bool read_options(struct bench *b, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--list")) {
			b->is_listing = true;
		} else if (str_eq(argv[i], "--quick")) {
			b->is_quick = true;
			b->rounds = 1;
			b->seconds = 1;
		} else if (i + 1 < argc && take_value(b, argv[i], argv[i + 1])) {
			i++;
		} else {
			return false;
		}
	}
	return true;
}

static void list_cases(const struct bench *b)
{
	for (int t = 0; t < TABLES; t++)
		for (const struct bench_case *c = tables[t]; c->name; c++)
			if (is_wanted(b, c->name))
				puts(c->name);
}

/* The token caches lie beside the data, not in the user's. */
static void prepare(const struct bench *b)
{
	char cache[620];
	struct err err;

	snprintf(cache, sizeof cache, "%s/cache", b->folder);
	if (file_mkdirs(cache, 0755, &err))
		bench_die("%s", err.text);
	setenv("XDG_CACHE_HOME", cache, 1);
	blas_init();
	bench_make_data(b);
	bench_make_plans(b);
}

int main(int argc, char **argv)
{
	static char folder[600];
	struct bench b = { .rounds = 5, .seconds = 1.5, .program = "build/tutti",
			   .folder = "build/bench" };
	bool is_good = true;
	struct err err;

	if (!read_options(&b, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (b.is_listing)
		return list_cases(&b), 0;
	if (file_absolute(NULL, b.folder, folder, sizeof folder, &err))
		bench_die("%s", err.text);
	b.folder = folder;
	prepare(&b);
	bench_load_take(&b.before);
	for (b.round = 0; b.round < b.rounds; b.round++)
		is_good &= run_round(&b);
	bench_print(&b);
	if (b.json && bench_write_json(&b, &err)) {
		fprintf(stderr, "bench: %s\n", err.text);
		is_good = false;
	}
	bench_release(&b);
	return is_good ? 0 : 1;
}
