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
			     .flags = flags, .offset = ps->size };
	va_start(ap, name_fmt);
	len = vsnprintf(p->name, sizeof p->name, name_fmt, ap);
	va_end(ap);
	BUG_IF(len < 1 || len >= PARAM_NAME);
	BUG_IF(param_find(ps, p->name) >= 0);
	/* The next one starts on a cache line: 16 floats. */
	ps->size += ((size_t)rows * (size_t)cols + 15) / 16 * 16;
	return ps->n++;
}

void param_set_alloc(struct param_set *ps)
{
	BUG_IF(ps->value);
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

int param_find(const struct param_set *ps, const char *name)
{
	for (int i = 0; i < ps->n; i++)
		if (!strcmp(ps->p[i].name, name))
			return i;
	return -1;
}
