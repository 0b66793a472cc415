#!/usr/bin/env python3
"""Losses and gradients of small models by PyTorch's own layers, in float64.

    tests/golden/model/make_torch.py        writes case-*, end-*, decay-* and rates-*.safetensors

tests/unit/model/test_model_torch.c loads the weights ("w.NAME"), runs the same batches and compares losses
(metadata "loss.TASK") and gradients ("g.TASK.NAME"); test_model_trajectory.c the weights after some updates, of
all tasks at once ("e.NAME"; "d.NAME" with a rate that decays layer by layer, "r.NAME" with
a rate for each group) or by turns ("t.NAME"). Encoder and decoder layers are
torch.nn.TransformerEncoderLayer and TransformerDecoderLayer, one sequence at a time, no padding; those of
kind "bilstm" are torch.nn.LSTM on packed sequences; decoder "lstm" is torch.nn.LSTMCell. Kind "gpt" and
decoder "prefix" are encoder layers with a mask.

Written anew by PyTorch 2.15, or on another processor, the case-* files are not the same bytes, and need not be
committed: PyTorch sums in another order. Weights, rows and all weights after updates (end-, decay-, rates-, "t.NAME")
are the same bits; losses differ in the last digit or two of float64 (1e-15), and of the gradients those alone that are
zero but for rounding (1e-16 and less, as a key's bias has).
"""
import json, math, os, re, struct
from array import array

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)
CLS, SEP, MASK = 2, 3, 4
BASE = dict(dim=16, layers=2, heads=4, ff=24, vocab=40, max_source=14, max_target=8)
CASES = {
    "pre-tied-copy": dict(shared_layers=1, decoder_layers=1, pre_norm=1, tied=1, copy=1, pool="mean", smoothing=0.1),
    "post-tied-copy": dict(shared_layers=1, decoder_layers=2, pre_norm=0, tied=1, copy=1, pool="first", smoothing=0.0),
    "pre-untied": dict(shared_layers=0, decoder_layers=2, pre_norm=1, tied=0, copy=0, pool="first", smoothing=0.0),
    "post-untied": dict(shared_layers=2, decoder_layers=1, pre_norm=0, tied=0, copy=0, pool="mean", smoothing=0.15),
    "bilstm-tied-copy": dict(kind="bilstm", shared_layers=1, decoder_layers=1, pre_norm=1, tied=1, copy=1,
                             pool="attention", smoothing=0.1),
    "bilstm-untied": dict(kind="bilstm", shared_layers=2, decoder_layers=1, pre_norm=0, tied=0, copy=0,
                          pool="attention", smoothing=0.0),
    "bilstm-lstm-copy": dict(kind="bilstm", decoder="lstm", shared_layers=0, decoder_layers=1, pre_norm=1, tied=1,
                             copy=1, pool="attention", smoothing=0.0),
    "post-lstm-untied": dict(decoder="lstm", shared_layers=1, decoder_layers=1, pre_norm=0, tied=0, copy=0,
                             pool="first", smoothing=0.1),
    "gpt": dict(shared_layers=1, decoder_layers=1, pre_norm=1, tied=1, copy=0, pool="mean", smoothing=0.1, kind="gpt",
                prompt_loss=0, seed=34),
    "gpt-prompts": dict(shared_layers=2, decoder_layers=1, pre_norm=1, tied=1, copy=0, pool="mean", smoothing=0.0,
                        kind="gpt", prompt_loss=1, seed=35),
    "prefix-last": dict(shared_layers=1, decoder_layers=1, pre_norm=1, tied=1, copy=1, pool="mean", smoothing=0.1,
                        decoder="prefix", predict_from="last", seed=31),
    "prefix-mask": dict(shared_layers=2, decoder_layers=1, pre_norm=0, tied=1, copy=1, pool="first", smoothing=0.0,
                        decoder="prefix", predict_from="mask", seed=32),
    "prefix-mask-plain": dict(shared_layers=0, decoder_layers=1, pre_norm=1, tied=0, copy=0, pool="first",
                              smoothing=0.15, decoder="prefix", predict_from="mask", seed=33),
}
LABELS, MEAN, SCALE = 3, 2.5, 1.25
LABEL_TEXTS = [[10, SEP], [10, 11, SEP], [30, 31, 10, 12, SEP]]
LABEL_PIECES_MAX = 32
# The weights of these after some updates ("e.NAME"), for test_model_trajectory.c.
TRAJECTORIES = ("pre-tied-copy", "bilstm-tied-copy", "bilstm-lstm-copy")
STEPS, WARMUP, HORIZON, LR, CLIP = 20, 5, 25, 2e-3, 0.5
# The same with lr x DECAY^depth ("d.NAME").
DECAYED, DECAY = ("pre-tied-copy", "bilstm-tied-copy"), 0.6
# The same with lr x the group's factor ("r.NAME"), in the words of optimizer.rates.
RATES = {"pre-tied-copy": "embeddings 0.1, layer 0 0.5, layer 1 2, score 3, headline 0.25",
         "bilstm-tied-copy": "embeddings 0.2, layer 1 0.5, topic 4"}


