/*
 * op_output.c - output layer and loss in one, for some rows at a time and the
 * vocabulary in slices.
 *
 * A slice of logits is multiplied, raised to exp(x - its own greatest) and summed
 * while it is in the cache; what it knows of its greatest and its sum goes into
 * the row's. With the row's sum known, a second pass turns each slice into its
 * gradient, one multiplication an element, and multiplies that into dX, dW and db
 * at once. So logits pass through memory once in each direction, and the loss
 * adds all its gradients in the forward pass: the tape has nothing to record. Whoever
 * begins a pass with gradients has cleared their buffer before it, not before the way
 * back.
 *
 * The row's sum is put together from its slices' in their order, each at its own
 * greatest, in double. dW is summed over rows within a chunk and over chunks in turn. So
 * the sizes below are part of the bits; how many rows a chunk has follows from V and the
 * counted rows alone, never from memory or threads.
 */
#include <math.h> /* HUGE_VAL */
#include <string.h>

#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/output.h"
#include "tensor/vmath.h"
#include "tensor/weights.h"

enum {
	SLICE = 512,            /* pieces of the vocabulary: a multiple of BLAS_PART */
	CHUNK_FLOATS = 1 << 22, /* logits at a time: 16 MB */
	CHUNK_ROWS_MIN = 32,
	CHUNK_ROWS_MAX = 192,
};

/* What is known of a row of logits after some slices. */
struct row {
	double max, sum;  /* sum of exp(x - max) */
	double at;        /* the target's logit */
	double total;     /* sum of x; only with smoothing */
	double share;     /* of the loss that softmax has: 1 - e, less what is copied */
	double scale;     /* the row's loss in the sum */
};

/* Some counted rows: logits and peak are [slices][rows][..]. */
struct chunk {
	int from, rows;   /* in o->row */
	const float *x;   /* [rows, C] */
	float *logits;    /* a slice: [rows, its width]; one place for all when only
			     the loss is wanted */
	float *peak;      /* [slices][rows] the greatest of each */
	struct row *row;  /* [rows] */
};

/* log(1 + e^x) */
static double softplus(double x)
{
	return x > 0.0 ? x + v_logd(1.0 + v_expd(-x)) :
			 v_logd(1.0 + v_expd(x));
}

/*
 * log p(y) from both ways to say y, in logarithms, so that neither a vanished
 * softmax nor a closed gate divides by nothing. *share: the generated part.
 */
static double mix_row(const struct output *o, int i, double log_soft,
		      double *share)
{
	double e = (double)o->smoothing, gate = (double)o->mix->gate[i];
	double lg = log_soft - softplus(-gate);
	double lc = v_logd(o->mix->copy[i]) - softplus(gate);
	double hi = lg > lc ? lg : lc;
	double a = v_expd(lg - hi), b = v_expd(lc - hi);
	double g = v_expd(-softplus(-gate));

	*share = (1.0 - e) * a / (a + b);
	o->mix->w_copy[i] = (1.0 - e) * b / (a + b);
	if (o->mix->dgate)
		o->mix->dgate[i] += (float)((o->mix->w_copy[i] * g -
					     *share * (1.0 - g)) / o->n);
	return hi + v_logd(a + b);
}

/* --- the first pass --- */

/* x [n], logits of pieces v, v + 1, ..., become exp(x - *peak). */
static void see(const struct output *o, struct row *r, int target, int v, int n,
		float *x, const float *bias, float *peak)
{
	float top = k_logits_max(n, x, bias);
	double sum, max = r->max > (double)top ? r->max : (double)top;

	if (target >= v && target < v + n)
		r->at = (double)x[target - v];
	if (o->smoothing > 0.0f)
		r->total += k_sum((size_t)n, x);
	sum = o->dx ? k_exp_sum(n, x, top) : k_exp_sum_of(n, x, top);
	r->sum = r->sum * v_expd(r->max - max) + sum * v_expd((double)top - max);
	r->max = max;
	*peak = top;
}

