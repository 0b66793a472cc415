/*
 * bench_plan.c - the plans that the benchmark trains, as files that `tutti
 * train` takes too, and sessions of them.
 *
 * Post-norm, mean pooling (a bilstm pools by attention; gpt is pre-norm, and says its
 * labels: some words of the vocabulary and the end), AdamW, clip 1, a vocabulary of
 * 30522. An update is four micro-batches. Budgets are set so that an update has the real
 * tokens of a batch elsewhere: 32 texts of 45 tokens, 32 of 128, 16 documents (a
 * micro-batch stays about half a text below its budget when lengths differ).
 */
#include <string.h>

#include "base/str.h"
#include "bench.h"

const struct bench_shape bench_shapes[SHAPES] = {
	[SHAPE_TINY] = { "tiny", 128, 2, 2, 2 },
	[SHAPE_SMALL] = { "small", 256, 4, 4, 2 },
	[SHAPE_MINI] = { "mini", 384, 6, 12, 2 },
	[SHAPE_DEEP] = { "deep", 256, 6, 4, 0 },
};

/* What "model" says besides its sizes. */
#define POST "\"norm\": \"post\", \"copy\": false, \"tied\": true"
static const char transformer[] = "\"kind\": \"transformer\", \"decoder_layers\": 2, "
				  "\"pool\": \"mean\", " POST;
static const char encoder[] = "\"kind\": \"transformer\", \"pool\": \"mean\", "
			      "\"norm\": \"post\"";
static const char bilstm[] = "\"kind\": \"bilstm\", \"decoder_layers\": 2, " POST;
static const char gpt[] = "\"kind\": \"gpt\"";
static const char prefix[] = "\"kind\": \"transformer\", \"decoder\": \"prefix\", " POST;
static const char masks[] = "\"kind\": \"transformer\", \"decoder\": \"prefix\", "
			    "\"predict_from\": \"mask\", " POST;

static const struct plan_row {
	const char *name;
	int shape;
	const char *model;
	const char *train, *dev; /* dev NULL: none */
	int max_source, max_target, tokens; /* max_target 0: a classifier */
} rows[] = {
	{ "classify-tiny", SHAPE_TINY, transformer, "news", NULL, 320, 0, 388 },
	{ "classify-small", SHAPE_SMALL, transformer, "news", NULL, 320, 0, 388 },
	{ "classify-mini", SHAPE_MINI, transformer, "news", NULL, 320, 0, 388 },
	{ "classify-bilstm", SHAPE_SMALL, bilstm, "news", NULL, 320, 0, 388 },
	{ "classify-even", SHAPE_SMALL, transformer, "even", NULL, 128, 0, 1024 },
	{ "classify-gpt", SHAPE_DEEP, gpt, "news", NULL, 320, 0, 388 },
	{ "summarize-even", SHAPE_SMALL, transformer, "pages", NULL, 256, 32, 1152 },
	{ "summarize-real", SHAPE_SMALL, transformer, "dialogues", NULL, 320, 64, 712 },
	{ "summarize-gpt", SHAPE_DEEP, gpt, "pages", NULL, 256, 32, 1152 },
	{ "summarize-prefix", SHAPE_DEEP, prefix, "pages", NULL, 256, 32, 1152 },
	{ "summarize-masks", SHAPE_DEEP, masks, "pages", NULL, 256, 32, 1152 },
	{ "intents-gpt", SHAPE_DEEP, gpt, "queries", "queries", 64, 0, 388 },
	{ "intents-encoder", SHAPE_DEEP, encoder, "queries", "queries", 64, 0, 388 },
	{ "evaluate", SHAPE_SMALL, transformer, "dialogues.dev", "dialogues.dev", 320, 64, 712 },
};
enum { ROWS = sizeof rows / sizeof *rows };

static void put_model(FILE *f, const struct bench_shape *s, const char *model)
{
	fprintf(f, "{ \"tutti\": 1, \"seed\": 1,\n"
		"  \"model\": { %s,\n    \"dim\": %d, \"layers\": %d, \"heads\": %d, "
		"\"dropout\": 0.1 },\n"
		"  \"tokenizer\": { \"kind\": \"wordpiece\", "
		"\"vocab\": \"vocab.txt\" },\n",
		model, s->dim, s->layers, s->heads);
}

