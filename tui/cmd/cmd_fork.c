/*
 * cmd_fork.c - `fork`: what each mixing method would do to a run from a checkpoint on,
 * beside the run as it is.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "metric/metric.h"
#include "session/session.h"
#include "trainer/fork.h"

enum { NAME_LEAST = 16, NAME_MOST = 40, FIGURE = 8 };

/* "a,b c=1" cut at its commas, without blanks around; returns how many. */
static int cut(char *list, const char **word)
{
	char *rest = list, *w;
	int n = 0;

	while (rest && n < FORK_ARMS) {
		w = strsep(&rest, ",");
		w += strspn(w, " ");
		for (size_t end = strlen(w); end && w[end - 1] == ' '; end--)
			w[end - 1] = '\0';
		if (*w)
			word[n++] = w;
	}
	return n;
}

static const char *arm_name(const struct fork_arm *a, char out[FORK_WORDS + 16])
{
	if (a->words[0])
		str_copy(out, FORK_WORDS + 16, a->words);
	else
		str_format(out, FORK_WORDS + 16, "as it is (%s)", a->usual);
	return out;
}

/* --- for people --- */

/* Wide enough for every arm, within reason. */
static int name_width(const struct fork_result *r)
{
	char name[FORK_WORDS + 16];
	int w = NAME_LEAST;

	for (int i = 0; i < r->n_arms; i++) {
		int n = (int)strlen(arm_name(&r->arm[i], name));

		w = n > w ? n : w;
	}
	return w > NAME_MOST ? NAME_MOST : w;
}

/* Right in so many columns; shares in percent. */
static void put_number(int w, double x, double base, bool is_base, bool is_share)
{
	int digits = is_share ? 2 : 4;
	double by = is_share ? 100 : 1;

	if (isnan(x))
		printf("  %*s  %8s", w, "-", "");
	else if (is_base || isnan(base))
		printf("  %*.*f  %8s", w, digits, by * x, "");
	else if (x == base)
		printf("  %*.*f  %8s", w, digits, by * x, "same");
	else
		printf("  %*.*f  %+8.*f", w, digits, by * x, digits, by * (x - base));
}

/* As `check` says it, and how much of it is the state itself. */
static double memory_mb(void)
{
	return (double)mem_whole_peak_bytes() / 1e6;
}

/* Losses, and the first metric: the others are in --json. */
static void print_task(const struct fork_result *r, int task, int w)
{
	const struct fork_task *base = &r->arm[0].task[task];
	const struct metric_info *m = base->has_dev && base->dev.n_metrics ?
				      metric_find(base->dev.metric[0].name) : NULL;
	bool is_share = m && m->unit == METRIC_SHARE;
	char name[FORK_WORDS + 16], title[32];
	int wide;

	str_format(title, sizeof title, "%s%s", m ? m->name : "", is_share ? " %" : "");
	wide = strlen(title) > FIGURE ? (int)strlen(title) : FIGURE;
	printf("\n%s", r->s->plan->tasks[task].name);
	if (base->has_dev)
		printf(" (%d dev rows)", base->dev.n_examples);
	printf("\n  %-*s  %*s  %8s", w, "", FIGURE, "loss", "change");
	if (m)
		printf("  %*s  %8s", wide, title, "change");
	if (base->has_dev)
		printf("  %*s  %8s", FIGURE, "dev loss", "change");
	putchar('\n');
	for (int i = 0; i < r->n_arms; i++) {
		const struct fork_task *t = &r->arm[i].task[task];

		if (r->arm[i].why[0])
			continue;
		printf("  %-*.*s", w, w, arm_name(&r->arm[i], name));
		put_number(FIGURE, t->loss, base->loss, i == 0, false);
		if (t->has_dev && m)
			put_number(wide, t->dev.metric[0].value, base->dev.metric[0].value,
				   i == 0, is_share);
		if (t->has_dev)
			put_number(FIGURE, t->dev.loss, base->dev.loss, i == 0, false);
		putchar('\n');
	}
}

