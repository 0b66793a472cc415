/*
 * tables.c - prints what the program's tables say, as mdoc: the commands, the
 * keys, the sub-commands and options, the plan's fields. `make man` puts it
 * into the pages; `make check` fails when a page is stale.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ui/keys.h"
#include "view/view_table.h"
#include "view/desk_command.h"
#include "guard/guard.h"
#include "metric/metric.h"
#include "mix/around.h"
#include "mix/mix.h"
#include "cmd/opts.h"
#include "look/figures.h"
#include "plan/plan.h"
#include "command/command.h"
#include "cmd/usage.h"

/* Text with what roff would take for itself made plain. */
static void put(const char *s)
{
	const char *begin = s;

	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == ' ' && s > begin && s[-1] == '.') /* a sentence, a line */
			putchar('\n');
		else if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
}

static void item(const char *head)
{
	printf(".It Li \"");
	for (; *head; head++)
		if (*head == '"')
			fputs("\"\"", stdout);
		else if (*head == '\\')
			fputs("\\e", stdout);
		else if (ispunct((unsigned char)*head)) /* no delimiter to mdoc */
			printf("\\&%c", *head);
		else
			putchar(*head);
	printf("\"\n");
}

/* The words of a macro's line: none is taken for a macro or a delimiter. */
static void put_words(const char *s)
{
	fputs("\"", stdout);
	for (; *s; s++)
		if (*s == '\\' || *s == '-')
			fputs(*s == '-' ? "\\-" : "\\e", stdout);
		else if (*s == '\'')
			fputs("\\(aq", stdout);
		else if (*s == '"')
			fputs("\"\"", stdout);
		else
			putchar(*s);
	puts("\"");
}

/* A sentence or more on lines of their own. */
static void line(const char *text)
{
	size_t n = strlen(text);

	put(text);
	fputs(n && text[n - 1] != '.' ? ".\n" : "\n", stdout);
}

static void commands(void)
{
	for (int i = 0; i < command_count; i++) {
		item(command_table[i]->usage);
		line(command_table[i]->help);
		if (command_table[i]->more && *command_table[i]->more)
			line(command_table[i]->more);
		if (command_table[i]->example) {
			fputs("For example:\n.Ql ", stdout);
			put(command_table[i]->example);
			putchar('\n');
		}
	}
}

/* Commands of the desk's prompt that no run ever sees. */
static void local_commands(void)
{
	for (int i = 0; i < desk_command_count; i++) {
		if (command_find(desk_command_table[i].name))
			continue;
		item(desk_command_table[i].usage);
		line(desk_command_table[i].help);
		if (*desk_command_table[i].more)
			line(desk_command_table[i].more);
	}
}

static void plan(void)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++) {
		item(f[i].path);
		printf("(");
		if (f[i].choices)
			put(f[i].choices);
		else
			put(f[i].type == PLAN_INT  ? "whole number" :
			    f[i].type == PLAN_NUM  ? "number" :
			    f[i].type == PLAN_BOOL ? "true or false" :
			    f[i].type == PLAN_LIST ? "list" :
			    f[i].type == PLAN_PATH ? "path" :
						     "text");
		if (f[i].type == PLAN_INT || f[i].type == PLAN_NUM)
			printf(", %.10g to %.10g", f[i].min, f[i].max);
		printf("; %s", f[i].fallback ? "else " : "required");
		if (f[i].fallback)
			put(f[i].fallback);
		printf(")\n");
		line(f[i].help);
	}
}

static void methods(enum method_role role)
{
	const struct method *row;
	char text[200];

	for (int i = 0; (row = method_at(role, i)); i++) {
		item(row->name);
		line(row->help);
		line(row->source);
		for (int k = 0; k < MIX_PARAMS && row->param[k].name; k++) {
			const struct mix_param *p = &row->param[k];

			if (around_has(row) && k >= method_param(row, "every"))
				break; /* said once, below the list */
			str_format(text, sizeof text, "%s: %s, %.10g to %.10g, else %.10g",
				   p->name, p->help, p->min, p->max, p->fallback);
			line(text);
		}
		if (around_has(row))
			line("every, ema, scope");
	}
}

static void samplings(void)
{
	methods(METHOD_SAMPLING);
}

static void weightings(void)
{
	methods(METHOD_WEIGHTING);
}

static void guards(void)
{
	char text[240];

	for (int i = 0; guard_at(i); i++) {
		const struct guard_row *g = guard_at(i);

		item(g->name);
		line(g->help);
		str_format(text, sizeof text, "It says: %s. Where it may act: %s.", g->sign,
			   g->acts);
		line(text);
		str_format(text, sizeof text, "What usually helps: %s.", g->helps);
		line(text);
		line(g->source);
		str_format(text, sizeof text, "Unless it is set: %s.",
			   guard_mode_name(g->fallback));
		line(text);
		for (int k = 0; k < GUARD_PARAMS && g->param[k].name; k++) {
			const struct guard_param *p = &g->param[k];

			str_format(text, sizeof text, "%s: %s, %.10g to %.10g, else %.10g",
				   p->name, p->help, p->min, p->max, p->fallback);
			line(text);
		}
	}
}

static void tables(void)
{
	for (int i = 0; i < figures_count; i++) {
		item(figures_list[i].name);
		line(figures_list[i].help);
	}
}

static void metrics(void)
{
	for (int i = 0; i < METRICS; i++) {
		item(metric_table[i].name);
		line(metric_table[i].help);
	}
}

/* Where a key holds: nothing for everywhere, else the views' names. */
static void put_views(unsigned on)
{
	int n = 0;

	if ((on & ON_ALL) == ON_ALL)
		return;
	for (int v = 0; v < VIEWS; v++)
		if (on & (1u << v))
			printf("%s%s", n++ ? ", " : "(", view_table[v]->name);
	if (n)
		printf(") ");
}

static void keys(void)
{
	for (int i = 0; i < key_count; i++) {
		if (!key_table[i].label)
			continue;
		item(key_table[i].label);
		put_views(key_table[i].on);
		line(key_table[i].help);
	}
}

static void examples(const char *subcommand)
{
	for (int i = 0; i < example_count; i++)
		if (str_eq(example_table[i].subcommand, subcommand)) {
			fputs(".Dl ", stdout);
			put_words(example_table[i].line);
		}
}

static void subcommands(void)
{
	for (int i = 0; i < subcommand_count; i++) {
		const struct subcommand *c = &subcommand_table[i];

		if (!c->help)
			continue;
		item(c->usage);
		line(c->help);
		for (int k = 0, n = 0; k < option_count; k++)
			if (c->uses & option_table[k].bit)
				printf("%s\n.Fl \\-%s", n++ ? " ," : "Options:",
				       option_table[k].name);
		if (c->uses)
			putchar('\n');
		examples(c->name);
	}
}

static void options(void)
{
	for (int i = 0; i < option_count; i++) {
		char head[64];

		str_format(head, sizeof head, "--%s %s", option_table[i].name,
			   option_table[i].arg ? option_table[i].arg : "");
		item(head);
		line(option_table[i].help);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} parts[] = { { "commands", commands }, { "local", local_commands },
		      { "plan", plan },
		      { "sampling", samplings },    { "weighting", weightings },
		      { "guards", guards },
		      { "tables", tables },
		      { "metrics", metrics },       { "keys", keys },
		      { "subcommands", subcommands }, { "options", options } };

	for (size_t i = 0; argc == 2 && i < sizeof parts / sizeof *parts; i++)
		if (str_eq(argv[1], parts[i].name))
			return parts[i].print(), 0;
	fprintf(stderr, "usage: tables PART\n");
	return 2;
}
