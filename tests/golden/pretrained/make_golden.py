#!/usr/bin/env python3
"""Small random models of every family as `transformers` saves them, and what it computes with them.

    tests/golden/pretrained/make_golden.py              writes a folder for each and expected.jsonl beside itself
    tests/golden/pretrained/make_golden.py FOLDER       prints such a line for a real model

Wants torch, transformers and safetensors. tests/unit/model/test_pretrained.c reads the folders and compares: the last
hidden states of all tokens, and the logits and the mean loss of a head; of GPT-2 the logits behind the last token and
the mean loss of a continuation. All is computed in float64 from the weights as they stand in the files, one sequence
at a time, so that nothing is padded. Sizes are odd on purpose: a square matrix that is transposed, or a head that is
cut elsewhere, must show.
"""
import json, os, shutil, sys

import torch
import torch.nn.functional as F
import transformers as tf
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB = 97
LABELS = ["calm", "brisk", "grave"]
NAMED = dict(id2label=dict(enumerate(LABELS)), label2id={l: k for k, l in enumerate(LABELS)})
LENGTHS, TARGETS = [9, 1, 6], [3, 2, 5]


def bert(**more):
    sizes = dict(vocab_size=VOCAB, hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=50,
                 max_position_embeddings=20)
    return sizes | more


CASES = {
    "bert": (tf.BertForSequenceClassification, tf.BertConfig(**bert(**NAMED, hidden_dropout_prob=0.2)), "float32"),
    "bert-deep": (tf.BertModel, tf.BertConfig(**bert(hidden_size=36, num_hidden_layers=5, intermediate_size=41,
                                                     hidden_act="gelu_new", layer_norm_eps=1e-5)), "bfloat16"),
    "bert-old": (tf.BertForPreTraining, tf.BertConfig(**bert(hidden_act="relu", type_vocab_size=3)), "float16"),
    "distilbert": (tf.DistilBertForSequenceClassification,
                   tf.DistilBertConfig(vocab_size=VOCAB, dim=30, n_layers=2, n_heads=5, hidden_dim=44, **NAMED,
                                       max_position_embeddings=18), "float16"),
    "roberta": (tf.RobertaForSequenceClassification,
                tf.RobertaConfig(**bert(type_vocab_size=1, pad_token_id=1, **NAMED, layer_norm_eps=1e-5)), "float32"),
    "electra": (tf.ElectraForSequenceClassification,
                tf.ElectraConfig(**bert(hidden_size=28, num_attention_heads=2, embedding_size=20)), "float32"),
    "electra-even": (tf.ElectraForPreTraining, tf.ElectraConfig(**bert(embedding_size=24, num_hidden_layers=2)),
                     "bfloat16"),
    "gpt2": (tf.GPT2LMHeadModel, tf.GPT2Config(vocab_size=VOCAB, n_embd=24, n_layer=3, n_head=3, n_positions=21,
                                               n_inner=50), "float32"),
    "gpt2-half": (tf.GPT2Model, tf.GPT2Config(vocab_size=VOCAB, n_embd=20, n_layer=2, n_head=2, n_positions=16),
                  "float16"),
}
SHARDED = {"roberta": "30KB", "gpt2-half": "12KB"}


def randomize(model, seed):
    """Large enough that nothing is nearly linear, and no two parameters alike."""
    g = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        r = torch.randn(p.shape, generator=g, dtype=torch.float64)
        if p.dim() == 1:
            p.data = (0.2 * r + (1.0 if "norm" in name.lower() or ".ln_" in name else 0.0)).to(p.dtype)
        else:
            p.data = (1.2 * r / p.shape[-1] ** 0.5).to(p.dtype)


