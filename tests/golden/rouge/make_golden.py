#!/usr/bin/env python3
"""Golden ROUGE scores from Google's rouge-score, use_stemmer=True.

    pip install rouge-score
    python3 tests/golden/rouge/make_golden.py

Writes pairs.jsonl: reference, hypothesis, and precision, recall, F1 of rouge1,
rouge2, rougeL, rougeLsum. Not part of `make check`: the output is committed.
"""
import json
import os
import random

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


def main():
    scorer = RougeScorer(KINDS, use_stemmer=True)
    with open(os.path.join(HERE, "pairs.jsonl"), "w", encoding="ascii") as f:
        for ref, hyp in PAIRS + list(random_pairs(random.Random(5))):
            got = scorer.score(ref, hyp)
            scores = [x for k in KINDS for x in got[k]]
            f.write(json.dumps({"ref": ref, "hyp": hyp, "scores": scores}) + "\n")


main()
