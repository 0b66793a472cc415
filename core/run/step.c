/*
 * step.c - the step: a function of the state and the plan (DESIGN 3.1).
 *
 * First the list of micro-batches is fixed and the cursors move; then workers
 * compute them, in any order; their gradients are added in the list's order.
 * The gradient is (1/M) sum over the M micro-batches of weight x gradient of
 * the micro-batch's mean loss. A micro-batch of weight 0 is only looked at. The
 * tasks' own gradients are looked at in passing (gradients.c).
 */
#include <math.h> /* isfinite */

#include "base/clock.h"
#include "run/session.h"
#include "run/workers.h"
#include "tensor/weights.h"

/*
 * The largest gradient norm (after clipping) that is applied: its square still
 * fits a float, so Adam's second moment stays finite (I11).
 */
static const double NORM_MAX = 1e18;

static void draw_jobs(struct session *s, uint64_t *tokens, uint64_t *examples)
{
	*tokens = *examples = 0;
	for (int k = 0; k < s->plan->micro_batches; k++) {
		struct step_job *j = &s->job[k];
		uint64_t *rows = s->rows + (size_t)k * BATCH_EXAMPLES_MAX;
		int task = mix_draw(&s->mix);
		struct session_task *t = &s->task[task];
		struct cursor before = t->cursor;

		*j = (struct step_job){ .task = task, .rows = rows,
					.draw = before.draw,
					.weight = mix_loss_weight(&s->mix, task) };
		j->n_rows = packer_draw(t->packer, &t->cursor, rows);
		*tokens += t->cursor.tokens - before.tokens;
		*examples += t->cursor.examples - before.examples;
	}
}

static void run_job(struct worker *w, int job, void *arg)
{
	struct session *s = arg;
	struct step_job *j = &s->job[job];
	struct rng noise = rng_stream(s->plan->seed, RNG_DROPOUT, (uint32_t)j->task,
				      j->draw);
	struct batch b;

	grads_clear(w->grads);
	tape_begin(&w->tape, w->grads, &noise);
	batch_build(&b, &w->tape.arena, s->task[j->task].train, j->task, j->rows,
		    j->n_rows, j->draw, tokenizer_special(s->tok, TOK_CLS));
	j->loss = model_loss(s->model, &w->tape, &b, (float)s->mix.dropout);
	if (j->weight > 0 || gradients_wanted(s, j->task))
		tape_backward(&w->tape);
}

/* In the order of the list, whoever computed it. */
static void add_job(int job, struct grads *g, void *arg)
{
	struct session *s = arg;
	double weight = s->job[job].weight;

	gradients_take(s, s->job[job].task, g);
	if (!(weight > 0))
		return;
	grads_add_marks(s->sum, g);
	grads_add(s->sum, g, (float)(weight / s->plan->micro_batches), 0, 1);
}

/* Means per task, in the order of tasks. */
static void gather(const struct session *s, struct mix_feedback *f)
{
	*f = (struct mix_feedback){ .step = s->step, .n = s->n_tasks };
	for (int k = 0; k < s->plan->micro_batches; k++) {
		f->loss[s->job[k].task] += s->job[k].loss;
		f->count[s->job[k].task]++;
	}
	for (int i = 0; i < s->n_tasks; i++) {
		f->regress[i] = s->plan->tasks[i].kind == TASK_REGRESS;
		if (f->count[i])
			f->loss[i] /= f->count[i];
	}
}

static bool losses_finite(const struct session *s)
{
	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].weight > 0 && !isfinite(s->job[k].loss))
			return false;
	return true;
}

/* --- the gradient's norm --- */

struct squares {
	const struct session *s;
	double part[GRADS_PARTS];
};

static void square_part(struct worker *w, int job, void *arg)
{
	struct squares *q = arg;

	(void)w;
	q->part[job] = grads_sumsq_part(q->s->sum, GRADS_ALL, job);
}

static double norm_of_sum(struct session *s)
{
	struct squares q = { .s = s };
	double sum = 0;

	workers_run(s->workers, GRADS_PARTS, square_part, &q);
	for (int i = 0; i < GRADS_PARTS; i++)
		sum += q.part[i];
	return __builtin_sqrt(sum);
}

/* --- weights as products like them --- */

static void pack_part(struct worker *w, int job, void *arg)
{
	struct session *s = arg;

	(void)w;
	weights_pack(&s->params, job, workers_count(s->workers));
}

