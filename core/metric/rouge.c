/*
 * rouge.c - ROUGE-1, -2, -L and -Lsum (Lin 2004) as Google's rouge-score
 * computes them with use_stemmer=True and split_summaries=False.
 *
 * Both texts become lists of word numbers (one table of stems for a pair), then
 * all is counting and longest common subsequences over numbers. Lsum takes each
 * line of the reference against every line of the hypothesis, joins the words
 * found (which of several longest subsequences is found matters: the walk back
 * prefers to give up a reference word), and counts no word more often than the
 * hypothesis has it.
 */
#include "metric/rouge.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "text/letters.h"
#include "text/sentence.h"
#include "text/stem.h"
#include "text/utf8.h"

enum { STEM_FROM = 4, SLOTS_MIN = 256 };

/* Word numbers, and where each line that is not empty begins among them. */
struct side {
	uint32_t *word;
	size_t n, cap;
	size_t *line;
	size_t n_lines, line_cap;
};

struct vocabulary_word {
	uint32_t at, len; /* in rouge_scorer.bytes */
};

struct rouge_scorer {
	struct rouge_options o;
	struct side ref, hyp;
	struct letters letters;
	struct buf bytes, token;
	bool is_foreign; /* the token has letters beyond ASCII */
	struct vocabulary_word *words;
	size_t n_words, word_cap;
	uint32_t *slots; /* hash table of words: number + 1 */
	size_t mask;
	uint64_t *grams[2];
	size_t gram_cap[2];
	uint32_t *row; /* of the table of subsequence lengths */
	size_t row_cap;
	uint64_t *bits; /* a bit for each cell: see mark_lcs */
	size_t bits_cap;
	bool *hit; /* words of a reference line that are in a subsequence */
	size_t hit_cap;
	uint32_t *left; /* how often each word may still be counted */
	size_t left_cap;
};

struct rouge_scorer *rouge_scorer_new(struct rouge_options o)
{
	struct rouge_scorer *s = xcalloc(1, sizeof *s);

	s->o = o;
	buf_init(&s->bytes);
	buf_init(&s->token);
	return s;
}

static void side_release(struct side *side)
{
	xfree(side->word);
	xfree(side->line);
}

void rouge_scorer_free(struct rouge_scorer *s)
{
	if (!s)
		return;
	side_release(&s->ref);
	side_release(&s->hyp);
	letters_release(&s->letters);
	buf_release(&s->bytes);
	buf_release(&s->token);
	xfree(s->words);
	xfree(s->slots);
	xfree(s->grams[0]);
	xfree(s->grams[1]);
	xfree(s->left);
	xfree(s->row);
	xfree(s->bits);
	xfree(s->hit);
	xfree(s);
}

const char *rouge_signature(struct rouge_options o)
{
	static const char *const text[2][2] = {
		{"rouge-score: F1 mean, Porter stems, words [a-z0-9]+, Lsum by lines",
		 "rouge-score: F1 mean, Porter stems, words [a-z0-9]+, Lsum by lines "
		 "and sentences"},
		{"rouge: F1 mean, Porter stems of a-z, words of every script, Lsum by "
		 "lines",
		 "rouge: F1 mean, Porter stems of a-z, words of every script, Lsum by "
		 "lines and sentences"},
	};

	return text[o.unicode][o.split];
}

/* ---- texts to word numbers ---- */

static uint32_t *word_slot(const struct rouge_scorer *s, const char *word,
			   size_t len)
{
	size_t i = hash64_bytes(word, len) & s->mask;

	for (; s->slots[i]; i = (i + 1) & s->mask) {
		const struct vocabulary_word *w = &s->words[s->slots[i] - 1];
		if (w->len == len && !memcmp(s->bytes.s + w->at, word, len))
			break;
	}
	return &s->slots[i];
}

