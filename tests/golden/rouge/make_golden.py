#!/usr/bin/env python3
"""Golden ROUGE scores from Google's rouge-score, use_stemmer=True.

    pip install rouge-score
    python3 tests/golden/rouge/make_golden.py

Writes pairs.jsonl: reference, hypothesis, and precision, recall, F1 of rouge1,
rouge2, rougeL, rougeLsum; split.jsonl: the same of texts that were cut into
sentences by hand, beside the texts in one line and where they were cut; and
unicode.jsonl: rouge-score with a tokenizer of every script's letters, written
here a second time with Python's own tables. Not part of `make check`: the output
is committed.
"""
import json
import os
import random
import re
import unicodedata

from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

PAIRS = [
    ("", ""), ("", "Anna is late."), ("Anna is late.", ""), ("?!", "..."), ("cat", "cat"),
    ("cat", "cats"), ("cat", "dog"), ("cat cat cat", "cat"), ("the cat", "cat the"),
    ("\n", "\n\n"), ("\n\nAnna\n\n", "Anna"), ("a b c d", "a b c d"), ("a b c d", "d c b a"),
    ("Anna will bring the cake on Friday.", "On Friday Anna brings a cake."),
    ("Tom lost his keys and waits at the station.", "Tom is waiting at the station. He lost his keys."),
    ("Tom lost his keys.\nHe waits at the station.", "He waits at the station.\nTom lost his keys."),
    ("Tom lost his keys.\nHe waits at the station.", "Tom waits. Keys lost at the station by him."),
    ("The ferry leaves at 10:30.\nIt costs 12.50 euros.", "Ferry at 10.30 for 12,50 euro"),
    ("Running runners ran runs.", "The runner was running a run."),
    ("He dies. She is dying. They died.", "die lie tie lying ties tied"),
    ("skies over the sky", "sky above skies"), ("flies fly flying flew", "fly"),
    ("Generalization of national organizations", "general nations organize"),
    ("additionally nationally conditionally", "additional national conditional"),
    ("Caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", "Cafe creme brulee"), ("na\u00efve", "na ve"),
    ("\u212aelvin scale", "kelvin scales"), ("\u0130stanbul \u0130", "i stanbul I"),
    ("\u6771\u4eac", "\u6771\u4eac"), ("Tokyo \u6771\u4eac 2020", "2020 tokyo"), ("\u0441\u0430t", "cat"),
    ("don't", "do not"), ("don't stop", "don t stop"), ("state-of-the-art", "state of the art"),
    ("A1 b2 C3 1,000,000", "a1 B2 c3 1 000 000"), ("snake_case_name", "snake case name"),
    ("tab\tseparated\x0bwords\x0chere", "tab separated words here"),
    ("UPPER lower MiXeD", "upper LOWER mixed"), ("aaaa bbbb", "aaaa aaaa bbbb bbbb"),
    ("a a a b\nb a a a", "a b a b\na b"), ("x y z\nx y z", "x y z"), ("x y z", "x y z\nx y z"),
    ("one two three\nfour five six\nseven", "seven six five\nfour three two\none"),
    ("the the the the", "the the\nthe the the"), ("w1 w2 w3 w4 w5", "w1 w3 w8 w9 w5\nw1 w2 w6 w7 w8"),
    ("was his bus", "wa hi bu"), ("ties lies dies", "tie lie die"), ("yes\r\nno\r\nmaybe", "no\r\nyes"), ("  spaces   everywhere  ", "spaces everywhere"),
    ("The meeting moved to Monday because the projector broke; Lea will tell the others and book the big room.",
     "Lea books the big room and tells everyone that the meeting is on Monday: the projector is broken."),
    ("Ben forgot the tickets.\nMia drives back to fetch them.\nThey will be twenty minutes late.",
     "Mia is driving back for the tickets Ben forgot.\nBoth will be late by twenty minutes."),
]


def random_pairs(rng):
    words = "the a cats cat walked walking walks to town and lake lakes no 7 it's rain rainy\n".split(" ")
    for _ in range(60):
        side = [" ".join(rng.choice(words) for _ in range(rng.randint(0, 60))) for _ in range(2)]
        yield tuple(side)
    long = [" ".join("w%d" % rng.randrange(80) for _ in range(600)) for _ in range(2)]
    yield tuple(long)


