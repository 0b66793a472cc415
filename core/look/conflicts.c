/*
 * conflicts.c - means and histories of how pairs of gradients agree.
 */
#include "look/conflicts.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/sketch.h"

/* --- room --- */

static size_t pairs_of(const struct conflicts *c)
{
	return conflict_pairs(c->n);
}

void conflicts_release(struct conflicts *c)
{
	xfree(c->seen);
	xfree(c->at);
	xfree(c->mean);
	xfree(c->part);
	xfree(c->history);
	xfree(c->count);
	*c = (struct conflicts){ 0 };
}

static void blank(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = NAN;
}

static void make(struct conflicts *c, int n, int groups)
{
	size_t pairs = conflict_pairs(n), all = pairs * (1 + (size_t)groups);

	c->n = n;
	c->groups = groups;
	c->span = 1;
	c->points = 0;
	c->seen = xcalloc(pairs + 1, sizeof *c->seen);
	c->at = xcalloc(pairs + 1, sizeof *c->at);
	c->mean = xcalloc(all + 1, sizeof *c->mean);
	c->part = xcalloc(all + 1, sizeof *c->part);
	c->history = xcalloc(all * CONFLICT_POINTS + 1, sizeof *c->history);
	c->count = xcalloc(pairs * CONFLICT_POINTS + 1, sizeof *c->count);
	blank(c->mean, all);
	blank(c->part, all);
	blank(c->history, all * CONFLICT_POINTS);
}

void conflicts_copy(struct conflicts *dst, const struct conflicts *src)
{
	struct conflicts own = *dst;
	size_t pairs = pairs_of(src), all = pairs * (1 + (size_t)src->groups);

	if (dst == src || own.version == src->version)
		return;
	if (own.n != src->n || own.groups != src->groups) {
		conflicts_release(dst);
		if (src->n)
			make(dst, src->n, src->groups);
		own = *dst;
	}
	*dst = *src;
	dst->seen = own.seen;
	dst->at = own.at;
	dst->mean = own.mean;
	dst->part = own.part;
	dst->history = own.history;
	dst->count = own.count;
	if (!src->n)
		return;
	memcpy(dst->seen, src->seen, pairs * sizeof *dst->seen);
	memcpy(dst->at, src->at, pairs * sizeof *dst->at);
	memcpy(dst->mean, src->mean, all * sizeof *dst->mean);
	memcpy(dst->part, src->part, pairs * (size_t)src->groups * sizeof *dst->part);
	memcpy(dst->history, src->history, all * CONFLICT_POINTS * sizeof *dst->history);
	memcpy(dst->count, src->count, pairs * CONFLICT_POINTS * sizeof *dst->count);
}

/* --- taking --- */

/* Two buckets become one: means by their counts. */
static void merge_pair(struct conflicts *c, size_t pair)
{
	uint16_t *count = c->count + pair * CONFLICT_POINTS;
	float *h = c->history + pair * (1 + (size_t)c->groups) * CONFLICT_POINTS;

	for (int g = 0; g <= c->groups; g++, h += CONFLICT_POINTS)
		for (int i = 0; i < CONFLICT_POINTS; i++) {
			int a = 2 * i, b = a + 1;
			float x = a < CONFLICT_POINTS ? h[a] : NAN;
			float y = a < CONFLICT_POINTS ? h[b] : NAN;
			float n = a < CONFLICT_POINTS ? (float)count[a] : 0;
			float m = a < CONFLICT_POINTS ? (float)count[b] : 0;

			h[i] = isnan(x) ? y : isnan(y) ? x : (n * x + m * y) / (n + m);
		}
	for (int i = 0; i < CONFLICT_POINTS; i++)
		count[i] = i < CONFLICT_POINTS / 2 ?
			(uint16_t)(count[2 * i] + count[2 * i + 1]) : 0;
}

static int bucket_of(struct conflicts *c, int64_t step)
{
	while ((step - 1) / c->span >= CONFLICT_POINTS) {
		for (size_t pair = 0; pair < pairs_of(c); pair++)
			merge_pair(c, pair);
		c->points = (c->points + 1) / 2;
		c->span *= 2;
	}
	return (int)((step - 1) / c->span);
}

/* x is the n-th. */
static void mean_in(float *mean, double x, uint32_t n)
{
	if (!isfinite(x))
		return;
	*mean = isnan(*mean) ? (float)x : (float)((double)*mean + (x - (double)*mean) / n);
}

static void take_pair(struct conflicts *c, const struct conflict_row *r, int i, int k,
		      int bucket)
{
	size_t pair = conflict_at(r->task[i], r->task[k]), groups = (size_t)c->groups;
	uint16_t *count = &c->count[pair * CONFLICT_POINTS + (size_t)bucket];
	float *mean = c->mean + pair * (1 + groups), *part = c->part + pair * groups;
	float *h = c->history + pair * (1 + groups) * CONFLICT_POINTS + bucket;
	uint32_t n;

	if (!isfinite(conflict_cosine(r, i, k, CONFLICT_ALL)))
		return;
	c->seen[pair]++;
	n = c->seen[pair] < CONFLICT_MEAN ? c->seen[pair] : CONFLICT_MEAN;
	c->at[pair] = r->step;
	*count = (uint16_t)(*count < UINT16_MAX ? *count + 1 : *count);
	for (int g = CONFLICT_ALL; g < c->groups; g++, mean++, h += CONFLICT_POINTS) {
		double x = conflict_cosine(r, i, k, g);

		mean_in(mean, x, n);
		mean_in(h, x, *count);
		if (g >= 0)
			mean_in(&part[g], conflict_part(r, i, k, g), n);
	}
}

