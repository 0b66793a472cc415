/*
 * opts.c - options: the table and the parser.
 */
#include "opts.h"

#include <string.h>

#include "base/str.h"
#include "screen/theme.h"
#include "usage.h"

const struct option_row option_table[] = {
	{ OPT_RUN, "run", "NAME", "name of the new run (else the plan's, numbered)" },
	{ OPT_RUNS, "runs", "DIR",
	  "folder of the runs (else ./saved_models where that exists, else "
	  "$XDG_DATA_HOME/tutti)" },
	{ OPT_STEPS, "steps", "N", "stop after N steps in all; the plan keeps its horizon" },
	{ OPT_EXTEND, "extend", NULL, "with --steps: the rate's schedule ends there, too" },
	{ OPT_SEED, "seed", "N", "seed in place of the plan's" },
	{ OPT_WORKERS, "workers", "N", "threads that train (else one a core); changes no bit" },
	{ OPT_SET, "set", "KEY=VALUE", "change a field of the plan, or set a ${NAME}; repeatable" },
	{ OPT_SWEEP, "vary", "KEY=VALUE",
	  "a field of the plan over VALUE,VALUE,...; repeatable: a grid" },
	{ OPT_SWEEP, "seeds", "N|LIST", "seeds 1 to N, or these: 3,7,9" },
	{ OPT_SWEEP, "splits", "N|LIST",
	  "held-out dev rows drawn anew: splits 1 to N, or these" },
	{ OPT_SWEEP, "jobs", "N", "runs at once (else what cores and memory allow)" },
	{ OPT_SWEEP, "gather", NULL,
	  "train nothing: the table of what there is; --runs is repeatable" },
	{ OPT_SWEEP, "commands", NULL, "print a command a run, for a scheduler" },
	{ OPT_SWEEP, "slurm", NULL, "print a script for sbatch, an array of the runs" },
	{ OPT_SWEEP, "markdown", NULL, "the table as Markdown" },
	{ OPT_SWEEP, "plot", "FILE", "means and intervals as FILE.svg or .png, by gnuplot" },
	{ OPT_SCRIPT, "script", "FILE", "lines 'STEP COMMAND', given as if typed at that step" },
	{ OPT_TASK, "task", "TASK", "this task alone" },
	{ OPT_DATA, "data", "FILE", "another file in the format the plan names for the task" },
	{ OPT_STEP, "step", "N", "newest checkpoint up to step N (else the best)" },
	{ OPT_JSON, "json", NULL, "one JSON object a line" },
	{ OPT_CSV, "csv", NULL, "comma-separated values (what it is without --json)" },
	{ OPT_TABLE, "table", "TABLE", "which of the run's tables (else steps)" },
	{ OPT_COMPARE, "each", NULL,
	  "every run by itself (else runs of one plan are seeds of a system)" },
	{ OPT_COMPARE, "baseline", "SYSTEM", "compare all with this one (else all pairs)" },
	{ OPT_COMPARE, "metric", "METRIC", "by this metric alone" },
	{ OPT_COMPARE, "step", "N",
	  "the newest checkpoint up to step N (else the newest evaluation of all dev rows)" },
	{ OPT_COMPARE, "best", NULL, "the best checkpoint" },
	{ OPT_COMPARE, "draws", "N", "draws of the bootstrap and of randomization (else 10000)" },
	{ OPT_COMPARE, "level", "PERCENT", "of the intervals (else 95)" },
	{ OPT_COMPARE, "seed", "N", "of the draws (else 1); the same gives the same figures" },
	{ OPT_COMPARE, "markdown", NULL, "tables in Markdown" },
	{ OPT_COMPARE, "csv", NULL, "comma-separated values, a row a value and a row a pair" },
	{ OPT_OUT, "out", "FILE", "the plan to write; - prints it (also -o)" },
	{ OPT_FORCE, "force", NULL, "replace or remove without asking (also -f)" },
	{ OPT_YES, "yes", NULL, "take the tasks that were found without asking" },
	{ OPT_TOP, "top", "K", "the K likeliest labels, with their probabilities" },
	{ OPT_NAMES, "names", NULL, "names alone" },
	{ OPT_SCORE, "field", "NAME", "of JSON objects: the member with the answer" },
	{ OPT_SCORE, "positive", "LABEL", "f1: the label looked for (else the second)" },
	{ OPT_SCORE, "split", NULL, "rougeLsum: cut sentences (else lines alone)" },
	{ OPT_SCORE, "unicode", NULL, "rouge: words of every script (else of a-z and 0-9)" },
	{ OPT_IMPORT, "plan", "PLAN", "whose task it is: its dev rows, labels and metrics" },
	{ OPT_IMPORT, "like", "RUN", "the same, from a run's plan" },
	{ OPT_IMPORT, "note", "TEXT", "what is to be known of the system; Runs shows it" },
	{ OPT_IMPORT, "missing", "wrong",
	  "a row without an answer counts as wrong (else it is refused)" },
	{ OPT_IMPORT, "replace", NULL, "in place of what was imported of the task before" },
	{ OPT_SCREEN, "color", "WHEN", "auto, always or never (NO_COLOR counts too)" },
	{ OPT_SPEED, "speed", "X", "recorded seconds in one of the film (else 20)" },
	{ OPT_VIEW, "view", NULL, "look only, beside whoever steers" },
	{ OPT_SCREEN, "theme", "WHICH", "dark, light or auto (TUTTI_THEME counts too)" },
	{ OPT_SCREEN, "ascii", NULL, "draw with ASCII alone" },
	{ OPT_SCREEN, "mouse", NULL, "let the mouse choose and drag (else it selects text)" },
};
const int option_count = sizeof option_table / sizeof *option_table;

