#!/usr/bin/env python3
"""One PyTorch measurement, in a process of its own; torch_speed.py starts these.

    torch_measure.py --plan classify-small --way lazy-compiled --threads 1
    torch_measure.py --plan summarize-even --way decode --threads 1
    torch_measure.py --plan classify-small --way parity

Prints one JSON object: real tokens a second, CPU microseconds a token (of the whole
process), highest memory. The clocks run around whole updates: forward pass, backward
pass, clipping, optimizer.
"""
import argparse
import json
import os
import sys
import threading
import time

import torch

import torch_batch
import torch_decode
from torch_model import Model
from torch_stack import StackModel, is_stack
from torch_ways import WAYS, Way

WARM, STEPS_MIN, PARITY_STEPS = 6, 3, 12
LR, DECAY, BETAS, EPS = 1e-4, 0.01, (0.9, 0.999), 1e-8


def anonymous_mb():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def clip(gradients, limit):
    """In place, as clip_grad_norm_, with room for one sparse gradient."""
    values = [g._values() if g.is_sparse else g for g in gradients]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(values)))
    torch._foreach_mul_(values, torch.clamp(limit / (norm + 1e-6), max=1.0))


class LazyRows:
    """AdamW on the distinct rows of a table that a batch has, and on no others."""

    def __init__(self, table):
        self.table = table.detach()
        self.m, self.v = torch.zeros_like(self.table), torch.zeros_like(self.table)
        self.count = 0

    def take(self, distinct):
        self.distinct = distinct
        self.rows = self.table.index_select(0, distinct).requires_grad_()
        return self.rows

    @torch.no_grad()
    def step(self):
        self.count += 1
        g, (b1, b2) = self.rows.grad, BETAS
        m = self.m.index_select(0, self.distinct).lerp_(g, 1 - b1)
        v = self.v.index_select(0, self.distinct).mul_(b2).addcmul_(g, g, value=1 - b2)
        root = (v / (1 - b2 ** self.count)).sqrt_().add_(EPS)
        rows = self.rows.mul_(1 - LR * DECAY)
        rows.addcdiv_(m, root, value=-LR / (1 - b1 ** self.count))
        for to, what in ((self.table, rows), (self.m, m), (self.v, v)):
            to.index_copy_(0, self.distinct, what)


def compiled(model, is_even):
    """
    Lengths are dynamic but where all are the same; ATen draws the dropout, which
    inductor does number by number.
    """
    return torch.compile(model, dynamic=None if is_even else True,
                         options={"fallback_random": True})


class Training:
    def __init__(self, plan, way, is_even=False):
        self.way = way
        if is_stack(plan):
            self.model = StackModel(plan, way)
        else:
            self.model = Model(plan, way.is_sdpa, way.table == "sparse")
        table = self.model.tokens.weight
        rest = [p for p in self.model.parameters() if p is not table]
        self.lazy = LazyRows(table) if way.table == "lazy" else None
        dense = rest + [table] if way.table == "dense" else rest
        how = {"fused": True} if way.is_fused else {"foreach": True}
        self.parameters = rest if self.lazy else rest + [table]
        self.optimizers = [torch.optim.AdamW(dense, lr=LR, weight_decay=DECAY, **how)]
        if way.table == "sparse":
            self.optimizers.append(torch.optim.SparseAdam([table], lr=LR))
        self.forward = self.model
        if way.is_compiled:
            self.forward = compiled(self.model, is_even)

    def gradients(self):
        for p in self.parameters:
            if p.grad is not None and p.grad.is_sparse:
                p.grad = p.grad.coalesce()
        found = [p.grad for p in self.parameters if p.grad is not None]
        return found + ([self.lazy.rows.grad] if self.lazy else [])

    def step(self, batch):
        for o in self.optimizers:
            o.zero_grad(set_to_none=True)
        rows = self.lazy.take(batch["distinct"]) if self.lazy else None
        b = {k: v for k, v in batch.items() if k not in ("distinct", "tokens")}
        with torch.autocast("cpu", torch.bfloat16, enabled=self.way.is_bf16):
            loss = self.forward(b, rows)
        loss.backward()
        clip(self.gradients(), 1.0)
        for o in self.optimizers + ([self.lazy] if self.lazy else []):
            o.step()
        return loss

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


def graphs():
    """Compiled so far."""
    return torch._dynamo.utils.counters["stats"]["unique_graphs"]


def warm(t, batches):
    """Until a pass compiles nothing."""
    for _ in range(4):
        before = graphs()
        for b in batches[:WARM]:
            t.step(b)
        if graphs() == before:
            return


def batch_size(plan):
    return 16 if plan["tasks"]["task"]["kind"] == "summarize" else 32


def train(a, plan, way):
    rows = torch_batch.read_rows(a.folder, plan)
    batches = torch_batch.make_batches(rows, batch_size(plan), way, plan)
    t = Training(plan, way, len({len(r[0]) for r in rows}) == 1)
    warm(t, batches)
    tokens, wall, cpu, n, compiled = 0, 0.0, 0.0, 0, graphs()
    while n < STEPS_MIN or wall < a.seconds:
        b = batches[(WARM + n) % len(batches)]
        wall -= time.perf_counter()
        cpu -= time.process_time()
        t.step(b)
        cpu += time.process_time()
        wall += time.perf_counter()
        tokens += b["tokens"]
        n += 1
    if graphs() != compiled:
        sys.exit("torch_measure: it was compiled again while the clock ran")
    return {"speed": tokens / wall, "cpu": cpu / tokens * 1e6, "update": tokens / n,
            "got": cpu / wall, "peak_mb": t.peak_mb(batches[:4])}


def parity(a, plan):
    """Size and the first losses of the model, to be laid beside ours."""
    way = Way("parity")
    rows = torch_batch.read_rows(a.folder, plan)
    batches = torch_batch.make_batches(rows, batch_size(plan), way, plan)
    t = Training(plan, way)
    losses = [t.step(batches[i]).item() for i in range(PARITY_STEPS)]
    return {"parameters": sum(p.numel() for p in t.model.parameters()),
            "first": losses[0], "last": sum(losses[-4:]) / 4}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--folder", default="build/bench")
    p.add_argument("--plan", required=True)
    p.add_argument("--way", required=True,
                   choices=[*WAYS, "parity", *torch_decode.WAYS])
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--dry", action="store_true", help="no dropout")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    with open(os.path.join(a.folder, a.plan + ".json")) as f:
        plan = json.load(f)
    if a.dry:
        plan["model"]["dropout"] = 0
    if a.way == "parity":
        print(json.dumps(parity(a, plan)))
    elif a.way in torch_decode.WAYS:
        print(json.dumps(torch_decode.measure(a, plan)))
    else:
        print(json.dumps(train(a, plan, WAYS[a.way])))


if __name__ == "__main__":
    main()
