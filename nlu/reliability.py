"""Reliability: how sure against how often right, as a picture in SVG that can be read on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nlu.evaluate import ece

BINS = 10
SIZE, EDGE, FOOT = 360, 48, 60  #: Of the square, and the room for words around it.

_STYLE = """
  svg { background: #fff; font: 13px system-ui, sans-serif } text { fill: #1f2328 }
  .frame { fill: none; stroke: #57606a } .grid { stroke: #d0d7de } .ideal { stroke: #57606a; stroke-dasharray: 5 4 }
  .bar { fill: #0969da } .few { fill: #0969da; fill-opacity: .35 } .count { font-size: 11px; fill: #57606a }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #e6edf3 } .frame, .ideal { stroke: #8b949e } .grid { stroke: #30363d }
    .bar, .few { fill: #58a6ff } .count { fill: #8b949e }
  }"""


def drawn(sureness: Sequence[tuple[float, bool]], title: str) -> str:
    """Returns an SVG: a bar for each tenth of sureness, as high as the share that was right; on the dashed line they
    are the same. Numbers above the bars say how many messages they stand for; bars of fewer than ten are pale."""
    width, height = EDGE + SIZE + 16, 40 + SIZE + FOOT
    error = ece([p for p, _ in sureness], [hit for _, hit in sureness], BINS) if sureness else 0.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}\n</style>",
        f'<text x="{EDGE}" y="22" font-weight="600">{escape(title)}</text>',
    ]
    for tenth in range(0, 11, 2):
        x, y = _place(tenth / 10, tenth / 10)
        lines += [
            f'<line class="grid" x1="{EDGE}" x2="{EDGE + SIZE}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text x="{EDGE - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10}</text>',
            f'<text x="{x:.1f}" y="{40 + SIZE + 18}" text-anchor="middle">{tenth * 10}</text>',
        ]
    for each in range(BINS):
        hits = [hit for p, hit in sureness if min(int(p * BINS), BINS - 1) == each]
        if not hits:
            continue
        x, y = _place(each / BINS, sum(hits) / len(hits))
        wide = SIZE / BINS - 6
        kind = "bar" if len(hits) >= 10 else "few"
        lines += [
            f'<rect class="{kind}" x="{x + 3:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{40 + SIZE - y:.1f}"/>',
            f'<text class="count" x="{x + 3 + wide / 2:.1f}" y="{max(y - 4, 52):.1f}" text-anchor="middle">'
            f"{len(hits)}</text>",
        ]
    lines += [
        f'<line class="ideal" x1="{EDGE}" y1="{40 + SIZE}" x2="{EDGE + SIZE}" y2="40"/>',
        f'<rect class="frame" x="{EDGE}" y="40" width="{SIZE}" height="{SIZE}"/>',
        f'<text x="{EDGE + SIZE / 2}" y="{40 + SIZE + 40}" text-anchor="middle">'
        f"how sure, %  ·  {len(sureness)} messages, calibration error {error:.3f}</text>",
        f'<text transform="translate(14 {40 + SIZE / 2}) rotate(-90)" text-anchor="middle">right, %</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _place(share: float, right: float) -> tuple[float, float]:
    return EDGE + share * SIZE, 40 + (1 - right) * SIZE
