/*
 * snapshot_json.c - what a steering program sees of a run.
 */
#include "look/snapshot_json.h"

#include <math.h> /* NAN */

#include "base/json.h"

static void put_step(struct json_out *j, const char *key, int64_t step)
{
	if (step < 0)
		json_put_null(j, key);
	else
		json_put_int(j, key, step);
}

static void put_channel(struct json_out *j, const struct channel *c)
{
	bool is_measured = c->grad_norm >= 0; /* false of NaN */

	json_open(j, c->name, '{');
	json_put_str(j, "kind", task_kind_name(c->kind));
	json_put_num(j, "weight", c->weight);
	json_put_num(j, "factor", c->factor);
	json_put_num(j, "share", c->share);
	json_put_bool(j, "share_auto", c->share_auto);
	json_put_bool(j, "muted", c->muted);
	json_put_bool(j, "solo", c->solo);
	json_put_bool(j, "locked", c->locked);
	json_put_bool(j, "heard", !c->silent);
	json_put_num(j, "loss", c->loss);
	json_put_num(j, "smooth", c->smooth);
	json_put_num(j, "slope", c->slope);
	json_put_str(j, "metric", metric_table[c->metric].name);
	json_put_num(j, "dev", c->dev);
	json_put_num(j, "dev_before", c->dev_before);
	json_put_num(j, "dev_best", c->dev_best);
	put_step(j, "dev_step", c->dev_step);
	json_put_num(j, "baseline", c->baseline);
	json_put_num(j, "grad_norm", c->grad_norm);
	put_step(j, "grad_step", is_measured ? c->grad_step : -1);
	json_put_num(j, "effective", c->effective);
	json_put_num(j, "along", c->along);
	json_put_int(j, "micro_batches", (int64_t)c->micro_batches);
	json_put_int(j, "examples", (int64_t)c->examples);
	json_put_int(j, "epoch", (int64_t)c->epoch);
	json_close(j, '}');
}

static void put_work(struct json_out *j, const struct snapshot *s)
{
	if (!s->work[0])
		return;
	json_open(j, "work", '{');
	json_put_str(j, "what", s->work);
	json_put_int(j, "done", (int64_t)s->work_done);
	json_put_int(j, "total", (int64_t)s->work_total);
	json_close(j, '}');
}

static void put_knobs(struct json_out *j, const struct snapshot *s)
{
	struct freeze_groups groups = snapshot_groups(s);
	char frozen[512];

	freeze_show(&groups, &s->frozen, frozen, sizeof frozen);
	json_put_num(j, "base_lr", s->base_lr);
	json_put_num(j, "clip", s->clip);
	json_put_num(j, "dropout", s->dropout);
	json_put_str(j, "sampling", s->sampling);
	json_put_str(j, "weighting", s->weighting);
	json_put_str(j, "frozen", freeze_any(&s->frozen) ? frozen : "");
}

static void put_pair(struct json_out *j, const struct snapshot *s, int a, int b)
{
	const struct conflicts *c = &s->conflicts;
	int where = conflicts_where(c, a, b);
	char name[CONFLICT_NAME];

	json_open(j, NULL, '{');
	json_put_str(j, "task", s->ch[a].name);
	json_put_str(j, "against", s->ch[b].name);
	json_put_num(j, "cosine", conflicts_mean(c, a, b, CONFLICT_ALL));
	if (where >= 0)
		json_put_str(j, "most_in", conflicts_group(name, where));
	json_put_num(j, "error", conflicts_error(c, a, b));
	put_step(j, "step", conflicts_step(c, a, b));
	json_close(j, '}');
}

/* Of more pairs than PAIRS those alone that oppose each other. */
static void put_conflicts(struct json_out *j, const struct snapshot *s)
{
	enum { PAIRS = 66 };
	const struct conflicts *c = &s->conflicts;
	bool has_all = conflict_pairs(c->n) <= PAIRS;
	int64_t left_out = 0;

	json_put_int(j, "gradients_every", s->gradients_every);
	if (!c->rows)
		return;
	json_open(j, "conflict", '{');
	json_put_num(j, "seconds", c->seconds);
	json_put_num(j, "spent", c->spent);
	json_put_bool(j, "exact", c->is_exact);
	json_open(j, "pairs", '[');
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < i; k++) {
			double x = conflicts_mean(c, i, k, CONFLICT_ALL);

			if (x == x && (has_all || x < 0))
				put_pair(j, s, k, i);
			else
				left_out += x == x;
		}
	json_close(j, ']');
	if (!has_all)
		json_put_int(j, "left_out", left_out);
	json_close(j, '}');
}

void snapshot_json(const struct snapshot *s, struct buf *out)
{
	struct json_out j;

	json_event(&j, out, "snapshot");
	json_put_str(&j, "run", s->run);
	json_put_str(&j, "phase", phase_name(s->phase));
	json_put_int(&j, "step", s->step);
	json_put_int(&j, "steps", s->steps);
	json_put_num(&j, "lr", s->lr);
	json_put_num(&j, "grad_norm", s->grad_norm);
	json_put_num(&j, "clipped", s->clipped);
	json_put_int(&j, "skipped", s->skipped);
	json_put_int(&j, "tokens", (int64_t)s->tokens);
	json_put_num(&j, "tokens_per_second", s->tokens_per_second);
	json_put_num(&j, "train_seconds", s->train_seconds);
	json_put_num(&j, "seconds_left", s->seconds_left < 0 ? (double)NAN : s->seconds_left);
	put_step(&j, "eval_step", s->eval_step);
	put_step(&j, "best_step", s->best_step);
	put_step(&j, "checkpoint_step", s->checkpoint_step);
	json_put_int(&j, "journal", s->n_journal ? s->journal[s->n_journal - 1].seq : 0);
	put_knobs(&j, s);
	put_work(&j, s);
	put_conflicts(&j, s);
	json_put_str(&j, "message", s->message);
	json_open(&j, "tasks", '{');
	for (int i = 0; i < s->n_channels; i++)
		put_channel(&j, &s->ch[i]);
	json_close(&j, '}');
	if (s->state[0] && s->phase >= PHASE_DONE)
		json_put_str(&j, "state", s->state);
	json_close(&j, '}');
}
