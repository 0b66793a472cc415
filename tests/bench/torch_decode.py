"""Summaries by PyTorch, one text at a time, keys and values kept.

Eager: one turn after another from Python, which is what is compared. Compiled: the turn
through torch.compile, the cache of a fixed size so that one graph serves all turns.
"""
import time

import torch

import torch_batch
from torch_model import CLS, VOCAB, Model

TURNS, BEAMS = 32, (1, 4)
WAYS = {"decode": "eager, one at a time", "decode-compiled": "compiled, one at a time"}


class Decoder:
    def __init__(self, plan, is_compiled):
        self.model, self.is_compiled = Model(plan).eval(), is_compiled
        self.turn = torch.compile(self.step, dynamic=False) if is_compiled else self.step
        m = plan["model"]
        self.cache_shape = (m["heads"], TURNS, m["dim"] // m["heads"])

    def step(self, last, at, live, caches, memory):
        """Logits of the next piece of each hypothesis; last [beams, 1], at [1]."""
        model = self.model
        y = model.target(model.tokens(last), at)
        for layer, cache, m in zip(model.decoder, caches, memory):
            y = layer.turn(y, at, live, cache, m)
        return model.output(y[:, 0])

    def remember(self, ids, beams):
        b = {"source": ids, "places": torch.arange(ids.shape[1]), "mask": None}
        b["rows"] = torch_batch.Rows(ids)
        x = self.model.encode(self.model.tokens.weight, b)
        return [[t.expand(beams, -1, -1, -1).contiguous() for t in
                 layer.other.memory(x, b["rows"])] for layer in self.model.decoder]

    def run(self, ids, beams):
        """Greedy or beam search over TURNS pieces."""
        memory = self.remember(ids, beams)
        caches = [[torch.zeros(beams, *self.cache_shape) for _ in range(2)]
                  for _ in memory]
        last, score = torch.full((beams, 1), CLS), torch.full((beams,), -1e9)
        score[0] = 0
        for n in range(TURNS):
            logits = self.turn(last, torch.tensor([n]), *self.view(caches, n), memory)
            if beams == 1:
                last = logits.argmax(-1, keepdim=True)
                continue
            score, best = (score[:, None] + logits.log_softmax(-1)).view(-1).topk(beams)
            last, parent = (best % VOCAB)[:, None], best // VOCAB
            for t in (t for pair in caches for t in pair):
                t[:, :, :n + 1] = t[parent, :, :n + 1]
        return last

    def view(self, caches, n):
        """Mask and caches of turn n: a mask and all of them, or what is filled."""
        if self.is_compiled:
            live = torch.zeros(1, 1, 1, TURNS)
            live[..., n + 1:] = torch_batch.NEVER
            return live, caches
        return None, [[t[:, :, :n + 1] for t in pair] for pair in caches]


def pace(decoder, sources, beams, seconds):
    """Wall and CPU milliseconds a piece."""
    for ids in sources[:2]:
        decoder.run(ids, beams)
    n, wall, cpu = 0, time.perf_counter(), time.process_time()
    while n < 3 or time.perf_counter() - wall < seconds:
        decoder.run(sources[n % len(sources)], beams)
        n += 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall / n / TURNS * 1e3, "cpu": cpu / n / TURNS * 1e3}


def measure(a, plan):
    decoder = Decoder(plan, a.way == "decode-compiled")
    rows = torch_batch.read_rows(a.folder, plan)[:64]
    sources = [torch.tensor([r[0]]) for r in rows]
    with torch.inference_mode():
        return {str(n): pace(decoder, sources, n, a.seconds / 2) for n in BEAMS}
