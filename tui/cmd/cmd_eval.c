/*
 * cmd_eval.c - `eval`, `replay`, `check`: sessions opened for one question.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "ask/ask_kind.h"
#include "ask/blind.h"
#include "ask/evaluate.h"
#include "ask/unknown.h"
#include "plan/plan_survey.h"
#include "rundir/init.h"
#include "rundir/machine.h"
#include "screen/canvas.h"
#include "session/freezing.h"
#include "session/ring.h"
#include "trainer/replay.h"

/* --- eval --- */

void cmd_print_eval(const struct session *s, int task, const struct eval_row *e,
		    const struct eval_row *base, bool json)
{
	const struct plan_task *p = &s->plan->tasks[task];
	const struct ask_kind *k = ask_kind(p->kind);
	const char *name = p->name, *signature = k->signature ? k->signature(p) : NULL;
	int w = cmd_name_columns(s->plan);
	char text[24];
	struct json_out j;
	struct buf b;

	if (!json) {
		printf("%-*s %6d rows", w, name, e->n_examples);
		for (int i = 0; i < e->n_metrics; i++) {
			const struct metric_info *m = metric_find(e->metric[i].name);

			printf("  %s %s", m->name, fmt_figure(text, m->id, e->metric[i].value));
			if (base && i < base->n_metrics)
				printf(" (baseline %s)",
				       fmt_figure(text, m->id, base->metric[i].value));
		}
		if (!isnan(e->loss)) /* of imported predictions there may be none */
			printf("  loss %.4f", e->loss);
		if (e->seconds > 0)
			printf("  %.1f s", e->seconds);
		putchar('\n');
		if (signature)
			printf("%-*s %s\n", w, "", signature);
		fflush(stdout);
		return;
	}
	buf_init(&b);
	json_event(&j, &b, "eval");
	json_put_str(&j, "task", name);
	json_put_int(&j, "n", e->n_examples);
	json_put_int(&j, "step", s->step);
	for (int i = 0; i < e->n_metrics; i++)
		json_put_num(&j, e->metric[i].name, e->metric[i].value);
	json_put_num(&j, "loss", e->loss);
	if (signature)
		json_put_str(&j, "signature", signature);
	json_open(&j, "baseline", '{');
	for (int i = 0; base && i < base->n_metrics; i++)
		json_put_num(&j, base->metric[i].name, base->metric[i].value);
	json_close(&j, '}');
	json_close(&j, '}');
	puts(buf_str(&b));
	fflush(stdout);
	buf_release(&b);
}

/* Another file, read as the plan reads the task's dev file. */
static enum status open_data(struct session *s, int task, const char *path,
			     struct dataset **d, struct err *err)
{
	struct dataset_spec spec;

	plan_dataset(s->plan, task, true, &spec);
	spec.path = path;
	spec.held_share = 0;
	spec.n_labels = s->task[task].n_labels;
	spec.labels = (const char *const *)s->task[task].labels;
	return dataset_open(&spec, s->tok, NULL, cmd_progress(), d, err);
}

static enum status eval_one(struct session *s, int task, const struct opts *o,
			    struct err *err)
{
	struct eval_options eo = { .greedy = false };
	struct evaluation e;
	struct eval_row base;
	struct dataset *d = NULL;
	enum status st = ST_OK;
	bool has_base = false;

	if (o->data)
		st = open_data(s, task, o->data, &d, err);
	if (st)
		return st;
	eo.data = d;
	st = evaluate_task(s, task, &eo, cmd_progress(), &e, err);
	if (!st)
		has_base = !evaluate_baseline(s, task, d, 0, &base, NULL);
	cmd_progress_end();
	if (!st) {
		cmd_print_eval(s, task, &e.row, has_base ? &base : NULL, o->json);
		evaluation_release(&e);
	}
	dataset_close(d);
	return st;
}

enum status cmd_pick_task(const struct plan *p, const char *name, int *task,
			  struct err *err)
{
	struct buf names;

	*task = name ? plan_task_find(p, name) : -1;
	if (!name || *task >= 0)
		return ST_OK;
	buf_init(&names);
	for (int i = 0; i < p->n_tasks; i++)
		buf_addf(&names, " %s", p->tasks[i].name);
	err_set(err, ST_INVALID, "no task '%.60s' in this run; there are:%s", name,
		buf_str(&names));
	buf_release(&names);
	return ST_INVALID;
}