enum { WORKERS_MOST = 1024, JOBS_MOST = 64 /* SWEEP_JOBS */, DRAWS_LEAST = 100,
       DRAWS_MOST = 10000000 };

static enum status set_whole(const char *name, const char *value, int64_t most,
			     int64_t *out, struct err *err)
{
	if (!parse_i64(value, out) || *out < 0)
		return err_set(err, ST_INVALID, "--%s wants a whole number, not '%.60s'",
			       name, value);
	if (*out > most)
		return err_set(err, ST_INVALID, "--%s is at most %lld, not %s", name,
			       (long long)most, value);
	return ST_OK;
}

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

static enum status store_look(struct opts *o, const struct option_row *r,
			      const char *value, struct err *err)
{
	enum theme theme;

	if (str_eq(r->name, "ascii"))
		o->ascii = true;
	else if (str_eq(r->name, "mouse"))
		o->mouse = true;
	else if (str_eq(r->name, "theme") && theme_parse(value, &theme))
		o->theme = value;
	else if (str_eq(r->name, "theme"))
		return err_set(err, ST_INVALID,
			       "--theme is auto, dark or light, not '%.60s'", value);
	else if (str_eq(value, "auto") || str_eq(value, "always") ||
		 str_eq(value, "never"))
		o->color = value;
	else
		return err_set(err, ST_INVALID,
			       "--color is auto, always or never, not '%.60s'", value);
	return ST_OK;
}

static void store_score(struct opts *o, const struct option_row *r, const char *value)
{
	if (str_eq(r->name, "field"))
		o->field = value;
	else if (str_eq(r->name, "positive"))
		o->positive = value;
	else if (str_eq(r->name, "split"))
		o->split = true;
	else
		o->unicode = true;
}

static enum status store_compare(struct opts *o, const struct option_row *r,
				 const char *value, struct err *err)
{
	enum status st = ST_OK;

	if (str_eq(r->name, "each"))
		o->each = true;
	else if (str_eq(r->name, "baseline"))
		o->baseline = value;
	else if (str_eq(r->name, "metric"))
		o->metric = value;
	else if (str_eq(r->name, "step"))
		st = set_whole(r->name, value, INT64_MAX, &o->step, err);
	else if (str_eq(r->name, "best"))
		o->best = true;
	else if (str_eq(r->name, "seed"))
		st = set_whole(r->name, value, INT64_MAX, &o->seed, err);
	else if (str_eq(r->name, "markdown"))
		o->markdown = true;
	else if (str_eq(r->name, "csv"))
		o->csv = true;
	else if (str_eq(r->name, "draws"))
		st = set_whole(r->name, value, DRAWS_MOST, &o->draws, err);
	else if (!parse_double(value, &o->level) || !(o->level >= 50 && o->level < 100))
		st = err_set(err, ST_INVALID, "--level is a percentage from 50 to below 100, "
			     "not '%.60s'", value);
	if (!st && str_eq(r->name, "draws") && o->draws < DRAWS_LEAST)
		st = err_set(err, ST_INVALID, "--draws is at least %d, not %s", DRAWS_LEAST,
			     value);
	return st;
}

