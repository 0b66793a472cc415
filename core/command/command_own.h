/*
 * command_own.h - what parsing and completion share. Others include command.h.
 */
#ifndef TUTTI_COMMAND_COMMAND_OWN_H
#define TUTTI_COMMAND_COMMAND_OWN_H

#include "command/command.h"
#include "mix/method.h"

static inline bool command_is_space(char c)
{
	return c == ' ' || c == '\t';
}

static inline enum method_role command_role(enum arg_kind kind)
{
	return kind == ARG_SAMPLING ? METHOD_SAMPLING : METHOD_WEIGHTING;
}

#endif
