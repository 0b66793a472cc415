/*
 * op_output.c - output layer and loss in one, in chunks of rows, with and
 * without a copy gate.
 *
 * The logits of a chunk are computed, turned into their own gradient in place
 * and multiplied into dX, dW and db at once; then the next chunk takes their
 * place. So the loss adds all its gradients in the forward pass and the tape
 * has nothing to record.
 */
#include <string.h>

#include "base/status.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/logits.h"
#include "tensor/ops.h"
#include "tensor/vmath.h"
#include "tensor/weights.h"

enum {
	CHUNK_FLOATS = 1 << 20, /* logits at a time: 4 MB */
	CHUNK_ROWS_MIN = 32,
	CHUNK_ROWS_MAX = 1024,
};

/* The copy side of every counted row, and what the loss says about it. */
struct mix {
	const float *gate;   /* [T] before the sigmoid */
	const double *copy;  /* [T] sum of a_j over src_ids[j] = y */
	double *w_copy;      /* [T] out: the copied share of p(y), times 1 - e */
	float *dgate;        /* [T] added to; NULL: no gradients */
};

struct output {
	struct ten *x;
	int w, b;
	const int32_t *target;
	float smoothing;
	const struct mix *mix; /* NULL: no copy gate */
	int V, C;
	int n;           /* counted rows */
	const int *row;  /* [n] their numbers */
	float *dx;       /* [T, C] added to; NULL: no gradients */
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

/* Loss of one row; its logits become their gradient when wanted. */
static double row_loss(const struct output *o, int i, float *logits,
		       const float *bias)
{
	double e = (double)o->smoothing, share = 1.0 - e, logp;
	struct logits_row r = logits_row(o->V, logits, bias, o->target[i],
					 o->smoothing, o->dx != NULL);

	logp = o->mix ? mix_row(o, i, r.logp, &share) : r.logp;
	if (o->dx)
		logits_grad(o->V, logits, &r, o->target[i], share,
			    o->smoothing, 1.0 / o->n);
	return (1.0 - e) * -logp + e * r.uniform;
}

/* Rows of x that count, put together; x itself when they already are. */
static const float *gather(const struct output *o, int from, int rows, float *buf)
{
	size_t C = (size_t)o->C;

	if (o->row[from + rows - 1] - o->row[from] == rows - 1)
		return o->x->v + (size_t)o->row[from] * C;
	for (int i = 0; i < rows; i++)
		memcpy(buf + (size_t)i * C,
		       o->x->v + (size_t)o->row[from + i] * C, C * sizeof *buf);
	return buf;
}

/* dX of a chunk, straight into its rows or through buf. */
static void chunk_dx(struct tape *t, const struct output *o, int from, int rows,
		     const float *dlogits, float *buf)
{
	size_t C = (size_t)o->C;

	if (o->row[from + rows - 1] - o->row[from] == rows - 1) {
		weights_back(t->ps, o->w, &t->arena, rows, dlogits,
			     o->dx + (size_t)o->row[from] * C, true);
		return;
	}
	weights_back(t->ps, o->w, &t->arena, rows, dlogits, buf, false);
	for (int i = 0; i < rows; i++)
		k_add(C, o->dx + (size_t)o->row[from + i] * C,
		      buf + (size_t)i * C);
}

static double chunk_loss(struct tape *t, const struct output *o, int from,
			 int rows, float *logits, float *buf)
{
	const float *bias = o->b == PARAM_NONE ? NULL : param_value(t->ps, o->b);
	const float *x = gather(o, from, rows, buf);
	double sum = 0.0;
	float *dw;
	bool add;

	weights_forward(t->ps, o->w, &t->arena, rows, x, logits);
	for (int i = 0; i < rows; i++)
		sum += row_loss(o, o->row[from + i],
				logits + (size_t)i * (size_t)o->V, bias);
	if (!o->dx)
		return sum;
	if (bias)
		k_colsum(rows, o->V, grads_at(t->grads, o->b), logits);
	dw = grads_raw(t->grads, o->w, &add);
	blas_xtw(&t->arena, o->V, o->C, rows, logits, o->V, x, o->C, dw, o->C,
		 add);
	chunk_dx(t, o, from, rows, logits, buf);
	return sum;
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
	rows = ((o->n + chunks - 1) / chunks + 15) / 16 * 16;
	return rows > o->n ? o->n : rows;
}

static double output_loss(struct tape *t, struct output *o)
{
	int chunk;
	struct arena_mark mark;
	float *logits, *buf;
	double sum = 0.0;

	if (!o->n)
		return 0.0;
	chunk = chunk_rows(o);
	mark = arena_mark(&t->arena);
	logits = arena_alloc(&t->arena,
			     (size_t)chunk * (size_t)o->V * sizeof *logits);
	buf = arena_alloc(&t->arena,
			  (size_t)chunk * (size_t)o->C * sizeof *buf);
	for (int i = 0; i < o->n; i += chunk)
		sum += chunk_loss(t, o, i, o->n - i < chunk ? o->n - i : chunk,
				  logits, buf);
	arena_rewind(&t->arena, mark);
	return sum / o->n;
}

static struct output output_of(struct tape *t, struct ten *x, int w, int b,
			       const int32_t *target, float smoothing)
{
	struct output o = { .x = x, .w = w, .b = b, .target = target,
			    .smoothing = smoothing, .V = t->ps->p[w].rows,
			    .C = x->cols };

	BUG_IF(t->ps->p[w].cols != x->cols);
	BUG_IF(b != PARAM_NONE && param_count(t->ps, b) != (size_t)o.V);
	count_rows(t, &o);
	if (t->grads && o.n)
		o.dx = ten_grad(t, x);
	return o;
}

double op_output_loss(struct tape *t, struct ten *x, int w, int b,
		      const int32_t *target, float smoothing)
{
	struct output o = output_of(t, x, w, b, target, smoothing);

	return output_loss(t, &o);
}

/* --- the copy gate --- */

/* Attention of one sequence's decoder rows over its source rows. */
struct pointer {
	int L, K;        /* decoder rows, source rows */
	int row, src;    /* the first of each */
	float *a;        /* [L, K] */
};

static float copy_scale(const struct copy_inputs *in)
{
	return (float)(1.0 / __builtin_sqrt((double)in->q->cols));
}

static void point(struct tape *t, const struct copy_inputs *in, int b,
		  struct pointer *p, double *copy)
{
	int C = in->q->cols;