def rounded(t):
    """What a float32 can hold."""
    return t.to(torch.float32).to(torch.float64)


class Model:
    def __init__(self, c):
        self.c, self.w = c, {}

    def p(self, name, *shape, dev=0.3, mean=0.0):
        """The parameter of this name, made at its first use."""
        if name not in self.w:
            self.w[name] = rounded(mean + dev * torch.randn(*shape)).requires_grad_()
        assert tuple(self.w[name].shape) == shape, name
        return self.w[name]

    def dense(self, name, x, out):
        return F.linear(x, self.p(name + ".weight", out, x.shape[-1]), self.p(name + ".bias", out))

    def norm_values(self, name):
        return {"weight": self.p(name + ".weight", self.c["dim"], dev=0.1, mean=1.0),
                "bias": self.p(name + ".bias", self.c["dim"], dev=0.1)}

    def norm(self, name, x):
        v = self.norm_values(name)
        return F.layer_norm(x, x.shape[-1:], v["weight"], v["bias"], self.eps())

    def eps(self):
        return 1e-5 if self.c["pre_norm"] else 1e-12

    def layer(self, name, x, memory=None, mask=None):
        """One torch layer with our parameters in its places."""
        c, C, Ff = self.c, self.c["dim"], self.c["ff"]
        kind = nn.TransformerEncoderLayer if memory is None else nn.TransformerDecoderLayer
        gelu = (lambda t: F.gelu(t, approximate="tanh")) if c.get("kind") == "gpt" else "gelu"
        m = kind(C, c["heads"], Ff, 0.0, gelu, self.eps(), batch_first=True, norm_first=bool(c["pre_norm"]))
        d = lambda n, o, i: (self.p(f"{name}.{n}.weight", o, i), self.p(f"{name}.{n}.bias", o))
        v = {}
        v["self_attn.in_proj_weight"], v["self_attn.in_proj_bias"] = d("attention.qkv", 3 * C, C)
        v["self_attn.out_proj.weight"], v["self_attn.out_proj.bias"] = d("attention.out", C, C)
        norms = ["attention.norm", "feed.norm"]
        if memory is not None:
            q, kv = d("cross.q", C, C), d("cross.kv", 2 * C, C)
            v["multihead_attn.in_proj_weight"] = torch.cat([q[0], kv[0]])
            v["multihead_attn.in_proj_bias"] = torch.cat([q[1], kv[1]])
            v["multihead_attn.out_proj.weight"], v["multihead_attn.out_proj.bias"] = d("cross.out", C, C)
            norms = ["attention.norm", "cross.norm", "feed.norm"]
        v["linear1.weight"], v["linear1.bias"] = d("feed.up", Ff, C)
        v["linear2.weight"], v["linear2.bias"] = d("feed.down", C, Ff)
        for i, n in enumerate(norms):
            for k, t in self.norm_values(f"{name}.{n}").items():
                v[f"norm{i + 1}.{k}"] = t
        assert set(v) == set(m.state_dict())
        args, more = (x[None],), {} if mask is None else {"src_mask": mask}
        if memory is not None:
            T = x.shape[0]
            args = (x[None], memory[None])
            more = {"tgt_mask": torch.full((T, T), float("-inf")).triu(1)}
        return torch.func.functional_call(m, v, args, more)[0]

    def embed(self, table, ids, extra):
        x = F.embedding(torch.tensor(ids), table)
        if self.c["pre_norm"]:
            x = x * math.sqrt(self.c["dim"])
        for t, rows in extra:
            x = x + F.embedding(torch.tensor(rows), t)
        return x

    def begin(self, task, rows):
        """Before the losses of a task's rows."""

    def places(self):
        """What the position table has room for: with a prefix decoder the summary, too, and its last mask."""
        c = self.c
        return c["max_source"] + (c.get("decoder") == "prefix") * (c["max_target"] + (c.get("predict_from") == "mask"))

    def lm_losses(self, task, ids, read, target):
        """Of each piece behind the first one of the prompt, and of each of the answer, by a causal model."""
        c, C = self.c, self.c["dim"]
        said = ids + read
        rows = c["max_source"] + LABEL_PIECES_MAX
        x = self.embed(self.p("embed.token", c["vocab"], C), said,
                       [(self.p("embed.position", rows, C), list(range(len(said))))])
        mask = torch.full((len(said), len(said)), float("-inf")).triu(1)
        for i in range(c["layers"]):
            own = "" if i < c["shared_layers"] else f"tasks.{task}."
            x = self.layer(f"{own}layers.{i}", x, mask=mask)
        own = "" if c["shared_layers"] == c["layers"] else f"tasks.{task}."
        lp = F.log_softmax(F.linear(self.norm(own + "layers.norm", x), self.w["embed.token"]), -1)
        out = torch.tensor([max(y, 0) for y in ids[1:] + target])
        loss = (1 - c["smoothing"]) * -lp.gather(1, out[:, None])[:, 0] + c["smoothing"] * -lp.mean(-1)
        prompt = list(loss[:len(ids) - 1]) if c["prompt_loss"] else []
        return prompt + [loss[len(ids) - 1 + i] for i, y in enumerate(target) if y >= 0]

    def encode(self, task, ids, seg, pos=None, mask=None):
        c = self.c
        x = self.embed(self.p("embed.token", c["vocab"], c["dim"]), ids,
                       [(self.p("embed.position", self.places(), c["dim"]), pos or list(range(len(ids)))),
                        (self.p("embed.segment", 2, c["dim"]), seg)])
        if not c["pre_norm"]:
            x = self.norm("embed.norm", x)
        for i in range(c["layers"]):
            own = "" if i < c["shared_layers"] else f"tasks.{task}."
            x = self.layer(f"{own}encoder.{i}", x, mask=mask)
        if c["pre_norm"]:
            own = "" if c["shared_layers"] == c["layers"] else f"tasks.{task}."
            x = self.norm(own + "encoder.norm", x)
        return x

    def pool(self, task, x):
        return x[0] if self.c["pool"] == "first" else x.mean(0)

    def score(self, task, ids, seg, outputs):
        x = self.pool(task, self.encode(task, ids, seg))
        x = torch.tanh(self.dense(f"tasks.{task}.head.hidden", x, self.c["dim"]))
        return self.dense(f"tasks.{task}.head.out", x, outputs)

    def prefix_states(self, task, ids, seg, said):
        """Rows that pieces are predicted from, what the output layer reads of them, the source's rows."""
        k, T, masks = len(ids), len(said), self.c["predict_from"] == "mask"
        n = k + T + masks * T
        seen = torch.zeros(n, n, dtype=torch.bool)
        seen[:k, :k] = True
        for j in range(T):
            seen[k + j, :k + j + 1] = True
            if masks:
                seen[k + T + j, :k + j + 1] = seen[k + T + j, k + T + j] = True
        x = self.encode(task, ids + said + masks * T * [MASK], seg + (n - k) * [1],
                        list(range(k + T)) + [k + j + 1 for j in range(masks * T)],
                        torch.zeros(n, n).masked_fill(~seen, float("-inf")))
        pre, asking = f"tasks.{task}.decoder.output", x[n - T:]
        h = F.gelu(self.dense(pre + ".transform", asking, self.c["dim"]))
        return asking, self.norm(pre + ".norm", h), x[:k]

    def written(self, pre, memory, table, said):
        """The decoder's states."""
        c, C = self.c, self.c["dim"]
        x = self.embed(table, said, [(self.p(pre + ".position", c["max_target"], C), list(range(len(said))))])
        if not c["pre_norm"]:
            x = self.norm(pre + ".norm", x)
        for i in range(c["decoder_layers"]):
            x = self.layer(f"{pre}.{i}", x, memory)
        if c["pre_norm"]:
            x = self.norm(pre + ".norm", x)
        return x

    def written_by_lstm(self, pre, memory, table, said):
        """Luong et al. 2015: general attention, input feeding."""
        C = self.c["dim"]
        x = self.embed(table, said, [])
        keys = F.linear(memory, self.p(pre + ".keys.weight", C, C))
        d = lambda n, o, i: (self.p(f"{pre}.{n}.weight", o, i), self.p(f"{pre}.{n}.bias", o))
        (w_x, b_x), (w_s, b_s) = d("input", 4 * C, C), d("hidden", 4 * C, 2 * C)
        v = {"weight_ih": torch.cat([w_x, w_s[:, :C]], 1), "bias_ih": b_x, "weight_hh": w_s[:, C:], "bias_hh": b_s}
        cell, out = nn.LSTMCell(2 * C, C), []
        a, h, s = torch.zeros(C), torch.zeros(C), torch.zeros(C)
        for row in x:
            h, s = torch.func.functional_call(cell, v, (torch.cat([row, a]), (h, s)))
            seen = (keys @ h / math.sqrt(C)).softmax(0) @ memory
            a = torch.tanh(self.dense(pre + ".combine", torch.cat([seen, h]), C))
            out.append(a)
        return torch.stack(out)

    def own_states(self, task, ids, seg, said):
        """The same of decoders that have layers of their own."""
        c, pre = self.c, f"tasks.{task}.decoder"
        memory = self.encode(task, ids, seg)
        table = self.w["embed.token"]
        if not c["tied"]:
            table = self.p(pre + ".token", c["vocab"], c["dim"])
        x = (self.written_by_lstm if c.get("decoder") == "lstm" else self.written)(pre, memory, table, said)
        return x, x, memory

    def token_losses(self, task, ids, seg, said, target):
        c, C, pre = self.c, self.c["dim"], f"tasks.{task}.decoder"
        states = self.prefix_states if c.get("decoder") == "prefix" else self.own_states
        x, read, memory = states(task, ids, seg, said)
        table = self.w["embed.token"] if c["tied"] else self.p(pre + ".output.weight", c["vocab"], C)
        lp = F.log_softmax(F.linear(read, table, self.p(pre + ".output.bias", c["vocab"])), -1)
        out = torch.tensor([max(y, 0) for y in target])
        logp = lp.gather(1, out[:, None])[:, 0]
        if c["copy"]:
            q, k = self.dense(pre + ".copy.q", x, C), self.dense(pre + ".copy.k", memory, C)
            a = (q @ k.T / math.sqrt(C)).softmax(-1)
            same = torch.tensor(ids)[None] == out[:, None]
            g = torch.sigmoid(self.dense(pre + ".copy.gate", x, 1))[:, 0]
            logp = torch.log(g * logp.exp() + (1 - g) * (a * same).sum(-1))
        e = c["smoothing"]
        loss = (1 - e) * -logp + e * -lp.mean(-1)
        return [loss[i] for i, y in enumerate(target) if y >= 0]


