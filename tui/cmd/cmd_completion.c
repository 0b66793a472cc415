/*
 * cmd_completion.c - `tutti completion`: the script for bash or zsh. What can be
 * completed comes from the tables when it is printed: sub-commands, options,
 * plan fields, commands, metrics; runs are asked for with `tutti ls --names`.
 *
 * Both scripts hold the same table, a shell function; what an argument is says
 * its word in the usage: RUN, PLAN, FILE, DIR, FOLDER, or small letters for themselves.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "look/figures.h"
#include "metric/metric.h"
#include "plan/plan.h"
#include "command/command.h"
#include "usage.h"

/* Within '...' of a shell. */
static void put_quoted(const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
}

/* "--run --runs -o --out": as the sub-command takes them. */
static void put_options(unsigned uses)
{
	for (int i = 0; i < option_count; i++) {
		if (!(uses & option_table[i].bit))
			continue;
		printf("--%s ", option_table[i].name);
		if (option_letter(option_table[i].bit))
			printf("-%c ", option_letter(option_table[i].bit));
	}
	fputs("--help", stdout);
}

/* What it takes, without brackets: METRIC of METRIC[,METRIC]. */
static void put_arguments(const struct subcommand *c)
{
	char word[80];

	for (int i = 0; usage_argument(c, i, word, sizeof word); i++) {
		if (i)
			putchar(' ');
		for (const char *p = word; *p; p++)
			if (!strchr("[],", *p))
				putchar(*p);
			else if (*p == '[' && p > word)
				break;
	}
}

static void put_table(void)
{
	puts("_tutti_table() { # sub-command: sets opts and args\n\tcase $1 in");
	for (int i = 0; i < subcommand_count; i++) {
		const struct subcommand *c = &subcommand_table[i];

		if (!c->help)
			continue;
		printf("\t'%s') opts='", c->name);
		put_options(c->uses);
		fputs("' args='", stdout);
		put_arguments(c);
		puts("' ;;");
	}
	puts("\tesac\n}\n_tutti_value() { # option: sets kind to what it takes, or to nothing\n"
	     "\tkind=\n\tcase $1 in");
	for (int i = 0; i < option_count; i++)
		if (option_table[i].arg) {
			printf("\t--%s", option_table[i].name);
			if (option_letter(option_table[i].bit))
				printf("|-%c", option_letter(option_table[i].bit));
			printf(") kind='%s' ;;\n", option_table[i].arg);
		}
	puts("\tesac\n}");
}

static void put_lists(void)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	fputs("_tutti_subcommands='", stdout);
	for (int i = 1; i < subcommand_count; i++)
		if (subcommand_table[i].help)
			printf("%s%s", i > 1 ? " " : "", subcommand_table[i].name);
	fputs("'\n_tutti_commands='", stdout);
	for (int i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", command_table[i]->name);
	fputs("'\n_tutti_metrics='rouge", stdout);
	for (int i = 0; i < METRICS; i++)
		if (metric_is_of_files(&metric_table[i]))
			printf(" %s", metric_table[i].name);
	fputs("'\n_tutti_tables='", stdout);
	for (int i = 0; i < figures_count; i++)
		printf("%s%s", i ? " " : "", figures_list[i].name);
	fputs("'\n_tutti_fields='", stdout);
	for (int i = 0; i < n; i++)
		if (!strchr(f[i].path, '*'))
			printf("%s%s=", i ? " " : "", f[i].path);
	puts("'");
}

/*
 * Finds the word's kind from the words before it, w[1] to w[at - 1]; bash and
 * zsh differ in how arrays count, so each copies its words to w[0]...
 */
static const char find_kind[] =
	"_tutti_kind() { # at WORD...: sets kind, opts, runs\n"
	"\tlocal at=$1 i=0 sub= n=0 known=0 word part\n"
	"\tshift\n"
	"\tkind= runs= opts= args= sub_known=0\n"
	"\tfor word in \"$@\"; do\n"
	"\t\ti=$((i + 1))\n"
	"\t\t[ $i -lt $at ] || break\n"
	"\t\tcase $word in =) continue ;; esac\n"
	"\t\tif [ -n \"$kind\" ]; then\n"
	"\t\t\t[ \"$part\" = --runs ] && runs=$word\n"
	"\t\t\tkind=\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tcase $word in\n"
	"\t\t--runs=*) runs=${word#--runs=} ;;\n"
	"\t\t-*) part=$word; _tutti_value \"$word\" ;;\n"
	"\t\t*)\n"
	"\t\t\tcase \" $_tutti_subcommands \" in\n"
	"\t\t\t*\" $word \"*) [ $n = 0 ] && [ $known = 0 ] && sub=$word known=1 && continue ;;\n"
	"\t\t\tesac\n"
	"\t\t\tn=$((n + 1)) ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\t_tutti_table \"$sub\"\n"
	"\t[ -z \"$kind\" ] || return 0\n"
	"\tsub_known=$known\n"
	"\tfor part in $(printf '%s' \"$args\"); do\n"
	"\t\tcase $part in *...) kind=${part%...}; break ;; esac\n"
	"\t\tn=$((n - 1))\n"
	"\t\t[ $n -ge 0 ] || { kind=$part; break; }\n"
	"\tdone\n"
	"\t[ -n \"$kind\" ] || kind=-\n"
	"}\n"
	"_tutti_words() { # PROGRAM: the words there are for kind\n"
	"\tlocal part\n"
	"\tfor part in $(printf '%s' \"$kind\" | tr '|' ' '); do\n"
	"\t\tcase $part in\n"
	"\t\tRUN) \"$1\" ls --names ${runs:+--runs} ${runs:+\"$runs\"} 2>/dev/null ;;\n"
	"\t\tCOMMAND) printf '%s\\n' $(printf '%s' \"$_tutti_commands\") ;;\n"
	"\t\tMETRIC) printf '%s\\n' $(printf '%s' \"$_tutti_metrics\") ;;\n"
	"\t\tTABLE) printf '%s\\n' $(printf '%s' \"$_tutti_tables\") ;;\n"
	"\t\tKEY=VALUE) printf '%s\\n' $(printf '%s' \"$_tutti_fields\") ;;\n"
	"\t\tWHEN) printf '%s\\n' auto always never ;;\n"
	"\t\t-|*[A-Z]*) ;;\n"
	"\t\t*) printf '%s\\n' \"$part\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n";

