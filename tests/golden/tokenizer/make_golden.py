#!/usr/bin/env python3
"""Golden ids of the tokenizers, from Hugging Face's `tokenizers`.

    pip install tokenizers
    python3 tests/golden/tokenizer/make_golden.py [bert-base-uncased-vocab.txt]

Writes vocab.txt (composed here), golden.jsonl (text, ids, byte spans), corpus.txt
and trained.txt (what a slow trainer makes of it) and, when BERT's own vocabulary
is given, bert.jsonl (text and ids under that one); and a folder each of small
tokenizers that `tokenizers` trains on our words: cased (vocab.txt with its
tokenizer_config.json), accents (tokenizer.json: small letters, accents kept, nothing
cleaned, no ideographs apart, words of up to 20), roberta (tokenizer.json), gpt
(vocab.json with merges.txt), each with golden.jsonl. Not part of `make check`: its
output is committed.

No text gives a special token: everywhere `encode_special_tokens` is on, so that
"[SEP]" in a text is cut as any other. `pair` rows are laid out, with their segments.
"""
import itertools
import json
import os
import random
import sys
from collections import Counter

from tokenizers import BertWordPieceTokenizer, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))

STEMS = """act add air all and answer ask back bake band bank bark base bath bear beat bell bend
bird bite blame blend block blow board boat body boil bond bone book boot born both bowl brave
bread break breath brick bridge bright bring brush build burn bus busy button cake call calm camp
candle care carry case cast catch cause chair chalk chance change charge chase cheap check cheer
child choir circle city claim class clean clear climb clock close cloth cloud coal coast coat code
cold collect color come cook cool copper copy corn cost count cover crack cream cross crowd cry cup
curve dance dark day deal dear deep deer delay desk dog door doubt draw dream dress drink drive drop
drum dry dust earth ease east eat edge egg end engine enter equal even event exact face fact fade
fair fall far farm fast fear feed feel fence field fight fill film find fine finger fire fish fit
flag flame flat float flood floor flow flower fly fold follow food foot force forest form frame free
fresh friend front fruit full garden gate gather gentle gift give glad glass glove gold good grain
grand grass gray great green ground group grow guess guide hair half hall hammer hand happy harbor
hard harm hat heart heat heavy help hide high hill hold hole home honey hope horn horse hot hour
house hurry ice idea ink iron island join joke judge juice jump keep kettle key kick kind king kitchen
knee knife knock know label lady lake lamp land large last late laugh law lead leaf learn left leg
lemon letter level lift light like lime line lion list listen little live lock long look loose loss
loud love luck lunch machine magic mail make map march mark market match matter meal mean measure
meat meet melt metal milk mill mind minute mirror miss mix model money month moon morning mother
motor mountain mouse mouth move music name narrow nature near neck need nerve nest net new night
noise north nose note number oil old open orange order organ outing paint pair paper parcel part pass
path pay peace pen pencil people picture piece pin pipe place plan plant plate play please plough
pocket point poor post pot pound powder power present press price print prison prose proud pull pump
push quick quiet rail rain range rate ray reach read ready red rest rhythm rice rich ride right ring
river road rock roll roof room root rough round rub rule run sad safe sail salt same sand save say
scale school science sea seat second secret seed see seem sell send sense serve set shade shake shape
sharp sheep shelf ship shirt shock shoe shop short shout show side sign silk silver simple sing sister
sit size skin sky sleep slip slope slow small smell smile smoke smooth snake snow soap sock soft soil
song sort sound soup south space spade speak spell spend spoon sport spot spring square stamp stand
star start state station steam steel stem step stick stiff still stitch stone stop store storm story
strange street stretch strong sudden sugar summer sun support sure sweet swim table tail take talk
tall task taste tax teach team tell tempo test thank thick thin thing think thought thread throat
thumb thunder ticket tide tie tight time tin tired toe together tongue tooth top touch tower town toy
trade train tram tray tree trick true trumpet trust try tune turn twist under unit use value verse
very view violin voice waist wait walk wall war warm wash waste watch water wave wax way weather week
weight wet wheel whip whistle white wide wind window wine wing winter wire wise wood wool word work
world worm wound write wrong yellow yes young""".split()
ENDINGS = "s ed ing er est ly ness ful less able ment ion ity al ous ish en es y".split()
SMALL = """a an the i you he she it we they me him her us them my your his its our their this that
these those is are was were be been am do does did have has had will would can could may might must
not no or but if then than so as of in on at to from by with about into over out up down off what who
whom when where why how there here one two three four five six seven eight nine ten hundred""".split()
FOREIGN = """uber strasse straße cafe naive resume facade senor nino garcon eleve francais deja peche
istanbul diyarbakır ızgara smørrebrød øl ærlig þing łodz zażołc jazn привет мир москва слово елка й
αθηνα λογος σοφια ςας שלום עולם سلام عالم नमस्त हिन्द भाषा ไทย ภาษ ᄒ ᅡ ᆫ ᄀ ᅮ ᆨ かな カナ ひらか
ﬁn ﬂow œuvre ﷺ ½ ² µ ª °""".split()
IDEOGRAPHS = "一二三四五六七八九十人大小中国日本語文字山川水火木金土天地上下左右男女子学校先生漢字東西南北"
# Marks and letters on which the reference's Unicode and ours disagree, or whose
# order matters.
MARKS = "\U0001d165\U0001d16d\u302e\u1b44\U0001e000\u0f3e\u093f\u061d"
MARKS += "\U00011938\U00011935\U00011930\u08e2\U000110cd\u2e43\u0ece\u07fd"
SIGNS = [chr(c) for c in range(33, 127)] + list("¡¿«»“”‘’„…–—·、。！？（）「」€£¥©®™×÷←→∞≤≠♥★☃")
EMOJI = ["\U0001f600", "\U0001f44d", "\U0001f3fd", "\u2764"]


