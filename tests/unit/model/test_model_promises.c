/*
 * test_model_promises.c - what a model promises, of every trunk with every decoder: who
 * is muted rests; predicting is the training pass without noise; alone as in a batch; no
 * heap; the same bits. And that it learns.
 */
#include "fixture/model_check.h"

#include "model/model_list.h"

#define NAME(name) #name,

/* Example i of a toy task; every answer can be read off the source. */
static void toy_example(struct test_batch *x, uint64_t i)
{
	struct rng r = rng_stream(3, RNG_TEST, 0, i);
	int n = 3 + (int)rng_below(&r, 0, 4), k = x->b.B;
	int32_t w[16];
	int key = (int)rng_below(&r, 1, 3);

	for (int j = 0; j < n; j++)
		w[j] = ID_WORD + 3 + (int32_t)rng_below(&r, (uint64_t)(10 + j),
							20);
	w[rng_below(&r, 2, (uint32_t)n)] = ID_WORD + key;
	x->label[k] = key;
	x->number[k] = 0.5 + 1.5 * (double)key;
	/* The summary: the second and the last word. */
	tb_add(x, w, n, 99, (int32_t[]){ w[1], w[n - 1] }, 2);
}

/* Of tasks[task]. */
static void toy_batch(struct test_batch *x, const struct model_task *tasks, int task,
		      uint64_t number, int B)
{
	tb_init(x, task, tasks[task].kind);
	for (int i = 0; i < B; i++)
		toy_example(x, number * 1000 + (uint64_t)i);
}

static double one_step(struct test_model *m, const struct batch *b, float lr,
		       float p_drop)
{
	struct adamw_group group[4];
	struct rng noise = rng_stream(9, RNG_DROPOUT, (uint32_t)b->task,
				      b->draw);
	double loss;

	for (int i = 0; i < 4; i++)
		group[i] = (struct adamw_group){ lr, 0.9f, 0.98f, 1e-8f, 0.01f };
	grads_clear(m->g);
	tape_begin(&m->t, m->g, p_drop > 0.0f ? &noise : NULL);
	loss = model_loss(m->m, &m->t, b, p_drop).objective;
	tape_backward(&m->t);
	adamw_count(&m->opt, m->g);
	adamw_step(&m->opt, m->g, 1.0f, group, 0, 1);
	return loss;
}

typedef void promise_test(const struct model_config *cfg, const struct model_task *task,
			  int n_tasks);

/* Of every trunk with every decoder that can write over it. */
static void all_kinds(promise_test *promise)
{
	static const char *const decoder[] = { DECODER_LIST(NAME) };
	struct model_config cfg = small_config();
	int decoders = sizeof decoder / sizeof *decoder;

	cfg.mask_id = ID_MASK;
	for (int k = 0; model_kind_name(k); k++) {
		struct model_task task[3];
		int n;

		snprintf(cfg.kind, sizeof cfg.kind, "%s", model_kind_name(k));
		n = answered_tasks(&cfg, task);
		for (int d = 0; d < 2 * decoders; d++) { /* from the piece before, a mask */
			const char *name = decoder[d / 2];

			cfg.from_mask = d % 2;
			if ((cfg.from_mask && strcmp(name, "prefix") != 0) ||
			    !model_decoder_fits(name, cfg.kind))
				continue;
			snprintf(cfg.decoder, sizeof cfg.decoder, "%s", name);
			promise(&cfg, task, n);
		}
	}
}

static double toy_loss(struct test_model *m, const struct batch *b)
{
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, b, 0.0f).objective;
}

