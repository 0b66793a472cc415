"""Batches of the benchmark's generated texts, made before any clock runs.

Reading, padding, sorting by length and finding a batch's distinct ids cost PyTorch
nothing here; ours does all but the reading inside its step.
"""
import json
import math
import os

import torch
from torch.nn.utils.rnn import pad_sequence

import torch_stack
from torch_model import CLS, NEVER, PAD, SEP, Rows

POOL, BATCHES = 50, 48
GOLDEN = (math.sqrt(5) - 1) / 2


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
    return torch_stack.answers(rows, plan, ids) if torch_stack.is_stack(plan) else rows


def padded(lists):
    return pad_sequence([torch.tensor(x) for x in lists], True, PAD)


def places_of(ids):
    """Places in the grid, row by row, that hold a token."""
    return (ids.flatten() != PAD).nonzero().flatten()


def offsets_of(ids):
    lengths = (ids != PAD).sum(1)
    return torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])


def put_rows(b, ids, way):
    """Source side, padded or packed."""
    keep = ids != PAD
    index = places_of(ids)
    b["lengths"] = keep.sum(1, keepdim=True).float()
    if way.is_packed:
        b["source"] = ids.flatten()[index]
        b["places"], b["owner"] = index % ids.shape[1], index // ids.shape[1]
        b["rows"] = Rows(ids, index, offsets_of(ids) if way.is_nested else None)
    else:
        b["source"], b["places"] = ids, torch.arange(ids.shape[1])
        b["owner"], b["rows"], b["keep"] = None, Rows(ids), keep[..., None].float()


def put_targets(b, targets, way):
    given, out = padded([[CLS] + t[:-1] for t in targets]), padded(targets)
    index, width = places_of(out), out.shape[1]
    b["causal"] = torch.full((width, width), NEVER).triu_(1)
    b["out"] = out.flatten()[index]
    if way.is_packed:
        b["in"], b["out_places"], b["live"] = given.flatten()[index], index % width, None
        b["out_rows"] = Rows(out, index)
    else:
        b["in"], b["out_places"], b["live"] = given, torch.arange(width), index
        b["out_rows"] = Rows(out)


def make_batch(rows, way, has_mask):
    ids = padded([r[0] for r in rows])
    keep = ids != PAD
    b = {"mask": None, "label": torch.tensor([r[2] for r in rows]),
         "tokens": sum(len(r[0]) + len(r[1] or []) for r in rows)}
    if has_mask or not keep.all():
        mask = torch.zeros(keep.shape).masked_fill_(~keep, NEVER)
        b["mask"] = mask[:, None, None, :]
    put_rows(b, ids, way)
    if rows[0][1]:
        put_targets(b, [r[1] for r in rows], way)
    if way.table == "lazy":
        b["distinct"], b["source"] = b["source"].unique(return_inverse=True)
    return b


def picks(lists):
    return [int(k * GOLDEN % 1 * len(lists)) for k in range(BATCHES)]


def make_batches(rows, size, way, plan):
    """BATCHES of them; the golden ratio's steps keep any few of them a fair sample."""
    g = torch.Generator().manual_seed(1)
    order = torch.randperm(len(rows), generator=g).tolist()
    cost = [(len(s), len(t) if t else 0) for s, t, _ in rows]
    if way.is_bucketed:
        pools = [order[i:i + POOL * size] for i in range(0, len(order), POOL * size)]
        order = [i for pool in pools for i in sorted(pool, key=lambda i: cost[i])]
    lists = [order[i:i + size] for i in range(0, len(order) - size + 1, size)]
    lists.sort(key=lambda some: sum(cost[i][0] for i in some))
    if torch_stack.is_stack(plan):
        return [torch_stack.make_batch([rows[i] for i in lists[k]], way, plan)
                for k in picks(lists)]
    # one compiled graph for all batches: with a mask if any of them needs one
    has_mask = way.is_compiled and len({s for s, _ in cost}) > 1
    return [make_batch([rows[i] for i in lists[k]], way, has_mask) for k in picks(lists)]
