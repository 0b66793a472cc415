/*
 * batch.c - micro-batches: which examples (packer), and their rows (batch).
 *
 * A packer holds one window: its examples sorted by length, where each
 * micro-batch of it begins, and which window of which epoch that is. All of it
 * is computed from (seed, task, epoch, window) when the cursor enters.
 */
#include "data/batch.h"

#include <limits.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "data/data_kind.h"

struct packer {
	const struct dataset *d;
	uint64_t seed, n, windows;
	uint32_t task, budget;
	double per_epoch, units; /* as counted at the start */
	bool loaded;
	uint64_t epoch, window;          /* of what follows */
	uint32_t n_rows, n_batches;
	uint64_t row[PACK_WINDOW];       /* in order of length */
	uint64_t key[PACK_WINDOW];       /* (n_ids, n_target, place): the order */
	uint64_t unsorted[PACK_WINDOW];
	uint32_t begin[PACK_WINDOW + 1]; /* of each micro-batch, in row[] */
};

/* --- a window --- */

/* Windows differ by one example at most: no tiny one at the end of an epoch. */
static uint64_t window_begin(const struct packer *p, uint64_t window)
{
	uint64_t each = p->n / p->windows, over = p->n % p->windows;

	return window * each + (window < over ? window : over);
}

enum { PLACE_BITS = 10, LENGTH_BITS = 27, LENGTH_MAX = (1 << LENGTH_BITS) - 1 };
_Static_assert(PACK_WINDOW <= 1 << PLACE_BITS, "a place fits its bits");

static uint64_t sort_key(const struct dataset *d, uint64_t row, uint32_t place)
{
	uint32_t ids, target;

	dataset_lengths(d, row, &ids, &target);
	ids = ids < LENGTH_MAX ? ids : LENGTH_MAX;
	target = target < LENGTH_MAX ? target : LENGTH_MAX;
	return ((uint64_t)ids << LENGTH_BITS | target) << PLACE_BITS | place;
}

/* Heap sort: qsort() may call the heap. */
static void sift(uint64_t *v, uint32_t at, uint32_t n)
{
	uint64_t x = v[at];

	for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[child] <= x)
			break;
		v[at] = v[child];
	}
	v[at] = x;
}

static void sort_keys(uint64_t *v, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (uint32_t end = n; end-- > 1;) {
		uint64_t most = v[0];

		v[0] = v[end];
		v[end] = most;
		sift(v, 0, end);
	}
}

/* The next example joins unless the budget would be exceeded. */
static void cut_window(struct packer *p)
{
	uint64_t cost = 0;

	p->n_batches = 0;
	for (uint32_t i = 0; i < p->n_rows; i++) {
		uint32_t c = dataset_cost(p->d, p->row[i]);
		bool full = p->n_batches &&
			    i - p->begin[p->n_batches - 1] == BATCH_EXAMPLES_MAX;

		if (!p->n_batches || full || cost + c > p->budget) {
			p->begin[p->n_batches++] = i;
			cost = 0;
		}
		cost += c;
	}
	p->begin[p->n_batches] = p->n_rows;
}

static void load_window(struct packer *p, uint64_t epoch, uint64_t window)
{
	struct rng order = rng_stream(p->seed, RNG_SHUFFLE, p->task, epoch);
	uint64_t first = window_begin(p, window);

	if (p->loaded && p->epoch == epoch && p->window == window)
		return;
	p->n_rows = (uint32_t)(window_begin(p, window + 1) - first);
	for (uint32_t i = 0; i < p->n_rows; i++) {
		p->unsorted[i] = rng_permute(&order, p->n, first + i);
		p->key[i] = sort_key(p->d, p->unsorted[i], i);
	}
	sort_keys(p->key, p->n_rows);
	for (uint32_t i = 0; i < p->n_rows; i++)
		p->row[i] = p->unsorted[p->key[i] & (PACK_WINDOW - 1)];
	cut_window(p);
	p->epoch = epoch;
	p->window = window;
	p->loaded = true;
}

/* --- drawing --- */

static void next_window(const struct packer *p, struct cursor *c)
{
	c->next = 0;
	if (++c->window >= p->windows) {
		c->window = 0;
		c->epoch++;
	}
}

/* A cursor that points behind the end (it comes from a file) moves on. */
static void enter(struct packer *p, struct cursor *c)
{
	if (c->window >= p->windows)
		next_window(p, c);
	load_window(p, c->epoch, c->window);
	if (c->next >= p->n_batches) {
		next_window(p, c);
		load_window(p, c->epoch, c->window);
	}
}

int packer_draw(struct packer *p, struct cursor *c, uint64_t *rows)
{
	struct rng order;
	uint64_t k;
	int n;

	enter(p, c);
	order = rng_stream(p->seed, RNG_WINDOW, p->task,
			   c->epoch * p->windows + c->window);
	k = rng_permute(&order, p->n_batches, c->next);
	n = (int)(p->begin[k + 1] - p->begin[k]);
	for (int i = 0; i < n; i++) {
		rows[i] = p->row[p->begin[k] + (uint32_t)i];
		c->tokens += dataset_cost(p->d, rows[i]);
	}
	c->examples += (uint64_t)n;
	c->draw++;
	if (++c->next == p->n_batches)
		next_window(p, c);
	return n;
}

