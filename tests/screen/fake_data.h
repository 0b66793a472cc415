/*
 * fake_data.h - run folders that are there, under build/fake: small data files with
 * repeated, leaked and bad rows for the made-up run, and three more runs beside it.
 * Made once and kept: FAKE_DATA rises when what is written here changes.
 */
#ifndef TUTTI_TESTS_FAKE_DATA_H
#define TUTTI_TESTS_FAKE_DATA_H

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "metric/metric.h"
#include "store/store.h"

enum { FAKE_DATA = 1 };

struct fake_data_task { /* the part of the made-up tasks that matters here */
	const char *name, *kind, *labels, *metric;
	double from, to;
};
static const struct fake_data_task fake_data_task[] = {
	{"sst2", "classify", "[\"negative\", \"positive\"]", "accuracy", .509, .872},
	{"cola", "classify", "[\"0\", \"1\"]", "matthews", 0, .311},
	{"mrpc", "classify", "[\"0\", \"1\"]", "f1", .812, .842},
	{"stsb", "regress", NULL, "spearman", 0, .79},
	{"samsum", "summarize", NULL, "rouge1", .371, .382},
	{"agnews", "classify", "[\"World\", \"Sports\", \"Business\", \"Sci/Tech\"]",
	 "accuracy", .25, .913},
};
enum { FAKE_KINDS = sizeof fake_data_task / sizeof *fake_data_task };

static inline void fake_data_root(int tasks, char out[64])
{
	str_format(out, 64, "build/fake/%d-%d", FAKE_DATA, tasks);
}

static inline void fake_data_put(const char *dir, const char *name, const struct buf *b)
{
	char path[256];
	FILE *f;

	str_format(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b->s, 1, b->len, f) != b->len || fclose(f))
		abort();
}

static inline unsigned fake_data_random(unsigned *state, unsigned n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 10) % n;
}

static inline void fake_data_words(struct buf *b, unsigned *state, unsigned n)
{
	static const char *const word[] = {
		"the", "film", "is", "a", "warm", "and", "funny", "story", "of", "two",
		"friends", "who", "never", "give", "up", "slow", "but", "it", "was",
		"seldom", "boring", ",", "office", "tomorrow", "lunch", "K\xc3\xb6ln"};

	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "%s%s", i ? " " : "",
			 word[fake_data_random(state, sizeof word / sizeof *word)]);
}

static inline void fake_data_row(struct buf *b, int kind, const char *text,
				 unsigned target)
{
	static const char *const label[][4] = {{"negative", "positive"}, {"0", "1"},
					       {"0", "1"}, {0}, {0},
					       {"World", "Sports", "Business",
						"Sci/Tech"}};

	if (kind == 4)
		buf_addf(b, "{\"source\": \"%s\", \"target\": \"%.24s .\"}\n", text, text);
	else if (kind == 3)
		buf_addf(b, "{\"text\": \"%s\", \"label\": %.1f}\n", text, target % 11 * .5);
	else
		buf_addf(b, "{\"text\": \"%s\", \"label\": \"%s\"}\n", text,
			 label[kind][target % (kind == 5 ? 4 : target % 3 ? 2 : 1)]);
}

/* The first rows are for the eye: what is foreign, unknown, repeated, leaked. */
static inline void fake_data_file(const char *dir, int kind, bool dev)
{
	static const char *const first[] = {
		"the film is not unpleasant but never boring",
		"a \\u001b[31mhostile\\u001b[0m text shown , \\u202e reversed",
		"The film is not  unpleasant but never boring",
		"\xe6\x9d\xb1\xe4\xba\xac team wins the cup",
	};
	unsigned state = (unsigned)kind * 2 + dev + 1;
	struct buf b, text;
	char name[32];

	buf_init(&b);
	buf_init(&text);
	for (int i = 0; i < (dev ? 60 : 400); i++) {
		buf_clear(&text);
		if (i < 4 && !(dev && i == 2))
			buf_adds(&text, first[i]);
		else
			fake_data_words(&text, &state, 3 + fake_data_random(&state, 40));
		fake_data_row(&b, kind, buf_str(&text), (unsigned)i);
		if (i == 30 && !dev)
			buf_adds(&b, "{\"text\": \"no label\", \"source\": \"\"}\nno row\n");
	}
	str_format(name, sizeof name, "%d.%s.jsonl", kind, dev ? "dev" : "train");
	fake_data_put(dir, name, &b);
	buf_release(&b);
	buf_release(&text);
}

