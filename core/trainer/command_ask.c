/*
 * command_ask.c - the commands that ask: each answers with one JSON object. Looking
 * changes no bit (I10).
 */
#include <string.h>

#include "ask/beams.h"
#include "ask/evaluate.h"
#include "ask/explain.h"
#include "base/mem.h"
#include "command/command.h"
#include "session/session.h"

/* What all of them are: a line of text that is asked about. */
#define ASKS .arg = { ARG_TEXT }, .flags = CMD_ASKS

/* The task that the first word names, and *text behind it; -1: none, nothing is cut. */
static int cut_task(const struct session *s, char **text)
{
	char *word = *text, *end = word + strcspn(word, " \t"), was = *end;
	int task;

	*end = '\0';
	task = plan_task_find(s->plan, word);
	*end = was;
	if (task >= 0)
		*text = end + (was != '\0');
	return task;
}

/* Cuts the text before " || ": the pair's second text behind it, or NULL. */
static char *cut_pair(char *text)
{
	char *bar = strstr(text, " || ");

	if (!bar)
		return NULL;
	*bar = '\0';
	return bar + 4;
}

/* "try [TASK] TEXT [ || PAIR]"; a name alone is a text */
static enum status answer_try(struct session *s, const struct command *c,
			      struct buf *answer, struct err *err)
{
	char *copy = xstrdup(c->arg[0]), *text = copy, *pair;
	int task = copy[strcspn(copy, " \t")] ? cut_task(s, &text) : -1;
	enum status st;

	pair = cut_pair(text);
	st = evaluate_text(s, task, text, pair, answer, err);
	xfree(copy);
	return st;
}

const struct command_row command_try = {
	ASKS,
	.name = "try", .usage = "try [TASK] TEXT",
	.example = "try topic the train was late again",
	.help = "what the tasks say of a text",
	.more = "All tasks, or the one named by the first word. For pairs ' || ' "
		"stands between the two texts.",
	.ask = answer_try,
};

const struct command_row command_beams = {
	ASKS,
	.name = "beams", .usage = "beams TASK TEXT",
	.example = "beams headline the train was late again",
	.help = "the best summaries the search finds",
	.more = "With their scores: the log probability, normalised for length. The "
		"weights are those of this moment. The search gives up after a "
		"twelfth of a second, so that no step waits for it.",
	.ask = beams_answer,
};

/* "explain TASK TEXT [ || PAIR]" */
static enum status answer_explain(struct session *s, const struct command *c,
				  struct buf *answer, struct err *err)
{
	char *copy = xstrdup(c->n_args ? c->arg[0] : ""), *text = copy, *pair = NULL;
	int task = cut_task(s, &text);
	enum status st;

	if (task >= 0 && s->plan->tasks[task].pair[0])
		pair = cut_pair(text);
	copy[strcspn(copy, " \t")] = '\0';
	if (task < 0)
		st = err_set(err, ST_NOT_FOUND, "no task '%.60s': explain TASK TEXT", copy);
	else
		st = explain_text(s, task, text, pair, answer, err);
	xfree(copy);
	return st;
}

const struct command_row command_explain = {
	ASKS,
	.name = "explain", .usage = "explain TASK TEXT",
	.example = "explain topic the train was late again",
	.help = "which tokens of a text made a task's answer",
	.more = "Gradient x input and occlusion of each token, for a task that "
		"classifies or predicts a number. For pairs ' || ' stands between the "
		"two texts.",
	.ask = answer_explain,
};
