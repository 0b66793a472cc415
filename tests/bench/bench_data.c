/*
 * bench_data.c - the benchmark's own data: a vocabulary of BERT's size whose
 * pieces are whole invented words, so that a text of n words is n tokens, and
 * texts of Zipf-distributed words whose lengths follow real data sets.
 *
 * Lengths count [CLS] and [SEP] (a summary: its closing [SEP]). Files are made
 * once; `stamp` holds the version of this generator that made them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "bench.h"

enum { VERSION = 2, SPECIALS = 5, WORDS = BENCH_VOCAB - SPECIALS };

/*
 * AG News: quantiles of a log-normal of mean 45 and sigma 0.32 (0, 1/32, ..).
 */
static const int news[] = { 15, 24, 26, 28, 30, 31, 32, 33, 34, 36, 37,
			    38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 49,
			    50, 51, 53, 55, 57, 59, 62, 65, 70, 78, 123 };
enum { NEWS = sizeof news / sizeof *news - 1 };

/*
 * SAMSum's train rows in BERT's uncased pieces: sixteen equal parts by the
 * dialogue's length (cut at 320 as the project's plan does), and in each the
 * summary's quantiles 0.02, 0.25, 0.5, 0.75, 0.98 (cut at 64).
 */
static const int dialogue[] = { 13, 32, 42, 52, 61, 71, 82, 95, 110,
				126, 144, 163, 185, 213, 253, 317, 320 };
static const int summary[16][5] = {
	{ 6, 9, 12, 14, 21 },	 { 7, 11, 14, 18, 29 },	 { 7, 12, 16, 20, 32 },
	{ 7, 13, 17, 22, 33 },	 { 8, 15, 19, 25, 37 },	 { 8, 15, 20, 26, 41 },
	{ 9, 17, 22, 28, 45 },	 { 9, 18, 24, 31, 48 },	 { 10, 18, 25, 33, 55 },
	{ 10, 20, 28, 36, 55 },	 { 10, 21, 29, 37, 58 }, { 12, 23, 31, 40, 61 },
	{ 11, 23, 33, 42, 64 },	 { 12, 25, 34, 45, 64 }, { 13, 28, 38, 49, 64 },
	{ 15, 32, 44, 56, 64 },
};

struct lengths { int source, target; };

/* Where u of [0, 1) falls between `n` + 1 equally probable marks. */
static int between(const int *mark, int n, double u)
{
	int i = (int)(u * n);
	double part = u * n - i;

	return (int)(mark[i] + part * (mark[i + 1] - mark[i]) + 0.5);
}

static struct lengths news_lengths(double u, double v)
{
	(void)v;
	return (struct lengths){ between(news, NEWS, u), 0 };
}

static struct lengths even_lengths(double u, double v)
{
	(void)u, (void)v;
	return (struct lengths){ 128, 0 };
}

static struct lengths dialogue_lengths(double u, double v)
{
	return (struct lengths){ between(dialogue, 16, u),
				 between(summary[(int)(u * 16)], 4, v) };
}

/* CLINC150's queries: 4 to 30 pieces, half of them below 11. */
static struct lengths query_lengths(double u, double v)
{
	static const int query[] = { 4, 7, 8, 10, 11, 12, 13, 16, 30 };

	(void)v;
	return (struct lengths){ between(query, 8, u), 0 };
}

static struct lengths page_lengths(double u, double v)
{
	(void)u, (void)v;
	return (struct lengths){ 256, 32 };
}

static const struct set {
	const char *file;
	int rows;
	struct lengths (*lengths)(double u, double v);
	uint32_t labels; /* where there are no summaries */
} sets[] = {
	{ "news.jsonl", 16384, news_lengths, BENCH_LABELS },
	{ "even.jsonl", 4096, even_lengths, BENCH_LABELS },
	{ "dialogues.jsonl", 8192, dialogue_lengths, 0 },
	{ "dialogues.dev.jsonl", 500, dialogue_lengths, 0 },
	{ "pages.jsonl", 2048, page_lengths, 0 },
	{ "queries.jsonl", 1024, query_lengths, BENCH_INTENTS },
};
enum { SETS = sizeof sets / sizeof *sets };

