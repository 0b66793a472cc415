/*
 * prompt.h - the line editor: the one door to readline.
 *
 * readline is fed from a queue of ours, byte by byte, with what an allow-list
 * lets through; it never sees the terminal, nor a signal, nor a byte twice
 * (UX 4). There is one prompt in the process, as there is one readline.
 */
#ifndef TUTTI_TUI_PROMPT_H
#define TUTTI_TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum prompt_kind { PROMPT_COMMAND, PROMPT_TRY };

/* history: a file, or NULL. Before newterm: readline reads terminfo itself. */
void prompt_start(const char *history);
void prompt_end(void); /* writes the history */

/* tasks: names for completion, NULL ends; borrowed until it closes. */
void prompt_open(enum prompt_kind kind, const char *prefill);
bool prompt_is_open(void);
enum prompt_kind prompt_kind_now(void);
void prompt_tasks(const char *const *tasks);
void prompt_key(uint32_t key);
void prompt_paste(const char *text, size_t n);
void prompt_cancel(void);
/* A line that was accepted: returns (caller frees) or NULL. The prompt is closed. */
char *prompt_take(void);

struct prompt_look {
	const char *label;  /* ":" or "(reverse-i-search)..." */
	const char *text;   /* harmless, one line */
	int cursor;         /* column in `text` */
	const char *remark; /* what completes, or "" */
};
void prompt_look(struct prompt_look *out);

#endif
