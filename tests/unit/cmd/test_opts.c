/*
 * test_opts.c - command lines by a table: what is taken, and what is said of those
 * that are not; what a word that is not known was meant to be.
 */
#include "fixture/data_check.h"

#include "cmd/opts.h"
#include "base/suggest.h"
#include "cmd/usage.h"

enum { WORDS = 12 };

/* Cut at blanks; '' is a word of its own, empty. */
static int cut(char *line, char **argv)
{
	char *rest = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		assert_true(n < WORDS);
		argv[n++] = str_eq(w, "''") ? w + 2 : w;
	}
	return n;
}

/* `line` without the program: "train p.json --json". */
static enum status parse(const char *line, char text[400], struct opts *o,
			 struct err *err)
{
	char *argv[WORDS];
	const struct subcommand *c;
	int n, skip;

	assert_true(str_copy(text, 400, line));
	n = cut(text, argv);
	c = n ? subcommand_find(argv[0]) : NULL;
	skip = c ? 1 : 0;
	return opts_parse(c ? c : &subcommand_table[0], n - skip, argv + skip, o, err);
}

static const struct {
	const char *line, *message;
} refused[] = {
	/* a word too many, a word too few */
	{ "train p.json x", "'train' takes one PLAN: 'x' is one word too many" },
	{ "train p.json -- --x", "'train' takes one PLAN: '--x' is one word too many" },
	{ "p.json x y", "'tutti' takes one PLAN|RUN: 'x' is one word too many" },
	{ "ls --json x", "'ls' takes no words: 'x' is one word too many" },
	{ "curves a b", "'curves' takes one RUN: 'b' is one word too many" },
	{ "predict r --task t f g",
	  "'predict' takes RUN [FILE|-]: 'g' is one word too many" },
	{ "score f1 a b c", "'score' takes METRIC[,METRIC] REFERENCES PREDICTIONS: "
	  "'c' is one word too many" },
	{ "train", "'train' takes one PLAN: PLAN is missing" },
	{ "train --json", "'train' takes one PLAN: PLAN is missing" },
	{ "--ascii", "'tutti' takes one PLAN|RUN: PLAN|RUN is missing" },
	{ "predict", "'predict' takes RUN [FILE|-]: RUN is missing" },
	{ "rm", "'rm' takes RUN...: RUN is missing" },
	{ "send r", "'send' takes RUN COMMAND: COMMAND is missing" },
	{ "score f1 a", "'score' takes METRIC[,METRIC] REFERENCES PREDICTIONS: "
	  "PREDICTIONS is missing" },
	{ "score", "'score' takes METRIC[,METRIC] REFERENCES PREDICTIONS: METRIC, "
	  "REFERENCES, PREDICTIONS are missing" },
	{ "tokenize", "'tokenize' takes FOLDER|VOCAB|RUN [FILE|-]: FOLDER|VOCAB|RUN is "
	  "missing" },
	{ "completion", "'completion' takes one bash|zsh: bash|zsh is missing" },
	/* options that are none */
	{ "train p.json --stpes 3", "no option '--stpes' in 'tutti train': "
	  "did you mean '--steps'?" },
	{ "train p.json --stpes=3", "no option '--stpes' in 'tutti train': "
	  "did you mean '--steps'?" },
	{ "train p.json --worker 3", "no option '--worker' in 'tutti train': "
	  "did you mean '--workers'?" },
	{ "p.json --asci", "no option '--asci' in 'tutti': did you mean '--ascii'?" },
	{ "ls --steps 3", "no option '--steps' in 'tutti ls'" },
	{ "ls --frobnicate", "no option '--frobnicate' in 'tutti ls'" },
	{ "ls -x", "no option '-x' in 'tutti ls'" },
	{ "rm a -fx", "no option '-fx' in 'tutti rm'" },
	/* values */
	{ "train p.json --steps", "--steps wants a value: N" },
	{ "train p.json --steps --json", "--steps wants a value: N" },
	{ "train p.json --run --json", "--run wants a value: NAME" },
	{ "train p.json --run=", "--run wants a value: NAME" },
	{ "train p.json --run ''", "--run wants a value: NAME" },
	{ "new f.csv -o", "--out wants a value: FILE" },
	{ "new f.csv -o --force", "--out wants a value: FILE" },
	{ "ls --json=1", "--json takes no value" },
	{ "train p.json --steps many", "--steps wants a whole number, not 'many'" },
	{ "train p.json --steps -5", "--steps wants a whole number, not '-5'" },
	{ "train p.json --steps 1e3", "--steps wants a whole number, not '1e3'" },
	{ "train p.json --steps 3.0", "--steps wants a whole number, not '3.0'" },
	{ "train p.json --seed 99999999999999999999",
	  "--seed wants a whole number, not '99999999999999999999'" },
	{ "eval r --workers 4294967297", "--workers is at most 1024, not 4294967297" },
	{ "play r --speed 0", "--speed wants a number over 0, not '0'" },
	{ "predict r --top 0", "--top is at least 1, not 0" },
	{ "predict r --top all", "--top wants a whole number, not 'all'" },
	{ "new f.csv --yes=1", "--yes takes no value" },
	{ "play r --speed fast", "--speed wants a number over 0, not 'fast'" },
	{ "p.json --color red", "--color is auto, always or never, not 'red'" },
	{ "train p.json --set seed", "--set wants KEY=VALUE, not 'seed'" },
	{ "train p.json --set =3", "--set wants KEY=VALUE, not '=3'" },
	/* twice */
	{ "train p.json --steps 3 --steps 4", "--steps is there twice, again with '4'" },
	{ "train p.json --steps 3 --steps=3", "--steps is there twice, again with '3'" },
	{ "new f.csv -o a --out b", "--out is there twice, again with 'b'" },
	{ "train p.json --set seed=1 --set seed=2",
	  "--set seed is there twice: '1' and '2'" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct err err = { "" };
		struct opts o;
		char text[400];

		if (parse(refused[i].line, text, &o, &err) != ST_INVALID)
			fail_msg("taken: %s", refused[i].line);
		assert_string_equal(err.text, refused[i].message);
	}
}