/* --- the packer --- */

enum { WINDOWS_COUNTED = 16 };

/* With seed and task 0, so that neither has a part in the answer. */
static void count_batches(struct packer *p)
{
	uint64_t counted = p->windows < WINDOWS_COUNTED ? p->windows : WINDOWS_COUNTED;
	uint64_t batches = 0, units = 0;

	for (uint64_t w = 0; w < counted; w++) {
		load_window(p, 0, w);
		batches += p->n_batches;
		for (uint32_t i = 0; i < p->n_rows; i++)
			units += dataset_units(p->d, p->row[i]);
	}
	p->loaded = false;
	p->per_epoch = (double)batches * ((double)p->windows / (double)counted);
	p->units = units ? (double)units / (double)batches : 1;
}

struct packer *packer_new(const struct dataset *d, uint64_t seed, int task,
			  int budget, int32_t cls_id)
{
	struct packer *p = xcalloc(1, sizeof *p);

	(void)cls_id;
	BUG_IF(task < 0 || task >= RNG_TASK_NONE || budget < 1);
	p->d = d;
	p->budget = (uint32_t)budget;
	p->n = dataset_size(d);
	BUG_IF(!p->n);
	p->windows = (p->n - 1) / PACK_WINDOW + 1;
	count_batches(p);
	p->seed = seed;
	p->task = (uint32_t)task;
	return p;
}

void packer_free(struct packer *p)
{
	xfree(p);
}

double packer_per_epoch(const struct packer *p)
{
	return p->per_epoch;
}

uint64_t packer_epoch(const struct packer *p)
{
	return p->epoch;
}

double packer_units(const struct packer *p)
{
	return p->units;
}

/* --- rows --- */

/* The arrays of a batch while they are filled. */
struct filler {
	int32_t *ids, *pos, *seg, *ids_out, *dec_in, *dec_pos, *dec_out, *label, *set;
	int *off, *dec_off, *set_off, *scratch, *unit_off, *unit_row, *unit_rows;
	bool *unit_kept, *has_kept;
	double *number;
	uint64_t *row;
	bool is_set; /* its targets are sets */
};

static int sum(uint64_t total)
{
	BUG_IF(total > INT_MAX);
	return (int)total;
}

static void *array(struct arena *a, int n, size_t size)
{
	return arena_alloc(a, (size_t)(n > 0 ? n : 1) * size);
}

/* How much there is of everything in a batch. */
struct sizes {
	uint64_t N, T, S, U; /* tokens, labels of sets, units */
};

static void filler_init(struct filler *f, struct arena *a, int B, const struct sizes *all)
{
	int N = sum(all->N), T = sum(all->T), S = sum(all->S), U = sum(all->U);

	f->ids = array(a, N, sizeof *f->ids);
	f->pos = array(a, N, sizeof *f->pos);
	f->seg = array(a, N, sizeof *f->seg);
	f->off = array(a, B + 1, sizeof *f->off);
	f->dec_in = array(a, T, sizeof *f->dec_in);
	f->dec_pos = array(a, T, sizeof *f->dec_pos);
	f->dec_out = array(a, T, sizeof *f->dec_out);
	f->dec_off = array(a, B + 1, sizeof *f->dec_off);
	f->label = array(a, B, sizeof *f->label);
	f->set = array(a, S, sizeof *f->set);
	f->set_off = array(a, B + 1, sizeof *f->set_off);
	f->number = array(a, B, sizeof *f->number);
	f->row = array(a, B, sizeof *f->row);
	f->unit_off = array(a, B + 1, sizeof *f->unit_off);
	f->unit_row = array(a, U, sizeof *f->unit_row);
	f->unit_rows = array(a, U, sizeof *f->unit_rows);
	f->unit_kept = array(a, U, sizeof *f->unit_kept);
	f->has_kept = array(a, B, sizeof *f->has_kept);
	f->off[0] = f->dec_off[0] = f->set_off[0] = f->unit_off[0] = 0;
	f->ids_out = NULL;
}

/* An id that is none can only come from a damaged cache: it becomes [UNK]. */
static int32_t safe(const struct dataset *d, int32_t id)
{
	return d ? dataset_safe_id(d, id) : id;
}

static void fill_source(struct filler *f, const struct dataset *d, int b,
			const struct example *e)
{
	int at = f->off[b];

	for (int i = 0; i < e->n_ids; i++) {
		f->ids[at + i] = safe(d, e->ids[i]);
		f->pos[at + i] = i;
		f->seg[at + i] = i >= e->second;
	}
	f->off[b + 1] = at + e->n_ids;
}

static void fill_target(struct filler *f, const struct dataset *d, int b,
			const struct example *e, int32_t cls_id)
{
	int at = f->dec_off[b];

	for (int i = 0; i < e->n_target; i++) {
		f->dec_out[at + i] = safe(d, e->target[i]);
		f->dec_in[at + i] = i ? f->dec_out[at + i - 1] : cls_id;
		f->dec_pos[at + i] = i;
	}
	f->dec_off[b + 1] = at + e->n_target;
}

