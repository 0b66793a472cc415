"""The benchmark's model in PyTorch: post-norm, fused QKV, mean pooling, tied output.

Attention by hand or by scaled_dot_product_attention; everything else on padded rows [B,
T, C] or, packed, on the real tokens alone [N, C]. Batches are torch_batch.py's.
"""
import math
import typing

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

VOCAB, PAD, CLS, SEP, MASK = 30522, 0, 2, 3, 4
NEVER = -1e9


def by_hand(q, k, v, mask, rate):
    scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]))
    if mask is not None:
        scores = scores + mask
    return F.dropout(scores.softmax(-1), rate, rate > 0) @ v


def by_sdpa(q, k, v, mask, rate):
    return F.scaled_dot_product_attention(q, k, v, mask, rate)


class Rows(typing.NamedTuple):
    """Rows of texts: padded [B, T, C]; or, with `index`, packed [N, C] of them."""

    grid: torch.Tensor                     # [B, T], its shape alone counts
    index: torch.Tensor | None = None      # [N] places in the grid, row by row
    offsets: torch.Tensor | None = None    # [B + 1] for torch.nested

    def pad(self, x):
        """[B, T, C], zeros where no token is."""
        if self.index is None:
            return x
        room = x.new_zeros(self.grid.numel(), x.shape[-1])
        return room.index_copy(0, self.index, x).view(*self.grid.shape, -1)

    def pack(self, x):
        return x if self.index is None else x.flatten(0, 1).index_select(0, self.index)


class Attention(nn.Module):
    """Of rows to themselves or, is_cross, to the rows of a memory."""

    def __init__(self, dim, heads, rate, is_cross, attend):
        super().__init__()
        self.heads, self.rate, self.attend = heads, rate, attend
        self.q = nn.Linear(dim, dim) if is_cross else None
        self.kv = nn.Linear(dim, 2 * dim if is_cross else 3 * dim)
        self.out = nn.Linear(dim, dim)

    def split(self, x, parts):
        """[B, T, parts * C] as `parts` tensors [B, H, T, C / H]."""
        x = x.view(*x.shape[:2], parts, self.heads, -1)
        return x.permute(2, 0, 3, 1, 4).unbind(0)

    def heads_of(self, q, k, v, mask):
        rate = self.rate if self.training else 0.0
        return self.attend(q, k, v, mask, rate).transpose(1, 2).flatten(2)

    def nested(self, x, offsets):
        """[N, 3 C] as jagged texts: no padding inside the attention either."""
        x = x.view(x.shape[0], 3, self.heads, -1).unbind(1)
        q, k, v = (torch.nested.nested_tensor_from_jagged(t.contiguous(), offsets)
                   .transpose(1, 2) for t in x)
        y = F.scaled_dot_product_attention(
            q, k, v, dropout_p=self.rate if self.training else 0.0)
        return y.transpose(1, 2).values().flatten(1)

    def forward(self, x, rows, mask):
        if rows.offsets is not None:
            return self.out(self.nested(self.kv(x), rows.offsets))
        q, k, v = self.split(rows.pad(self.kv(x)), 3)
        return self.out(rows.pack(self.heads_of(q, k, v, mask)))

    def memory(self, x, rows):
        return self.split(rows.pad(self.kv(x)), 2)

    def cross(self, x, rows, memory, mask):
        q = self.split(rows.pad(self.q(x)), 1)[0]
        return self.out(rows.pack(self.heads_of(q, *memory, mask)))


class Layer(nn.Module):
    def __init__(self, dim, heads, rate, is_decoder, attend):
        super().__init__()
        self.own = Attention(dim, heads, rate, False, attend)
        self.other = Attention(dim, heads, rate, True, attend) if is_decoder else None
        self.norm = nn.ModuleList(
            nn.LayerNorm(dim) for _ in range(3 if is_decoder else 2))
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.drop = nn.Dropout(rate)

    def feed(self, x):
        return self.norm[1](x + self.drop(self.down(F.gelu(self.up(x)))))

    def forward(self, x, rows, mask, memory=None, memory_mask=None):
        x = self.norm[0](x + self.drop(self.own(x, rows, mask)))
        if self.other is not None:
            other = self.other.cross(x, rows, memory, memory_mask)
            x = self.norm[2](x + self.drop(other))
        return self.feed(x)

    def turn(self, x, at, live, cache, memory):
        """One new row of each text: keys and values go to place `at` of the cache."""
        a = self.own
        q, k, v = a.split(a.kv(x), 3)
        keys, values = cache
        keys.index_copy_(2, at, k)
        values.index_copy_(2, at, v)
        x = self.norm[0](x + a.out(a.heads_of(q, keys, values, live)))
        other = self.other.cross(x, Rows(x), memory, None)
        return self.feed(self.norm[2](x + other))


