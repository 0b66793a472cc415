/*
 * step.c - the step: a function of the state and the plan (DESIGN 3.1), in phases.
 * Behind the arrow is what a phase writes, of the state and for those that follow.
 *
 *   draw          the list of micro-batches is fixed, whole, before any is computed
 *                   -> cursors, credits and counts of the mix; s->job
 *   compute       workers compute them, in any order, and add their gradients as a tree
 *                 over the list; who looks on (conflict.c, task_sums.c) does so here
 *                   -> losses and factors of s->job; s->sum. No state
 *   reduce        losses per task; norms and Gram matrix where a method needs them
 *                   -> struct step, s->task_sums. No state
 *   coefficients  a weighting method that needs those combines the tasks' gradients
 *                   -> its memory and factors; the shared part of s->sum
 *   apply         clipping and the update, unless something is not finite
 *                   -> weights, moments, counts, packed weights; the step's number
 *   look again    the same micro-batches forward, where a method needs that
 *                   -> losses after, of s->job. No state
 *   learn         methods get to know what the step saw
 *                   -> memories; factors, for the next step
 *
 * Weights and moments are written in apply alone. So an update is made whole or not at
 * all, and what is not finite leaves no trace in them (test_not_finite, here and in
 * test_task_sums.c). A step without its update counts all the same: cursors and credits
 * have moved, the next one meets other rows, and the rate goes on along its schedule.
 *
 * Order. A sum of floats depends on its order, so each has one that no thread decides:
 * gradients the tree, losses the list, squares and inner products a fixed number of
 * parts (GRADS_PARTS). In the order of arrival the last bits would follow the machine's
 * load, and a replay would not be the run: test_workers_do_not_show, test_workers in
 * test_task_sums.c, test_bits.sh.
 *
 * The gradient is (1/M) sum over the M micro-batches of weight x (n / nbar) x
 * gradient of the micro-batch's mean loss: n are its counted units, nbar is the
 * task's mean of them, so that every unit of a task counts the same, however full
 * the micro-batch it came in. A micro-batch of weight 0 is only looked at.
 */
#include <math.h> /* isfinite */

#include "base/clock.h"
#include "data/data_kind.h"
#include "session/averaging.h"
#include "session/freezing.h"
#include "session/session.h"
#include "session/task_sums.h"
#include "session/workers.h"
#include "tensor/weights.h"

/* The step under way. */
struct step {
	struct session *s;
	double lr;
	uint64_t tokens, examples;
	double squares;   /* of the gradient that will be applied, before clipping */
	bool is_finite;   /* losses and gradient */
	/* of each task */
	int count[MIX_TASKS_MAX];
	bool regress[MIX_TASKS_MAX];
	double loss[MIX_TASKS_MAX], after[MIX_TASKS_MAX];
};

/* --- draw --- */

/*
 * Of a method that combines gradients the hand's weight alone is at the leaves: a
 * task's own parameters do not feel its coefficients.
 */
static double leaf_weight(const struct session *s, int task)
{
	return mix_combines(&s->mix) ? s->mix.ch[task].weight :
				       mix_loss_weight(&s->mix, task);
}

/*
 * All in one go, so that nothing a micro-batch brings (its loss, its time) can choose
 * the next one. job.draw is the count before this one: the number of its dropout.
 */
static void draw(struct step *x)
{
	struct session *s = x->s;

	for (int k = 0; k < s->plan->micro_batches; k++) {
		struct step_job *j = &s->job[k];
		uint64_t *rows = s->rows + (size_t)k * BATCH_EXAMPLES_MAX;
		int task = mix_draw(&s->mix);
		struct session_task *t = &s->task[task];
		struct cursor before = t->cursor;

		*j = (struct step_job){ .task = task, .rows = rows,
					.draw = before.draw,
					.weight = leaf_weight(s, task) };
		j->n_rows = packer_draw(t->packer, &t->cursor, rows);
		j->epoch = packer_epoch(t->packer);
		x->tokens += t->cursor.tokens - before.tokens;
		x->examples += t->cursor.examples - before.examples;
	}
}

