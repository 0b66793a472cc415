/*
 * Themes: every ink can be read on every paper (WCAG 4.5 to 1), on the table and
 * on the screens themselves; channels can be told apart by colour-blind eyes; the
 * terminal is asked which it is, and believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "screen/palette.h"
#include "fixture/pty_desk.h"

enum { BLACK_ = 16, WHITE_ = 231 };

static void test_contrast(void **state)
{
	(void)state;
	assert_true(fabs(palette_contrast(BLACK_, WHITE_) - 21) < 1e-9);
	assert_true(fabs(palette_contrast(99, 99) - 1) < 1e-9);
	assert_true(fabs(palette_contrast(243, WHITE_) - 4.54) < .01); /* #767676 */
	for (int light = 0; light < 2; light++)
		for (int paper = 0; paper < PAPERS; paper++)
			for (int ink = 0; ink < INKS; ink++) {
				short bg = palette_paper(light, (enum paper)paper);
				short fg = palette_text(light, (enum ink)ink,
							(enum paper)paper);

				assert_true(bg < 0 || fg >= 0);
				if (fg < 0 || ink == INK_FRAME ||
				    (bg < 0 && ink == INK_BLACK))
					continue;
				if (bg < 0)
					bg = light ? WHITE_ : BLACK_;
				if (palette_contrast(fg, bg) < 4.5)
					fail_msg("ink %d (%d) on paper %d (%d): %.2f", ink,
						 fg, paper, bg, palette_contrast(fg, bg));
			}
}

/* --- colour-blind eyes: Machado, Oliveira and Fernandes 2009, severity 1 --- */

static const double sight[][3][3] = {
	{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	{{.152286, 1.052583, -.204868}, {.114503, .786281, .099216},
	 {-.003882, -.048116, 1.051998}},
	{{.367322, .860646, -.227968}, {.280085, .672501, .047413},
	 {-.011820, .042940, .968881}}};

static double lightness(double t)
{
	return t > .008856 ? cbrt(t) : 7.787 * t + 16 / 116.0;
}

static void as_lab(int colour, const double see[3][3], double lab[3])
{
	static const int step[] = {0, 95, 135, 175, 215, 255};
	double c[3], s[3], x, y, z;
	int i = colour - 16;

	for (int k = 0; k < 3; k++) {
		int v = colour >= 232 ? 8 + 10 * (colour - 232) :
			step[k == 0 ? i / 36 : k == 1 ? i / 6 % 6 : i % 6];

		c[k] = v / 255.0 <= .04045 ? v / 255.0 / 12.92 :
					     pow((v / 255.0 + .055) / 1.055, 2.4);
	}
	for (int k = 0; k < 3; k++)
		s[k] = fmin(1, fmax(0, see[k][0] * c[0] + see[k][1] * c[1] +
					       see[k][2] * c[2]));
	x = lightness((.4124 * s[0] + .3576 * s[1] + .1805 * s[2]) / .9505);
	y = lightness(.2126 * s[0] + .7152 * s[1] + .0722 * s[2]);
	z = lightness((.0193 * s[0] + .1192 * s[1] + .9505 * s[2]) / 1.089);
	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

static void test_channels_differ(void **state)
{
	(void)state;
	for (int light = 0; light < 2; light++)
		for (size_t eye = 0; eye < sizeof sight / sizeof *sight; eye++)
			for (int a = 0; a < CHANNEL_INKS; a++)
				for (int b = 0; b < a; b++) {
					double p[3], q[3], far;

					as_lab(palette_text(light, ink_channel(a), 0),
					       sight[eye], p);
					as_lab(palette_text(light, ink_channel(b), 0),
					       sight[eye], q);
					far = sqrt(pow(p[0] - q[0], 2) +
						   pow(p[1] - q[1], 2) +
						   pow(p[2] - q[2], 2));
					if (far < 12)
						fail_msg("channels %d and %d, eye %zu, "
							 "%s: %.1f", a, b, eye,
							 light ? "light" : "dark", far);
				}
}

/* --- what the screens show --- */

static int colour_of(const VTermColor *c, bool is_fg, bool light)
{
	if (is_fg ? VTERM_COLOR_IS_DEFAULT_FG(c) : VTERM_COLOR_IS_DEFAULT_BG(c))
		return is_fg == light ? BLACK_ : WHITE_;
	assert_true(VTERM_COLOR_IS_INDEXED(c));
	return c->indexed.idx;
}

/* Letters and digits must be legible; anything that is drawn must be visible. */
static void assert_legible(struct pty *p, bool light, const char *what)
{
	int letters = 0;

	for (int y = 0; y < p->rows; y++)
		for (int x = 0; x < p->cols; x++) {
			VTermScreenCell c = pty_cell(p, y, x);
			uint32_t ch = c.chars[0];
			int fg = colour_of(&c.fg, true, light);
			int bg = colour_of(&c.bg, false, light);
			bool is_text = (ch >= '0' && ch <= '9') ||
				       (ch >= 'a' && ch <= 'z') ||
				       (ch >= 'A' && ch <= 'Z');

			if (!ch || ch == ' ' || ch == (uint32_t)-1)
				continue;
			letters += is_text;
			if (fg == bg)
				fail_msg("%s: '%c' at %d, %d in its paper's colour %d",
					 what, ch < 0x7f ? (char)ch : '?', y, x, fg);
			if (is_text && fg >= 16 && bg >= 16 &&
			    palette_contrast(fg, bg) < 4.5)
				fail_msg("%s: '%c' at %d, %d: %d on %d is %.2f", what,
					 (char)ch, y, x, fg, bg, palette_contrast(fg, bg));
		}
	assert_true(letters > 100);
}

static void test_screens(void **state)
{
	static const char *const keys[] = {"",	"msjp", "2", "3", "3<\tl", "4", "4]",
					   "5", "6",	"7", "8", "?",	   ":wei\t",
					   "q"};
	static const char *const term[] = {"xterm-256color", "xterm"};

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct pty_spec s = {.theme = k & 1 ? THEME_LIGHT : THEME_DARK,
				     .term = term[k / 2], .rows = 40, .cols = 120};

		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
			char what[64];
			struct pty p;

			str_format(what, sizeof what, "%s, %s, keys '%s'", s.term,
				   k & 1 ? "light" : "dark", keys[i]);
			pty_begin(&p, &s);
			pty_type(&p, keys[i]);
			assert_legible(&p, k & 1, what);
			pty_close(&p);
		}
	}
}

