/*
 * sentence.h - a text cut into sentences, by one rule for whoever wants them:
 * summaries of the first sentences, ROUGE-Lsum.
 *
 * A sentence ends at a line break, and behind a run of . ! ? or an ellipsis
 * (with the quotes and brackets that close after it) before a blank or the end;
 * the full stops of Chinese and Japanese want no blank. A single "." does not
 * end one behind an initial ("J."), letters with dots ("U.S."), a title or the
 * like ("Dr.", "vs."). In a text that has capitals, none ends before a small
 * letter with a full stop or a closing quote.
 */
#ifndef TUTTI_TEXT_SENTENCE_H
#define TUTTI_TEXT_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

/* Where the cutting stands; the text is borrowed. */
struct sentences {
	const char *s;
	size_t len, at;
	bool has_capitals;
};
void sentences_init(struct sentences *it, const char *s, size_t len);
/*
 * The next piece of the text is s[*from .. *end): with the blanks around it, so
 * that the pieces are the whole text. False when there is no more.
 */
bool sentences_next(struct sentences *it, size_t *from, size_t *end);

#endif