def compose_vocabulary():
    out = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    def add(piece):
        if piece and piece not in seen:
            seen.add(piece)
            out.append(piece)

    seen = set(out)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789" + "ßøæœþłı" + "αβγδεζηθικλμνξοπρσςτυφχψω"
    letters += "абвгдежзиклмнопрстуфхцчшщъыьэюя" + "אבגדהוזחטיכלמנסעפצקרשת" + "ابتثجحدرزسشعفقكلمنهوي"
    letters += "कखगघचछजटडतथदधनपबभमयरलवशसहाी" + "กขคงจชซญดตถทนบปพมยรลวสหอ"
    letters += MARKS
    for s in SIGNS + list(letters) + list(IDEOGRAPHS) + EMOJI:
        add(s)
    for c in letters:
        add("##" + c)
    for c in "\u1100\u1102\u1103\u1105\u1106\u1107\u1109\u110b\u110c\u1112":
        add(c)
        add("##" + c)
    for c in "\u1161\u1163\u1165\u1167\u1169\u116e\u1173\u1175\u11a8\u11ab\u11af\u11b7\u11bc":
        add("##" + c)
    for w in SMALL + STEMS + FOREIGN:
        add(w)
    for e in ENDINGS:
        add("##" + e)
    for n, (stem, end) in enumerate(itertools.product(STEMS, ENDINGS)):
        if n % 7 == 3:
            add(stem + end)
    for n, stem in enumerate(STEMS):
        if n % 3 == 0:
            add("##" + stem)
    add("##\u102b\u1039")
    add("the")
    return out


