/*
 * search.c - hypotheses, candidates and how they are ranked.
 *
 * Per source, each turn: of all continuations of the live hypotheses the best
 * 2 * beams are kept, by log p, ties by lower id, then by lower row: a hypothesis can end
 * in one way only, so at most half of them are ends. Those among the first `beams` that end
 * ([SEP]) are finished; the best `beams` of the others live on. The source is done when
 * `beams` hypotheses have finished. At max_len pieces only [SEP] may follow, and its
 * probability counts. Finished ones are ranked by log p / ((5 + n) / 6)^a, n pieces
 * without [SEP] (Wu et al. 2016, eq. 14).
 *
 * Sources know nothing of each other: a batch is searched as each of them would be alone
 * (test_alone). Every order has its ties decided (test_ties), and NaN is never a candidate
 * (test_nan), so a search ends after max_len + 1 turns at most.
 */
#include "model/search.h"

#include <math.h>
#include <string.h>

#include "tensor/vmath.h"

/* One hypothesis; arrays have room for max_len pieces. */
struct record {
	int n;
	int32_t *ids, *from;
	float *prob, *gate;
	struct gaze *look;
	double logp, score;
};

struct candidate {
	int row;
	int32_t id, from;
	float prob, gate;
	double logp;
};

struct source {
	int n_live;                /* rows this turn */
	int first_row;
	int n_done, n_ended;       /* kept; ever ended */
	bool over;
	struct record *done;       /* [beams], best first */
	int n_cand;
	struct candidate *cand;    /* [2 beams], best first */
};

struct search {
	struct search_setup is;
	int keep;                  /* candidates of a source */
	int length;
	int R;
	bool stopped;
	struct search_row *row;    /* [slots] */
	struct search_row *next;   /* [slots] */
	struct gaze *seen;       /* [slots] what this turn's rows look at */
	int n_next;
	struct source *src;        /* [B] */
	struct record *slot;       /* [slots] */
	int n_moves;
	struct search_move *move;  /* [slots] */
	int *top;                  /* [keep] scratch of a row's best ids */
};

static struct record record_new(struct arena *a, int max_len)
{
	size_t n = (size_t)max_len + 1;

	return (struct record){
		.ids = arena_alloc(a, n * sizeof(int32_t)),
		.from = arena_alloc(a, n * sizeof(int32_t)),
		.prob = arena_alloc(a, n * sizeof(float)),
		.gate = arena_alloc(a, n * sizeof(float)),
		.look = arena_alloc(a, n * sizeof(struct gaze)),
	};
}

static void record_copy(struct record *to, const struct record *from)
{
	size_t n = (size_t)from->n;

	memcpy(to->ids, from->ids, n * sizeof *to->ids);
	memcpy(to->from, from->from, n * sizeof *to->from);
	memcpy(to->prob, from->prob, n * sizeof *to->prob);
	memcpy(to->gate, from->gate, n * sizeof *to->gate);
	memcpy(to->look, from->look, n * sizeof *to->look);
	to->n = from->n;
	to->logp = from->logp;
	to->score = from->score;
}

static void record_push(struct record *r, const struct candidate *c,
			const struct gaze *look)
{
	r->ids[r->n] = c->id;
	r->from[r->n] = c->from;
	r->prob[r->n] = c->prob;
	r->gate[r->n] = c->gate;
	r->look[r->n] = *look;
	r->n++;
	r->logp = c->logp;
}

/* One live row per source, with nothing said yet. */
static void first_rows(struct search *s)
{
	int beams = s->is.dc.beams;

	for (int b = 0; b < s->is.B; b++) {
		s->row[b] = (struct search_row){ b, b * beams, s->is.cls };
		s->src[b].n_live = 1;
		s->src[b].first_row = b;
	}
	s->R = s->is.B;
}

struct search *search_new(struct arena *a, const struct search_setup *setup)
{
	struct search *s = arena_zalloc(a, sizeof *s);
	int beams = setup->dc.beams, L = setup->dc.max_len;
	size_t B = (size_t)setup->B, n = B * (size_t)beams;

	BUG_IF(beams < 1 || L < 0 || setup->V < 1 || setup->B < 0);
	s->is = *setup;
	s->keep = 2 * beams;
	s->row = arena_alloc(a, (n + 1) * sizeof *s->row);
	s->next = arena_alloc(a, (n + 1) * sizeof *s->next);
	s->seen = arena_alloc(a, (n + 1) * sizeof *s->seen);
	s->move = arena_alloc(a, (n + 1) * sizeof *s->move);
	s->top = arena_alloc(a, (size_t)s->keep * sizeof *s->top);
	s->src = arena_zalloc(a, (B + 1) * sizeof *s->src);
	s->slot = arena_alloc(a, (n + 1) * sizeof *s->slot);
	for (size_t i = 0; i < n; i++)
		s->slot[i] = record_new(a, L);
	for (size_t b = 0; b < B; b++) {
		struct source *src = &s->src[b];

		src->done = arena_alloc(a, (size_t)beams * sizeof *src->done);
		src->cand = arena_alloc(a, (size_t)s->keep * sizeof *src->cand);
		for (int i = 0; i < beams; i++)
			src->done[i] = record_new(a, L);
	}
	first_rows(s);
	return s;
}