/* --- compute --- */

/*
 * n / nbar: how full the micro-batch is, against its task's others. A micro-batch's
 * mean loss times n is the sum over its units; nbar is the same for all of a task, so
 * a unit weighs as much alone as in a crowd, and the task as much as its weight says
 * (test_units_count_the_same). Without counted units it is 0: nothing is added.
 */
static double fullness(const struct session *s, const struct step_job *j)
{
	return j->loss.units / s->task[j->task].units;
}

/*
 * The forward pass of a job, always with the dropout of its draw: a second one meets
 * the same masks (test_again_is_the_same), and masks owe nothing to other tasks.
 */
static struct loss forward(struct session *s, struct worker *w, const struct step_job *j)
{
	struct rng noise = rng_stream(s->plan->seed, RNG_DROPOUT, (uint32_t)j->task,
				      j->draw);
	struct batch b;

	tape_begin(&w->tape, w->grads, &noise);
	tape_freeze(&w->tape, s->has_frozen ? s->frozen : NULL);
	batch_build(&b, &w->tape.arena, s->task[j->task].train, j->task, j->rows,
		    j->n_rows, j->epoch, j->draw, tokenizer_start(s->tok));
	return model_loss(s->model, &w->tape, &b, (float)s->mix.dropout);
}

/*
 * On any worker. The buffer is cleared before the forward pass, which adds to it where a
 * loss knows its gradients at once (op_output.c). The factor waits for the loss, which has
 * the units that were counted, and is there before the backward pass.
 */
static void run_job(struct worker *w, int job, void *arg)
{
	struct session *s = arg;
	struct step_job *j = &s->job[job];

	grads_clear(w->grads);
	j->loss = forward(s, w, j);
	j->factor = (float)(j->weight * fullness(s, j) / s->plan->micro_batches);
	w->factor = j->factor;
	if (j->weight > 0 || conflict_wanted(s, j->task))
		tape_backward(&w->tape);
}

/*
 * In the list's order, one at a time (workers_sum), so those who look need no lock and
 * sum in that order. They see the gradient as it is, before its factor.
 */
static void look_at_job(int job, const struct grads *g, int param, void *arg)
{
	struct session *s = arg;
	const struct step_job *j = &s->job[job];

	conflict_take(s, j->task, g, param, fullness(s, j));
	task_sums_take(s, job, g, param, fullness(s, j));
}

static void compute(struct step *x)
{
	struct session *s = x->s;
	bool is_summed = task_sums_begin(s), is_measured = conflict_begin(s);

	s->sum = workers_sum(s->workers, s->plan->micro_batches, run_job,
			     is_measured || is_summed ? look_at_job : NULL, s,
			     &x->squares);
}

/* --- reduce --- */

/* Mean loss per task over its units, in the order of the list. */
static void mean_losses(const struct session *s, bool after, double *mean)
{
	double units[MIX_TASKS_MAX] = { 0 };

	for (int i = 0; i < s->n_tasks; i++)
		mean[i] = 0;
	for (int k = 0; k < s->plan->micro_batches; k++) {
		const struct step_job *j = &s->job[k];
		const struct loss *l = after ? &j->after : &j->loss;

		mean[j->task] += l->plain * l->units;
		units[j->task] += l->units;
	}
	for (int i = 0; i < s->n_tasks; i++)
		if (units[i] > 0)
			mean[i] /= units[i];
}

/* Of what counts: one that is only looked at stops no update. */
static bool losses_finite(const struct session *s)
{
	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].weight > 0 && !isfinite(s->job[k].loss.objective))
			return false;
	return true;
}

static void reduce(struct step *x)
{
	struct session *s = x->s;

	mean_losses(s, false, x->loss);
	for (int k = 0; k < s->plan->micro_batches; k++)
		x->count[s->job[k].task]++;
	for (int i = 0; i < s->n_tasks; i++)
		x->regress[i] = data_kind(s->plan->tasks[i].kind)->target->has_number;
	x->is_finite = losses_finite(s) && isfinite(x->squares);
	if (x->is_finite && mix_measures(&s->mix))
		task_sums_measure(s, s->mix.weighting.row->needs & NEEDS_GRAM,
				  mix_is_by_group(&s->mix));
}

