#!/usr/bin/env python3
"""Golden stems from NLTK's PorterStemmer in its default mode.

    pip install nltk
    python3 tests/golden/stem/make_golden.py

Writes words.tsv: word, stem. Not part of `make check`: the output is committed.
"""
import os
import random

from nltk.stem.porter import PorterStemmer

HERE = os.path.dirname(os.path.abspath(__file__))

WORDS = """sky skies die dies dying lie lies lying tie ties tying news inning
innings outing outings canning cannings howe proceed exceed succeed proceeds
flies spied died fly spy try enjoy enjoyed enjoyment happy happily by say saying
aging agreed feed bleed need needed ate use used using age aged ease eased ice
hoping hopping falling hissing fizzing filing failing tanned conflated troubled
sized additionally nationally rationally conditionally fully hopefully carefully
geology geologi theology archaeology analogy apology logi ology radically
conformable ably possibly visibly valency hesitancy digitizer differently vilely
analogously vietnamization predication operator feudalism decisiveness
hopefulness callousness formality sensitivity sensibility triplicate formative
formalize electricity electrical hopeful goodness revival allowance inference
airliner gyroscopic adjustable defensible irritant replacement adjustment
dependent adoption homologous communism activate angularity effective bowdlerize
probate rate cease controlling roll rolls yellow syzygy yyyy ayyed yyed yying
aying eying oing ing ed eed ied ieds ies s ss sses es as is a i 2000s 1980s 3d 12ed
a11ed 99ing x1y b2b mp3s caress ponies cats motoring sing plastered bled
generalizations oscillators knightly dogs dog runs running ran""".split()
STEMS = """a ab at bl iz al us ag tr sk fl pl enj hopp fall fil tann rel cond
val dig conf rad diff vil anal oper feud dec form sens trip elect good rev allow
inf air gyro adj def irr repl dep adopt hom comm act ang eff bowd prob ceas contr
y yy ay xyz str ee ou aeiou b1 1 22 thro kn wr quest""".split()
ENDINGS = """s es ies sses ss ed eed ied ing y ly ational tional ation ization
izer enci anci bli abli ably alli ally entli ently eli ely ousli ously ator alism
iveness fulness ousness aliti ality iviti ivity biliti bility fulli fully logi
logy icate ative alize iciti icity ical ful ness al ance ence er ic able ible ant
ement ment ent sion tion ion ou ism ate iti ous ive ize e ll le""".split()


def main():
    rng = random.Random(7)
    words = dict.fromkeys(WORDS)
    for stem in STEMS:
        for end in ENDINGS:
            words[stem + end] = None
    for _ in range(1500):
        n = rng.randint(1, 3)
        words[rng.choice(STEMS) + "".join(rng.choice(ENDINGS) for _ in range(n))] = None
    stemmer = PorterStemmer()
    with open(os.path.join(HERE, "words.tsv"), "w", encoding="ascii") as f:
        for w in words:
            f.write("%s\t%s\n" % (w, stemmer.stem(w)))


main()
