/*
 * guess_names.c - what names say: of files, which part of which set they are; of
 * columns, how a plan asks for them.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "data/guess.h"

static const struct {
	const char *word;
	enum guess_role role;
} words[] = {
	{ "train", ROLE_TRAIN }, { "training", ROLE_TRAIN }, { "trn", ROLE_TRAIN },
	{ "dev", ROLE_DEV },     { "valid", ROLE_DEV },      { "validation", ROLE_DEV },
	{ "val", ROLE_DEV },     { "eval", ROLE_DEV },       { "devel", ROLE_DEV },
	{ "test", ROLE_TEST },   { "tst", ROLE_TEST },       { "testing", ROLE_TEST },
};

static enum guess_role role_of(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == n && !strncasecmp(words[i].word, p, n))
			return words[i].role;
	return ROLE_NONE;
}

bool guess_is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80);
}

/* The stem without the word for the part; one separator beside it goes too. */
static enum guess_role cut_role(const char *stem, size_t n, struct buf *rest)
{
	enum guess_role role = ROLE_NONE;

	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		enum guess_role is;

		for (len = 0; i + len < n && guess_is_word(stem[i + len]);)
			len++;
		is = role ? ROLE_NONE : role_of(stem + i, len);
		if (!len && !(role && (!rest->len || i + 1 == n)))
			buf_addc(rest, stem[i]);
		else if (is == ROLE_NONE)
			buf_add(rest, stem + i, len);
		else if (rest->len)
			rest->s[--rest->len] = '\0';
		role = is ? is : role;
	}
	return role;
}

/* What may stand in a task's name: small letters, digits, '_', '-'. */
static void fit_name(const char *p, size_t n, char name[GUESS_NAME])
{
	size_t k = 0;

	for (size_t i = 0; i < n && k + 1 < GUESS_NAME; i++) {
		char c = (char)tolower((unsigned char)p[i]);
		bool fits = (c >= 'a' && c <= 'z') || isdigit((unsigned char)c) || c == '_';

		if (fits)
			name[k++] = c;
		else if (k && name[k - 1] != '-')
			name[k++] = '-';
	}
	while (k && (name[k - 1] == '-' || name[k - 1] == '_'))
		k--;
	name[k] = '\0';
	if (!k)
		str_copy(name, GUESS_NAME, "task");
}

/* "data/train/x.jsonl": the folder may say it. Where it begins, or NULL. */
static const char *role_folder(const char *path, const char *base,
			       enum guess_role *role)
{
	const char *p = base > path ? base - 1 : path, *end = p;

	while (p > path && p[-1] != '/')
		p--;
	*role = role_of(p, (size_t)(end - p));
	return *role ? p : NULL;
}

enum guess_role guess_role(const char *path, char name[GUESS_NAME], struct buf *key)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t whole = source_name_length(base), n = whole;
	const char *dot = memrchr(base, '.', whole), *folder = path, *end = slash, *before;
	enum guess_role role;
	struct buf rest;

	if (dot && dot > base)
		n = (size_t)(dot - base);
	buf_init(&rest);
	role = cut_role(base, n, &rest);
	before = role ? NULL : role_folder(path, base, &role);
	buf_clear(key);
	buf_add(key, path, (size_t)((before ? before : base) - path));
	buf_adds(key, buf_str(&rest));
	if (!rest.len && end) { /* the folder has the name */
		for (folder = end; folder > path && folder[-1] != '/';)
			folder--;
		fit_name(folder, (size_t)(end - folder), name);
	} else {
		fit_name(buf_str(&rest), rest.len, name);
	}
	buf_release(&rest);
	return role;
}

/* --- columns --- */

static bool is_name(const struct sample *s, int column, const char *word, size_t n)
{
	const char *name = s->column[column].name;

	return name && strlen(name) == n && !memcmp(name, word, n);
}

/* Columns of that name, before `end`. */
static int count_name(const struct sample *s, const char *word, size_t n, int end)
{
	int same = 0;

	for (int i = 0; i < end; i++)
		same += is_name(s, i, word, n);
	return same;
}

void guess_column(const struct sample *s, bool header, int column, char *out,
		  size_t cap)
{
	const char *name = s->column[column].name;
	bool named = (header || (s->format == SOURCE_JSONL && !s->is_list)) && name &&
		     !strpbrk(name, "\n\r\t");
	int same = named ? count_name(s, name, strlen(name), s->n_columns) : 0;

	if (same == 1 && str_copy(out, cap, name))
		return;
	if (same < 2 || !str_format(out, cap, "%s#%d", name,
				    count_name(s, name, strlen(name), column) + 1))
		str_format(out, cap, "%d", column);
}

bool guess_is_second(const struct sample *s, bool header, int column)
{
	const char *name = s->column[column].name;

	return header && name && count_name(s, name, strlen(name), column) > 0;
}

/* As a plan finds them: source_table.c. */
static int find_name(const struct sample *s, const char *word)
{
	size_t n = strlen(word);
	int same = count_name(s, word, n, s->n_columns);
	uint64_t nth = 1;

	if (same > 1)
		return GUESS_SEVERAL;
	if (!same)
		nth = source_nth_name(word, &n);
	for (int i = 0; nth && i < s->n_columns; i++)
		if (is_name(s, i, word, n) && !--nth)
			return i;
	return -1;
}

int guess_find_column(const struct sample *s, bool header, const char *word)
{
	uint64_t number;
	int at = header || s->format == SOURCE_JSONL ? find_name(s, word) : -1;

	if (at == -1 && parse_u64(word, &number) && number < (uint64_t)s->n_columns &&
	    (s->format != SOURCE_JSONL || s->is_list))
		return (int)number;
	return at;
}
