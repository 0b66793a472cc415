#!/usr/bin/env python3
"""One PyTorch measurement, in a process of its own; torch_speed.py starts these.

    torch_model.py --plan classify-small --mode bucketed-sparse --seconds 3
    torch_model.py --plan summarize-even --mode decode --seconds 3

Builds the model that the benchmark's plan describes by hand (post-norm, fused QKV,
mean pooling, tied output layer), reads the same generated texts, and prints one JSON
object.

A mode is a way to batch (padded: as the texts come, padded to the longest; bucketed:
texts of similar length together) and an optimizer (dense: AdamW; sparse: SparseAdam
on the embedding, AdamW elsewhere), with -bf16 for autocast to bfloat16.
"""
import argparse
import json
import math
import os
import threading
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB, PAD, CLS, SEP = 30522, 0, 2, 3
POOL, BATCHES, WARM, STEPS_MIN, TURNS = 50, 48, 6, 3, 32
GOLDEN = (math.sqrt(5) - 1) / 2


# --- the model ---


class Attention(nn.Module):
    def __init__(self, dim, heads, dropout, is_cross):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.q = nn.Linear(dim, dim) if is_cross else None
        self.kv = nn.Linear(dim, 2 * dim if is_cross else 3 * dim)
        self.out = nn.Linear(dim, dim)

    def split(self, x, parts):
        """[B, T, parts * C] as `parts` tensors [B, H, T, C / H]."""
        x = x.view(*x.shape[:2], parts, self.heads, -1)
        return x.permute(2, 0, 3, 1, 4).unbind(0)

    def attend(self, q, k, v, mask):
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores + mask
        p = F.dropout(scores.softmax(-1), self.dropout, self.training)
        return self.out((p @ v).transpose(1, 2).flatten(2))

    def forward(self, x, mask, cache=None):
        q, k, v = self.split(self.kv(x), 3)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        return self.attend(q, k, v, mask)

    def cross(self, x, memory, mask):
        return self.attend(self.split(self.q(x), 1)[0], *memory, mask)


class Layer(nn.Module):
    def __init__(self, dim, heads, dropout, is_decoder):
        super().__init__()
        self.own = Attention(dim, heads, dropout, False)
        self.other = Attention(dim, heads, dropout, True) if is_decoder else None
        self.norm = nn.ModuleList(
            nn.LayerNorm(dim) for _ in range(3 if is_decoder else 2))
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask, memory=None, memory_mask=None, cache=None):
        x = self.norm[0](x + self.drop(self.own(x, mask, cache)))
        if self.other:
            x = self.norm[2](x + self.drop(self.other.cross(x, memory, memory_mask)))
        return self.norm[1](x + self.drop(self.down(F.gelu(self.up(x)))))


class Embedding(nn.Module):
    def __init__(self, dim, places, dropout, tokens):
        super().__init__()
        self.tokens, self.places = tokens, nn.Embedding(places, dim)
        self.norm, self.drop = nn.LayerNorm(dim), nn.Dropout(dropout)

    def forward(self, ids, at=0):
        places = self.places.weight[at:at + ids.shape[1]]
        return self.drop(self.norm(self.tokens(ids) + places))


