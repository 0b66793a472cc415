#!/usr/bin/env python3
"""Real tokens per second in training: Tutti beside PyTorch, same model, data and cores.

    tests/bench/torch_speed.py [--rounds 3] [--seconds 15] [--size small]

Both train a classifier on the demo's topics and an encoder-decoder on its headlines: pre-norm
Transformer, tied embedding, copy attention, dropout 0.1, AdamW, float32, 2 threads, the same number
of tokens per update. Tutti runs as `tutti train`, nothing special. PyTorch runs padded to the longest
of the batch in two ways: batches as they come, and batches of similar length. Padding is not counted
as work. Needs torch; not part of `make check`.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

import torch
import torch.nn as nn
import torch.nn.functional as F

SIZES = {"tiny": (128, 2, 2), "small": (256, 4, 4), "mini": (384, 6, 12)}
ap = argparse.ArgumentParser()
ap.add_argument("--rounds", type=int, default=3)
ap.add_argument("--seconds", type=float, default=15)
ap.add_argument("--size", choices=SIZES, default="small")
ap.add_argument("--program", default="build/tutti")
A = ap.parse_args()
DIM, LAYERS, HEADS = SIZES[A.size]
MB, TOKENS, DROP = 4, 1024, 0.1
torch.set_num_threads(2)


def plan(task):
    t = {"topic": {"kind": "classify", "train": os.path.abspath("build/demo/topics.train.jsonl"), "text": "text",
                   "label": "label", "max_source": 192},
         "headline": {"kind": "summarize", "train": os.path.abspath("build/demo/headlines.train.jsonl"),
                      "source": "report", "target": "headline", "max_source": 192, "max_target": 24}}[task]
    return {"tutti": 1, "model": {"kind": "transformer", "dim": DIM, "layers": LAYERS, "heads": HEADS, "decoder_layers": 2,
                                  "dropout": DROP},
            "tokenizer": {"kind": "wordpiece", "size": 1200}, "tasks": {task: t},
            "mix": {"micro_batches": MB, "tokens": TOKENS},
            "budget": {"steps": 1000000, "eval_every": 1000000, "checkpoint_every": 1000000}}


def ours(task, folder):
    p = os.path.join(folder, task + ".json")
    json.dump(plan(task), open(p, "w"))
    r = subprocess.Popen([A.program, "train", p, "--json", "--runs", folder], stdout=subprocess.PIPE, text=True)
    time.sleep(A.seconds)
    r.terminate()
    out = r.communicate()[0].strip().split("\n")
    end = json.loads(out[-1])
    runs = sorted(os.listdir(folder))
    return end["tokens_per_second"], os.path.join(folder, end["run"]), end["peak_mb"]


def ids(run, file, column):
    text = "\n".join(json.loads(l)[column] for l in open(file))
    out = subprocess.run([A.program, "tokenize", run], input=text + "\n", capture_output=True, text=True, check=True)
    return [[int(x) for x in l.split()] for l in out.stdout.split("\n")[:-1]]


class Attention(nn.Module):
    def __init__(self, cross):
        super().__init__()
        self.q = nn.Linear(DIM, DIM if cross else 3 * DIM)
        self.kv = nn.Linear(DIM, 2 * DIM) if cross else None
        self.o = nn.Linear(DIM, DIM)

    def forward(self, x, memory=None, mask=None, causal=False):
        q, k, v = self.q(x).chunk(3, -1) if memory is None else (self.q(x), *self.kv(memory).chunk(2, -1))
        q, k, v = [t.view(*t.shape[:2], HEADS, -1).transpose(1, 2) for t in (q, k, v)]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=DROP if self.training else 0, is_causal=causal)
        return self.o(y.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.a, self.c = Attention(False), Attention(True) if decoder else None
        self.n = nn.ModuleList(nn.LayerNorm(DIM) for _ in range(3 if decoder else 2))
        self.up, self.down = nn.Linear(DIM, 4 * DIM), nn.Linear(4 * DIM, DIM)
        self.drop = nn.Dropout(DROP)

    def forward(self, x, mask, memory=None):
        x = x + self.drop(self.a(self.n[0](x), mask=None if self.c else mask, causal=self.c is not None))
        if self.c:
            x = x + self.drop(self.c(self.n[2](x), memory, mask))
        return x + self.drop(self.down(F.gelu(self.up(self.n[1](x)))))


class Model(nn.Module):
    def __init__(self, vocab, classes):
        super().__init__()
        self.emb, self.pos = nn.Embedding(vocab, DIM), nn.Embedding(256, DIM)
        self.enc = nn.ModuleList(Layer(False) for _ in range(LAYERS))
        self.dec = nn.ModuleList(Layer(True) for _ in range(0 if classes else 2))
        self.n, self.dn, self.drop = nn.LayerNorm(DIM), nn.LayerNorm(DIM), nn.Dropout(DROP)
        self.dense, self.head = nn.Linear(DIM, DIM), nn.Linear(DIM, classes or 1)
        self.pq, self.pk, self.gate = nn.Linear(DIM, DIM), nn.Linear(DIM, DIM), nn.Linear(DIM, 1)
        self.classes = classes

    def encode(self, src, mask):
        x = self.drop(self.emb(src) + self.pos(torch.arange(src.shape[1])))
        for l in self.enc:
            x = l(x, mask)
        return self.n(x)

    def forward(self, b):
        src, keep = b["src"], b["src"] != 0
        mask = keep[:, None, None, :]
        h = self.encode(src, mask)
        if self.classes:
            p = (h * keep[..., None]).sum(1) / keep.sum(1, keepdim=True)
            return F.cross_entropy(self.head(self.drop(torch.tanh(self.dense(self.drop(p))))), b["y"])
        x = self.drop(self.emb(b["tin"]) + self.pos(torch.arange(b["tin"].shape[1])))
        for l in self.dec:
            x = l(x, mask, h)
        x, out = self.dn(x), b["tout"]
        live = out != 0
        a = (self.pq(x) @ self.pk(h).transpose(1, 2) / DIM ** 0.5).masked_fill(~keep[:, None], -1e9).softmax(-1)
        copy = (a * (src[:, None] == out[..., None])).sum(-1)
        lp = F.log_softmax(F.linear(x, self.emb.weight), -1)
        g = torch.sigmoid(self.gate(x)).squeeze(-1)
        p = g * lp.gather(-1, out[..., None]).squeeze(-1).exp() + (1 - g) * copy
        return -torch.log(p[live] + 1e-9).mean()


def batches(src, tgt, y, bucket):
    """Lists of rows with about MB * TOKENS real tokens an update."""
    cost = [len(s) + 2 + (len(t) + 1 if tgt else 0) for s, t in zip(src, tgt or src)]
    g = torch.Generator().manual_seed(1)
    order = torch.randperm(len(src), generator=g).tolist()
    if bucket:
        order = [i for w in range(0, len(order), 1024) for i in sorted(order[w:w + 1024], key=lambda i: cost[i])]
    out, row, n = [], [], 0
    for i in order:
        if row and n + cost[i] > MB * TOKENS:
            out.append(row)
            row, n = [], 0
        row.append(i)
        n += cost[i]
    pad = lambda rows: nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], batch_first=True)
    made = []
    for rows in [out[i] for i in torch.randperm(len(out), generator=g)[:64].tolist()]:
        b = {"src": pad([[2] + src[i] + [3] for i in rows]), "tokens": sum(cost[i] for i in rows)}
        if tgt:
            b["tin"], b["tout"] = pad([[2] + tgt[i] for i in rows]), pad([tgt[i] + [3] for i in rows])
        else:
            b["y"] = torch.tensor([y[i] for i in rows])
        made.append(b)
    return made


def torch_speed(task, run, bucket):
    if task == "topic":
        f = "build/demo/topics.train.jsonl"
        labels = [json.loads(l)["label"] for l in open(f)]
        names = sorted(set(labels))
        src, tgt, y = ids(run, f, "text"), None, [names.index(l) for l in labels]
    else:
        f = "build/demo/headlines.train.jsonl"
        src, tgt, y = ids(run, f, "report"), ids(run, f, "headline"), None
    m = Model(1200, len(set(y)) if y else 0)
    o = torch.optim.AdamW(m.parameters(), lr=3e-4)
    bs, tokens, spent, i = batches(src, tgt, y, bucket), 0, 0.0, 0
    end = time.perf_counter() + A.seconds
    while time.perf_counter() < end:
        b = bs[i % len(bs)]
        t0 = time.perf_counter()
        o.zero_grad(set_to_none=True)
        m(b).backward()
        nn.utils.clip_grad_norm_(m.parameters(), 1.0)
        o.step()
        if i >= 3:
            tokens, spent = tokens + b["tokens"], spent + time.perf_counter() - t0
        i += 1
    return tokens / spent


with tempfile.TemporaryDirectory() as folder:
    rows = []
    for task in ("topic", "headline"):
        v = {"tutti": [], "torch padded": [], "torch bucketed": []}
        for _ in range(A.rounds):
            speed, run, peak = ours(task, folder)
            v["tutti"].append(speed)
            v["torch padded"].append(torch_speed(task, run, False))
            v["torch bucketed"].append(torch_speed(task, run, True))
        med = {k: statistics.median(x) for k, x in v.items()}
        rows.append((task, med))
        print(f"{A.size} {task:9}" + "".join(f"  {k} {x:8.0f}" for k, x in med.items()) +
              f"  ratio {med['tutti'] / med['torch padded']:.2f} / {med['tutti'] / med['torch bucketed']:.2f}", flush=True)