/* Label k is said in 1 to 4 words; the first one is that of its neighbour, up to `pairs`. */
static void put_label_text(FILE *f, int k, int pairs)
{
	static const int words[] = { 1, 2, 2, 1, 2, 2, 1, 2, 3, 1, 2, 4, 2, 2, 2 };
	int n = pairs ? words[k % 15] : 1;

	bench_put_word(f, (uint32_t)(k < 2 * pairs ? k / 2 : k));
	for (int i = 1; i < n; i++) {
		fputc(' ', f);
		bench_put_word(f, (uint32_t)(1000 + 4 * k + i));
	}
}

/*
 * Of 150 labels as many as of CLINC150's share their first word: 250 beginnings of 290
 * words are different.
 */
static void put_labels(FILE *f, int n, bool are_texts)
{
	for (int k = 0; k < n; k++) {
		fputs(k ? ", \"" : "[\"", f);
		if (are_texts)
			put_label_text(f, k, n == BENCH_INTENTS ? 40 : 0);
		else
			bench_put_label(f, k);
		fputc('"', f);
	}
	fputc(']', f);
}

static void put_classify(FILE *f, int n, bool are_said)
{
	fputs("\"kind\": \"classify\", \"text\": \"text\", \"label\": \"label\",\n"
	      "    \"labels\": ", f);
	put_labels(f, n, false);
	if (are_said) {
		fputs(",\n    \"label_texts\": ", f);
		put_labels(f, n, true);
	}
	fputs(" } },\n", f);
}

static void put_task(FILE *f, const struct plan_row *r)
{
	fprintf(f, "  \"tasks\": { \"task\": { \"train\": \"%s.jsonl\", ", r->train);
	if (r->dev)
		fprintf(f, "\"dev\": \"%s.jsonl\", ", r->dev);
	fprintf(f, "\"max_source\": %d,\n    ", r->max_source);
	if (r->max_target)
		fprintf(f, "\"kind\": \"summarize\", \"source\": \"text\", "
			"\"target\": \"summary\", \"max_target\": %d,\n    "
			"\"smoothing\": 0, \"beams\": 4, \"min_length\": 31, "
			"\"max_length\": 31, \"no_repeat\": 0 } },\n", r->max_target);
	else
		put_classify(f, str_eq(r->train, "queries") ? BENCH_INTENTS : BENCH_LABELS,
			     r->model == gpt);
}

static void put_rest(FILE *f, const struct plan_row *r)
{
	fprintf(f, "  \"mix\": { \"micro_batches\": 4, \"tokens\": %d },\n"
		"  \"optimizer\": { \"kind\": \"adamw\", \"lr\": 1e-4, "
		"\"schedule\": \"constant\", \"warmup\": 0, \"clip\": 1 },\n"
		"  \"budget\": { \"steps\": 1000000, \"eval_every\": 0, "
		"\"checkpoint_every\": 0 } }\n", r->tokens);
}

void bench_plan_path(const struct bench *b, const char *plan, char out[600])
{
	snprintf(out, 600, "%s/%s.json", b->folder, plan);
}

void bench_make_plans(const struct bench *b)
{
	char path[600];
	FILE *f;

	for (int i = 0; i < ROWS; i++) {
		bench_plan_path(b, rows[i].name, path);
		f = fopen(path, "w");
		if (!f)
			bench_die("cannot create '%s'", path);
		put_model(f, &bench_shapes[rows[i].shape], rows[i].model);
		put_task(f, &rows[i]);
		put_rest(f, &rows[i]);
		if (fclose(f))
			bench_die("cannot write '%s'", path);
	}
}

struct session *bench_session(const struct bench *b, const char *plan,
			      const char *set, int workers, bool train)
{
	struct session_options o = { .n_workers = workers, .train = train,
				     .data = true };
	struct session *s = NULL;
	struct plan *p = NULL;
	char path[600];
	struct err err;

	bench_plan_path(b, plan, path);
	if (plan_load(path, &set, set ? 1 : 0, &p, &err) ||
	    session_make(p, &o, NULL, &s, &err))
		bench_die("%s", err.text);
	session_start_random(s);
	return s;
}
