/*
 * fake_summaries.h - made-up dialogues and what a model said of them in six
 * evaluations, with pieces, scores and candidates that follow from the words.
 */
#ifndef TUTTI_TESTS_FAKE_SUMMARIES_H
#define TUTTI_TESTS_FAKE_SUMMARIES_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask_summarize.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "metric/rouge.h"
#include "store/store.h"

enum { FAKE_SUMMARIES = 12, FAKE_STAGES = 6, FAKE_PIECES = 256 };

static const struct {
	const char *source, *target, *said[4]; /* said: worse to better */
} fake_dialogue[] = {
	{"Amanda: I baked cookies. Do you want some?\nJerry: Sure!\n"
	 "Amanda: I'll bring you tomorrow :-)\nJerry: Are they the ones with nuts? I "
	 "can't eat nuts.\nAmanda: Plain chocolate. Don't worry.\n"
	 "Jerry: You're the best. See you at the office at nine.",
	 "Amanda baked cookies and will bring Jerry some tomorrow.",
	 {"the the of and is going to the", "amanda is going to bring cookies",
	  "amanda baked cookies. jerry wants some",
	  "amanda baked cookies and will bring them to the office tomorrow."}},
	{"Council: The vote is on Tuesday at seven.\nMiriam: Then we must be heard "
	 "before that!\nCouncil: You can speak for three minutes.\nMiriam: Three "
	 "minutes for two libraries?\nCouncil: Three minutes for everyone.",
	 "Miriam may speak for three minutes before the vote on Tuesday.",
	 {"the vote the vote the vote is", "the council is on tuesday at seven",
	  "miriam can speak for three minutes for three minutes for three minutes.",
	  "miriam can speak for three minutes at the vote on tuesday at seven."}},
	{"Zoë Brandt: Meet at the café by the river?\nTim: Yes, at one. I'll book.\n"
	 "Zoë Brandt: Not the window, the sun is terrible.\nTim: A quiet corner then.",
	 "Tim will book a quiet corner at the café by the river for one.",
	 {"tim is at the the", "zoe and tim meet at the cafe",
	  "tim will book at the cafe by the river",
	  "tim will book a quiet corner at the cafe by the river."}},
	{"Ops: The pump in hall four has stopped again.\nIvo: Since when?\nOps: Ten past "
	 "two. We changed the fuse, it went at once.\nIvo: Leave it off. I will come "
	 "with a new motor in the evening.\nOps: The tanks will be full by six.\nIvo: "
	 "Then open the second line, slowly, and call me when it hums.",
	 "The pump in hall four failed; Ivo will bring a new motor in the evening.",
	 {"the pump is", "the pump in hall four has stopped",
	  "ivo can't \033]0;x\007 the pump \xe2\x80\xae in two",
	  "the pump in hall four has stopped. ivo will come with a new motor."}},
};
enum { FAKE_DIALOGUES = sizeof fake_dialogue / sizeof *fake_dialogue };

/* Words and signs apart, in small letters; returns how many. */
static inline int fake_pieces(const char *text, char out[FAKE_PIECES][24])
{
	int n = 0;

	while (*text && n < FAKE_PIECES) {
		int k = 0;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		if (!isalnum((unsigned char)*text) && (unsigned char)*text < 0x80) {
			out[n][k++] = *text++;
		} else {
			while (isalnum((unsigned char)*text) ||
			       (unsigned char)*text >= 0x80) {
				if (k < 22)
					out[n][k++] = (char)tolower(*text);
				text++;
			}
		}
		out[n++][k] = '\0';
	}
	return n;
}