static void index_words(struct rouge_scorer *s)
{
	size_t cap = SLOTS_MIN;

	while (cap < s->n_words * 4)
		cap *= 2;
	if (cap != s->mask + 1) {
		xfree(s->slots);
		s->slots = xmalloc(cap * sizeof *s->slots);
		s->mask = cap - 1;
	}
	memset(s->slots, 0, cap * sizeof *s->slots);
	for (size_t i = 0; i < s->n_words; i++) {
		const struct vocabulary_word *w = &s->words[i];
		*word_slot(s, s->bytes.s + w->at, w->len) = (uint32_t)i + 1;
	}
}

static uint32_t word_number(struct rouge_scorer *s, const char *word, size_t len)
{
	uint32_t *slot;

	if (s->n_words * 2 > s->mask)
		index_words(s);
	slot = word_slot(s, word, len);
	if (!*slot) {
		ARRAY_GROW(s->words, s->n_words, s->word_cap);
		s->words[s->n_words++] = (struct vocabulary_word){
			(uint32_t)s->bytes.len, (uint32_t)len};
		buf_add(&s->bytes, word, len);
		*slot = (uint32_t)s->n_words;
	}
	return *slot - 1;
}

static void end_token(struct rouge_scorer *s, struct side *side)
{
	size_t len = s->token.len;

	if (len == 0)
		return;
	if (len >= STEM_FROM && !s->is_foreign)
		len = stem_word(s->token.s, len);
	ARRAY_GROW(side->word, side->n, side->cap);
	side->word[side->n++] = word_number(s, s->token.s, len);
	buf_clear(&s->token);
	s->is_foreign = false;
}

/*
 * The letter or digit at text[i] in lower case, or 0; *n gets its bytes. Two
 * characters beyond ASCII have lower-case forms that begin with an ASCII
 * letter: the Kelvin sign and the capital I with a dot (which then goes on
 * with a mark that ends the token).
 */
static char token_char(const char *text, size_t i, size_t *n, bool *ends)
{
	char c = text[i];

	*n = 1;
	*ends = false;
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return c;
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	if (!strncmp(text + i, "\xe2\x84\xaa", 3)) {
		*n = 3;
		return 'k';
	}
	if (!strncmp(text + i, "\xc4\xb0", 2)) {
		*n = 2;
		*ends = true;
		return 'i';
	}
	return 0;
}

static void begin_line(struct side *side)
{
	ARRAY_GROW(side->line, side->n_lines, side->line_cap);
	side->line[side->n_lines++] = side->n;
}

static void read_ascii(struct rouge_scorer *s, struct side *side, const char *text,
		       size_t len)
{
	size_t n;
	bool ends;

	for (size_t i = 0; i < len; i += n) {
		char c = token_char(text, i, &n, &ends);
		if (c)
			buf_addc(&s->token, c);
		if (!c || ends)
			end_token(s, side);
	}
	end_token(s, side);
}

static void read_letters(struct rouge_scorer *s, struct side *side, const char *text,
			 size_t len)
{
	enum letter before = LETTER_NOT;
	char bytes[4];

	letters_read(&s->letters, text, len);
	for (size_t i = 0; i < s->letters.n; i++) {
		uint32_t cp = (uint32_t)s->letters.cp[i];
		enum letter kind = letter_of(cp);

		if (kind != LETTER_MARK && (kind != LETTER_PART || before != kind))
			end_token(s, side);
		if (kind != LETTER_MARK)
			before = kind;
		if (kind == LETTER_NOT || (kind == LETTER_MARK && !s->token.len))
			continue;
		buf_add(&s->token, bytes, (size_t)utf8_put(cp, bytes));
		s->is_foreign |= cp >= 0x80;
	}
	end_token(s, side);
}

static void read_line(struct rouge_scorer *s, struct side *side, const char *text,
		      size_t len)
{
	begin_line(side);
	if (s->o.unicode)
		read_letters(s, side, text, len);
	else
		read_ascii(s, side, text, len);
}

