/*
 * bpe_pattern.c - GPT-2's pattern, by PCRE2: where the words of a text end. The one door
 * to PCRE2.
 *
 *   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * (Radford et al. 2019.) It covers every text. PCRE2 knows Unicode 14 where the
 * reference's engine knows 16, and takes one white space more: the classes below are
 * spelled so that every code point is of the reference's class, measured over all.
 * Whatever repeats takes all it can and gives nothing back, except blanks, which give
 * one: there is nothing to try again, so a match takes time in proportion to its word.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"
#include "text/bpe.h"
#include "text/utf8.h"

#define SPACES                                                                          \
	"\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}"       \
	"\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define LETTERS                                                                         \
	"\\p{L}\\x{1c89}\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}"                \
	"\\x{105c0}-\\x{105f3}\\x{10d4a}-\\x{10d65}\\x{10d6f}-\\x{10d85}"               \
	"\\x{10ec2}-\\x{10ec4}\\x{1123f}\\x{11240}\\x{11380}-\\x{11389}\\x{1138b}"      \
	"\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113d1}\\x{113d3}"                 \
	"\\x{11bc0}-\\x{11be0}\\x{11f02}\\x{11f04}-\\x{11f10}\\x{11f12}-\\x{11f33}"     \
	"\\x{1342f}\\x{13441}-\\x{13446}\\x{13460}-\\x{143fa}\\x{16100}-\\x{1611d}"     \
	"\\x{16d40}-\\x{16d6c}\\x{18cff}\\x{1b132}\\x{1b155}\\x{1df25}-\\x{1df2a}"      \
	"\\x{1e030}-\\x{1e06d}\\x{1e4d0}-\\x{1e4eb}\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}"     \
	"\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}"
#define NUMBERS                                                                         \
	"\\p{N}\\x{10d40}-\\x{10d49}\\x{116d0}-\\x{116e3}\\x{11bf0}-\\x{11bf9}"         \
	"\\x{11f50}-\\x{11f59}\\x{16130}-\\x{16139}\\x{16d70}-\\x{16d79}"               \
	"\\x{1ccf0}-\\x{1ccf9}\\x{1d2c0}-\\x{1d2d3}\\x{1e4f0}-\\x{1e4f9}"               \
	"\\x{1e5f1}-\\x{1e5fa}"

static const char pattern[] =
	"'(?:[stmd]|re|ve|ll)"
	"| ?+[" LETTERS "]++"
	"| ?+[" NUMBERS "]++"
	"| ?+[^" SPACES LETTERS NUMBERS "]++"
	"|[" SPACES "]+(?![^" SPACES "])"
	"|[" SPACES "]++";

struct bpe_pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

/* More steps than any match takes; then a character is a word (bpe_words_next). */
enum { STEPS_MAX = 100000 };

struct bpe_pattern *bpe_pattern_new(void)
{
	struct bpe_pattern *p = xcalloc(1, sizeof *p);
	PCRE2_SIZE at = 0;
	int error = 0;

	p->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &error, &at, NULL);
	p->limits = pcre2_match_context_create(NULL);
	BUG_IF(!p->code || !p->limits);
	pcre2_set_match_limit(p->limits, STEPS_MAX);
	pcre2_set_depth_limit(p->limits, STEPS_MAX);
	return p;
}

void bpe_pattern_free(struct bpe_pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
	xfree(p);
}

/* Bytes at the beginning that are UTF-8. */
static size_t valid_len(const char *s, size_t len)
{
	size_t i = 0;
	uint32_t cp;

	if (utf8_valid(s, len))
		return len;
	while (i < len) {
		int n = utf8_next(s + i, len - i, &cp);

		if (!n)
			break;
		i += (size_t)n;
	}
	return i;
}

void bpe_words_init(struct bpe_words *w, const struct bpe_pattern *p, const char *text,
		    size_t len)
{
	BUG_IF(len >= UINT32_MAX);
	*w = (struct bpe_words){ .pattern = p, .text = text, .len = len };
	w->match = pcre2_match_data_create(1, NULL);
	BUG_IF(!w->match);
	w->valid = valid_len(text, len);
}

void bpe_words_release(struct bpe_words *w)
{
	pcre2_match_data_free(w->match);
	w->match = NULL;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 32) - 'a') < 26;
}

/* The end of " word" of ASCII letters, as most are; 0: the pattern is asked. */
static size_t plain_word(const struct bpe_words *w)
{
	size_t i = w->pos + (w->text[w->pos] == ' '), from = i;

	while (i < w->valid && is_letter(w->text[i]))
		i++;
	return i > from && (i == w->valid || (unsigned char)w->text[i] < 0x80) ? i : 0;
}

bool bpe_words_next(struct bpe_words *w, size_t *from, size_t *to)
{
	uint32_t cp;
	int got;

	if (w->pos == w->len)
		return false;
	*from = w->pos;
	*to = w->pos + 1;
	if (w->pos == w->valid) { /* callers check; go on behind the byte */
		w->pos = *to;
		w->valid = w->pos + valid_len(w->text + w->pos, w->len - w->pos);
		return true;
	}
	*to = plain_word(w);
	if (!*to) {
		got = pcre2_match(w->pattern->code, (PCRE2_SPTR)w->text, w->valid, w->pos,
				  PCRE2_NO_UTF_CHECK, w->match, w->pattern->limits);
		*to = got > 0 ? pcre2_get_ovector_pointer(w->match)[1] : w->pos;
	}
	if (*to <= w->pos)
		*to = w->pos + (size_t)utf8_next(w->text + w->pos, w->valid - w->pos, &cp);
	w->pos = *to;
	return true;
}