static inline void fake_data_plan(const char *dir, int tasks, const char *lr, int layers)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{\"tutti\": 1, \"model\": {\"dim\": 64, \"layers\": %d},\n"
		 " \"tokenizer\": {\"size\": 160}, \"tasks\": {", layers);
	for (int i = 0; i < tasks; i++) {
		int k = i % FAKE_KINDS;
		const struct fake_data_task *t = &fake_data_task[k];
		char name[40];

		if (i < FAKE_KINDS)
			str_copy(name, sizeof name, t->name);
		else
			str_format(name, sizeof name, "%s-%d", t->name, i);
		buf_addf(&b, "%s\n  \"%s\": {\"kind\": \"%s\", \"train\": "
			 "\"../data/%d.train.jsonl\", \"dev\": \"../data/%d.dev.jsonl\", "
			 "\"max_source\": 40, \"max_bad\": 0.1", i ? "," : "", name,
			 t->kind, k, k);
		if (t->labels)
			buf_addf(&b, ", \"labels\": %s", t->labels);
		buf_addf(&b, ", \"metrics\": [\"%s\"]}", t->metric);
	}
	buf_addf(&b, "},\n \"optimizer\": {\"lr\": %s}, \"budget\": {\"steps\": 40000}}\n",
		 lr);
	fake_data_put(dir, "plan.json", &b);
	buf_release(&b);
}

static inline void fake_data_say(struct store *s, int64_t step, const char *command,
				 enum journal_who who)
{
	struct journal_entry e = {.step = step, .unix_ms = 1767225600000 + step * 300,
				  .who = who};

	str_copy(e.command, sizeof e.command, command);
	if (store_journal(s, &e, NULL))
		abort();
}

static inline void fake_data_evals(struct store *s, int tasks, int64_t to, double gain)
{
	for (int64_t step = 2000; step <= to; step += 2000)
		for (int i = 0; i < tasks; i++) {
			const struct fake_data_task *t = &fake_data_task[i % FAKE_KINDS];
			struct eval_row r = {.step = step, .task = i, .n_examples = 60,
					     .scheduled = true, .loss = 1,
					     .n_metrics = 1};

			str_copy(r.metric[0].name, sizeof r.metric[0].name, t->metric);
			r.metric[0].value = t->from + (t->to * gain - t->from) *
					    (1 - exp(-(double)step / 3000));
			if (store_evaluation(s, NULL,
					     &(struct evaluation){ .row = r }, 1, 0,
					     NULL))
				abort();
		}
}

static inline void fake_data_steps(struct store *s, int tasks, int64_t to, double level)
{
	for (int64_t step = 40; step <= to; step += 40) {
		struct step_row r = {.step = step, .lr = 3e-4f, .grad_norm = 1,
				     .seconds = .1f, .tokens = 500, .n = tasks < 6 ? tasks : 6};

		for (int i = 0; i < r.n; i++) {
			r.task[i].task = (uint8_t)i;
			r.task[i].count = 1;
			r.task[i].weight = 1;
			r.task[i].loss = (float)(level + (i + 1) *
						 exp(-(double)step / 4000));
		}
		if (store_step(s, 1, &r, NULL))
			abort();
	}
}

static inline void fake_data_run(const char *root, const char *name, int tasks,
				 const char *lr, int layers, int64_t to, double gain,
				 const char *note)
{
	struct store *s = NULL;
	char dir[200], db[256], line[96];
	static int64_t created = 1767225600000;

	str_format(dir, sizeof dir, "%s/%s", root, name);
	str_format(db, sizeof db, "%s/run.db", dir);
	if (mkdir(dir, 0700))
		abort();
	fake_data_plan(dir, tasks, lr, layers);
	if (store_open(db, true, &s, NULL))
		abort();
	str_format(line, sizeof line, "%lld", (long long)(created += 3600000));
	store_set_fact(s, "created", line, NULL);
	str_format(line, sizeof line, "note %s", note);
	fake_data_say(s, 0, line, WHO_PERSON);
	if (gain > 1)
		fake_data_say(s, 7000, "mute stsb on", WHO_PERSON);
	if (gain > 1)
		fake_data_say(s, 10410, "weight samsum 1.41", WHO_GUARD);
	fake_data_evals(s, tasks, to, gain);
	fake_data_steps(s, tasks, to, 1 / gain);
	store_close(s);
}

/* Makes the folders for a run of so many tasks, where they are not there yet. */
static inline void fake_data_make(int tasks)
{
	char root[64], made[96], data[128], cache[PATH_MAX], here[PATH_MAX - 64];

	if (getcwd(here, sizeof here) &&
	    str_format(cache, sizeof cache, "%s/build/fake/cache", here))
		setenv("XDG_CACHE_HOME", cache, 1);
	fake_data_root(tasks, root);
	if (access(root, F_OK) == 0)
		return;
	str_format(made, sizeof made, "build/fake/making-%ld", (long)getpid());
	str_format(data, sizeof data, "%s/data", made);
	if (file_mkdirs(data, 0700, NULL))
		abort();
	for (int k = 0; k < FAKE_KINDS; k++) {
		fake_data_file(data, k, false);
		fake_data_file(data, k, true);
	}
	fake_data_run(made, "one-task", tasks, "0.0003", 4, 6000, .9, "sst2 first");
	fake_data_run(made, "uniform", tasks, "0.001", 4, 12000, .96, "equal shares");
	fake_data_run(made, "glue4+samsum", tasks, "0.0003", 6, 12000, 1.02,
		      "by hand, \033[31mred\033[0m");
	if (rename(made, root))
		file_remove_tree(made, NULL); /* another test was quicker */
}

#endif
