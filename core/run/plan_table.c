/*
 * plan_table.c - the fields of a plan, one row each, and look-ups in them.
 *
 * Reading, writing, `--set`, help and tutti-plan(5) follow from these rows; to
 * add a field is to add a row and a member. A fallback in brackets is worked
 * out from other fields (plan_check.c). A field whose meaning depends on the
 * kind of task has a row per meaning.
 */
#include "run/plan_table.h"

#include <string.h>

#include "text/tokenizer_kind.h"

enum {
	CLS = 1 << TASK_CLASSIFY,
	REG = 1 << TASK_REGRESS,
	SUM = 1 << TASK_SUMMARIZE,
	ANY = CLS | REG | SUM,
};

#define SEED_MAX 9007199254740991.0 /* 2^53 - 1: whole in any JSON reader */

/*
 * W: a field of the whole plan; T: of a task, with the kinds it is for.
 * path, type, least, most, fallback, choices, slot, member, kinds, help
 */
#define PLAN_ROWS(W, T)                                                        \
	W("tutti", INT, 1, 1, NULL, NULL, FIXED, seed,                         \
	  "Version of the plan format: 1.")                                    \
	W("note", STR, 0, 0, "null", NULL, TEXT, note,                         \
	  "Words for the reader; they change nothing.")                        \
	W("seed", INT, 0, SEED_MAX, "1", NULL, SEED, seed,                     \
	  "Where all randomness comes from.")                                  \
	W("model.kind", STR, 0, 0, "\"transformer\"", NULL, TEXT, model.kind,  \
	  "Which model: a shared encoder with a head per task.")               \
	W("model.dim", INT, 4, 8192, "256", NULL, INT, model.dim,              \
	  "Width of the hidden states; a multiple of heads.")                  \
	W("model.layers", INT, 1, 64, "4", NULL, INT, model.layers,            \
	  "Layers of the encoder.")                                            \
	W("model.heads", INT, 1, 128, "4", NULL, INT, model.heads,             \
	  "Attention heads.")                                                  \
	W("model.ff", INT, 4, 65536, "(4 x dim)", NULL, INT, model.ff,         \
	  "Width inside the feed-forward blocks.")                             \
	W("model.shared_layers", INT, 0, 64, "(layers)", NULL, INT,            \
	  model.shared_layers,                                                 \
	  "How many layers, from the bottom, all tasks share; the rest are "   \
	  "one copy per task.")                                                \
	W("model.decoder_layers", INT, 1, 64, "2", NULL, INT,                  \
	  model.decoder_layers, "Layers of the decoder that writes summaries.") \
	W("model.dropout", NUM, 0, 0.9, "0.1", NULL, NUM, dropout,             \
	  "Share of activations dropped in training.")                         \
	W("model.norm", ENUM, 0, 0, "\"pre\"", "post|pre", CHOICE,             \
	  model.pre_norm, "Layer norm before each block, or after it (BERT).") \
	W("model.pool", ENUM, 0, 0, "\"mean\"", "first|mean", CHOICE,          \
	  model.pool, "What heads read: the first token or the mean of all.")  \
	W("model.copy", BOOL, 0, 0, "true", NULL, CHOICE, model.copy,          \
	  "May the summary decoder copy words of the source?")                 \
	W("model.tied", BOOL, 0, 0, "true", NULL, CHOICE, model.tied,          \
	  "Are embeddings and the output layer one table?")                    \
	W("model.init", ENUM, 0, 0, "\"random\"", "random", TEXT, init,        \
	  "Where the first weights come from.")                                \
	W("tokenizer.kind", ENUM, 0, 0, "\"wordpiece\"",                       \
	  TOKENIZER_KIND_CHOICES, TEXT, tokenizer_kind,                        \
	  "How text is cut into pieces.")                                      \
	W("tokenizer.size", INT, 16, 200000, "8000", NULL, INT,                \
	  tokenizer_size, "Pieces of a vocabulary trained from the tasks' text.") \
	W("tokenizer.vocab", PATH, 0, 0, "null", NULL, PATH, vocab,            \
	  "A vocab.txt to use in place of a trained one.")                     \
	T("tasks.*.note", STR, 0, 0, "null", NULL, TEXT, note, ANY,            \
	  "Words about the task; they change nothing.")                        \
	T("tasks.*.kind", ENUM, 0, 0, NULL, "classify|regress|summarize",      \
	  CHOICE, kind, ANY, "What the task is.")                              \
	T("tasks.*.train", PATH, 0, 0, NULL, NULL, PATH, train, ANY,           \
	  "Training rows: a JSONL, JSON, TSV or CSV file, packed or not, "     \
	  "or a folder of texts.")                          \
	T("tasks.*.dev", PATH, 0, 0, "null", NULL, PATH, dev, ANY,             \
	  "Rows for evaluation.")                                              \
	T("tasks.*.dev_share", NUM, 0, 0.5, "0", NULL, NUM, dev_share, ANY,    \
	  "Without a dev file: this share of the training rows is held out "   \
	  "for evaluation. Rows of one text stay together.")                   \
	T("tasks.*.format", ENUM, 0, 0, "\"auto\"", "auto|jsonl|tsv|csv",      \
	  CHOICE, format, ANY, "Format of the files; auto goes by what is in them.") \
	T("tasks.*.header", ENUM, 0, 0, "\"auto\"", "auto|true|false", HEADER, \
	  header, ANY,                                                         \
	  "Does the first row name the columns? auto: yes, unless a column "   \
	  "is asked for by number.")                                           \
	T("tasks.*.text", STR, 0, 0, "\"text\"", NULL, TEXT, text, CLS | REG,  \
	  "Column of the text, by name, by number from 0, or as NAME#2.")                  \
	T("tasks.*.text_b", STR, 0, 0, "null", NULL, TEXT, pair, CLS | REG,    \
	  "Column of the second text of a pair.")                              \
	T("tasks.*.label", STR, 0, 0, "\"label\"", NULL, TEXT, target,         \
	  CLS | REG, "Column of the label, or of the number to predict.")      \
	T("tasks.*.source", STR, 0, 0, "\"source\"", NULL, TEXT, text, SUM,    \
	  "Column of the text to summarize.")                                  \
	T("tasks.*.target", STR, 0, 0, "\"target\"", NULL, TEXT, target, SUM,  \
	  "Column of the summary.")                                            \
	T("tasks.*.labels", LIST, 2, PLAN_LABELS_MAX, "null", NULL, LABELS,    \
	  labels, CLS, "The labels in class order; else those of the training " \
	  "rows, sorted by bytes.")                                            \
	T("tasks.*.max_source", INT, 3, 8192, "128", NULL, INT, max_source,    \
	  CLS | REG, "Longest text in pieces; longer ones lose their end.")    \
	T("tasks.*.max_source", INT, 3, 8192, "256", NULL, INT, max_source,    \
	  SUM, "Longest source in pieces; longer ones lose their end.")        \
	T("tasks.*.max_target", INT, 2, 2048, "64", NULL, INT, max_target,     \
	  SUM, "Longest summary in pieces, its end mark included.")            \
	T("tasks.*.weight", NUM, 0, 1000, "1", NULL, NUM, weight, ANY,         \
	  "Factor on the task's loss.")                                        \
	T("tasks.*.share", NUM, 0, 1, "\"auto\"", NULL, SHARE, share, ANY,     \
	  "Fraction of the micro-batches; auto leaves it to mix.sampling.")    \
	T("tasks.*.muted", BOOL, 0, 0, "false", NULL, CHOICE, muted, ANY,      \
	  "Begin without this task?")                                          \
	T("tasks.*.smoothing", NUM, 0, 0.9, "0", NULL, NUM, smoothing, CLS,    \
	  "Label smoothing of the loss; losses are shown without.")            \
	T("tasks.*.smoothing", NUM, 0, 0.9, "0.1", NULL, NUM, smoothing, SUM,  \
	  "Label smoothing of the loss of a summary's pieces; losses are "     \
	  "shown without.")                                                    \
	T("tasks.*.max_bad", NUM, 0, 1, "0.01", NULL, NUM, max_bad, ANY,       \
	  "Share of a file's rows that may be unusable; 0: none.")                        \
	T("tasks.*.lr", NUM, 0, 1000, "1", NULL, NUM, lr, ANY,                 \
	  "Factor on the learning rate of the task's own parameters.")         \
	T("tasks.*.metrics", LIST, 1, PLAN_METRICS, "[\"accuracy\"]", NULL,    \
	  METRICS, metrics, CLS, "Measures on the dev rows; the first one is " \
	  "shown on the strip.")                                               \
	T("tasks.*.metrics", LIST, 1, PLAN_METRICS,                            \
	  "[\"pearson\", \"spearman\"]", NULL, METRICS, metrics, REG,          \
	  "Measures on the dev rows of a regression.")                         \
	T("tasks.*.metrics", LIST, 1, PLAN_METRICS,                            \
	  "[\"rouge1\", \"rouge2\", \"rougeL\"]", NULL, METRICS, metrics, SUM, \
	  "Measures of summaries on the dev rows.")                            \
	T("tasks.*.rouge", ENUM, 0, 0, "\"ascii\"", "ascii|unicode", CHOICE,   \
	  rouge_unicode, SUM, "What ROUGE counts: words of a-z and 0-9, as "   \
	  "rouge-score does, or of every script's letters and digits.")        \
	T("tasks.*.beams", INT, 1, 16, "4", NULL, INT, beams, SUM,             \
	  "Beams of the search in eval and predict.")                          \
	T("tasks.*.min_length", INT, 0, 2047, "(3, at most max_length)", NULL, \
	  INT, min_length, SUM, "Fewest pieces of a summary.")                 \
	T("tasks.*.max_length", INT, 1, 2047, "(60, at most max_target - 1)",  \
	  NULL, INT, max_length, SUM, "Most pieces of a summary.")             \
	T("tasks.*.no_repeat", INT, 0, 16, "3", NULL, INT, no_repeat, SUM,     \
	  "Length of runs of pieces that may not come twice; 0: off.")         \
	T("tasks.*.length_penalty", NUM, 0, 10, "1", NULL, NUM,                \
	  length_penalty, SUM, "Above 0, longer summaries are preferred.")     \
	W("mix.sampling", STR, 0, 0, "\"proportional\"", NULL, TEXT, sampling, \
	  "How the shares of the tasks come about.")                           \
	W("mix.sampling_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,          \
	  sampling_args, "Parameters of the sampling method: {\"T\": 2}.")     \
	W("mix.weighting", STR, 0, 0, "\"fixed\"", NULL, TEXT, weighting,      \
	  "What multiplies the weights of the tasks.")                         \
	W("mix.weighting_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,         \
	  weighting_args, "Parameters of the weighting method.")               \
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
#define FIELD_T(path, type, min, max, fallback, choices, slot, member, kinds, help) \
	{ path, PLAN_##type, min, max, fallback, choices, help },
#define PLACE_W(path, type, min, max, fallback, choices, slot, member, help)   \
	{ SLOT_##slot, 0, offsetof(struct plan, member),                       \
	  sizeof(((struct plan *)0)->member) },
#define PLACE_T(path, type, min, max, fallback, choices, slot, member, kinds, help) \
	{ SLOT_##slot, kinds, offsetof(struct plan_task, member),              \
	  sizeof(((struct plan_task *)0)->member) },

static const struct plan_field fields[] = { PLAN_ROWS(FIELD_W, FIELD_T) };
static const struct plan_place places[] = { PLAN_ROWS(PLACE_W, PLACE_T) };
enum { FIELDS = sizeof fields / sizeof *fields };

const struct plan_field *plan_fields(int *n)
{
	*n = FIELDS;
	return fields;
}

const struct plan_place *plan_places(void)
{
	return places;
}

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
	unsigned kinds = kind < 0 ? ANY : 1U << kind;

	for (int i = 0; i < FIELDS; i++)
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
	for (int i = 0; i < FIELDS; i++)
		if (match(fields[i].path, path) == MATCH_BELOW)
			return true;
	return false;
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

	for (int i = 0; i < FIELDS; i++) {
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
