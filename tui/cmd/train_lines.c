/*
 * train_lines.c - what `train` and `resume` print, a line at a time: for people, or one
 * JSON object.
 */
#include "train_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "rundir/run_open.h"
#include "screen/canvas.h"

static void put_line(struct buf *b)
{
	buf_addc(b, '\n');
	fwrite(buf_str(b), 1, b->len, stdout);
	fflush(stdout);
	buf_release(b);
}

void train_open_event(struct json_out *j, struct buf *b, const char *event)
{
	buf_init(b);
	json_event(j, b, event);
}

void train_close_event(struct json_out *j, struct buf *b)
{
	json_close(j, '}');
	put_line(b);
}

void train_json_progress(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	train_open_event(&j, &b, "progress");
	json_put_str(&j, "phase", phase_name(s->phase));
	json_put_int(&j, "step", s->step);
	json_put_int(&j, "steps", s->steps);
	json_put_num(&j, "lr", s->lr);
	json_put_num(&j, "grad_norm", s->grad_norm);
	json_put_num(&j, "tokens_per_second", s->tokens_per_second);
	json_put_num(&j, "seconds_left", s->seconds_left);
	json_open(&j, "loss", '{');
	for (int i = 0; i < s->n_channels; i++)
		json_put_num(&j, s->ch[i].name, s->ch[i].smooth);
	json_close(&j, '}');
	train_close_event(&j, &b);
}

void train_json_work(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	train_open_event(&j, &b, "work");
	json_put_str(&j, "what", s->work);
	json_put_int(&j, "done", (int64_t)s->work_done);
	json_put_int(&j, "total", (int64_t)s->work_total);
	json_put_num(&j, "seconds_left", s->work_left);
	train_close_event(&j, &b);
}

/* The same of the weights' average, where there is one. */
static void put_averaged(struct json_out *j, const struct snapshot *s)
{
	bool any = false;

	for (int i = 0; i < s->n_channels; i++)
		any |= !isnan(s->ch[i].averaged);
	if (!any)
		return;
	json_open(j, "averaged", '{');
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];

		json_open(j, c->name, '{');
		json_put_num(j, metric_table[c->metric].name, c->averaged);
		json_close(j, '}');
	}
	json_close(j, '}');
}

void train_json_eval(const struct snapshot *s)
{
	struct json_out j;
	struct buf b;

	train_open_event(&j, &b, "eval");
	json_put_int(&j, "step", s->eval_step);
	json_open(&j, "dev", '{');
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];

		json_open(&j, c->name, '{');
		json_put_num(&j, metric_table[c->metric].name, c->dev);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	put_averaged(&j, s);
	train_close_event(&j, &b);
}

void train_text_eval(const struct snapshot *s)
{
	printf("step %lld  dev", (long long)s->eval_step);
	for (int i = 0; i < s->n_channels; i++) {
		const struct channel *c = &s->ch[i];
		char dev[24], base[24];

		if (isnan(c->dev) && c->dev_step != s->eval_step)
			continue; /* it has no dev rows; else a metric of no meaning: "-" */
		printf("  %s %s %s", c->name, metric_table[c->metric].name,
		       fmt_measure(dev, c->metric, c->dev));
		if (!isnan(c->averaged))
			printf(" (averaged %s)", fmt_measure(base, c->metric, c->averaged));
		if (!isnan(c->baseline))
			printf(" (baseline %s)", fmt_measure(base, c->metric, c->baseline));
	}
	putchar('\n');
	fflush(stdout);
}

void train_text_progress(const struct snapshot *s)
{
	printf("step %lld/%lld ", (long long)s->step, (long long)s->steps);
	for (int i = 0; i < s->n_channels; i++)
		if (!isnan(s->ch[i].smooth))
			printf(" %s %.4f", s->ch[i].name, s->ch[i].smooth);
	printf("  lr %.2e  norm %.2f  %.1fk tok/s", s->lr, s->grad_norm,
	       s->tokens_per_second / 1000);
	if (s->seconds_left >= 90)
		printf("  %.0f min left", s->seconds_left / 60);
	else if (s->seconds_left >= 0)
		printf("  %.0f s left", s->seconds_left);
	putchar('\n');
	fflush(stdout);
}

void train_text_work(const struct snapshot *s)
{
	if (s->work_total)
		printf("%s: %.0f%%", s->work,
		       100.0 * (double)s->work_done / (double)s->work_total);
	else
		printf("%s: %llu %s", s->work, (unsigned long long)s->work_done,
		       s->work_unit);
	if (s->work_left >= 0)
		printf(", %.0f s left", s->work_left);
	putchar('\n');
	fflush(stdout);
}

