"""The benchmark's models that are one stack of layers, in PyTorch: a causal language
model (pre-norm), and an encoder that writes behind its source (UniLM; post-norm).

A text is one row of a grid: gpt has source and answer end to end, a prefix has the
sources in columns of their own, then what was said, then the masks. A lean way has
nothing computed that nobody reads: the source's rows ask the source alone, and the top
layer's queries and feed-forward are of those rows that a piece is predicted from.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_model import CLS, MASK, NEVER, PAD, SEP, VOCAB, Rows, by_hand

LABEL_WORDS = ["bababa", "dababa", "fababa", "gababa"]  # bench_plan.c's


def is_stack(plan):
    m = plan["model"]
    return m["kind"] == "gpt" or m.get("decoder") == "prefix"


# --- batches ---

def grid_of(lists, width):
    g = torch.full((len(lists), width), PAD)
    for i, x in enumerate(lists):
        g[i, :len(x)] = torch.tensor(x)
    return g


def lay_gpt(rows):
    """ids, places, segments, [B, L, L] who sees whom, (row, column) of what asks."""
    lists = [s + t[:-1] for s, t, _ in rows]
    ids = grid_of(lists, max(map(len, lists)))
    width = ids.shape[1]
    sees = torch.ones(width, width, dtype=torch.bool).tril_()[None]
    asks = [(i, len(s) - 1 + j) for i, (s, t, _) in enumerate(rows)
            for j in range(len(t))]
    return ids, torch.arange(width).expand_as(ids), torch.zeros_like(ids), sees, asks


def lay_prefix(rows, has_masks):
    S, T = max(len(r[0]) for r in rows), max(len(r[1]) for r in rows)
    parts = [grid_of([r[0] for r in rows], S),
             grid_of([[CLS] + r[1][:-1] for r in rows], T)]
    if has_masks:
        parts.append(grid_of([[MASK] * len(r[1]) for r in rows], T))
    ids, last = torch.cat(parts, 1), S + T * has_masks
    places = torch.zeros_like(ids)
    places[:, :S] = torch.arange(S)
    for i, (s, _, _) in enumerate(rows):
        places[i, S:S + T] = len(s) + torch.arange(T)
        places[i, S + T:] = len(s) + 1 + torch.arange(T)[:ids.shape[1] - S - T]
    sees = torch.zeros(len(rows), *[ids.shape[1]] * 2, dtype=torch.bool)
    sees[:, :, :S] = (ids[:, None, :S] != PAD)
    own = torch.ones(T, T, dtype=torch.bool).tril_()
    sees[:, S:S + T, S:S + T] = own
    if has_masks:
        sees[:, S + T:, S:S + T] = own
        sees[:, S + T:, S + T:] = torch.eye(T, dtype=torch.bool)
    segments = (torch.arange(ids.shape[1]) >= S).long().expand_as(ids)
    asks = [(i, last + j) for i, r in enumerate(rows) for j in range(len(r[1]))]
    return ids, places, segments, sees, asks, S


def put_mask(b, name, sees):
    """[1 or B, 1, queries, keys], one for all texts where they are alike."""
    if len(sees) > 1 and (sees == sees[:1]).all():
        sees = sees[:1]
    mask = torch.zeros(sees.shape).masked_fill_(~sees, NEVER)
    b[name] = None if sees.all() else mask[:, None]


def ranks(asks):
    """The how manieth of its text each asking row is; the most of them."""
    n, before = [], None
    for i, _ in asks:
        n.append(n[-1] + 1 if i == before else 0)
        before = i
    return torch.tensor(n), max(n) + 1


def put_asking(b, asks, sees, grid, index):
    """Rows that are predicted from: where in x, and as a grid of their own."""
    text, column = torch.tensor(asks).unbind(1)
    at, width = ranks(asks)
    flat = text * grid.shape[1] + column
    b["asking"] = flat if index is None else torch.searchsorted(index, flat)
    own = torch.zeros(len(grid), width, grid.shape[1], dtype=torch.bool)
    own[:, :, 0] = True  # rows of nobody see something
    own[text, at] = sees.expand(len(grid), -1, -1)[text, column]
    b["asking_rows"] = Rows(torch.empty(len(grid), width), text * width + at)
    put_mask(b, "asking_mask", own)


def make_batch(rows, way, plan):
    b = {"tokens": sum(len(s) + (len(t) if k is None else 0) for s, t, k in rows)}
    masks = plan["model"].get("predict_from") == "mask"
    if plan["model"]["kind"] == "gpt":
        ids, places, segments, sees, asks = lay_gpt(rows)
        b["prefix"] = None
    else:
        ids, places, segments, sees, asks, S = lay_prefix(rows, masks)
        b["prefix"] = S if way.is_lean else None
        put_mask(b, "prefix_mask", sees[:, :1, :S])
        put_mask(b, "behind_mask", sees[:, S:])
    put_mask(b, "mask", sees)
    index = (ids.flatten() != PAD).nonzero().flatten() if way.is_packed else None
    b["rows"] = Rows(ids, index)
    for name, x in (("ids", ids), ("places", places), ("segments", segments)):
        b[name] = x.contiguous() if index is None else x.flatten()[index]
    put_asking(b, asks, sees, ids, index)
    b["out"] = torch.tensor([i for _, t, _ in rows for i in t])
    return b


def answers(rows, plan, ids):
    """Rows whose target is their label's text, where there are labels."""
    if plan["tasks"]["task"]["kind"] != "classify":
        return [(s, t, None) for s, t, _ in rows]
    return [(s, [ids[LABEL_WORDS[k]], SEP], k) for s, _, k in rows]