static const char bash_part[] =
	"_tutti() {\n"
	"\tlocal IFS=$' \\t\\n' kind runs opts args sub_known list\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	"\tCOMPREPLY=()\n"
	"\t_tutti_kind \"$COMP_CWORD\" \"${COMP_WORDS[@]:1}\"\n"
	"\t[ \"$cur\" != = ] || cur=\n"
	"\tcase $cur in\n"
	"\t-*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")); return ;;\n"
	"\tesac\n"
	"\tlist=$(_tutti_words \"${COMP_WORDS[0]}\")\n"
	"\t[ \"$kind\" != 'PLAN|RUN' ] || list=\"$list $_tutti_subcommands\"\n"
	"\tcase $kind:$cur in\n"
	"\tMETRIC:*,*)\n"
	"\t\tCOMPREPLY=($(compgen -P \"${cur%,*},\" -W \"$list\" -- \"${cur##*,}\"))\n"
	"\t\treturn ;;\n"
	"\tesac\n"
	"\tCOMPREPLY=($(compgen -W \"$list\" -- \"$cur\"))\n"
	"\tcase $kind in\n"
	"\tKEY=VALUE) compopt -o nospace 2>/dev/null ;;\n"
	"\tDIR|FOLDER) compopt -o filenames 2>/dev/null\n"
	"\t\tIFS=$'\\n'; COMPREPLY+=($(compgen -d -- \"$cur\")) ;;\n"
	"\tPLAN*|*FILE*|*VOCAB*|REFERENCES|PREDICTIONS) compopt -o filenames 2>/dev/null\n"
	"\t\tIFS=$'\\n'; COMPREPLY+=($(compgen -f -- \"$cur\")) ;;\n"
	"\tesac\n"
	"}\n"
	"complete -F _tutti tutti\n";

static const char zsh_part[] =
	"_tutti() {\n"
	"\temulate -L zsh -o sh_word_split\n"
	"\tlocal kind runs opts args sub_known\n"
	"\t_tutti_kind $((CURRENT - 1)) \"${(@)words[2,-1]}\"\n"
	"\tcase $PREFIX in -*) compadd -- $opts; return ;; esac\n"
	"\tif [ \"$kind\" = 'PLAN|RUN' ]; then _describe -t commands sub-command _tutti_helps; fi\n"
	"\tcase $kind in\n"
	"\tKEY=VALUE) compadd -S '' -- $(_tutti_words \"$words[1]\") ;;\n"
	"\t*) compadd -- $(_tutti_words \"$words[1]\") ;;\n"
	"\tesac\n"
	"\tcase $kind in\n"
	"\tDIR|FOLDER) _files -/ ;;\n"
	"\tPLAN*|*FILE*|*VOCAB*|REFERENCES|PREDICTIONS) _files ;;\n"
	"\tesac\n"
	"}\n"
	"if [ \"${funcstack[1]}\" = _tutti ]; then _tutti \"$@\"; else compdef _tutti tutti; fi\n";

/* "name:help" for each sub-command. */
static void put_helps(void)
{
	puts("typeset -ga _tutti_helps\n_tutti_helps=(");
	for (int i = 1; i < subcommand_count; i++) {
		if (!subcommand_table[i].help)
			continue;
		printf("\t'%s:", subcommand_table[i].name);
		put_quoted(subcommand_table[i].help);
		puts("'");
	}
	puts(")");
}

int cmd_completion(const struct opts *o)
{
	bool zsh = str_eq(o->arg[0], "zsh");

	if (!zsh && !str_eq(o->arg[0], "bash")) {
		cmd_say("tutti: completion is for bash or zsh, not '%.40s'", o->arg[0]);
		return EXIT_USAGE;
	}
	if (zsh)
		puts("#compdef tutti");
	printf("# completion for %s, printed by 'tutti completion %s' (tutti %s)\n",
	       o->arg[0], o->arg[0], TUTTI_VERSION);
	put_lists();
	put_table();
	fputs(find_kind, stdout);
	if (zsh)
		put_helps();
	fputs(zsh ? zsh_part : bash_part, stdout);
	return EXIT_WELL;
}
