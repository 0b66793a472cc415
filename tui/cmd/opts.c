/*
 * opts.c - options: the table and the parser.
 */
#include "opts.h"

#include <float.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "usage.h"

#define AT(field) .at = offsetof(struct opts, field)
#define FLAG(field) { .type = OPTION_FLAG, AT(field) }
#define TEXT(field) { .type = OPTION_TEXT, AT(field) }
#define TEXTS(field, number)                                                   \
	{ .type = OPTION_TEXTS, AT(field), .n_at = offsetof(struct opts, number),      \
	  .most = sizeof ((struct opts *)0)->field / sizeof(char *) }
#define SETS { .type = OPTION_SETS }
#define WHOLE(field, from, to) { .type = OPTION_WHOLE, AT(field), .least = from, .most = to }
#define NUMBER(field, from, to, words)                                         \
	{ .type = OPTION_NUMBER, AT(field), .low = from, .high = to, .what = words }
#define ONE_OF(field, words) { .type = OPTION_ONE_OF, AT(field), .what = words }

enum { WORKERS_MOST = 1024, JOBS_MOST = 64 /* SWEEP_JOBS */, DRAWS_LEAST = 100,
       DRAWS_MOST = 10000000 };

const struct option_row option_table[] = {
	{ OPT_RUN, "run", "NAME", TEXT(run),
	  "name of the new run (else the plan's, numbered)" },
	{ OPT_RUNS, "runs", "DIR", TEXTS(root, n_roots),
	  "folder of the runs (else ./saved_models where that exists, else "
	  "$XDG_DATA_HOME/tutti)" },
	{ OPT_STEPS, "steps", "N", WHOLE(steps, 0, INT64_MAX),
	  "stop after N steps in all; the plan keeps its horizon" },
	{ OPT_FORK, "methods", "LIST", TEXT(methods),
	  "methods of weighting or sampling, with commas between them; parameters as in a "
	  "command: 'pcgrad,cagrad c=0.4'" },
	{ OPT_FORK, "steps", "N", WHOLE(steps, 1, 1000000),
	  "so many steps under each of them (else 50)" },
	{ OPT_FORK, "step", "N", WHOLE(step, 0, INT64_MAX),
	  "from the checkpoint of step N (else the newest with so many steps left)" },
	{ OPT_EXTEND, "extend", NULL, FLAG(extend),
	  "with --steps: the rate's schedule ends there, too" },
	{ OPT_SEED, "seed", "N", WHOLE(seed, 0, INT64_MAX),
	  "seed in place of the plan's" },
	{ OPT_WORKERS, "workers", "N", WHOLE(workers, 0, WORKERS_MOST),
	  "threads that train (else one a core); changes no bit" },
	{ OPT_SET, "set", "KEY=VALUE", SETS,
	  "change a field of the plan, or set a ${NAME}; repeatable" },
	{ OPT_SWEEP, "vary", "KEY=VALUE", TEXTS(vary, n_vary),
	  "a field of the plan over VALUE,VALUE,...; repeatable: a grid" },
	{ OPT_SWEEP, "seeds", "N|LIST", TEXT(seeds),
	  "seeds 1 to N, or these: 3,7,9" },
	{ OPT_SWEEP, "splits", "N|LIST", TEXT(splits),
	  "held-out dev rows drawn anew: splits 1 to N, or these" },
	{ OPT_SWEEP, "jobs", "N", WHOLE(jobs, 1, JOBS_MOST),
	  "runs at once (else what cores and memory allow)" },
	{ OPT_SWEEP, "gather", NULL, FLAG(gather),
	  "train nothing: the table of what there is; --runs is repeatable" },
	{ OPT_SWEEP, "commands", NULL, FLAG(commands),
	  "print a command a run, for a scheduler" },
	{ OPT_SWEEP, "slurm", NULL, FLAG(slurm),
	  "print a script for sbatch, an array of the runs" },
	{ OPT_SWEEP, "markdown", NULL, FLAG(markdown),
	  "the table as Markdown" },
	{ OPT_SWEEP, "plot", "FILE", TEXT(plot),
	  "means and intervals as FILE.svg or .png, by gnuplot" },
	{ OPT_SCRIPT, "script", "FILE", TEXT(script),
	  "lines 'STEP COMMAND', given as if typed at that step" },
	{ OPT_TASK, "task", "TASK", TEXT(task),
	  "this task alone" },
	{ OPT_DATA, "data", "FILE", TEXT(data),
	  "another file in the format the plan names for the task" },
	{ OPT_STEP, "step", "N", WHOLE(step, 0, INT64_MAX),
	  "newest checkpoint up to step N (else the best; to branch from, the newest)" },
	{ OPT_AVERAGED, "averaged", NULL, FLAG(averaged),
	  "by the weights' average (optimizer.average)" },
	{ OPT_JSON, "json", NULL, FLAG(json),
	  "one JSON object a line" },
	{ OPT_CSV, "csv", NULL, FLAG(csv),
	  "comma-separated values (what it is without --json)" },
	{ OPT_TABLE, "table", "TABLE", TEXT(table),
	  "which of the run's tables (else steps)" },
	{ OPT_COMPARE, "each", NULL, FLAG(each),
	  "every run by itself (else runs of one plan are seeds of a system)" },
	{ OPT_COMPARE, "baseline", "SYSTEM", TEXT(baseline),
	  "compare all with this one (else all pairs)" },
	{ OPT_COMPARE, "metric", "METRIC", TEXT(metric),
	  "by this metric alone" },
	{ OPT_COMPARE, "step", "N", WHOLE(step, 0, INT64_MAX),
	  "the newest checkpoint up to step N (else the newest evaluation of all dev rows)" },
	{ OPT_COMPARE, "best", NULL, FLAG(best),
	  "the best checkpoint" },
	{ OPT_COMPARE, "draws", "N", WHOLE(draws, DRAWS_LEAST, DRAWS_MOST),
	  "draws of the bootstrap and of randomization (else 10000)" },
	{ OPT_COMPARE, "level", "PERCENT",
	  NUMBER(level, 50, 99.999, "a percentage from 50 to 99.999"),
	  "of the intervals (else 95)" },
	{ OPT_COMPARE, "seed", "N", WHOLE(seed, 0, INT64_MAX),
	  "of the draws (else 1); the same gives the same figures" },
	{ OPT_COMPARE, "markdown", NULL, FLAG(markdown),
	  "tables in Markdown" },
	{ OPT_COMPARE, "csv", NULL, FLAG(csv),
	  "comma-separated values, a row a value and a row a pair" },
	{ OPT_OUT, "out", "FILE", TEXT(out),
	  "the plan to write; - prints it (also -o)" },
	{ OPT_FORCE, "force", NULL, FLAG(force),
	  "replace or remove without asking (also -f)" },
	{ OPT_INIT, "init", "FOLDER|run:NAME", TEXT(init),
	  "begin from this model, or from a run's checkpoint" },
	{ OPT_YES, "yes", NULL, FLAG(yes),
	  "take the tasks that were found without asking" },
	{ OPT_TOP, "top", "K", WHOLE(top, 1, INT64_MAX),
	  "the K likeliest labels, with their probabilities" },
	{ OPT_NAMES, "names", NULL, FLAG(names),
	  "names alone" },
	{ OPT_SCORE, "field", "NAME", TEXT(field),
	  "of JSON objects: the member with the answer" },
	{ OPT_SCORE, "positive", "LABEL", TEXT(positive),
	  "f1: the label looked for (else the second)" },
	{ OPT_SCORE, "split", NULL, FLAG(split),
	  "rougeLsum: cut sentences (else lines alone)" },
	{ OPT_SCORE, "unicode", NULL, FLAG(unicode),
	  "rouge: words of every script (else of a-z and 0-9)" },
	{ OPT_IMPORT, "plan", "PLAN", TEXT(plan),
	  "whose task it is: its dev rows, labels and metrics" },
	{ OPT_IMPORT, "like", "RUN", TEXT(like),
	  "the same, from a run's plan" },
	{ OPT_IMPORT, "note", "TEXT", TEXT(note),
	  "what is to be known of the system; Runs shows it" },
	{ OPT_IMPORT, "missing", "wrong", ONE_OF(missing, "wrong"),
	  "a row without an answer counts as wrong (else it is refused)" },
	{ OPT_IMPORT, "replace", NULL, FLAG(replace),
	  "in place of what was imported of the task before" },
	{ OPT_ACTOR, "actor", "NAME", TEXT(actor),
	  "a program that steers, as the plan may name it" },
	{ OPT_ACT, "reason", "TEXT", TEXT(reason),
	  "why; the journal has it, and an actor gives one" },
	{ OPT_SCREEN, "color", "WHEN", ONE_OF(color, "auto|always|never"),
	  "auto, always or never (NO_COLOR counts too)" },
	{ OPT_SPEED, "speed", "X", NUMBER(speed, DBL_MIN, DBL_MAX, "a number over 0"),
	  "recorded seconds in one of the film (else 20)" },
	{ OPT_VIEW, "view", NULL, FLAG(view),
	  "look only, beside whoever steers" },
	{ OPT_SCREEN, "theme", "WHICH", ONE_OF(theme, "auto|dark|light"),
	  "dark, light or auto (TUTTI_THEME counts too)" },
	{ OPT_SCREEN, "ascii", NULL, FLAG(ascii),
	  "draw with ASCII alone" },
	{ OPT_SCREEN, "mouse", NULL, FLAG(mouse),
	  "let the mouse choose and drag (else it selects text)" },
};
const int option_count = sizeof option_table / sizeof *option_table;

