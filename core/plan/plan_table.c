/*
 * plan_table.c - the fields of a plan, one row each.
 *
 * Reading, writing, `--set`, help and tutti-plan(5) follow from these rows; to
 * add a field is to add a row and a member. A fallback in brackets is worked
 * out from other fields (plan_check.c). Fields of tasks are for traits that kinds
 * have (plan_kind.h); one whose default or meaning is a kind's own is read by a row
 * per meaning. A field of the model is for the kinds of model, and the decoders, that have
 * it.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "data/data_kind.h"
#include "model/model_list.h"
#include "plan/plan_actors.h"
#include "plan/plan_kind.h"
#include "text/tokenizer_kind.h"

#define SEED_MAX 9007199254740991.0 /* 2^53 - 1: whole in any JSON reader */

/*
 * W: a field of the whole plan; M: of its model; T: of a task, with the traits it is
 * for; S: the same, for models that say their answers.
 * path, type, least, most, fallback, choices, slot, member, traits, help.
 * FOR_COLUMN: here come the columns that kinds have, by the names they have for them.
 */
#define PLAN_ROWS(W, M, T, S)                                                  \
	W("tutti", INT, 1, 1, NULL, NULL, FIXED, seed,                         \
	  "Version of the plan format: 1.")                                    \
	W("note", STR, 0, 0, "null", NULL, TEXT, note,                         \
	  "Words for the reader; they change nothing.")                        \
	W("seed", INT, 0, SEED_MAX, "1", NULL, SEED, seed,                     \
	  "Where all randomness comes from.")                                  \
	W("split", INT, 0, SEED_MAX, "null", NULL, SPLIT, split,               \
	  "Draws the held-out rows of dev_share anew: another number, other "  \
	  "rows. A task with a dev file keeps it; null: the draw that there "  \
	  "was before there were numbers.")                                    \
	W("model.kind", STR, 0, 0, "\"transformer\"", NULL, TEXT, model.kind,  \
	  TRUNK_CHOICES_AND(": a shared encoder with a head per task; gpt is " \
	  "causal and says every answer."))                                    \
	M("model.decoder", ENUM, 0, 0, "\"cross\"", DECODER_CHOICES, TEXT,     \
	  model.decoder, "What writes summaries: layers of its own that look " \
	  "at the model's rows (cross), an LSTM that does so (lstm), or the "  \
	  "model's own layers, which read source and summary as one text "     \
	  "(prefix).")                                                         \
	M("model.dim", INT, 4, 8192, "256", NULL, INT, model.dim,              \
	  "Width of the hidden states; a multiple of heads.")                  \
	M("model.layers", INT, 1, 64, "4", NULL, INT, model.layers,            \
	  "Layers of the encoder.")                                            \
	M("model.heads", INT, 1, 128, "4", NULL, INT, model.heads,             \
	  "Attention heads.")                                                  \
	M("model.ff", INT, 4, 65536, "(4 x dim)", NULL, INT, model.ff,         \
	  "Width inside the feed-forward blocks.")                             \
	M("model.shared_layers", INT, 0, 64, "(layers)", NULL, INT,            \
	  model.shared_layers,                                                 \
	  "How many layers, from the bottom, all tasks share; the rest are "   \
	  "one copy per task.")                                                \
	M("model.decoder_layers", INT, 1, 64, "2", NULL, INT,                  \
	  model.decoder_layers, "Layers of a decoder that has its own.")       \
	M("model.decoder_init", ENUM, 0, 0, "\"random\"", "random|trunk",      \
	  CHOICE, model.from_trunk, "Over a model.init, what layers and "      \
	  "output layer of a decoder begin as: random, or the trunk's own "    \
	  "(trunk): of a cross decoder that has fewer layers, some that are "  \
	  "evenly spread, and its cross-attention is their self-attention.")   \
	M("model.predict_from", ENUM, 0, 0, "\"last\"", "last|mask", CHOICE,   \
	  model.from_mask, "With decoder prefix, what the next piece of a "    \
	  "summary is predicted from: the last one, or a mask in its place.")  \
	M("model.dropout", NUM, 0, 0.9, "0.1", NULL, NUM, dropout,             \
	  "Share of activations dropped in training.")                         \
	M("model.precision", ENUM, 0, 0, "\"f32\"", "f32|bf16", CHOICE,        \
	  precision, "How layers multiply by their matrices: in float32, or "  \
	  "both sides rounded to bfloat16 and summed in float32. Weights, "    \
	  "gradients and the optimizer are float32 either way, and so are "    \
	  "attention, losses and matrices of fewer than 32 rows. On processors " \
	  "with AMX a small pretrained encoder trained in 0.4 of the CPU time, " \
	  "to scores as good on SST-2; others give the same bits, but slower " \
	  "than f32.")                                                         \
	M("model.norm", ENUM, 0, 0, "\"pre\"", "post|pre", CHOICE,             \
	  model.pre_norm, "Layer norm before each block, or after it (BERT).") \
	M("model.pool", ENUM, 0, 0, "\"mean\"", "first|mean", CHOICE,          \
	  model.pool, "What heads read: the first token or the mean of all.")  \
	M("model.copy", BOOL, 0, 0, "true", NULL, CHOICE, model.copy,          \
	  "May the summary decoder copy words of the source?")                 \
	M("model.prompt_loss", BOOL, 0, 0, "false", NULL, CHOICE,              \
	  model.prompt_loss, "Does gpt learn to say the texts, too, or the "   \
	  "answers behind them alone?")                                        \
	M("model.tied", BOOL, 0, 0, "true", NULL, CHOICE, model.tied,          \
	  "Are embeddings and the output layer one table?")                    \
	M("model.vocab", INT, 1, 16777216, "(as the tokenizer)", NULL, INT,    \
	  model.vocab, "Rows of the table of pieces. This field and those "    \
	  "up to model.drop_pooled are the layout in detail: a model.init brings " \
	  "them.")                                                             \
	M("model.eps", NUM, 1e-20, 1, "(as the kind)", NULL, FLOAT, model.eps, \
	  "What keeps the division in a layer norm sane.")                     \
	M("model.act", ENUM, 0, 0, "(as the kind)",                            \
	  "kind|relu|gelu|gelu-tanh|tanh", CHOICE, model.act,                  \
	  "Activation inside the feed-forward blocks; kind: as the kind has it.") \
	M("model.table_scale", NUM, 1e-6, 1e6, "(as the kind)", NULL, NUM,     \
	  model.table_scale, "Factor on the rows of the table of pieces.")     \
	M("model.split_qkv", BOOL, 0, 0, "(as the kind)", NULL, CHOICE,        \
	  model.split_qkv, "Are queries, keys and values of three matrices?")  \
	M("model.max_positions", INT, 4, 1048576, "(as the tasks need)", NULL, \
	  INT, model.max_positions, "Places that the position table has room for.") \
	M("model.position_offset", INT, 0, 65536, "(as the kind)", NULL, INT,  \
	  model.position_offset, "Row of the first place in that table.")      \
	M("model.embed_dim", INT, 1, 65536, "(as dim)", NULL, INT,             \
	  model.embed_dim, "Columns of the tables, where they are not dim: a " \
	  "layer then makes dim of them.")                                     \
	M("model.segments", INT, -1, 1024, "(as the kind)", NULL, INT,         \
	  model.segments, "Rows of the table of segments; -1: there is none.") \
	M("model.head_act", ENUM, 0, 0, "(as the kind)",                       \
	  "kind|relu|gelu|gelu-tanh|tanh", CHOICE, model.head_act,             \
	  "Activation inside the heads of classification and regression.")    \
	M("model.drop_pooled", BOOL, 0, 0, "(as the kind)", NULL, CHOICE,      \
	  model.drop_pooled, "Dropout before the first layer of those heads, " \
	  "too (RoBERTa, ELECTRA)?")                                           \
	W("model.init", STR, 0, 0, "\"random\"", NULL, TEXT, init,             \
	  "Where the first weights come from: random, a folder with a model "  \
	  "(config.json and model.safetensors), or of an adapter of peft's "   \
	  "over such a folder, or a run's checkpoint: "                        \
	  "run:NAME, its best one, or run:NAME@STEP. Kind and sizes of the "   \
	  "model and the tokenizer are then what is there; a plan need not "   \
	  "say them, and must not say others.")                                \
	W("model.frozen", STR, 0, 0, "null", NULL, TEXT, frozen,               \
	  "Groups of parameters that are not trained, with commas between: "   \
	  "embeddings, layers 0..2 (from the bottom) or layer 3, trunk (all "  \
	  "of these), adapters, a task's name for its head or decoder. They "  \
	  "keep their values, and no time goes into their gradients; freeze GROUP off "   \
	  "thaws them while the run goes on.")                                 \
	M("model.adapter", ENUM, 0, 0, "(as none)", "none|lora|bottleneck",    \
	  CHOICE, model.adapter, "Small parts beside the layers, which learn " \
	  "while the layers stand still: changes of low rank to some of a "    \
	  "layer's matrices (lora, Hu et al. 2022), or a narrow block behind " \
	  "attention and feed-forward (bottleneck, Houlsby et al. 2019). A "   \
	  "model begins with them as it is without.")                          \
	M("model.adapter_rank", INT, 1, 4096, "(as usual: 8)", NULL, INT,      \
	  model.adapter_rank, "Their rank, or the width of the narrow block.") \
	M("model.adapter_alpha", NUM, 0.001, 1e6, "(as usual: 2 x rank)",      \
	  NULL, NUM, model.adapter_alpha, "lora: a change counts alpha / rank.") \
	M("model.adapter_of", STR, 0, 0, "null", NULL, TEXT, model.adapter_of, \
	  "lora: the matrices that are changed, with commas between: query, "  \
	  "key, value, output (of attention), up, down (of the feed-forward "  \
	  "block); null: query, value.")                                       \
	M("model.adapter_per", ENUM, 0, 0, "(as usual: task)", "task|all",     \
	  CHOICE, model.adapter_of_all, "Each task has its own, or all tasks " \
	  "have one in the layers that they share.")                           \
	M("model.adapter_trunk", ENUM, 0, 0, "(as usual: frozen)",             \
	  "frozen|trained", CHOICE, model.adapter_and_trunk, "Beside adapters " \
	  "the tables, layers and norms stand still for good, and take no "    \
	  "memory for gradients and moments (frozen), or are trained, too, "   \
	  "but for what model.frozen names.")                                  \
	W("tokenizer.kind", ENUM, 0, 0, "\"wordpiece\"",                       \
	  TOKENIZER_KIND_CHOICES, TEXT, tokenizer_kind,                        \
	  "How text is cut into pieces.")                                      \
	W("tokenizer.size", INT, 16, 200000, "8000", NULL, INT,                \
	  tokenizer_size, "Pieces of a vocabulary trained from the tasks' text; " \
	  "of a model that says its answers, with all characters of prompts "  \
	  "and labels.")                                                       \
	W("tokenizer.vocab", PATH, 0, 0, "null", NULL, PATH, vocab,            \
	  "What to use in place of a trained one: a vocab.txt, a "             \
	  "tokenizer.json, a vocab.json beside merges.txt, or a folder of "    \
	  "them.")                                                             \
	T("tasks.*.note", STR, 0, 0, "null", NULL, TEXT, note, FOR_EVERY,      \
	  "Words about the task; they change nothing.")                        \
	T("tasks.*.kind", ENUM, 0, 0, NULL, TASK_KIND_CHOICES,                 \
	  CHOICE, kind, FOR_EVERY, "What the task is. Three want nothing but " \
	  "texts, for what the others learn of them: mlm puts hidden pieces "  \
	  "back, denoise writes what was taken out of a text, lm says each "   \
	  "piece from those before it.")                                       \
	T("tasks.*.train", PATH, 0, 0, NULL, NULL, PATH, train, FOR_EVERY,     \
	  "Training rows: a JSONL, JSON, TSV or CSV file, packed or not, "     \
	  "or a folder of texts.")                                             \
	T("tasks.*.from", STR, 0, 0, "null", NULL, TEXT, from, FOR_TEXTS,      \
	  "In place of train: another task's name. Its train rows' texts are " \
	  "read, both of a pair, and for evaluation those of its dev rows.")   \
	T("tasks.*.dev", PATH, 0, 0, "null", NULL, PATH, dev, FOR_EVERY,       \
	  "Rows for evaluation.")                                              \
	T("tasks.*.dev_share", NUM, 0, 0.5, "0", NULL, NUM, dev_share, FOR_EVERY, \
	  "Without a dev file: this share of the training rows is held out "   \
	  "for evaluation. Rows of one text stay together.")                   \
	T("tasks.*.format", ENUM, 0, 0, "\"auto\"",                            \
	  "auto|jsonl|tsv|csv|lines|paragraphs", CHOICE, format, FOR_EVERY,    \
	  "Format of the files; auto goes by what is in them. lines and "      \
	  "paragraphs: texts without columns, for mlm, denoise and lm.")       \
	T("tasks.*.header", ENUM, 0, 0, "\"auto\"", "auto|true|false", HEADER, \
	  header, FOR_EVERY,                                                   \
	  "Does the first row name the columns? auto: yes, unless a column "   \
	  "is asked for by number.")                                           \
	T("tasks.*.", STR, 0, 0, NULL, NULL, TEXT, text, FOR_COLUMN, "")       \
	T("tasks.*.labels", LIST, 2, PLAN_LABELS_MAX, "null", NULL, LABELS,    \
	  labels, FOR_LABELS, "The labels in class order; else those of the training " \
	  "rows, sorted by bytes.")                                            \
	S("tasks.*.label_texts", LIST, 2, PLAN_LABELS_MAX, "null", NULL,       \
	  LABEL_TEXTS, label_texts, FOR_LABELS, "For models that say their "   \
	  "answers: what is said for each label, in class order; null: the "   \
	  "label itself.")                                                     \
	T("tasks.*.separator", STR, 0, 0, "\",\"", NULL, TEXT, separator,         \
	  FOR_SETS, "What stands between the labels of a row where they are "  \
	  "one text; blanks: any run of blanks. In JSON they may be a list.")  \
	T("tasks.*.threshold", NUM, 0, 1, "0.5", NULL, SHARE, threshold,       \
	  FOR_THRESHOLD, "A label is said, a word kept, from this probability " \
	  "on. auto: each evaluation fits it to its dev rows, by F1, and a "   \
	  "checkpoint keeps the last one: it suits those rows.")               \
	T("tasks.*.unit", ENUM, 0, 0, "\"words\"", UNIT_CHOICES, CHOICE, unit, \
	  FOR_UNITS, "What is kept: words, or sentences (of a dialogue turns).") \
	T("tasks.*.keep", INT, 1, UNITS_KEPT_MAX, "3", NULL, INT, keep,        \
	  FOR_UNITS, "Of sentences how many are kept, none with three words in " \
	  "a row of another; and learned from, where the target is a text.")   \
	T("tasks.*.class_weights", LIST, 2, PLAN_LABELS_MAX, "null", NULL,     \
	  WEIGHTS, n_class_weights, FOR_WEIGHED, "What each label counts in "  \
	  "the loss, in class order; balanced: the training rows over the "    \
	  "labels times the rows that have it. Losses are shown without.")     \
	S("tasks.*.number_step", NUM, 1e-6, 1e6, "null", NULL, NUM,            \
	  number_step, FOR_NUMBERS, "For models that say their answers: a "    \
	  "number is said as the nearest whole multiple of it; null: 0.2.")    \
	S("tasks.*.number_range", LIST, 2, 2, "null", NULL, RANGE,             \
	  number_range, FOR_NUMBERS, "For models that say their answers: the " \
	  "least and the greatest number that is said, both rounded outwards " \
	  "to steps; null: of the training rows.")                             \
	S("tasks.*.prompt", STR, 0, 0, "null", NULL, TEXT, prompt, FOR_EVERY,  \
	  "For models that say their answers: what stands around a text. "     \
	  "{text} or {source} is the text, {text_b} the second one of a pair; " \
	  "null: the text, and behind it 'label:', 'number:' or 'TL;DR:'.")     \
	T("tasks.*.mask", NUM, 0.001, 0.999, "0.15", NULL, NUM, mask,          \
	  FOR_MASKED, "Share of a text's pieces that are hidden, whole words " \
	  "at a time; other ones in each epoch. Of them 8 in 10 are masked, 1 " \
	  "in 10 is another piece, 1 in 10 stays.")                            \
	T("tasks.*.how", ENUM, 0, 0, "\"sentences\"", "spans|sentences", CHOICE, \
	  how, FOR_GAPS, "What is taken out and written: the sentences that say " \
	  "most of the rest (PEGASUS), or spans of words by chance (T5).")     \
	T("tasks.*.decoder_of", STR, 0, 0, "null", NULL, TEXT, decoder_of,     \
	  FOR_GAPS, "A task that writes, a summarizer, whose decoder is this "  \
	  "one's, too, so that it learns from both; null: one of its own.")    \
	T("tasks.*.max_source", INT, 4, 8192, "128", NULL, INT, max_source,    \
	  FOR_EVERY, "Longest text in pieces; longer ones lose their end.")    \
	T("tasks.*.max_target", INT, 2, 2048, "64", NULL, INT, max_target,     \
	  FOR_DECODES, "Longest summary in pieces, its end mark included.")    \
	T("tasks.*.weight", NUM, 0, 1000, "1", NULL, NUM, weight, FOR_EVERY,   \
	  "Factor on the task's loss.")                                        \
	T("tasks.*.share", NUM, 0, 1, "\"auto\"", NULL, SHARE, share, FOR_EVERY, \
	  "Fraction of the micro-batches; auto leaves it to mix.sampling.")    \
	T("tasks.*.muted", BOOL, 0, 0, "false", NULL, CHOICE, muted, FOR_EVERY, \
	  "Begin without this task? It is measured once it is heard.")         \
	T("tasks.*.smoothing", NUM, 0, 0.9, "0", NULL, NUM, smoothing, FOR_SMOOTHED, \
	  "Label smoothing of the loss; losses are shown without.")            \
	T("tasks.*.max_bad", NUM, 0, 1, "0.01", NULL, NUM, max_bad, FOR_EVERY, \
	  "Share of a file's rows that may be unusable; 0: none.")             \
	T("tasks.*.lr", NUM, 0, 1000, "(1; 10 for a new head over a model.init)", \
	  NULL, NUM, lr, FOR_EVERY,                                            \
	  "Factor on the learning rate of the task's own parameters. Of a "    \
	  "task that finds none of its own in model.init, as with a new head " \
	  "over a trained trunk, it is 10 where nothing is said and the "      \
	  "trunk is trained.")             \
	T("tasks.*.lr_trunk", NUM, 0, 1000, "1", NULL, NUM, lr_trunk, FOR_DECODES, \
	  "With model.decoder_init trunk: factor on the learning rate of what " \
	  "begins as the trunk's. tasks.*.lr is then for the rest, such as the " \
	  "copy gate.")                                                        \
	T("tasks.*.metrics", LIST, 1, PLAN_METRICS, "[\"accuracy\"]", NULL,    \
	  METRICS, metrics, FOR_EVERY, "Measures on the dev rows; the first one is " \
	  "shown on the strip.")                                               \
	T("tasks.*.rouge", ENUM, 0, 0, "\"ascii\"", "ascii|unicode", CHOICE,   \
	  rouge_unicode, FOR_ROUGE, "What ROUGE counts: words of a-z and 0-9, as " \
	  "rouge-score does, or of every script's letters and digits.")        \
	T("tasks.*.beams", INT, 1, 16, "4", NULL, INT, beams, FOR_DECODES,     \
	  "Beams of the search in eval and predict.")                          \
	T("tasks.*.min_length", INT, 0, 2047, "(3, at most max_length)", NULL, \
	  INT, min_length, FOR_DECODES, "Fewest pieces of a summary.")         \
	T("tasks.*.max_length", INT, 1, 2047, "(60, at most max_target - 1)",  \
	  NULL, INT, max_length, FOR_DECODES, "Most pieces of a summary.")     \
	T("tasks.*.no_repeat", INT, 0, 16, "3", NULL, INT, no_repeat, FOR_DECODES, \
	  "Length of runs of pieces that may not come twice; 0: off.")         \
	T("tasks.*.length_penalty", NUM, 0, 10, "1", NULL, NUM,                \
	  length_penalty, FOR_DECODES, "Above 0, longer summaries are preferred.") \
	W("mix.sampling", STR, 0, 0, "\"proportional\"", NULL, TEXT,           \
	  method[METHOD_SAMPLING].name,                                        \
	  "How the shares of the tasks come about.")                           \
	W("mix.sampling_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,          \
	  method[METHOD_SAMPLING],                                             \
	  "Parameters of the sampling method: {\"T\": 2}.")                    \
	W("mix.weighting", STR, 0, 0, "\"fixed\"", NULL, TEXT,                 \
	  method[METHOD_WEIGHTING].name,                                       \
	  "What multiplies the weights of the tasks.")                         \
	W("mix.weighting_args", LIST, 0, MIX_PARAMS, "{}", NULL, ARGS,         \
	  method[METHOD_WEIGHTING], "Parameters of the weighting "   \
	  "method: {\"every\": 2, \"scope\": \"layer\"}.")                          \
	W("mix.micro_batches", INT, 1, 255, "4", NULL, INT, micro_batches,     \
	  "Micro-batches of one step.")                                        \
	W("mix.tokens", INT, 8, 65536, "512", NULL, INT, tokens,               \
	  "Tokens of one micro-batch: pieces of the rows' texts with what "    \
	  "stands around them, prompts as well, and of summaries. Tokens a "   \
	  "second and those of a run are the same ones, for every kind of "    \
	  "model. What a model makes besides is not counted: masks to predict " \
	  "from, and the texts of labels and numbers that are said.")          \
	W("mix.gradients_every", INT, 0, 1e9, "50", NULL, LONG,                \
	  gradients_every, "Steps between measurements of the tasks' gradients " \
	  "on the shared parameters: norms, for which a block of their size is " \
	  "kept, and how they agree, by sketches of 16 kB for each task and "   \
	  "layer; 0: only when asked.")                                        \
	W("optimizer.kind", ENUM, 0, 0, "\"adamw\"", "adamw", FIXED, lr,       \
	  "The optimizer.")                                                    \
	W("optimizer.lr", NUM, 0, 10, "0.0003", NULL, NUM, lr,                 \
	  "Base learning rate.")                                               \
	W("optimizer.beta1", NUM, 0, 0.999999, "0.9", NULL, NUM, beta1,        \
	  "Decay of the mean of gradients.")                                   \
	W("optimizer.beta2", NUM, 0, 0.999999, "0.999", NULL, NUM, beta2,      \
	  "Decay of the mean of their squares.")                               \
	W("optimizer.eps", NUM, 1e-20, 1, "1e-08", NULL, NUM, eps,             \
	  "Keeps the division by the root of that mean sane.")                 \
	W("optimizer.weight_decay", NUM, 0, 1, "0.01", NULL, NUM,              \
	  weight_decay, "Decoupled weight decay of matrices.")                 \
	W("optimizer.layer_decay", NUM, 0.001, 1, "1", NULL, NUM, layer_decay, \
	  "What the rate is multiplied with for each layer further down: the " \
	  "top one's is lr times it, the lowest of n layers' lr times its "    \
	  "n-th power, the tables' its power n + 1. Heads and decoders have "  \
	  "lr itself. For fine-tuning, 0.65 to 0.95; 1: one rate for all.")    \
	W("optimizer.average", NUM, 0, 0.999999, "0", NULL, NUM, average,      \
	  "Decay of an average of the weights that is kept beside them, 0.999 " \
	  "say, for one more block of their size; 0: none. In its t-th update "  \
	  "it is (1 + t) / (10 + t), where that is less. Training does not feel " \
	  "it. Scheduled evaluations measure it, too, and eval, predict and "   \
	  "export take it with --averaged; which checkpoint is the best is the " \
	  "plain weights' affair.")                                            \
	W("optimizer.rates", STR, 0, 0, "null", NULL, TEXT, rates,             \
	  "Factors on the rate of groups of parameters: \"embeddings 0.1, "    \
	  "layers 0..2 0.5, topic 2\". Groups as in model.frozen; what is not " \
	  "named has 1. They are beside layer_decay and tasks.*.lr, and rate "  \
	  "GROUP FACTOR sets them while the run goes on.")                     \
	W("optimizer.clip", NUM, 0, 1e6, "1", NULL, NUM, clip,                 \
	  "Largest norm of a step's gradient; 0: off.")                        \
	W("optimizer.schedule", ENUM, 0, 0, "\"cosine\"",                      \
	  "constant|linear|cosine", CHOICE, schedule,                          \
	  "How the rate falls after the warm-up, to the end of the budget.")   \
	W("optimizer.warmup", INT, 0, 1e9, "400", NULL, SPAN, warmup,          \
	  "Steps in which the rate rises, or \"6%\" of the budget.")            \
	W("optimizer.lr_floor", NUM, 0, 1, "0", NULL, NUM, lr_floor,           \
	  "What the rate falls to, as a fraction of lr.")                      \
	W("budget.steps", INT, 1, 1e9, "null", NULL, LONG, budget_steps,       \
	  "Steps of the run. A plan has this or epochs.")                      \
	W("budget.epochs", NUM, 1e-6, 1e6, "null", NULL, NUM, epochs,          \
	  "The run in epochs: as many micro-batches, rounded up to steps, as " \
	  "all tasks that begin heard have in so many passes over their rows. " \
	  "Which task gets how many of them is the mix's affair. The steps "   \
	  "are found when the data are read, and kept with the run.")          \
	W("budget.eval_every", INT, 0, 1e9, "500", NULL, SPAN, eval_every,     \
	  "Steps between evaluations, or \"10%\" of the budget, rounded up; "  \
	  "0: none but at the end.")                                           \
	W("budget.checkpoint_every", INT, 0, 1e9, "1000", NULL, SPAN,          \
	  checkpoint_every, "Steps between checkpoints, or \"20%\" of the "    \
	  "budget, rounded up; 0: none but at the end.")                       \
	W("budget.checkpoint", ENUM, 0, 0, "\"all\"", "all|changed", CHOICE,  \
	  saves_changed, "What a checkpoint holds of parameters: all, or with " \
	  "a model.init those alone that an update has changed. What is frozen " \
	  "then costs no disk, and the init has to stay where it is: a "        \
	  "checkpoint is put together with it, and refused where it has changed.") \
	W("budget.eval_examples", INT, 0, 1e9, "200", NULL, INT,               \
	  eval_examples, "Dev rows of an evaluation, the same each time; 0: all.") \
	W("budget.eval_end", ENUM, 0, 0, "\"sample\"", "sample|all", CHOICE,   \
	  eval_end, "all: the run ends with one more evaluation, of all dev "  \
	  "rows, with the task's beams, and every prediction of it is kept.")  \
	W("budget.keep", INT, 2, 1000, "2", NULL, INT, keep,                   \
	  "Newest checkpoints kept, beside the best and the named.")           \
	W("budget.back_every", INT, 0, 1e9, "10", NULL, LONG, back_every,      \
	  "Steps between the states in memory that `back` goes to; 0: none.")  \
	W("budget.back_memory", INT, 0, 1e6, "32", NULL, INT, back_memory,     \
	  "MB for these states, at most 8; one takes three times the weights. "  \
	  "Where not even one has room, there are none.")                      \
	W("best", STR, 0, 0, "\"mean\"", NULL, TEXT, best,                     \
	  "What makes a checkpoint the best: the mean of the tasks' first "    \
	  "metrics (without mlm, lm and denoise, where there are others), or "   \
	  "TASK.METRIC, one of that task's metrics or its loss.")  \
	W("on_hangup", ENUM, 0, 0, "\"go-on\"", "go-on|checkpoint-exit", CHOICE, \
	  on_hangup, "What a desk's run does when its terminal is gone.")

#define FIELD_W(path, type, min, max, fallback, choices, slot, member, help)   \
	{ path, PLAN_##type, min, max, fallback, choices, help },
#define FIELD_T(path, type, min, max, fallback, choices, slot, member, traits, help) \
	{ path, PLAN_##type, min, max, fallback, choices, help },
#define PLACE_W(path, type, min, max, fallback, choices, slot, member, help)   \
	{ 0, PLAN_PLACE(slot, false, plan, member) },
#define PLACE_M(path, type, min, max, fallback, choices, slot, member, help)   \
	{ 0, PLAN_PLACE(slot, true, plan, member) },
#define PLACE_T(path, type, min, max, fallback, choices, slot, member, traits, help) \
	{ traits, PLAN_PLACE(slot, false, plan_task, member) },
#define PLACE_S(path, type, min, max, fallback, choices, slot, member, traits, help) \
	{ traits, PLAN_PLACE(slot, true, plan_task, member) },

const struct plan_field plan_listed[] = { PLAN_ROWS(FIELD_W, FIELD_W, FIELD_T, FIELD_T)
	ACTOR_ROWS(FIELD_W) };
const struct plan_listed_place plan_listed_places[] = {
	PLAN_ROWS(PLACE_W, PLACE_M, PLACE_T, PLACE_S) ACTOR_ROWS(PLACE_ACTOR)
};
const int plan_listed_count = (int)(sizeof plan_listed / sizeof *plan_listed);
_Static_assert(sizeof plan_listed / sizeof *plan_listed <= PLAN_LISTED_MAX,
	       "room for every row (plan_fields.c)");
