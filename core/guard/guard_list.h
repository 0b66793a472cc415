/*
 * guard_list.h - every guard there is, a line each, in the order of help. A line is
 * `const struct guard_row guard_NAME` in guard_NAME.c, the plan's field guards.NAME and
 * the state's row guard_NAME.
 */
#ifndef TUTTI_GUARD_GUARD_LIST_H
#define TUTTI_GUARD_GUARD_LIST_H

#define GUARD_LIST(X) \
	X(finite)     \
	X(spike)      \
	X(overfit)    \
	X(transfer)   \
	X(patience)   \
	X(budget)

#define GUARD_NUMBER(name) GUARD_##name,
enum guard_number { GUARD_LIST(GUARD_NUMBER) GUARDS };

#endif
