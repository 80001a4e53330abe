"""Writes the case diagram into both READMEs, drawn from MOVES: `make diagram`. A test holds that it was done."""

from __future__ import annotations

import re
from pathlib import Path

from routing.case import mermaid

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
_BLOCK = re.compile(r"(?<=```mermaid\n)stateDiagram-v2\n.*?(?=\n```)", re.DOTALL)


def drawn(page: str) -> str:
    """Returns the page with the diagram of now."""
    return _BLOCK.sub(lambda _: "\n".join(mermaid()), page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(drawn(path.read_text("utf-8")), "utf-8")