/* A number that is no label's can only come from a damaged cache: it is none. */
static void fill_set(struct filler *f, const struct dataset *d, int b,
		     const struct example *e)
{
	int at = f->set_off[b];

	for (int i = 0; i < e->n_set; i++)
		if (!d || (e->set[i] >= 0 && e->set[i] < dataset_labels(d)))
			f->set[at++] = e->set[i];
	f->set_off[b + 1] = at;
}

/* Rows that are none of the example's can only come from a damaged cache: not read. */
static void fill_units(struct filler *f, int b, const struct example *e)
{
	int at = f->unit_off[b];

	for (int i = 0; i < e->n_unit; i++) {
		const struct unit_place *u = &e->unit[i];

		if (!unit_is_read(u, e->n_ids))
			continue;
		f->unit_row[at] = f->off[b] + u->from;
		f->unit_rows[at] = unit_rows(u);
		f->unit_kept[at++] = unit_is_kept(u);
	}
	f->unit_off[b + 1] = at;
	f->has_kept[b] = e->has_kept;
}

static void fill_example(struct filler *f, const struct dataset *d, int b,
			 const struct example *e, int32_t cls_id)
{
	fill_source(f, d, b, e);
	fill_target(f, d, b, e, cls_id);
	fill_set(f, d, b, e);
	fill_units(f, b, e);
	f->label[b] = !f->is_set || e->n_set < 0 ? e->label :
			      f->set_off[b + 1] - f->set_off[b];
	f->number[b] = e->number;
}

static void finish(struct batch *out, const struct filler *f, int B)
{
	out->B = B;
	out->N = f->off[B];
	out->T = f->dec_off[B];
	out->ids = f->ids;
	out->pos = f->pos;
	out->seg = f->seg;
	out->off = f->off;
	out->ids_out = f->ids_out;
	out->dec_in = f->dec_in;
	out->dec_pos = f->dec_pos;
	out->dec_out = f->dec_out;
	out->dec_off = f->dec_off;
	out->label = f->label;
	out->set = f->set;
	out->set_off = f->set_off;
	out->unit_off = f->unit_off;
	out->unit_row = f->unit_row;
	out->unit_rows = f->unit_rows;
	out->unit_kept = f->unit_kept;
	out->has_kept = f->has_kept;
	out->number = f->number;
	out->row = f->row;
}

/* What rows of a text are to say. */
static void fill_aims(struct filler *f, struct arena *a, const struct dataset *d, int B,
		      uint64_t epoch)
{
	int N = f->off[B];

	f->ids_out = array(a, N, sizeof *f->ids_out);
	f->scratch = array(a, N, sizeof *f->scratch);
	for (int b = 0; b < B; b++) {
		int at = f->off[b];

		data_kind(dataset_kind(d))->aim(d, f->row[b], epoch, f->off[b + 1] - at,
						f->ids + at, f->scratch, f->ids_out + at);
	}
}

static void add_sizes(struct sizes *all, const struct example *e)
{
	all->N += (uint64_t)e->n_ids;
	all->T += (uint64_t)e->n_target;
	all->S += e->n_set > 0 ? (uint64_t)e->n_set : 0;
	all->U += (uint64_t)e->n_unit;
}

void batch_build(struct batch *out, struct arena *a, const struct dataset *d,
		 int task, const uint64_t *rows, int n, uint64_t epoch, uint64_t draw,
		 int32_t cls_id)
{
	struct sizes all = { 0 };
	struct filler f;

	for (int b = 0; b < n; b++) {
		struct example e;

		dataset_get(d, rows[b], &e);
		add_sizes(&all, &e);
	}
	filler_init(&f, a, n, &all);
	f.is_set = data_target(dataset_kind(d))->has_set;
	for (int b = 0; b < n; b++) {
		struct example e;

		dataset_get(d, rows[b], &e);
		fill_example(&f, d, b, &e, cls_id);
		f.row[b] = rows[b];
	}
	if (data_kind(dataset_kind(d))->aim)
		fill_aims(&f, a, d, n, epoch);
	*out = (struct batch){ .task = task, .kind = dataset_kind(d), .draw = draw };
	finish(out, &f, n);
}

void batch_build_examples(struct batch *out, struct arena *a,
			  enum task_kind kind, int task,
			  const struct example *ex, int n, uint64_t draw,
			  int32_t cls_id)
{
	struct sizes all = { 0 };
	struct filler f;

	for (int b = 0; b < n; b++)
		add_sizes(&all, &ex[b]);
	filler_init(&f, a, n, &all);
	f.is_set = data_target(kind)->has_set;
	for (int b = 0; b < n; b++) {
		fill_example(&f, NULL, b, &ex[b], cls_id);
		f.row[b] = (uint64_t)b;
	}
	*out = (struct batch){ .task = task, .kind = kind, .draw = draw };
	finish(out, &f, n);
}
