"""Writes the diagrams of a case and of an alert into the pages that show them, drawn from MOVES: `make diagram`. A test
holds that it was done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from routing import alert, case

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": case.mermaid,
    "README.zh-CN.md": case.mermaid,
    "docs/alerts.md": alert.mermaid,
}
_BLOCK = re.compile(r"(?<=```mermaid\n)stateDiagram-v2\n.*?(?=\n```)", re.DOTALL)


def drawn(page: str, lines: Iterable[str]) -> str:
    """Returns the page with the diagram of now."""
    return _BLOCK.sub("\n".join(lines), page)


if __name__ == "__main__":
    for name, mermaid in PAGES.items():
        path = ROOT / name
        path.write_text(drawn(path.read_text("utf-8"), mermaid()), "utf-8")
