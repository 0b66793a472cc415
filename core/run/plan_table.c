/*
 * plan_table.c - the fields of a plan, one row each, and look-ups in them.
 *
 * Reading, writing, `--set`, help and tutti-plan(5) follow from these rows; to
 * add a field is to add a row and a member. A fallback in brackets is worked
 * out from other fields (plan_check.c). Fields of tasks are for traits that kinds
 * have (plan_kind.h); one whose default or meaning is a kind's own is read by a row
 * per meaning. A field of the model is for the kinds of model that have it.
 */
#include "run/plan_table.h"

#include <string.h>

#include "data/data_kind.h"
#include "run/plan_kind.h"

#define SEED_MAX 9007199254740991.0 /* 2^53 - 1: whole in any JSON reader */

/*
 * W: a field of the whole plan; M: of its model; T: of a task, with the traits it is
 * for. path, type, least, most, fallback, choices, slot, member, traits, help
 */
#define PLAN_ROWS(W, M, T)                                                     \
	W("tutti", INT, 1, 1, NULL, NULL, FIXED, seed,                         \
	  "Version of the plan format: 1.")                                    \
	W("note", STR, 0, 0, "null", NULL, TEXT, note,                         \
	  "Words for the reader; they change nothing.")                        \
	W("seed", INT, 0, SEED_MAX, "1", NULL, SEED, seed,                     \
	  "Where all randomness comes from.")                                  \
	W("model.kind", STR, 0, 0, "\"transformer\"", NULL, TEXT, model.kind,  \
	  "Which model: a shared encoder with a head per task.")               \
	M("model.dim", INT, 4, 8192, "256", NULL, INT, model.dim,              \
	  "Width of the hidden states; a multiple of heads.")                  \
	M("model.layers", INT, 1, 64, "4", NULL, INT, model.layers,            \
	  "Layers of the encoder.")                                            \
	M("model.heads", INT, 1, 128, "4", NULL, INT, model.heads,             \
	  "Attention heads.")                                                  \
	M("model.ff", INT, 4, 65536, "(4 x dim)", NULL, INT, model.ff,         \
	  "Width inside the feed-forward blocks.")                             \
	M("model.shared_layers", INT, 0, 64, "(layers)", NULL, INT,            \
	  model.shared_layers,                                                 \
	  "How many layers, from the bottom, all tasks share; the rest are "   \
	  "one copy per task.")                                                \
	M("model.decoder_layers", INT, 1, 64, "2", NULL, INT,                  \
	  model.decoder_layers, "Layers of the decoder that writes summaries.") \
	M("model.dropout", NUM, 0, 0.9, "0.1", NULL, NUM, dropout,             \
	  "Share of activations dropped in training.")                         \
	M("model.norm", ENUM, 0, 0, "\"pre\"", "post|pre", CHOICE,             \
	  model.pre_norm, "Layer norm before each block, or after it (BERT).") \
	M("model.pool", ENUM, 0, 0, "\"mean\"", "first|mean", CHOICE,          \
	  model.pool, "What heads read: the first token or the mean of all.")  \
	M("model.copy", BOOL, 0, 0, "true", NULL, CHOICE, model.copy,          \
	  "May the summary decoder copy words of the source?")                 \
	M("model.tied", BOOL, 0, 0, "true", NULL, CHOICE, model.tied,          \
	  "Are embeddings and the output layer one table?")                    \
	W("model.init", ENUM, 0, 0, "\"random\"", "random", TEXT, init,        \
	  "Where the first weights come from.")                                \
	W("tokenizer.kind", ENUM, 0, 0, "\"wordpiece\"", "wordpiece", TEXT,    \
	  tokenizer_kind, "How text is cut into pieces.")                      \
	W("tokenizer.size", INT, 16, 200000, "8000", NULL, INT,                \
	  tokenizer_size, "Pieces of a vocabulary trained from the tasks' text.") \
	W("tokenizer.vocab", PATH, 0, 0, "null", NULL, PATH, vocab,            \
	  "A vocab.txt to use in place of a trained one.")                     \
	T("tasks.*.note", STR, 0, 0, "null", NULL, TEXT, note, FOR_EVERY,      \
	  "Words about the task; they change nothing.")                        \
	T("tasks.*.kind", ENUM, 0, 0, NULL, TASK_KIND_CHOICES,                 \
	  CHOICE, kind, FOR_EVERY, "What the task is.")                        \
	T("tasks.*.train", PATH, 0, 0, NULL, NULL, PATH, train, FOR_EVERY,     \
	  "Training rows: a JSONL, JSON, TSV or CSV file, packed or not, "     \
	  "or a folder of texts.")                                             \
	T("tasks.*.dev", PATH, 0, 0, "null", NULL, PATH, dev, FOR_EVERY,       \
	  "Rows for evaluation.")                                              \
	T("tasks.*.dev_share", NUM, 0, 0.5, "0", NULL, NUM, dev_share, FOR_EVERY, \
	  "Without a dev file: this share of the training rows is held out "   \
	  "for evaluation. Rows of one text stay together.")                   \
	T("tasks.*.format", ENUM, 0, 0, "\"auto\"", "auto|jsonl|tsv|csv",      \
	  CHOICE, format, FOR_EVERY, "Format of the files; auto goes by what is in them.") \
	T("tasks.*.header", ENUM, 0, 0, "\"auto\"", "auto|true|false", HEADER, \
	  header, FOR_EVERY,                                                   \
	  "Does the first row name the columns? auto: yes, unless a column "   \
	  "is asked for by number.")                                           \
	T("tasks.*.text", STR, 0, 0, "\"text\"", NULL, TEXT, text, FOR_COLUMN, \
	  "Column of the text, by name, by number from 0, or as NAME#2.")      \
	T("tasks.*.text_b", STR, 0, 0, "null", NULL, TEXT, pair, FOR_COLUMN,   \
	  "Column of the second text of a pair.")                              \
	T("tasks.*.label", STR, 0, 0, "\"label\"", NULL, TEXT, target,         \
	  FOR_COLUMN, "Column of the label, or of the number to predict.")     \
	T("tasks.*.source", STR, 0, 0, "\"source\"", NULL, TEXT, text, FOR_COLUMN, \
	  "Column of the text to summarize.")                                  \
	T("tasks.*.target", STR, 0, 0, "\"target\"", NULL, TEXT, target, FOR_COLUMN, \
	  "Column of the summary.")                                            \
	T("tasks.*.labels", LIST, 2, PLAN_LABELS_MAX, "null", NULL, LABELS,    \
	  labels, FOR_LABELS, "The labels in class order; else those of the training " \
	  "rows, sorted by bytes.")                                            \
	T("tasks.*.max_source", INT, 3, 8192, "128", NULL, INT, max_source,    \
	  FOR_EVERY, "Longest text in pieces; longer ones lose their end.")    \
	T("tasks.*.max_target", INT, 2, 2048, "64", NULL, INT, max_target,     \
	  FOR_DECODES, "Longest summary in pieces, its end mark included.")    \
	T("tasks.*.weight", NUM, 0, 1000, "1", NULL, NUM, weight, FOR_EVERY,   \
	  "Factor on the task's loss.")                                        \
	T("tasks.*.share", NUM, 0, 1, "\"auto\"", NULL, SHARE, share, FOR_EVERY, \
	  "Fraction of the micro-batches; auto leaves it to mix.sampling.")    \
	T("tasks.*.muted", BOOL, 0, 0, "false", NULL, CHOICE, muted, FOR_EVERY, \
	  "Begin without this task?")                                          \
	T("tasks.*.smoothing", NUM, 0, 0.9, "0", NULL, NUM, smoothing, FOR_SMOOTHED, \
	  "Label smoothing of the loss; losses are shown without.")            \
	T("tasks.*.max_bad", NUM, 0, 1, "0.01", NULL, NUM, max_bad, FOR_EVERY, \
	  "Share of a file's rows that may be unusable; 0: none.")             \
	T("tasks.*.lr", NUM, 0, 1000, "1", NULL, NUM, lr, FOR_EVERY,           \
	  "Factor on the learning rate of the task's own parameters.")         \
	T("tasks.*.metrics", LIST, 1, PLAN_METRICS, "[\"accuracy\"]", NULL,    \
	  METRICS, metrics, FOR_EVERY, "Measures on the dev rows; the first one is " \
	  "shown on the strip.")                                               \
	T("tasks.*.rouge", ENUM, 0, 0, "\"ascii\"", "ascii|unicode", CHOICE,   \
	  rouge_unicode, FOR_DECODES, "What ROUGE counts: words of a-z and 0-9, as " \
	  "rouge-score does, or of every script's letters and digits.")        \
	T("tasks.*.beams", INT, 1, 16, "4", NULL, INT, beams, FOR_DECODES,     \
	  "Beams of the search in eval and predict.")                          \
	T("tasks.*.min_length", INT, 0, 2047, "(3, at most max_length)", NULL, \
	  INT, min_length, FOR_DECODES, "Fewest pieces of a summary.")         \
	T("tasks.*.max_length", INT, 1, 2047, "(60, at most max_target - 1)",  \
	  NULL, INT, max_length, FOR_DECODES, "Most pieces of a summary.")     \
	T("tasks.*.no_repeat", INT, 0, 16, "3", NULL, INT, no_repeat, FOR_DECODES, \
	  "Length of runs of pieces that may not come twice; 0: off.")         \
	T("tasks.*.length_penalty", NUM, 0, 10, "1", NULL, NUM,                \
	  length_penalty, FOR_DECODES, "Above 0, longer summaries are preferred.") \
	W("mix.sampling", STR, 0, 0, "\"proportional\"", NULL, TEXT,           \
	  method[METHOD_SAMPLING].name,                                        \
	  "How the shares of the tasks come about.")                           \
	W("mix.sampling_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,          \
	  method[METHOD_SAMPLING],                                             \
	  "Parameters of the sampling method: {\"T\": 2}.")                    \
	W("mix.weighting", STR, 0, 0, "\"fixed\"", NULL, TEXT,                 \
	  method[METHOD_WEIGHTING].name,                                       \
	  "What multiplies the weights of the tasks.")                         \
	W("mix.weighting_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,         \
	  method[METHOD_WEIGHTING], "Parameters of the weighting method.")     \
	W("mix.micro_batches", INT, 1, 255, "4", NULL, INT, micro_batches,     \
	  "Micro-batches of one step.")                                        \
	W("mix.tokens", INT, 8, 65536, "512", NULL, INT, tokens,               \
	  "Tokens of one micro-batch.")                                        \
	W("mix.gradients_every", INT, 0, 1e9, "50", NULL, LONG,                \
	  gradients_every, "Steps between measurements of each task's gradient " \
	  "norm on the shared parameters; 0: only when asked.")                \
	W("optimizer.kind", ENUM, 0, 0, "\"adamw\"", "adamw", FIXED, lr,       \
	  "The optimizer.")                                                    \
	W("optimizer.lr", NUM, 0, 10, "0.0003", NULL, NUM, lr,                 \
	  "Base learning rate.")                                               \
	W("optimizer.beta1", NUM, 0, 0.999999, "0.9", NULL, NUM, beta1,        \
	  "Decay of the mean of gradients.")                                   \
	W("optimizer.beta2", NUM, 0, 0.999999, "0.999", NULL, NUM, beta2,      \
	  "Decay of the mean of their squares.")                               \
	W("optimizer.eps", NUM, 1e-20, 1, "1e-08", NULL, NUM, eps,             \
	  "Keeps the division by the root of that mean sane.")                 \
	W("optimizer.weight_decay", NUM, 0, 1, "0.01", NULL, NUM,              \
	  weight_decay, "Decoupled weight decay of matrices.")                 \
	W("optimizer.clip", NUM, 0, 1e6, "1", NULL, NUM, clip,                 \
	  "Largest norm of a step's gradient; 0: off.")                        \
	W("optimizer.schedule", ENUM, 0, 0, "\"cosine\"",                      \
	  "constant|linear|cosine", CHOICE, schedule,                          \
	  "How the rate falls after the warm-up, to the end of the budget.")   \
	W("optimizer.warmup", INT, 0, 1e9, "400", NULL, LONG, warmup,          \
	  "Steps in which the rate rises.")                                    \
	W("optimizer.lr_floor", NUM, 0, 1, "0", NULL, NUM, lr_floor,           \
	  "What the rate falls to, as a fraction of lr.")                      \
	W("budget.steps", INT, 1, 1e9, NULL, NULL, LONG, steps,                \
	  "Steps of the run.")                                                 \
	W("budget.eval_every", INT, 0, 1e9, "500", NULL, LONG, eval_every,     \
	  "Steps between evaluations; 0: none but at the end.")                \
	W("budget.checkpoint_every", INT, 0, 1e9, "1000", NULL, LONG,          \
	  checkpoint_every, "Steps between checkpoints; 0: none but at the end.") \
	W("budget.eval_examples", INT, 0, 1e9, "200", NULL, INT,               \
	  eval_examples, "Dev rows of an evaluation, the same each time; 0: all.") \
	W("budget.keep", INT, 2, 1000, "2", NULL, INT, keep,                   \
	  "Newest checkpoints kept, beside the best and the named.")           \
	W("best", STR, 0, 0, "\"mean\"", NULL, TEXT, best,                     \
	  "What makes a checkpoint the best: the mean of the tasks' first "    \
	  "metrics, or TASK.METRIC, one of that task's metrics or its loss.")  \
	W("on_hangup", ENUM, 0, 0, "\"go-on\"", "go-on|checkpoint-exit", CHOICE, \
	  on_hangup, "What a desk's run does when its terminal is gone.")

#define FIELD_W(path, type, min, max, fallback, choices, slot, member, help)   \
	{ path, PLAN_##type, min, max, fallback, choices, help },
#define FIELD_T(path, type, min, max, fallback, choices, slot, member, traits, help) \
	{ path, PLAN_##type, min, max, fallback, choices, help },
#define PLACE(slot, of_model, owner, member)                                   \
	{ SLOT_##slot, 0, of_model, offsetof(struct owner, member),            \
	  sizeof(((struct owner *)0)->member) }
#define PLACE_W(path, type, min, max, fallback, choices, slot, member, help)   \
	{ 0, PLACE(slot, false, plan, member) },
#define PLACE_M(path, type, min, max, fallback, choices, slot, member, help)   \
	{ 0, PLACE(slot, true, plan, member) },
#define PLACE_T(path, type, min, max, fallback, choices, slot, member, traits, help) \
	{ traits, PLACE(slot, false, plan_task, member) },

static const struct plan_field listed[] = { PLAN_ROWS(FIELD_W, FIELD_W, FIELD_T) };
static const struct listed_place {
	unsigned traits;  /* 0: a field of the whole plan */
	struct plan_place place;
} listed_places[] = { PLAN_ROWS(PLACE_W, PLACE_M, PLACE_T) };
enum { LISTED = sizeof listed / sizeof *listed,
       FIELDS_MAX = LISTED + TASK_KINDS * PLAN_VARIANTS };

/* --- the table as it is read: a row per meaning --- */

static struct plan_field fields[FIELDS_MAX];
static struct plan_place places[FIELDS_MAX];
static int n_fields;

static bool has_field(enum task_kind k, unsigned traits, const char *key)
{
	const struct data_kind *d = data_kind(k);

	if (traits & FOR_COLUMN)
		return str_eq(key, d->text_key) || str_eq(key, d->target_key) ||
		       (d->pair_key && str_eq(key, d->pair_key));
	return traits & (FOR_EVERY | plan_kind(k)->traits);
}

static const struct plan_variant *find_variant(enum task_kind k, const char *key)
{
	const struct plan_variant *v = plan_kind(k)->variant;

	for (int i = 0; i < PLAN_VARIANTS && v[i].key; i++)
		if (str_eq(v[i].key, key))
			return &v[i];
	return NULL;
}

static void add_row(const struct plan_field *f, const struct plan_place *p, unsigned kinds)
{
	fields[n_fields] = *f;
	places[n_fields] = *p;
	places[n_fields++].kinds = kinds;
}

/* A row for the kinds that have the field as it is listed, then one per variant. */
static void add_task_rows(const struct plan_field *f, const struct listed_place *p)
{
	const char *key = strrchr(f->path, '.') + 1;
	unsigned plain = 0;

	for (unsigned k = 0; k < TASK_KINDS; k++)
		if (has_field((enum task_kind)k, p->traits, key) &&
		    !find_variant((enum task_kind)k, key))
			plain |= 1U << k;
	if (plain)
		add_row(f, &p->place, plain);
	for (unsigned k = 0; k < TASK_KINDS; k++) {
		const struct plan_variant *v = find_variant((enum task_kind)k, key);
		struct plan_field own = *f;

		if (!v || !has_field((enum task_kind)k, p->traits, key))
			continue;
		own.fallback = v->fallback ? v->fallback : f->fallback;
		own.help = v->help ? v->help : f->help;
		add_row(&own, &p->place, 1U << k);
	}
}

/* Before main(): any thread may ask for a field. It reads nothing but constants. */
__attribute__((constructor)) static void make_fields(void)
{
	for (int i = 0; i < LISTED; i++)
		if (listed_places[i].traits)
			add_task_rows(&listed[i], &listed_places[i]);
		else
			add_row(&listed[i], &listed_places[i].place, 0);
}

const struct plan_field *plan_fields(int *n)
{
	*n = n_fields;
	return fields;
}

const struct plan_place *plan_places(void)
{
	return places;
}

/* --- look-ups --- */

/* Does the table's path, up to its end or the next dot, cover the concrete one? */
static const char *match_part(const char *row, const char **path)
{
	size_t a = strcspn(row, "."), b = strcspn(*path, ".");

	if (!(a == 1 && *row == '*') && (a != b || memcmp(row, *path, a)))
		return NULL;
	*path += b;
	return row + a;
}

enum match { MATCH_NOT, MATCH_WHOLE, MATCH_BELOW };

/* BELOW: `path` names an object that holds the row's field. */
static enum match match(const char *row, const char *path)
{
	for (;;) {
		row = match_part(row, &path);
		if (!row)
			return MATCH_NOT;
		if (!*path)
			return *row ? MATCH_BELOW : MATCH_WHOLE;
		if (!*row)
			return MATCH_NOT;
		row++;
		path++;
	}
}

static bool is_for(const struct plan_place *p, unsigned kinds)
{
	return !p->kinds || (p->kinds & kinds);
}

int plan_row_find(const char *path, int kind)
{
	unsigned kinds = kind < 0 ? ~0U : 1U << kind;

	for (int i = 0; i < n_fields; i++)
		if (is_for(&places[i], kinds) &&
		    match(fields[i].path, path) == MATCH_WHOLE)
			return i;
	return -1;
}

int plan_row_any(const char *path)
{
	return plan_row_find(path, -1);
}

bool plan_is_section(const char *path)
{
	for (int i = 0; i < n_fields; i++)
		if (match(fields[i].path, path) == MATCH_BELOW)
			return true;
	return false;
}

static bool is_model_kind(const char *kind)
{
	for (int i = 0; model_kind_name(i); i++)
		if (str_eq(model_kind_name(i), kind))
			return true;
	return false;
}

bool plan_row_is_of_model(int row, const char *kind,
			  bool (*has)(const char *kind, const char *field))
{
	return !places[row].of_model || !is_model_kind(kind) ||
	       has(kind, strrchr(fields[row].path, '.') + 1);
}

void plan_kind_words(unsigned kinds, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (unsigned k = 0; k < TASK_KINDS; k++)
		if (kinds & (1U << k))
			buf_addf(&b, "%s%s", b.len ? " or " : "",
				 task_kind_name((enum task_kind)k));
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

/* --- nearness, for "did you mean" --- */

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

enum { WORD = 40 };

int plan_edits(const char *a, const char *b)
{
	int d[WORD + 1][WORD + 1];
	int n = (int)strlen(a), m = (int)strlen(b);

	if (n > WORD || m > WORD || n - m > 2 || m - n > 2)
		return 3;
	for (int i = 0; i <= n; i++)
		d[i][0] = i;
	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++)
		for (int j = 1; j <= m; j++) {
			int swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				   a[i - 2] == b[j - 1];

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (swap && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m] < 3 ? d[n][m] : 3;
}

const char *plan_nearest_key(const char *section, const char *key, unsigned kinds)
{
	static _Thread_local char best[WORD + 1];
	int least_edits = 3;

	for (int i = 0; i < n_fields; i++) {
		char name[WORD + 1];
		const char *rest = fields[i].path, *path = section;
		int edits;

		for (; rest && *path; rest = rest && *rest ? rest + 1 : NULL) {
			rest = match_part(rest, &path);
			if (*path)
				path++;
		}
		if (!rest || !is_for(&places[i], kinds))
			continue;
		str_format(name, sizeof name, "%.*s", (int)strcspn(rest, "."), rest);
		edits = plan_edits(name, key);
		if (edits < least_edits && !str_eq(name, "*")) {
			least_edits = edits;
			str_copy(best, sizeof best, name);
		}
	}
	return least_edits < 3 ? best : NULL;
}

/* --- "a|b|c" --- */

bool plan_choice_at(const char *choices, int i, char *out, size_t cap)
{
	while (i-- > 0) {
		choices += strcspn(choices, "|");
		if (!*choices++)
			return false;
	}
	return str_format(out, cap, "%.*s", (int)strcspn(choices, "|"), choices);
}

int plan_choice_find(const char *choices, const char *word)
{
	char name[WORD + 1];

	for (int i = 0; plan_choice_at(choices, i, name, sizeof name); i++)
		if (str_eq(name, word))
			return i;
	return -1;
}
