/*
 * test_data_report.c - the report on a task's data against a plain count of the
 * same rows, with repeated rows, leaks and bad rows planted; looking for rows.
 */
#include "fixture/report_run.h"

#include "look/data_own.h"
#include "look/data_report.h"

/* --- the plain count --- */

static void normal(const char *s, char out[160])
{
	size_t n = 0;

	for (; *s; s++) {
		char c = *s == '\t' ? ' ' : *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;

		if (c == ' ' && (!n || out[n - 1] == ' '))
			continue;
		out[n++] = c;
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static struct made normal_of(const struct made *m)
{
	struct made x = { .n = m->n, .text = xcalloc((size_t)m->n, sizeof *x.text) };

	for (int i = 0; i < m->n; i++)
		normal(m->text[i], x.text[i]);
	return x;
}

/* The first row of `in`, below `below`, with that text; -1: none. */
static int first_with(const struct made *in, int below, const char *text)
{
	for (int i = 0; i < below; i++)
		if (!strcmp(in->text[i], text))
			return i;
	return -1;
}

static void check_twins(const struct data_twins *t, const struct made *rows,
			const struct made *in, bool is_self, const int *label,
			const int *in_label)
{
	uint64_t n = 0, differing = 0;

	for (int i = 0; i < rows->n; i++) {
		int of = first_with(in, is_self ? i : in->n, rows->text[i]);
		const struct data_twin *w = data_twin_find(t, (uint64_t)i);

		if (of < 0) {
			assert_null(w);
			continue;
		}
		assert_non_null(w);
		assert_int_equal(w->row, i);
		assert_int_equal(w->of, of);
		differing += label[i] != in_label[of];
		n++;
	}
	assert_int_equal(t->n, n);
	assert_int_equal(t->differing, differing);
	assert_true(n > 10); /* what was planted is there */
}

static void check_split(const struct data_book *b, enum data_split s,
			const struct data_split_report *r, const struct made *m)
{
	uint64_t labels[2] = { 0 }, pieces = 0, unknown = 0;
	int longest = 0, *length = xcalloc((size_t)m->n, sizeof *length);

	assert_true(r->is_open);
	assert_int_equal(r->rows, m->n);
	assert_int_equal(data_book_size(b, s), m->n);
	assert_int_equal(r->skipped, m->bad);
	assert_int_equal(r->n_skips, 2);
	for (int i = 0; i < m->n; i++) {
		struct data_row row;
		struct data_pieces p;

		data_book_row(b, s, (uint64_t)i, &row);
		assert_int_equal(row.text_len, strlen(m->text[i]));
		assert_memory_equal(row.text, m->text[i], row.text_len);
		assert_int_equal(row.label, m->label[i]);
		data_book_pieces(b, s, (uint64_t)i, &p);
		assert_int_equal(p.n, row.tokens);
		for (int k = 0; k < p.n; k++)
			unknown += str_eq(p.piece[k], "[UNK]");
		assert_string_equal(p.piece[0], "[CLS]");
		assert_string_equal(p.piece[p.n - 1], "[SEP]");
		assert_true(p.text_lost == 0 || p.n == 24);
		assert_true(p.text_lost > 0 ? p.text_kept < row.text_len :
			    p.text_kept == row.text_len);
		data_pieces_release(&p);
		labels[row.label]++;
		length[i] = row.tokens;
		longest = row.tokens > longest ? row.tokens : longest;
		pieces += (uint64_t)row.tokens;
	}
	assert_int_equal(r->labels[0], labels[0]);
	assert_int_equal(r->labels[1], labels[1]);
	assert_int_equal(r->pieces, pieces);
	assert_int_equal(r->unknown, unknown);
	assert_int_equal(r->source.max, longest);
	for (int part = 50; part <= 95; part += 45) { /* by counting below and above */
		int q = part == 50 ? r->source.p50 : r->source.p95, below = 0, upto = 0;

		for (int i = 0; i < m->n; i++) {
			below += length[i] < q;
			upto += length[i] <= q;
		}
		assert_true(upto * 100 >= part * m->n && below * 100 < part * m->n);
	}
	xfree(length);
}

static void test_against_plain_count(void **state)
{
	struct made train, dev, n_train, n_dev;
	struct data_report r;
	struct data_book *b;
	const char *run;

	(void)state;
	made_seed = 11;
	train = made_split("train.jsonl", 1500, NULL);
	dev = made_split("dev.jsonl", 400, &train);
	run = put_classify();
	b = open_book(run, 0);
	assert_null(data_book_trouble(b, SPLIT_TRAIN));
	assert_int_equal(data_report_make(b, NULL, &r, NULL), ST_OK);
	check_split(b, SPLIT_TRAIN, &r.split[SPLIT_TRAIN], &train);
	check_split(b, SPLIT_DEV, &r.split[SPLIT_DEV], &dev);
	n_train = normal_of(&train);
	n_dev = normal_of(&dev);
	check_twins(&r.split[SPLIT_TRAIN].repeated, &n_train, &n_train, true,
		    train.label, train.label);
	check_twins(&r.split[SPLIT_DEV].repeated, &n_dev, &n_dev, true, dev.label,
		    dev.label);
	check_twins(&r.split[SPLIT_DEV].leaked, &n_dev, &n_train, false, dev.label,
		    train.label);
	assert_int_equal(r.split[SPLIT_TRAIN].leaked.n, 0);
	data_report_release(&r);
	data_book_close(b);
	made_free(&train);
	made_free(&dev);
	made_free(&n_train);
	made_free(&n_dev);
}

/* --- looking for rows --- */

static bool plain_has(const char *text, const char *want)
{
	return !*want || strcasestr(text, want);
}

static void check_filter(const struct data_book *b, const struct data_report *r,
			 const struct data_filter *f)
{
	struct data_hits h;
	uint64_t k = 0, n = data_book_size(b, SPLIT_DEV);

	assert_int_equal(data_filter_run(b, SPLIT_DEV, r, f, NULL, &h, NULL), ST_OK);
	for (uint64_t i = 0; i < n; i++) {
		struct data_row row;
		char text[160];
		bool fits;

		data_book_row(b, SPLIT_DEV, i, &row);
		snprintf(text, sizeof text, "%.*s", (int)row.text_len, row.text);
		fits = plain_has(text, f->text) &&
		       (f->label < 0 || row.label == f->label) &&
		       row.tokens >= f->least && (!f->most || row.tokens <= f->most) &&
		       (!f->repeated ||
			data_twin_find(&r->split[SPLIT_DEV].repeated, i)) &&
		       (!f->leaked || data_twin_find(&r->split[SPLIT_DEV].leaked, i));
		assert_int_equal(data_hits_rank(&h, i), k);
		if (!fits)
			continue;
		assert_true(k < h.n);
		assert_int_equal(data_hits_row(&h, k), i);
		k++;
	}
	assert_int_equal(h.n, k);
	data_hits_release(&h);
}

static void test_filter(void **state)
{
	static const struct data_filter filter[] = {
		{ .label = -1 }, { .label = 1 }, { .label = -1, .text = "WA" },
		{ .label = 0, .text = "wb", .least = 10 }, { .label = -1, .most = 12 },
		{ .label = -1, .repeated = true }, { .label = -1, .leaked = true },
		{ .label = 1, .leaked = true, .least = 8, .most = 20 },
		{ .label = -1, .text = "nowhere in it" },
	};
	struct made train, dev;
	struct data_report r;
	struct data_book *b;

	(void)state;
	made_seed = 12;
	train = made_split("train.jsonl", 900, NULL);
	dev = made_split("dev.jsonl", 9000, &train); /* more than two blocks */
	b = open_book(put_classify(), 0);
	assert_int_equal(data_report_make(b, NULL, &r, NULL), ST_OK);
	assert_true(data_filter_is_empty(&filter[0]));
	for (size_t i = 0; i < sizeof filter / sizeof *filter; i++)
		check_filter(b, &r, &filter[i]);
	data_report_release(&r);
	data_book_close(b);
	made_free(&train);
	made_free(&dev);
}

/* --- sorting --- */

static void test_keys_sort(void **state)
{
	static const uint64_t mask[] = { ~0ull, 0xff, 0xffull << 56, 0, 7ull << 60 };

	(void)state;
	made_seed = 13;
	for (size_t m = 0; m < sizeof mask / sizeof *mask; m++)
		for (uint64_t n = 0; n < 3000; n = n * 3 + 1) {
			struct data_key *k = xcalloc(n + 1, sizeof *k);
			uint64_t sum = 0;

			for (uint64_t i = 0; i < n; i++) {
				k[i].hash = ((uint64_t)made_random(1u << 31) << 33 |
					     made_random(1u << 31)) & mask[m];
				k[i].row = i;
				sum += k[i].hash;
			}
			assert_int_equal(data_keys_sort(k, n, NULL), ST_OK);
			for (uint64_t i = 0; i < n; i++) {
				sum -= k[i].hash;
				assert_true(!i || k[i - 1].hash < k[i].hash ||
					    (k[i - 1].hash == k[i].hash &&
					     k[i - 1].row < k[i].row));
			}
			assert_int_equal(sum, 0);
			xfree(k);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_plain_count),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_keys_sort),
	};

	return cmocka_run_group_tests_name("data_report", tests,
					   scratch_make_cache, scratch_remove);
}