int search_rows(struct search *s, const struct search_row **rows)
{
	const struct decode_config *dc = &s->is.dc;

	if (s->R && dc->stop && dc->stop(dc->arg)) {
		s->stopped = true;
		return 0;
	}
	*rows = s->row;
	return s->R;
}

int search_length(const struct search *s)
{
	return s->length;
}

int search_slots(const struct search *s)
{
	return s->is.B * s->is.dc.beams;
}

int search_max_len(const struct search *s)
{
	return s->is.dc.max_len;
}

/* --- what may follow --- */

/* Zeroes what would repeat an n-gram of the hypothesis. */
static void block_repeats(const struct record *r, int n, float *p)
{
	size_t head = (size_t)(n - 1);

	for (int i = 0; i + n <= r->n; i++)
		if (!memcmp(r->ids + i, r->ids + r->n - (n - 1),
			    head * sizeof *r->ids))
			p[r->ids[i + n - 1]] = 0.0f;
}

static void restrict_row(const struct search *s, const struct record *r,
			 float *p)
{
	const struct search_setup *is = &s->is;

	if (r->n >= is->dc.max_len) {
		float end = p[is->sep];

		memset(p, 0, (size_t)is->V * sizeof *p);
		p[is->sep] = end;
		return;
	}
	for (int i = 0; i < is->n_banned; i++)
		if (is->banned[i] != is->sep && is->banned[i] >= 0 &&
		    is->banned[i] < is->V)
			p[is->banned[i]] = 0.0f;
	if (r->n < is->dc.min_len)
		p[is->sep] = 0.0f;
	if (is->dc.no_repeat > 0)
		block_repeats(r, is->dc.no_repeat, p);
}

/* Ids of the greatest p > 0, best first, ties by lower id; NaN never. */
static int best_ids(const struct search *s, const float *p)
{
	float least = 0.0f;
	int n = 0;

	for (int i = 0; i < s->is.V; i++) {
		int j;

		if (!(p[i] > least))
			continue;
		j = n < s->keep ? n++ : n - 1;
		for (; j > 0 && p[i] > p[s->top[j - 1]]; j--)
			s->top[j] = s->top[j - 1];
		s->top[j] = i;
		if (n == s->keep)
			least = p[s->top[n - 1]];
	}
	return n;
}

/* The source row of this piece with the most attention, or -1. */
static int32_t copied_from(const struct search_offer *o, int32_t id)
{
	int32_t best = -1;

	for (int j = 0; o->copy && j < o->n_src; j++)
		if (o->src[j] == id &&
		    (best < 0 || o->copy[j] > o->copy[best]))
			best = j;
	return best;
}

/* The places with the most attention; of equals the first. */
static struct gaze gaze_of(const struct search_offer *o)
{
	struct gaze g;

	for (int k = 0; k < GAZES; k++) {
		g.at[k] = -1;
		g.share[k] = 0.0f;
	}
	for (int j = 0; o->copy && j < o->n_src; j++) {
		int k = GAZES - 1;

		if (!(o->copy[j] > g.share[k]))
			continue;
		for (; k > 0 && o->copy[j] > g.share[k - 1]; k--) {
			g.at[k] = g.at[k - 1];
			g.share[k] = g.share[k - 1];
		}
		g.at[k] = j;
		g.share[k] = o->copy[j];
	}
	return g;
}

static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->logp > b->logp || a->logp < b->logp)
		return a->logp > b->logp;
	return a->id != b->id ? a->id < b->id : a->row < b->row;
}

static void candidate_insert(const struct search *s, struct source *src,
			     const struct candidate *c)
{
	int j;

	if (src->n_cand == s->keep && !better(c, &src->cand[s->keep - 1]))
		return;
	j = src->n_cand < s->keep ? src->n_cand++ : s->keep - 1;
	for (; j > 0 && better(c, &src->cand[j - 1]); j--)
		src->cand[j] = src->cand[j - 1];
	src->cand[j] = *c;
}

void search_offer(struct search *s, int row, const struct search_offer *o)
{
	const struct record *r = &s->slot[s->row[row].slot];
	struct source *src = &s->src[s->row[row].source];
	int n;

	s->seen[row] = gaze_of(o);
	restrict_row(s, r, o->p);
	n = best_ids(s, o->p);
	for (int i = 0; i < n; i++) {
		int32_t id = s->top[i];
		struct candidate c = {
			.row = row, .id = id, .prob = o->p[id],
			.gate = o->gate, .from = copied_from(o, id),
			.logp = r->logp + v_logd((double)o->p[id]),
		};

		candidate_insert(s, src, &c);
	}
}

/* --- choosing --- */