/* The logits of what row i is asked for, as see. */
static void pick(const struct asks *a, int i, int v, int n, const float *x)
{
	for (int j = a->off[i]; j < a->off[i + 1]; j++)
		if (a->piece[j] >= v && a->piece[j] < v + n)
			a->loss[j] = (double)x[a->piece[j] - v];
}

static int width(const struct output *o, int v)
{
	return o->V - v < SLICE ? o->V - v : SLICE;
}

static float *slice_at(const struct output *o, const struct chunk *c, int v)
{
	return c->logits + (o->dx ? (size_t)v * (size_t)c->rows : 0);
}

static void look(struct tape *t, const struct output *o, struct chunk *c)
{
	const float *bias = o->b == PARAM_NONE ? NULL : param_value(t->ps, o->b);

	for (int i = 0; i < c->rows; i++)
		c->row[i] = (struct row){ .max = -HUGE_VAL };
	for (int v = 0; v < o->V; v += SLICE) {
		int n = width(o, v);
		float *x = slice_at(o, c, v);
		float *peak = c->peak + (size_t)(v / SLICE) * (size_t)c->rows;

		weights_forward_part(t->ps, o->w, &t->arena, c->rows, c->x, v, n,
				     x);
		for (int i = 0; i < c->rows; i++) {
			float *row = x + (size_t)i * (size_t)n;
			int at = o->row[c->from + i];

			see(o, &c->row[i], o->target[at], v, n, row, bias ? bias + v : NULL,
			    &peak[i]);
			if (o->asks)
				pick(o->asks, at, v, n, row);
		}
	}
}

/* --- between them: what the loss is --- */

/* Logits become losses; z: of the row's sum. */
static void turn_asks(const struct asks *a, int i, double z)
{
	for (int j = a->off[i]; j < a->off[i + 1]; j++)
		a->loss[j] = z - a->loss[j];
}

static void losses(const struct output *o, struct chunk *c, struct loss *sum)
{
	double e = (double)o->smoothing;

	for (int i = 0; i < c->rows; i++) {
		struct row *r = &c->row[i];
		double z = r->max + v_logd(r->sum), logp = r->at - z, w = 1.0;

		r->share = 1.0 - e;
		r->scale = 1.0 / o->n;
		if (o->weight) {
			r->scale = o->weight[o->row[c->from + i]];
			w = r->scale * o->n;
		}
		if (o->mix)
			logp = mix_row(o, o->row[c->from + i], logp, &r->share);
		sum->plain -= w * logp;
		sum->objective -= w * (1.0 - e) * logp;
		if (e > 0.0)
			sum->objective += w * e * (z - r->total / o->V);
		if (o->each)
			o->each[o->row[c->from + i]] = -logp;
		if (o->asks)
			turn_asks(o->asks, o->row[c->from + i], z);
	}
}

/* --- the second pass --- */

/* As seen, x becomes d loss / d logits. */
static void turn(const struct output *o, const struct row *r, int target, int v,
		 int n, float *x, float peak)
{
	double e = (double)o->smoothing, scale = r->scale;
	double p = v_expd((double)peak - r->max) / r->sum;

	k_affine(n, x, (float)((r->share + e) * scale * p),
		 (float)(-e * scale / o->V));
	if (target >= v && target < v + n)
		x[target - v] -= (float)(r->share * scale);
}

static void multiply(struct tape *t, const struct output *o, struct chunk *c,
		     float *dw, bool add, float *db, float *dx)
{
	for (int v = 0; v < o->V; v += SLICE) {
		int n = width(o, v);
		float *x = slice_at(o, c, v);
		const float *peak = c->peak + (size_t)(v / SLICE) *
					      (size_t)c->rows;

		for (int i = 0; i < c->rows; i++)
			turn(o, &c->row[i], o->target[o->row[c->from + i]], v, n,
			     x + (size_t)i * (size_t)n, peak[i]);
		if (db)
			k_colsum(c->rows, n, db + v, x);
		if (dw)
			weights_grad_part(t->ps, o->w, &t->arena, c->rows, x, v, n, c->x,
					  dw, add);
		weights_back_part(t->ps, o->w, &t->arena, c->rows, x, v, n, dx);
	}
}

static bool is_run(const struct output *o, int from, int rows)
{
	return o->row[from + rows - 1] - o->row[from] == rows - 1;
}

