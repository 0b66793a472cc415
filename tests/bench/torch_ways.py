"""The ways in which PyTorch is measured: one row each. Knows nothing of PyTorch.

A way is what somebody does with PyTorch to have the model trained; all train the same
model on the same texts. Ours is compared with the best of them, so whatever helps
PyTorch belongs into this table.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Way:
    """How a model is trained."""

    says: str
    is_tuned: bool = True      # the process's environment, see torch_speed.py
    is_bucketed: bool = True   # texts of similar length together; else as they come
    is_packed: bool = False    # linear layers and norms on real tokens alone
    is_sdpa: bool = True       # scaled_dot_product_attention; else products by hand
    is_nested: bool = False    # jagged torch.nested for attention (with is_packed)
    is_fused: bool = True      # AdamW(fused=True); else foreach
    table: str = "dense"       # the embedding's update: dense, sparse, lazy
    is_compiled: bool = False  # torch.compile, lengths dynamic
    is_bf16: bool = False      # autocast to bfloat16
    is_lean: bool = False      # one stack: no rows that nobody reads (torch_stack.py)


LAZY = Way("SDPA, lazy rows", table="lazy")
DENSE = Way("SDPA")
LEAN = Way("SDPA, read rows alone", is_lean=True)
change = dataclasses.replace

WAYS = {
    "plain": Way("as most scripts have it: padded, SDPA, AdamW as it comes, untuned",
                 is_tuned=False, is_bucketed=False, is_fused=False),
    "dense": DENSE,
    "hand": change(DENSE, says="attention by hand", is_sdpa=False),
    "packed": change(DENSE, says="packed, SDPA", is_packed=True),
    "nested": change(DENSE, says="packed, torch.nested", is_packed=True,
                     is_nested=True),
    "compiled": change(DENSE, says="SDPA, compiled", is_compiled=True),
    "hand-compiled": change(DENSE, says="attention by hand, compiled", is_sdpa=False,
                            is_compiled=True),
    "bf16": change(DENSE, says="SDPA, bfloat16", is_bf16=True),
    "bf16-compiled": change(DENSE, says="SDPA, bfloat16, compiled", is_bf16=True,
                            is_compiled=True),
    "lean": LEAN,
    "lean-hand": change(LEAN, says="attention by hand, read rows alone", is_sdpa=False),
    "lean-packed": change(LEAN, says="packed, SDPA, read rows alone", is_packed=True),
    "lean-compiled": change(LEAN, says="SDPA, read rows alone, compiled",
                            is_compiled=True),
    "lean-bf16": change(LEAN, says="SDPA, read rows alone, bfloat16", is_bf16=True),
    "sparse": change(LAZY, says="SDPA, SparseAdam", table="sparse"),
    "lazy": LAZY,
    "lazy-hand": change(LAZY, says="attention by hand, lazy rows", is_sdpa=False),
    "lazy-packed": change(LAZY, says="packed, SDPA, lazy rows", is_packed=True),
    "lazy-untuned": change(LAZY, says="SDPA, lazy rows, untuned", is_tuned=False),
    "lazy-compiled": change(LAZY, says="SDPA, lazy rows, compiled", is_compiled=True),
    "lazy-hand-compiled": change(LAZY, says="attention by hand, lazy rows, compiled",
                                 is_sdpa=False, is_compiled=True),
    "lazy-bf16": change(LAZY, says="SDPA, lazy rows, bfloat16", is_bf16=True),
    "lazy-bf16-compiled": change(LAZY, says="SDPA, lazy rows, bfloat16, compiled",
                                 is_bf16=True, is_compiled=True),
}

# Where the output layer is the embedding all rows have a gradient: nothing is lazy.
# Nested attention is the classifiers' alone: it knows no second kind of rows here.
CLASSIFY = ["plain", "dense", "nested", "sparse", "lazy", "lazy-hand", "lazy-packed",
            "lazy-untuned", "lazy-compiled", "lazy-hand-compiled", "lazy-bf16",
            "lazy-bf16-compiled"]
SUMMARIZE = ["plain", "dense", "hand", "packed", "compiled", "hand-compiled", "bf16",
             "bf16-compiled"]
STACK = ["plain", "dense", "packed", "lean", "lean-hand", "lean-packed",
         "lean-compiled", "lean-bf16"]
DRY = ", dropout 0"
TRAINING = {
    "classify-tiny": CLASSIFY,
    "classify-small": CLASSIFY,
    "classify-mini": CLASSIFY,
    "classify-bilstm": ["plain", "dense", "lazy", "lazy-untuned", "lazy-compiled",
                        "lazy-bf16"],
    "classify-even": CLASSIFY,
    "classify-gpt": STACK,
    "summarize-even": SUMMARIZE,
    "summarize-real": SUMMARIZE,
    "summarize-gpt": STACK,
    "summarize-prefix": STACK,
    "summarize-masks": STACK,
    # without dropout SDPA has a kernel of its own (flash) on the CPU
    "classify-small" + DRY: ["lazy", "lazy-packed", "lazy-compiled"],
    "summarize-even" + DRY: ["dense", "packed", "compiled"],
}