static void read_side(struct rouge_scorer *s, struct side *side, const char *text)
{
	size_t len = strlen(text), from = 0, end;
	struct sentences it;

	side->n = side->n_lines = 0;
	sentences_init(&it, text, len);
	while (s->o.split && sentences_next(&it, &from, &end))
		read_line(s, side, text + from, end - from);
	for (; !s->o.split && from < len; from += end + 1) {
		end = strcspn(text + from, "\n");
		read_line(s, side, text + from, end);
	}
	begin_line(side); /* where the last line ends */
	side->n_lines--;
}

static void forget_words(struct rouge_scorer *s)
{
	buf_clear(&s->bytes);
	s->n_words = 0;
	index_words(s);
}

bool rouge_has_words(struct rouge_scorer *s, const char *text)
{
	forget_words(s);
	read_side(s, &s->ref, text);
	return s->ref.n > 0;
}

enum rouge_sight rouge_sight(struct rouge_scorer *s, const char *text)
{
	const bool unicode = s->o.unicode;
	bool is_foreign;

	if (rouge_has_words(s, text))
		return ROUGE_SEEN;
	s->o.unicode = true;
	is_foreign = !unicode && rouge_has_words(s, text);
	s->o.unicode = unicode;
	return is_foreign ? ROUGE_FOREIGN : ROUGE_WORDLESS;
}

/* ---- scores ---- */

static struct rouge_score score_of(double hits, size_t n_ref, size_t n_hyp)
{
	struct rouge_score r = {0, 0, 0};

	if (n_hyp > 0)
		r.precision = hits / (double)n_hyp;
	if (n_ref > 0)
		r.recall = hits / (double)n_ref;
	if (r.precision + r.recall > 0)
		r.f1 = 2 * r.precision * r.recall / (r.precision + r.recall);
	return r;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The side's words or pairs of words, sorted; returns how many. */
static size_t list_grams(struct rouge_scorer *s, const struct side *side, int which,
			 size_t order)
{
	size_t n = side->n < order ? 0 : side->n - order + 1;

	s->grams[which] = array_grow(s->grams[which], n + 1, &s->gram_cap[which],
				     sizeof *s->grams[which]);
	for (size_t i = 0; i < n; i++)
		s->grams[which][i] =
			order == 1 ? side->word[i]
				   : (uint64_t)side->word[i] << 32 |
					     side->word[i + 1];
	qsort(s->grams[which], n, sizeof(uint64_t), by_number);
	return n;
}

static struct rouge_score rouge_n(struct rouge_scorer *s, size_t order)
{
	size_t n_ref = list_grams(s, &s->ref, 0, order);
	size_t n_hyp = list_grams(s, &s->hyp, 1, order);
	size_t i = 0, k = 0, hits = 0;

	while (i < n_ref && k < n_hyp) {
		uint64_t a = s->grams[0][i], b = s->grams[1][k];
		hits += a == b;
		i += a <= b;
		k += b <= a;
	}
	return score_of((double)hits, n_ref, n_hyp);
}

static void clear_row(struct rouge_scorer *s, size_t n)
{
	s->row = array_grow(s->row, n + 1, &s->row_cap, sizeof *s->row);
	memset(s->row, 0, (n + 1) * sizeof *s->row);
}

/*
 * One row of the table of longest common subsequences: row[k] becomes the
 * length for the words so far and the first k of b. Where `bits` is given, bit
 * base + k is set when the way back from (here, k + 1) leads to k.
 */
static void next_row(uint32_t *row, uint32_t word, const uint32_t *b, size_t n_b,
		     uint64_t *bits, size_t base)
{
	uint32_t corner = 0; /* row before, column k */

	for (size_t k = 0; k < n_b; k++) {
		uint32_t above = row[k + 1];
		if (word == b[k]) {
			row[k + 1] = corner + 1;
		} else if (row[k] > above) {
			row[k + 1] = row[k];
			if (bits)
				bits[(base + k) / 64] |= 1ULL << ((base + k) % 64);
		}
		corner = above;
	}
}

static size_t lcs_length(struct rouge_scorer *s, const uint32_t *a, size_t n_a,
			 const uint32_t *b, size_t n_b)
{
	clear_row(s, n_b);
	for (size_t i = 0; i < n_a; i++)
		next_row(s->row, a[i], b, n_b, NULL, 0);
	return s->row[n_b];
}

static struct rouge_score rouge_l(struct rouge_scorer *s)
{
	size_t hits = 0;

