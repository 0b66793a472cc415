/*
 * model_list.h - the trunks and decoders there are: the one place that lists them. Each
 * is a file with a row of that name (kind.h).
 */
#ifndef TUTTI_MODEL_MODEL_LIST_H
#define TUTTI_MODEL_MODEL_LIST_H

#define TRUNK_LIST(X) \
	X(transformer) \
	X(bilstm) \
	X(gpt)

#define DECODER_LIST(X) \
	X(cross) \
	X(lstm) \
	X(prefix)

/* "transformer|bilstm|gpt" and `words` behind it, as a literal. */
#define TRUNK_CHOICE(name) "|" #name
#define TRUNK_CHOICES_AND(words) (&(TRUNK_LIST(TRUNK_CHOICE) words)[1])

/* "cross|lstm|prefix": their names as a list of choices. */
#define DECODER_CHOICE(name) "|" #name
#define DECODER_CHOICES (&(DECODER_LIST(DECODER_CHOICE))[1])

#endif