class BiLSTM(Model):
    def begin(self, task, rows):
        """All rows packed through every layer."""
        c, C, H = self.c, self.c["dim"], self.c["dim"] // 2
        x = [self.embed(self.p("embed.token", c["vocab"], C), r["ids"], []) for r in rows]
        for i in range(c["layers"]):
            own = "" if i < c["shared_layers"] else f"tasks.{task}."
            m = nn.LSTM(C, H, bidirectional=True)
            flat = []
            for way in ("forward", "reverse"):
                at = f"{own}encoder.{i}.{way}."
                flat += [self.p(at + "input.weight", 4 * H, C), self.p(at + "hidden.weight", 4 * H, H),
                         self.p(at + "input.bias", 4 * H), self.p(at + "hidden.bias", 4 * H)]
            assert [w.shape for w in flat] == [w.shape for w in m._flat_weights]
            m._flat_weights = flat
            x = unpack_sequence(m(pack_sequence(x, enforce_sorted=False))[0])
        self.rows = {tuple(r["ids"]): v for r, v in zip(rows, x)}

    def encode(self, task, ids, seg):
        return self.rows[tuple(ids)]

    def pool(self, task, x):
        """Zhou et al. 2016, equations 9 to 12."""
        w = self.p(f"tasks.{task}.head.attention.weight", 1, self.c["dim"])[0]
        return torch.tanh((torch.tanh(x) @ w).softmax(0) @ x)