/* dX straight into its rows, or through a block where they are scattered. */
static void learn(struct tape *t, const struct output *o, struct chunk *c)
{
	size_t C = (size_t)o->C;
	float *db = tape_trains(t, o->b) ? grads_at(t->grads, o->b) : NULL, *dx;
	bool add = false, straight = is_run(o, c->from, c->rows);
	float *dw = tape_trains(t, o->w) ? grads_raw(t->grads, o->w, &add) : NULL;

	dx = straight ? o->dx + (size_t)o->row[c->from] * C :
			arena_zalloc(&t->arena, (size_t)c->rows * C * sizeof *dx);
	multiply(t, o, c, dw, add, db, dx);
	for (int i = 0; i < c->rows && !straight; i++)
		k_add(C, o->dx + (size_t)o->row[c->from + i] * C,
		      dx + (size_t)i * C);
}

/* --- chunks --- */

/* Rows of x that count, put together; x itself when they already are. */
static const float *gather(struct tape *t, const struct output *o, int from,
			   int rows)
{
	size_t C = (size_t)o->C;
	float *buf;

	if (is_run(o, from, rows))
		return o->x->v + (size_t)o->row[from] * C;
	buf = arena_alloc(&t->arena, (size_t)rows * C * sizeof *buf);
	for (int i = 0; i < rows; i++)
		memcpy(buf + (size_t)i * C,
		       o->x->v + (size_t)o->row[from + i] * C, C * sizeof *buf);
	return buf;
}

static void chunk_loss(struct tape *t, const struct output *o, int from, int rows,
		       struct loss *sum)
{
	struct arena_mark mark = arena_mark(&t->arena);
	size_t R = (size_t)rows, slices = ((size_t)o->V + SLICE - 1) / SLICE;
	size_t floats = R * (o->dx ? (size_t)o->V : SLICE);
	struct chunk c = { .from = from, .rows = rows };

	c.x = gather(t, o, from, rows);
	c.logits = arena_alloc(&t->arena, floats * sizeof *c.logits);
	c.peak = arena_alloc(&t->arena, slices * R * sizeof *c.peak);
	c.row = arena_alloc(&t->arena, R * sizeof *c.row);
	look(t, o, &c);
	losses(o, &c, sum);
	if (o->dx)
		learn(t, o, &c);
	arena_rewind(&t->arena, mark);
}

static void count_rows(struct tape *t, struct output *o)
{
	int *row = arena_alloc(&t->arena,
			       ((size_t)o->x->rows + 1) * sizeof *row);

	o->n = 0;
	for (int i = 0; i < o->x->rows; i++) {
		BUG_IF(o->target[i] >= o->V);
		if (o->target[i] >= 0)
			row[o->n++] = i;
	}
	o->row = row;
}

/* Rows of a chunk: as many as there is room for, evenly shared out. */
static int chunk_rows(const struct output *o)
{
	int most = CHUNK_FLOATS / o->V, chunks, rows;

	most = most < CHUNK_ROWS_MIN ? CHUNK_ROWS_MIN : most;
	most = most > CHUNK_ROWS_MAX ? CHUNK_ROWS_MAX : most;
	chunks = (o->n + most - 1) / most;
	rows = ((o->n + chunks - 1) / chunks + 11) / 12 * 12; /* whole tiles */
	return rows > o->n ? o->n : rows;
}

struct loss output_loss(struct tape *t, const struct output *o)
{
	struct loss l = { .units = o->n };
	int chunk;

	if (!o->n)
		return l;
	chunk = chunk_rows(o);
	for (int i = 0; i < o->n; i += chunk)
		chunk_loss(t, o, i, o->n - i < chunk ? o->n - i : chunk, &l);
	l.objective /= o->n;
	l.plain /= o->n;
	return l;
}