/* Every row makes another version, and the same rows the same one. */
static uint64_t next_version(const struct conflicts *c, const struct conflict_row *r)
{
	uint64_t v = c->version ^ ((uint64_t)r->step << 20) ^ (uint64_t)r->timeline;

	v = (v + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
	return (v ^ v >> 29) | 1;
}

void conflicts_take(struct conflicts *c, int n, const struct conflict_row *r)
{
	int bucket;

	c->version = next_version(c, r);
	c->rows++;
	c->spent += (double)r->seconds;
	c->seconds += ((double)r->seconds - c->seconds) /
		      (double)(c->rows < CONFLICT_MEAN ? c->rows : CONFLICT_MEAN);
	if (r->n < 2 || r->groups < 1 || r->task[r->n - 1] >= n)
		return;
	if (!c->n)
		make(c, n, r->groups);
	if (c->n != n || c->groups != r->groups || r->step < 1)
		return;
	c->step = r->step;
	c->from = r->from;
	c->is_exact = r->is_exact;
	bucket = bucket_of(c, r->step);
	c->points = bucket >= c->points ? bucket + 1 : c->points;
	for (int i = 0; i < r->n; i++)
		for (int k = 0; k < i; k++)
			take_pair(c, r, i, k, bucket);
}

/* --- asking --- */

static bool is_pair(const struct conflicts *c, int i, int k)
{
	return i != k && i >= 0 && k >= 0 && i < c->n && k < c->n;
}

static size_t at(int i, int k)
{
	return i > k ? conflict_at(i, k) : conflict_at(k, i);
}

double conflicts_mean(const struct conflicts *c, int i, int k, int group)
{
	if (!is_pair(c, i, k) || group >= c->groups)
		return NAN;
	return (double)c->mean[at(i, k) * (1 + (size_t)c->groups) + (size_t)(group + 1)];
}

int64_t conflicts_step(const struct conflicts *c, int i, int k)
{
	return is_pair(c, i, k) ? c->at[at(i, k)] : 0;
}

const float *conflicts_history(const struct conflicts *c, int i, int k, int group)
{
	size_t line;

	if (!is_pair(c, i, k) || group >= c->groups)
		return NULL;
	line = at(i, k) * (1 + (size_t)c->groups) + (size_t)(group + 1);
	return c->history + line * CONFLICT_POINTS;
}

double conflicts_error(const struct conflicts *c, int i, int k)
{
	uint32_t seen = is_pair(c, i, k) ? c->seen[at(i, k)] : 0;

	if (c->is_exact || !seen)
		return 0;
	return SKETCH_ERROR / sqrt(seen < CONFLICT_MEAN ? seen : CONFLICT_MEAN);
}

bool conflicts_worst(const struct conflicts *c, int *a, int *b)
{
	double least = INFINITY;

	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < i; k++) {
			double x = conflicts_mean(c, i, k, CONFLICT_ALL);

			if (!(x < least))
				continue;
			least = x;
			*a = k;
			*b = i;
		}
	return least < INFINITY;
}

int conflicts_where(const struct conflicts *c, int i, int k)
{
	double sign = conflicts_mean(c, i, k, CONFLICT_ALL) < 0 ? -1 : 1, most = 0;
	int group = -1;

	for (int g = 0; is_pair(c, i, k) && g < c->groups; g++) {
		double x = sign * (double)c->part[at(i, k) * (size_t)c->groups + (size_t)g];

		if (!(x > most))
			continue;
		most = x;
		group = g;
	}
	return group;
}

/* --- in words --- */

const char *conflicts_group(char out[CONFLICT_NAME], int group)
{
	if (group > 0)
		str_format(out, CONFLICT_NAME, "layer %d", group);
	else
		str_copy(out, CONFLICT_NAME, group < 0 ? "all" : "embeddings");
	return out;
}

const char *conflicts_cosine(char out[CONFLICT_NAME], double x)
{
	if (isfinite(x)) /* no sign before what rounds to 0 */
		str_format(out, CONFLICT_NAME, fabs(x) < 0.005 ? "%.2f" : "%+.2f",
			   fabs(x) < 0.005 ? 0 : x);
	else
		str_copy(out, CONFLICT_NAME, "?");
	return out;
}

void conflicts_words(const struct conflicts *c, int i, int k, char *out, size_t cap)
{
	char cosine[CONFLICT_NAME], group[CONFLICT_NAME], error[32] = "";
	double off = conflicts_error(c, i, k);
	int where = conflicts_where(c, i, k);

	if (off > 0)
		str_format(error, sizeof error, " (+-%.2f)", off < 0.01 ? 0.01 : off);
	str_format(out, cap, "%s%s%s%s",
		   conflicts_cosine(cosine, conflicts_mean(c, i, k, CONFLICT_ALL)), error,
		   where < 0 ? "" : ", most in ",
		   where < 0 ? "" : where ? conflicts_group(group, where) : "the embeddings");
}
