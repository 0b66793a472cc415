/*
 * tokenizer_json_out.c - what all kinds write of tokenizer.json and
 * tokenizer_config.json, so that Hugging Face's libraries read them, too.
 */
#include "text/tokenizer_json.h"

/* Of two roles of one piece the first is written. */
static bool is_second(const struct tokenizer *t, int role)
{
	for (int k = 0; k < role; k++)
		if (t->special[k] == t->special[role])
			return true;
	return false;
}

static void put_token(struct json_out *o, const struct tokenizer *t, int32_t id)
{
	static const char *const never[] = { "single_word", "lstrip", "rstrip",
					     "normalized" };

	json_open(o, NULL, '{');
	json_put_int(o, "id", id);
	json_put_str(o, "content", tokenizer_piece(t, id));
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		json_put_bool(o, never[i], false);
	json_put_bool(o, "special", true);
	json_close(o, '}');
}

/* In the order of their ids, as they are elsewhere. */
void tokenizer_put_added(struct json_out *o, const struct tokenizer *t)
{
	int32_t last = -1;

	json_open(o, "added_tokens", '[');
	for (;;) {
		int next = -1;

		for (int k = 0; k < TOK_SPECIALS; k++)
			if (t->special[k] > last && !is_second(t, k) &&
			    (next < 0 || t->special[k] < t->special[next]))
				next = k;
		if (next < 0)
			break;
		last = t->special[next];
		put_token(o, t, last);
	}
	json_close(o, ']');
}

void tokenizer_put_vocab(struct json_out *o, const struct tokenizer *t)
{
	json_open(o, "vocab", '{');
	for (int32_t id = 0; id < t->n; id++)
		json_put_int(o, tokenizer_piece(t, id), id);
	json_close(o, '}');
}

void tokenizer_print_config(const struct tokenizer *t, struct buf *out)
{
	static const char *const key[TOK_SPECIALS] = {
		[TOK_PAD] = "pad_token", [TOK_UNK] = "unk_token", [TOK_CLS] = "cls_token",
		[TOK_SEP] = "sep_token", [TOK_MASK] = "mask_token",
	};
	struct json_out o;

	json_out_init(&o, out, 1);
	json_open(&o, NULL, '{');
	json_put_bool(&o, "clean_up_tokenization_spaces", false);
	for (int k = 0; k < TOK_SPECIALS; k++)
		if (t->special[k] >= 0)
			json_put_str(&o, key[k], tokenizer_piece(t, t->special[k]));
	json_put_str(&o, "tokenizer_class", "PreTrainedTokenizerFast");
	json_close(&o, '}');
	buf_addc(out, '\n');
}