class Places(nn.Module):
    """Learned positions (and the first segment, where there are two), then a norm."""

    def __init__(self, dim, places, segments, rate):
        super().__init__()
        self.places = nn.Embedding(places, dim)
        self.segments = nn.Embedding(segments, dim) if segments else None
        self.norm, self.drop = nn.LayerNorm(dim), nn.Dropout(rate)

    def forward(self, x, places):
        table = self.places.weight
        if self.segments is not None:
            table = table + self.segments.weight[0]
        return self.drop(self.norm(x + F.embedding(places, table)))


class Lstm(nn.Module):
    """A bidirectional nn.LSTM on packed texts; one row of each by attention."""

    def __init__(self, dim, layers, rate):
        super().__init__()
        self.drop = nn.Dropout(rate)
        self.layers = nn.LSTM(dim, dim // 2, layers, batch_first=True, dropout=rate,
                              bidirectional=True)
        self.score = nn.Linear(dim, 1, bias=False)

    def forward(self, x, b):
        x = pack_padded_sequence(self.drop(x), b["lengths"][:, 0].long(),
                                 batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.layers(x)[0], batch_first=True)[0]

    def pool(self, x, b):
        scores = self.score(torch.tanh(x)).masked_fill(b["keep"] == 0, -math.inf)
        return torch.tanh((scores.softmax(1) * x).sum(1))


class Model(nn.Module):
    """A classifier, or with `targets` an encoder-decoder."""

    def __init__(self, plan, is_sdpa=True, is_sparse=False):
        super().__init__()
        m, t = plan["model"], plan["tasks"]["task"]
        dim, rate, heads = m["dim"], m["dropout"], m["heads"]
        attend = by_sdpa if is_sdpa else by_hand
        self.is_sparse = is_sparse
        self.tokens = nn.Embedding(VOCAB, dim)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.lstm = self.decoder = None
        if m["kind"] == "bilstm":
            self.lstm = Lstm(dim, m["layers"], rate)
        else:
            self.source = Places(dim, t["max_source"], 2, rate)
            self.encoder = nn.ModuleList(
                Layer(dim, heads, rate, False, attend) for _ in range(m["layers"]))
        if t["kind"] == "classify":
            self.head = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(rate),
                                      nn.Linear(dim, len(t["labels"])))
            return
        self.target = Places(dim, t["max_target"], 0, rate)
        self.decoder = nn.ModuleList(
            Layer(dim, heads, rate, True, attend) for _ in range(m["decoder_layers"]))
        self.bias = nn.Parameter(torch.zeros(VOCAB))

    def encode(self, table, b):
        x = F.embedding(b["source"], table, sparse=self.is_sparse)
        if self.lstm:
            return self.lstm(x, b)
        x = self.source(x, b["places"])
        for layer in self.encoder:
            x = layer(x, b["rows"], b["mask"])
        return x

    def output(self, x):
        return F.linear(x, self.tokens.weight, self.bias)

    def pool(self, x, b):
        if self.lstm:
            return self.lstm.pool(x, b)
        if b["owner"] is None:
            mean = (x * b["keep"]).sum(1)
        else:
            mean = x.new_zeros(len(b["label"]), x.shape[-1]).index_add(0, b["owner"], x)
        return mean / b["lengths"]

    def classify(self, x, b):
        return F.cross_entropy(self.head(self.pool(x, b)).float(), b["label"])

    def forward(self, b, table=None):
        """The mean loss; `table`: the rows that b's ids are about (all tokens)."""
        table = self.tokens.weight if table is None else table
        x = self.encode(table, b)
        if self.decoder is None:
            return self.classify(x, b)
        y = self.target(F.embedding(b["in"], table), b["out_places"])
        for layer in self.decoder:
            memory = layer.other.memory(x, b["rows"])
            y = layer(y, b["out_rows"], b["causal"], memory, b["mask"])
        if b["live"] is not None:
            y = y.flatten(0, 1).index_select(0, b["live"])
        return F.cross_entropy(self.output(y).float(), b["out"])
