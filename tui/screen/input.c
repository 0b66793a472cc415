/*
 * input.c - bytes to keys.
 */
#include "input.h"

#include <stdio.h>
#include <string.h>

#include "text/utf8.h"
#include "theme.h"

enum { SEQUENCE_MAX = 1024, NEED_MORE = -1, NOTHING = 0 };
#define ESC_DELAY 0.05
#define PASTE_IDLE 1.0

static const char paste_end[] = "\033[201~";

void input_init(struct input *in)
{
	memset(in, 0, sizeof *in);
	buf_init(&in->paste);
}

void input_release(struct input *in)
{
	buf_release(&in->paste);
}

size_t input_room(const struct input *in)
{
	return INPUT_QUEUE - in->n;
}

void input_feed(struct input *in, const unsigned char *bytes, size_t n, double now)
{
	if (n > input_room(in))
		n = input_room(in);
	memcpy(in->q + in->n, bytes, n);
	in->n += n;
	in->last = now;
}

static void drop(struct input *in, size_t n)
{
	memmove(in->q, in->q + n, in->n - n);
	in->n -= n;
}

static uint32_t letter_key(unsigned char final)
{
	switch (final) {
	case 'A': return KEY_UP_;
	case 'B': return KEY_DOWN_;
	case 'C': return KEY_RIGHT_;
	case 'D': return KEY_LEFT_;
	case 'H': return KEY_HOME_;
	case 'F': return KEY_END_;
	case 'Z': return KEY_BACKTAB_;
	default: return 0;
	}
}

static uint32_t number_key(int number)
{
	switch (number) {
	case 1: case 7: return KEY_HOME_;
	case 4: case 8: return KEY_END_;
	case 3: return KEY_DEL_;
	case 5: return KEY_PGUP_;
	case 6: return KEY_PGDN_;
	default: return 0;
	}
}

/* A CSI sequence at q: its length, 0 while it is not complete. */
static size_t csi_length(const struct input *in)
{
	for (size_t i = 2; i < in->n; i++)
		if (in->q[i] >= 0x40 && in->q[i] <= 0x7e)
			return i + 1;
		else if (in->q[i] < 0x20 || in->q[i] > 0x7e)
			return i; /* broken off: what follows stands for itself */
	return in->n >= SEQUENCE_MAX ? in->n : 0;
}

/* The answer to a request for mode 2026: 1, 2: it is known. */
static bool is_sync_answer(const unsigned char *q, size_t n)
{
	static const char head[] = "\033[?2026;";
	size_t h = sizeof head - 1;

	return n == h + 3 && !memcmp(q, head, h) && (q[h] == '1' || q[h] == '2') &&
	       q[h + 1] == '$' && q[h + 2] == 'y';
}

/* ESC [ < button ; column ; row M, or m when it is let go. */
static bool read_mouse(struct input *in, size_t n)
{
	int v[3] = {0}, k = 0;

	for (size_t i = 3; i < n - 1; i++) {
		unsigned char ch = in->q[i];

		if (ch == ';')
			k++;
		else if (ch >= '0' && ch <= '9' && k < 3)
			v[k] = v[k] < 10000 ? v[k] * 10 + (ch - '0') : v[k];
		else
			return false;
	}
	if (k != 2 || v[1] < 1 || v[2] < 1)
		return false;
	in->mouse = (struct mouse){.button = v[0] & ~(4 | 8 | 16 | 32), /* no Shift */
				   .y = v[2] - 1, .x = v[1] - 1,
				   .is_release = in->q[n - 1] == 'm',
				   .is_drag = v[0] & 32};
	return true;
}

static int read_csi(struct input *in, uint32_t *key)
{
	size_t n = csi_length(in);
	int number = 0;

	if (!n)
		return NEED_MORE;
	if (n == 3 && in->q[2] == 'M') { /* an old mouse report: three bytes follow */
		if (in->n < 6)
			return NEED_MORE;
		drop(in, 6);
		return NOTHING;
	}
	if (in->q[n - 1] < 0x40) {
		drop(in, n);
		return NOTHING;
	}
	for (size_t i = 2; i < n && in->q[i] >= '0' && in->q[i] <= '9'; i++)
		number = number < 1000 ? number * 10 + (in->q[i] - '0') : number;
	*key = 0;
	if (in->q[n - 1] == '~' && number == 200) {
		in->is_pasting = true;
		in->lost = 0;
		buf_clear(&in->paste);
	} else if (in->q[n - 1] == '~') {
		*key = number_key(number);
	} else if (is_sync_answer(in->q, n)) {
		*key = KEY_SYNC_;
	} else if (in->q[2] == '<') {
		if ((in->q[n - 1] | 32) == 'm' && read_mouse(in, n))
			*key = KEY_MOUSE_;
	} else if (in->q[2] != '?') {
		*key = letter_key(in->q[n - 1]);
	}
	drop(in, n);
	return *key ? 1 : NOTHING;
}