static enum status store_import(struct opts *o, const struct option_row *r,
				const char *value, struct err *err)
{
	if (str_eq(r->name, "plan"))
		o->plan = value;
	else if (str_eq(r->name, "like"))
		o->like = value;
	else if (str_eq(r->name, "note"))
		o->note = value;
	else if (str_eq(r->name, "replace"))
		o->replace = true;
	else if (str_eq(value, "wrong"))
		o->missing = value;
	else
		return err_set(err, ST_INVALID, "--missing is 'wrong', not '%.60s'", value);
	return ST_OK;
}

static enum status add_text(const char **list, int *n, int most, const char *name,
			    const char *value, struct err *err)
{
	if (*n == most)
		return err_set(err, ST_INVALID, "more than %d --%s", most, name);
	list[(*n)++] = value;
	return ST_OK;
}

static enum status store_sweep(struct opts *o, const struct option_row *r,
			       const char *value, struct err *err)
{
	if (str_eq(r->name, "vary"))
		return add_text(o->vary, &o->n_vary, OPTS_VARY, r->name, value, err);
	if (str_eq(r->name, "jobs")) {
		enum status st = set_whole(r->name, value, JOBS_MOST, &o->jobs, err);

		return st || o->jobs ? st : err_set(err, ST_INVALID, "--jobs is at least 1");
	}
	if (str_eq(r->name, "seeds"))
		o->seeds = value;
	else if (str_eq(r->name, "splits"))
		o->splits = value;
	else if (str_eq(r->name, "plot"))
		o->plot = value;
	else if (str_eq(r->name, "gather"))
		o->gather = true;
	else if (str_eq(r->name, "commands"))
		o->commands = true;
	else if (str_eq(r->name, "slurm"))
		o->slurm = true;
	else
		o->markdown = true;
	return ST_OK;
}

static enum status store_value(struct opts *o, const struct option_row *r,
			       const char *value, struct err *err)
{
	switch (r->bit) {
	case OPT_RUN: o->run = value; break;
	case OPT_RUNS:
		o->runs = o->runs ? o->runs : value;
		return add_text(o->root, &o->n_roots, OPTS_ROOTS, r->name, value, err);
	case OPT_SWEEP: return store_sweep(o, r, value, err);
	case OPT_SCRIPT: o->script = value; break;
	case OPT_TASK: o->task = value; break;
	case OPT_DATA: o->data = value; break;
	case OPT_STEPS: return set_whole(r->name, value, INT64_MAX, &o->steps, err);
	case OPT_SEED: return set_whole(r->name, value, INT64_MAX, &o->seed, err);
	case OPT_STEP: return set_whole(r->name, value, INT64_MAX, &o->step, err);
	case OPT_WORKERS: return set_whole(r->name, value, WORKERS_MOST, &o->workers, err);
	case OPT_SPEED:
		if (!parse_double(value, &o->speed) || !(o->speed > 0))
			return err_set(err, ST_INVALID,
				       "--speed wants a number over 0, not '%.60s'", value);
		break;
	case OPT_VIEW: o->view = true; break;
	case OPT_JSON: o->json = true; break;
	case OPT_SCREEN: return store_look(o, r, value, err);
	case OPT_IMPORT: return store_import(o, r, value, err);
	case OPT_SCORE: store_score(o, r, value); break;
	case OPT_COMPARE: return store_compare(o, r, value, err);
	case OPT_OUT: o->out = value; break;
	case OPT_FORCE: o->force = true; break;
	case OPT_YES: o->yes = true; break;
	case OPT_TOP:
		if (!parse_i64(value, &o->top) || o->top < 1)
			return err_set(err, ST_INVALID, "--top wants a number of labels "
				       "from 1, not '%.60s'", value);
		break;
	case OPT_NAMES: o->names = true; break;
	case OPT_EXTEND: o->extend = true; break;
	case OPT_TABLE: o->table = value; break;
	case OPT_CSV: o->csv = true; break;
	case OPT_SET: return add_set(o, value, err);
	default: BUG("option without a place");
	}
	return ST_OK;
}

static bool is_repeatable(const struct subcommand *c, const struct option_row *r)
{
	return r->bit == OPT_SET || (r->bit == OPT_RUNS && (c->uses & OPT_SWEEP)) ||
	       (r->bit == OPT_SWEEP && str_eq(r->name, "vary"));
}

/* One value an option, and none that is empty; the same flag again is nothing new. */
static enum status take_value(const struct subcommand *c, struct opts *o,
			      const struct option_row *r, const char *value,
			      struct err *err)
{
	uint64_t bit = UINT64_C(1) << (r - option_table);

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
	if (o->extend && o->steps < 0)
		return err_set(err, ST_INVALID, "--extend wants --steps: to where?");
	return o->n_args < c->min_args ? usage_too_few(c, o->n_args, err) : ST_OK;
}