static void print_conflicts(const struct fork_result *r, int w)
{
	char name[FORK_WORDS + 16];

	printf("\ngradients where each ended\n  %-*s  %11s  %7s  %10s\n", w, "",
	       "mean cosine", "worst", "CPU a step");
	for (int i = 0; i < r->n_arms; i++) {
		const struct fork_arm *a = &r->arm[i];
		const struct fork_conflict *c = &a->conflict;

		printf("  %-*.*s", w, w, arm_name(a, name));
		if (a->why[0]) {
			printf("  %s\n", a->why);
			continue;
		}
		if (c->is_known)
			printf("  %+11.3f  %+7.3f", c->mean, c->worst);
		else
			printf("  %11s  %7s", "-", "-");
		printf("  %8.2f s", a->seconds);
		if (c->is_known && r->n_tasks > 2)
			printf("  %s, %s", r->s->plan->tasks[c->a].name,
			       r->s->plan->tasks[c->b].name);
		if (a->skipped)
			printf("  %lld updates skipped", (long long)a->skipped);
		putchar('\n');
	}
}

static void print(const struct opts *o, const struct fork_result *r)
{
	int w = name_width(r);

	printf("%s from step %lld: %lld steps under each method, the same rows and noise; "
	       "losses are means over the second half\n", o->arg[0], (long long)r->from,
	       (long long)r->steps);
	for (int i = 0; i < r->n_tasks; i++)
		print_task(r, i, w);
	print_conflicts(r, w);
	printf("\nparameters %.2f M   memory %.0f MB, of it %.1f MB the state that all began "
	       "from\n", (double)r->s->params.size / 1e6, memory_mb(), (double)r->held / 1e6);
}

/* --- for programs: an object an arm --- */

static void put_task(struct json_out *j, const struct fork_task *t)
{
	json_put_num(j, "loss", t->loss);
	if (!t->has_dev)
		return;
	json_put_num(j, "dev_loss", t->dev.loss);
	json_put_int(j, "n", t->dev.n_examples);
	for (int k = 0; k < t->dev.n_metrics; k++)
		json_put_num(j, t->dev.metric[k].name, t->dev.metric[k].value);
}

static void print_json(const struct fork_result *r, const struct fork_arm *a)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "fork");
	json_put_str(&j, "method", a->words);
	json_put_str(&j, "weighting", a->weighting);
	json_put_str(&j, "sampling", a->sampling);
	json_put_int(&j, "from", r->from);
	json_put_int(&j, "steps", r->steps);
	if (a->why[0]) {
		json_put_str(&j, "refused", a->why);
	} else {
		json_open(&j, "tasks", '{');
		for (int i = 0; i < r->n_tasks; i++) {
			json_open(&j, r->s->plan->tasks[i].name, '{');
			put_task(&j, &a->task[i]);
			json_close(&j, '}');
		}
		json_close(&j, '}');
		if (a->conflict.is_known) {
			json_put_num(&j, "cosine", a->conflict.mean);
			json_put_num(&j, "worst_cosine", a->conflict.worst);
		}
		json_put_int(&j, "skipped", a->skipped);
		json_put_num(&j, "cpu_seconds", a->seconds);
		json_put_str(&j, "state", a->state);
		json_put_num(&j, "memory_mb", memory_mb());
		json_put_num(&j, "state_mb", (double)r->held / 1e6);
	}
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_fork(const struct opts *o)
{
	const char *word[FORK_ARMS];
	char path[4096], *list;
	struct fork_result *r;
	struct err err;
	enum status st;
	int n;

	if (!o->methods) {
		st = err_set(&err, ST_INVALID, "fork wants --methods, as in --methods "
			     "uncertainty,pcgrad");
		return cmd_fail(st, &err);
	}
	list = xstrdup(o->methods);
	n = cut(list, word);
	r = xcalloc(1, sizeof *r);
	st = cmd_find_run(o, o->arg[0], path, &err);
	cmd_catch_signals();
	if (!st)
		st = fork_run(path, o->step, o->steps > 0 ? o->steps : 0, word, n,
			      o->workers > 0 ? (int)o->workers : 0, cmd_progress(), r, &err);
	cmd_progress_end();
	for (int i = 0; !st && o->json && i < r->n_arms; i++)
		print_json(r, &r->arm[i]);
	if (!st && !o->json)
		print(o, r);
	fork_release(r);
	xfree(r);
	xfree(list);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