/* --- which of them --- */

static int ink_of(struct pty *p, int y, int x)
{
	VTermScreenCell c = pty_cell(p, y, x);

	return VTERM_COLOR_IS_INDEXED(&c.fg) ? c.fg.indexed.idx : -1;
}

static void test_answer(void **state)
{
	struct pty_spec s = {0}, fixed = {.theme = THEME_DARK};
	struct pty p;
	int dark;

	(void)state;
	pty_begin(&p, &s);
	assert_true(pty_raw_has(&p, "\033]11;?\033\\", 8));
	dark = ink_of(&p, 3, 4); /* a channel's name */
	pty_type(&p, "\033]11;rgb:ffff/ffff/ffff\033\\");
	assert_int_not_equal(ink_of(&p, 3, 4), dark);
	assert_legible(&p, true, "told that it is light");
	pty_type(&p, "\033]11;rgb:12/12/16\007");
	assert_int_equal(ink_of(&p, 3, 4), dark);
	pty_close(&p);
	pty_begin(&p, &fixed); /* a wish needs no question, and no answer counts */
	assert_false(pty_raw_has(&p, "\033]11;?", 6));
	pty_type(&p, "\033]11;rgb:ffff/ffff/ffff\033\\");
	assert_int_equal(ink_of(&p, 3, 4), dark);
	pty_close(&p);
}

static void test_not_asked(void **state)
{
	static const char *const term[] = {"linux", "vt100", "screen", "screen-256color",
					   "xterm"}; /* the last has 8 colours */

	(void)state;
	for (size_t i = 0; i < sizeof term / sizeof *term; i++) {
		struct pty_spec s = {.term = term[i]};
		struct pty p;

		pty_begin(&p, &s);
		assert_false(pty_raw_has(&p, "\033]", 2));
		pty_close(&p);
	}
}

static void wish(const char *option, const char *theme, const char *colors,
		 enum theme want)
{
	unsetenv("TUTTI_THEME");
	unsetenv("COLORFGBG");
	if (theme)
		setenv("TUTTI_THEME", theme, 1);
	if (colors)
		setenv("COLORFGBG", colors, 1);
	assert_int_equal(theme_wish(option), want);
}

static void test_wish(void **state)
{
	enum theme t;

	(void)state;
	wish(NULL, NULL, NULL, THEME_AUTO);
	wish("light", "dark", "15;0", THEME_LIGHT);
	wish("auto", "dark", "0;15", THEME_LIGHT); /* auto looks at the terminal */
	wish(NULL, "light", "15;0", THEME_LIGHT);
	wish(NULL, "pink", "0;default;15", THEME_LIGHT);
	wish(NULL, NULL, "0;7", THEME_LIGHT);
	wish(NULL, NULL, "15;0", THEME_DARK);
	wish(NULL, NULL, "7;8", THEME_DARK);
	wish(NULL, NULL, "default;default", THEME_AUTO);
	wish(NULL, NULL, "15", THEME_AUTO);
	wish(NULL, "", "0;99", THEME_AUTO);
	assert_true(theme_answer("rgb:0/0/0", 9, &t) && t == THEME_DARK);
	assert_true(theme_answer("rgb:fdfd/f6f6/e3e3", 18, &t) && t == THEME_LIGHT);
	assert_false(theme_answer("rgb:fdfd/f6f6", 13, &t));
	assert_false(theme_answer("rgb:fffff/0/0", 13, &t));
	assert_false(theme_answer("rgb:-1/0/0", 10, &t));
	assert_false(theme_answer("#ffffff", 7, &t));
	assert_false(theme_answer("rgb:", 4, &t));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contrast),
		cmocka_unit_test(test_channels_differ),
		cmocka_unit_test(test_screens),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_wish),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