class Model(nn.Module):
    """A classifier, or with `targets` an encoder-decoder."""

    def __init__(self, plan, is_sparse):
        super().__init__()
        m, t = plan["model"], plan["tasks"]["task"]
        dim, rate = m["dim"], m["dropout"]
        self.tokens = nn.Embedding(VOCAB, dim, sparse=is_sparse)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.source = Embedding(dim, t["max_source"], rate, self.tokens)
        self.encoder = nn.ModuleList(
            Layer(dim, m["heads"], rate, False) for _ in range(m["layers"]))
        if t["kind"] == "classify":
            self.decoder = None
            self.head = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(rate),
                                      nn.Linear(dim, len(t["labels"])))
            return
        self.target = Embedding(dim, t["max_target"], rate, self.tokens)
        self.decoder = nn.ModuleList(
            Layer(dim, m["heads"], rate, True) for _ in range(m["decoder_layers"]))
        self.bias = nn.Parameter(torch.zeros(VOCAB))

    def encode(self, ids, mask):
        x = self.source(ids)
        for layer in self.encoder:
            x = layer(x, mask)
        return x

    def memories(self, x):
        """Keys and values of the source for every decoder layer."""
        return [l.other.split(l.other.kv(x), 2) for l in self.decoder]

    def output(self, x):
        return F.linear(x, self.tokens.weight, self.bias)

    def forward(self, b):
        x = self.encode(b["source"], b["mask"])
        if not self.decoder:
            mean = (x * b["keep"]).sum(1) / b["keep"].sum(1)
            return F.cross_entropy(self.head(mean), b["label"])
        y, causal = self.target(b["in"]), b["causal"]
        for layer, memory in zip(self.decoder, self.memories(x)):
            y = layer(y, causal, memory, b["mask"])
        live = b["out"] != PAD
        return F.cross_entropy(self.output(y[live]), b["out"][live])

    def decode(self, ids, beams):
        """Greedy or beam search over TURNS pieces, keys and values kept."""
        memory = [[t.expand(beams, -1, -1, -1) for t in m]
                  for m in self.memories(self.encode(ids, None))]
        caches = [[] for _ in self.decoder]
        last, score = torch.full((beams, 1), CLS), torch.full((beams,), -1e9)
        score[0] = 0
        for at in range(TURNS):
            y = self.target(last, at)
            for layer, m, cache in zip(self.decoder, memory, caches):
                y = layer(y, None, m, None, cache)
            logits = self.output(y[:, 0])
            if beams == 1:
                last = logits.argmax(-1, keepdim=True)
                continue
            score, best = (score[:, None] + logits.log_softmax(-1)).view(-1).topk(beams)
            last, parent = (best % VOCAB)[:, None], best // VOCAB
            for cache in caches:
                cache[:] = [t[parent] for t in cache]
        return last


# --- batches ---


def read_rows(folder, plan):
    """(source ids, target ids or None, label) of every training row."""
    task = plan["tasks"]["task"]
    with open(os.path.join(folder, "vocab.txt")) as f:
        ids = {word: i for i, word in enumerate(f.read().split())}
    rows = []
    with open(os.path.join(folder, task["train"])) as f:
        for line in f:
            r = json.loads(line)
            source = [CLS] + [ids[w] for w in r["text"].split()] + [SEP]
            words = r.get("summary", "").split()
            target = [ids[w] for w in words] + [SEP] if words else None
            rows.append((source, target, "abcd".index(r.get("label", "a"))))
    return rows


def pad(lists):
    return nn.utils.rnn.pad_sequence([torch.tensor(x) for x in lists], True, PAD)


def make_batch(rows):
    source = pad([r[0] for r in rows])
    keep = source != PAD
    b = {"source": source, "keep": keep[..., None].float(), "mask": None,
         "label": torch.tensor([r[2] for r in rows]),
         "tokens": sum(len(r[0]) for r in rows)}
    if not keep.all():
        b["mask"] = torch.zeros(keep.shape).masked_fill_(~keep, -1e9)[:, None, None, :]
    if rows[0][1]:
        b["in"] = pad([[CLS] + r[1][:-1] for r in rows])
        b["out"] = pad([r[1] for r in rows])
        length = b["in"].shape[1]
        b["causal"] = torch.full((length, length), -1e9).triu_(1)
        b["tokens"] += sum(len(r[1]) for r in rows)
    return b


