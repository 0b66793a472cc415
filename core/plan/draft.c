/*
 * draft.c - sizes for a plan from the size of the data, and the plan's text.
 */
#include "plan/draft.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/data_kind.h"
#include "plan/plan_kind.h"

/* A trained vocabulary cuts a word into about so many pieces. */
static const double PIECES = 1.3;
/* Operations that two cores do in a second of training, small models too. */
static const double SPEED = 70e9;
static const double STEP_SECONDS = 0.28, RUN_SECONDS = 20 * 60, EPOCHS = 10;
/* Over an init: epochs; the rates of small models and of larger ones, and what is small. */
static const double OVER_EPOCHS = 4, OVER_LR = 5e-5, OVER_LR_SMALL = 1e-4, OVER_SMALL = 30e6;
/* A step of fewer than some thirty texts jumps about, however slow the model is. */
enum { OVER_TOKENS = 256 };
enum { MICRO_BATCHES = 4, STEPS_MIN = 300, EPOCH_STEPS = 30, TOKENS_LEAST = 384 };

static const struct rung {
	double words; /* of all texts, up to which it is enough */
	int dim, layers, heads, vocab;
	double lr;
} ladder[] = {
	{ 1e5, 64, 2, 2, 2000, 2e-3 },
	{ 1e6, 128, 2, 4, 4000, 1e-3 },
	{ 5e6, 192, 3, 6, 8000, 1e-3 },
	{ INFINITY, 256, 4, 8, 8000, 8e-4 },
};
static const int batch_tokens[] = { 1024, 768, 512, 384, 256, 128 };
enum { BATCHES = sizeof batch_tokens / sizeof *batch_tokens };

static int round_up(double x, int to)
{
	return (int)ceil(x / to) * to;
}

static int between(int x, int least, int most)
{
	return x < least ? least : x > most ? most : x;
}

int draft_max_source(const struct draft_task *t)
{
	int marks = *t->pair ? 3 : 2;
	int n = between(round_up(t->long_words * PIECES + marks, 16), 32, 512);

	return t->room && n > t->room ? t->room : n;
}

int draft_max_target(const struct draft_task *t)
{
	return between(round_up(t->long_target * PIECES + 1, 8), 16, 128);
}

double draft_dev_share(const struct draft_task *t)
{
	return t->rows > 50000 ? 0.02 : t->rows > 10000 ? 0.05 : t->rows < 300 ? 0.2 : 0.1;
}

/* Tokens of an example, its summary's apart; what is cut off does not count. */
static double source_tokens(const struct draft_task *t)
{
	return fmin(t->words * PIECES + 2, draft_max_source(t));
}

static double target_tokens(const struct draft_task *t)
{
	if (!data_target(t->kind)->has_pieces)
		return 0;
	return fmin(t->target_words * PIECES + 1, draft_max_target(t));
}

/* Of one token, forward and back: two operations a parameter, three times. */
static double token_work(const struct rung *r, double target_share)
{
	double layer = 12.0 * r->dim * r->dim, decoder = 16.0 * r->dim * r->dim * 2;

	return 6 * ((1 - target_share) * layer * r->layers +
		    target_share * (decoder + (double)r->dim * r->vocab));
}

struct amount {
	double words, tokens, target_share;
};

static struct amount add_up(const struct draft_task *t, int n)
{
	struct amount a = { 0 };
	double targets = 0;

	for (int i = 0; i < n; i++) {
		a.words += t[i].rows * (t[i].words + t[i].target_words);
		a.tokens += t[i].rows * (source_tokens(&t[i]) + target_tokens(&t[i]));
		targets += t[i].rows * target_tokens(&t[i]);
	}
	a.target_share = a.tokens > 0 ? targets / a.tokens : 0;
	return a;
}

/* The largest batch that is fast enough and small enough for the data; or 0. */
static int choose_tokens(const struct rung *r, const struct amount *a)
{
	double token = token_work(r, a->target_share) / SPEED;

	for (int i = 0; i < BATCHES; i++) {
		double step = (double)MICRO_BATCHES * batch_tokens[i];

		if (step * token <= STEP_SECONDS &&
		    (step * EPOCH_STEPS <= a->tokens || i == BATCHES - 1))
			return batch_tokens[i];
	}
	return 0;
}

