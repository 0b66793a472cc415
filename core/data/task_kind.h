/*
 * task_kind.h - the kinds of tasks there are: the one place that lists them.
 *
 * A kind is a row on every floor (what its target looks like in data, its head in
 * model, its answer and metrics, how it is drawn). Each floor declares its rows from
 * this list, so a kind that lacks one on any floor does not link.
 */
#ifndef TUTTI_DATA_TASK_KIND_H
#define TUTTI_DATA_TASK_KIND_H

/* X(constant, name in plans, files and on screens). Never reordered: caches and
 * stores hold the number. */
#define TASK_KIND_LIST(X)        \
	X(CLASSIFY, classify)    \
	X(REGRESS, regress)      \
	X(SUMMARIZE, summarize)  \
	X(MULTILABEL, multilabel) \
	X(MLM, mlm)              \
	X(DENOISE, denoise)      \
	X(LM, lm)                \
	X(EXTRACT, extract)      \
	/* a new one is the last */

#define TASK_KIND_CONSTANT(constant, name) TASK_##constant,
enum task_kind { TASK_KIND_LIST(TASK_KIND_CONSTANT) TASK_KINDS };

/* "classify|regress|...": their names as a list of choices. */
#define TASK_KIND_CHOICE(constant, name) "|" #name
#define TASK_KIND_CHOICES (&(TASK_KIND_LIST(TASK_KIND_CHOICE))[1])

const char *task_kind_name(enum task_kind k);

#endif