/* From ln K (or the variance, or ln V) to well below, on unseen examples. */
static void learns(const char *kind, int task, bool pre_norm, bool copy, int steps,
		   double below)
{
	struct model_config cfg = small_config();
	struct test_batch x, dev;
	struct test_model m;
	double before, after;

	snprintf(cfg.kind, sizeof cfg.kind, "%s", kind);
	cfg.pre_norm = pre_norm;
	cfg.copy = copy;
	cfg.dim = 32;
	cfg.ff = 64;
	tm_init(&m, &cfg, small_tasks(), 3);
	toy_batch(&dev, small_tasks(), task, 1000000, 48);
	before = toy_loss(&m, &dev.b);
	for (int i = 0; i < steps; i++) {
		toy_batch(&x, small_tasks(), task, (uint64_t)i, 16);
		x.b.draw = (uint64_t)i;
		one_step(&m, &x.b, 3e-3f, 0.05f);
	}
	after = toy_loss(&m, &dev.b);
	if (!(after < below && below < 0.8 * before))
		fail_msg("%s, task %d pre %d copy %d: loss %g to %g, wanted %g",
			 kind, task, pre_norm, copy, before, after, below);
	tm_release(&m);
}

static void test_learns(void **state)
{
	(void)state;
	learns("transformer", 0, true, false, 120, 0.1);
	learns("transformer", 0, false, false, 120, 0.1);
	learns("transformer", 1, true, false, 150, 0.1);
	learns("transformer", 1, false, false, 150, 0.1);
	learns("bilstm", 0, true, false, 120, 0.1);
	learns("bilstm", 1, true, false, 150, 0.1);
}

static void test_learns_summaries(void **state)
{
	(void)state;
	learns("transformer", 2, true, true, 500, 0.6);
	learns("transformer", 2, false, true, 500, 0.6);
	learns("bilstm", 2, true, true, 500, 0.6);
}

/* A batch of one task leaves every other task's own parameters untouched. */
static void rests(const struct model_config *cfg, const struct model_task *tasks, int n)
{
	struct test_batch x;
	struct test_model m;

	tm_init(&m, cfg, tasks, n);
	for (int task = 0; task < n; task++) {
		toy_batch(&x, tasks, task, 7, 4);
		grads_clear(m.g);
		tape_begin(&m.t, m.g, NULL);
		model_loss(m.m, &m.t, &x.b, 0.0f);
		tape_backward(&m.t);
		for (int p = 0; p < m.ps.n; p++) {
			const struct param *q = &m.ps.p[p];
			bool own = q->owner == PARAM_SHARED || q->owner == task;

			if (grads_touched(m.g, p) != own)
				fail_msg("%s, %s, task %d, '%s' of %d", cfg->kind,
					 cfg->decoder, task, q->name, q->owner);
		}
	}
	tm_release(&m);
}

static void test_private(void **state)
{
	(void)state;
	all_kinds(rests);
}

/* Of row i as predicted: of answers that are said their texts' loss, else of p. */
static double predicted_loss(const struct model_config *cfg, const struct test_batch *x,
			     int i, const double *p, const double *loss)
{
	double d = (p[i] - x->number[i]) / 1.5;

	if (model_kind_says(cfg->kind))
		return loss[i];
	return x->b.kind == TASK_REGRESS ? d * d : -log(p[3 * i + x->label[i]]);
}

/* The loss of a prediction is the loss of the training pass without dropout. */
static void predicts(const struct model_config *cfg, const struct model_task *tasks, int n)
{
	struct test_batch x;
	struct test_model m;

	tm_init(&m, cfg, tasks, n);
	for (int task = 0; task < n; task++) {
		double train, sum = 0.0, *p, *loss;

		toy_batch(&x, tasks, task, 3, 9);
		tape_begin(&m.t, m.g, NULL);
		train = model_loss(m.m, &m.t, &x.b, 0.0f).objective;
		assert_true(fabs(toy_loss(&m, &x.b) - train) < 1e-6);
		if (x.b.kind == TASK_SUMMARIZE)
			continue;
		tape_begin(&m.t, NULL, NULL);
		model_predict_losses(m.m, &m.t, &x.b, &p, &loss);
		for (int i = 0; i < 9; i++) {
			double of_p = predicted_loss(cfg, &x, i, p, loss);

			assert_true(fabs(of_p - loss[i]) < 1e-5);
			sum += of_p;
		}
		assert_true(fabs(sum / 9 - train) < 1e-5);
	}
	tm_release(&m);
}