/* A field of the plan, or a name, is given one value. */
static enum status add_set(struct opts *o, const char *value, struct err *err)
{
	const char *eq = strchr(value, '=');
	size_t len = eq ? (size_t)(eq - value) + 1 : 0;

	if (len < 2)
		return err_set(err, ST_INVALID, "--set wants KEY=VALUE, not '%.60s'",
			       value);
	for (int i = 0; i < o->n_sets; i++)
		if (!strncmp(o->set[i], value, len))
			return err_set(err, ST_INVALID, "--set %.*s is there twice: '%.60s' "
				       "and '%.60s'", (int)len - 1, value,
				       o->set[i] + len, value + len);
	if (o->n_sets == OPTS_SETS)
		return err_set(err, ST_INVALID, "more than %d --set", OPTS_SETS);
	o->set[o->n_sets++] = value;
	return ST_OK;
}

/* "auto, always or never", of "auto|always|never". */
static void words_of(const char *choices, struct buf *out)
{
	for (const char *c = choices, *end; *c; c = *end ? end + 1 : end) {
		end = strchrnul(c, '|');
		buf_addf(out, "%s%.*s", c == choices ? "" : *end ? ", " : " or ",
			 (int)(end - c), c);
	}
}

static bool is_one_of(const char *choices, const char *value)
{
	size_t len = strlen(value);

	for (const char *c = choices, *end; *c; c = *end ? end + 1 : end) {
		end = strchrnul(c, '|');
		if ((size_t)(end - c) == len && !strncmp(c, value, len))
			return true;
	}
	return false;
}

