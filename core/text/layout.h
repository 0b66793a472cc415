/*
 * layout.h - texts, pairs and prompts as ids: the one place that knows what stands
 * around a text.
 *
 * A template is data: specials by role, the texts, words of a prompt, in their order.
 * A special that the tokenizer does not have is left out. What is longer than the room
 * is cut at its end; of two texts the longer gives way, piece by piece, of equal ones
 * the second.
 */
#ifndef TUTTI_TEXT_LAYOUT_H
#define TUTTI_TEXT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "text/tokenizer.h"

enum { LAYOUT_PARTS = 8, LAYOUT_TEXTS = 2 };
enum layout_what { LAYOUT_END, LAYOUT_SPECIAL, LAYOUT_TEXT, LAYOUT_WORDS };

struct layout_words { /* not terminated; of texts, s NULL: there is none */
	const char *s;
	size_t len;
};
struct layout_part {
	enum layout_what what;
	int which;                 /* enum special, or which text: 0 or 1 */
	struct layout_words words; /* of a prompt; borrowed */
};
/* Text 0 stands before text 1, each at most once. */
struct layout_template {
	struct layout_part part[LAYOUT_PARTS + 1];
};
#define LAYOUT_ROLE(role) { .what = LAYOUT_SPECIAL, .which = (role) }
#define LAYOUT_A { .what = LAYOUT_TEXT, .which = 0 }
#define LAYOUT_B { .what = LAYOUT_TEXT, .which = 1 }

/* How a tokenizer's models want them. */
struct layout_set {
	struct layout_template one, pair; /* what an encoder reads */
	struct layout_template target;    /* what a decoder is to write */
	bool has_segments;                /* is the second text of a pair segment 1? */
};

/* What came of it. Of texts that are not there everything is 0, and at is n. */
struct layout {
	int n;                   /* ids */
	int at[LAYOUT_TEXTS];    /* where the text begins */
	int len[LAYOUT_TEXTS];   /* its tokens that were kept */
	int total[LAYOUT_TEXTS]; /* all that it has */
	int segment;             /* the first id of segment 1; n: all are of segment 0 */
};

/*
 * ids and spans (NULL: not wanted) have room for cap, with a second text for 2 * cap,
 * of which the first n are the answer; a span is where the token stands in its own
 * text, and 0, 0 for all others. cap must hold what stands around the texts
 * (layout_around) at least.
 */
void layout_texts(const struct tokenizer *t, const struct layout_template *l,
		  const struct layout_words text[LAYOUT_TEXTS], int cap, int32_t *ids,
		  struct token_span *spans, struct layout *out);
/* Ids that a template has besides its texts. */
int layout_around(const struct tokenizer *t, const struct layout_template *l);

/* What an encoder reads, as the tokenizer's templates say. pair.s NULL: one text. */
void layout_source(const struct tokenizer *t, struct layout_words text,
		   struct layout_words pair, int cap, int32_t *ids,
		   struct token_span *spans, struct layout *out);
/*
 * The same as a prompt says (layout_prompt() took it), of which the text and the pair
 * are to leave room in cap; NULL: as the tokenizer's templates say.
 */
void layout_prompted(const struct tokenizer *t, const char *prompt,
		     struct layout_words text, struct layout_words pair, int cap,
		     int32_t *ids, struct token_span *spans, struct layout *out);
/*
 * As layout_prompted, but each LAYOUT_MASK of the texts is the tokenizer's mask, where it
 * has one: for texts that were made so, or that a person typed so.
 */
#define LAYOUT_MASK "[MASK]"
void layout_masked(const struct tokenizer *t, const char *prompt, struct layout_words text,
		   struct layout_words pair, int cap, int32_t *ids,
		   struct token_span *spans, struct layout *out);
/* What a decoder is to write, its closing token included. */
void layout_target(const struct tokenizer *t, struct layout_words text, int cap,
		   int32_t *ids, struct layout *out);
/* Of n ids that layout_target made, those of the text. */
int layout_target_len(const struct tokenizer *t, int n);
/*
 * Of n ids that layout_prompted made, with text 1 at `second` (n: none), where the texts
 * stand; total is what was kept. Of ids that nobody made so: something within them.
 */
void layout_find(const struct tokenizer *t, const char *prompt, int n, int second,
		 struct layout *out);

/*
 * "Review: {text} Question: {pair} Answer:" as a template, which borrows it; {source}
 * is {text}, {text_b} is {pair}.
 * ST_INVALID: no {text}, one twice, {pair} before {text}, or more than LAYOUT_PARTS.
 */
enum status layout_prompt(const char *prompt, struct layout_template *out,
			  struct err *err);

static inline bool layout_has(const struct layout *l, int i)
{
	return l->at[i] < l->n;
}
/* Is id i one of a text's? */
static inline bool layout_is_text(const struct layout *l, int i)
{
	return (i >= l->at[0] && i < l->at[0] + l->len[0]) ||
	       (i >= l->at[1] && i < l->at[1] + l->len[1]);
}
/* Tokens that were cut. */
static inline int layout_lost(const struct layout *l)
{
	return l->total[0] + l->total[1] - l->len[0] - l->len[1];
}

#endif
