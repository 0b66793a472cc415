/*
 * bpe_merge.c - a word's bytes merged into pieces.
 *
 * Of all pairs of neighbours the one whose merge stands first in the list becomes one
 * piece, of equal ones the leftmost, until no pair is in the list. A short word's parts
 * are looked through for it each time; a long one's are a linked list, and what could be
 * merged waits in a heap: O(n log n) for a word of n bytes, which has no limit.
 */
#include <string.h>

#include "base/mem.h"
#include "text/bpe.h"

/* --- the table --- */

static uint64_t key_of(int32_t left, int32_t right)
{
	return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static size_t place_of(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15U;
	return (size_t)(key ^ key >> 32);
}

/* Of these two, or the empty place where it would be. */
static struct bpe_merge *find_merge(const struct bpe *t, int32_t left, int32_t right)
{
	uint64_t key = key_of(left, right);
	size_t i = place_of(key) & t->merge_mask;

	while (t->merge[i].rank >= 0 && t->merge[i].key != key)
		i = (i + 1) & t->merge_mask;
	return &t->merge[i];
}

/* The piece of both together is there: bpe_read.c has looked. */
static int32_t id_of_both(const struct bpe *t, struct bpe_pair p)
{
	struct buf b;
	int id;

	buf_init(&b);
	buf_adds(&b, strings_at(&t->piece, p.left));
	buf_adds(&b, strings_at(&t->piece, p.right));
	id = string_index_find(&t->names, &t->piece, buf_str(&b), b.len);
	buf_release(&b);
	BUG_IF(id < 0);
	return id;
}

void bpe_index_merges(struct bpe *t)
{
	size_t cap = 64;

	while (cap < (size_t)t->n_pairs * 2)
		cap *= 2;
	t->merge_mask = cap - 1;
	t->merge = xreallocarray(NULL, cap, sizeof *t->merge);
	for (size_t i = 0; i < cap; i++)
		t->merge[i] = (struct bpe_merge){ .rank = -1 };
	for (int i = 0; i < t->n_pairs; i++) {
		struct bpe_pair p = t->pair[i];

		*find_merge(t, p.left, p.right) = (struct bpe_merge){
			.key = key_of(p.left, p.right), .rank = i, .id = id_of_both(t, p)
		};
	}
}

/* --- room --- */

void bpe_work_init(struct bpe_work *w)
{
	w->part = w->few;
	w->many = NULL;
	w->cap = 0;
}

void bpe_work_release(struct bpe_work *w)
{
	xfree(w->many);
}

static void make_room(struct bpe_work *w, size_t len)
{
	w->part = w->few;
	if (len <= BPE_SHORT)
		return;
	w->many = array_grow(w->many, len, &w->cap, sizeof *w->many);
	w->part = w->many;
}

/*
 * A part for each byte that has a piece; of those that have none, unks. Where there is
 * no unk a byte is no part, and belongs to its neighbour's place.
 */
static size_t spell(const struct bpe *t, const char *word, size_t len, struct bpe_part *part)
{
	bool after_unk = false;
	uint32_t lost = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int32_t id = t->byte[(unsigned char)word[i]];
		bool is_lost = id < 0 && t->unk < 0;

		if (n && (is_lost || (id < 0 && after_unk && t->fuse_unk))) {
			part[n - 1].len++;
		} else if (is_lost) {
			lost++;
		} else {
			part[n++] = (struct bpe_part){ id < 0 ? t->unk : id, 1 + lost };
			lost = 0;
		}
		after_unk = id < 0;
	}
	return n;
}

/* --- short words --- */