static void test_taken(void **state)
{
	struct err err = { "" };
	struct opts o;
	char text[400];

	(void)state;
	assert_int_equal(parse("train --steps 3 p.json --json --json --seed=4 --set a=1 "
			       "--set ab=2", text, &o, &err), ST_OK);
	assert_int_equal(o.steps, 3);
	assert_int_equal(o.seed, 4);
	assert_int_equal(o.workers, -1);
	assert_true(o.json && !o.csv);
	assert_int_equal(o.n_sets, 2);
	assert_int_equal(o.n_args, 1);
	assert_string_equal(o.arg[0], "p.json");

	assert_int_equal(parse("send r -- note --json -x", text, &o, &err), ST_OK);
	assert_int_equal(o.n_args, 4);
	assert_string_equal(o.arg[2], "--json");
	assert_string_equal(o.arg[3], "-x");
	assert_int_equal(parse("predict r - --task=--x", text, &o, &err), ST_OK);
	assert_string_equal(o.arg[1], "-");
	assert_string_equal(o.task, "--x");
	assert_int_equal(parse("new f.csv -o- -f", text, &o, &err), ST_OK);
	assert_string_equal(o.out, "-");
	assert_true(o.force);
	assert_int_equal(parse("curves r --csv --table evals", text, &o, &err), ST_OK);
	assert_true(o.csv && !o.json);
	assert_string_equal(o.table, "evals");
}

