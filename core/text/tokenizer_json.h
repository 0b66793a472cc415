/*
 * tokenizer_json.h - tokenizer.json and tokenizer_config.json, as Hugging Face's
 * libraries write them: what the kinds of tokenizers share of reading and writing them.
 * For core/text; everybody else includes tokenizer.h.
 *
 * What is read here is foreign. Messages name the file and what in it; what we do not
 * have is refused by its name, never read over.
 */
#ifndef TUTTI_TEXT_TOKENIZER_JSON_H
#define TUTTI_TEXT_TOKENIZER_JSON_H

#include <stdbool.h>

#include "base/json.h"
#include "base/status.h"
#include "text/strings.h"
#include "text/tokenizer_kind.h"

/* The two files, open. A file that is not there is NULL. */
struct tokenizer_json {
	const char *name;           /* of tokenizer.json, for messages; borrowed */
	struct json *doc, *config;  /* owned; objects */
	const struct json *model;   /* of doc */
};
/* `file` or `config` may have s NULL. */
enum status tokenizer_json_open(const struct tokenizer_file *file,
				const struct tokenizer_file *config,
				struct tokenizer_json *out, struct err *err);
void tokenizer_json_close(struct tokenizer_json *j);

/* "WordPiece", "BPE", "Unigram", ...: model.type, or what a model without it must be. */
const char *tokenizer_json_type(const struct json *model);
/* Of a file's bytes that may be anything; NULL: no tokenizer.json. Writes to `out`. */
enum { TOKENIZER_TYPE_MAX = 32 };
const char *tokenizer_json_sniff(const char *s, size_t len, char out[TOKENIZER_TYPE_MAX]);

/* The "type" of a step (normalizer, decoder ...): "none" of null or nothing. */
const char *tokenizer_step_type(const struct json *step);
/* "no '%s' like 'Lowercase' here: ..." */
enum status tokenizer_step_refused(const char *name, const char *step, const char *type,
				   const char *ours, struct err *err);
/* Members with a type; what is not there or null leaves *out as it is. */
enum status tokenizer_get_bool(const struct json *obj, const char *key, const char *name,
			       bool *out, struct err *err);
enum status tokenizer_get_int(const struct json *obj, const char *key, const char *name,
			      int least, int most, int *out, struct err *err);
enum status tokenizer_get_text(const struct json *obj, const char *key, const char *name,
			       const char **out, struct err *err);

/*
 * The pieces in the order of their ids, added special tokens among them (`added` may be
 * NULL). ST_INVALID: an id out of range, of two pieces or of none; an added token that
 * is no special one, at which texts would be cut.
 */
enum status tokenizer_json_pieces(const struct json *vocab, const struct json *added,
				  const char *name, struct strings *out, struct err *err);
/*
 * The roles that are still -1: as tokenizer_config.json says (config NULL: nothing),
 * else the piece with one of a role's usual names. What ends texts begins none.
 */
void tokenizer_find_roles(struct tokenizer *t, const struct json *config);
/* "[CLS]" and its like in any kind: its role, or -1. */
int tokenizer_usual_role(const char *piece);

/* Templates that several kinds share. */
extern const struct layout_set layout_bert, layout_roberta, layout_bare;
bool layout_same(const struct layout_set *a, const struct layout_set *b);
/*
 * What a post_processor says of how texts are laid out, in terms of t's roles, one of
 * which it may give to a piece that has none. False in *says: it says nothing.
 */
enum status tokenizer_json_layout(const struct json *post, const char *name,
				  struct tokenizer *t, struct layout_set *out, bool *says,
				  struct err *err);
/* `own` is t's from now on, without the specials that t does not have. */
void tokenizer_own_layout(struct tokenizer *t, struct layout_set *own);

/* Writing: the two files' members that are the same for all kinds. */
void tokenizer_put_added(struct json_out *o, const struct tokenizer *t);
void tokenizer_put_layout(struct json_out *o, const struct tokenizer *t);
void tokenizer_put_vocab(struct json_out *o, const struct tokenizer *t);
void tokenizer_print_config(const struct tokenizer *t, struct buf *out);
/* What ids follow from besides pieces and rules: roles and layouts. */
void tokenizer_hash_roles(const struct tokenizer *t, struct hasher *h);

#endif
