/*
 * bpe.c - byte-level BPE (GPT-2, RoBERTa): text to ids, and its row. Same ids as Hugging
 * Face's `tokenizers` over the same files, but that no text gives a special: where it
 * says "<|endoftext|>", that is cut as any other text (encode_special_tokens there).
 *
 * A word that is a piece which its own bytes merge into is found at once, in a table
 * made when the tokenizer is; only others are merged (bpe_merge.c).
 */
#include "text/bpe.h"

#include <string.h>

#include "base/mem.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"

enum { CHAR_BYTES = 4 };

/* --- encoding --- */

struct encoding {
	const struct bpe *t;
	const char *text; /* as it is read: with a blank before it, maybe */
	size_t len, blank;
	int32_t *ids;
	struct token_span *spans;
	int cap, written, seen;
};

static bool is_inside(const struct encoding *e, size_t i)
{
	return i < e->len && ((unsigned char)e->text[i] & 0xc0) == 0x80;
}

/* Bytes [from, to) of what is read as a place in the text: whole characters. */
static struct token_span span_of(const struct encoding *e, size_t from, size_t to,
				 uint32_t number)
{
	if (to - from > 1 && e->text[from] == ' ' && e->text[from + 1] != ' ')
		from++; /* the blank before a word is not its own */
	for (int i = 1; i < CHAR_BYTES && from > e->blank && is_inside(e, from); i++)
		from--;
	if (from < e->blank)
		from = e->blank;
	if (to <= from)
		to = from + 1;
	for (int i = 1; i < CHAR_BYTES && is_inside(e, to); i++)
		to++;
	return (struct token_span){ (uint32_t)(from - e->blank), (uint32_t)(to - e->blank),
				    number };
}

static void put_part(struct encoding *e, struct bpe_part p, size_t from, uint32_t number)
{
	e->seen++;
	if (e->written == e->cap)
		return;
	e->ids[e->written] = p.id;
	if (e->spans)
		e->spans[e->written] = span_of(e, from, from + p.len, number);
	e->written++;
}

static void put_word(struct encoding *e, size_t from, size_t to, uint32_t number,
		     struct bpe_work *work)
{
	const struct bpe *t = e->t;
	const char *word = e->text + from;
	int whole = string_index_find(&t->whole, &t->raw, word, to - from);
	size_t n;

	if (whole >= 0) {
		put_part(e, (struct bpe_part){ whole, (uint32_t)(to - from) }, from,
			 number);
		return;
	}
	n = bpe_split(t, word, to - from, work);
	for (size_t i = 0; i < n; from += work->part[i].len, i++)
		put_part(e, work->part[i], from, number);
}

static int encode(const struct tokenizer *base, const char *text, size_t len, int32_t *ids,
		  struct token_span *spans, int cap, int *total)
{
	struct encoding e = { .t = bpe_of(base), .text = text, .len = len, .ids = ids,
			      .spans = spans, .cap = cap };
	struct bpe_words words;
	struct bpe_work work;
	struct buf own;
	size_t from, to;

	buf_init(&own);
	if (e.t->prefix_space && len && text[0] != ' ') {
		buf_addc(&own, ' ');
		buf_add(&own, text, len);
		e.text = own.s;
		e.len = own.len;
		e.blank = 1;
	}
	bpe_words_init(&words, e.t->pattern, e.text, e.len);
	bpe_work_init(&work);
	for (uint32_t number = 0; (total || e.written < cap) &&
				  bpe_words_next(&words, &from, &to); number++)
		put_word(&e, from, to, number, &work);
	bpe_work_release(&work);
	bpe_words_release(&words);
	buf_release(&own);
	if (total)
		*total = e.seen;
	return e.written;
}

/* --- pieces as they are written --- */

static const char *piece(const struct tokenizer *t, int32_t id)
{
	return strings_at(&bpe_of(t)->piece, id);
}

static int32_t id_of(const struct tokenizer *t, const char *piece)
{
	return string_index_find(&bpe_of(t)->names, &bpe_of(t)->piece, piece,
				 strlen(piece));
}

/* It has a blank before it or is no letter, as far as a piece alone can tell. */
static bool begins_word(const char *piece)
{
	struct buf b;
	char c;

	buf_init(&b);
	bpe_raw(piece, &b);
	c = buf_str(&b)[0];
	buf_release(&b);
	return char_is_space(c) || (c > ' ' && c < '0') || (c >= ':' && c < 'A');
}

/* Where the pieces of a text are, by the bytes that they stand for. */
struct placing {
	struct bpe_words words;
	size_t from, to, pos; /* the word; the next piece's first byte */
	uint32_t count;
};

/*
 * A byte of a piece: past it in the text, where U+FFFD stands for one that is no UTF-8
 * (bpe_decode).
 */
static void pass_byte(struct placing *p, char byte)
{
	const char *s = p->words.text;

	while (p->pos < p->words.len && s[p->pos] != byte &&
	       ((unsigned char)s[p->pos] & 0xc0) == 0x80)
		p->pos++;
	if (p->words.len - p->pos >= 3 && s[p->pos] != byte &&
	    !memcmp(s + p->pos, "\xef\xbf\xbd", 3))
		p->pos += 3;
	else if (p->pos < p->words.len)
		p->pos++;
}

static struct token_span place(struct placing *p, const char *piece, int role)
{
	struct token_span s = { 0, 0, 0 };
	struct buf raw;
	size_t blank;

	while (p->pos >= p->to && bpe_words_next(&p->words, &p->from, &p->to))
		p->count++;
	if (p->pos >= p->to)
		return s;
	buf_init(&raw);
	bpe_raw(piece, &raw);
	blank = !p->pos && raw.len && raw.s[0] == ' ' && p->words.text[0] != ' ';
	if (role >= 0)
		p->pos = p->to; /* one that is hidden: its word */
	for (size_t i = blank; i < raw.len && role < 0; i++)
		pass_byte(p, raw.s[i]);
	buf_release(&raw);
	blank = p->to - p->from > 1 && p->words.text[p->from] == ' ';
	s.start = (uint32_t)(p->from + blank);
	s.end = (uint32_t)p->to;
	s.word = p->count - 1;
	return s;
}

static bool places(const char *text, size_t len, const char *const *piece, int n,
		   struct token_span *out)
{
	struct bpe_pattern *pattern = bpe_pattern_new();
	struct placing p = { .pos = 0 };

	bpe_words_init(&p.words, pattern, text, len);
	for (int i = 0; i < n; i++) {
		int role = tokenizer_usual_role(piece[i]);

		out[i] = (struct token_span){ 0, 0, 0 };
		if (role != TOK_CLS && role != TOK_SEP && role != TOK_PAD)
			out[i] = place(&p, piece[i], role);
	}
	bpe_words_release(&p.words);
	bpe_pattern_free(pattern);
	return p.pos < len;
}

const struct tokenizer_kind tokenizer_bpe = {
	.name = "bpe",
	.help = "bytes, merged into the pieces there are (GPT-2, RoBERTa); read, not trained",
	.json_type = "BPE",
	.file = { "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt" },
	.may_lack = 15,
	.has_pieces = 1 | 4,
	.parse = bpe_parse,
	.print = bpe_print,
	.writes = bpe_writes,
	.free = bpe_free,
	.hash = bpe_hash,
	.piece = piece,
	.id = id_of,
	.encode = encode,
	.decode = bpe_decode,
	.role = tokenizer_usual_role,
	.begins_word = begins_word,
	.places = places,
};
