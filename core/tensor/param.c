/*
 * param.c - declaring parameters and holding their values.
 */
#include "tensor/param.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "tensor/weights.h"

void param_set_init(struct param_set *ps)
{
	*ps = (struct param_set){ 0 };
}

void param_set_release(struct param_set *ps)
{
	xfree(ps->p);
	weights_release(ps);
	xfree(ps->value);
	*ps = (struct param_set){ 0 };
}

int param_add(struct param_set *ps, int rows, int cols, int owner,
	      unsigned flags, const char *name_fmt, ...)
{
	bool is_still = flags & PARAM_STILL;
	struct param *p;
	va_list ap;
	int len;

	BUG_IF(ps->value || rows < 1 || cols < 1);
	if (ps->n == ps->cap) {
		ps->cap = ps->cap ? 2 * ps->cap : 64;
		ps->p = xreallocarray(ps->p, (size_t)ps->cap, sizeof *ps->p);
	}
	p = &ps->p[ps->n];
	*p = (struct param){ .rows = rows, .cols = cols, .owner = owner,
			     .flags = flags,
			     .offset = is_still ? ps->size - ps->moving : ps->moving };
	va_start(ap, name_fmt);
	len = vsnprintf(p->name, sizeof p->name, name_fmt, ap);
	va_end(ap);
	BUG_IF(len < 1 || len >= PARAM_NAME);
	BUG_IF(param_find(ps, p->name) >= 0);
	ps->size += param_room(ps, ps->n);
	ps->moving += is_still ? 0 : param_room(ps, ps->n);
	return ps->n++;
}

void param_set_alloc(struct param_set *ps)
{
	BUG_IF(ps->value);
	for (int i = 0; i < ps->n; i++)
		if (param_is_still(ps, i))
			ps->p[i].offset += ps->moving;
	ps->value = xalloc64((ps->size ? ps->size : 1) * sizeof *ps->value);
}

size_t param_set_bytes(const struct param_set *ps)
{
	return ps->size * sizeof *ps->value;
}

float *param_value(const struct param_set *ps, int p)
{
	BUG_IF(p < 0 || p >= ps->n || !ps->value);
	return ps->value + ps->p[p].offset;
}

size_t param_count(const struct param_set *ps, int p)
{
	return (size_t)ps->p[p].rows * (size_t)ps->p[p].cols;
}

/* The next one starts on a cache line: 16 floats. */
size_t param_room(const struct param_set *ps, int p)
{
	return (param_count(ps, p) + 15) / 16 * 16;
}

bool param_is_still(const struct param_set *ps, int p)
{
	return ps->p[p].flags & PARAM_STILL;
}

int param_find(const struct param_set *ps, const char *name)
{
	for (int i = 0; i < ps->n; i++)
		if (!strcmp(ps->p[i].name, name))
			return i;
	return -1;
}
