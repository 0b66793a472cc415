#!/usr/bin/env python3
"""Paints what shot.c wrote: cells on standard input, a PNG file out.

    shot 40 120 5 -- build/tutti RUN | tests/screen/picture.py man/desk.png

Needs Pillow and DejaVu Sans Mono (apt: python3-pil fonts-dejavu-core). Braille and
blocks are drawn here, dot by dot: fonts differ in where they put them.
"""
import sys
from PIL import Image, ImageDraw, ImageFont

W, H, MARGIN = 9, 19, 12
INK, PAPER = (208, 208, 208), (18, 18, 18)
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))


def colour(text, default):
    if text == "-":
        return default
    return tuple(int(text[i:i + 2], 16) for i in (0, 2, 4))


def cells(lines):
    for line in lines:
        y, x, w, fg, bg, bold, under, rev, *text = line.rstrip("\n").split(" ", 8)
        ink, paper = colour(fg, INK), colour(bg, PAPER)
        if rev == "1":
            ink, paper = paper, ink
        yield int(y), int(x), int(w), ink, paper, bold == "1", under == "1", "".join(text)


def braille(d, x, y, bits, ink):
    for i, (cx, cy) in enumerate(DOTS):
        if bits >> i & 1:
            px, py = x + 2 + cx * 4.5, y + 2.4 + cy * 4.75
            d.ellipse((px - 1.5, py - 1.5, px + 1.5, py + 1.5), fill=ink)


def block(d, x, y, ch, ink):
    """Blocks and box lines; False: it is a letter."""
    code = ord(ch)
    if 0x2581 <= code <= 0x2588:
        d.rectangle((x, y + H - H * (code - 0x2580) / 8, x + W - 1, y + H - 1), fill=ink)
    elif 0x2589 <= code <= 0x258F:
        d.rectangle((x, y, x + W * (0x2590 - code) / 8 - 1, y + H - 1), fill=ink)
    elif ch == "▀":
        d.rectangle((x, y, x + W - 1, y + H / 2 - 1), fill=ink)
    elif ch in "─━":
        h = 1 if ch == "─" else 2
        d.rectangle((x, y + H // 2, x + W - 1, y + H // 2 + h - 1), fill=ink)
    elif ch == "│":
        d.rectangle((x + W // 2, y, x + W // 2, y + H - 1), fill=ink)
    elif ch in "╭╮╰╯":
        cx, cy = x + W // 2, y + H // 2
        d.line((cx, cy, x + W if ch in "╭╰" else x - 1, cy), fill=ink)
        d.line((cx, cy, cx, y + H if ch in "╭╮" else y - 1), fill=ink)
    else:
        return False
    return True


def main(out):
    rows = list(cells(sys.stdin))
    size = (max(r[1] + r[2] for r in rows) * W + 2 * MARGIN,
            (max(r[0] for r in rows) + 1) * H + 2 * MARGIN)
    font = {b: ImageFont.truetype(FONTS % ("-Bold" if b else ""), 15) for b in (False, True)}
    image = Image.new("RGB", size, PAPER)
    d = ImageDraw.Draw(image)
    for y, x, w, ink, paper, bold, under, text in rows:
        px, py = MARGIN + x * W, MARGIN + y * H
        if paper != PAPER:
            d.rectangle((px, py, px + w * W - 1, py + H - 1), fill=paper)
        if under:
            d.rectangle((px, py + H - 3, px + w * W - 1, py + H - 3), fill=ink)
    for y, x, w, ink, paper, bold, under, text in rows:
        px, py = MARGIN + x * W, MARGIN + y * H
        if not text.strip():
            continue
        if 0x2800 <= ord(text[0]) <= 0x28FF:
            braille(d, px, py, ord(text[0]) - 0x2800, ink)
        elif not block(d, px, py, text[0], ink):
            d.text((px, py + 1), text, font=font[bold], fill=ink)
    image.quantize(128).save(out, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: picture.py OUT.png < cells")
    main(sys.argv[1])
