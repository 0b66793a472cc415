/*
 * plan_weights.c - what each label counts in the loss, as a plan has it.
 */
#include "plan/plan_table.h"

#include "base/mem.h"

#define WEIGHT_MAX 1e6

static enum status read_weight(struct plan_reader *r, const char *path,
			       const struct json *n, double *x)
{
	*x = json_type(n) == JSON_NUMBER ? json_number(n) : -1;
	if (*x >= 0 && *x <= WEIGHT_MAX)
		return ST_OK;
	return plan_refuse(r, path, "a weight that is no number from 0 to %g", WEIGHT_MAX);
}

enum status plan_read_weights(struct plan_reader *r, const struct plan_field *f,
			      struct plan_task *t, const char *path, const struct json *n)
{
	enum status st = ST_OK;
	int len = json_len(n);
	double sum = 0;

	if (json_type(n) == JSON_STRING && str_eq(json_string(n), "balanced")) {
		t->n_class_weights = -1;
		return ST_OK;
	}
	if (json_type(n) != JSON_ARRAY)
		return plan_refuse(r, path, "neither a list of numbers nor \"balanced\"");
	if (len < (int)f->min || len > (int)f->max)
		return plan_refuse(r, path, "%d weights where %d to %d may be", len,
				   (int)f->min, (int)f->max);
	t->class_weights = xcalloc((size_t)len, sizeof *t->class_weights);
	for (n = json_first(n); n && !st; n = json_next(n)) {
		st = read_weight(r, path, n, &t->class_weights[t->n_class_weights]);
		sum += t->class_weights[t->n_class_weights++];
	}
	if (!st && !(sum > 0))
		st = plan_refuse(r, path, "all weights are 0: nothing would be learned");
	return st;
}
