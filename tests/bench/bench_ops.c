/*
 * bench_ops.c - how fast each op is, beside the matrix product of the same run.
 *
 * Prints a table: CPU time of one call, GF/s of what multiplies, GB/s of what
 * only reads and writes, and what share of a classification step is matrix
 * products; then our products beside OpenBLAS' (bench_products.c). Not a test.
 * One thread. `bench_ops [--quick] ROWS` changes the rows of a micro-batch (512).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench_ops.h"
#include "tensor/blas.h"
#include "tensor/kernels.h"
#include "tensor/ops.h"
#include "tensor/optim.h"
#include "tensor/weights.h"

enum { DIM = 256, FF = 1024, HEADS = 4, LAYERS = 4, VOCAB = 8000, LABELS = 2 };

static int N = 512;

static void bench_gemms(void)
{
	static const struct product p[] = {
		{ "sgemm 1024 x 1024 x 1024", blas_xwt, 1024, 1024, 1024 },
		{ "x w^T  N x 768 x 256", blas_xwt, 0, 3 * DIM, DIM },
		{ "x w    N x 256 x 768", blas_xw, 0, DIM, 3 * DIM },
		{ "x^T w  768 x 256 x N", blas_xtw, 3 * DIM, DIM, 0 },
		{ "x w^T  N x 1024 x 256", blas_xwt, 0, FF, DIM },
		{ "x w^T  N x 256 x 1024", blas_xwt, 0, DIM, FF },
		{ "x w    N x 1024 x 256", blas_xw, 0, FF, DIM },
		{ "x^T w  1024 x 256 x N", blas_xtw, FF, DIM, 0 },
		{ "x w^T  64 x 8000 x 256", blas_xwt, 64, VOCAB, DIM },
		{ "x w    64 x 256 x 8000", blas_xw, 64, DIM, VOCAB },
		{ "x^T w  8000 x 256 x 64", blas_xtw, VOCAB, DIM, 64 },
	};

	for (size_t i = 0; i < sizeof p / sizeof *p; i++)
		ops_product(&p[i], N);
}

/* --- ops --- */

struct bench {
	struct param_set ps;
	struct tape t;
	struct grads *g, *sum;
	struct rng noise;
	struct adamw opt;
	int tok, out_b, head, g1, b1, layer[LAYERS][12];
	struct lstm way[2];
	float *x, *x2, *qkv;
	int32_t *ids, *label;
	struct ragged seq;
	int *off;
	float p_drop;
	struct ten *(*op)(struct bench *b);
	struct ten *y;
	bool backward;
};

static void declare_layer(struct bench *b, int l)
{
	static const int shape[12][2] = {
		{ 3 * DIM, DIM }, { 1, 3 * DIM }, { DIM, DIM }, { 1, DIM },
		{ 1, DIM }, { 1, DIM }, { FF, DIM }, { 1, FF },
		{ DIM, FF }, { 1, DIM }, { 1, DIM }, { 1, DIM },
	};

	for (int k = 0; k < 12; k++)
		b->layer[l][k] = param_add(&b->ps, shape[k][0], shape[k][1],
					   PARAM_SHARED,
					   shape[k][0] > 1 ? PARAM_DENSE : 0,
					   "l%d.%d", l, k);
}