void train_text_passes(const struct snapshot *s, const struct passes *p)
{
	char text[512];

	passes_words(p, s, text, sizeof text);
	printf("step %lld  %s\n", (long long)s->step, text);
	fflush(stdout);
}

void train_json_passes(const struct snapshot *s, const struct passes *p)
{
	struct json_out j;
	struct buf b;

	for (int i = 0; i < s->n_channels; i++) {
		if (!p->told[i])
			continue;
		train_open_event(&j, &b, "pass");
		json_put_int(&j, "step", s->step);
		json_put_str(&j, "task", s->ch[i].name);
		json_put_int(&j, "pass", (int64_t)p->told[i]);
		json_put_int(&j, "rows", (int64_t)s->ch[i].n_train);
		train_close_event(&j, &b);
	}
}

void train_begin(const struct snapshot *s, bool json)
{
	struct freeze_groups groups = snapshot_groups(s);
	char frozen[512], rates[512];
	struct json_out j;
	struct buf b;

	freeze_show(&groups, &s->frozen, frozen, sizeof frozen);
	rates_show(&groups, &s->rates, rates, sizeof rates);
	if (!json) {
		printf("run %s  %.2f M parameters  %d workers  %s\n", s->run,
		       (double)s->parameters / 1e6, s->workers, s->run_path);
		if (*s->adapter)
			printf("adapters: %s\n", s->adapter);
		if (freeze_any(&s->frozen))
			printf("frozen: %s\n", frozen);
		if (rates_any(&s->rates))
			printf("rates: %s\n", rates);
		fflush(stdout);
		return;
	}
	train_open_event(&j, &b, "begin");
	json_put_str(&j, "run", s->run);
	json_put_str(&j, "path", s->run_path);
	json_put_int(&j, "parameters", (int64_t)s->parameters);
	json_put_int(&j, "workers", s->workers);
	json_put_int(&j, "step", s->step);
	if (*s->adapter)
		json_put_str(&j, "adapters", s->adapter);
	if (freeze_any(&s->frozen))
		json_put_str(&j, "frozen", frozen);
	if (rates_any(&s->rates))
		json_put_str(&j, "rates", rates);
	train_close_event(&j, &b);
}

/* The newest evaluation's metrics of a task, or its baseline's. */
static void put_metrics(struct json_out *j, const struct snapshot *s, struct store *st,
			bool baseline)
{
	struct eval_row *rows = NULL;
	int n = 0;

	json_open(j, baseline ? "baseline" : "dev", '{');
	for (int c = 0; c < s->n_channels; c++) {
		if (store_evals_read(st, c, &rows, &n, NULL))
			continue;
		for (int i = n - 1; i >= 0; i--) {
			/* a baseline is an evaluation of nobody: step -1 */
			if ((rows[i].step < 0) != baseline)
				continue;
			json_open(j, s->ch[c].name, '{');
			for (int m = 0; m < rows[i].n_metrics; m++)
				json_put_num(j, rows[i].metric[m].name,
					     rows[i].metric[m].value);
			json_close(j, '}');
			break;
		}
		xfree(rows);
		rows = NULL;
	}
	json_close(j, '}');
}

void train_json_end(const struct snapshot *s)
{
	struct store *st;
	struct json_out j;
	struct buf b;

	train_open_event(&j, &b, "end");
	json_put_str(&j, "run", s->run);
	json_put_int(&j, "step", s->step);
	if (!run_store(s->run_path, &st, NULL)) {
		put_metrics(&j, s, st, false);
		put_metrics(&j, s, st, true);
	}
	store_close(st);
	json_put_int(&j, "tokens", (int64_t)s->tokens);
	json_put_num(&j, "train_seconds", s->train_seconds);
	json_put_num(&j, "tokens_per_second",
		     s->train_seconds > 0 ? (double)s->tokens / s->train_seconds : 0);
	json_put_num(&j, "peak_mb", (double)s->memory_peak / 1e6);
	json_put_int(&j, "skipped", s->skipped);
	json_put_str(&j, "state", s->state);
	train_close_event(&j, &b);
}

void train_text_end(const struct snapshot *s)
{
	printf("run %s  step %lld  %.1f M tokens in %.0f s (%.1fk tok/s)  peak %.0f MB  "
	       "state %.12s\n",
	       s->run, (long long)s->step, (double)s->tokens / 1e6, s->train_seconds,
	       s->train_seconds > 0 ? (double)s->tokens / s->train_seconds / 1000 : 0,
	       (double)s->memory_peak / 1e6, s->state);
}
