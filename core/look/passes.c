/*
 * passes.c - which passes are told, and what was begun between two pictures.
 */
#include "look/passes.h"

#include <string.h>

uint64_t passes_told(uint64_t from, uint64_t to)
{
	static const uint64_t times[] = { 5, 3, 2, 1 };
	uint64_t ten = 1;

	while (to / 10 >= ten)
		ten *= 10;
	for (int i = 0; i < 4; i++)
		if (ten <= to / times[i]) /* the highest there is up to `to` */
			return times[i] * ten > from && times[i] * ten > 1 ?
				times[i] * ten : 0;
	return 0;
}

bool passes_take(struct passes *p, const struct snapshot *s)
{
	bool any = false;

	memset(p->told, 0, sizeof p->told);
	if (!s->n_channels)
		return false;
	for (int i = 0; i < s->n_channels && i < MIX_TASKS_MAX; i++) {
		uint64_t now = s->ch[i].epoch + 1;

		if (p->has_begun && now > p->at[i])
			p->told[i] = passes_told(p->at[i], now);
		p->at[i] = now;
		any |= p->told[i] > 0;
	}
	p->has_begun = true;
	return any;
}

void passes_words(const struct passes *p, const struct snapshot *s, char *out, size_t cap)
{
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < s->n_channels && i < MIX_TASKS_MAX && n + 1 < cap; i++) {
		if (!p->told[i])
			continue;
		str_format(out + n, cap - n, "%s%s begins pass %llu over its %llu training rows",
			   n ? "; " : "", s->ch[i].name, (unsigned long long)p->told[i],
			   (unsigned long long)s->ch[i].n_train);
		n = strlen(out);
	}
}