	p->row = in->dec->off[b];
	p->src = in->src->off[b];
	p->L = in->dec->off[b + 1] - p->row;
	p->K = in->src->off[b + 1] - p->src;
	p->a = arena_alloc(&t->arena, ((size_t)p->L * (size_t)p->K + 1) *
			   sizeof *p->a);
	blas_xwt(&t->arena, p->L, p->K, C, in->q->v + (size_t)p->row * (size_t)C, C,
		 in->k->v + (size_t)p->src * (size_t)C, C, p->a, p->K, 0);
	k_softmax(p->L, p->K, p->a, copy_scale(in), false);
	for (int i = 0; i < p->L; i++) {
		const float *a = p->a + (size_t)i * (size_t)p->K;
		double c = 0.0;

		for (int j = 0; j < p->K; j++)
			if (in->src_ids[p->src + j] == in->target[p->row + i])
				c += (double)a[j];
		copy[p->row + i] = c;
	}
}

/*
 * With w the copied share of p(y): ds_j = -w (a_j [src_j = y] / c - a_j) for
 * the scaled scores s, then through q . k / sqrt(C).
 */
static void point_back(struct tape *t, const struct copy_inputs *in,
		       const struct pointer *p, const struct mix *mix, int n)
{
	size_t C = (size_t)in->q->cols;
	float scale = copy_scale(in);

	for (int i = 0; i < p->L; i++) {
		float *a = p->a + (size_t)i * (size_t)p->K;
		int32_t y = in->target[p->row + i];
		double c = mix->copy[p->row + i];
		float w = y < 0 ? 0.0f :
			  (float)(mix->w_copy[p->row + i] / n) * scale;
		float up = c > 0.0 ? (float)(1.0 / c) : 0.0f;

		for (int j = 0; j < p->K; j++)
			a[j] *= in->src_ids[p->src + j] == y ? w - w * up : w;
	}
	blas_xw(&t->arena, p->L, (int)C, p->K, p->a, p->K, in->k->v + (size_t)p->src * C,
		(int)C, ten_grad(t, in->q) + (size_t)p->row * C, (int)C, 1);
	blas_xtw(&t->arena, p->K, (int)C, p->L, p->a, p->K, in->q->v + (size_t)p->row * C,
		 (int)C, ten_grad(t, in->k) + (size_t)p->src * C, (int)C, 1);
}

static void check_copy(const struct copy_inputs *in)
{
	BUG_IF(in->dec->n != in->src->n);
	BUG_IF(in->dec->off[in->dec->n] != in->x->rows);
	BUG_IF(in->src->off[in->src->n] != in->k->rows);
	BUG_IF(in->q->rows != in->x->rows || in->q->cols != in->k->cols);
	BUG_IF(in->gate->rows != in->x->rows || in->gate->cols != 1);
}

double op_copy_loss(struct tape *t, const struct copy_inputs *in)
{
	struct output o = output_of(t, in->x, in->w, in->b, in->target,
				    in->smoothing);
	size_t T = (size_t)in->x->rows, B = (size_t)in->dec->n;
	double *copy = arena_alloc(&t->arena, (T + 1) * sizeof *copy);
	double *w_copy = arena_zalloc(&t->arena, (T + 1) * sizeof *w_copy);
	struct pointer *p = arena_alloc(&t->arena, (B + 1) * sizeof *p);
	struct mix mix = { in->gate->v, copy, w_copy, NULL };
	double loss;

	check_copy(in);
	for (int b = 0; b < in->dec->n; b++)
		point(t, in, b, &p[b], copy);
	o.mix = &mix;
	if (o.dx)
		mix.dgate = ten_grad(t, in->gate);
	loss = output_loss(t, &o);
	for (int b = 0; b < in->dec->n && o.dx; b++)
		point_back(t, in, &p[b], &mix, o.n);
	return loss;
}
