/*
 * status_packet.c - a few fields of a snapshot as lines of text, and back.
 */
#include "status_packet.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum kind { TEXT, PHASE, COUNT, WHOLE, STEPS, REAL };

#define AT(member) offsetof(struct snapshot, member)
static const struct field {
	const char *key;
	enum kind kind;
	size_t at, cap; /* cap: of a text */
} field[] = {
	{ "phase", PHASE, AT(phase), 0 },
	{ "message", TEXT, AT(message), SNAPSHOT_MESSAGE },
	{ "work", TEXT, AT(work), 96 },
	{ "unit", TEXT, AT(work_unit), 16 },
	{ "done", COUNT, AT(work_done), 0 },
	{ "total", COUNT, AT(work_total), 0 },
	{ "left", REAL, AT(work_left), 0 },
	{ "memory", COUNT, AT(memory_now), 0 },
	{ "peak", COUNT, AT(memory_peak), 0 },
	{ "parameters", COUNT, AT(parameters), 0 },
	{ "workers", WHOLE, AT(workers), 0 },
	{ "steps", STEPS, AT(steps), 0 },
	{ "catching_up", STEPS, AT(catching_up), 0 },
};
enum { FIELDS = sizeof field / sizeof *field };

static void put_text(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_addc(out, *text == '\n' ? ' ' : *text);
}

static void put_value(struct buf *out, const struct field *f, const char *p)
{
	switch (f->kind) {
	case TEXT: put_text(out, p); break;
	case PHASE: buf_adds(out, phase_name(*(const enum phase *)(const void *)p)); break;
	case COUNT:
		buf_addf(out, "%" PRIu64, *(const uint64_t *)(const void *)p);
		break;
	case WHOLE: buf_addf(out, "%d", *(const int *)(const void *)p); break;
	case STEPS: buf_addf(out, "%" PRId64, *(const int64_t *)(const void *)p); break;
	case REAL: buf_addf(out, "%.3f", *(const double *)(const void *)p); break;
	}
}

void status_packet_write(const struct snapshot *s, struct buf *out)
{
	for (int i = 0; i < FIELDS; i++) {
		buf_addf(out, "%s=", field[i].key);
		put_value(out, &field[i], (const char *)s + field[i].at);
		buf_addc(out, '\n');
	}
}

static void take_phase(const char *word, enum phase *out)
{
	for (int p = 0; p <= PHASE_FAILED; p++)
		if (str_eq(word, phase_name((enum phase)p)))
			*out = (enum phase)p;
}

static void take_value(const struct field *f, const char *value, char *p)
{
	uint64_t count;
	int64_t whole;
	double real;

	switch (f->kind) {
	case TEXT: str_copy(p, f->cap, value); break;
	case PHASE: take_phase(value, (enum phase *)(void *)p); break;
	case COUNT:
		if (parse_u64(value, &count))
			*(uint64_t *)(void *)p = count;
		break;
	case WHOLE:
		if (parse_i64(value, &whole) && whole >= 0 && whole <= INT32_MAX)
			*(int *)(void *)p = (int)whole;
		break;
	case STEPS:
		if (parse_i64(value, &whole) && whole >= 0)
			*(int64_t *)(void *)p = whole;
		break;
	case REAL:
		if (parse_double(value, &real))
			*(double *)(void *)p = real;
		break;
	}
}

static void take_line(const char *line, size_t n, struct snapshot *s)
{
	char text[SNAPSHOT_MESSAGE + 32];
	char *value;

	str_format(text, sizeof text, "%.*s", (int)n, line);
	value = strchr(text, '=');
	if (!value)
		return;
	*value++ = '\0';
	for (int i = 0; i < FIELDS; i++)
		if (str_eq(text, field[i].key))
			take_value(&field[i], value, (char *)s + field[i].at);
}

void status_packet_read(const char *text, struct snapshot *s)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		take_line(text, n, s);
		text += n + (text[n] == '\n');
	}
}