static void test_predict(void **state)
{
	(void)state;
	all_kinds(predicts);
}

/* A sequence's result does not depend on its neighbours in the batch. */
static void stands_alone(const struct model_config *cfg, const struct model_task *tasks,
			 int n)
{
	struct test_batch all, one;
	struct test_model m;
	double *p, kept[15];

	tm_init(&m, cfg, tasks, n);
	toy_batch(&all, tasks, 0, 1, 5);
	tape_begin(&m.t, NULL, NULL);
	model_predict(m.m, &m.t, &all.b, &p);
	memcpy(kept, p, sizeof kept);
	for (int i = 0; i < 5; i++) {
		tb_init(&one, 0, TASK_CLASSIFY);
		toy_example(&one, 1000 + (uint64_t)i);
		tape_begin(&m.t, NULL, NULL);
		model_predict(m.m, &m.t, &one.b, &p);
		for (int k = 0; k < 3; k++)
			assert_true(fabs(p[k] - kept[3 * i + k]) < 1e-6);
	}
	tm_release(&m);
}

static void test_alone(void **state)
{
	(void)state;
	all_kinds(stands_alone);
}

/* After the first rounds a micro-batch asks the heap for nothing. */
static void no_heap(const struct model_config *cfg, const struct model_task *tasks,
		    int n)
{
	struct test_batch x;
	struct test_model m;
	uint64_t before = 0;

	tm_init(&m, cfg, tasks, n);
	for (int round = 0; round < 6; round++) {
		if (round == 3)
			before = mem_thread_allocations();
		for (int task = 0; task < n; task++) {
			toy_batch(&x, tasks, task, 4, 8);
			one_step(&m, &x.b, 1e-3f, 0.1f);
		}
	}
	assert_int_equal(mem_thread_allocations(), before);
	tm_release(&m);
}

static void test_no_heap(void **state)
{
	(void)state;
	all_kinds(no_heap);
}

/* The same draw gives the same bits, whatever the tape did before. */
static void same_bits(const struct model_config *cfg, const struct model_task *tasks,
		      int n)
{
	struct test_batch x, other;
	struct test_model a, b;

	tm_init(&a, cfg, tasks, n);
	tm_init(&b, cfg, tasks, n);
	for (int task = 0; task < n; task++) {
		double first, again, changed;

		toy_batch(&x, tasks, task, 4, 8);
		toy_batch(&other, tasks, (task + 1) % n, 5, 20);
		x.b.draw = 7;
		toy_loss(&b, &other.b);
		first = one_step(&a, &x.b, 1e-3f, 0.2f);
		again = one_step(&b, &x.b, 1e-3f, 0.2f);
		assert_memory_equal(&first, &again, sizeof first);
		assert_memory_equal(a.ps.value, b.ps.value,
				    a.ps.size * sizeof *a.ps.value);
		x.b.draw = 8;
		changed = one_step(&a, &x.b, 0.0f, 0.2f);
		x.b.draw = 9;
		again = one_step(&a, &x.b, 0.0f, 0.2f);
		assert_memory_not_equal(&changed, &again, sizeof again);
		x.b.draw = 8;
		one_step(&b, &x.b, 0.0f, 0.2f);
		x.b.draw = 9;
		one_step(&b, &x.b, 0.0f, 0.2f);
	}
	tm_release(&a);
	tm_release(&b);
}

static void test_same_bits(void **state)
{
	(void)state;
	all_kinds(same_bits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_predict),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_same_bits),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_learns_summaries),
	};

	return cmocka_run_group_tests_name("model_promises", tests, NULL, NULL);
}
