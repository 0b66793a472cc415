/*
 * main.c - tutti: finds the sub-command and runs it.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "tensor/blas.h"

static void print_options(unsigned uses)
{
	for (int i = 0; i < option_count; i++) {
		const struct option_row *r = &option_table[i];
		char name[40];

		if (!(uses & r->bit))
			continue;
		str_format(name, sizeof name, "--%s%s%s", r->name, r->arg ? " " : "",
			   r->arg ? r->arg : "");
		printf("  %-18s %s\n", name, r->help);
	}
}

static int help(const struct subcommand *c)
{
	if (c) {
		printf("%s\n  %s\n\n", c->usage, c->help);
		print_options(c->uses);
		return EXIT_WELL;
	}
	puts("Tutti trains one text model on several tasks, steered by hand while it learns.\n");
	for (int i = 0; i < subcommand_count; i++)
		if (subcommand_table[i].help)
			printf("  %-50s %s\n", subcommand_table[i].usage,
			       subcommand_table[i].help);
	puts("\n'tutti SUBCOMMAND --help' names the options; tutti(1) is the manual.");
	return EXIT_WELL;
}

static const struct subcommand *find_subcommand(const char *name)
{
	for (int i = 1; i < subcommand_count; i++)
		if (str_eq(subcommand_table[i].name, name))
			return &subcommand_table[i];
	return NULL;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && !str_eq(argv[i], "--"); i++)
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const struct subcommand *c;
	struct opts o;
	struct err err;
	int skip;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return help(NULL), EXIT_USAGE;
	if (str_eq(argv[1], "--version")) {
		blas_init();
		printf("tutti %s (%s)\n", TUTTI_VERSION, blas_name());
		return EXIT_WELL;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") ||
	    (str_eq(argv[1], "help") && argc < 3))
		return help(NULL);
	c = find_subcommand(argv[1]);
	skip = c ? 2 : 1;
	if (!c)
		c = &subcommand_table[0];
	if (wants_help(argc - skip, argv + skip))
		return help(c);
	if (opts_parse(c, argc - skip, argv + skip, &o, &err)) {
		cmd_fail(ST_INVALID, &err);
		fprintf(stderr, "usage: %s (--help says more)\n", c->usage);
		return EXIT_USAGE;
	}
	blas_init();
	return c->run(&o);
}
