/*
 * kind_view.h - a kind of task on the screen: which view shows its predictions and
 * what of the view is the kind's own. One row a kind, in a file of its own; the views
 * ask the row and never which kind it is.
 */
#ifndef TUTTI_TUI_KIND_VIEW_H
#define TUTTI_TUI_KIND_VIEW_H

#include "data/task_kind.h"
#include "results.h"
#include "ui/ui.h"

enum { REMARK = 320 };

struct buf;
struct json;
struct json_out;
struct word;

/* A row's texts as words; source_text is what `source` was cut from. */
struct kept_texts {
	const char *source_text;
	struct word *source, *reference, *output;
	int n_source, n_reference, n_output;
};

struct view_kind {
	enum view_id view;        /* Inspect or Summaries; that one reads a text and the
				   * values of ask_summarize.h */
	const char *unexplained;  /* said where no answer of it is explained; NULL: it is */
	/* "Try a text": the answer (evaluate.h) from line y on; the line behind it. */
	int (*draw_tried)(struct canvas *c, struct rect r, int y, const struct json *answer,
			  enum ink ink);

	/*
	 * Summaries': marks in the words of the three texts what is kept, rightly or not, and
	 * what should be. NULL: nothing is kept, it is written.
	 */
	void (*mark_kept)(const struct prediction *p, const struct kept_texts *t);
	/* What the first of a text alone would be, appended; returns what that is called.
	 * NULL: its first three sentences. */
	const char *(*lead)(const struct prediction *p, const char *text, struct buf *out);

	/* The rest is Inspect's, but for remark and put_row, which Summaries has for what
	 * is kept, too. After a set was read: what is counted over it. NULL: no. */
	void (*load)(struct results *r, const struct feed *f, const struct snapshot *s);
	/* NULL: answers are near or far, never wrong; all of them are listed. */
	bool (*is_error)(const struct prediction *p);
	/* Is it of that cell of the matrix, of sets label and cell? With is_error and
	 * classes. */
	bool (*is_of)(const struct prediction *p, int gold, int pred);
	/* Has it probabilities, and how near was another answer? NULL: no. */
	bool (*has_p)(const struct prediction *p);
	double (*margin)(const struct prediction *p);
	/* The order by it, largest first, and its name. */
	double (*confidence)(const struct prediction *p);
	const char *confidence_name;

	/* Figures of the set in the head from x on; columns used. NULL: none. */
	int (*draw_head)(struct canvas *c, const struct results *d, int y, int x, bool wide);
	void (*draw_figures)(struct canvas *c, const struct ui *ui,
			     const struct inspect_layout *l);
	/* The list: what it is of, the names of its columns, a row's up to the loss
	 * (returns where they end). */
	void (*list_title)(const struct results *d, char out[128]);
	void (*list_names)(const struct results *d, char out[96], bool wide);
	int (*draw_columns)(struct canvas *c, const struct results *d,
			    const struct prediction *p, int y, int x, bool wide);

	/* One row: its frame's remark, names cut to `room` columns; true: one was cut,
	 * and draw_names has it whole. */
	bool (*remark)(const struct results *d, const struct prediction *p, int room,
		       char out[REMARK]);
	void (*draw_names)(struct canvas *c, const struct results *d,
			   const struct prediction *p, struct rect r);
	/* The answer as words; NULL, or it returns NULL: a number. */
	const char *(*said)(const struct results *d, const struct prediction *p,
			    char out[24]);
	int (*draw_facts)(struct canvas *c, const struct results *d,
			  const struct prediction *p, int y, int x, int w);
	/* What stands below the text, and the lines that it fills (NULL: three). */
	int (*low_lines)(const struct results *d, const struct prediction *p);
	void (*draw_low)(struct canvas *c, const struct results *d,
			 const struct prediction *p, struct rect r, enum ink ink);
	/* Over the evaluations: the value of one, and what it is called. */
	double (*past_value)(const struct prediction *p);
	const char *past_name;
	bool is_past_scaled;      /* its course goes from least to most, not from 0 to 1 */
	/* Members of an exported row. */
	void (*put_row)(struct json_out *j, const struct results *d,
			const struct prediction *p);
};

const struct view_kind *view_kind(enum task_kind k);

/* The task that a view shows: the one chosen, else the first of its kinds; or -1. */
int view_first_task(const struct ui *ui, enum view_id view, int chosen);
/* The next one of its kinds in direction `dir`; `task` itself where there is none. */
int view_next_task(const struct ui *ui, enum view_id view, int task, int dir);

#define VIEW_KIND_DECLARE(constant, name) extern const struct view_kind view_kind_##name;
TASK_KIND_LIST(VIEW_KIND_DECLARE)
#undef VIEW_KIND_DECLARE

#endif