static int64_t round_steps(double steps)
{
	double to = steps >= 2000 ? 500 : steps >= 500 ? 100 : 50;

	return (int64_t)(ceil(steps / to) * to);
}

/* The largest model that so much text can teach, within the time of a step. */
static struct rung choose_rung(const struct amount *a)
{
	size_t i = 0;

	while (a->words > ladder[i].words)
		i++;
	while (i && choose_tokens(&ladder[i], a) < TOKENS_LEAST)
		i--;
	return ladder[i];
}

static struct rung rung_of(const struct draft_init *init)
{
	struct rung r = { .dim = init->dim, .layers = init->layers };

	r.lr = init->parameters > OVER_SMALL ? OVER_LR : OVER_LR_SMALL;
	return r;
}

static void choose_budget(const struct rung *r, const struct amount *a, double epochs,
			  int least, struct draft_sizes *out)
{
	double step;

	out->tokens = choose_tokens(r, a);
	if (out->tokens < least)
		out->tokens = least;
	step = (double)out->micro_batches * out->tokens;
	out->step_seconds = step * token_work(r, a->target_share) / SPEED;
	out->steps = round_steps(fmax(STEPS_MIN, fmin(epochs * a->tokens / step,
						      RUN_SECONDS / out->step_seconds)));
	out->warmup = out->steps / 10 < 400 ? out->steps / 10 : 400;
	out->eval_every = out->steps / 10;
	out->checkpoint_every = out->steps / 5;
}

void draft_sizes_over(const struct draft_task *t, int n, const struct draft_init *init,
		      struct draft_sizes *out)
{
	struct amount a = add_up(t, n);
	struct rung r = init ? rung_of(init) : choose_rung(&a);

	*out = (struct draft_sizes){ .dim = r.dim, .layers = r.layers, .heads = r.heads,
				     .decoder_layers = 2,
				     .kind = init ? init->kind : "transformer",
				     .decoder = "cross", .vocab = r.vocab, .lr = r.lr,
				     .micro_batches = MICRO_BATCHES,
				     .init = init ? init->text : NULL };
	choose_budget(&r, &a, init ? OVER_EPOCHS : EPOCHS,
		      init ? OVER_TOKENS : batch_tokens[BATCHES - 1], out);
	if (init)
		out->warmup = out->steps / 10;
}

void draft_sizes(const struct draft_task *t, int n, struct draft_sizes *out)
{
	draft_sizes_over(t, n, NULL, out);
}

/* --- the text --- */

/* "${" in a name is no variable. */
static void put_text(struct json_out *o, const char *key, const char *s)
{
	struct buf b;

	buf_init(&b);
	for (; *s; s++) {
		if (s[0] == '$' && s[1] == '{')
			buf_addc(&b, '$');
		buf_addc(&b, *s);
	}
	json_put_str(o, key, buf_str(&b));
	buf_release(&b);
}

static void put_columns(struct json_out *o, const struct draft_task *t)
{
	static const char *const formats[] = { "auto", "jsonl", "tsv", "csv",
						 "lines", "paragraphs" };
	const struct data_column *c = data_kind(t->kind)->column;

	json_put_str(o, "format", formats[t->format]);
	if (t->header >= 0)
		json_put_bool(o, "header", t->header);
	put_text(o, c[COLUMN_TEXT].key, t->text);
	if (c[COLUMN_PAIR].key && *t->pair)
		put_text(o, c[COLUMN_PAIR].key, t->pair);
	put_text(o, c[COLUMN_TARGET].key, t->target);
}

/* Where one of two classes is common, saying it always has a good accuracy. */
static void put_metrics(struct json_out *o, const struct draft_task *t)
{
	const char *const *metric = plan_kind(t->kind)->draft_metrics;

	json_open(o, "metrics", '[');
	for (int i = 0; i < DRAFT_METRICS && metric[i]; i++) {
		json_put_str(o, NULL, metric[i]);
		if (!i && t->is_uneven)
			json_put_str(o, NULL, "matthews");
	}
	json_close(o, ']');
}