static void finish(struct search *s, struct source *src, const struct record *r,
		   double logp)
{
	double a = (double)s->is.dc.length_penalty;
	double lp = v_expd(a * v_logd((5.0 + r->n) / 6.0));
	double score = logp / lp;
	struct record spare;
	int j;

	src->n_ended++;
	if (src->n_done == s->is.dc.beams &&
	    !(score > src->done[src->n_done - 1].score))
		return;
	j = src->n_done < s->is.dc.beams ? src->n_done++ : src->n_done - 1;
	spare = src->done[j];
	for (; j > 0 && score > src->done[j - 1].score; j--)
		src->done[j] = src->done[j - 1];
	record_copy(&spare, r);
	spare.logp = logp;
	spare.score = score;
	src->done[j] = spare;
}

static struct record *row_record(struct search *s, int row)
{
	return &s->slot[s->row[row].slot];
}

/* Nothing more will come: if none ended, what there is counts as it stands. */
static void close_source(struct search *s, struct source *src)
{
	if (!src->n_ended)
		for (int i = 0; i < src->n_live; i++) {
			const struct record *r =
				row_record(s, src->first_row + i);

			finish(s, src, r, r->logp);
		}
	src->over = true;
	src->n_live = 0;
}

static bool is_taken(const struct search_row *row, int n, int slot)
{
	for (int i = 0; i < n; i++)
		if (row[i].slot == slot)
			return true;
	return false;
}

/*
 * Gives each child a slot: its parent's, or for the second child on a free one
 * of the source, filled with a copy of the parent's record. First children first, so
 * that a free slot is one that nobody copies from.
 */
static void place_children(struct search *s, int source,
			   const struct candidate *child, int n)
{
	struct search_row *row = s->next + s->n_next;
	int beams = s->is.dc.beams, slot = source * beams;

	for (int i = 0; i < n; i++) {
		int parent = s->row[child[i].row].slot;

		row[i] = (struct search_row){ source, -1, child[i].id };
		if (!is_taken(row, i, parent))
			row[i].slot = parent;
	}
	for (int i = 0; i < n; i++) {
		int parent = s->row[child[i].row].slot;

		if (row[i].slot >= 0)
			continue;
		while (is_taken(row, n, slot))
			slot++;
		BUG_IF(slot >= (source + 1) * beams);
		row[i].slot = slot;
		record_copy(&s->slot[slot], &s->slot[parent]);
		s->move[s->n_moves++] = (struct search_move){ parent, slot };
	}
	for (int i = 0; i < n; i++)
		record_push(&s->slot[row[i].slot], &child[i],
			    &s->seen[child[i].row]);
	s->src[source].first_row = s->n_next;
	s->src[source].n_live = n;
	s->n_next += n;
}

/* Ends, children, or neither: what becomes of one source this turn. */
static void choose(struct search *s, int b)
{
	struct source *src = &s->src[b];
	int beams = s->is.dc.beams, n = 0;

	for (int i = 0; i < src->n_cand; i++) {
		const struct candidate *c = &src->cand[i];

		if (c->id != s->is.sep && n < beams)
			src->cand[n++] = *c;
		else if (c->id == s->is.sep && i < beams)
			finish(s, src, row_record(s, c->row), c->logp);
	}
	src->n_cand = 0;
	if (!n || src->n_ended >= beams)
		close_source(s, src);
	else
		place_children(s, b, src->cand, n);
}

int search_advance(struct search *s, const struct search_move **moves)
{
	struct search_row *was = s->row;

	s->n_next = 0;
	s->n_moves = 0;
	for (int b = 0; b < s->is.B; b++)
		if (!s->src[b].over)
			choose(s, b);
	s->row = s->next;
	s->next = was;
	s->R = s->n_next;
	s->length++;
	*moves = s->move;
	return s->n_moves;
}

/* --- the outcome --- */

static void *copy_out(struct arena *a, const void *from, int n, size_t size)
{
	void *to = arena_alloc(a, (size_t)n * size + 1);

	return memcpy(to, from, (size_t)n * size);
}

static struct hypothesis outcome(struct arena *a, const struct record *r)
{
	return (struct hypothesis){
		.n = r->n,
		.ids = copy_out(a, r->ids, r->n, sizeof *r->ids),
		.prob = copy_out(a, r->prob, r->n, sizeof *r->prob),
		.gate = copy_out(a, r->gate, r->n, sizeof *r->gate),
		.from = copy_out(a, r->from, r->n, sizeof *r->from),
		.look = copy_out(a, r->look, r->n, sizeof *r->look),
		.score = (float)r->score,
	};
}

void search_end(struct search *s, struct generation *g)
{
	int beams = s->is.dc.beams;

	g->B = s->is.B;
	g->beams = beams;
	g->stopped = s->stopped;
	g->hyp = arena_zalloc(&g->arena, (size_t)search_slots(s) *
			      sizeof *g->hyp + 1);
	for (int b = 0; b < g->B; b++) {
		struct source *src = &s->src[b];

		if (!src->over)
			close_source(s, src);
		for (int i = 0; i < beams; i++)
			g->hyp[b * beams + i] = i < src->n_done ?
				outcome(&g->arena, &src->done[i]) :
				(struct hypothesis){ .score = -HUGE_VALF };
	}
}
