/*
 * checkpoint_state_write.c - state.json on its way out. The format is the banner
 * of checkpoint_state.c, which reads it.
 */
#include "run/checkpoint_own.h"

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

static void put_method(struct json_out *o, const char *key, const char *name,
		       const struct mix_param *table, const struct mix_method *m)
{
	json_open(o, key, '{');
	json_put_str(o, "method", name);
	json_open(o, "param", '{');
	for (int i = 0; i < MIX_PARAMS && table[i].name; i++)
		put_double(o, table[i].name, m->param[i]);
	json_close(o, '}');
	json_close(o, '}');
}

static void put_slots(struct json_out *o, const char *key, const double *x)
{
	json_open(o, key, '[');
	for (int i = 0; i < MIX_SLOTS; i++)
		put_double(o, NULL, x[i]);
	json_close(o, ']');
}

static void put_channel(struct json_out *o, const struct mix_channel *c)
{
	json_open(o, "channel", '{');
	put_double(o, "weight", c->weight);
	put_double(o, "share", c->share);
	json_put_bool(o, "muted", c->muted);
	json_put_bool(o, "solo", c->solo);
	json_put_bool(o, "locked", c->locked);
	put_double(o, "size", c->size);
	put_double(o, "factor", c->factor);
	put_double(o, "credit", c->credit);
	put_count(o, "drawn", c->drawn);
	put_slots(o, "memory", c->memory);
	put_slots(o, "sample_memory", c->sample_memory);
	json_close(o, '}');
}

static void put_cursor(struct json_out *o, const struct cursor *c)
{
	json_open(o, "cursor", '{');
	put_count(o, "epoch", c->epoch);
	put_count(o, "window", c->window);
	put_count(o, "next", c->next);
	put_count(o, "draw", c->draw);
	put_count(o, "examples", c->examples);
	put_count(o, "tokens", c->tokens);
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
		put_cursor(o, &t->cursor);
		put_channel(o, &c->mix.ch[i]);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_mix(struct json_out *o, const struct mix *m)
{
	const struct sampling_method *sm = &sampling_table[m->sampling.kind];
	const struct weighting_method *wm = &weighting_table[m->weighting.kind];

	json_open(o, "mix", '{');
	put_method(o, "sampling", sm->name, sm->param, &m->sampling);
	put_method(o, "weighting", wm->name, wm->param, &m->weighting);
	put_double(o, "lr", m->lr);
	put_double(o, "clip", m->clip);
	put_double(o, "dropout", m->dropout);
	put_count(o, "horizon", (uint64_t)m->horizon);
	json_close(o, '}');
}

static void put_files(struct json_out *o, const struct checkpoint_state *c)
{
	json_open(o, "files", '{');
	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		json_open(o, checkpoint_files[i], '{');
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
	json_put_int(&o, "tutti_checkpoint", 1);
	put_count(&o, "step", (uint64_t)c->step);
	json_put_int(&o, "timeline", c->timeline);
	put_count(&o, "skipped", (uint64_t)c->skipped);
	put_count(&o, "journal_seq", (uint64_t)c->journal_seq);
	json_put_str(&o, "name", c->name);
	put_double(&o, "score", c->score);
	json_put_str(&o, "state", c->state);
	json_put_str(&o, "vocab", c->vocab);
	put_mix(&o, &c->mix);
	put_tasks(&o, c);
	put_files(&o, c);
	buf_adds(out, ",\n ");
	hash_text(hash_bytes(out->s, out->len), sum);
	buf_addf(out, SUM_HEAD "%s" SUM_TAIL, sum);
}
