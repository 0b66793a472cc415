/*
 * view_data.h - what the files of the Data view share: the screen's state, and
 * who draws which part.
 */
#ifndef TUTTI_TUI_VIEW_DATA_H
#define TUTTI_TUI_VIEW_DATA_H

#include "feed/job_slot.h"
#include "look/data_report.h"
#include "ui/ui.h"

/* A task's data as far as it is known. Jobs that read it hold a reference. */
struct data_case {
	int holders;
	struct data_book *book;
	struct data_report report;
	bool has_report;           /* set once, then it stays as it is */
};

struct data_view {
	int task;                  /* channel; -1: none yet */
	char run[512];             /* whose */
	enum data_split split;
	struct data_case *now;     /* NULL: not open yet */
	struct job_slot open, report, search;
	struct err trouble;        /* why nothing could be opened, or "" */
	struct data_filter want;   /* what is looked for */
	struct data_hits hits;     /* of `want`, when has_hits */
	bool has_hits;
	uint64_t at;               /* place in the list */
	bool is_open, shows_skips;
	int scroll;                /* lines of the chosen row */
	struct data_pieces pieces; /* of the chosen row, when has_pieces */
	uint64_t pieces_row;
	bool has_pieces;
	double left;               /* when the view was left; 0: it is shown */
};

static inline struct data_view *data_view_of(const struct ui *ui)
{
	return ui->own[VIEW_DATA];
}

/* What its row does (view_data.c), in data_work.c. */
void *data_view_new(void);
void data_view_free(void *own);
void data_view_recalc(struct ui *ui);
void data_view_idle(struct ui *ui);
bool data_view_act(struct ui *ui, int action, int arg);
bool data_view_back(struct ui *ui);
void data_view_find(struct ui *ui, const char *text);

/* One holder more, one less: on the desk's thread. NULL is fine to drop. */
struct data_case *data_case_hold(struct data_case *d);
void data_case_drop(struct data_case *d);

void data_export(struct ui *ui, const struct data_view *v); /* data_export.c */

bool data_view_is_ready(const struct data_view *v); /* there are rows to list */
/* Rows in the list, and the row at a place of it. */
uint64_t data_view_count(const struct data_view *v);
uint64_t data_view_row(const struct data_view *v, uint64_t at);
/* NULL: not reported yet. */
const struct data_split_report *data_view_report(const struct data_view *v,
						 enum data_split s);
/* What is looked for in words: "len 60-, label yes, twice"; "" nothing. */
void data_filter_words(const struct data_view *v, char *out, size_t cap);
/* Takes "len>60 label=yes words" as what is looked for; false: says why not. */
bool data_filter_parse(const struct data_view *v, const char *line,
		       struct data_filter *out, struct err *err);

void draw_data_splits(struct canvas *c, const struct data_view *v, struct rect r);
void draw_data_lengths(struct canvas *c, const struct data_view *v, struct rect r);
void draw_data_side(struct canvas *c, const struct data_view *v, struct rect r);
void draw_data_skips(struct canvas *c, const struct data_view *v, struct rect r);
void draw_data_list(struct canvas *c, const struct data_view *v, struct rect r);
void draw_data_row(struct canvas *c, const struct data_view *v, struct rect r);

#endif
