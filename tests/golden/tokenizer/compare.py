#!/usr/bin/env python3
"""Ids of many lines, ours beside those of Hugging Face's `tokenizers`.

    pip install tokenizers
    python3 tests/golden/tokenizer/compare.py --tutti build/tutti TEXT... \\
        [--vocab bert-base-uncased-vocab.txt] [--lines 100000] [--size 8000]

TEXT are files of lines (JSON lines as they are: odd characters and all). Compared are
BERT's uncased tokenizer over the vocabulary that is given, the same cased, and a
byte-level BPE of --size pieces that `tokenizers` trains on the lines, as GPT-2's and as
RoBERTa's. Says the lines that differ, which must be none (status 1 if there are), and
the lines a second of both on one thread, reading and printing included for ours. Special
tokens in texts are text (`encode_special_tokens`). Not part of `make check`.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402


def read_lines(paths, most):
    """A line of each file in turn, until there are enough."""
    out, files = [], [open(path, "rb") for path in paths]
    while files and len(out) < most:
        for f in list(files):
            raw = f.readline()
            if not raw:
                files.remove(f)
                f.close()
                continue
            out.append(raw.rstrip(b"\r\n").decode("utf-8", "replace").replace("\0", " "))
    return out[:most]


def bert(path, lowercase):
    with open(path, encoding="utf-8") as f:
        vocab = {line.rstrip("\n"): n for n, line in enumerate(f)}
    tok = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tok.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tok


def byte_level(lines, size, blank, specials):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=blank)
    tok.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tok.post_processor = processors.ByteLevel()
    return tok


def compare(name, tok, lines, tutti, folder):
    path = os.path.join(folder, name)
    os.makedirs(path)
    tok.save(os.path.join(path, "tokenizer.json"))
    text = os.path.join(folder, "lines.txt")
    begun = time.monotonic()
    ours = subprocess.run([tutti, "tokenize", path, text], check=True, capture_output=True).stdout
    ours_time = time.monotonic() - begun
    tok.encode_special_tokens = True
    begun = time.monotonic()
    theirs = [e.ids for e in map(lambda line: tok.encode(line, add_special_tokens=False), lines)]
    theirs_time = time.monotonic() - begun
    got = ours.decode().split("\n")[:-1]
    differ = [n for n, (a, b) in enumerate(zip(got, theirs)) if a != " ".join(map(str, b))]
    if len(got) != len(theirs):
        differ.append(min(len(got), len(theirs)))
    print(f"{name}: {len(differ)} of {len(lines)} lines differ; lines a second: "
          f"{len(lines) / ours_time:.0f}, tokenizers {len(lines) / theirs_time:.0f}", flush=True)
    for n in differ[:3]:
        print(f"  line {n + 1}: {lines[n]!r}")
    return len(differ)


def every_character():
    """Each code point: alone, between letters, behind a blank; a row of them a line."""
    points = [c for c in range(1, 0x110000) if not 0xd800 <= c < 0xe000 and c not in (10, 13)]
    for at in range(0, len(points), 16):
        row = [chr(c) for c in points[at:at + 16]]
        yield " ".join(row)
        yield "".join(f"a{c}b {c}." for c in row)
        yield "".join(row)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("text", nargs="*")
    p.add_argument("--tutti", default="build/tutti")
    p.add_argument("--vocab")
    p.add_argument("--lines", type=int, default=100000)
    p.add_argument("--size", type=int, default=8000)
    p.add_argument("--every-character", action="store_true", help="also each code point of Unicode")
    a = p.parse_args()
    lines = read_lines(a.text, a.lines) if a.text else []
    trained = lines[::4] or ["the king walked to the harbor"]
    if a.every_character:
        lines += every_character()
    toks = {}
    if a.vocab:
        toks["uncased"] = bert(a.vocab, True)
        toks["cased"] = bert(a.vocab, False)
        for name, rules in (("accents", {"strip_accents": False}), ("stripped", {"lowercase": False, "strip_accents": True}),
                            ("unclean", {"clean_text": False, "handle_chinese_chars": False})):
            toks[name] = bert(a.vocab, True)
            toks[name].normalizer = normalizers.BertNormalizer(**rules)
    toks["gpt"] = byte_level(trained, a.size, False, ["<|endoftext|>"])
    toks["roberta"] = byte_level(trained, a.size, True, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "lines.txt"), "w", encoding="utf-8", newline="") as f:
            f.writelines(line + "\n" for line in lines)
        bad = sum(compare(name, tok, lines, a.tutti, folder) for name, tok in toks.items())
    sys.exit(bad > 0)


main()