def make_batches(rows, size, is_bucketed):
    """BATCHES of them; the golden ratio's steps keep any few of them a fair sample."""
    g = torch.Generator().manual_seed(1)
    order = torch.randperm(len(rows), generator=g).tolist()
    if is_bucketed:
        pools = [order[i:i + POOL * size] for i in range(0, len(order), POOL * size)]
        cost = [(len(s), len(t) if t else 0) for s, t, _ in rows]
        order = [i for pool in pools for i in sorted(pool, key=lambda i: cost[i])]
    lists = [order[i:i + size] for i in range(0, len(order) - size + 1, size)]
    lists.sort(key=lambda some: sum(len(rows[i][0]) for i in some))
    picked = [int(k * GOLDEN % 1 * len(lists)) for k in range(BATCHES)]
    return [make_batch([rows[i] for i in lists[k]]) for k in picked]


# --- training ---


def anonymous_mb():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def clip(parameters, limit):
    """As clip_grad_norm_, with room for one sparse gradient."""
    values = []
    for p in parameters:
        if p.grad is not None and p.grad.is_sparse:
            p.grad = p.grad.coalesce()
            values.append(p.grad._values())
        elif p.grad is not None:
            values.append(p.grad)
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(values)))
    torch._foreach_mul_(values, torch.clamp(limit / (norm + 1e-6), max=1.0))


class Training:
    def __init__(self, model, is_sparse, is_bf16):
        self.model, self.is_bf16 = model, is_bf16
        self.parameters = list(model.parameters())
        table = model.tokens.weight
        dense = [p for p in self.parameters if not (is_sparse and p is table)]
        self.optimizers = [
            torch.optim.AdamW(dense, lr=1e-4, weight_decay=0.01, foreach=True)]
        if is_sparse:
            self.optimizers.append(torch.optim.SparseAdam([table], lr=1e-4))

    def step(self, batch):
        for o in self.optimizers:
            o.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.is_bf16):
            loss = self.model(batch)
        loss.backward()
        clip(self.parameters, 1.0)
        for o in self.optimizers:
            o.step()

    def peak_mb(self, batches):
        """Highest anonymous memory over some steps, looked at every 2 ms."""
        seen, done = [0.0], threading.Event()

        def watch():
            while not done.wait(0.002):
                seen[0] = max(seen[0], anonymous_mb())

        t = threading.Thread(target=watch)
        t.start()
        for b in batches:
            self.step(b)
        done.set()
        t.join()
        return seen[0]


def train(a, plan):
    is_summary = plan["tasks"]["task"]["kind"] == "summarize"
    words = a.mode.split("-")
    model = Model(plan, "sparse" in words)
    batches = make_batches(read_rows(a.folder, plan), 16 if is_summary else 32,
                           words[0] == "bucketed")
    t = Training(model, "sparse" in words, "bf16" in words)
    for b in batches[:WARM]:
        t.step(b)
    tokens, spent, n = 0, 0.0, 0
    while n < STEPS_MIN or spent < a.seconds:
        b = batches[(WARM + n) % len(batches)]
        start = time.perf_counter()
        t.step(b)
        spent += time.perf_counter() - start
        tokens += b["tokens"]
        n += 1
    return {"speed": tokens / spent, "update": tokens / n,
            "peak_mb": t.peak_mb(batches[:4])}


def decode(a, plan):
    model, found = Model(plan, False).eval(), {}
    rows = read_rows(a.folder, plan)[:64]
    with torch.inference_mode():
        for beams in (1, 4):
            model.decode(torch.tensor([rows[0][0]]), beams)
            n, start = 0, time.perf_counter()
            while n < 3 or time.perf_counter() - start < a.seconds / 2:
                model.decode(torch.tensor([rows[n % len(rows)][0]]), beams)
                n += 1
            found[str(beams)] = (time.perf_counter() - start) / n / TURNS * 1e3
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--folder", default="build/bench")
    p.add_argument("--plan", required=True)
    p.add_argument("--mode", required=True)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    with open(os.path.join(a.folder, a.plan + ".json")) as f:
        plan = json.load(f)
    print(json.dumps(decode(a, plan) if a.mode == "decode" else train(a, plan)))


if __name__ == "__main__":
    main()
