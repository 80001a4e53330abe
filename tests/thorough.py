"""How much of what could be tried is tried: all of it in .ci/run, a part at every other run."""

from __future__ import annotations

import os

#: Set by .ci/run: everything runs; a test that is left out counts as failed.
ALL = os.environ.get("WUYOU_REQUIRE_ALL") == "1"


def many(examples: int) -> int:
    """So many examples where everything runs; elsewhere a quarter of them, though not fewer than five."""
    return examples if ALL else min(examples, max(5, examples // 4))
