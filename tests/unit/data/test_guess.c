/*
 * test_guess.c - unknown files: what they are taken for. Made-up files of every
 * kind, names of files, and the real sets where they are.
 */
#include "fixture/guessed.h"

#include "data/guess.h"
#include "model/model.h"
#include "plan/draft.h"

/* --- made-up rows --- */

static void assert_column(const struct guessed *m, int column, const char *want)
{
	char name[64];

	assert_true(column >= 0);
	guess_column(m->s, m->g.header, column, name, sizeof name);
	assert_string_equal(name, want);
}

static void test_classify_csv(void **state)
{
	static const char *const labels[] = { "good", "bad", "so, so" };
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "id,review,sentiment\n");
	for (unsigned i = 0; i < 300; i++) {
		buf_addf(&b, "%u,\"", i + 1);
		add_words(&b, i, 8 + i % 7);
		buf_addf(&b, ", and \"\"so\"\"\nit goes\",\"%s\"\n", labels[i % 3]);
	}
	m = guess_text("reviews.csv", &b);
	assert_int_equal(m.s->format, SOURCE_CSV);
	assert_int_equal(m.s->rows, 300);
	assert_int_equal(m.s->bad, 0);
	assert_true(m.s->is_whole && m.g.header && m.g.n > 0);
	assert_int_equal(m.g.option[0].kind, TASK_CLASSIFY);
	assert_column(&m, m.g.option[0].text, "review");
	assert_column(&m, m.g.option[0].target, "sentiment");
	assert_int_equal(m.g.option[0].pair, -1);
	assert_true(m.g.option[0].sure >= GUESS_UNSURE);
	assert_non_null(strstr(m.g.option[0].why, "3 values"));
	sample_free(m.s);
}

static void test_no_header(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < 200; i++) {
		buf_addf(&b, "%u\t", i % 2);
		add_words(&b, i, 9);
		buf_addc(&b, '\n');
	}
	m = guess_text("rows.tsv", &b);
	assert_false(m.g.header);
	assert_true(m.g.header_sure >= GUESS_UNSURE);
	assert_int_equal(m.g.option[0].kind, TASK_CLASSIFY);
	assert_column(&m, m.g.option[0].text, "1");
	assert_column(&m, m.g.option[0].target, "0");
	sample_free(m.s);
}

static void test_regress(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < 200; i++) {
		buf_adds(&b, "{\"comment\": \"");
		add_words(&b, i, 12);
		buf_addf(&b, "\", \"year\": %u, \"rating\": %g}\n", 1990 + i % 30,
			 (i * 7 % 41) / 8.0);
	}
	m = guess_text("ratings.jsonl", &b);
	assert_int_equal(m.g.option[0].kind, TASK_REGRESS);
	assert_column(&m, m.g.option[0].text, "comment");
	assert_column(&m, m.g.option[0].target, "rating");
	sample_free(m.s);
}

static void test_pairs(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "index\tquestion1\tquestion2\tis_duplicate\n");
	for (unsigned i = 0; i < 200; i++) {
		buf_addf(&b, "%u\t", i);
		add_words(&b, i, 7);
		buf_addc(&b, '\t');
		add_words(&b, i + 1000, 8);
		buf_addf(&b, "\t%u\n", i * 7 % 5 == 0);
	}
	m = guess_text("pairs.tsv", &b);
	assert_int_equal(m.g.option[0].kind, TASK_CLASSIFY);
	assert_column(&m, m.g.option[0].text, "question1");
	assert_column(&m, m.g.option[0].pair, "question2");
	assert_column(&m, m.g.option[0].target, "is_duplicate");
	sample_free(m.s);
}

static void test_summarize(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < 150; i++) {
		buf_adds(&b, "{\"id\": \"");
		buf_addf(&b, "x%u\", \"highlights\": \"", i);
		add_words(&b, i, 10);
		buf_adds(&b, "\", \"article\": \"");
		add_words(&b, i, 90);
		buf_adds(&b, "\"}\n");
	}
	m = guess_text("news.jsonl", &b);
	assert_int_equal(m.g.option[0].kind, TASK_SUMMARIZE);
	assert_column(&m, m.g.option[0].text, "article");
	assert_column(&m, m.g.option[0].target, "highlights");
	sample_free(m.s);
}

/* Names that say nothing: the lengths must do. */
static void test_summarize_unnamed(void **state)
{
	struct guessed m;
	struct buf b;

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < 150; i++) {
		add_words(&b, i, 80);
		buf_addc(&b, '\t');
		add_words(&b, i + 500, 9);
		buf_addc(&b, '\n');
	}
	m = guess_text("unnamed.txt", &b);
	assert_int_equal(m.s->format, SOURCE_TSV);
	assert_int_equal(m.g.option[0].kind, TASK_SUMMARIZE);
	assert_int_equal(m.g.option[0].text, 0);
	assert_int_equal(m.g.option[0].target, 1);
	sample_free(m.s);
}