/* A string (OSC, DCS, ...) up to its end mark: ESC \\ or BEL. */
static int read_string(struct input *in, uint32_t *key)
{
	static const char colour[] = "\033]11;";
	size_t h = sizeof colour - 1, n = 2, mark = 0;
	enum theme theme;

	for (; n < in->n && !mark; n++) {
		if (in->q[n] == 7)
			mark = 1;
		else if (in->q[n] == 27 && n + 1 < in->n)
			mark = in->q[n + 1] == '\\' ? 2 : 1; /* broken off */
	}
	if (!mark && in->n < SEQUENCE_MAX)
		return NEED_MORE;
	n -= mark > 0; /* where the mark is */
	*key = 0;
	if (n > h && !memcmp(in->q, colour, h) &&
	    theme_answer((const char *)in->q + h, n - h, &theme))
		*key = theme == THEME_LIGHT ? KEY_LIGHT_ : KEY_DARK_;
	if (mark == 1 && in->q[n] == 27)
		mark = 0; /* that begins something else */
	drop(in, n + mark);
	return *key ? 1 : NOTHING;
}

/* The begin of the answer we asked for may wait longer: nobody types that. */
static bool is_colour_answer(const struct input *in)
{
	static const char head[] = "\033]11;rgb:";

	return in->n >= sizeof head - 1 && !memcmp(in->q, head, sizeof head - 1);
}

static int read_escape(struct input *in, double now, uint32_t *key)
{
	bool waited = now - in->last >= (is_colour_answer(in) ? PASTE_IDLE : ESC_DELAY);

	if (in->n >= 2 && strchr("]P^_X", in->q[1]) && in->q[1]) {
		int got = read_string(in, key);

		if (got != NEED_MORE || !waited)
			return got;
	} else if (in->n >= 2 && in->q[1] == '[') {
		int got = read_csi(in, key);

		if (got != NEED_MORE || !waited)
			return got;
	} else if (in->n >= 2 && in->q[1] == 'O') {
		if (in->n >= 3) {
			*key = letter_key(in->q[2]);
			drop(in, 3);
			return *key ? 1 : NOTHING;
		}
		if (!waited)
			return NEED_MORE;
	} else if (in->n < 2 && !waited) {
		return NEED_MORE;
	}
	drop(in, 1);
	*key = KEY_ESC_;
	return 1;
}

static int read_character(struct input *in, double now, uint32_t *key)
{
	int bytes = utf8_next((const char *)in->q, in->n, key);

	if (bytes == 0 && in->n < 4 && in->q[0] >= 0xc2 && now - in->last < ESC_DELAY)
		return NEED_MORE; /* the rest may be under way */
	drop(in, bytes ? (size_t)bytes : 1);
	return bytes && *key ? 1 : NOTHING;
}

/* One harmless line: what a paste may bring into a prompt. */
static void clean_paste(struct buf *paste)
{
	size_t n = 0;

	for (size_t i = 0; i < paste->len; i++) {
		unsigned char ch = (unsigned char)paste->s[i];

		if (ch == '\r' && i + 1 < paste->len && paste->s[i + 1] == '\n')
			continue;
		if (ch == '\n' || ch == '\r' || ch == '\t')
			paste->s[n++] = ' ';
		else if (ch >= 0x20 && ch != 0x7f)
			paste->s[n++] = (char)ch;
	}
	if (paste->s)
		paste->s[n] = '\0';
	paste->len = n;
}

static bool read_paste(struct input *in, double now, uint32_t *key)
{
	size_t mark = sizeof paste_end - 1;
	unsigned char *end = memmem(in->q, in->n, paste_end, mark);
	size_t n = end ? (size_t)(end - in->q) : in->n;
	size_t room = INPUT_PASTE_MAX - in->paste.len, take;

	if (!end) { /* keep what may be the begin of the end mark */
		for (size_t k = mark - 1; k > 0; k--)
			if (n >= k && !memcmp(in->q + n - k, paste_end, k)) {
				n -= k;
				break;
			}
	}
	take = n < room ? n : room;
	buf_add(&in->paste, in->q, take);
	in->lost += n - take;
	drop(in, end ? n + mark : n);
	if (!end && now - in->last < PASTE_IDLE)
		return false;
	in->is_pasting = false;
	clean_paste(&in->paste);
	*key = KEY_PASTE_;
	return true;
}

bool input_next(struct input *in, double now, uint32_t *key)
{
	for (;;) {
		int got;

		if (in->is_pasting)
			return read_paste(in, now, key);
		if (!in->n)
			return false;
		if (in->q[0] == 27)
			got = read_escape(in, now, key);
		else
			got = read_character(in, now, key);
		if (got == NEED_MORE)
			return false;
		if (got != NOTHING)
			return true;
	}
}

double input_wait(const struct input *in, double now)
{
	double left;

	if (!in->is_pasting && !in->n)
		return -1;
	left = in->last + (in->is_pasting ? PASTE_IDLE : ESC_DELAY) - now;
	return left > 0 ? left : 0;
}

const char *key_name(uint32_t key, char out[16])
{
	static const char *const named[] = {"Up",  "Down", "Right", "Left", "Home",
					    "End", "PgUp", "PgDn",  "Del",  "S-Tab"};
	char bytes[5] = "";

	if (key > KEY_BASE_ && key <= KEY_BACKTAB_)
		str_copy(out, 16, named[key - KEY_UP_]);
	else if (key == ' ')
		str_copy(out, 16, "Space");
	else if (key == KEY_ESC_)
		str_copy(out, 16, "Esc");
	else if (key == KEY_TAB_)
		str_copy(out, 16, "Tab");
	else if (key == KEY_ENTER_)
		str_copy(out, 16, "Enter");
	else if (key < 32)
		snprintf(out, 16, "Ctrl-%c", (char)(key + 64));
	else {
		bytes[utf8_put(key, bytes)] = '\0';
		str_copy(out, 16, bytes);
	}
	return out;
}
