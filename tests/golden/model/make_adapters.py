#!/usr/bin/env python3
"""Losses, gradients and some updates of small models with adapters, by PyTorch in float64.

    tests/golden/model/make_adapters.py     writes case-NAME.safetensors beside itself

As make_torch.py, whose rows, heads and decoders these are; layers of the trunk are written out here, so that
a change of low rank stands beside its matrix as PEFT has it (result + lora_B(lora_A(x)) * scaling), and a
bottleneck stands where Houlsby et al. 2019 have it. With the package peft installed its own layer is held
against ours first. Parameters that stand still have no gradient.
"""
import math, os

import torch
import torch.nn.functional as F

import make_torch as base

CASES = {
    "lora": dict(shared_layers=1, decoder_layers=1, pre_norm=1, tied=1, copy=1, pool="mean", smoothing=0.1, seed=51,
                 adapter="lora", adapter_rank=3, adapter_alpha=6, adapter_of="query, value"),
    "lora-all": dict(shared_layers=1, decoder_layers=1, pre_norm=0, tied=1, copy=0, pool="first", smoothing=0.0,
                     seed=52, adapter="lora", adapter_rank=2, adapter_alpha=5, adapter_per="all",
                     adapter_trunk="trained", adapter_of="down, key,output, query, up, value"),
    "lora-prefix": dict(shared_layers=2, decoder_layers=1, pre_norm=0, tied=1, copy=0, pool="first", smoothing=0.1,
                        decoder="prefix", predict_from="mask", seed=53, adapter="lora", adapter_rank=4,
                        adapter_alpha=4, adapter_of="key, value"),
    "lora-gpt": dict(shared_layers=2, decoder_layers=1, pre_norm=1, tied=1, copy=0, pool="mean", smoothing=0.0,
                     kind="gpt", prompt_loss=0, seed=54, adapter="lora", adapter_rank=1, adapter_alpha=3,
                     adapter_of="query, output, up"),
    "bottleneck": dict(shared_layers=1, decoder_layers=1, pre_norm=0, tied=1, copy=1, pool="first", smoothing=0.0,
                       seed=55, adapter="bottleneck", adapter_rank=3),
    "bottleneck-all": dict(shared_layers=2, decoder_layers=1, pre_norm=1, tied=1, copy=0, pool="mean", smoothing=0.1,
                           decoder="prefix", predict_from="last", seed=56, adapter="bottleneck", adapter_rank=5,
                           adapter_per="all"),
}
QKV = ("query", "key", "value")


def low_rank(x, a, b, scale):
    return F.linear(F.linear(x, a), b) * scale


def still(c, name):
    """Does the trunk's own parameter stand still?"""
    parts = name.split(".")
    trunk = name.startswith("embed.") or "encoder" in parts or "layers" in parts
    return trunk and "lora" not in parts and "adapter" not in parts and c.get("adapter_trunk") != "trained"