/* Half of DIM each way. */
static void declare_lstm(struct bench *b)
{
	for (int k = 0; k < 2; k++)
		b->way[k] = (struct lstm){
			.w_ih = param_add(&b->ps, 2 * DIM, DIM, PARAM_SHARED, PARAM_DENSE,
					  "w_ih%d", k),
			.b_ih = param_add(&b->ps, 1, 2 * DIM, PARAM_SHARED, 0, "b_ih%d", k),
			.w_hh = param_add(&b->ps, 2 * DIM, DIM / 2, PARAM_SHARED,
					  PARAM_DENSE, "w_hh%d", k),
			.b_hh = param_add(&b->ps, 1, 2 * DIM, PARAM_SHARED, 0, "b_hh%d", k),
		};
}

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .p_drop = 0.1f };
	blas_init();
	b->tok = param_add(&b->ps, VOCAB, DIM, PARAM_SHARED,
			   PARAM_ROWS | PARAM_OUTPUT, "tok");
	b->out_b = param_add(&b->ps, 1, VOCAB, PARAM_SHARED, 0, "out_b");
	b->head = param_add(&b->ps, LABELS, DIM, PARAM_SHARED, 0, "head");
	b->g1 = param_add(&b->ps, 1, DIM, PARAM_SHARED, 0, "g1");
	b->b1 = param_add(&b->ps, 1, DIM, PARAM_SHARED, 0, "b1");
	for (int l = 0; l < LAYERS; l++)
		declare_layer(b, l);
	declare_lstm(b);
	param_set_alloc(&b->ps);
	b->noise = rng_stream(1, RNG_DROPOUT, 0, 0);
	for (size_t i = 0; i < b->ps.size; i++)
		b->ps.value[i] = 0.05f * rng_normal(&b->noise, i);
	if (weights_pack_begin(&b->ps, true)) {
		weights_pack(&b->ps, 0, 1);
		weights_pack_end(&b->ps);
	}
	b->g = grads_new(&b->ps);
	b->sum = grads_new(&b->ps);
	tape_init(&b->t, &b->ps);
	adamw_init(&b->opt, &b->ps);
	b->x = ops_noise((size_t)N * FF, 1);
	b->x2 = ops_noise((size_t)N * FF, 2);
	b->qkv = ops_noise((size_t)N * 3 * DIM, 3);
	b->ids = xcalloc((size_t)N, sizeof *b->ids);
	b->label = xcalloc((size_t)N, sizeof *b->label);
	b->off = xcalloc((size_t)N + 1, sizeof *b->off);
	for (int i = 0; i < N; i++) {
		b->ids[i] = (int32_t)rng_below(&b->noise, (uint64_t)i, VOCAB);
		b->label[i] = i & 1;
	}
}

/* Sequences of length len, the last one shorter. */
static void set_length(struct bench *b, int len)
{
	int n = 0;

	for (int at = 0; at < N; at += len)
		b->off[n++] = at;
	b->off[n] = N;
	b->seq = (struct ragged){ n, b->off };
}

/* One op forward, and backward from an arbitrary gradient when asked. */
static void run_op(void *arg)
{
	struct bench *b = arg;

	tape_begin(&b->t, b->g, b->p_drop > 0 ? &b->noise : NULL);
	b->y = b->op(b);
	if (!b->backward || !b->y)
		return;
	b->y->d = b->x2;
	tape_backward(&b->t);
}

static void bench_op(struct bench *b, const char *name,
		     struct ten *(*op)(struct bench *b), double flops,
		     double bytes)
{
	double f;
	char text[64];

	grads_clear(b->g);
	b->op = op;
	b->backward = false;
	f = ops_seconds(run_op, b);
	ops_row(name, f, flops, bytes);
	b->backward = true;
	snprintf(text, sizeof text, "%s, backward", name);
	if (b->y)
		ops_row(text, ops_seconds(run_op, b) - f, 2 * flops, 2 * bytes);
}

static struct ten *do_embed(struct bench *b)
{
	return op_embed(&b->t, b->tok, b->ids, N, PARAM_NONE, NULL, PARAM_NONE,
			NULL, 1.0f);
}

static struct ten *do_linear(struct bench *b)
{
	return op_linear(&b->t, tape_wrap(&b->t, b->x, N, DIM), b->layer[0][0],
			 b->layer[0][1], ACT_NONE);
}

static struct ten *do_gelu(struct bench *b)
{
	return op_linear(&b->t, tape_wrap(&b->t, b->x, N, DIM), b->layer[0][6],
			 b->layer[0][7], ACT_GELU);
}

static struct ten *do_add_norm(struct bench *b)
{
	return op_add_norm(&b->t, tape_wrap(&b->t, b->x, N, DIM),
			   tape_wrap(&b->t, b->qkv, N, DIM), b->p_drop, b->g1,
			   b->b1, 1e-5f, NULL);
}

static struct ten *do_attention(struct bench *b)
{
	return op_self_attention(&b->t, tape_wrap(&b->t, b->qkv, N, 3 * DIM),
				 &b->seq, HEADS, false, b->p_drop);
}

static struct ten *do_lstm(struct bench *b)
{
	return op_lstm(&b->t, tape_wrap(&b->t, b->x, N, DIM), &b->seq, b->way, 2);
}

static struct ten *do_output(struct bench *b)
{
	op_output_loss(&b->t, tape_wrap(&b->t, b->x, N, DIM), b->tok, b->out_b,
		       b->ids, 0.1f, NULL);
	return NULL;
}

/* --- kernels --- */

static void run_gelu(void *arg)
{
	struct bench *b = arg;

	k_gelu(N, FF, b->x, b->x2, param_value(&b->ps, b->layer[0][7]));
}

