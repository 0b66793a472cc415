#!/usr/bin/env python3
"""The README's table of speed, from build/bench-torch.json.

    tests/bench/torch_readme.py [FILE]

A ratio above 1 means ours is better; in brackets behind it the least and the most of
the rounds. The best of PyTorch is the way with the lowest ratio of those that ran in
all rounds.
"""
import json
import sys

from torch_ways import WAYS

CASES = {
    "classify-tiny": "classifier, 128 wide, 2 layers, news lengths",
    "classify-small": "classifier, 256 wide, 4 layers",
    "classify-mini": "classifier, 384 wide, 6 layers",
    "classify-bilstm": "bilstm classifier, 256 wide, 4 layers",
    "classify-even": "classifier, 256 wide, 128 tokens each",
    "classify-gpt": "gpt classifier, 256 wide, 6 layers, news lengths",
    "summarize-even": "summarizer, 256 wide, 256 to 32 tokens",
    "summarize-real": "summarizer, dialogues' lengths",
    "summarize-gpt": "gpt summarizer, 6 layers, 256 to 32 tokens",
    "summarize-prefix": "summarizer with decoder prefix, 6 layers, 256 to 32 tokens",
    "summarize-masks": "the same from masks",
    "classify-small, dropout 0": "classifier, 256 wide, without dropout",
    "summarize-even, dropout 0": "summarizer, 256 wide, without dropout",
    "decode greedy": "a summary, greedy",
    "decode beam 4": "a summary, 4 beams",
}
HEAD = """| {what} | Tutti | PyTorch, best float32 | PyTorch, plain | PyTorch, bfloat16 |
|---|---|---|---|---|"""
TABLES = {
    "CPU, one thread": "CPU time on one thread: us a token (decoding: ms)",
    "wall, all cores": "wall time on all cores: tokens/s (decoding: ms a token)",
}


def is_bf16(way):
    return way in WAYS and WAYS[way].is_bf16


def best(rows):
    most = max((r["rounds"] for r in rows), default=0)
    return min((r for r in rows if r["rounds"] == most), key=lambda r: r["ratio"],
               default=None)


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}"


def cell(r):
    if not r:
        return ""
    spread = f" ({r['least']:.2f}-{r['most']:.2f})" if r["rounds"] > 1 else ""
    return f"{number(r['torch'])}: **{r['ratio']:.2f}x**{spread}"


def line(says, rows):
    float32 = [r for r in rows if not is_bf16(r["way"])]
    half = [r for r in rows if is_bf16(r["way"])]
    plain = [r for r in rows if r["way"] in ("plain", "decode")]
    cells = [cell(best(some)) for some in (float32, plain, half)]
    return " | ".join([f"| {says}", number(best(float32)["ours"]), *cells]) + " |"


def table(what, rows):
    yield HEAD.format(what=TABLES[what])
    for case, says in CASES.items():
        found = [r for r in rows if r["name"] == f"{case}: {what}"]
        if any(not is_bf16(r["way"]) for r in found):
            yield line(says, found)


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else "build/bench-torch.json") as f:
        rows = json.load(f)
    for what in TABLES:
        print("\n".join(table(what, rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
