/*
 * fuzz_model_folder.c - a model's folder from elsewhere, one of whose files is whatever
 * the fuzzer says: it is opened or refused, and nothing worse. The first byte says which
 * file; the others are those of a whole folder (fuzz.sh lays them there).
 *
 * FUZZ_FOLDER: where the whole folder is; it is changed.
 */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "model/pretrained.h"
#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const file[] = {
	"config.json", "model.safetensors", "model.safetensors.index.json",
	"model-00001-of-00003.safetensors", "tokenizer.json", "tokenizer_config.json",
	"vocab.txt", "vocab.json", "merges.txt",
};
enum { FILES = sizeof file / sizeof file[0] };

/* What stands in a file, to be put back; NULL: there is none. */
static char *was;
static size_t was_len;

static void keep(const char *path)
{
	FILE *f = fopen(path, "rb");
	long len;

	was = NULL;
	if (!f)
		return;
	if (fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		abort();
	was_len = (size_t)len;
	was = malloc(was_len + 1);
	if (!was || fread(was, 1, was_len, f) != was_len)
		abort();
	fclose(f);
}

static void put(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static void put_back(const char *path)
{
	if (was)
		put(path, was, was_len);
	else if (remove(path))
		abort();
	free(was);
}

/* A tokenizer that is read has to be able to cut a text, too. */
static void try_tokenizer(const char *folder)
{
	static const char text[] = "A l\xc3\xa9""ger  caf\xc3\xa9's [SEP] \xe6\x9d\xb1 12.5\n";
	struct tokenizer *t = NULL;
	struct err err;
	struct buf out;
	int32_t ids[64];
	int got, total;

	if (tokenizer_open_folder(tokenizer_kind_in(folder), folder, &t, &err))
		return;
	got = tokenizer_encode(t, text, sizeof text - 1, ids, NULL, 64, &total);
	for (int i = 0; i < got; i++)
		if (ids[i] < 0 || ids[i] >= tokenizer_size(t))
			abort();
	buf_init(&out);
	tokenizer_decode(t, ids, got, &out);
	buf_release(&out);
	tokenizer_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *folder = getenv("FUZZ_FOLDER");
	struct pretrained *p = NULL;
	struct err err;
	char path[PATH_MAX];

	if (!folder || !n || data[0] >= FILES)
		return 0;
	str_format(path, sizeof path, "%s/%s", folder, file[data[0]]);
	keep(path);
	put(path, data + 1, n - 1);
	if (!pretrained_open(folder, &p, &err))
		pretrained_close(p);
	else if (!err.text[0])
		abort(); /* a refusal says why */
	try_tokenizer(folder);
	put_back(path);
	return 0;
}