	if (s->ref.n && s->hyp.n)
		hits = lcs_length(s, s->ref.word, s->ref.n, s->hyp.word, s->hyp.n);
	return score_of((double)hits, s->ref.n, s->hyp.n);
}

/*
 * Marks in s->hit the words of `a` in one longest common subsequence with b:
 * the one found walking back from the end, up the words of `a` unless only the
 * way along b keeps the length.
 */
static void mark_lcs(struct rouge_scorer *s, const uint32_t *a, size_t n_a,
		     const uint32_t *b, size_t n_b)
{
	size_t words = n_a * n_b / 64 + 1, i = n_a, k = n_b;

	clear_row(s, n_b);
	s->bits = array_grow(s->bits, words, &s->bits_cap, sizeof *s->bits);
	memset(s->bits, 0, words * sizeof *s->bits);
	for (size_t at = 0; at < n_a; at++)
		next_row(s->row, a[at], b, n_b, s->bits, at * n_b);
	while (i > 0 && k > 0) {
		size_t cell = (i - 1) * n_b + k - 1;
		if (a[i - 1] == b[k - 1]) {
			s->hit[--i] = true;
			k--;
		} else if (s->bits[cell / 64] >> (cell % 64) & 1) {
			k--;
		} else {
			i--;
		}
	}
}

/* A word is no hit more often than the hypothesis has it. */
static void count_words(struct rouge_scorer *s, const struct side *side)
{
	s->left = array_grow(s->left, s->n_words, &s->left_cap, sizeof *s->left);
	memset(s->left, 0, s->n_words * sizeof *s->left);
	for (size_t i = 0; i < side->n; i++)
		s->left[side->word[i]]++;
}

static size_t line_hits(struct rouge_scorer *s, size_t line)
{
	const uint32_t *a = s->ref.word + s->ref.line[line];
	size_t n = s->ref.line[line + 1] - s->ref.line[line], hits = 0;

	s->hit = array_grow(s->hit, n + 1, &s->hit_cap, sizeof *s->hit);
	memset(s->hit, 0, n * sizeof *s->hit);
	for (size_t i = 0; n > 0 && i < s->hyp.n_lines; i++)
		mark_lcs(s, a, n, s->hyp.word + s->hyp.line[i],
			 s->hyp.line[i + 1] - s->hyp.line[i]);
	for (size_t i = 0; i < n; i++) {
		if (!s->hit[i] || !s->left[a[i]])
			continue;
		s->left[a[i]]--;
		hits++;
	}
	return hits;
}

static struct rouge_score rouge_lsum(struct rouge_scorer *s)
{
	size_t hits = 0;

	if (!s->ref.n || !s->hyp.n)
		return score_of(0, 0, 0);
	count_words(s, &s->hyp);
	for (size_t i = 0; i < s->ref.n_lines; i++)
		hits += line_hits(s, i);
	return score_of((double)hits, s->ref.n, s->hyp.n);
}

void rouge_score(struct rouge_scorer *s, const char *reference,
		 const char *hypothesis, struct rouge *out)
{
	forget_words(s);
	read_side(s, &s->ref, reference);
	read_side(s, &s->hyp, hypothesis);
	out->r1 = rouge_n(s, 1);
	out->r2 = rouge_n(s, 2);
	out->rl = rouge_l(s);
	out->rlsum = rouge_lsum(s);
}
