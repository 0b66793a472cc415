/*
 * step.c - the step: a function of the state and the plan (DESIGN 3.1).
 *
 * First the list of micro-batches is fixed and the cursors move; then workers
 * compute them, in any order; their gradients are added as a tree over the list.
 * The gradient is (1/M) sum over the M micro-batches of weight x (n / nbar) x
 * gradient of the micro-batch's mean loss: n are its counted units, nbar is the
 * task's mean of them, so that every unit of a task counts the same, however full
 * the micro-batch it came in. A micro-batch of weight 0 is only looked at. The
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

/* n / nbar: how full the micro-batch is, against its task's others. */
static double fullness(const struct session *s, const struct step_job *j)
{
	return j->loss.units / s->task[j->task].units;
}

static float run_job(struct worker *w, int job, void *arg)
{
	struct session *s = arg;
	struct step_job *j = &s->job[job];
	struct rng noise = rng_stream(s->plan->seed, RNG_DROPOUT, (uint32_t)j->task,
				      j->draw);
	struct batch b;

	grads_clear(w->grads);
	tape_begin(&w->tape, w->grads, &noise);
	batch_build(&b, &w->tape.arena, s->task[j->task].train, j->task, j->rows,
		    j->n_rows, j->draw, tokenizer_start(s->tok));
	j->loss = model_loss(s->model, &w->tape, &b, (float)s->mix.dropout);
	if (j->weight > 0 || gradients_wanted(s, j->task))
		tape_backward(&w->tape);
	return (float)(j->weight * fullness(s, j) / s->plan->micro_batches);
}

static void look_at_job(int job, const struct grads *g, void *arg)
{
	struct session *s = arg;
	const struct step_job *j = &s->job[job];

	gradients_take(s, j->task, g, fullness(s, j));
}

/* Means per task over its units, in the order of the list. */
static void gather(const struct session *s, struct mix_feedback *f)
{
	double units[MIX_TASKS_MAX] = { 0 };

	*f = (struct mix_feedback){ .step = s->step, .n = s->n_tasks };
	for (int k = 0; k < s->plan->micro_batches; k++) {
		const struct step_job *j = &s->job[k];

		f->loss[j->task] += j->loss.plain * j->loss.units;
		units[j->task] += j->loss.units;
		f->count[j->task]++;
	}
	for (int i = 0; i < s->n_tasks; i++) {
		f->regress[i] = s->plan->tasks[i].kind == TASK_REGRESS;
		if (units[i] > 0)
			f->loss[i] /= units[i];
	}
}

static bool losses_finite(const struct session *s)
{
	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].weight > 0 && !isfinite(s->job[k].loss.objective))
			return false;
	return true;
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

static uint32_t examples_of(const struct session *s, int task)
{
	uint32_t n = 0;

	for (int k = 0; k < s->plan->micro_batches; k++)
		if (s->job[k].task == task)
			n += (uint32_t)s->job[k].n_rows;
	return n;
}

static void fill_row(const struct session *s, const struct mix_feedback *f,
		     struct step_row *r)
{
	r->n = 0;
	for (int i = 0; i < s->n_tasks; i++) {
		if (!f->count[i])
			continue;
		r->task[r->n].task = (uint8_t)i;
		r->task[r->n].count = (uint16_t)f->count[i];
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
	double squares;
	struct mix_feedback f;
	worker_look *look;
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
	look = gradients_begin(s) ? look_at_job : NULL;
	s->sum = workers_sum(s->workers, s->plan->micro_batches, run_job, look, s,
			     &squares);
	gather(s, &f);
	fill_row(s, &f, &report->row);
	report->norm = __builtin_sqrt(squares);
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
	s->skips = is_good ? 0 : s->skips + 1;
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
