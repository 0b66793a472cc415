#!/usr/bin/env python3
"""A small BERT with its head for masked words, and what EncoderDecoderModel of `transformers` says with two of it.

    tests/golden/pretrained/make_decoder.py    writes the folder bert-mlm and decoder.jsonl beside itself

Wants torch and transformers. tests/unit/model/test_decoder_init.c reads both. The decoder has the encoder's layers (or
the first and the last of the three), tables and norms, and looks at the encoder's rows by its self-attention's weights;
the masked words' head says the pieces (Rothe et al. 2020). A line for each: ids, said, and log p [T, V] of every piece
behind 0 and the pieces said before, in float64, one text at a time.
"""
import copy, json, os, shutil

import torch
import transformers as tf

HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB = 97


def randomize(model, seed):
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        r = torch.randn(p.shape, generator=g, dtype=torch.float64)
        if p.dim() == 1:
            p.data = (0.2 * r + (1.0 if name.lower().endswith("norm.weight") else 0.0)).to(p.dtype)
        else:
            p.data = (1.2 * r / p.shape[-1] ** 0.5).to(p.dtype)


def two_of(folder, layers):
    whole = tf.BertForMaskedLM.from_pretrained(folder, dtype=torch.float64).eval()
    config = copy.deepcopy(whole.config)
    config.update(dict(is_decoder=True, add_cross_attention=True, num_hidden_layers=len(layers)))
    decoder = tf.BertLMHeadModel(config).double()
    have = whole.state_dict()
    take = {}
    for name in decoder.state_dict():
        part, at = name.split("."), name
        if name.startswith("bert.encoder.layer."):
            part[3] = str(layers[int(part[3])])
            at = ".".join("attention" if p == "crossattention" else p for p in part)
        take[name] = have[at]
    decoder.load_state_dict(take)
    return tf.EncoderDecoderModel(encoder=whole.bert, decoder=decoder).double().eval()


def main():
    folder = os.path.join(HERE, "bert-mlm")
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(1)
    model = tf.BertForMaskedLM(tf.BertConfig(
        vocab_size=VOCAB, hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=50,
        max_position_embeddings=20))
    randomize(model, 300)
    model.tie_weights()
    model.save_pretrained(folder)
    for junk in ("generation_config.json",):
        if os.path.exists(os.path.join(folder, junk)):
            os.remove(os.path.join(folder, junk))
    with open(os.path.join(HERE, "decoder.jsonl"), "w") as f:
        for layers in ([0, 1, 2], [0, 2]):
            both = two_of(folder, layers)
            g = torch.Generator().manual_seed(len(layers))
            row = dict(folder=f"bert-mlm {len(layers)}", ids=[], said=[], logp=[])
            for n, t in ((9, 3), (1, 2), (6, 5)):
                ids = torch.randint(2, VOCAB, (1, n), generator=g)
                said = torch.randint(2, VOCAB, (1, t), generator=g)
                row["ids"].append(ids[0].tolist())
                row["said"].append(said[0].tolist())
                behind = torch.cat([torch.zeros(1, 1, dtype=torch.long), said[:, :-1]], 1)
                with torch.no_grad():
                    logp = both(input_ids=ids, decoder_input_ids=behind).logits.log_softmax(-1)
                row["logp"] += [float(f"{x:.8g}") for x in logp.flatten().tolist()]
            f.write(json.dumps(row, separators=(",", ":")) + "\n")


main()