struct output output_of(struct tape *t, struct ten *x, int w, int b,
			const int32_t *target, float smoothing)
{
	struct output o = { .x = x, .w = w, .b = b, .target = target,
			    .smoothing = smoothing, .V = t->ps->p[w].rows,
			    .C = x->cols };

	BUG_IF(t->ps->p[w].cols != x->cols);
	BUG_IF(b != PARAM_NONE && param_count(t->ps, b) != (size_t)o.V);
	count_rows(t, &o);
	if (t->grads && o.n && (!x->is_fixed || tape_trains(t, w) || tape_trains(t, b)))
		o.dx = ten_grad(t, x);
	return o;
}

struct loss op_output_loss(struct tape *t, struct ten *x, int w, int b,
			   const int32_t *target, float smoothing, double *each)
{
	struct output o = output_of(t, x, w, b, target, smoothing);

	o.each = each;
	return output_loss(t, &o);
}

struct loss op_output_weighted(struct tape *t, struct ten *x, int w, int b,
			       const int32_t *target, const double *weight,
			       float smoothing, double *each)
{
	struct output o = output_of(t, x, w, b, target, smoothing);

	o.weight = weight;
	o.each = each;
	return output_loss(t, &o);
}

/* --- log probabilities --- */

struct log_probs {
	struct ten *x, *y;
	int w, b;
	const int *of;
	const int32_t *target;
};

/*
 * Of minus a log probability the loss knows the gradient: a row for each that is asked,
 * weighted by -dy.
 */
static void log_probs_back(struct tape *t, void *saved)
{
	struct log_probs *s = saved;
	int n = s->y->rows, C = s->x->cols;
	struct ten *rows = tape_ten(t, n, C);
	double *weight = arena_alloc(&t->arena, ((size_t)n + 1) * sizeof *weight);
	int32_t *target = arena_alloc(&t->arena, ((size_t)n + 1) * sizeof *target);
	struct output o;
	size_t row = (size_t)C;

	if (!s->y->d)
		return;
	for (int i = 0; i < n; i++) {
		memcpy(rows->v + (size_t)i * row, s->x->v + (size_t)s->of[i] * row,
		       row * sizeof *rows->v);
		weight[i] = -(double)s->y->d[i];
		target[i] = weight[i] > 0 || weight[i] < 0 ? s->target[i] : -1;
	}
	o = output_of(t, rows, s->w, s->b, target, 0.0f);
	o.weight = weight;
	output_loss(t, &o);
	ten_grad(t, s->x);
	for (int i = 0; i < n && o.dx; i++)
		k_add(row, s->x->d + (size_t)s->of[i] * row, o.dx + (size_t)i * row);
}

/* What each row is asked for; as targets of the rows the first of it, -1: nothing. */
static struct asks *asks_of(struct tape *t, int rows, const int *of, const int32_t *target,
			    int n, int32_t *first)
{
	struct asks *a = arena_alloc(&t->arena, sizeof *a);
	int *off = arena_alloc(&t->arena, ((size_t)rows + 1) * sizeof *off), j = 0;

	off[0] = 0;
	for (int i = 0; i < rows; i++) {
		first[i] = j < n && of[j] == i ? target[j] : -1;
		while (j < n && of[j] == i)
			j++;
		off[i + 1] = j;
	}
	BUG_IF(j != n); /* not in order, or of no row */
	*a = (struct asks){ off, target,
			    arena_zalloc(&t->arena, ((size_t)n + 1) * sizeof *a->loss) };
	return a;
}

struct ten *op_log_probs(struct tape *t, struct ten *x, int w, int b, const int *of,
			 const int32_t *target, int n)
{
	struct log_probs *s = arena_alloc(&t->arena, sizeof *s);
	int32_t *first = arena_alloc(&t->arena, ((size_t)x->rows + 1) * sizeof *first);
	const struct asks *a = asks_of(t, x->rows, of, target, n, first);
	struct output o = output_of(t, x, w, b, first, 0.0f);

	o.dx = NULL;
	o.asks = a;
	output_loss(t, &o);
	*s = (struct log_probs){ x, tape_ten(t, n, 1), w, b, of, target };
	for (int i = 0; i < n; i++)
		s->y->v[i] = (float)-a->loss[i];
	s->y->is_fixed = x->is_fixed && !tape_trains(t, w) && !tape_trains(t, b);
	if (!s->y->is_fixed)
		tape_push(t, log_probs_back, s);
	return s->y;
}