/* --- coefficients --- */

static bool tell(struct step *x, enum method_role role)
{
	const struct task_sums *t = &x->s->task_sums;
	struct mix_seen seen = { .count = t->is_on ? t->count : x->count,
				 .regress = x->regress, .loss = x->loss,
				 .after = x->after, .norm = t->norm, .gram = t->gram,
				 .groups = t->groups };

	return mix_learn(&x->s->mix, role, &seen);
}

/*
 * The word of a method that combines counts in this very step, and touches the shared
 * parameters alone (task_sums.h). The norm is taken anew: clipping comes after it.
 */
static void coefficients(struct step *x)
{
	if (!x->is_finite || !mix_combines(&x->s->mix))
		return;
	x->is_finite = tell(x, METHOD_WEIGHTING);
	if (x->is_finite)
		x->squares = task_sums_combine(x->s);
}

/* --- weights as products like them --- */

static void pack_part(struct worker *w, int job, void *arg)
{
	struct session *s = arg;

	(void)w;
	weights_pack(&s->params, job, workers_count(s->workers));
}

static bool steps_unpacked(const struct session *s)
{
	return s->adam.m && weights_are_large(&s->params);
}

static void pack(struct session *s)
{
	if (!weights_pack_begin(&s->params, s->adam.m != NULL))
		return;
	workers_run(s->workers, workers_count(s->workers), pack_part, s);
	weights_pack_end(&s->params);
}

void session_pack(struct session *s)
{
	weights_changed(&s->params);
	if (!steps_unpacked(s))
		pack(s);
}

/* Gradients are garbage between steps, so their memory can be the copies'. */
void session_look(struct session *s)
{
	if (s->params.is_packed || !steps_unpacked(s))
		return;
	s->sum = NULL;
	workers_give_back(s->workers);
	if (s->gradients.sum)
		grads_give_back(s->gradients.sum);
	task_sums_give_back(&s->task_sums);
	pack(s);
}

/* --- apply --- */

struct update {
	struct session *s;
	struct adamw_group group[2 * MODEL_TASKS_MAX + 1];
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

/*
 * What no micro-batch added to is untouched in the sum, and AdamW leaves it alone:
 * weights, moments, count. So a task that is muted, not drawn or of weight 0 finds its
 * own parameters as they were (test_mute, test_weight_zero).
 * Frozen ones, too (freezing.h).
 *   As many parts as workers: the update is elementwise, so no cut shows
 * (test_adamw_parts). A sum must never be cut so.
 */
static void update(struct session *s, double lr, double scale)
{
	struct update u = { .s = s, .scale = (float)scale,
			    .parts = workers_count(s->workers) };

	u.group[0] = make_group(s->plan, lr);
	for (int i = 0; i < s->n_tasks; i++) {
		u.group[1 + i] = make_group(s->plan, lr * s->plan->tasks[i].lr);
		u.group[1 + s->n_tasks + i] =
			make_group(s->plan, lr * s->plan->tasks[i].lr_trunk);
	}
	for (int p = 0; p < s->params.n; p++)
		BUG_IF(s->frozen[p] && grads_touched(s->sum, p));
	freezing_set_rates(s);
	adamw_count(&s->adam, s->sum);
	workers_run(s->workers, u.parts, update_part, &u);
	averaging_update(s);
	session_pack(s);
}

/* True: the update is made. */
static bool apply(struct step *x, struct step_report *r)
{
	struct session *s = x->s;
	double clip = s->mix.clip, scale;
	bool is_good;

	r->norm = __builtin_sqrt(x->squares);
	r->is_clipped = clip > 0 && r->norm > clip;
	scale = r->is_clipped ? clip / r->norm : 1;
	is_good = x->is_finite && isfinite(r->norm) && r->norm * scale <= ADAMW_GRADIENT;
	if (is_good)
		update(s, x->lr, scale);
	else
		s->skipped++;
	s->skips = is_good ? 0 : s->skips + 1;
	s->step++;
	return is_good;
}

/* --- look again, and learn --- */

static void run_again(struct worker *w, int job, void *arg)
{
	struct session *s = arg;

	s->job[job].after = forward(s, w, &s->job[job]); /* no gradients are kept */
}

static void look_again(struct step *x)
{
	struct session *s = x->s;

	if (!(mix_needs(&s->mix) & NEEDS_AFTER))
		return;
	workers_run(s->workers, s->plan->micro_batches, run_again, s);
	mean_losses(s, true, x->after);
}

/*
 * After an update alone: what was not finite teaches nobody. One that combines has had
 * its say. A sampling method without a memory has nothing to learn.
 */
static void learn(struct step *x)
{
	struct mix *m = &x->s->mix;

	if (!mix_combines(m))
		tell(x, METHOD_WEIGHTING);
	if (mix_memory(&m->sampling, m->n))
		tell(x, METHOD_SAMPLING);
}

/* --- the report --- */

static uint32_t examples_of(const struct session *s, int task)
{
	uint32_t n = 0;

	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].task == task)
			n += (uint32_t)s->job[k].n_rows;
	return n;
}

