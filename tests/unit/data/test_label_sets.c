/*
 * test_label_sets.c - rows whose target is a set of labels: from lists and from one
 * column, the empty set, what is refused, labels that are looked for, batches of them,
 * and that the token cache keeps them.
 */
#include "data/batch.h"
#include "data/label_items.h"
#include "data/survey.h"
#include "fixture/dataset_open.h"

static const char *const names[] = { "billing", "hard ware", "login" };

static struct dataset_spec set_spec(const char *path)
{
	return (struct dataset_spec){
		.kind = TASK_MULTILABEL, .path = path, .header = -1, .text = "text",
		.target = "labels", .n_labels = 3, .labels = names, .max_source = 16,
		.max_bad = 1,
	};
}

/* "0 2;-;1": the sets of all rows. */
static const char *sets_of(const struct dataset_spec *spec)
{
	static char out[256];
	struct dataset *d = dataset_open_in(spec, fresh_cache());
	struct example e;
	size_t at = 0;

	out[0] = '\0';
	for (uint64_t i = 0; i < dataset_size(d); i++) {
		dataset_get(d, i, &e);
		assert_int_equal(e.label, -1);
		assert_int_equal(e.n_target, 0);
		at += (size_t)snprintf(out + at, sizeof out - at, i ? ";" : "");
		if (e.n_set <= 0)
			at += (size_t)snprintf(out + at, sizeof out - at,
					       e.n_set ? "?" : "-");
		for (int k = 0; k < e.n_set; k++)
			at += (size_t)snprintf(out + at, sizeof out - at, k ? " %d" : "%d",
					       (int)e.set[k]);
	}
	dataset_close(d);
	return out;
}

/* Each once, rising, whatever the order; blanks are no part of them; numbers are names. */
static void test_lists(void **state)
{
	struct dataset_spec spec = set_spec(put_text("a.jsonl",
		"{\"text\": \"one two\", \"labels\": [\"login\", \"billing\"]}\n"
		"{\"text\": \"three\", \"labels\": []}\n"
		"{\"text\": \"ab\", \"labels\": [\" hard ware \", \"login\", \"hard ware\"]}\n"
		"{\"text\": \"ab\", \"labels\": \"billing, login\"}\n"
		"{\"text\": \"ab\", \"labels\": \"  \"}\n"));

	(void)state;
	assert_string_equal(sets_of(&spec), "0 2;-;1 2;0 2;-");
}

static void test_columns(void **state)
{
	struct dataset_spec spec = set_spec(put_text("a.tsv", "text\tlabels\n"
		"one\tlogin,billing\ntwo\t\nthree\t hard ware , billing\nab\tlogin\n"));

	(void)state;
	assert_string_equal(sets_of(&spec), "0 2;-;0 1;2");
	spec = set_spec(put_text("b.csv", "text,labels\none,login;billing\n"
					  "\"two, ab\",\nthree,\"hard ware;login\"\n"));
	spec.separator = ";";
	assert_string_equal(sets_of(&spec), "0 2;-;1 2");
	spec.path = put_text("c.tsv", "text\tlabels\none\tlogin|  billing\ntwo\tlogin\n");
	spec.separator = "|";
	assert_string_equal(sets_of(&spec), "0 2;2");
	spec.path = put_text("d.tsv", "text\tlabels\none\t login   billing \ntwo\t\n");
	spec.separator = " ";
	assert_string_equal(sets_of(&spec), "0 2;-");
}

/* The words of the one fault that a file's second row has. */
static const char *fault(const char *second)
{
	static struct buf b;
	struct survey s;
	struct dataset_spec spec;
	struct buf text;
	struct dataset *d;

	buf_init(&text);
	buf_addf(&text, "{\"text\": \"one\", \"labels\": [\"login\"]}\n"
		 "{\"text\": \"two\", \"labels\": %s}\n", second);
	spec = set_spec(put_text("bad.jsonl", buf_str(&text)));
	buf_release(&text);
	d = dataset_open_in(&spec, fresh_cache());
	assert_int_equal(dataset_size(d), 1);
	buf_clear(&b);
	row_report_text(dataset_report(d), "x", &b);
	dataset_close(d);
	assert_int_equal(survey_read(&spec, NULL, &s, NULL), ST_OK); /* says the same */
	assert_int_equal(s.n, 1);
	survey_release(&s);
	return buf_str(&b);
}