def sequences():
    g = torch.Generator().manual_seed(4)
    draw = lambda lo, hi: int(torch.randint(lo, hi, (1,), generator=g))
    rows = []
    for n in (9, 3, 12, 1):
        ids = [CLS] + [draw(5, 40) for _ in range(n)] + [SEP]
        second = 1 + n // 2
        # words of the source and words of its own
        words = [ids[1 + draw(0, n)] if draw(0, 2) else draw(5, 40) for _ in range(draw(2, 7))]
        rows.append(dict(ids=ids, seg=[int(i > second) for i in range(n + 2)], said=[CLS] + words,
                         target=words + [SEP], label=draw(0, LABELS), number=round(draw(0, 500) / 100, 2)))
    rows[2]["target"][1] = -1
    return rows


TURNS = dict(steps=20, rate=1e-3, warmup=5, clip=0.5, decay=0.01)


def train_by_turns(w, losses, lazy):
    """Steps of AdamW from the weights w: each step one task, clipped, the rate rising at first.

    Parameters without a gradient stand still, and of lazy tables the rows without one."""
    opt = torch.optim.AdamW([dict(params=[t for t in w.values() if t.dim() == 2], weight_decay=TURNS["decay"]),
                             dict(params=[t for t in w.values() if t.dim() < 2], weight_decay=0.0)],
                            betas=(0.9, 0.98), eps=1e-8)
    tasks = list(losses)
    for step in range(TURNS["steps"]):
        opt.zero_grad(set_to_none=True)
        losses[tasks[step % len(tasks)]]().backward()
        grads = [t.grad for t in w.values() if t.grad is not None]
        norm = math.sqrt(sum((g * g).sum().item() for g in grads))
        for g in grads:
            g.mul_(min(1.0, TURNS["clip"] / norm))
        for group in opt.param_groups:
            group["lr"] = TURNS["rate"] * min(1.0, (step + 1) / TURNS["warmup"])
        kept = []
        for t in (w[n] for n in lazy if w[n].grad is not None):
            still = (t.grad == 0).all(1)
            parts = [t.data] + [opt.state[t][k] for k in ("exp_avg", "exp_avg_sq") if t in opt.state]
            kept += [(t, still, [p[still].clone() for p in parts])]
        opt.step()
        for t, still, rows in kept:
            for p, r in zip([t.data, opt.state[t]["exp_avg"], opt.state[t]["exp_avg_sq"]], rows):
                p[still] = r