static enum status refuse_choice(const struct option_row *r, const char *value,
				 struct err *err)
{
	struct buf words;

	buf_init(&words);
	words_of(r->to.what, &words);
	err_set(err, ST_INVALID, "--%s is %s, not '%.60s'", r->name,
		strchr(r->to.what, '|') ? buf_str(&words) : "'wrong'", value);
	buf_release(&words);
	return ST_INVALID;
}

static enum status store_whole(const struct option_row *r, const char *value, int64_t *out,
			       struct err *err)
{
	if (!parse_i64(value, out) || *out < 0)
		return err_set(err, ST_INVALID, "--%s wants a whole number, not '%.60s'",
			       r->name, value);
	if (*out < r->to.least)
		return err_set(err, ST_INVALID, "--%s is at least %lld, not %s", r->name,
			       (long long)r->to.least, value);
	if (*out > r->to.most)
		return err_set(err, ST_INVALID, "--%s is at most %lld, not %s", r->name,
			       (long long)r->to.most, value);
	return ST_OK;
}

static enum status store_number(const struct option_row *r, const char *value, double *out,
				struct err *err)
{
	if (parse_double(value, out) && *out >= r->to.low && *out <= r->to.high)
		return ST_OK;
	return err_set(err, ST_INVALID, "--%s wants %s, not '%.60s'", r->name, r->to.what,
		       value);
}

static enum status store_value(struct opts *o, const struct option_row *r,
			       const char *value, struct err *err)
{
	void *at = (char *)o + r->to.at;

	switch (r->to.type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		break;
	case OPTION_TEXT:
		*(const char **)at = value;
		break;
	case OPTION_ONE_OF:
		if (!is_one_of(r->to.what, value))
			return refuse_choice(r, value, err);
		*(const char **)at = value;
		break;
	case OPTION_TEXTS: {
		int *n = (int *)((char *)o + r->to.n_at);

		if (*n == r->to.most)
			return err_set(err, ST_INVALID, "more than %d --%s", *n, r->name);
		((const char **)at)[(*n)++] = value;
		break;
	}
	case OPTION_SETS: return add_set(o, value, err);
	case OPTION_WHOLE: return store_whole(r, value, at, err);
	case OPTION_NUMBER: return store_number(r, value, at, err);
	}
	return ST_OK;
}

