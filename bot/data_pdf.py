"""A PDF of headings and lines in Chinese and English. The font is the reader's own: none has to lie on this machine."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer

#: Adobe's Simplified Chinese font, which every reader of PDF has or replaces; it is named in the file, not put into it.
FONT = "STSong-Light"
_WIDE, _HIGH = 120 * mm, 160 * mm  #: A picture at most.

_LINE = ParagraphStyle("line", fontName=FONT, fontSize=12, leading=19, wordWrap="CJK")
_HEAD = ParagraphStyle("head", parent=_LINE, fontSize=15, leading=24, spaceBefore=10, spaceAfter=4)
_TITLE = ParagraphStyle("title", parent=_LINE, fontSize=20, leading=30, spaceAfter=8)


def pdf(title: str, sections: Sequence[tuple[str, Sequence[str]]], pictures: Sequence[bytes] = ()) -> bytes:
    """Returns the document: a title, headings with their lines, then the pictures (JPEG). What the font does not know
    (a smile, say) is shown as a box."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    story: list[object] = [Paragraph(_plain(title), _TITLE)]
    for head, lines in sections:
        story.append(Paragraph(_plain(head), _HEAD))
        story += [Paragraph(_plain(line), _LINE) for line in lines]
    for picture in pictures:
        shown = Image(io.BytesIO(picture))
        shown._restrictSize(_WIDE, _HIGH)
        story += [Spacer(1, 4 * mm), shown]
    out = io.BytesIO()
    edge = 20 * mm
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=edge, rightMargin=edge, topMargin=edge, bottomMargin=edge, title=title
    ).build(story)
    return out.getvalue()


def _plain(words: str) -> str:
    """As reportlab's little markup takes it: nothing in it is markup, and nothing lies beyond the font's 65,536
    characters."""
    shown = "".join(char if ord(char) < 0x10000 and (char.isprintable() or char == "\n") else "□" for char in words)
    return escape(shown).replace("\n", "<br/>")
