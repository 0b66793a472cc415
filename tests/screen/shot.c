/*
 * shot.c - takes a picture's worth of a terminal program: runs it on a
 * pseudo-terminal, types keys, and writes what every cell shows. picture.py beside
 * paints it. make picture
 *
 *   shot ROWS COLS STEP... -- PROGRAM [WORD]...     STEP: a number of seconds to
 *                                                   wait, or "=KEYS" to type
 * A line a cell: row, column, columns wide, foreground, background, bold,
 * underline, reverse, text.
 */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "fixture/pty_program.h"

static void put_colour(const VTermState *state, VTermColor c, bool is_back)
{
	if (is_back ? VTERM_COLOR_IS_DEFAULT_BG(&c) : VTERM_COLOR_IS_DEFAULT_FG(&c)) {
		printf(" -");
		return;
	}
	vterm_state_convert_color_to_rgb(state, &c);
	printf(" %02x%02x%02x", c.rgb.red, c.rgb.green, c.rgb.blue);
}

static void put_cell(struct pty *p, int y, int x)
{
	VTermPos at = {y, x};
	VTermScreenCell cell;
	char bytes[8];

	vterm_screen_get_cell(p->screen, at, &cell);
	if (cell.width < 1)
		return;
	printf("%d %d %d", y, x, cell.width);
	put_colour(vterm_obtain_state(p->vt), cell.fg, false);
	put_colour(vterm_obtain_state(p->vt), cell.bg, true);
	printf(" %d %d %d ", cell.attrs.bold, cell.attrs.underline != 0,
	       cell.attrs.reverse);
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
		fwrite(bytes, 1, (size_t)utf8_put(cell.chars[i], bytes), stdout);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int64_t rows = 0, cols = 0;
	struct pty p;
	int words = 3;

	while (words < argc && strcmp(argv[words], "--") != 0)
		words++;
	if (argc < 5 || words + 1 >= argc || !parse_i64(argv[1], &rows) ||
	    !parse_i64(argv[2], &cols) || rows < 1 || rows > 300 || cols < 1 ||
	    cols > 500) {
		fputs("usage: shot ROWS COLS STEP... -- PROGRAM [WORD]...\n", stderr);
		return 2;
	}
	pty_exec(&p, argv[words + 1], "xterm-256color", "C.UTF-8", (int)rows, (int)cols,
		  (const char *const *)(uintptr_t)(argv + words + 2));
	for (int i = 3; i < words; i++) {
		double seconds;

		if (argv[i][0] == '=')
			pty_keys(&p, argv[i] + 1);
		else if (parse_double(argv[i], &seconds))
			for (double end = clock_now() + seconds; clock_now() < end;)
				pty_read(&p, .1, .2);
	}
	for (int y = 0; y < p.rows; y++)
		for (int x = 0; x < p.cols; x++)
			put_cell(&p, y, x);
	pty_close(&p);
	return 0;
}
