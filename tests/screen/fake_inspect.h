/*
 * fake_inspect.h - made-up attributions and an evaluation before the newest one.
 * Included by fake.h.
 */
#ifndef TUTTI_TESTS_FAKE_INSPECT_H
#define TUTTI_TESTS_FAKE_INSPECT_H

#include "ask/ask_classify.h"
#include "base/json.h"
#include "base/str.h"

enum { FAKE_WORDS = 64 };

/* Bytes where words begin and end. */
static inline int fake_cut(const char *s, int from[FAKE_WORDS], int to[FAKE_WORDS])
{
	int n = 0;

	for (int i = 0; s[i] && n < FAKE_WORDS;) {
		int k = i;

		while (s[k] && s[k] != ' ')
			k++;
		if (k > i) {
			from[n] = i;
			to[n++] = k;
		}
		i = s[k] ? k + 1 : k;
	}
	return n;
}

/* Between -1 and 1, from a word's bytes and a salt alone. */
static inline double fake_score(const char *s, int from, int to, unsigned salt)
{
	unsigned h = 2166136261u + salt;

	for (int i = from; i < to; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	h ^= h >> 13;
	return (int)(h % 2001) / 1000.0 - 1;
}

/* What core/ask/explain.h says of "explain TASK TEXT [ || PAIR]". */
static inline void fake_explain(const char *line, bool is_number, struct buf *out)
{
	const char *text = strchr(line + 8, ' ');
	char *one = xstrdup(text ? text + 1 : ""), *two = strstr(one, " || ");
	const char *part[2] = { one, two ? two + 4 : NULL };
	int from[2][FAKE_WORDS], to[2][FAKE_WORDS], n[2] = { 0, 0 };
	struct json_out j;

	if (two)
		*two = '\0';
	for (int t = 0; t < 2 && part[t]; t++)
		n[t] = fake_cut(part[t], from[t], to[t]);
	json_out_init(&j, out, 0);
	json_open(&j, NULL, '{');
	json_put_str(&j, "text", part[0]);
	if (part[1])
		json_put_str(&j, "pair", part[1]);
	for (int list = 0; list < 4; list++) {
		static const char *const name[] = { "pieces", "offsets",
						    "gradient_x_input", "occlusion" };

		json_open(&j, name[list], '[');
		for (int t = 0; t < 2; t++)
			for (int i = 0; i < n[t]; i++)
				if (list == 0) {
					json_put_strn(&j, NULL, part[t] + from[t][i],
						      (size_t)(to[t][i] - from[t][i]));
				} else if (list == 1) {
					json_open(&j, NULL, '[');
					json_put_int(&j, NULL, from[t][i]);
					json_put_int(&j, NULL, to[t][i]);
					json_close(&j, ']');
				} else {
					json_put_num(&j, NULL, fake_score(part[t],
						     from[t][i], to[t][i],
						     (unsigned)list) / (list == 3 ? 2 : 1));
				}
		json_close(&j, ']');
	}
	json_put_int(&j, "second", n[0]);
	json_put_int(&j, "left_out", 0);
	json_put_int(&j, "occluded", n[0] + n[1]);
	if (is_number)
		json_put_num(&j, "pred", 3.25);
	else
		json_put_str(&j, "pred", str_starts(line, "explain agnews ") ? "Sports" :
			     "negative");
	if (!is_number)
		json_put_num(&j, "p", .91);
	json_close(&j, '}');
	xfree(one);
}

/* The evaluation before: every 11th row was another answer. */
static inline void fake_before(struct prediction_set *s, int64_t step)
{
	s->step = step;
	for (int i = 0; i < s->n; i++) {
		struct prediction *p = &s->p[i];

		if (i % 11 == 4 && label_count(p) > 1)
			p->v[LABEL_PRED] = label_pred(p) == label_gold(p) ?
				(label_gold(p) + 1) % label_count(p) : label_gold(p);
	}
}

#endif
