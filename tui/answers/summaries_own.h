/*
 * summaries_own.h - what the files of the Summaries view share among themselves.
 */
#ifndef TUTTI_TUI_SUMMARIES_OWN_H
#define TUTTI_TUI_SUMMARIES_OWN_H

#include "summaries.h"
#include "ui/ui.h"
#include "widget/words.h"

static inline struct summaries_view *summaries_of(const struct ui *ui)
{
	return ui->own[VIEW_SUMMARIES];
}

/* What its row does (view_summaries.c), in summaries.c and summaries_keys.c. */
void *summaries_new(void);
void summaries_free(void *own);
bool summaries_act(struct ui *ui, int action, int arg);
bool summaries_back(struct ui *ui);
void summaries_look_for(struct ui *ui, const char *text);

/* All that drawing reads: the set, its figures, the list, what was asked for. */
void summaries_recalc(struct ui *ui);
/* After a move within the list: which example is shown now. */
void summaries_settle(struct summaries_view *v);
/* The set index of the example shown, or -1. */
int summaries_shown(const struct summaries_view *v);
/* The example's output in the evaluation before, or NULL. */
const struct prediction *summaries_before(const struct summaries_view *v);

/* The kind of the task shown, if it keeps parts of a text; NULL: it writes. */
const struct view_kind *summaries_keeps(const struct summaries_view *v);
/* "Try a text" (kind_view.h) of an answer with a text. */
int summaries_draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
			 enum ink ink);

/* --- summaries_measure.c --- */

/* Changes against `before`, once that was read. */
void summaries_measure_changes(struct summaries_view *v);

/* As it was scored when it was evaluated; measured here if a run of before has not all. */
void summaries_rouge(const struct summaries_view *v, const struct prediction *p,
		     const char *reference, struct rouge *out);
/* Measures more examples for a few milliseconds; true: all are done. */
bool summaries_measure(struct summaries_view *v);
/* One example now: what drawing shows must not wait for its turn. */
void summaries_measure_one(struct summaries_view *v, int i);
/* Filters and sorts; keeps the example shown on the screen where it can. */
void summaries_arrange(struct summaries_view *v);
/* The next example in direction `dir` that holds the text; -1: none. */
int summaries_find(const struct summaries_view *v, const char *what, int dir, int *hits);
const char *summaries_sort_name(enum summaries_sort s);
const char *summaries_only_name(enum summaries_only o);
const char *summaries_mode_name(const struct summaries_view *v);

/* --- summaries_tokens.c: a kept summary piece by piece --- */

struct piece {
	const char *text;          /* borrowed from the document */
	double p, gate;            /* gate: share generated; NaN: no copy gate */
	int n_look;
	int place[4];              /* source pieces it looked at most */
	double share[4];
	int word;                  /* of the output's words; -1: none */
};
struct pieces {
	struct json *doc;
	int n, n_source;
	struct piece *piece;
	const char **source;       /* [n_source] */
	int *source_word;          /* [n_source] of the source's words; -1: none */
	bool is_cut;
	bool is_units;             /* parts of the source that are kept or not: nothing was
				      written, and nothing looked at */
};
/* `source`, `output`: the texts and their words (words may be NULL: no places). */
struct placed_text {
	const char *text;
	const struct word *word;
	int n;
};
/* NULL or unreadable detail: no pieces. */
void pieces_read(struct pieces *p, const char *detail, const struct tokenizer_kind *kind,
		 const struct placed_text *source, const struct placed_text *output);
void pieces_release(struct pieces *p);
/* Marks what piece i is and looked at in the words of both texts. */
void pieces_mark(const struct pieces *p, int i, struct word *source, int n_source,
		 struct word *output, int n_output);
void draw_pieces(struct canvas *c, struct rect r, const struct pieces *p, int chosen,
		 bool is_boxed);

/* In its place, where nobody knows the pieces of what was written. */
void draw_no_pieces(struct canvas *c, struct rect r, bool is_boxed);

/* --- summaries_beams.c --- */

/* What is known of the example shown, or NULL. */
const struct beams_kept *summaries_beams(const struct ui *ui);
/* Asks the model for it unless that is known or asked already. */
void summaries_ask_beams(struct ui *ui);
void draw_beams(struct canvas *c, const struct ui *ui, struct rect r,
		const char *reference);

/* --- summaries_figures.c: drawing of numbers --- */

/* The example's scores beside the means and the lead-3 baseline's. */
void draw_scores(struct canvas *c, struct rect r, const struct summaries_view *v,
		 const struct example_figures *f, const struct rouge *was);
/* The example's other figures beside their means. */
void draw_copying(struct canvas *c, struct rect r, const struct summaries_view *v,
		  const struct example_figures *f);
/* All kept examples together. */
void draw_means(struct canvas *c, struct rect r, const struct summaries_view *v);
void draw_outputs(struct canvas *c, struct rect r, const struct results *d);

/* --- summaries_legend.c --- */

/* On the last line within r's frame. has_before: there is an evaluation before. */
void draw_legend(struct canvas *c, struct rect r, const struct summaries_view *v,
		 bool has_before);

/* --- summaries_export.c --- */

/* Writes the list as JSON lines beside the run's files, in the background. */
void summaries_export(struct ui *ui);

#endif