static void run_colsum(void *arg)
{
	struct bench *b = arg;

	k_colsum(N, FF, param_value(&b->ps, b->layer[0][7]), b->x);
}

static void run_keep(void *arg)
{
	struct bench *b = arg;

	noise_keep(&b->noise, 0, (size_t)N * DIM, 6554, (uint8_t *)b->x2);
}

static void run_norm(void *arg)
{
	struct bench *b = arg;

	k_norm(N, DIM, b->x2, b->qkv, b->x, param_value(&b->ps, b->g1),
	       param_value(&b->ps, b->b1), 1e-5f);
}

static void run_softmax(void *arg)
{
	struct bench *b = arg;

	k_softmax(N, DIM, b->x, 0.125f, false);
}

static void run_exp_sum(void *arg)
{
	struct bench *b = arg;

	for (int i = 0; i < N; i++)
		k_exp_sum_of(FF, b->x + (size_t)i * FF, 0.0f);
}

static void run_sumsq(void *arg)
{
	struct bench *b = arg;

	grads_sumsq(b->g, GRADS_ALL);
}

static void run_adamw(void *arg)
{
	static const struct adamw_group g = { 0, 0.9f, 0.999f, 1e-8f, 0 };
	struct bench *b = arg;

	adamw_step(&b->opt, b->g, 1.0f, &g, 0, 1);
}

static void run_grads_add(void *arg)
{
	struct bench *b = arg;

	grads_add_marks(b->sum, b->g);
	grads_add(b->sum, 1.0f, b->g, 0.5f, 0, 1);
}

static void run_infer(void *arg)
{
	struct bench *b = arg;

	tape_begin(&b->t, NULL, NULL);
	infer_output(&b->t, b->x, b->seq.n, b->tok, b->out_b, b->x2);
}

static void bench_kernels(struct bench *b)
{
	double n = N * 4.0, P = (double)b->ps.size * 4;

	ops_row("gelu with derivative, N x 1024", ops_seconds(run_gelu, b), 0, 3 * n * FF);
	ops_row("column sums, N x 1024", ops_seconds(run_colsum, b), 0, n * FF);
	ops_row("dropout mask, N x 256", ops_seconds(run_keep, b), 0, N * 1.0 * DIM);
	ops_row("layer norm, N x 256", ops_seconds(run_norm, b), 0, 2 * n * DIM);
	ops_row("softmax rows, N x 256", ops_seconds(run_softmax, b), 0, 2 * n * DIM);
	ops_row("sum of exp, N x 1024", ops_seconds(run_exp_sum, b), 0, n * FF);
	memset(b->x, 0, (size_t)N * FF * sizeof *b->x);
	for (int p = 0; p < b->ps.n; p++)
		grads_at(b->g, p);
	adamw_count(&b->opt, b->g);
	ops_row("sum of squares of all gradients", ops_seconds(run_sumsq, b), 0, P);
	ops_row("grads_add of all gradients", ops_seconds(run_grads_add, b), 0, 3 * P);
	ops_row("AdamW on all parameters", ops_seconds(run_adamw, b), 0, 7 * P);
	for (int R = 1; R <= 16; R *= 4) {
		char text[64];

		b->seq.n = R;
		snprintf(text, sizeof text, "infer_output, %d rows", R);
		ops_row(text, ops_seconds(run_infer, b), 2.0 * R * VOCAB * DIM,
		    4.0 * VOCAB * DIM);
	}
}

/* 64 hypotheses, 128 cached rows of keys | values each. */
struct decoding {
	const float *k[64], *v[64];
	int len[64];
	float *q, *out, *cache;
};

static void run_attend(void *arg)
{
	struct decoding *d = arg;

	infer_attend(d->q, 64, DIM, HEADS, d->k, d->v, d->len, 2 * DIM, d->out,
		     NULL);
}

static void bench_decoding(void)
{
	struct decoding d;

	d.q = ops_noise(64 * DIM, 1);
	d.out = ops_noise(64 * DIM, 2);
	d.cache = xalloc64(sizeof(float) * 64 * 128 * 2 * DIM);
	for (int r = 0; r < 64; r++) {
		d.k[r] = d.cache + (size_t)r * 128 * 2 * DIM;
		d.v[r] = d.k[r] + DIM;
		d.len[r] = 128;
	}
	ops_row("infer_attend, 64 rows of 128 keys", ops_seconds(run_attend, &d),
	    4.0 * 64 * 128 * DIM, 8.0 * 64 * 128 * DIM);
	xfree(d.q);
	xfree(d.out);
	xfree(d.cache);
}