/* A run is looked for in one folder, the runs of a sweep in several. */
static bool is_repeatable(const struct subcommand *c, const struct option_row *r)
{
	return r->to.type == OPTION_SETS ||
	       (r->to.type == OPTION_TEXTS && (r->bit != OPT_RUNS || (c->uses & OPT_SWEEP)));
}

/* One value an option, and none that is empty; the same flag again is nothing new. */
static enum status take_value(const struct subcommand *c, struct opts *o,
			      const struct option_row *r, const char *value,
			      struct err *err)
{
	uint64_t bit = UINT64_C(1) << (r - option_table);

	_Static_assert(sizeof option_table / sizeof *option_table <= 64, "opts.given");

	if (r->arg && (!value || !*value))
		return err_set(err, ST_INVALID, "--%s wants a value: %s", r->name, r->arg);
	if (r->arg && (o->given & bit) && !is_repeatable(c, r))
		return err_set(err, ST_INVALID, "--%s is there twice, again with '%.60s'",
			       r->name, value);
	o->given |= bit;
	return store_value(o, r, value, err);
}

/* The word behind an option; NULL: there is none, or it is an option itself. */
static const char *next_word(int argc, char **argv, int *i)
{
	if (*i + 1 >= argc || str_starts(argv[*i + 1], "--"))
		return NULL;
	return argv[++*i];
}

/* The row whose name is the first `len` bytes of `name`. */
static const struct option_row *find_option(const struct subcommand *c,
					    const char *name, size_t len)
{
	for (int i = 0; i < option_count; i++) {
		const struct option_row *r = &option_table[i];

		if ((c->uses & r->bit) && strlen(r->name) == len &&
		    !strncmp(r->name, name, len))
			return r;
	}
	return NULL;
}

char option_letter(unsigned bit)
{
	return bit == OPT_OUT ? 'o' : bit == OPT_FORCE ? 'f' : '\0';
}

/* Of "-o" or "-oFILE". */
static const struct option_row *find_letter(const struct subcommand *c, char letter)
{
	for (int i = 0; i < option_count; i++)
		if ((c->uses & option_table[i].bit) && option_letter(option_table[i].bit) == letter)
			return &option_table[i];
	return NULL;
}

static enum status parse_letter(const struct subcommand *c, int argc, char **argv, int *i,
				struct opts *o, struct err *err)
{
	const char *word = argv[*i];
	const struct option_row *r = find_letter(c, word[1]);

	if (!r || (!r->arg && word[2]))
		return usage_no_option(c, word, err);
	return take_value(c, o, r, !r->arg ? NULL : word[2] ? word + 2 :
			  next_word(argc, argv, i), err);
}

static enum status parse_option(const struct subcommand *c, int argc, char **argv, int *i,
				struct opts *o, struct err *err)
{
	const char *name = argv[*i] + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	const struct option_row *r = find_option(c, name, len);

	if (!r)
		return usage_no_option(c, argv[*i], err);
	if (!r->arg && eq)
		return err_set(err, ST_INVALID, "--%s takes no value", r->name);
	return take_value(c, o, r, !r->arg ? NULL : eq ? eq + 1 : next_word(argc, argv, i),
			  err);
}

enum status opts_parse(const struct subcommand *c, int argc, char **argv, struct opts *o,
		       struct err *err)
{
	bool only_args = false;

	*o = (struct opts){ .steps = -1, .step = -1, .seed = -1, .workers = -1,
			    .jobs = -1,
			    .argc = argc, .argv = argv };
	for (int i = 0; i < argc; i++) {
		enum status st = ST_OK;

		if (!only_args && str_eq(argv[i], "--")) {
			only_args = true;
		} else if (!only_args && str_starts(argv[i], "--")) {
			st = parse_option(c, argc, argv, &i, o, err);
		} else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
			st = parse_letter(c, argc, argv, &i, o, err);
		} else if (o->n_args == OPTS_ARGS || o->n_args == c->max_args) {
			st = usage_too_many(c, argv[i], err);
		} else {
			o->arg[o->n_args++] = argv[i];
		}
		if (st)
			return st;
	}
	o->runs = o->n_roots ? o->root[0] : NULL;
	if (o->extend && o->steps < 0)
		return err_set(err, ST_INVALID, "--extend wants --steps: to where?");
	return o->n_args < c->min_args ? usage_too_few(c, o->n_args, err) : ST_OK;
}