/* What a copying model would have kept: sure of words that the source has. */
static inline char *fake_detail(const char *source, const char *said, int most)
{
	static char from[FAKE_PIECES][24], to[FAKE_PIECES][24];
	int n = fake_pieces(source, from), m = fake_pieces(said, to);
	struct json_out j;
	struct buf b;

	n = n < most ? n : most;
	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_open(&j, "pieces", '[');
	for (int i = 0; i < m; i++) {
		int at = -1;

		for (int k = 0; k < n && at < 0; k++)
			at = strcmp(from[k], to[i]) ? -1 : k;
		json_open(&j, NULL, '[');
		json_put_str(&j, NULL, to[i]);
		json_put_num(&j, NULL, at >= 0 ? .95 - i % 5 * .07 : .31 + i % 4 * .1);
		json_put_num(&j, NULL, at >= 0 ? .06 + i % 3 * .08 : .93);
		json_put_int(&j, NULL, at >= 0 ? at + 1 : -1);
		json_open(&j, NULL, '[');
		json_put_int(&j, NULL, at >= 0 ? at + 1 : 1 + i % n);
		json_put_num(&j, NULL, at >= 0 ? .72 : .24);
		json_put_int(&j, NULL, 1 + (at + 3) % n);
		json_put_num(&j, NULL, .12);
		json_close(&j, ']');
		json_close(&j, ']');
	}
	json_close(&j, ']');
	json_open(&j, "source", '[');
	json_put_str(&j, NULL, "[CLS]");
	for (int i = 0; i < n; i++)
		json_put_str(&j, NULL, from[i]);
	json_put_str(&j, NULL, "[SEP]");
	json_close(&j, ']');
	json_close(&j, '}');
	return buf_take(&b);
}

/* Every third example stays as it was; the last four never get good. */
static inline const char *fake_said(int i, int stage)
{
	static const int step[FAKE_STAGES] = {0, 1, 1, 2, 2, 3};
	int k = step[stage];

	if (i >= 8 && k > 1)
		k = i % 2 ? 2 : 1;
	else if (i % 3 == 0 && k > 2 && i != 3)
		k = 2;
	return fake_dialogue[i % FAKE_DIALOGUES].said[k];
}

static inline void fake_summary(int i, int stage, struct prediction *p,
				struct dev_row *r)
{
	int d = i % FAKE_DIALOGUES;
	struct rouge_scorer *rs = rouge_scorer_new((struct rouge_options){ 0 });
	struct rouge rouge;

	r->row = i * 7 + 3;
	r->line = i;
	r->text = xstrdup(fake_dialogue[d].source);
	r->target = xstrdup(fake_dialogue[d].target);
	p->row = r->row;
	p->loss = 2 + i * .1;
	p->text = xstrdup(fake_said(i, stage));
	p->detail = fake_detail(r->text, p->text, i == 7 ? 30 : FAKE_PIECES);
	rouge_score(rs, r->target, p->text, &rouge);
	rouge_scorer_free(rs);
	summary_set(p, &rouge);
}

static inline void fake_summaries(struct prediction_set *out, int stage)
{
	out->n = FAKE_SUMMARIES;
	out->p = xcalloc(FAKE_SUMMARIES, sizeof *out->p);
	out->row = xcalloc(FAKE_SUMMARIES, sizeof *out->row);
	for (int i = 0; i < out->n; i++)
		fake_summary(i, stage, &out->p[i], &out->row[i]);
}

/* One row's outputs in all evaluations. */
static inline void fake_summary_history(struct prediction_set *out, int64_t **steps,
					int64_t row)
{
	out->n = FAKE_STAGES;
	out->p = xcalloc(FAKE_STAGES, sizeof *out->p);
	out->row = xcalloc(FAKE_STAGES, sizeof *out->row);
	*steps = xcalloc(FAKE_STAGES, sizeof **steps);
	for (int s = 0; s < FAKE_STAGES; s++) {
		fake_summary((int)(row - 3) / 7, s, &out->p[s], &out->row[s]);
		(*steps)[s] = 2000 * (s + 1);
	}
}

static inline enum status fake_summaries_before(void *arg, const char *path, int task,
						int64_t step,
						struct prediction_set *out,
						struct err *err)
{
	(void)arg;
	(void)path;
	(void)task;
	(void)err;
	memset(out, 0, sizeof *out);
	fake_summaries(out, FAKE_STAGES - 2);
	out->step = step - 2000;
	return ST_OK;
}

static inline void fake_beams(struct buf *out)
{
	buf_adds(out, "{\"task\":\"samsum\",\"step\":12340,\"whole\":true,\"beams\":["
		      "{\"score\":-0.42,\"pieces\":13,\"text\":\"amanda baked cookies and "
		      "will bring jerry some tomorrow.\"},"
		      "{\"score\":-0.51,\"pieces\":11,\"text\":\"amanda baked cookies and "
		      "will bring them.\"},"
		      "{\"score\":-0.66,\"pieces\":9,\"text\":\"amanda will bring jerry "
		      "cookies tomorrow \\u001b[31m.\"},"
		      "{\"score\":-0.9,\"pieces\":5,\"text\":\"jerry can't eat nuts.\"}]}");
}

#endif