class Adapted(base.Model):
    def p(self, name, *shape, **kw):
        t = super().p(name, *shape, **kw)
        if still(self.c, name):
            t.requires_grad_(False)
        return t

    def encode(self, task, *rest, **kw):
        self.task = task
        return super().encode(task, *rest, **kw)

    def lm_losses(self, task, *rest):
        self.task = task
        return super().lm_losses(task, *rest)

    def adapted(self, at, x, name, out):
        """One of a layer's matrices with the changes beside it."""
        c, y, part = self.c, self.dense(f"{name}.{at}", x, out), "attention.qkv"
        of = [s.strip() for s in c["adapter_of"].split(",")] if c["adapter"] == "lora" else []
        one = {"attention.out": "output", "feed.up": "up", "feed.down": "down"}
        blocks = [i for i, q in enumerate(QKV) if q in of] if at == part else [0] if one[at] in of else []
        if not blocks:
            return y
        r, rows, scale = c["adapter_rank"], out // (3 if at == part else 1), c["adapter_alpha"] / c["adapter_rank"]
        a = self.p(f"{self.beside(name)}.{at}.lora.a.weight", len(blocks) * r, x.shape[-1])
        b = self.p(f"{self.beside(name)}.{at}.lora.b.weight", len(blocks) * rows, r)
        parts = list(y.split(rows, -1))
        for k, i in enumerate(blocks):
            parts[i] = parts[i] + low_rank(x, a[k * r:(k + 1) * r], b[k * rows:(k + 1) * rows], scale)
        return torch.cat(parts, -1)

    def beside(self, name):
        """Whose the adapter of the layer is."""
        shared = self.c.get("adapter_per") == "all" or name.startswith("tasks.")
        return name if shared else f"tasks.{self.task}.{name}"

    def act(self, x):
        return F.gelu(x, approximate="tanh" if self.c.get("kind") == "gpt" else "none")

    def behind(self, name, at, x):
        if self.c["adapter"] != "bottleneck":
            return x
        pre = f"{self.beside(name)}.{at}.adapter"
        return x + self.dense(pre + ".up", self.act(self.dense(pre + ".down", x, self.c["adapter_rank"])), x.shape[-1])

    def attention(self, name, x, mask):
        n, C, H = x.shape[0], self.c["dim"], self.c["heads"]
        q, k, v = (t.view(n, H, C // H).transpose(0, 1) for t in self.adapted("attention.qkv", x, name, 3 * C).split(C, -1))
        s = q @ k.transpose(1, 2) / math.sqrt(C // H)
        if mask is not None:
            s = s + mask
        x = (s.softmax(-1) @ v).transpose(0, 1).reshape(n, C)
        return self.behind(name, "attention", self.adapted("attention.out", x, name, C))

    def feed(self, name, x):
        c = self.c
        x = self.adapted("feed.down", self.act(self.adapted("feed.up", x, name, c["ff"])), name, c["dim"])
        return self.behind(name, "feed", x)

    def layer(self, name, x, memory=None, mask=None):
        if memory is not None:
            return super().layer(name, x, memory, mask)
        if self.c["pre_norm"]:
            x = x + self.attention(name, self.norm(name + ".attention.norm", x), mask)
            return x + self.feed(name, self.norm(name + ".feed.norm", x))
        x = self.norm(name + ".attention.norm", x + self.attention(name, x, mask))
        return self.norm(name + ".feed.norm", x + self.feed(name, x))


def check_layers():
    """Without adapters these layers are torch's own."""
    for pre in (0, 1):
        c = {**base.BASE, "pre_norm": pre, "adapter": "none"}
        m, x = Adapted(c), torch.randn(5, c["dim"])
        m.task = "t"
        want = base.Model.layer(m, "encoder.0", x)
        assert torch.allclose(m.layer("encoder.0", x), want, atol=1e-12)


def check_peft():
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError:
        print("peft is not installed: its layer was not looked at")
        return
    net = torch.nn.Sequential(torch.nn.Linear(7, 5))
    w, bias = net[0].weight.detach().clone(), net[0].bias.detach().clone()
    net = get_peft_model(net, LoraConfig(r=3, lora_alpha=6, target_modules=["0"])).double()
    a, b = (net.base_model.model[0].lora_A["default"].weight, net.base_model.model[0].lora_B["default"].weight)
    torch.nn.init.normal_(b)
    x = torch.randn(4, 7)
    assert torch.allclose(net(x), F.linear(x, w, bias) + low_rank(x, a, b, 6 / 3), atol=1e-12)
    assert {n.rsplit(".", 3)[-3] for n, t in net.named_parameters() if t.requires_grad} == {"lora_A", "lora_B"}


def make(here, name, c, rows):
    torch.manual_seed(c["seed"])
    m, tensors, meta = Adapted(c), {}, {k: str(v) for k, v in c.items()}
    score = lambda t, r, n: m.score(t, r["ids"], r["seg"], n)
    losses = {
        "topic": lambda: torch.stack([F.cross_entropy(score("topic", r, base.LABELS)[None], torch.tensor([r["label"]]),
                                                      label_smoothing=c["smoothing"]) for r in rows]).mean(),
        "score": lambda: torch.stack([(score("score", r, 1)[0] - (r["number"] - base.MEAN) / base.SCALE) ** 2
                                      for r in rows]).mean(),
        "headline": lambda: torch.stack(sum((m.token_losses("headline", r["ids"], r["seg"], r["said"], r["target"])
                                             for r in rows), [])).mean(),
    }
    if c.get("kind") == "gpt":
        said = lambda r: base.LABEL_TEXTS[r["label"]]
        losses = {
            "topic": lambda: torch.stack([torch.stack(m.lm_losses("topic", r["ids"], said(r)[:-1], said(r))).mean()
                                          for r in rows]).mean(),
            "headline": lambda: torch.stack(sum((m.lm_losses("headline", r["ids"], r["said"][1:], r["target"])
                                                 for r in rows), [])).mean(),
        }
    for task, f in losses.items():
        loss = f()
        for t in m.w.values():
            t.grad = None
        loss.backward()
        meta["loss." + task] = repr(loss.item())
        tensors.update({f"g.{task}.{n}": t.grad.to(torch.float32) for n, t in m.w.items() if t.grad is not None})
    tensors.update({"w." + n: t.to(torch.float32) for n, t in m.w.items()})
    for key in ("ids", "seg", "said", "target"):
        tensors[key] = torch.tensor(sum((r[key] for r in rows), []), dtype=torch.int64)
    tensors["lengths"] = torch.tensor([[len(r["ids"]), len(r["target"])] for r in rows])
    tensors["labels"] = torch.tensor([r["label"] for r in rows])
    tensors["numbers"] = torch.tensor([r["number"] for r in rows]).to(torch.float32)
    trained = {n: t for n, t in m.w.items() if t.requires_grad}
    base.train_by_turns(trained, losses, [n for n in ("embed.position", "embed.segment") if n in trained])
    tensors.update({"t." + n: t.detach().to(torch.float32) for n, t in m.w.items()})
    meta.update({k: repr(v) for k, v in base.TURNS.items()})
    base.save(os.path.join(here, f"case-{name}.safetensors"), tensors, meta)


def main():
    check_layers()
    check_peft()
    for name, extra in CASES.items():
        make(os.path.dirname(os.path.abspath(__file__)), name, {**base.BASE, **extra}, base.sequences())


if __name__ == "__main__":
    main()