/* Rows sorted by label: the first thousands have one. The rest is looked into. */
static void test_sorted_by_label(void **state)
{
	struct guessed m;
	struct buf b;
	enum { ROWS = 400000 };

	(void)state;
	buf_init(&b);
	for (unsigned i = 0; i < ROWS; i++) {
		buf_adds(&b, "{\"text\": \"");
		add_words(&b, i, 6);
		buf_addf(&b, "\", \"label\": \"l%u\"}\n", i / (ROWS / 4));
	}
	m = guess_text("sorted.jsonl", &b);
	assert_false(m.s->is_whole);
	assert_true(m.s->rows < 40000);
	assert_in_range((uint64_t)m.s->all_rows, ROWS * 97 / 100, ROWS * 103 / 100);
	assert_int_equal(m.g.option[0].kind, TASK_CLASSIFY);
	assert_int_equal(m.s->column[m.g.option[0].target].distinct, 4);
	sample_free(m.s);
}

/* --- names of files --- */

static void test_roles(void **state)
{
	static const struct {
		const char *path;
		enum guess_role role;
		const char *name, *key;
	} rows[] = {
		{ "build/demo/topics.train.jsonl", ROLE_TRAIN, "topics", "build/demo/topics" },
		{ "build/demo/topics.dev.jsonl", ROLE_DEV, "topics", "build/demo/topics" },
		{ "glue/SST-2/train.tsv", ROLE_TRAIN, "sst-2", "glue/SST-2/" },
		{ "glue/SST-2/dev.tsv", ROLE_DEV, "sst-2", "glue/SST-2/" },
		{ "x/train_reviews.csv", ROLE_TRAIN, "reviews", "x/reviews" },
		{ "x/reviews-valid.csv", ROLE_DEV, "reviews", "x/reviews" },
		{ "Reviews_TEST.csv", ROLE_TEST, "reviews", "Reviews" },
		{ "my data (2).csv", ROLE_NONE, "my-data-2", "my data (2)" },
		{ "training.csv", ROLE_TRAIN, "task", "" },
		{ "contest.csv", ROLE_NONE, "contest", "contest" },
		{ "d/train/part.jsonl", ROLE_TRAIN, "part", "d/part" },
		{ "d/dev/part.jsonl", ROLE_DEV, "part", "d/part" },
		{ "\xc3\xa4\xc3\xb6.csv", ROLE_NONE, "task", "\xc3\xa4\xc3\xb6" },
	};
	char name[GUESS_NAME];
	struct buf key;

	(void)state;
	buf_init(&key);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(guess_role(rows[i].path, name, &key), rows[i].role);
		assert_string_equal(name, rows[i].name);
		assert_string_equal(buf_str(&key), rows[i].key);
	}
	buf_release(&key);
}

/* --- sizes --- */

static void test_sizes(void **state)
{
	static const double rows[] = { 20, 600, 8000, 70000, 500000, 2e7 };
	static const double words[] = { 3, 40, 400 };

	(void)state;
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 6; k++) {
			struct draft_task t = { .kind = k % 2 ? TASK_SUMMARIZE : TASK_CLASSIFY,
						.rows = rows[i], .words = words[k / 2],
						.long_words = (int)(2 * words[k / 2]) };
			struct draft_sizes s;

			t.target_words = k % 2 ? 20 : 0;
			t.long_target = k % 2 ? 40 : 0;
			draft_sizes(&t, 1, &s);
			assert_int_equal(s.dim % s.heads, 0);
			assert_true(s.step_seconds > 0 && s.step_seconds <= 0.3);
			assert_true(s.steps >= 300 && (double)s.steps * s.step_seconds <= 1500);
			assert_true(s.tokens >= 128 && s.warmup > 0 && s.warmup < s.steps);
			assert_in_range(draft_max_source(&t), 16, 512);
			assert_in_range(draft_max_target(&t), 16, 128);
		}
}

/* What is drafted is a plan, whatever the names hold. */
static void test_draft_loads(void **state)
{
	struct draft_task t = { .name = "a", .kind = TASK_CLASSIFY, .format = SOURCE_CSV,
				.header = 1, .text = "say \"${it}\" \\ \xc3\xa4",
				.target = "$${label}", .rows = 500, .words = 9,
				.long_words = 30, .note = "a 'note' ${x}" };
	struct draft_sizes s;
	struct plan *p = NULL;
	struct err err = { "" };
	struct buf b;

	(void)state;
	put_text("${odd} \"name\".csv", "x\n");
	str_copy(t.train, sizeof t.train, "${odd} \"name\".csv");
	draft_sizes(&t, 1, &s);
	buf_init(&b);
	draft_write(&t, 1, &s, "head", &b);
	if (plan_parse(b.s, b.len, "draft", scratch, NULL, 0, &p, &err))
		fail_msg("%s", err.text);
	assert_string_equal(p->tasks[0].text, t.text);
	assert_string_equal(p->tasks[0].target, t.target);
	assert_string_equal(p->tasks[0].note, t.note);
	assert_true(p->tasks[0].dev_share > 0);
	plan_free(p);
	buf_release(&b);
}