void session_pack(struct session *s)
{
	weights_changed(&s->params);
	if (!weights_pack_begin(&s->params, s->adam.m != NULL))
		return;
	workers_run(s->workers, workers_count(s->workers), pack_part, s);
	weights_pack_end(&s->params);
}

/* --- the update --- */

struct update {
	struct session *s;
	struct adamw_group group[MODEL_TASKS_MAX + 1];
	float scale;
	int parts;
};

/* Decay beyond 1 / lr would turn weights around and let them grow (I11). */
static struct adamw_group make_group(const struct plan *p, double lr)
{
	double decay = p->weight_decay;

	if (lr * decay > 1)
		decay = 1 / lr;
	return (struct adamw_group){ .lr = (float)lr, .beta1 = (float)p->beta1,
				     .beta2 = (float)p->beta2, .eps = (float)p->eps,
				     .weight_decay = (float)decay };
}

static void update_part(struct worker *w, int job, void *arg)
{
	struct update *u = arg;

	(void)w;
	adamw_step(&u->s->adam, u->s->sum, u->scale, u->group, job, u->parts);
}

static void update(struct session *s, double lr, double scale)
{
	struct update u = { .s = s, .scale = (float)scale,
			    .parts = workers_count(s->workers) };

	u.group[0] = make_group(s->plan, lr);
	for (int i = 0; i < s->n_tasks; i++)
		u.group[1 + i] = make_group(s->plan, lr * s->plan->tasks[i].lr);
	adamw_count(&s->adam, s->sum);
	workers_run(s->workers, u.parts, update_part, &u);
	session_pack(s);
}

/* --- the report --- */

static uint16_t examples_of(const struct session *s, int task)
{
	uint64_t n = 0;

	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].task == task)
			n += (uint64_t)s->job[k].n_rows;
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static void fill_row(const struct session *s, const struct mix_feedback *f,
		     struct step_row *r)
{
	r->n = 0;
	for (int i = 0; i < s->n_tasks; i++) {
		if (!f->count[i])
			continue;
		r->task[r->n].task = (uint8_t)i;
		r->task[r->n].count = (uint8_t)f->count[i];
		r->task[r->n].examples = examples_of(s, i);
		r->task[r->n].loss = (float)f->loss[i];
		r->task[r->n].weight = (float)mix_loss_weight(&s->mix, i);
		r->n++;
	}
}

/* Arenas that have grown get room to spare, so that soon nothing grows. */
static void reserve(struct session *s)
{
	size_t peak = workers_arena_peak(s->workers);

	if (peak <= s->reserved)
		return;
	s->reserved = peak + peak / 2;
	workers_reserve(s->workers, s->reserved);
}

enum status session_step(struct session *s, struct step_report *report,
			 struct err *err)
{
	double from = clock_now(), share[MIX_TASKS_MAX], any = 0, lr, clip, scale;
	struct mix_feedback f;
	uint64_t tokens, examples;
	bool is_good;

	mix_shares(&s->mix, share);
	for (int i = 0; i < s->n_tasks; i++)
		any += share[i];
	if (!(any > 0))
		return err_set(err, ST_INVALID, "nothing to train: no task has a share");
	lr = s->mix.lr * schedule_factor(s->plan->schedule, s->step, s->plan->warmup,
					 s->mix.horizon, s->plan->lr_floor);
	draw_jobs(s, &tokens, &examples);
	gradients_begin(s);
	grads_clear(s->sum);
	workers_run_in_order(s->workers, s->plan->micro_batches, run_job, add_job, s);
	gather(s, &f);
	fill_row(s, &f, &report->row);
	report->norm = norm_of_sum(s);
	clip = s->mix.clip;
	report->is_clipped = clip > 0 && report->norm > clip;
	scale = report->is_clipped ? clip / report->norm : 1;
	is_good = losses_finite(s) && isfinite(report->norm) &&
		  report->norm * scale <= NORM_MAX;
	if (is_good) {
		update(s, lr, scale);
		mix_feedback(&s->mix, &f);
	} else {
		s->skipped++;
	}
	s->step++;
	report->n_gradients = gradients_end(s, report->gradient);
	reserve(s);
	report->examples = examples;
	report->row.step = s->step;
	report->row.lr = (float)lr;
	report->row.grad_norm = (float)report->norm;
	report->row.tokens = (uint32_t)tokens;
	report->row.skipped = !is_good;
	report->row.seconds = (float)(clock_now() - from);
	return ST_OK;
}