/* --- a whole step's micro-batch --- */

static double step_loss(struct bench *b)
{
	struct tape *t = &b->t;
	struct ten *x = do_embed(b), *h;

	x = op_dropout(t, x, b->p_drop);
	for (int l = 0; l < LAYERS; l++) {
		const int *p = b->layer[l];

		h = op_linear(t, x, p[0], p[1], ACT_NONE);
		h = op_self_attention(t, h, &b->seq, HEADS, false, b->p_drop);
		h = op_linear(t, h, p[2], p[3], ACT_NONE);
		x = op_add_norm(t, x, h, b->p_drop, p[4], p[5], 1e-5f, NULL);
		h = op_linear(t, x, p[6], p[7], ACT_GELU);
		h = op_linear(t, h, p[8], p[9], ACT_NONE);
		x = op_add_norm(t, x, h, b->p_drop, p[10], p[11], 1e-5f, NULL);
	}
	h = op_linear(t, op_pool(t, x, &b->seq, POOL_MEAN), b->head, PARAM_NONE,
		      ACT_NONE);
	return op_cross_entropy(t, h, b->label, 0.0f, NULL).objective;
}

static void run_step(void *arg)
{
	struct bench *b = arg;

	grads_clear(b->g);
	tape_begin(&b->t, b->g, &b->noise);
	step_loss(b);
	tape_backward(&b->t);
}

/* The linear layers' products of a step, and nothing else. */
static double step_products(void)
{
	static const int shape[4][2] = { { 3 * DIM, DIM }, { DIM, DIM },
					 { FF, DIM }, { DIM, FF } };
	double s = 0;

	for (int i = 0; i < 4; i++) {
		int out = shape[i][0], in = shape[i][1];
		const struct product p[] = { { NULL, blas_xwt, N, out, in },
					     { NULL, blas_xw, N, in, out },
					     { NULL, blas_xtw, out, in, N } };

		for (int k = 0; k < 3; k++)
			s += ops_product(&p[k], N);
	}
	return s * LAYERS;
}

static void bench_step(struct bench *b, int len)
{
	double all, products = step_products();
	double flops = 6.0 * N * LAYERS * (4.0 * DIM * DIM + 2.0 * DIM * FF);
	char text[64];

	set_length(b, len);
	all = ops_seconds(run_step, b);
	snprintf(text, sizeof text, "step of N tokens, sequences of %d", len);
	ops_row(text, all, flops, 0);
	printf("  %.0f tokens/s; products of linear layers %.1f us, %.0f%%\n",
	       N / all, products * 1e6, 100 * products / all);
}

int main(int argc, char **argv)
{
	static struct bench b;

	ops_quick = argc > 1 && !strcmp(argv[1], "--quick");
	if (argc > 1 + ops_quick)
		N = (int)strtol(argv[1 + ops_quick], NULL, 10);
	if (N < 16 || N > 65536) {
		fprintf(stderr, "usage: bench_ops [--quick] [ROWS, 16 to 65536]\n");
		return 2;
	}
	bench_init(&b);
	printf("%s, N = %d, C = %d\n", blas_name(), N, DIM);
	bench_gemms();
	set_length(&b, 32);
	bench_op(&b, "embed", do_embed, 0, 8.0 * N * DIM);
	bench_op(&b, "linear 256 -> 768", do_linear, 6.0 * N * DIM * DIM, 0);
	bench_op(&b, "linear 256 -> 1024, gelu", do_gelu, 2.0 * N * DIM * FF, 0);
	bench_op(&b, "add + dropout + norm", do_add_norm, 0, 16.0 * N * DIM);
	for (int len = 8; len <= 256; len *= 2) {
		char text[64];

		set_length(&b, len);
		snprintf(text, sizeof text, "attention, length %d", len);
		bench_op(&b, text, do_attention, 4.0 * N * len * DIM, 0);
		snprintf(text, sizeof text, "lstm, both ways, length %d", len);
		bench_op(&b, text, do_lstm, 12.0 * N * DIM * DIM, 0);
	}
	bench_op(&b, "output loss, V 8000 (forward, backward)", do_output,
		 6.0 * N * VOCAB * DIM, 0);
	bench_kernels(&b);
	bench_decoding();
	for (int len = 8; len <= 256; len *= 4)
		bench_step(&b, len);
	ops_beside_openblas(N);
	ops_bf16(N);
	return 0;
}
