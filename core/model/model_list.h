/*
 * model_list.h - the trunks and decoders there are: the one place that lists them. Each
 * is a file with a row of that name (kind.h).
 */
#ifndef TUTTI_MODEL_MODEL_LIST_H
#define TUTTI_MODEL_MODEL_LIST_H

#define TRUNK_LIST(X) \
	X(transformer) \
	X(gpt)

#define DECODER_LIST(X) \
	X(cross) \
	X(prefix)

/* "cross|prefix": their names as a list of choices. */
#define DECODER_CHOICE(name) "|" #name
#define DECODER_CHOICES (&(DECODER_LIST(DECODER_CHOICE))[1])

#endif
