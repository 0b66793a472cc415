/*
 * main.c - tutti: finds the sub-command and runs it.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "tensor/blas.h"
#include "usage.h"

static bool is_help(const char *word)
{
	return str_eq(word, "--help") || str_eq(word, "-h");
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && !str_eq(argv[i], "--"); i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

static int print_version(void)
{
	const char *bf16 = blas_bf16_name();

	blas_init();
	printf("tutti %s (%s; bf16 by %s)\n", TUTTI_VERSION, blas_name(),
	       bf16 ? bf16 : "nothing");
	return EXIT_WELL;
}

/* The words behind the sub-command's name, or all: the desk's. */
static int run(const struct subcommand *c, int argc, char **argv)
{
	struct opts o;
	struct err err;

	if (c == &subcommand_table[0] && cmd_is_unknown(argc, argv, &err))
		return cmd_fail(ST_INVALID, &err), EXIT_USAGE;
	if (c->help && wants_help(argc, argv))
		return cmd_help(c);
	if (opts_parse(c, argc, argv, &o, &err)) {
		cmd_fail(ST_INVALID, &err);
		fprintf(stderr, "usage: %s (--help says more)\n", c->usage);
		return EXIT_USAGE;
	}
	blas_init();
	return c->run(&o);
}

int main(int argc, char **argv)
{
	const struct subcommand *c;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return cmd_help_all(), EXIT_USAGE;
	if (str_eq(argv[1], "--version"))
		return print_version();
	if (is_help(argv[1]) || (str_eq(argv[1], "help") && argc == 2))
		return cmd_help_all();
	if (str_eq(argv[1], "help")) { /* as 'tutti WORD --help' */
		argv[1] = argv[2];
		argv[2] = (char *)(uintptr_t)"--help";
	}
	c = subcommand_find(argv[1]);
	return c ? run(c, argc - 2, argv + 2) :
		   run(&subcommand_table[0], argc - 1, argv + 1);
}
