/*
 * adapter.c - see adapter.h.
 */
#include "model/adapter.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* --- what a configuration says --- */

enum { OF_QUERY, OF_KEY, OF_VALUE, OF_OUTPUT, OF_UP, OF_DOWN, OF_COUNT };
static const char *const of_name[OF_COUNT] = { "query", "key", "value", "output", "up",
					       "down" };
static const char usual_of[] = "query, value";
enum { USUAL_RANK = 8 };

static unsigned bit_of(const char *name, size_t n)
{
	for (unsigned i = 0; i < OF_COUNT; i++)
		if (strlen(of_name[i]) == n && !strncmp(of_name[i], name, n))
			return 1U << i;
	return 0;
}

/* A list with commas. */
static enum status read_of(const char *list, unsigned *of, struct err *err)
{
	*of = 0;
	for (const char *at = list;; at++) {
		size_t n, blank = strspn(at, " ");

		at += blank;
		n = strcspn(at, ", ");
		if (!bit_of(at, n))
			return err_set(err, ST_INVALID, "no matrix '%.*s' in a layer; there are "
				       "query, key, value, output, up, down",
				       (int)(n < 40 ? n : 40), at);
		*of |= bit_of(at, n);
		at += n;
		at += strspn(at, " ");
		if (!*at)
			return ST_OK;
		if (*at != ',')
			return err_set(err, ST_INVALID, "commas go between matrices: '%.60s'",
				       list);
	}
}

/* Of a configuration that was checked. */
static unsigned matrices(const struct model_config *c)
{
	unsigned of;

	if (read_of(*c->adapter_of ? c->adapter_of : usual_of, &of, NULL))
		BUG("adapters of '%s' were taken", c->adapter_of);
	return of;
}

/* Sizes of a matrix. */
static int out_of(const struct model_config *c, int of)
{
	return of == OF_UP ? c->ff : c->dim;
}

static int in_of(const struct model_config *c, int of)
{
	return of == OF_DOWN ? c->ff : c->dim;
}

static enum status not_without(const char *field, struct err *err)
{
	return err_set(err, ST_INVALID, "there is no adapter that '%s' could be for: "
		       "model.adapter is none", field);
}

static enum status check_none(const struct model_config *c, const char **field,
			      struct err *err)
{
	const struct { const char *name; bool is_said; } row[] = {
		{ "adapter_rank", c->adapter_rank },
		{ "adapter_alpha", c->adapter_alpha > 0 },
		{ "adapter_of", *c->adapter_of },
		{ "adapter_per", c->adapter_of_all },
		{ "adapter_trunk", c->adapter_and_trunk },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (row[i].is_said)
			return not_without(*field = row[i].name, err);
	return ST_OK;
}

static enum status check_rank(const struct model_config *c, struct err *err)
{
	int rank = c->adapter_rank ? c->adapter_rank : USUAL_RANK;
	unsigned of = c->adapter == ADAPTER_LORA ? matrices(c) : 1U << OF_QUERY;

	for (int i = 0; i < OF_COUNT; i++) {
		int out = out_of(c, i), in = in_of(c, i), least = out < in ? out : in;

		if (of >> i & 1 && (rank < 1 || rank > least))
			return err_set(err, ST_INVALID, "rank %d is not within 1 to %d, the "
				       "narrow side of what it is for", rank, least);
	}
	return ST_OK;
}

enum status model_check_adapter(const struct model_config *c, const char **field,
				struct err *err)
{
	enum status st = ST_OK;
	unsigned of;

	*field = "adapter";
	if (c->adapter == ADAPTER_NONE)
		return check_none(c, field, err);
	if (c->adapter == ADAPTER_BOTTLENECK && (*c->adapter_of || c->adapter_alpha > 0)) {
		*field = *c->adapter_of ? "adapter_of" : "adapter_alpha";
		return err_set(err, ST_INVALID, "that is for lora: a bottleneck stands behind "
			       "attention and feed-forward, and has no factor");
	}
	*field = "adapter_of";
	if (*c->adapter_of)
		st = read_of(c->adapter_of, &of, err);
	if (st)
		return st;
	*field = "adapter_rank";
	return check_rank(c, err);
}

void adapter_settle(struct model_config *c)
{
	if (!c->adapter)
		return;
	if (!c->adapter_rank)
		c->adapter_rank = USUAL_RANK;
	if (c->adapter != ADAPTER_LORA)
		return;
	if (!(c->adapter_alpha > 0))
		c->adapter_alpha = 2 * c->adapter_rank;
	if (!*c->adapter_of)
		str_copy(c->adapter_of, sizeof c->adapter_of, usual_of);
}

void model_adapter_text(const struct model_config *c, char *out, size_t cap)
{
	char alpha[32];

	*out = '\0';
	double_to_text(c->adapter_alpha, alpha);
	if (c->adapter == ADAPTER_LORA)
		str_format(out, cap, "lora of rank %d, alpha %s, in %s, %s",
			   c->adapter_rank, alpha, c->adapter_of,
			   c->adapter_of_all ? "one for all tasks" : "one for each task");
	else if (c->adapter == ADAPTER_BOTTLENECK)
		str_format(out, cap, "bottleneck of rank %d, %s", c->adapter_rank,
			   c->adapter_of_all ? "one for all tasks" : "one for each task");
}

/* --- parameters --- */

static void declare_low(struct build *b, struct adapter *a, const int *w,
			enum layer_matrix matrix, const char *name, unsigned blocks)
{
	struct model *m = b->m;
	struct low_rank *low = &a->low[matrix];
	int rank = m->cfg.adapter_rank, in = b->ps->p[w[matrix]].cols;
	int out = b->ps->p[w[matrix]].rows / (matrix == MATRIX_QKV ? 3 : 1);
	char full[40];