def save(path, tensors, meta):
    header, data = {"__metadata__": meta}, b""
    kinds = {torch.float32: ("F32", "f"), torch.int64: ("I64", "q")}
    for name, t in sorted(tensors.items(), key=lambda kv: (kv[1].dtype != torch.int64, kv[0])):
        kind, code = kinds[t.dtype]
        b = array(code, t.detach().contiguous().view(-1).tolist()).tobytes()
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(b)]}
        data += b
    h = json.dumps(header, separators=(",", ":")).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + data)


def depth(name, layers):
    """Layers between it and the heads: the tables have all of them above and their own step."""
    layer = re.match(r"(?:tasks\.\w+\.)?(?:encoder|layers)\.(\d+)\.", name)
    return layers + 1 if name.startswith("embed.") else layers - int(layer[1]) if layer else 0


def group(name, layers):
    """In the words of optimizer.rates; a final norm goes with the top layer, a task's own, too."""
    layer = re.match(r"(?:tasks\.\w+\.)?(?:encoder|layers)\.(\d+)\.", name)
    task = re.match(r"tasks\.(\w+)\.(?!encoder\.norm\.)", name)
    if name.startswith("embed."):
        return "embeddings"
    return f"layer {layer[1]}" if layer else task[1] if task else f"layer {layers - 1}"


def factor(name, layers, rates):
    given = dict(r.strip().rsplit(" ", 1) for r in rates.split(",") if r)
    return float(given.get(group(name, layers), 1))


