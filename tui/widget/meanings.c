/*
 * meanings.c - what short words mean.
 */
#include "meanings.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

const struct meaning meaning_table[] = {
	{"~", "a change that waits for its step", OF_LIVE},
	{"M S P", "lamps: muted, solo, protected against methods", OF_ALL},
	{"weight", "the factor on the task's loss; x0.80: a method's beside it, below 0: against",
	 OF_STRIP},
	{"shr", "share: part of the micro-batches, as the sampling method has it", OF_STRIP},
	{"set", "share: part of the micro-batches, set by hand; a gives it back", OF_STRIP},
	{"eff", "effective: weight x share x gradient norm, who moves what is shared",
	 OF_STRIP},
	{"loss", "mean over units, smoothed; the arrow says where it goes", OF_STRIP},
	{"dev", "the task's metric x 100; a correlation (mcc, r, rho) as it is: .790",
	 OF_STRIP},
	{"avg", "as dev, of the weights' average (optimizer.average), which --averaged takes",
	 OF_STRIP},
	{"base", "what guessing gets on the same rows: majority class, mean, lead",
	 OF_STRIP},
	{"clip 1 12%", "gradients longer than 1 are cut to it; 12% of recent steps were",
	 OF_STRIP},
	{"less trend", "a loss less what its line before the entry promised, over /N steps",
	 OF_ALL},
	{"mean/of", "the mean of a run's metrics, and over how many tasks", OF_ALL},
	{"fader", "keys within 0.3 s are one change, not ten", OF_LIVE},
};
const int meaning_count = (int)(sizeof meaning_table / sizeof *meaning_table);

/* "clip" finds "clip 1 12%". */
const struct meaning *meaning_find(const char *word)
{
	size_t n = strlen(word);

	for (int i = 0; i < meaning_count && n; i++)
		if (str_starts(meaning_table[i].word, word) &&
		    (!meaning_table[i].word[n] || meaning_table[i].word[n] == ' '))
			return &meaning_table[i];
	return NULL;
}

int meaning_place(const char *word)
{
	const struct meaning *m = meaning_find(word);

	return m ? (int)(m - meaning_table) : 0;
}

int meaning_next(int at)
{
	do
		at = (at + 1) % meaning_count;
	while (meaning_table[at].where != OF_STRIP);
	return at;
}