/* What each task counted with, too: before its factor moves. */
static void fill_tasks(const struct step *x, struct step_row *r)
{
	const struct session *s = x->s;

	r->n = 0;
	for (int i = 0; i < s->n_tasks; i++) {
		if (!x->count[i])
			continue;
		r->task[r->n].task = (uint8_t)i;
		r->task[r->n].count = (uint16_t)x->count[i];
		r->task[r->n].examples = examples_of(s, i);
		r->task[r->n].loss = (float)x->loss[i];
		r->task[r->n].weight = (float)mix_loss_weight(&s->mix, i);
		r->n++;
	}
}

/*
 * Arenas that have grown get room to spare, so that soon nothing grows. All of them by
 * the largest: which worker meets the largest micro-batch is chance. At the end of a
 * step, when nothing is borrowed from them.
 */
static void reserve(struct session *s)
{
	size_t peak = workers_arena_peak(s->workers);

	if (peak <= s->reserved)
		return;
	s->reserved = peak + peak / 2;
	workers_reserve(s->workers, s->reserved);
}

static void fill_report(struct step *x, bool is_good, struct step_report *r)
{
	struct session *s = x->s;

	r->n_gradients = gradients_end(s, r->gradient);
	r->conflict = conflict_end(s);
	r->examples = x->examples;
	r->row.step = s->step;
	r->row.lr = (float)x->lr;
	r->row.grad_norm = (float)r->norm;
	r->row.tokens = (uint32_t)x->tokens;
	r->row.skipped = !is_good;
}

static bool anything_trains(const struct session *s)
{
	double share[MIX_TASKS_MAX], any = 0;

	mix_shares(&s->mix, share);
	for (int i = 0; i < s->n_tasks; i++)
		any += share[i];
	return any > 0;
}

/* The mix is told where the session stands before it is asked, and once it has moved. */
enum status session_step(struct session *s, struct step_report *report, struct err *err)
{
	double from = clock_now();
	struct step x = { .s = s };
	bool is_good;

	BUG_IF(s->is_averaged);
	session_tell_mix(s);
	mix_ramp(&s->mix);
	if (!anything_trains(s))
		return err_set(err, ST_INVALID, "nothing to train: no task has a share");
	x.lr = s->mix.lr * schedule_factor(s->plan->schedule, s->step, s->plan->warmup.steps,
					   s->mix.horizon, s->plan->lr_floor);
	if (steps_unpacked(s))
		weights_release(&s->params);
	freezing_begin(s);
	draw(&x);
	compute(&x);
	reduce(&x);
	coefficients(&x);
	fill_tasks(&x, &report->row);
	is_good = apply(&x, report);
	if (is_good) {
		look_again(&x);
		learn(&x);
	}
	session_tell_mix(s);
	fill_report(&x, is_good, report);
	reserve(s);
	report->row.seconds = (float)(clock_now() - from);
	return ST_OK;
}