def change_files(name, folder):
    """What `transformers` of today does not write, but files of before have."""
    path = os.path.join(folder, "model.safetensors")
    if name == "bert-old":
        old = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
               for k, v in load_file(path).items()}
        old["bert.embeddings.position_ids"] = torch.arange(20).expand(1, -1).contiguous()
        save_file(old, path, metadata={"format": "pt"})
    if name == "gpt2":
        old = load_file(path)
        for i in range(3):
            old[f"transformer.h.{i}.attn.bias"] = torch.ones(21, 21, dtype=torch.bool).tril().view(1, 1, 21, 21)
            old[f"transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
        save_file(old, path, metadata={"format": "pt"})


def flat(t):
    return [float(f"{x:.8g}") for x in t.detach().double().flatten().tolist()]


def expected(name, cls, folder, seed):
    g = torch.Generator().manual_seed(seed)
    # bert-old is read back as it was before its names were made old
    model = cls.from_pretrained(folder, dtype=torch.float64).eval()
    base = model.base_model
    row = dict(folder=name, ids=[], segments=[], hidden=[], logits=[], loss=None)
    losses = []
    two = getattr(model.config, "type_vocab_size", 0) > 1
    for i, n in enumerate(LENGTHS):
        ids = torch.randint(2, VOCAB, (1, n), generator=g)
        seg = (torch.arange(n) >= n // 2).long()[None] * two
        kind = dict(token_type_ids=seg) if two else {}
        row["ids"].append(ids[0].tolist())
        row["segments"].append(seg[0].tolist())
        with torch.no_grad():
            h = base(input_ids=ids, **kind).last_hidden_state
            row["hidden"] += flat(h)
            if "SequenceClassification" in cls.__name__:
                logits = model(input_ids=ids, **kind).logits
                row["logits"] += flat(logits)
                row.setdefault("labels", []).append(i % logits.shape[1])
                losses.append(F.cross_entropy(logits, torch.tensor([i % logits.shape[1]])))
            if name == "gpt2":
                said = torch.randint(2, VOCAB, (1, TARGETS[i]), generator=g)
                row.setdefault("said", []).append(said[0].tolist())
                row["logits"] += flat(model(input_ids=ids).logits[0, -1])
                logits = model(input_ids=torch.cat([ids, said], 1)).logits[0, n - 1:-1]
                losses += list(F.cross_entropy(logits, said[0], reduction="none"))
    if losses:
        row["loss"] = float(torch.stack(losses).mean())
    return row


def real(folder):
    model = tf.AutoModel.from_pretrained(folder, dtype=torch.float64).eval()
    g = torch.Generator().manual_seed(1)
    row = dict(folder="", ids=[], segments=[], hidden=[])
    two = getattr(model.config, "type_vocab_size", 0) > 1
    for n in (200, 7, 60):
        ids = torch.randint(5, model.config.vocab_size, (1, n), generator=g)
        seg = (torch.arange(n) >= n // 2).long()[None] * two
        row["ids"].append(ids[0].tolist())
        row["segments"].append(seg[0].tolist())
        with torch.no_grad():
            kind = dict(token_type_ids=seg) if two else {}
            row["hidden"] += flat(model(input_ids=ids, **kind).last_hidden_state)
    print(json.dumps(row, separators=(",", ":")))


def main():
    if len(sys.argv) > 1:
        return real(sys.argv[1])
    rows = []
    for k, (name, (cls, config, dtype)) in enumerate(CASES.items()):
        folder = os.path.join(HERE, name)
        shutil.rmtree(folder, ignore_errors=True)
        torch.manual_seed(k)
        model = cls(config).to(getattr(torch, dtype))
        randomize(model, 100 + k)
        model.save_pretrained(folder, max_shard_size=SHARDED.get(name, "5GB"))
        for junk in ("generation_config.json",):
            if os.path.exists(os.path.join(folder, junk)):
                os.remove(os.path.join(folder, junk))
        rows.append(expected(name, cls, folder, 200 + k))
        change_files(name, folder)
    with open(os.path.join(HERE, "expected.jsonl"), "w") as f:
        for row in rows:
            f.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
