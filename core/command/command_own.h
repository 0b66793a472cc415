/*
 * command_own.h - what parsing and completion share. Others include command.h.
 */
#ifndef TUTTI_COMMAND_COMMAND_OWN_H
#define TUTTI_COMMAND_COMMAND_OWN_H

#include "command/command.h"
#include "mix/method.h"

/* What argument i of a row is; of parameters there are as many as there are. */
enum arg_kind command_kind_at(const struct command_row *row, int i);

static inline bool command_is_space(char c)
{
	return c == ' ' || c == '\t';
}

static inline enum method_role command_role(enum arg_kind kind)
{
	return kind == ARG_SAMPLING ? METHOD_SAMPLING : METHOD_WEIGHTING;
}

#endif