HAND = [
    "", " ", "\t\n\r ", "a", "A", "The King walked to the Harbor.", "don't can't o'clock the dogs' tails",
    "Hello,world!Hello...?!", "100,000.50 $3 50% #1 @home a_b a-b a/b <tag> {x} [y] ~`^|\\",
    "Café NAÏVE façade señor Ångström", "Cafe\u0301 nai\u0308ve fac\u0327ade A\u030angstro\u0308m",
    "\u0301starts with a mark", "a\u0301\u0302\u0303\u0304\u0305\u0306b", "x\u0336y\u0336z\u0336",
    "mark after space \u0301 and after , \u0301 comma", "\u0130STANBUL \u0131zgara I i \u0130\u0307",
    "Straße STRASSE \u1e9e ß", "ﬁn ﬂow ﬀ ﬃ œuvre Œuvre Æon", "Σοφία ΛΌΓΟΣ Σ σς ᾼ ᾈ ῼ",
    "Привет, МИР! Ёлка ёлка й Й", "שָׁלוֹם עולם", "السَّلَامُ عليكم ﷺ", "नमस्ते हिन्दी भाषा क़ क्ष", "ภาษาไทย น้ำ",
    "한국어 하나 둘 가나다", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "が ガ ハ゜ ﾊﾟ ｶﾞ", "漢字かな交じり文、日本語。",
    "中文字abc中文 123二十", "\uf900\uf9ff\ufa0e \U0002f800 \U00020000x", "全角ＡＢＣ　空白",
    "\U0001f600smile \U0001f44d\U0001f3fd \u2764\ufe0f \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "zero\u200bwidth\u200cjoin\u200ders\ufeffhere\u2060", "soft\u00adhyphen", "bell\x07and\x1b[31mred\x1b[0m\x7f",
    "nel\u0085line\u2028sep\u2029para", "nbsp\u00a0thin\u2009ideo\u3000ogham\u1680narrow\u202fmid\u205f",
    "\u202eright to left\u202c \u2066isolate\u2069", "\ufffd replaced \ufffd", "tags \U000e0041\U000e0042",
    "private \ue000\uf8ff \U000f0000", "unassigned \u0378 \U0003fffd", "nonchar \ufdd0 \ufffe",
    "x" * 99, "x" * 100, "x" * 101, "ab" * 50 + " " + "ab" * 51, "é" * 100 + " " + "é" * 101,
    "가" * 33 + " " + "가" * 34 + " " + "가" * 50, "\u0301" * 300 + "a", "a" + "\u0301" * 300 + "b",
    "walkingbridgeschoolwatering", "sunlightkettles unwalkable q\u00f8rk", "日" * 150, "." * 150,
    "[MASK] the [mask] x[SEP]y [CLS][CLS] [PAD] [UNK] [unused1]", "[[MASK]] [MASK [MAS\u212a] MASK]",
    "##ing # #ing ## s", "\u212aelvin \u212bngstrom \u2126hm", "≠ ≮ ≯ \u226e x≠y", "\u037e ; \u0387 ·", "\u1fef`",
    "½ ² µ ª ° № ℃ ㎏ ①", "“quoted” ‘single’ «guillemets» „low“ … – —", "¡hola! ¿qué?", "€5 £5 ¥5 ₿5", "a×b÷c ← → ∞",
    "\U0001d400\U0001d44e math", "\U00010400\U00010428 deseret", "\u13a0\uab70\u13f8 cherokee", "\u10a0\u2d00 \u1c90\u10d0 georgian",
    "a\u0315\u0300b \u0b94 \u0bca \u0dde", "\u0f73 \u0f75 \u0f81 tibetan", "\u0958\u09dc\u0a33", "\u1b06 \u1b44\u1bf2 \ua953",
    "\U0001d15e \U0001d160 \U0001d165\U0001d16e", "\U0001e000\u0301\U0001e008", "\u1734 \u1abf \u1df6",
    "\u166d \U000111c9 \u2e43 \u2e5d \u061d", "\u08e2 \u0890 \U000110bd \U000110cd", "\U00011938 \U00011935\U00011930",
    "\u1c89 \ua7cb \ua7dc \U00010d50 \U00016ea0", "\U0002b81f\U0002b820\U0002b91f\U0002b920\U0002ceaf\U0002ceb0\U0003134f",
    "ab\tcd\x0bef\x0cgh\x1cij\x1fkl", "end with space ", "  many   spaces  ", "a\r\nb\n\nc",
]
# Marks that the reference keeps and puts into canonical order: it then reports
# odd places for them, so only the ids are golden.
UNORDERED = [
    "\U0001d16d\u07fd\U0001d165 a\U0001d16d\u0ece\U0001d165", "x\u061dy x\u2e43y",
    "\U0001d16d\U0001d165\u1b44", "a\U0001d16d\u0901\U0001d165 b\U0001d16d\u094d\u0901\u302e\U0001d165", "x\U0001e000\u302e\U0001d165y", "a\U0001d16d\u0301\U0001d165",
    "\U0001d16d\u0f3e\U0001d165 \U0001d16d\u093f\U0001d165", "\U0001d16d\x01\U0001d165 \U0001d16d\u200d\U0001d165",
]
POOLS = [(0x20, 0x7e)] * 5 + [(0xa0, 0x24f)] * 3 + [(0x300, 0x36f)] * 2 + [
    (0x370, 0x52f), (0x591, 0x6ff), (0x900, 0xd7f), (0xe01, 0xe5b), (0x1100, 0x11ff), (0x1e00, 0x1fff),
    (0x2000, 0x206f), (0x20a0, 0x2bff), (0x3000, 0x30ff), (0x4e00, 0x4e40), (0xac00, 0xad00), (0xf900, 0xfaff),
    (0xfb00, 0xffff), (0x1f300, 0x1f6ff), (0x1, 0x1f), (0x7f, 0xa0), (0x20000, 0x20010)]


def random_text(rng):
    parts = []
    pool = rng.choice(POOLS)
    for _ in range(rng.randint(1, 25)):
        if rng.random() < 0.4:
            pool = rng.choice(POOLS)
        if rng.random() < 0.4:
            word = rng.choice(SMALL + STEMS + FOREIGN) + rng.choice([""] * 3 + ENDINGS)
            parts.append(rng.choice([word, word.upper(), word.title()]) + rng.choice(["", " ", " ", ", "]))
        else:
            parts.append(chr(rng.randint(*pool)))
    return "".join(c for c in "".join(parts) if not 0x302e <= ord(c) <= 0x302f)


def merged(pieces, pair):
    left, right = pair
    joined, out, i = left + right[2:], [], 0
    while i < len(pieces):
        if tuple(pieces[i:i + 2]) == pair:
            out.append(joined)
            i += 2
        else:
            out.append(pieces[i])
            i += 1
    return out


def train(lines, size):
    """The trainer's rules, the slow way: count all pairs anew before a merge."""
    words = Counter(w for line in lines for w in line.split())
    letters = sorted({c for w in words for c in w})
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters
    vocab += ["##" + c for c in letters]
    place = {p: i for i, p in enumerate(vocab)}
    spelled = {w: [w[0]] + ["##" + c for c in w[1:]] for w in words}
    while len(vocab) < size:
        pairs = Counter()
        for w, pieces in spelled.items():
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += words[w]
        best = min(pairs, key=lambda p: (-pairs[p], place[p[0]], place[p[1]]), default=None)
        if best is None or pairs[best] < 2:
            break
        joined = best[0] + best[1][2:]
        if joined not in place:
            place[joined] = len(vocab)
            vocab.append(joined)
        for w in spelled:
            spelled[w] = merged(spelled[w], best)
    return vocab


def corpus(rng):
    for _ in range(400):
        line = []
        for _ in range(rng.randint(3, 12)):
            stem = STEMS[int(len(STEMS) * rng.random() ** 3)]
            line.append(rng.choice(SMALL) if rng.random() < 0.4 else stem + rng.choice(ENDINGS))
        yield " ".join(line)
    yield "banana bananas anana aaaa aaaaa aaaaaaa abababab bababa"


def write_lines(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def byte_offsets(text):
    out = [0]
    for c in text:
        out.append(out[-1] + len(c.encode()))
    return out


def write(path, vocab, texts, with_spans):
    tok = BertWordPieceTokenizer(vocab, lowercase=True)
    tok._tokenizer.encode_special_tokens = True
    with open(path, "w", encoding="utf-8") as f:
        for text, spans in texts:
            e = tok.encode(text, add_special_tokens=False)
            row = {"text": text, "ids": e.ids}
            if with_spans and spans:
                at = byte_offsets(text)
                row["spans"] = [x for a, b in e.offsets for x in (at[a], at[b])]
            f.write(json.dumps(row, ensure_ascii=True) + "\n")


# What GPT-2's pattern and byte pieces have to say more about.
BYTES = [
    "it's I'm you're we've they'll he'd 'tis 'Twas IT'S don'T x's", "''s 's's '", "a  b   c    d ", " lead", "  two",
    "tab\tand\nline\n\n  end\r\n", "\u00a0nbsp\u3000wide\u2003em \u180e mongol", "x\u0085y \u2028z",
    "1234567 3.14 1e10 \u0665\u0666 \u00bd \u2167 \U0001d7d8", "...!!! ?!? --- $$$ @@", "a.b,c;d:e",
    "e\u0301 o\u0308\u0323 \u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea",
    "\u4e2d\u6587\u5b57 \u65e5\u672c\u8a9e\u3067\u3059", "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd \u202b\u0645\u0631\u062d\u0628\u0627\u202c",
    "\x01\x02\x1b[0m\x7f\x80", "\u0378 \u1c89\ua7cb \U00010d40 \U0002ebf0 \U0010ffff \U0001e4f0",
    "a" * 300, "the" * 120, "\u00e9" * 130, " " * 90 + "x", "." * 200, "ab1" * 70, "<s> </s> <mask> <pad> <unk> <|endoftext|>",
    "\u0120the \u010a \u0100", "\ufeffbom \ufffd", "camelCase snake_case kebab-case", "http://a.b/c?d=e&f=g#h",
]
# Of the youngest letters and numbers: often enough that pieces go over them.
YOUNG = "a\u1c89b a\ua7dac 1\U00010d402 1\U0001d2c03 x\U0001e030y x\U000323afz 1\u180e2 a\u180eb !\u180e?"
BYTES.append(YOUNG)
CASED = ["The King and the KING", "\u00c9t\u00e9 \u00e9t\u00e9 E\u0301te\u0301", "\u0130stanbul \u0130I \u1e9e", "\u01c5 \u01c4 \u1fbc",
         "\u4e2d\u6587 abc\u4e2d", "x\x0by\x0cz\x85w", "a\u200db \ufffd", "\u212b \u2126", "a\u0315\u0300b", "wordsofmorethantwentyletters one"]


def training_lines():
    rng = random.Random(5)
    lines = list(corpus(rng)) + HAND + BYTES + CASED + [YOUNG] * 60
    for _ in range(600):
        words = [rng.choice(STEMS) + rng.choice([""] + ENDINGS) for _ in range(8)]
        lines.append(" ".join([words[0].title()] + words[1:]) + rng.choice([".", "!", "?", ", it's so."]))
    return lines


def write_rows(folder, tok, texts, segments=True):
    """Without segments where nothing is laid out: models of that kind have none."""
    tok.encode_special_tokens = True
    pairs = [("the king's horse", None), ("the king's horse", "a red house"), ("", None), ("one", ""), ("", "two")]
    with open(os.path.join(HERE, folder, "golden.jsonl"), "w", encoding="utf-8") as f:
        for text in texts:
            ids = tok.encode(text, add_special_tokens=False).ids
            f.write(json.dumps({"text": text, "ids": ids}) + "\n")
        for a, b in pairs:
            e = tok.encode(a, b) if b is not None else tok.encode(a)
            row = {"text": a, "pair": b, "ids": e.ids}
            if segments:
                row["segments"] = e.type_ids
            f.write(json.dumps(row) + "\n")


def write_json(folder, name, value):
    with open(os.path.join(HERE, folder, name), "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def save(folder, tok):
    write_json(folder, "tokenizer.json", json.loads(tok.to_str()))


def word_pieces(rules, most):
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=most))
    tok.normalizer = normalizers.BertNormalizer(**rules)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.WordPiece()
    tok.train_from_iterator(training_lines(), trainers.WordPieceTrainer(
        vocab_size=1400, special_tokens=specials, show_progress=False, limit_alphabet=500))
    at = tok.token_to_id
    tok.model = models.WordPiece(tok.get_vocab(), unk_token="[UNK]", max_input_chars_per_word=most)
    tok.post_processor = processors.BertProcessing(("[SEP]", at("[SEP]")), ("[CLS]", at("[CLS]")))
    return tok


def byte_pieces(specials, blank):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=blank)
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(training_lines(), trainers.BpeTrainer(
        vocab_size=1200, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tok


def write_others(texts):
    for folder in ("cased", "accents", "roberta", "gpt"):
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    plain = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": False}
    tok = word_pieces(plain, 100)
    vocab = sorted(tok.get_vocab().items(), key=lambda x: x[1])
    write_lines("cased/vocab.txt", [piece for piece, _ in vocab])
    write_json("cased", "tokenizer_config.json", {"do_lower_case": False, "tokenizer_class": "BertTokenizer"})
    write_rows("cased", tok, texts + CASED)
    tok = word_pieces({"clean_text": False, "handle_chinese_chars": False, "strip_accents": False,
                       "lowercase": True}, 20)
    save("accents", tok)
    write_rows("accents", tok, texts + CASED)
    tok = byte_pieces(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], True)
    tok.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    save("roberta", tok)
    write_rows("roberta", tok, texts + BYTES)
    tok = byte_pieces(["<|endoftext|>"], False)
    tok.post_processor = processors.ByteLevel()
    tok.model.save(os.path.join(HERE, "gpt"))
    write_rows("gpt", tok, texts + BYTES, segments=False)


def main():
    rng = random.Random(20240611)
    vocab = os.path.join(HERE, "vocab.txt")
    write_lines("vocab.txt", compose_vocabulary())
    texts = [(t, True) for t in HAND] + [(t, False) for t in UNORDERED]
    texts += [(random_text(rng), True) for _ in range(600)]
    lines = list(corpus(random.Random(3)))
    write_lines("corpus.txt", lines)
    write_lines("trained.txt", train(lines, 900))
    write(os.path.join(HERE, "golden.jsonl"), vocab, texts, True)
    if len(sys.argv) > 1:
        write(os.path.join(HERE, "bert.jsonl"), sys.argv[1], texts[:400], False)
    write_others([t for t, _ in texts[:len(HAND) + len(UNORDERED) + 120]])


main()
