/*
 * model_check.h - small models and batches for the tests of core/model.
 */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "model/model.h"
#include "tensor/blas.h"
#include "tensor/optim.h"

enum { ID_PAD, ID_UNK, ID_CLS, ID_SEP, ID_MASK, ID_WORD };

static const int32_t test_banned[] = { ID_PAD, ID_UNK, ID_CLS, ID_MASK };

/* The arrays behind a batch. */
enum { TB_EX = 64, TB_TOK = 1024 };
struct test_batch {
	struct batch b;
	int32_t ids[TB_TOK], pos[TB_TOK], seg[TB_TOK];
	int32_t in[TB_TOK], dpos[TB_TOK], out[TB_TOK];
	int off[TB_EX + 1], dec_off[TB_EX + 1];
	int32_t label[TB_EX];
	double number[TB_EX];
	uint64_t row[TB_EX];
};

static void tb_init(struct test_batch *x, int task, enum task_kind kind)
{
	memset(x, 0, sizeof *x);
	x->b = (struct batch){
		.task = task, .kind = kind, .ids = x->ids, .pos = x->pos,
		.seg = x->seg, .off = x->off, .dec_in = x->in,
		.dec_pos = x->dpos, .dec_out = x->out, .dec_off = x->dec_off,
		.label = x->label, .number = x->number, .row = x->row,
	};
}

/* [CLS] words [SEP]; from `second` on segment 1; target gets its [SEP]. */
static __attribute__((unused)) void
tb_add(struct test_batch *x, const int32_t *words, int n, int second,
       const int32_t *target, int n_target)
{
	struct batch *b = &x->b;

	assert_true(b->B < TB_EX && b->N + n + 2 <= TB_TOK);
	for (int i = 0; i < n + 2; i++) {
		x->ids[b->N] = i == 0 ? ID_CLS : i == n + 1 ? ID_SEP :
								words[i - 1];
		x->pos[b->N] = i;
		x->seg[b->N++] = i >= second;
	}
	for (int i = 0; target && i <= n_target; i++) {
		x->in[b->T] = i ? target[i - 1] : ID_CLS;
		x->dpos[b->T] = i;
		x->out[b->T++] = i < n_target ? target[i] : ID_SEP;
	}
	b->B++;
	x->off[b->B] = b->N;
	x->dec_off[b->B] = b->T;
}

/* A model with its parameters, gradients and tape. */
struct test_model {
	struct param_set ps;
	struct model *m;
	struct grads *g;
	struct tape t;
	struct adamw opt;
};

static __attribute__((unused)) struct model_config small_config(void)
{
	return (struct model_config){
		.kind = "transformer", .dim = 16, .layers = 2, .heads = 4,
		.ff = 32, .shared_layers = 1, .decoder_layers = 2, .vocab = 40,
		.max_source = 24, .max_target = 12, .pre_norm = true,
		.pool = POOL_MEAN, .copy = true, .tied = true,
	};
}

static __attribute__((unused)) const struct model_task *small_tasks(void)
{
	static const struct model_task tasks[3] = {
		{ .name = "topic", .kind = TASK_CLASSIFY, .n_labels = 3 },
		{ .name = "score", .kind = TASK_REGRESS, .mean = 2.0f,
		  .scale = 1.5f },
		{ .name = "headline", .kind = TASK_SUMMARIZE },
	};

	return tasks;
}

static void tm_init(struct test_model *x, const struct model_config *cfg,
		    const struct model_task *tasks, int n)
{
	struct err err = { "" };

	blas_init();
	param_set_init(&x->ps);
	if (model_new(cfg, tasks, n, &x->ps, &x->m, &err))
		fail_msg("%s", err.text);
	model_init_random(x->m, &x->ps, 5);
	x->g = grads_new(&x->ps);
	tape_init(&x->t, &x->ps);
	adamw_init(&x->opt, &x->ps);
}

static void tm_release(struct test_model *x)
{
	adamw_release(&x->opt);
	tape_release(&x->t);
	grads_free(x->g);
	model_free(x->m);
	param_set_release(&x->ps);
}

#endif
