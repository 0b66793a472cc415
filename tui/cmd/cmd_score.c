/*
 * cmd_score.c - `score`: metrics of predictions from anywhere, one item a line.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "score.h"
#include "text/utf8.h"

/* --- the list of metrics --- */

/* Each metric once, however often it is named. */
static void add_once(struct score *s, enum metric_id m)
{
	if (!score_has(s, m))
		s->m[s->n++] = m;
}

static enum status add_metric(struct score *s, const char *name, size_t len,
			      struct err *err)
{
	struct buf names;

	if (len == 5 && !strncmp(name, "rouge", 5)) { /* all four */
		for (int k = 0; k < 4; k++)
			add_once(s, (enum metric_id)(METRIC_ROUGE1 + k));
		return ST_OK;
	}
	for (int i = 0; i < METRICS; i++)
		if (metric_is_of_files(&metric_table[i]) &&
		    strlen(metric_table[i].name) == len &&
		    !strncmp(metric_table[i].name, name, len)) {
			add_once(s, metric_table[i].id);
			return ST_OK;
		}
	buf_init(&names);
	for (int i = 0; i < METRICS; i++)
		if (metric_is_of_files(&metric_table[i])) /* no file has any */
			buf_addf(&names, " %s", metric_table[i].name);
	err_set(err, ST_INVALID, "no metric '%.*s'; there are: rouge%s",
		(int)(len < 60 ? len : 60), name, buf_str(&names));
	buf_release(&names);
	return ST_INVALID;
}

/* What an option says must mean something to one of the metrics. */
static enum status check_options(const struct score *s, struct err *err)
{
	if (s->o->positive && !score_has(s, METRIC_F1))
		return err_set(err, ST_INVALID, "--positive is for f1");
	if ((s->o->split || s->o->unicode) && !score_eats(s, ANSWER_TEXT))
		return err_set(err, ST_INVALID, "--%s is for rouge",
			       s->o->split ? "split" : "unicode");
	return ST_OK;
}

static enum status parse_metrics(struct score *s, const char *text, struct err *err)
{
	enum status st = ST_OK;

	while (!st) {
		size_t len = strcspn(text, ",");

		st = add_metric(s, text, len, err);
		if (!text[len])
			break;
		text += len + 1;
	}
	return st ? st : check_options(s, err);
}

/* --- saying it --- */

static void print_text(const struct score *s)
{
	for (int i = 0; i < s->n; i++) {
		struct buf b;

		buf_init(&b);
		if (isnan(s->x[i]))
			buf_addf(&b, "undefined: %s", s->why[i]);
		else
			buf_addf(&b, "%7.4f", s->x[i]);
		if (s->m[i] == METRIC_F1) {
			buf_adds(&b, "  of '");
			text_sanitize(&b, s->positive, strlen(s->positive));
			buf_adds(&b, s->o->positive ? "'" : "', the second of two labels");
		}
		printf("%-10s %s\n", metric_table[s->m[i]].name, buf_str(&b));
		buf_release(&b);
	}
	if (score_eats(s, ANSWER_TEXT))
		printf("%s\n", rouge_signature(s->rouge_options));
}

/* Figures without a value are null, and "undefined" says why. */
static void put_undefined(const struct score *s, struct json_out *j)
{
	bool any = false;

	for (int i = 0; i < s->n; i++)
		any |= isnan(s->x[i]);
	if (!any)
		return;
	json_open(j, "undefined", '{');
	for (int i = 0; i < s->n; i++)
		if (isnan(s->x[i]))
			json_put_str(j, metric_table[s->m[i]].name, s->why[i]);
	json_close(j, '}');
}

static void print_json(const struct score *s)
{
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_event(&j, &b, "score");
	json_put_int(&j, "n", (int64_t)s->a[score_kind(s->m[0])][GOLD].n);
	for (int i = 0; i < s->n; i++)
		json_put_num(&j, metric_table[s->m[i]].name, s->x[i]);
	if (s->positive)
		json_put_str(&j, "positive", s->positive);
	put_undefined(s, &j);
	if (score_eats(s, ANSWER_TEXT))
		json_put_str(&j, "signature", rouge_signature(s->rouge_options));
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

static void score_release(struct score *s)
{
	for (int side = 0; side < SIDES; side++) {
		for (int k = 0; k < ANSWER_KINDS; k++)
			answers_release(&s->a[k][side]);
		items_release(&s->items[side]);
	}
	xfree(s->label);
}

int cmd_score(const struct opts *o)
{
	struct score s = { .o = o, .rouge_options = { .unicode = o->unicode,
						      .split = o->split } };
	struct err err;
	enum status st = parse_metrics(&s, o->arg[0], &err);

	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	cmd_catch_signals();
	for (int side = 0; side < SIDES && !st; side++)
		st = items_read(o->arg[1 + side], &s.items[side], &err);
	if (!st)
		st = score_all(&s, &err);
	cmd_progress_end();
	if (!st)
		o->json ? print_json(&s) : print_text(&s);
	score_release(&s);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
