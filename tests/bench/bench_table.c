/*
 * bench_table.c - the figures: samples of all rounds, medians, the table and
 * the JSON file.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "bench.h"
#include "tensor/blas.h"

static struct figure *find(struct bench *b, const char *name)
{
	struct figure *f;

	for (size_t i = 0; i < b->n_figures; i++)
		if (str_eq(b->figure[i].name, name))
			return &b->figure[i];
	ARRAY_GROW(b->figure, b->n_figures, b->cap);
	f = &b->figure[b->n_figures++];
	*f = (struct figure){ 0 };
	str_copy(f->name, sizeof f->name, name);
	return f;
}

void bench_add(struct bench *b, const char *name, const char *unit, double value)
{
	struct figure *f = find(b, name);

	str_copy(f->unit, sizeof f->unit, unit);
	if (f->n < BENCH_ROUNDS_MAX)
		f->sample[f->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sorted(const struct figure *f, double *v)
{
	memcpy(v, f->sample, (size_t)f->n * sizeof *v);
	qsort(v, (size_t)f->n, sizeof *v, by_value);
}

double figure_median(const struct figure *f)
{
	double v[BENCH_ROUNDS_MAX];
	int n = f->n;

	sorted(f, v);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Three or four digits that count. */
static void print_number(double x)
{
	if (fabs(x) >= 100)
		printf(" %10.0f", x);
	else
		printf(" %10.*f", fabs(x) >= 10 ? 1 : fabs(x) >= 1 ? 2 : 3, x);
}

static void print_figure(const struct figure *f)
{
	double v[BENCH_ROUNDS_MAX];

	sorted(f, v);
	printf("%-*s", BENCH_NAME - 8, f->name);
	print_number(figure_median(f));
	if (f->n > 1) {
		print_number(v[0]);
		print_number(v[f->n - 1]);
	} else {
		printf(" %10s %10s", "", "");
	}
	printf("  %s\n", f->unit);
}

void bench_print(const struct bench *b)
{
	struct bench_load after;

	bench_load_take(&after);
	bench_print_machine();
	printf("%s; tutti %s; median of %d round%s, %g s a timing\n", blas_name(),
	       TUTTI_VERSION, b->rounds, b->rounds == 1 ? "" : "s", b->seconds);
	bench_print_load(&b->before, &after);
	putchar('\n');
	printf("%-*s %10s %10s %10s\n", BENCH_NAME - 8, "", "median", "least", "most");
	for (size_t i = 0; i < b->n_figures; i++)
		print_figure(&b->figure[i]);
	fflush(stdout);
}

static void put_figures(const struct bench *b, struct buf *text)
{
	struct json_out j;

	json_out_init(&j, text, 0);
	json_open(&j, NULL, '[');
	for (size_t i = 0; i < b->n_figures; i++) {
		const struct figure *f = &b->figure[i];

		buf_addc(text, '\n');
		json_open(&j, NULL, '{');
		json_put_str(&j, "name", f->name);
		json_put_num(&j, "value", figure_median(f));
		json_put_str(&j, "unit", f->unit);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	buf_addc(text, '\n');
}

enum status bench_write_json(const struct bench *b, struct err *err)
{
	enum status st = ST_OK;
	struct buf text;
	FILE *f;

	buf_init(&text);
	put_figures(b, &text);
	f = fopen(b->json, "w");
	if (!f || fwrite(buf_str(&text), 1, text.len, f) != text.len)
		st = err_sys(err, "cannot write '%s'", b->json);
	if (f && fclose(f) && !st)
		st = err_sys(err, "cannot write '%s'", b->json);
	buf_release(&text);
	return st;
}

void bench_release(struct bench *b)
{
	xfree(b->figure);
}