# Sentences as a reader cuts them: reference, hypothesis.
SPLIT = [
    (["Anna left at noon.", "Ben stayed!", "Why?"], ["Ben stayed.", "Anna left."]),
    (["Dr. Lee met J. Smith in the U.S. embassy.", "They spoke for 3.5 hours."],
     ["They spoke for hours.", "Dr. Lee met Mr. Smith."]),
    (["\u201cGo now.\u201d", "He ran (fast!).", "Nobody saw him..."],
     ["He ran fast.", "Nobody saw him go."]),
    (["She asked \"why?\" twice.", "Then she left."], ["Then she asked why.", "She left twice."]),
    (["the bus is late.", "we walk home.", "it rains."], ["it rains.", "the bus is late."]),
    (["It opens at 9 a.m. on Monday.", "So do I.", "See you there\u2026", "Bye"],
     ["Bye.", "It opens on Monday."]),
    (["One team lost, e.g. the reds vs. the blues.", "Prof. Kay won?!"],
     ["Prof. Kay won.", "The reds lost."]),
    (["No mark at the end"], ["Marks.", "None at the end"]),
    (["Cats sleep.", "Dogs bark.", "Cows moo.", "Dogs bark."],
     ["Dogs bark.", "Cats sleep.", "Dogs bark.", "Dogs bark."]),
    (["The mayor cut the budget.", "The council then cut the mayor's pay."],
     ["The council cut the pay of the mayor.", "The mayor then cut the budget."]),
]

UNICODE = [
    ("\u041a\u043e\u0448\u043a\u0430 \u0441\u043f\u0438\u0442 \u0434\u043e\u043c\u0430.", "\u0434\u043e\u043c\u0430 \u0441\u043f\u0438\u0442 \u041a\u041e\u0428\u041a\u0410"),
    ("caf\u00e9 cr\u00e8me", "cafe\u0301 creme"), ("Stra\u00dfe", "STRASSE strasse"),
    ("\u6771\u4eac\u306f\u6674\u308c 2020\u5e74", "2020\u5e74 \u6771\u4eac \u6674\u308c"),
    ("\u0915\u093f\u0924\u093e\u092c \u092a\u0922\u093c\u0940", "\u0915\u093f\u0924\u093e\u092c \u0915\u0924\u093e\u092c"),
    ("\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27", "\u0e02\u0e49\u0e32\u0e27\u0e01\u0e34\u0e19"),
    ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3"),
    ("\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u05e2\u05d5\u05dc\u05dd"), ("\uac00\uac01 \ub098", "\u1100\u1161\u1100\u1161\u11a8 \ub098"),
    ("running runners", "run runner"), ("na\u00efve running na\u00efves", "na\u00efve run na\u00efve"),
    ("co\u00adoperate zero\u200bwidth", "cooperate zerowidth"), ("x\u0301 \u0301y", "x y"),
    ("\u0662\u0660\u0662\u0660 \u0663", "\u0662\u0660\u0662\u0660"), ("\u00bd \u2460 \u2168", "\u2468 \u2169 \u00bd"),
    ("\u6f22\u5b57abc\u6f22", "abc \u6f22"), ("?!", "\u3002"), ("emoji \U0001f600 here", "here emoji"),
    ("\u043e\u043d \u0443\u0448\u0451\u043b.\n\u043e\u043d\u0430 \u043e\u0441\u0442\u0430\u043b\u0430\u0441\u044c.",
     "\u043e\u043d\u0430 \u0443\u0448\u043b\u0430.\n\u043e\u043d \u0443\u0448\u0451\u043b."),
]
ALONE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3038-\u303b"
                   "\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
                   "\U00020000-\U000323af]")


class Letters:
    """Words of letters, digits and marks of every script."""

    def __init__(self):
        self.stemmer = PorterStemmer()

    def stem(self, word):
        return self.stemmer.stem(word) if len(word) > 3 and word.isascii() else word

    def tokenize(self, text):
        text = re.sub("[\u00ad\u200b-\u200f]", "", unicodedata.normalize("NFC", text))
        text = unicodedata.normalize("NFC", text.casefold())
        words, alone = [""], False
        for c in text:
            kind = unicodedata.category(c)[0]
            if kind == "M":
                words[-1] += c if words[-1] else ""
                continue
            if kind not in "LN" or alone or ALONE.match(c):
                words.append("")
            alone = kind in "LN" and bool(ALONE.match(c))
            words[-1] += c if kind in "LN" else ""
        return [self.stem(w) for w in words if w]


def write(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as f:
        for row in rows:
            f.write(json.dumps(row) + "\n")


def scores(scorer, ref, hyp):
    got = scorer.score(ref, hyp)
    return [x for k in KINDS for x in got[k]]


def main():
    scorer = RougeScorer(KINDS, use_stemmer=True)
    write("pairs.jsonl", ({"ref": r, "hyp": h, "scores": scores(scorer, r, h)}
                          for r, h in PAIRS + list(random_pairs(random.Random(5)))))
    write("split.jsonl", ({"ref": " ".join(r), "hyp": " ".join(h), "ref_cut": r, "hyp_cut": h,
                           "scores": scores(scorer, "\n".join(r), "\n".join(h))}
                          for r, h in SPLIT))
    scorer = RougeScorer(KINDS, tokenizer=Letters())
    write("unicode.jsonl", ({"ref": r, "hyp": h, "scores": scores(scorer, r, h)}
                            for r, h in UNICODE))


main()