/* --- words --- */

/* Three syllables of a consonant and a vowel: 343 000 different words. */
void bench_put_word(FILE *f, uint32_t word)
{
	static const char consonant[] = "bdfghklmnprstv", vowel[] = "aeiou";

	for (int i = 0; i < 3; i++) {
		fputc(consonant[word % 14], f);
		fputc(vowel[word / 14 % 5], f);
		word /= 70;
	}
}

/* a, b, .. z, then a1, b1, .. */
void bench_put_label(FILE *f, int k)
{
	fputc('a' + k % 26, f);
	if (k >= 26)
		fprintf(f, "%d", k / 26);
}

/* p(word) ~ 1 / rank^1.05; sums of it from the first word on. */
static double *zipf_sums(void)
{
	double *sum = xcalloc(WORDS, sizeof *sum), all = 0;

	for (int i = 0; i < WORDS; i++)
		sum[i] = all += __builtin_pow(i + 1, -1.05);
	return sum;
}

static uint32_t draw_word(const double *sum, double u)
{
	uint32_t low = 0, high = WORDS - 1;

	for (u *= sum[WORDS - 1]; low < high;) {
		uint32_t middle = (low + high) / 2;

		if (sum[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* --- files --- */

static FILE *create(const struct bench *b, const char *name)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", b->folder, name);
	f = fopen(path, "w");
	if (!f)
		bench_die("cannot create '%s'", path);
	return f;
}

static void finish(FILE *f, const char *name)
{
	bool is_good = !ferror(f);

	if (fclose(f) || !is_good)
		bench_die("cannot write '%s'", name);
}

static void write_vocabulary(const struct bench *b)
{
	FILE *f = create(b, "vocab.txt");

	fputs("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", f);
	for (uint32_t i = 0; i < WORDS; i++) {
		bench_put_word(f, i);
		fputc('\n', f);
	}
	finish(f, "vocab.txt");
}

static void put_text(FILE *f, const double *zipf, const struct rng *r,
		     uint64_t *at, int words)
{
	for (int i = 0; i < words; i++) {
		if (i)
			fputc(' ', f);
		bench_put_word(f, draw_word(zipf, rng_uniform(r, (*at)++)));
	}
}

static void put_row(FILE *f, const double *zipf, const struct rng *r,
		    const struct set *s)
{
	struct lengths n = s->lengths(rng_uniform(r, 0), rng_uniform(r, 1));
	uint64_t at = 2;

	fputs("{\"text\":\"", f);
	put_text(f, zipf, r, &at, n.source - 2);
	if (n.target) {
		fputs("\",\"summary\":\"", f);
		put_text(f, zipf, r, &at, n.target - 1);
		fputs("\"}\n", f);
	} else {
		fputs("\",\"label\":\"", f);
		bench_put_label(f, (int)rng_below(r, at, s->labels));
		fputs("\"}\n", f);
	}
}

static void write_set(const struct bench *b, uint32_t number, const double *zipf)
{
	const struct set *s = &sets[number];
	FILE *f = create(b, s->file);

	for (int i = 0; i < s->rows; i++) {
		struct rng r = rng_stream(1, RNG_TEST, number, (uint64_t)i);

		put_row(f, zipf, &r, s);
	}
	finish(f, s->file);
}

static bool is_made(const struct bench *b)
{
	char path[600];
	int version = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/stamp", b->folder);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fscanf(f, "%d", &version) != 1)
		version = 0;
	fclose(f);
	return version == VERSION;
}

void bench_make_data(const struct bench *b)
{
	double *zipf;
	FILE *f;

	if (is_made(b))
		return;
	zipf = zipf_sums();
	write_vocabulary(b);
	for (uint32_t i = 0; i < SETS; i++)
		write_set(b, i, zipf);
	xfree(zipf);
	f = create(b, "stamp");
	fprintf(f, "%d\n", VERSION);
	finish(f, "stamp");
}