# --- the model ---

class Layer(nn.Module):
    def __init__(self, dim, heads, rate, is_gpt, is_sdpa):
        super().__init__()
        self.heads, self.rate = heads, rate
        self.is_gpt, self.is_sdpa = is_gpt, is_sdpa
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.drop = nn.Dropout(rate)

    def split(self, x, parts):
        """[B, T, parts * C] as `parts` tensors [B, H, T, C / H]."""
        x = x.view(*x.shape[:2], parts, self.heads, -1)
        return x.permute(2, 0, 3, 1, 4).unbind(0)

    def attend(self, q, k, v, mask, is_causal=False):
        rate = self.rate if self.training else 0.0
        if not self.is_sdpa:
            y = by_hand(q, k, v, mask, rate)
        elif is_causal:
            y = F.scaled_dot_product_attention(q, k, v, None, rate, True)
        else:
            y = F.scaled_dot_product_attention(q, k, v, mask, rate)
        return y.transpose(1, 2).flatten(2)

    def all_heads(self, q, k, v, b):
        S = b["prefix"]
        if S is None:
            return self.attend(q, k, v, b["mask"], self.is_gpt)
        return torch.cat([
            self.attend(q[:, :, :S], k[:, :, :S], v[:, :, :S], b["prefix_mask"]),
            self.attend(q[:, :, S:], k, v, b["behind_mask"])], 1)

    def own(self, x, b):
        q, k, v = self.split(b["rows"].pad(self.qkv(x)), 3)
        return self.out(b["rows"].pack(self.all_heads(q, k, v, b)))

    def own_asking(self, x, asking, b):
        """Of the asking rows alone; asking [n, C]."""
        C, rows = x.shape[-1], b["asking_rows"]
        w, bias = self.qkv.weight, self.qkv.bias
        k, v = self.split(b["rows"].pad(F.linear(x, w[C:], bias[C:])), 2)
        q = self.split(rows.pad(F.linear(asking, w[:C], bias[:C])), 1)[0]
        return self.out(rows.pack(self.attend(q, k, v, b["asking_mask"])))

    def feed(self, x):
        x = F.gelu(self.up(x), approximate="tanh" if self.is_gpt else "none")
        return self.drop(self.down(x))

    def forward(self, x, b, is_top=False):
        """The layer's rows; of its asking ones [n, C] alone with is_top."""
        h = self.norm[0](x) if self.is_gpt else x
        if is_top:
            take = lambda t: t.reshape(-1, t.shape[-1]).index_select(0, b["asking"])
            x, r = take(x), self.own_asking(h, take(h), b)
        else:
            r = self.own(h, b)
        if self.is_gpt:
            x = x + self.drop(r)
            return x + self.feed(self.norm[1](x))
        x = self.norm[0](x + self.drop(r))
        return self.norm[1](x + self.feed(x))


class StackModel(nn.Module):
    def __init__(self, plan, way):
        super().__init__()
        m, t = plan["model"], plan["tasks"]["task"]
        dim, rate = m["dim"], m["dropout"]
        self.is_gpt, self.is_lean = m["kind"] == "gpt", way.is_lean
        said = t.get("max_target", 0)
        places = t["max_source"] + (max(said, 32) if self.is_gpt else
                                    said + (m.get("predict_from") == "mask"))
        self.scale = math.sqrt(dim) if self.is_gpt else 1.0
        self.tokens = nn.Embedding(VOCAB, dim)
        self.places = nn.Embedding(places, dim)
        nn.init.normal_(self.tokens.weight, std=0.5 / self.scale if self.is_gpt else 0.02)
        nn.init.normal_(self.places.weight, std=0.3 if self.is_gpt else 0.02)
        self.layers = nn.ModuleList(
            Layer(dim, m["heads"], rate, self.is_gpt, way.is_sdpa)
            for _ in range(m["layers"]))
        self.edge, self.drop = nn.LayerNorm(dim), nn.Dropout(rate)
        if not self.is_gpt:
            self.segments = nn.Embedding(2, dim)
            nn.init.normal_(self.segments.weight, std=0.02)
            self.transform, self.norm = nn.Linear(dim, dim), nn.LayerNorm(dim)
            self.bias = nn.Parameter(torch.zeros(VOCAB))

    def embed(self, b):
        x = self.tokens(b["ids"]) * self.scale + self.places(b["places"])
        if not self.is_gpt:
            x = self.edge(x + self.segments(b["segments"]))
        return self.drop(x)

    def forward(self, b, _=None):
        x, last = self.embed(b), len(self.layers) - 1
        for i, layer in enumerate(self.layers):
            x = layer(x, b, self.is_lean and i == last)
        if not self.is_lean:
            x = x.reshape(-1, x.shape[-1]).index_select(0, b["asking"])
        if self.is_gpt:
            return F.cross_entropy(F.linear(self.edge(x), self.tokens.weight).float(),
                                   b["out"])
        x = self.norm(F.gelu(self.transform(x)))
        return F.cross_entropy(F.linear(x, self.tokens.weight, self.bias).float(),
                               b["out"])