def train(m, losses, rows, decay=1.0, rates=""):
    """Updates of the mean of the tasks' losses. Rows of a table that have no gradient stay."""
    opt = torch.optim.AdamW([dict(params=[t], lr=LR * decay ** depth(n, m.c["layers"]) *
                                  factor(n, m.c["layers"], rates), weight_decay=0.01 if t.dim() == 2 else 0.0) for n, t in m.w.items()],
                            betas=(0.9, 0.999), eps=1e-8)
    warm = lambda s: (s + 1) / WARMUP if s < WARMUP else 1 - (s - WARMUP) / (HORIZON - WARMUP)
    schedule = torch.optim.lr_scheduler.LambdaLR(opt, warm)
    tables = [t for n, t in m.w.items() if n.rsplit(".", 1)[-1] in ("token", "position", "segment")]
    for _ in range(STEPS):
        opt.zero_grad()
        for task, f in losses.items():
            m.begin(task, rows)
            (f() / len(losses)).backward()
        nn.utils.clip_grad_norm_(list(m.w.values()), CLIP)
        before = [t.detach().clone() for t in tables]
        opt.step()
        schedule.step()
        for t, old in zip(tables, before):
            t.data = torch.where((t.grad != 0).any(1, keepdim=True), t.data, old)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    rows = sequences()
    for name, extra in CASES.items():
        c = {**BASE, **extra}
        if "seed" in c:
            torch.manual_seed(c["seed"])
        m, tensors = (BiLSTM if c.get("kind") == "bilstm" else Model)(c), {}
        meta = {k: str(v) for k, v in c.items()}
        losses = {
            "topic": lambda: torch.stack([F.cross_entropy(m.score("topic", r["ids"], r["seg"], LABELS)[None],
                                                          torch.tensor([r["label"]]), label_smoothing=c["smoothing"])
                                          for r in rows]).mean(),
            "score": lambda: torch.stack([(m.score("score", r["ids"], r["seg"], 1)[0] -
                                           (r["number"] - MEAN) / SCALE) ** 2 for r in rows]).mean(),
            "headline": lambda: torch.stack(sum((m.token_losses("headline", r["ids"], r["seg"], r["said"], r["target"])
                                                 for r in rows), [])).mean(),
        }
        if c.get("kind") == "gpt":  # of a label the mean over its text; of summaries over all pieces
            said = lambda r: LABEL_TEXTS[r["label"]]
            losses = {
                "topic": lambda: torch.stack([torch.stack(m.lm_losses("topic", r["ids"], said(r)[:-1], said(r))).mean()
                                              for r in rows]).mean(),
                "headline": lambda: torch.stack(sum((m.lm_losses("headline", r["ids"], r["said"][1:], r["target"])
                                                     for r in rows), [])).mean(),
            }
        for task, f in losses.items():
            m.begin(task, rows)
            loss = f()
            for t in m.w.values():
                t.grad = None
            loss.backward()
            meta["loss." + task] = repr(loss.item())
            for n, t in m.w.items():
                if t.grad is not None:
                    tensors[f"g.{task}.{n}"] = t.grad.to(torch.float32)
        for n, t in m.w.items():
            tensors["w." + n] = t.to(torch.float32)
        for key in ("ids", "seg", "said", "target"):
            tensors[key] = torch.tensor(sum((r[key] for r in rows), []), dtype=torch.int64)
        tensors["lengths"] = torch.tensor([[len(r["ids"]), len(r["target"])] for r in rows])
        tensors["labels"] = torch.tensor([r["label"] for r in rows])
        tensors["numbers"] = torch.tensor([r["number"] for r in rows]).to(torch.float32)
        if "seed" in c and c["tied"]:
            train_by_turns(m.w, losses, [n for n in ("embed.position", "embed.segment") if n in m.w])
            for n, t in m.w.items():
                tensors["t." + n] = t.detach().to(torch.float32)
            meta.update({k: repr(v) for k, v in TURNS.items()})
        save(os.path.join(here, f"case-{name}.safetensors"), tensors, meta)
        if name in TRAJECTORIES:
            start = {n: t.detach().clone() for n, t in m.w.items()}
            with torch.random.fork_rng():  # torch's layers draw weights that are not used
                train(m, losses, rows)
            ends = {"e." + n: t.to(torch.float32) for n, t in m.w.items()}
            save(os.path.join(here, f"end-{name}.safetensors"), ends, {})
        if name in DECAYED:
            for n, t in m.w.items():
                t.data = start[n].clone()
            with torch.random.fork_rng():
                train(m, losses, rows, DECAY)
            ends = {"d." + n: t.to(torch.float32) for n, t in m.w.items()}
            save(os.path.join(here, f"decay-{name}.safetensors"), ends, {"decay": repr(DECAY)})
        if name in RATES:
            for n, t in m.w.items():
                t.data = start[n].clone()
            with torch.random.fork_rng():
                train(m, losses, rows, rates=RATES[name])
            ends = {"r." + n: t.to(torch.float32) for n, t in m.w.items()}
            save(os.path.join(here, f"rates-{name}.safetensors"), ends, {"rates": RATES[name]})
        print(name, {k: v for k, v in meta.items() if k.startswith("loss")})


if __name__ == "__main__":
    main()
