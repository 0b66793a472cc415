/*
 * test_pretrained_peft.c - folders that peft has written (tests/golden/pretrained/
 * make_peft.py): hidden states, logits and losses are those of what peft merges, whatever
 * is changed: matrices that stand transposed, some layers, ranks and factors of their own,
 * biases, tables, heads that the adapter has brought.
 */
#include "fixture/foreign_case.h"
#include "fixture/near.h"

enum { LONGEST = 9 }; /* pieces of a text */

static const char *const mood[] = { "calm", "brisk", "grave" };
static const char *const numbers[] = { "0", "1", "2" };
static const char *const plain[] = { "LABEL_0", "LABEL_1", "LABEL_2" };

static void compare(const char *name, const char *const *labels, int n_labels)
{
	static struct foreign f;
	struct json *row = foreign_row(FOREIGN "peft.jsonl", name);
	char folder[128];

	snprintf(folder, sizeof folder, FOREIGN "%s", name);
	foreign_open(&f, folder, labels, n_labels, -1, LONGEST);
	f.n_logits = golden_numbers(row, "logits", f.logits, EXAMPLES * WIDE);
	assert_near(foreign_hidden(&f, row), 0, 1e-5);
	if (labels) {
		assert_near(foreign_logits(&f), 0, 1e-5);
		assert_string_equal(buf_str(&f.report.fresh), "");
		assert_null(strstr(buf_str(&f.report.unused), "classifier"));
	}
	if (f.n_logits) {
		tape_begin(&f.m.t, NULL, NULL);
		assert_near(model_loss(f.m.m, &f.m.t, &f.x.b, 0).plain,
			    json_number(json_get(row, "loss")), 1e-5);
	}
	foreign_close(&f);
	json_free(row);
}

static void test_merged(void **state)
{
	(void)state;
	compare("peft-bert", mood, 3);
	compare("peft-roberta", mood, 3);
	compare("peft-distilbert", mood, 3);
	compare("peft-electra", plain, 2);
	compare("peft-bert-deep", plain, 3);
	compare("peft-bert-deep", numbers, 3); /* nobody has named them: a file's 0, 1, 2 */
	compare("peft-bert-trunk", NULL, 0);
	compare("peft-gpt2", NULL, 0);
}

/* What has a change of its table cannot say masked words with it. */
static void test_table(void **state)
{
	const char *folder = foreign_new();
	struct pretrained *p;

	(void)state;
	assert_int_equal(pretrained_open(FOREIGN "peft-distilbert", &p, NULL), ST_OK);
	assert_non_null(pretrained_info(p)->adapter);
	assert_non_null(strstr(pretrained_info(p)->adapter, "with 4 tensors of its own"));
	assert_false(pretrained_info(p)->has_lm);
	pretrained_close(p);
	for (int tied = 0; tied < 2; tied++) { /* nor what has two of them from the start */
		foreign_copy("bert-mlm", folder, tied ? NULL : "\"tie_word_embeddings\": true",
			     "\"tie_word_embeddings\": false", NULL);
		assert_int_equal(pretrained_open(folder, &p, NULL), ST_OK);
		assert_int_equal(pretrained_info(p)->has_lm, tied);
		pretrained_close(p);
	}
	foreign_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("folders of peft's", tests, NULL, NULL);
}
