/*
 * cmd_help.c - help for all sub-commands or for one, and the answer to a first word
 * that is nothing we know.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "look/figures.h"
#include "metric/metric.h"
#include "rundir/rundir.h"
#include "command/command.h"
#include "base/suggest.h"
#include "usage.h"

enum { HELP_AT = 21, HELP_WIDE = 79 };

/* Words of `text` from column HELP_AT on, in as many lines as they take. */
static void print_wrapped(const char *text)
{
	size_t at = HELP_AT;

	for (size_t n; *text; text += n + (text[n] == ' ')) {
		n = strcspn(text, " ");
		if (at > HELP_AT && at + 1 + n > HELP_WIDE) {
			printf("\n%*s", HELP_AT, "");
			at = HELP_AT;
		}
		at += (size_t)printf("%s%.*s", at > HELP_AT ? " " : "", (int)n, text);
	}
	putchar('\n');
}

static void print_item(const char *name, const char *help)
{
	if (strlen(name) > HELP_AT - 3)
		printf("  %s\n%*s", name, HELP_AT, "");
	else
		printf("  %-*s ", HELP_AT - 3, name);
	print_wrapped(help);
}

/* --- what a word of the usage, or an option's value, can be --- */

/* Files of answers, which `score` is given as its METRIC says, have no losses. */
static void list_metrics(const struct subcommand *c)
{
	bool of_files = strstr(c->usage, "METRIC");

	if (of_files)
		print_item("rouge", "all four of rouge1, rouge2, rougeL, rougeLsum");
	for (int i = 0; i < METRICS; i++)
		if (!of_files || metric_is_of_files(&metric_table[i]))
			print_item(metric_table[i].name, metric_table[i].help);
}

static void list_systems(const struct subcommand *c)
{
	(void)c;
	print_item("seeds", "runs are seeds of one system where their plans are equal but for "
		   "seed, split and notes, their data, too, and the same commands were given");
	print_item("splits", "of a sweep with --splits are compared one by one, and put together "
		   "by Student's t over them");
	print_item("imported", "predictions say nothing of what made them: they are of one system "
		   "where also their runs' names are equal but for -sN or -seedN");
}

static void list_commands(const struct subcommand *c)
{
	(void)c;
	for (int i = 0; i < command_count; i++)
		print_item(command_table[i]->usage, command_table[i]->help);
}

static void list_tables(const struct subcommand *c)
{
	(void)c;
	for (int i = 0; i < figures_count; i++)
		print_item(figures_list[i].name, figures_list[i].help);
}

static const struct {
	const char *word;
	void (*list)(const struct subcommand *c);
} glossary[] = {
	{ "SYSTEM", list_systems },
	{ "METRIC", list_metrics },
	{ "COMMAND", list_commands },
	{ "TABLE", list_tables },
};

static bool is_in_help(const struct subcommand *c, const char *word)
{
	for (int i = 0; i < option_count; i++)
		if ((c->uses & option_table[i].bit) && option_table[i].arg &&
		    str_eq(option_table[i].arg, word))
			return true;
	return strstr(c->usage, word);
}

/* --- help --- */

static void print_options(unsigned uses)
{
	for (int i = 0; i < option_count; i++) {
		const struct option_row *r = &option_table[i];
		char name[40];

		if (!(uses & r->bit))
			continue;
		str_format(name, sizeof name, "--%s%s%s", r->name, r->arg ? " " : "",
			   r->arg ? r->arg : "");
		print_item(name, r->help);
	}
}

static void print_examples(const struct subcommand *c)
{
	int n = 0;

	for (int i = 0; i < example_count; i++)
		if (str_eq(example_table[i].subcommand, c->name))
			printf("%s  %s\n", n++ ? "" : "\nfor example\n",
			       example_table[i].line);
}

int cmd_help(const struct subcommand *c)
{
	printf("%s\n  %s\n", c->usage, c->help);
	if (c->uses)
		printf("\noptions\n");
	print_options(c->uses);
	for (size_t i = 0; i < sizeof glossary / sizeof *glossary; i++)
		if (is_in_help(c, glossary[i].word)) {
			printf("\n%s\n", glossary[i].word);
			glossary[i].list(c);
		}
	print_examples(c);
	return EXIT_WELL;
}

int cmd_help_all(void)
{
	puts("Tutti trains one text model on several tasks, steered by hand while it "
	     "learns.\n");
	for (int i = 0; i < subcommand_count; i++)
		if (subcommand_table[i].help)
			printf("  %-50s %s\n", subcommand_table[i].usage,
			       subcommand_table[i].help);
	puts("\n'tutti SUBCOMMAND --help' has the options and an example; tutti(1) is "
	     "the manual.");
	return EXIT_WELL;
}

/* --- a first word that is nothing we know --- */

/* The first word that is no option, whatever its sub-command; the runs' folder. */
static const char *first_word(int argc, char **argv, struct opts *o)
{
	static const struct subcommand any = { .name = "", .usage = "tutti",
					       .uses = ~0u, .max_args = OPTS_ARGS };

	opts_parse(&any, argc, argv, o, NULL);
	return o->n_args ? o->arg[0] : NULL;
}

static const char *near_subcommand(const char *word)
{
	struct suggestion s = { 0 };

	for (int i = 1; i < subcommand_count; i++)
		if (subcommand_table[i].help)
			suggest(&s, word, subcommand_table[i].name);
	return s.word;
}

#define NOTHING                                                                \
	"no sub-command '%.60s' (%s%s%s), no plan file and no run of that name in '%s'"

bool cmd_is_unknown(int argc, char **argv, struct err *err)
{
	char root[PATH_MAX], path[PATH_MAX];
	struct opts o;
	const char *word = first_word(argc, argv, &o), *near;

	if (!word || cmd_is_plan(word) || !cmd_find_run(&o, word, path, NULL))
		return false;
	near = near_subcommand(word);
	if (rundir_root(o.runs, root, NULL))
		str_copy(root, sizeof root, "the folder of runs");
	if (subcommand_find(word))
		err_set(err, ST_INVALID, "'%s' comes first, before its options", word);
	else if (near)
		err_set(err, ST_INVALID, NOTHING, word, "did you mean '", near, "'?", root);
	else
		err_set(err, ST_INVALID, NOTHING, word, "", "'tutti --help' lists them",
			"", root);
	return true;
}
