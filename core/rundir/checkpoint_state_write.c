/*
 * checkpoint_state_write.c - state.json on its way out. The format is the banner
 * of checkpoint_state.c, which reads it.
 */
#include "rundir/checkpoint_own.h"

#include "base/json.h"

static void put_double(struct json_out *o, const char *key, double x)
{
	char hex[17];

	double_to_hex(x, hex);
	json_put_str(o, key, hex);
}

static void put_count(struct json_out *o, const char *key, uint64_t x)
{
	char text[24];

	str_format(text, sizeof text, "%llu", (unsigned long long)x);
	json_put_str(o, key, text);
}

static void put_method(struct json_out *o, const struct state_field *f, int n_tasks,
		       const struct mix_method *m)
{
	const struct mix_param *p = m->row->param;

	json_open(o, f->name, '{');
	json_put_str(o, "method", m->row->name);
	json_open(o, "param", '{');
	for (int i = 0; i < MIX_PARAMS && p[i].name; i++)
		put_double(o, p[i].name, m->param[i]);
	json_close(o, '}');
	if (m->groups > 1)
		json_put_num(o, "groups", m->groups);
	json_open(o, "memory", '[');
	for (int i = 0; i < mix_memory(m, n_tasks); i++)
		put_double(o, NULL, m->memory[i]);
	json_close(o, ']');
	json_close(o, '}');
}

static void put_reals(struct json_out *o, const struct state_field *f, const double *x)
{
	json_open(o, f->name, '[');
	for (int i = 0; i < state_reals(f, x); i++)
		put_double(o, NULL, x[i]);
	json_close(o, ']');
}

/* Memory is state where it may act (guard.h). */
static void put_guard(struct json_out *o, const struct state_field *f, int n_tasks,
		      const struct guard *g)
{
	const struct guard_row *row = guard_at(f->guard);

	json_open(o, f->name, '{');
	json_put_str(o, "mode", guard_mode_name(g->mode));
	put_count(o, "since", (uint64_t)g->since);
	json_open(o, "param", '{');
	for (int i = 0; i < GUARD_PARAMS && row->param[i].name; i++)
		put_double(o, row->param[i].name, g->param[i]);
	json_close(o, '}');
	if (g->mode == GUARD_ACT) {
		put_count(o, "seen", (uint64_t)g->seen);
		json_open(o, "memory", '[');
		for (int i = 0; i < guard_memory(row, n_tasks); i++)
			put_double(o, NULL, g->memory[i]);
		json_close(o, ']');
	}
	json_close(o, '}');
}

static void put_field(struct json_out *o, const struct state_field *f, int n_tasks,
		      const void *at)
{
	switch (f->type) {
	case STATE_I64:
	case STATE_U64:       put_count(o, f->name, *(const uint64_t *)at); break;
	case STATE_U32:       put_count(o, f->name, *(const uint32_t *)at); break;
	case STATE_REAL:      put_double(o, f->name, *(const double *)at); break;
	case STATE_REALS:     put_reals(o, f, at); break;
	case STATE_BOOL:      json_put_bool(o, f->name, *(const bool *)at); break;
	case STATE_METHOD:    put_method(o, f, n_tasks, at); break;
	case STATE_GUARD:     put_guard(o, f, n_tasks, at); break;
	case STATE_FLOATS:
	case STATE_TIMES:     BUG("tensors in state.json");
	}
}

static void put_scope(struct json_out *o, enum state_scope scope, int task,
		      const struct session *s)
{
	json_open(o, state_scope_key(scope), '{');
	for (int i = 0; i < state_count; i++) {
		const struct state_field *f = &state_table[i];
		const void *at = state_at(s, f, task);

		if (f->scope == scope && f->file == STATE_JSON && !state_is_lacking(f, at))
			put_field(o, f, s->n_tasks, at);
	}
	json_close(o, '}');
}

static void put_tasks(struct json_out *o, const struct checkpoint_state *c)
{
	json_open(o, "tasks", '[');
	for (int i = 0; i < c->n_tasks; i++) {
		const struct checkpoint_task *t = &c->task[i];

		json_open(o, NULL, '{');
		json_put_str(o, "name", t->name);
		json_put_str(o, "train", t->train);
		json_put_str(o, "dev", t->dev);
		put_double(o, "mean", t->mean);
		put_double(o, "scale", t->scale);
		for (int scope = STATE_PACKING; scope < STATE_SCOPES; scope++)
			put_scope(o, (enum state_scope)scope, i, c->held);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_files(struct json_out *o, const struct checkpoint_state *c)
{
	json_open(o, "files", '{');
	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		const char *name = checkpoint_has_file(c, (enum checkpoint_file)i);

		if (!name)
			continue;
		json_open(o, name, '{');
		put_count(o, "bytes", c->file[i].bytes);
		json_put_str(o, "sum", c->file[i].sum);
		json_close(o, '}');
	}
	json_close(o, '}');
}

void checkpoint_state_write(const struct checkpoint_state *c, struct buf *out)
{
	struct json_out o;
	char sum[HASH_TEXT];

	json_out_init(&o, out, 1);
	json_open(&o, NULL, '{');
	json_put_int(&o, "tutti_checkpoint", CHECKPOINT_VERSION);
	json_put_int(&o, "timeline", c->timeline);
	put_count(&o, "journal_seq", (uint64_t)c->journal_seq);
	json_put_str(&o, "name", c->name);
	put_double(&o, "score", c->score);
	json_put_str(&o, "state", c->state);
	json_put_str(&o, "vocab", c->vocab);
	if (c->init[0])
		json_put_str(&o, "init", c->init);
	put_scope(&o, STATE_SESSION, 0, c->held);
	put_scope(&o, STATE_MIX, 0, c->held);
	put_tasks(&o, c);
	put_files(&o, c);
	buf_adds(out, ",\n ");
	hash_text(hash_bytes(out->s, out->len), sum);
	buf_addf(out, SUM_HEAD "%s" SUM_TAIL, sum);
}