/* Every kind with every decoder: a plan of it, with what these have a use for alone. */
static void test_kinds(void **state)
{
	static const char *const decoders[] = { "cross", "lstm", "prefix" };
	struct draft_task t = { .name = "a", .kind = TASK_SUMMARIZE, .format = SOURCE_CSV,
				.header = 1, .text = "x", .target = "y", .rows = 500,
				.words = 9, .long_words = 30, .note = "any" };
	struct draft_sizes s;

	(void)state;
	put_text("any.csv", "x,y\n");
	str_copy(t.train, sizeof t.train, "any.csv");
	for (int i = 0; i < 9; i++) {
		const char *kind = model_kind_name(i / 3), *decoder = decoders[i % 3];
		struct plan *p = NULL;
		struct err err = { "" };
		struct buf b;

		draft_sizes(&t, 1, &s);
		s.kind = kind;
		s.decoder = decoder;
		buf_init(&b);
		draft_write(&t, 1, &s, "head", &b);
		if (plan_parse(b.s, b.len, "draft", scratch, NULL, 0, &p, &err))
			fail_msg("%s", err.text);
		assert_string_equal(p->model.kind, kind);
		assert_true(!strstr(b.s, "\"heads\"") == !model_uses(kind, decoder, "heads"));
		assert_true(!strstr(b.s, "\"decoder_layers\"") ==
			    !model_uses(kind, decoder, "decoder_layers"));
		plan_free(p);
		buf_release(&b);
	}
	assert_null(model_kind_name(3));
}

/* --- the real sets --- */

static void test_real(void **state)
{
	static const struct {
		const char *file;
		bool header;
		enum task_kind kind;
		const char *text, *pair, *target;
	} sets[] = {
		{ "glue/SST-2/train.tsv", true, TASK_CLASSIFY, "sentence", NULL, "label" },
		{ "glue/SST-2/dev.tsv", true, TASK_CLASSIFY, "sentence", NULL, "label" },
		{ "glue/CoLA/train.tsv", false, TASK_CLASSIFY, "3", NULL, "1" },
		{ "glue/CoLA/dev.tsv", false, TASK_CLASSIFY, "3", NULL, "1" },
		{ "glue/MRPC/train.tsv", true, TASK_CLASSIFY, "#1 String", "#2 String",
		  "Quality" },
		{ "glue/STS-B/train.tsv", true, TASK_REGRESS, "sentence1", "sentence2",
		  "score" },
		{ "glue/RTE/train.tsv", true, TASK_CLASSIFY, "sentence1", "sentence2", "label" },
		{ "glue/WNLI/train.tsv", true, TASK_CLASSIFY, "sentence1", "sentence2",
		  "label" },
		{ "glue/QNLI/dev.tsv", true, TASK_CLASSIFY, "question", "sentence", "label" },
		{ "glue/QQP/fragment.tsv", false, TASK_CLASSIFY, "3", "4", "5" },
		{ "glue/MNLI/dev_matched.from_hans.tsv", true, TASK_CLASSIFY, "premise",
		  "hypothesis", "gold_label" },
		{ "ag_news/train.csv", false, TASK_CLASSIFY, "1", NULL, "0" },
		{ "clinc150/train.jsonl", false, TASK_CLASSIFY, "text", NULL, "label" },
		{ "samsum/train.jsonl", false, TASK_SUMMARIZE, "dialogue", NULL, "summary" },
		{ "dialogsum/train.jsonl", false, TASK_SUMMARIZE, "dialogue", NULL, "summary" },
		{ "aeslc/train.jsonl", false, TASK_SUMMARIZE, "body", NULL, "subject" },
		{ "debian/dev.jsonl", false, TASK_SUMMARIZE, "long", NULL, "synopsis" },
	};
	int seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		const char *path = shared_file(sets[i].file);
		struct guessed m;

		if (!path)
			continue;
		m = guess_path(path);
		seen++;
		print_message("%s: %s\n", sets[i].file, m.g.n ? m.g.option[0].why : "nothing");
		assert_int_equal(m.g.header, sets[i].header);
		assert_true(m.g.n > 0);
		assert_int_equal(m.g.option[0].kind, sets[i].kind);
		assert_column(&m, m.g.option[0].text, sets[i].text);
		assert_column(&m, m.g.option[0].target, sets[i].target);
		if (sets[i].pair)
			assert_column(&m, m.g.option[0].pair, sets[i].pair);
		else
			assert_int_equal(m.g.option[0].pair, -1);
		sample_free(m.s);
	}
	if (!seen) {
		print_message("no shared data\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classify_csv),
		cmocka_unit_test(test_no_header),
		cmocka_unit_test(test_regress),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_summarize),
		cmocka_unit_test(test_summarize_unnamed),
		cmocka_unit_test(test_sorted_by_label),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_draft_loads),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests_name("guess", tests,
					   scratch_make, scratch_remove);
}
