/*
 * data_filter.c - looking for rows: a bit a row, and counts so that the k-th hit
 * is found without walking.
 */
#include <string.h>

#include "base/mem.h"
#include "look/data_own.h"

enum { TICK_ROWS = 256, BLOCK = 4096 };

bool data_filter_is_empty(const struct data_filter *f)
{
	return !f->text[0] && f->label < 0 && f->least <= 0 && f->most <= 0 &&
	       !f->repeated && !f->leaked;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

size_t data_text_find(const char *text, size_t len, const char *want)
{
	size_t n = strlen(want);

	for (size_t i = 0; n && i + n <= len; i++) {
		size_t k = 0;

		while (k < n && lower(text[i + k]) == want[k])
			k++;
		if (k == n)
			return i;
	}
	return SIZE_MAX;
}

struct search {
	const struct dataset *set;
	const struct data_split_report *report;
	const struct data_filter *f;
	char text[sizeof((struct data_filter *)0)->text];
};

static bool has_label(const struct example *e, int label)
{
	for (int i = 0; i < e->n_set; i++)
		if (e->set[i] == label)
			return true;
	return e->n_set < 0 && e->label == label;
}

static bool fits(const struct search *q, uint64_t i)
{
	const struct data_filter *f = q->f;
	struct example e;

	dataset_get(q->set, i, &e);
	if ((f->label >= 0 && !has_label(&e, f->label)) || e.n_ids < f->least ||
	    (f->most > 0 && e.n_ids > f->most))
		return false;
	if (f->repeated && !data_twin_find(&q->report->repeated, i))
		return false;
	if (f->leaked && !data_twin_find(&q->report->leaked, i))
		return false;
	return !q->text[0] ||
	       data_text_find(e.text, e.text_len, q->text) != SIZE_MAX ||
	       data_text_find(e.pair, e.pair_len, q->text) != SIZE_MAX ||
	       data_text_find(e.target_text, e.target_len, q->text) != SIZE_MAX;
}

enum status data_filter_run(const struct data_book *b, enum data_split s,
			    const struct data_report *r, const struct data_filter *f,
			    struct progress *pg, struct data_hits *out,
			    struct err *err)
{
	struct search q = { .set = data_book_set(b, s), .report = &r->split[s], .f = f };
	uint64_t n = data_book_size(b, s);

	*out = (struct data_hits){ .rows = n };
	out->bit = xcalloc(n / 64 + 1, sizeof *out->bit);
	out->before = xcalloc(n / BLOCK + 1, sizeof *out->before);
	for (size_t i = 0; f->text[i]; i++)
		q.text[i] = lower(f->text[i]);
	progress_begin(pg, n, "rows", "looking through %s rows", data_split_name(s));
	for (uint64_t i = 0; i < n; i++) {
		if (i % BLOCK == 0)
			out->before[i / BLOCK] = out->n;
		if (fits(&q, i)) {
			out->bit[i / 64] |= (uint64_t)1 << i % 64;
			out->n++;
		}
		if (i % TICK_ROWS == 0 && progress_tick(pg, i))
			return err_set(err, ST_STOPPED, "the search was stopped");
	}
	return ST_OK;
}

/* --- by number --- */

uint64_t data_hits_rank(const struct data_hits *h, uint64_t row)
{
	uint64_t word = row / BLOCK * (BLOCK / 64), n = h->before[row / BLOCK];

	for (; word < row / 64; word++)
		n += (uint64_t)__builtin_popcountll(h->bit[word]);
	return n + (uint64_t)__builtin_popcountll(
		h->bit[word] & (((uint64_t)1 << row % 64) - 1));
}

uint64_t data_hits_row(const struct data_hits *h, uint64_t k)
{
	uint64_t low = 0, high = h->rows / BLOCK, word, left;

	BUG_IF(k >= h->n);
	while (low < high) { /* the last block with no more than k before it */
		uint64_t mid = high - (high - low) / 2;

		if (mid * BLOCK < h->rows && h->before[mid] <= k)
			low = mid;
		else
			high = mid - 1;
	}
	left = k - h->before[low];
	word = low * (BLOCK / 64);
	for (;; word++) {
		uint64_t here = (uint64_t)__builtin_popcountll(h->bit[word]);

		if (left < here)
			break;
		left -= here;
	}
	for (uint64_t bits = h->bit[word];; bits &= bits - 1)
		if (!left--)
			return word * 64 + (uint64_t)__builtin_ctzll(bits);
}

void data_hits_release(struct data_hits *h)
{
	xfree(h->bit);
	xfree(h->before);
	*h = (struct data_hits){ 0 };
}