/* Every task that has rows, or the one that was asked for; none at all is told. */
static enum status eval_tasks(struct session *s, int only, const struct opts *o,
			      struct err *err)
{
	enum status st = ST_OK;
	int measured = 0;

	for (int i = 0; !st && i < s->n_tasks; i++) {
		if ((only >= 0 && only != i) || (!s->task[i].dev && !o->data))
			continue;
		st = eval_one(s, i, o, err);
		measured++;
	}
	if (st || measured)
		return st;
	if (only < 0)
		return err_set(err, ST_NOT_FOUND, "no task has dev rows: '--task TASK --data "
			       "FILE' measures on others");
	return err_set(err, ST_NOT_FOUND, "task '%.60s' has no dev rows: '--data FILE' "
		       "measures on others", s->plan->tasks[only].name);
}

int cmd_eval(const struct opts *o)
{
	struct session *s = NULL;
	struct err err;
	int only = -1;
	enum status st;

	if (o->data && !o->task) {
		err_set(&err, ST_INVALID, "--data wants --task: whose file is it?");
		return cmd_fail(ST_INVALID, &err), EXIT_USAGE;
	}
	st = cmd_open_run(o, true, &s, &err);
	if (!st)
		st = cmd_pick_task(s->plan, o->task, &only, &err);
	if (!st)
		st = eval_tasks(s, only, o, &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}

/* --- replay --- */

/* The hashes on the way; where the first one is another, how far it was the same. */
static void print_way(const struct replay_result *r)
{
	if (r->checked)
		printf("%d hash%s on the way %s the same\n", r->checked,
		       r->checked == 1 ? "" : "es", r->checked == 1 ? "is" : "are");
	if (r->differs >= 0 && r->good >= 0)
		printf("the first that differs is that of step %lld; step %lld is the same\n",
		       (long long)r->differs, (long long)r->good);
	else if (r->differs >= 0)
		printf("the first that differs is that of step %lld\n",
		       (long long)r->differs);
}

int cmd_replay(const struct opts *o)
{
	char path[PATH_MAX];
	struct replay_result r;
	struct json_out j;
	struct buf b;
	struct err err;
	enum status st = cmd_find_run(o, o->arg[0], path, &err);

	cmd_catch_signals();
	if (!st)
		st = replay_run(path, o->workers > 0 ? (int)o->workers : 0,
				cmd_progress(), &r, &err);
	cmd_progress_end();
	if (st)
		return cmd_fail(st, &err);
	if (!o->json) {
		if (!r.comparable)
			printf("not comparable: the run was made with another build, "
			       "BLAS or processor\n");
		printf("step %lld  recorded %s  replayed %s  %s\n", (long long)r.step,
		       r.recorded, r.differs >= 0 ? "-" : r.replayed,
		       r.same ? "the same bits" : "DIFFERENT");
		print_way(&r);
		return r.same ? EXIT_WELL : EXIT_FAILED;
	}
	buf_init(&b);
	json_event(&j, &b, "replay");
	json_put_int(&j, "step", r.step);
	json_put_str(&j, "recorded", r.recorded);
	json_put_str(&j, "state", r.replayed);
	json_put_bool(&j, "comparable", r.comparable);
	json_put_bool(&j, "same", r.same);
	json_put_int(&j, "checked", r.checked);
	if (r.differs >= 0)
		json_put_int(&j, "differs", r.differs);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
	return r.same ? EXIT_WELL : EXIT_FAILED;
}

/* --- check --- */

static void check_report(const char *split, const char *path, const struct plan_task *t,
			 const struct dataset *d)
{
	const struct row_report *r = dataset_report(d);
	struct buf b;

	buf_init(&b);
	row_report_text(r, path, &b);
	printf("  %s: %llu rows, %llu skipped", split, (unsigned long long)dataset_size(d),
	       (unsigned long long)row_report_bad(r));
	if (b.len)
		printf(": %s", buf_str(&b));
	buf_clear(&b);
	row_cut_text(r, t->max_source, t->max_target, &b);
	printf("%s%s\n", b.len ? "; " : "", buf_str(&b));
	buf_clear(&b);
	row_cut_warn(r, t->max_source, t->max_target, &b);
	printf("%s%s", b.len ? "  " : "", buf_str(&b));
	buf_release(&b);
}

static void print_lines(const struct buf *b)
{
	for (char *p = b->s, *end; p && *p; p = end + 1) {
		end = strchr(p, '\n');
		printf("  %.*s\n", (int)(end - p), p);
	}
}

/* What `new` says of the two splits, too; nothing else is wrong by now. */
static void check_splits(const struct session *s, int i)
{
	struct plan_survey two;
	struct buf b;

	buf_init(&b);
	if (!plan_survey(s->plan, i, cmd_progress(), &two, NULL))
		plan_survey_warn(s->plan, i, &two, &b);
	cmd_progress_end();
	print_lines(&b);
	plan_survey_release(&two);
	buf_release(&b);
}

static void check_task(const struct session *s, int i)
{
	const struct session_task *t = &s->task[i];
	const struct plan_task *p = &s->plan->tasks[i];
	struct buf b;

	printf("%s (%s", s->plan->tasks[i].name, task_kind_name(s->plan->tasks[i].kind));
	if (t->n_labels)
		printf(", %d labels", t->n_labels);
	printf("), %.0f micro-batches an epoch\n", packer_per_epoch(t->packer));
	check_report("train", p->train, p, t->train);
	if (t->dev)
		check_report("dev", *p->dev ? p->dev : p->train, p, t->dev);
	if (s->plan->split && *p->dev)
		printf("  split changes nothing here: the dev rows are a file\n");
	check_splits(s, i);
	buf_init(&b);
	unknown_words(s, i, &b);
	print_lines(&b);
	buf_clear(&b);
	if (rouge_blind_words(rouge_blind_count(s, i), ROUGE_REMEDY, &b))
		printf("  %s\n", buf_str(&b));
	buf_release(&b);
}

/* Seconds a step, from a few steps after a warm-up. *init: of the weights it starts from. */
static enum status time_steps(struct session *s, struct init_report *init, double *seconds,
			      struct err *err)
{
	enum { WARM = 2, TIMED = 6 };
	struct step_report r;
	enum status st = init_start(s, init, err);
	double from = 0;

	for (int i = 0; !st && i < WARM + TIMED && !cmd_signal(); i++) {
		if (i == WARM)
			from = clock_now();
		st = session_step(s, &r, err);
	}
	*seconds = (clock_now() - from) / TIMED;
	return st;
}

/* As a run's evaluations do, so that its memory is seen. */
static void try_evaluations(struct session *s)
{
	int n = s->plan->eval_examples;
	struct eval_options o = { .max_examples = n, .keep = n, .greedy = true };

	for (int i = 0; i < s->n_tasks && !cmd_signal(); i++)
		evaluate_largest(s, i, &o);
}

/*
 * What a run has besides its session: the store, telemetry, pictures for readers, a
 * checkpoint on its way to the disk. Measured: 3 to 6 MB, whatever the model.
 */
enum { RUN_BYTES = 8 << 20 };

/* The steps of epochs and shares; where the plan has numbers, it says them itself. */
static void print_budget(const struct plan *p)
{
	bool has_share = p->warmup.percent >= 0 || p->eval_every.percent >= 0 ||
			 p->checkpoint_every.percent >= 0;

	if (p->epochs > 0)
		printf("epochs %g of %d micro-batches a step: %lld steps\n", p->epochs,
		       p->micro_batches, (long long)p->steps);
	if (has_share)
		printf("warm-up %lld steps, evaluations every %lld, checkpoints every %lld\n",
		       (long long)p->warmup.steps, (long long)p->eval_every.steps,
		       (long long)p->checkpoint_every.steps);
}

static void put_budget(struct json_out *j, const struct plan *p)
{
	json_put_int(j, "steps", p->steps);
	json_put_int(j, "warmup", p->warmup.steps);
	json_put_int(j, "eval_every", p->eval_every.steps);
	json_put_int(j, "checkpoint_every", p->checkpoint_every.steps);
}

static const char *precision_word(const struct plan *p)
{
	return p->precision == PRECISION_BF16 ? "bf16" : "f32";
}

/* In which precision the model's products are, and what multiplies. */
static void print_precision(const struct plan *p)
{
	printf("precision %s (%s)\n", precision_word(p), machine_products(p->precision));
	if (machine_is_slow_in(p->precision))
		printf("  slower here than f32: this processor has no AMX\n");
}

static void print_frozen(const struct session *s)
{
	struct freeze_groups groups;
	char text[512];

	model_adapter_text(model_config(s->model), text, sizeof text);
	if (*text)
		printf("adapters: %s\n", text);
	if (*s->plan->rates)
		printf("rates: %s\n", s->plan->rates);
	if (!freeze_any(&s->mix.frozen))
		return;
	freezing_groups(s, &groups);
	freeze_show(&groups, &s->mix.frozen, text, sizeof text);
	printf("frozen: %s; %.2f M parameters are trained\n", text,
	       (double)freezing_trained(s) / 1e6);
}

static void put_frozen(struct json_out *j, const struct session *s)
{
	struct freeze_groups groups;
	char text[512];

	model_adapter_text(model_config(s->model), text, sizeof text);
	if (*text)
		json_put_str(j, "adapters", text);
	if (*s->plan->rates)
		json_put_str(j, "rates", s->plan->rates);
	if (!freeze_any(&s->mix.frozen))
		return;
	freezing_groups(s, &groups);
	freeze_show(&groups, &s->mix.frozen, text, sizeof text);
	json_put_str(j, "frozen", text);
	json_put_int(j, "trained", (int64_t)freezing_trained(s));
}

static void print_check(const struct session *s, const struct init_report *init,
			double seconds, bool json)
{
	double memory = (double)(mem_whole_peak_bytes() + RUN_BYTES + ring_bytes(s)) / 1e6;
	double hours = seconds * (double)s->plan->steps / 3600;
	bool is_short = hours * 60 < 1.5;
	struct json_out j;
	struct buf b;

	if (!json) {
		printf("parameters %.2f M   memory %.0f MB   %.0f ms a step   %lld steps "
		       "in about %.0f %s, evaluations apart\n",
		       (double)s->params.size / 1e6, memory, 1000 * seconds,
		       (long long)s->plan->steps, fmax(1, hours * (is_short ? 3600 : 60)),
		       is_short ? "s" : "min");
		if (init->words.len)
			printf("model.init: %s\n", buf_str(&init->words));
		print_precision(s->plan);
		print_frozen(s);
		print_budget(s->plan);
		for (int i = 0; i < s->n_tasks; i++)
			check_task(s, i);
		return;
	}
	buf_init(&b);
	json_event(&j, &b, "check");
	json_put_int(&j, "parameters", (int64_t)s->params.size);
	json_put_num(&j, "memory_mb", memory);
	json_put_num(&j, "seconds_per_step", seconds);
	json_put_str(&j, "precision", precision_word(s->plan));
	json_put_str(&j, "products", machine_products(s->plan->precision));
	if (init->words.len) {
		json_put_str(&j, "init", s->plan->init);
		json_put_int(&j, "init_taken", init->taken);
		json_put_str(&j, "init_words", buf_str(&init->words));
	}
	put_frozen(&j, s);
	put_budget(&j, s->plan);
	json_open(&j, "tasks", '{');
	for (int i = 0; i < s->n_tasks; i++) {
		const struct row_report *r = dataset_report(s->task[i].train);

		json_open(&j, s->plan->tasks[i].name, '{');
		json_put_int(&j, "train", (int64_t)dataset_size(s->task[i].train));
		json_put_int(&j, "dev", s->task[i].dev ?
				     (int64_t)dataset_size(s->task[i].dev) : 0);
		json_put_int(&j, "skipped", (int64_t)row_report_bad(r));
		json_put_int(&j, "rouge_blind", (int64_t)rouge_blind_count(s, i).n);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_check(const struct opts *o)
{
	struct plan *plan = NULL;
	struct session *s = NULL;
	struct init_report init = { 0 };
	struct err err;
	double seconds = 0;
	enum status st;

	cmd_catch_signals();
	st = cmd_load_plan(o, o->arg[0], &plan, NULL, &err);
	if (st)
		return cmd_fail(st, &err),
		       st == ST_INVALID || st == ST_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
	st = session_new(plan, NULL, o->workers > 0 ? (int)o->workers : 0,
			 cmd_progress(), &s, &err);
	if (!st)
		st = time_steps(s, &init, &seconds, &err);
	if (!st)
		try_evaluations(s);
	cmd_progress_end();
	if (!st)
		print_check(s, &init, seconds, o->json);
	init_report_release(&init);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
