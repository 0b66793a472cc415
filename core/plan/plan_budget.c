/*
 * plan_budget.c - how long a run is: in steps, or in epochs, whose steps follow when the
 * data are known; and what may be a share of that.
 */
#include "plan/plan_table.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define STEPS_MAX 1e9 /* budget.steps' own range */

/* --- reading --- */

static enum status refuse_span(struct plan_reader *r, const char *path, const char *text)
{
	return plan_refuse(r, path, "neither a number of steps nor a share of the budget, "
			   "\"0%%\" to \"100%%\": '%.40s'", text);
}

static enum status read_percent(struct plan_reader *r, struct plan_span *at,
				const char *path, const char *text)
{
	size_t len = strlen(text);
	char number[32];

	if (!len || text[len - 1] != '%' ||
	    !str_format(number, sizeof number, "%.*s", (int)(len - 1), text) ||
	    !parse_double(number, &at->percent) ||
	    !(at->percent >= 0 && at->percent <= 100))
		return refuse_span(r, path, text);
	return ST_OK;
}

enum status plan_read_span(struct plan_reader *r, const struct plan_field *f,
			   struct plan_span *at, const char *path, const struct json *n)
{
	enum status st;
	double x = 0;
	struct buf b;

	*at = (struct plan_span){ 0, -1 };
	if (json_type(n) == JSON_NUMBER) {
		st = plan_read_number(r, f, path, n, &x);
		at->steps = (int64_t)x;
		return st;
	}
	if (json_type(n) != JSON_STRING)
		return refuse_span(r, path, json_type_name(json_type(n)));
	buf_init(&b);
	st = plan_expand(r, path, json_string(n), &b);
	if (!st)
		st = read_percent(r, at, path, buf_str(&b));
	buf_release(&b);
	return st;
}

/* --- one of steps and epochs --- */

static bool is_there(const struct json *root, const char *key)
{
	const struct json *budget = json_get(root, "budget"), *n = NULL;

	if (budget && json_type(budget) == JSON_OBJECT)
		n = json_get(budget, key);
	return n && json_type(n) != JSON_NULL;
}

enum status plan_fit_budget(struct plan_reader *r, struct json *root)
{
	bool steps = plan_is_set(r, "budget.steps"), epochs = plan_is_set(r, "budget.epochs");

	if (steps == epochs || !is_there(root, "steps") || !is_there(root, "epochs"))
		return ST_OK;
	return json_set_path(root, steps ? "budget.epochs" : "budget.steps", "null", r->err);
}

enum status plan_check_budget(struct plan_reader *r)
{
	struct plan *p = r->plan;

	if (p->budget_steps && p->epochs > 0)
		return plan_refuse(r, "budget", "both 'steps' and 'epochs' (one of them says "
				   "how long the run is)");
	if (!p->budget_steps && !(p->epochs > 0))
		return plan_refuse(r, "budget", "missing 'steps' or 'epochs', how long the "
				   "run is,");
	plan_set_steps(p, p->budget_steps);
	return ST_OK;
}

/* --- steps of it --- */

/* Rounded up, but for what the last bits of a product may have added. */
static int64_t up(double x)
{
	return (int64_t)ceil(x * (1 - 1e-12));
}

static void settle(struct plan_span *s, int64_t steps)
{
	if (s->percent >= 0)
		s->steps = up((double)steps * s->percent / 100);
}

void plan_set_steps(struct plan *p, int64_t steps)
{
	p->steps = steps;
	settle(&p->warmup, steps);
	settle(&p->eval_every, steps);
	settle(&p->checkpoint_every, steps);
}

bool plan_is_heard(const struct plan_task *t)
{
	return !t->muted && (t->share < 0 || t->share > 0);
}

enum status plan_settle_epochs(struct plan *p, double micro_batches, struct err *err)
{
	double steps = p->epochs * micro_batches / p->micro_batches;

	if (p->steps)
		return ST_OK;
	if (!(steps > 0))
		return err_set(err, ST_INVALID, "budget.epochs counts the rows of tasks that "
			       "are heard, and none is (unmute one, or say budget.steps)");
	if (steps > STEPS_MAX)
		return err_set(err, ST_INVALID, "budget.epochs %g are %.3g steps, more than "
			       "a run can have (%g)", p->epochs, steps, STEPS_MAX);
	plan_set_steps(p, up(steps));
	return ST_OK;
}
