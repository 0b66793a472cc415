/*
 * Storms: random keys and bytes, and random sizes, in every view and in the
 * prompt. Afterwards the desk still answers and can be left. Short here; for
 * nights: TUTTI_STORM=20000 (keys), TUTTI_RESIZES=1000, TUTTI_SEED=n.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture/recognise.h"
#include "fixture/pty_desk.h"

/* readline forgets an undo record of a recalled and edited line (8.2, measured). */
static const struct place { const char *name, *keys; } places[] = {
	{"desk", "1"}, {"curves", "2"}, {"inspect", "3"}, {"summaries", "4"},
	{"runs", "5"}, {"data", "6"}, {"gradients", "7"}, {"journal", "8"},
	{"help", "?"}, {"prompt", ":"}, {"try", "4t"}};
enum { PLACES = sizeof places / sizeof *places };

static uint32_t dice(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*s >> 33);
}

static int knob(const char *name, int usual)
{
	const char *text = getenv(name);

	return text ? (int)strtol(text, NULL, 10) : usual;
}

static void random_key(uint64_t *s, struct buf *out)
{
	static const char *const seq[] = {
		"\033[A", "\033[B", "\033[C", "\033[D", "\033[H", "\033[F", "\033[5~",
		"\033[6~", "\033[3~", "\033[Z", "\033OA", "\033", "\t", "\r", "\022",
		"\022\030a", "\033[200~x\ny\033[201~", "\033[1;5C", "\033[200~",
		"\033[999999999999m", "\033[<0;10;5M", "\033[<64;3;3M", "\033[M abc",
		"\033]11;rgb:ffff/ffff/ffff\033\\", "\033]11;", "\033P1$r\033\\",
		"\033[?2026;2$y", ":weight ", ":help weight\r", ":try abc\r",
		":note \xf0\x9f\x9a\x80\r", "\177", "\xe6\x9d\xb1", "\xff", "\xc2\x9b"};
	uint32_t k = dice(s) % 3;
	unsigned char byte;

	if (k == 0) {
		buf_adds(out, seq[dice(s) % (sizeof seq / sizeof *seq)]);
		return;
	}
	do
		byte = (unsigned char)(k == 1 ? dice(s) % 256 : 32 + dice(s) % 95);
	while (byte == 3 || byte == 26 || byte == 'q' || /* those leave or stop it */
	       (byte >= '1' && byte <= '8') || byte == '?' || byte == 'D');
	buf_add(out, &byte, 1);
}

/* Whatever is open is closed, a paste too, and q leaves. */
static void assert_can_be_left(struct pty *p, uint64_t seed)
{
	char why[96], *screen;
	int code;
	long at;

	pty_type(p, "\033[201~\007");
	for (int i = 0; i < 4; i++)
		pty_type(p, "\033");
	pty_type(p, "n");
	pty_type(p, "\033");
	pty_send(p, "q", 1);
	pty_settle(p, 2);
	pty_send(p, "y", 1);
	code = pty_wait(p, 10);
	if (code != 0) {
		screen = pty_text(p);
		print_error("seed %llu: code %d\n%s\n", (unsigned long long)seed, code,
			    screen);
		xfree(screen);
	}
	assert_int_equal(code, 0);
	at = recognise(buf_str(&p->raw), p->raw.len, true, why);
	if (at >= 0)
		fail_msg("byte %ld is not ours: %s", at, why);
}

static void test_keys(void **state)
{
	const struct place *place = *state;
	uint64_t seed = (uint64_t)(knob("TUTTI_SEED", 1) * 100 + (place - places));
	struct pty_spec s = {.rows = 24 + (int)(seed % 3) * 8,
			     .cols = 80 + (int)(seed % 3) * 20,
			     .tasks = 3 + (int)(seed % 5)};
	uint64_t first = seed;
	int keys = knob("TUTTI_STORM", 1200);
	struct pty p;
	struct buf b;

	buf_init(&b);
	pty_begin(&p, &s);
	pty_type(&p, place->keys);
	for (int i = 0; i < keys && !pty_has_ended(&p); i++) {
		random_key(&seed, &b);
		if (i % 60 == 59) /* back to where we were meant to be */
			buf_addf(&b, "\033[201~\033\033%s", place->keys);
		if (b.len > 40) {
			pty_send(&p, b.s, b.len);
			buf_clear(&b);
		}
	}
	if (pty_has_ended(&p))
		fail_msg("seed %llu: ended with %d", (unsigned long long)first,
			 pty_wait(&p, 1));
	assert_can_be_left(&p, first);
	buf_release(&b);
	pty_close(&p);
}

static void test_sizes(void **state)
{
	const struct place *place = *state;
	uint64_t seed = (uint64_t)(knob("TUTTI_SEED", 1) * 100 + (place - places));
	int times = knob("TUTTI_RESIZES", 60);
	struct pty_spec s = {.tasks = 7};
	uint64_t first = seed;
	char *seen, *want;
	struct pty p;

	pty_begin(&p, &s);
	pty_type(&p, place->keys);
	want = pty_text(&p);
	pty_close_eyes(&p);
	for (int i = 0; i < times && !pty_has_ended(&p); i++) {
		bool is_wild = dice(&seed) % 3 == 0;

		pty_resize(&p, 1 + (int)(dice(&seed) % (is_wild ? 300 : 60)),
			   1 + (int)(dice(&seed) % (is_wild ? 500 : 150)));
		if (dice(&seed) % 2)
			pty_read(&p, .001, .01); /* else the next one comes at once */
	}
	if (pty_has_ended(&p))
		fail_msg("seed %llu: ended with %d", (unsigned long long)first,
			 pty_wait(&p, 1));
	pty_resize(&p, 23, 80);
	assert_true(pty_settle(&p, 10));
	pty_resize(&p, 24, 80);
	pty_open_eyes(&p);
	assert_true(pty_settle(&p, 10));
	seen = pty_text(&p);
	if (strcmp(seen, want))
		print_error("--- before:\n%s--- after:\n%s", want, seen);
	assert_string_equal(seen, want);
	assert_can_be_left(&p, first);
	xfree(seen);
	xfree(want);
	pty_close(&p);
}

int main(void)
{
	static struct CMUnitTest tests[2 * PLACES];
	static char name[2 * PLACES][40];

	for (int i = 0; i < 2 * PLACES; i++) {
		const struct place *p = &places[i % PLACES];

		str_format(name[i], sizeof name[i], "%s in %s",
			   i < PLACES ? "keys" : "sizes", p->name);
		tests[i] = (struct CMUnitTest){
			.name = name[i],
			.test_func = i < PLACES ? test_keys : test_sizes,
			.initial_state = (void *)(uintptr_t)p};
	}
	return _cmocka_run_group_tests("storm", tests, 2 * PLACES, NULL, NULL);
}