/* Each option of the table has a place, and takes or refuses a value as it says. */
static void test_every_option(void **state)
{
	const struct subcommand all = { .name = "all", .usage = "tutti all", .uses = ~0u };

	(void)state;
	assert_true(option_count <= 64); /* a bit each in opts.given */
	for (int i = 0; i < option_count; i++) {
		const struct option_row *r = &option_table[i];
		char name[40], given[60];
		char *argv[] = { name, given };
		struct err err = { "" };
		struct opts o;

		str_format(name, sizeof name, "--%s", r->name);
		str_format(given, sizeof given, "--%s=", r->name);
		if (opts_parse(&all, 1, argv, &o, &err) !=
		    (r->arg || r->bit == OPT_EXTEND ? ST_INVALID : ST_OK)) /* wants another */
			fail_msg("%s: %s", name, err.text);
		assert_int_equal(opts_parse(&all, 1, argv + 1, &o, &err), ST_INVALID);
		assert_non_null(strstr(err.text, r->arg ? "wants a value" :
							  "takes no value"));
		assert_true(*r->help);
	}
}

/* A usage line names as many words as the sub-command wants at least. */
static void test_usages(void **state)
{
	(void)state;
	for (int i = 0; i < subcommand_count; i++) {
		const struct subcommand *c = &subcommand_table[i];
		char word[80];
		int n = 0;

		while (usage_argument(c, n, word, sizeof word))
			n++;
		assert_true(n >= c->min_args);
		assert_true(c->max_args == OPTS_ARGS || n == c->max_args);
	}
}

static const char *meant(const char *word)
{
	struct suggestion s = { 0 };

	for (int i = 1; i < subcommand_count; i++)
		suggest(&s, word, subcommand_table[i].name);
	return s.word ? s.word : "";
}

static void test_suggestions(void **state)
{
	static const char *const slips[][2] = {
		{ "trian", "train" },   { "trai", "train" },     { "traim", "train" },
		{ "resum", "resume" },  { "evla", "eval" },      { "scroe", "score" },
		{ "sl", "ls" },         { "mr", "rm" },          { "tok", "tokenize" },
		{ "comp", "compare" },   { "compl", "completion" }, { "predcit", "predict" },
		{ "curve", "curves" },
		{ "repaly", "replay" }, { "Train", "train" },    { "foo", "fork" },
		{ "xyzzy", "" },
		{ "x", "" },            { "", "" },              { "demo-1", "" },
		{ "first", "" },        { "frobnicate", "" },
		{ "a-word-of-more-than-thirty-two-letters", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
		assert_string_equal(meant(slips[i][0]), slips[i][1]);
}

static void test_distances(void **state)
{
	char longest[34];

	(void)state;
	assert_int_equal(word_distance("", ""), 0);
	assert_int_equal(word_distance("", "abc"), 3);
	assert_int_equal(word_distance("abc", "abc"), 0);
	assert_int_equal(word_distance("abc", "acb"), 1);
	assert_int_equal(word_distance("ca", "abc"), 3); /* no letter moves twice */
	assert_int_equal(word_distance("kitten", "sitting"), 3);
	assert_int_equal(word_distance("sitting", "kitten"), 3);
	memset(longest, 'a', 33);
	longest[33] = '\0';
	assert_true(word_distance(longest, "a") > 100);
	assert_int_equal(word_distance(longest, longest), 0);
	longest[32] = '\0';
	assert_int_equal(word_distance(longest, "a"), 31);
}

/* Each sub-command for people has an example, and each example a sub-command. */
static void test_examples(void **state)
{
	(void)state;
	for (int i = 0; i < example_count; i++)
		assert_true(!*example_table[i].subcommand ||
			    subcommand_find(example_table[i].subcommand));
	for (int i = 0; i < subcommand_count; i++) {
		bool has = !subcommand_table[i].help;

		for (int k = 0; k < example_count; k++)
			has |= str_eq(example_table[k].subcommand, subcommand_table[i].name);
		if (!has)
			fail_msg("no example of '%s'", subcommand_table[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_taken),
		cmocka_unit_test(test_every_option), cmocka_unit_test(test_usages),
		cmocka_unit_test(test_suggestions), cmocka_unit_test(test_distances),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