	*low = (struct low_rank){ .scale = (float)(m->cfg.adapter_alpha / rank) };
	for (int i = 0; i < LOW_RANK_BLOCKS; i++)
		if (blocks >> i & 1)
			low->block[low->n++] = i;
	if (!low->n)
		return;
	str_format(full, sizeof full, "%s.lora.a", name);
	low->a = build_thin(b, full, low->n * rank, in, 1 / sqrt(3.0 * in));
	str_format(full, sizeof full, "%s.lora.b", name);
	low->b = build_thin(b, full, low->n * out, rank, 0);
	ARRAY_GROW(m->adapted, m->n_adapted, m->cap_adapted);
	m->adapted[m->n_adapted++] = (struct adapted){ b->owner, w[matrix], *low };
}

static void declare_lora(struct build *b, struct adapter *a, const int *w)
{
	static const struct { enum layer_matrix matrix; const char *name; int of; } one[] = {
		{ MATRIX_Q, "attention.q", OF_QUERY }, { MATRIX_K, "attention.k", OF_KEY },
		{ MATRIX_V, "attention.v", OF_VALUE }, { MATRIX_OUT, "attention.out", OF_OUTPUT },
		{ MATRIX_UP, "feed.up", OF_UP }, { MATRIX_DOWN, "feed.down", OF_DOWN },
	};
	unsigned of = matrices(&b->m->cfg);

	if (!b->m->cfg.split_qkv)
		declare_low(b, a, w, MATRIX_QKV, "attention.qkv", of & 7);
	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		if (one[i].of > OF_VALUE || b->m->cfg.split_qkv)
			declare_low(b, a, w, one[i].matrix, one[i].name, of >> one[i].of & 1);
}

static void declare_bottleneck(struct build *b, struct adapter *a)
{
	static const char *const at[ADAPTED_SUBLAYERS] = { "attention.adapter",
							   "feed.adapter" };
	int C = b->m->cfg.dim, r = b->m->cfg.adapter_rank;
	char full[40];

	for (int i = 0; i < ADAPTED_SUBLAYERS; i++) {
		str_format(full, sizeof full, "%s.down", at[i]);
		a->down[i] = build_thin_dense(b, full, r, C, build_glorot(C, r));
		str_format(full, sizeof full, "%s.up", at[i]);
		a->up[i] = build_thin_dense(b, full, C, r, 0);
	}
}

void adapter_declare(struct build *b, struct adapter *a, const int *w)
{
	*a = (struct adapter){ 0 };
	b->is_adapter = true;
	if (b->m->cfg.adapter == ADAPTER_LORA)
		declare_lora(b, a, w);
	else
		declare_bottleneck(b, a);
}

/* --- in a pass --- */

const struct low_rank *adapter_low(const struct adapter *a, enum layer_matrix m)
{
	return a && a->low[m].n ? &a->low[m] : NULL;
}

struct ten *adapter_behind(struct tape *t, const struct model_config *cfg,
			   const struct adapter *a, int sublayer, struct ten *x)
{
	struct ten *y;

	if (!a || cfg->adapter != ADAPTER_BOTTLENECK)
		return x;
	y = dense_apply(t, x, &a->down[sublayer], cfg->act);
	return op_add(t, x, dense_apply(t, y, &a->up[sublayer], ACT_NONE), 0);
}

double adapter_flops(const struct model_config *c)
{
	unsigned of = c->adapter == ADAPTER_LORA ? matrices(c) : 0;
	double flops = 0;

	for (int i = 0; i < OF_COUNT; i++)
		if (of >> i & 1)
			flops += 2.0 * c->adapter_rank * (in_of(c, i) + out_of(c, i));
	if (c->adapter == ADAPTER_BOTTLENECK)
		flops = ADAPTED_SUBLAYERS * 4.0 * c->adapter_rank * c->dim;
	return flops;
}

/* --- merged --- */

/* w += scale B A of block k. */
static void merge_block(const struct param_set *ps, const struct low_rank *low, int k,
			float *w)
{
	int r = ps->p[low->b].cols, in = ps->p[low->a].cols, rows = ps->p[low->b].rows / low->n;
	const float *a = param_value(ps, low->a) + (size_t)(k * r) * (size_t)in;
	const float *b = param_value(ps, low->b) + (size_t)(k * rows) * (size_t)r;

	for (int i = 0; i < rows; i++)
		for (int j = 0; j < in; j++) {
			size_t at = (size_t)(low->block[k] * rows + i) * (size_t)in + (size_t)j;
			double sum = 0;

			for (int l = 0; l < r; l++)
				sum += (double)b[i * r + l] * (double)a[l * in + j];
			w[at] = (float)((double)w[at] + (double)low->scale * sum);
		}
}

bool adapter_merge(const struct model *m, const struct param_set *ps, int task, int p,
		   float *out, bool *used)
{
	bool any = false;

	for (size_t i = 0; i < m->n_adapted; i++) {
		const struct adapted *x = &m->adapted[i];

		if (x->w != p || (x->owner != PARAM_SHARED && x->owner != task))
			continue;
		if (!any)
			memcpy(out, param_value(ps, p), param_count(ps, p) * sizeof *out);
		for (int k = 0; k < x->low.n; k++)
			merge_block(ps, &x->low, k, out);
		used[x->low.a] = used[x->low.b] = any = true;
	}
	return any;
}