/* A set with less than what stands there would be another set: the row goes. */
static void test_refused(void **state)
{
	char longer[400];

	(void)state;
	assert_non_null(strstr(fault("[\"login\", \"weather\"]"),
			       "unknown label 1 (line 2: weather)"));
	assert_non_null(strstr(fault("[\"login\", \"\"]"), "empty label 1 (line 2)"));
	assert_non_null(strstr(fault("\"login,,billing\""), "empty label"));
	assert_non_null(strstr(fault("\"login,\""), "empty label"));
	assert_non_null(strstr(fault("[\"login\", [\"billing\"]]"), "field missing or no text"));
	assert_non_null(strstr(fault("null"), "field missing or no text"));
	assert_non_null(strstr(fault("{\"login\": 1}"), "field missing or no text"));
	snprintf(longer, sizeof longer, "[\"%0300d\"]", 1);
	assert_non_null(strstr(fault(longer), "label too long"));
}

/* With max_bad 0 one such row fails all. */
static void test_max_bad(void **state)
{
	struct dataset_spec spec = set_spec(put_text("m.jsonl",
		"{\"text\": \"one\", \"labels\": [\"login\"]}\n"
		"{\"text\": \"two\", \"labels\": [\"x\"]}\n"));
	struct dataset *d;
	struct err err;

	(void)state;
	spec.max_bad = 0;
	assert_int_equal(dataset_open(&spec, test_tok, fresh_cache(), NULL, &d, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "unknown label"));
}

static void test_scan(void **state)
{
	struct dataset_spec spec = set_spec(put_text("s.jsonl",
		"{\"text\": \"one\", \"labels\": [\"z\", \"a b\"]}\n"
		"{\"text\": \"two\", \"labels\": []}\n"
		"{\"text\": \"two\", \"labels\": \"c,z\"}\n"));
	const char *cache = fresh_cache();
	char **label;
	int n;

	(void)state;
	spec.n_labels = 0;
	assert_int_equal(dataset_scan_labels(&spec, cache, NULL, 8, &label, &n, NULL), ST_OK);
	assert_int_equal(n, 3);
	assert_string_equal(label[0], "a b");
	assert_string_equal(label[1], "c");
	assert_string_equal(label[2], "z");
	for (int i = 0; i < n; i++)
		xfree(label[i]);
	xfree(label);
	spec.separator = ";"; /* what was found before is of another separator */
	assert_int_equal(dataset_scan_labels(&spec, cache, NULL, 8, &label, &n, NULL), ST_OK);
	assert_string_equal(label[1], "c,z");
	for (int i = 0; i < n; i++)
		xfree(label[i]);
	xfree(label);
}

/* Labels are no tokens: what a row costs is its text. A second start reads no data. */
static void test_cache(void **state)
{
	struct dataset_spec spec = set_spec(put_text("k.jsonl",
		"{\"text\": \"one two\", \"labels\": [\"login\", \"billing\"]}\n"
		"{\"text\": \"one two\", \"labels\": []}\n"));
	const char *cache = fresh_cache();
	struct dataset *d;
	uint32_t ids, pieces;

	(void)state;
	assert_true(reads_data(&spec, cache));
	assert_false(reads_data(&spec, cache));
	d = dataset_open_in(&spec, cache);
	assert_int_equal(dataset_cost(d, 0), dataset_cost(d, 1));
	assert_int_equal(dataset_tokens(d), 2 * dataset_cost(d, 0));
	dataset_lengths(d, 0, &ids, &pieces);
	assert_int_equal(pieces, 0);
	assert_int_equal(dataset_units(d, 0), 1);
	assert_int_equal(dataset_label_counts(d)[0], 1);
	assert_int_equal(dataset_label_counts(d)[1], 0);
	assert_int_equal(dataset_label_counts(d)[2], 1);
	dataset_close(d);
	spec.separator = ";";
	assert_true(reads_data(&spec, cache));
}

static void test_batches(void **state)
{
	struct dataset_spec spec = set_spec(put_text("b.jsonl",
		"{\"text\": \"one\", \"labels\": [\"login\", \"billing\"]}\n"
		"{\"text\": \"two\", \"labels\": []}\n"
		"{\"text\": \"three\", \"labels\": [\"hard ware\"]}\n"));
	const uint64_t rows[] = { 2, 1, 0, 2 };
	static const int32_t want[] = { 1, 0, 2, 1 }, known[] = { 1, 0, 2, 1 };
	static const int off[] = { 0, 1, 1, 3, 4 };
	struct dataset *d = dataset_open_in(&spec, fresh_cache());
	struct arena a;
	struct batch b;

	(void)state;
	arena_init(&a);
	batch_build(&b, &a, d, 0, rows, 4, 0, 0, 2);
	assert_int_equal(b.T, 0);
	assert_memory_equal(b.set_off, off, sizeof off);
	assert_memory_equal(b.label, known, sizeof known);
	assert_memory_equal(b.set, want, sizeof want);
	arena_release(&a);
	dataset_close(d);
	spec.unlabelled = true; /* then none is known, which is no empty set */
	assert_string_equal(sets_of(&spec), "?;?;?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_max_bad),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_batches),
	};

	return cmocka_run_group_tests_name("label_sets", tests, dataset_set_up,
					   dataset_tear_down);
}
