#!/usr/bin/env python3
"""Adapters as `peft` saves them, over the small models beside, and what it computes with them.

    tests/golden/pretrained/make_peft.py    writes a folder peft-NAME for each and peft.jsonl beside itself

Wants torch, transformers and peft; the folders that make_golden.py writes are the models. tests/unit/model/
test_pretrained_peft.c reads the folders and compares hidden states, logits and losses (expected(), make_golden.py). Every
number of an adapter is random, heads and biases, too; it is saved, read back by peft over the model in float64, and
merged by peft. A merged model has to say what the one that was not merged says.
"""
import json, os, shutil

import torch
import transformers as tf
from peft import LoraConfig, PeftModel, get_peft_model

import make_golden as base

HERE = base.HERE
CASES = {
    # Conv1D, which has its matrices transposed; ranks and factors that differ
    "gpt2": ("gpt2", tf.GPT2LMHeadModel, dict(
        task_type="CAUSAL_LM", r=3, lora_alpha=5, target_modules=["c_attn", "c_proj", "c_fc"],
        rank_pattern={"mlp.c_proj": 2, "h.2.mlp.c_fc": 4}, alpha_pattern={"h.1.attn.c_attn": 9, "c_fc": 2})),
    # a head of its own for the model's labels; alpha / sqrt(r); some layers alone
    "roberta": ("roberta", tf.RobertaForSequenceClassification, dict(
        task_type="SEQ_CLS", r=4, lora_alpha=3, use_rslora=True, target_modules=["query", "key", "value", "output.dense"],
        layers_to_transform=[0, 2])),
    # all biases were trained
    "bert": ("bert", tf.BertForSequenceClassification, dict(
        task_type="SEQ_CLS", r=2, lora_alpha=6, bias="all", target_modules=["query", "intermediate.dense"])),
    # biases of the matrices that are changed
    "electra": ("electra", tf.ElectraForSequenceClassification, dict(
        task_type="SEQ_CLS", r=2, lora_alpha=1, bias="lora_only", target_modules=["value", "embeddings_project"])),
    # the table of pieces, whose parts are called otherwise; both layers of the head
    "distilbert": ("distilbert", tf.DistilBertForSequenceClassification, dict(
        r=2, lora_alpha=4, target_modules=["word_embeddings", "q_lin", "ffn.lin2"],
        modules_to_save=["pre_classifier", "classifier"])),
    # over a model without a head and without labels: a new head
    "bert-deep": ("bert-deep", tf.BertForSequenceClassification, dict(
        task_type="SEQ_CLS", r=2, lora_alpha=6, target_modules=["query"])),
    # of the trunk alone
    "bert-trunk": ("bert-deep", tf.BertModel, dict(
        task_type="FEATURE_EXTRACTION", r=2, lora_alpha=6, target_modules="all-linear",
        modules_to_save=["position_embeddings"])),
}

def write(folder, model, name):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, save_embedding_layers=False)
    os.remove(os.path.join(folder, "README.md"))
    path = os.path.join(folder, "adapter_config.json")
    config = json.load(open(path))
    config["base_model_name_or_path"] = "../" + name
    json.dump(config, open(path, "w"), indent=1, sort_keys=True)


class Merged:
    """What expected() wants of a class: the model that peft merges."""
    def __init__(self, cls, name):
        self.cls, self.name, self.__name__ = cls, name, cls.__name__

    def from_pretrained(self, folder, dtype):
        plain = self.cls.from_pretrained(os.path.join(HERE, self.name), dtype=dtype, num_labels=self.labels)
        model = PeftModel.from_pretrained(plain, folder).eval()
        ids = torch.arange(3, 9)[None]
        with torch.no_grad():
            before = model(input_ids=ids)[0]
            model = model.merge_and_unload()
            assert (model(input_ids=ids)[0] - before).abs().max() < 1e-9
        return model

    labels = 3


def main():
    rows = []
    for k, (case, (name, cls, config)) in enumerate(CASES.items()):
        folder = os.path.join(HERE, "peft-" + case)
        torch.manual_seed(k)
        merged = Merged(cls, name)
        merged.labels = 2 if name == "electra" else 3
        model = get_peft_model(cls.from_pretrained(os.path.join(HERE, name), dtype=torch.float32, num_labels=merged.labels),
                               LoraConfig(**config))
        g = torch.Generator().manual_seed(400 + k)
        for _, p in model.named_parameters():
            if p.requires_grad:
                r = torch.randn(p.shape, generator=g)
                p.data = p.data + 0.2 * r if p.dim() == 1 else 0.7 * r / p.shape[-1] ** 0.5
        write(folder, model, name)
        rows.append(base.expected("peft-" + case, merged, folder, 500 + k))
        if name == "gpt2":  # expected() knows it by its name
            rows[-1] = base.expected("gpt2", merged, folder, 500 + k) | dict(folder="peft-gpt2")
    with open(os.path.join(HERE, "peft.jsonl"), "w") as f:
        for row in rows:
            f.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
