"""What was written before the rules of peril were read: half of it was looked at when they were mended, half never."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.danger import emergency
from nlu.normalise import normalise

FRESH = Path(__file__).with_name("fresh")


@pytest.mark.parametrize(("file", "found", "false"), [("peril.tsv", 0.93, 0.04), ("peril_kept.tsv", 0.7, 0.13)])
def test_emergencies_said_indirectly_and_what_only_sounds_like_one(file: str, found: float, false: float) -> None:
    rows = [line.split("\t") for line in (FRESH / file).read_text(encoding="utf-8").splitlines()]
    heard = {
        label: [emergency(normalise(text)) is not None for told, text in rows if told == label] for label in ("1", "0")
    }
    assert sum(heard["1"]) >= found * len(heard["1"])
    assert sum(heard["0"]) <= false * len(heard["0"])