static size_t merge_short(const struct bpe *t, struct bpe_part *part, size_t n)
{
	const struct bpe_merge *pair[BPE_SHORT];

	for (size_t i = 0; i + 1 < n; i++)
		pair[i] = find_merge(t, part[i].id, part[i + 1].id);
	while (n > 1) {
		size_t best = n;

		for (size_t i = 0; i + 1 < n; i++)
			if (pair[i]->rank >= 0 &&
			    (best == n || pair[i]->rank < pair[best]->rank))
				best = i;
		if (best == n)
			break;
		part[best] = (struct bpe_part){ pair[best]->id,
						part[best].len + part[best + 1].len };
		n--;
		for (size_t i = best + 1; i < n; i++) {
			part[i] = part[i + 1];
			pair[i - 1] = pair[i]; /* the one at best is found anew */
		}
		if (best > 0)
			pair[best - 1] = find_merge(t, part[best - 1].id, part[best].id);
		if (best + 1 < n)
			pair[best] = find_merge(t, part[best].id, part[best + 1].id);
	}
	return n;
}

/* --- long words --- */

struct waiting {
	int32_t rank, id;
	uint32_t at; /* the left one of the pair */
};

struct merging {
	const struct bpe *t;
	struct bpe_part *part;
	uint32_t *prev, *next; /* n: there is none; part[i].len 0: it is in another */
	uint32_t n;
	struct waiting *heap;
	size_t held, cap;
};

static bool is_before(const struct waiting *a, const struct waiting *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void heap_put(struct merging *m, struct waiting w)
{
	size_t i = m->held++;

	ARRAY_GROW(m->heap, i, m->cap);
	for (; i && is_before(&w, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = w;
}

static struct waiting heap_take(struct merging *m)
{
	struct waiting first = m->heap[0], last = m->heap[--m->held];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < m->held) {
		if (child + 1 < m->held && is_before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!is_before(&m->heap[child], &last))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = last;
	return first;
}

static void wait_for(struct merging *m, uint32_t left)
{
	uint32_t right = left < m->n ? m->next[left] : m->n;
	const struct bpe_merge *f;

	if (right >= m->n)
		return;
	f = find_merge(m->t, m->part[left].id, m->part[right].id);
	if (f->rank >= 0)
		heap_put(m, (struct waiting){ f->rank, f->id, left });
}

/* Its pair may have changed since it was put there. */
static bool still_holds(const struct merging *m, const struct waiting *w)
{
	const struct bpe_merge *f;

	if (!m->part[w->at].len || m->next[w->at] >= m->n)
		return false;
	f = find_merge(m->t, m->part[w->at].id, m->part[m->next[w->at]].id);
	return f->rank == w->rank;
}

static void join(struct merging *m, const struct waiting *w)
{
	uint32_t left = w->at, right = m->next[left], after = m->next[right];

	m->part[left].id = w->id;
	m->part[left].len += m->part[right].len;
	m->part[right].len = 0;
	m->next[left] = after;
	if (after < m->n)
		m->prev[after] = left;
	wait_for(m, m->prev[left]);
	wait_for(m, left);
}

static size_t merge_long(const struct bpe *t, struct bpe_part *part, size_t n)
{
	struct merging m = { .t = t, .part = part, .n = (uint32_t)n };
	size_t left = 0;

	m.prev = xreallocarray(NULL, n, sizeof *m.prev);
	m.next = xreallocarray(NULL, n, sizeof *m.next);
	for (uint32_t i = 0; i < m.n; i++) {
		m.prev[i] = i ? i - 1 : m.n;
		m.next[i] = i + 1;
	}
	for (uint32_t i = 0; i < m.n; i++)
		wait_for(&m, i);
	while (m.held) {
		struct waiting w = heap_take(&m);

		if (still_holds(&m, &w))
			join(&m, &w);
	}
	for (size_t i = 0; i < n; i++)
		if (part[i].len)
			part[left++] = part[i];
	xfree(m.heap);
	xfree(m.prev);
	xfree(m.next);
	return left;
}

size_t bpe_split(const struct bpe *t, const char *word, size_t len, struct bpe_work *w)
{
	size_t n;

	make_room(w, len);
	n = spell(t, word, len, w->part);
	return n <= BPE_SHORT ? merge_short(t, w->part, n) : merge_long(t, w->part, n);
}