static void put_task(struct json_out *o, const struct draft_task *t)
{
	json_open(o, t->name, '{');
	put_text(o, "note", t->note);
	json_put_str(o, "kind", task_kind_name(t->kind));
	put_text(o, "train", t->train);
	if (*t->dev)
		put_text(o, "dev", t->dev);
	else
		json_put_num(o, "dev_share", draft_dev_share(t));
	put_columns(o, t);
	json_put_int(o, "max_source", draft_max_source(t));
	if (plan_has_trait(t->kind, FOR_DECODES))
		json_put_int(o, "max_target", draft_max_target(t));
	if (t->blind > .5)
		json_put_str(o, "rouge", "unicode");
	json_put_num(o, "weight", 1);
	json_put_str(o, "share", "auto");
	put_metrics(o, t);
	json_close(o, '}');
}

/* All but what writes is the init's. */
static void put_init(struct json_out *o, const struct draft_sizes *s, bool decodes)
{
	json_open(o, "model", '{');
	put_text(o, "init", s->init);
	if (decodes && !str_eq(s->decoder, "cross"))
		json_put_str(o, "decoder", s->decoder);
	json_close(o, '}');
}

static void put_model(struct json_out *o, const struct draft_sizes *s, bool decodes)
{
	const char *decoder = decodes ? s->decoder : "";

	json_open(o, "model", '{');
	json_put_str(o, "kind", s->kind);
	json_put_int(o, "dim", s->dim);
	json_put_int(o, "layers", s->layers);
	if (model_uses(s->kind, decoder, "heads"))
		json_put_int(o, "heads", s->heads);
	if (model_uses(s->kind, decoder, "decoder_layers"))
		json_put_int(o, "decoder_layers", s->decoder_layers);
	json_put_num(o, "dropout", 0.1);
	json_close(o, '}');
	json_open(o, "tokenizer", '{');
	json_put_str(o, "kind", tokenizer_kind_name(tokenizer_kind_at(0)));
	json_put_int(o, "size", s->vocab);
	json_close(o, '}');
}

static void put_training(struct json_out *o, const struct draft_sizes *s, int n)
{
	json_open(o, "mix", '{');
	json_put_str(o, "sampling", n > 1 ? "temperature" : "proportional");
	if (n > 1) {
		json_open(o, "sampling_args", '{');
		json_put_num(o, "T", 2);
		json_close(o, '}');
	}
	json_put_str(o, "weighting", "fixed");
	json_put_int(o, "micro_batches", s->micro_batches);
	json_put_int(o, "tokens", s->tokens);
	json_close(o, '}');
	json_open(o, "optimizer", '{');
	json_put_str(o, "kind", "adamw");
	json_put_num(o, "lr", s->lr);
	json_put_num(o, "beta2", s->init ? 0.999 : 0.98);
	json_put_str(o, "schedule", "cosine");
	json_put_int(o, "warmup", s->warmup);
	json_put_num(o, "clip", 1);
	json_close(o, '}');
	json_open(o, "budget", '{');
	json_put_int(o, "steps", s->steps);
	json_put_int(o, "eval_every", s->eval_every);
	json_put_int(o, "eval_examples", 200);
	json_put_int(o, "checkpoint_every", s->checkpoint_every);
	json_close(o, '}');
}

void draft_write(const struct draft_task *t, int n, const struct draft_sizes *s,
		 const char *note, struct buf *out)
{
	struct json_out o;
	bool decodes = false;

	for (int i = 0; i < n; i++)
		decodes = decodes || plan_has_trait(t[i].kind, FOR_DECODES);
	json_out_init(&o, out, 2);
	json_open(&o, NULL, '{');
	json_put_int(&o, "tutti", 1);
	put_text(&o, "note", note);
	json_put_int(&o, "seed", 1);
	if (s->init)
		put_init(&o, s, decodes);
	else
		put_model(&o, s, decodes);
	json_open(&o, "tasks", '{');
	for (int i = 0; i < n; i++)
		put_task(&o, &t[i]);
	json_close(&o, '}');
	put_training(&o, s, n);
	json_close(&o, '}');
	buf_addc(out, '\n');
}
