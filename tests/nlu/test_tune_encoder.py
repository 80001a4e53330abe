"""How much an encoder counts: one that knows the answers counts, one of random vectors is not even asked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.lexical import Lexicon
from nlu.model import EncoderFit, Model, keep, load_model
from nlu.normalise import normalise
from nlu.thresholds import read_thresholds
from nlu.tune_encoder import WEIGHTS, Encode, fit_encoder
from nlu.understand import Understand, weighed
from nlu.understanding import Answer
from nlu.understanding import Lexicon as AnyLexicon
from nlu.written import Written

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def all_knowing(data: Written) -> Encode:
    """Encodes every phrasing as the entry that answers it, and all else as nothing in particular."""
    names = sorted({each.id for each in data.articles})
    of = {normalise(each.text): names.index(each.name) for each in data.examples if each.kind == "faq"}

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(len(names) + 1, dtype=np.float32)[[of.get(text, len(names)) for text in texts]]

    return encode


def in_cipher(data: Written) -> Written:
    """The same phrasings in characters of which no two share one: what is built in can only guess."""
    examples = list(data.examples)
    for row, each in enumerate(examples):
        if each.kind == "faq":
            examples[row] = replace(each, text="".join(chr(0x5000 + 8 * row + place) for place in range(6)))
    return replace(data, examples=tuple(examples))


def at_random(texts: Sequence[str]) -> NDArray[np.float32]:
    rows = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=4096) for text in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def all_alike(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.ones((len(texts), 1), np.float32)


class Listening:
    """An encoder that finds one entry alike, and counts how often it was asked."""

    name = "told"

    def __init__(self, likeness: dict[str, float]) -> None:
        self.told, self.asked = likeness, 0

    async def likeness(self, text: str, lexicon: AnyLexicon) -> dict[str, float]:
        self.asked += 1
        return self.told


@pytest.fixture(scope="module")
def knowing(data: Written) -> EncoderFit:
    secret = in_cipher(data)
    return fit_encoder("told", secret, all_knowing(secret))


@pytest.fixture(scope="module")
def guessing(data: Written) -> EncoderFit:
    return fit_encoder("told", data, at_random)


def test_an_encoder_that_knows_the_answers_counts(knowing: EncoderFit) -> None:
    shares = dict(knowing.top1)
    assert tuple(shares) == WEIGHTS
    assert knowing.weight > 0
    assert shares[0.0] < 0.7
    assert shares[knowing.weight] == max(shares.values()) > 0.95


@pytest.mark.parametrize("encode", [at_random, all_alike])
def test_an_encoder_that_knows_nothing_counts_nothing(encode: Encode, data: Written) -> None:
    fit = fit_encoder("told", data, encode)
    assert fit.weight == 0


def test_it_is_told_how_far_it_is_and_no_text_is_encoded_twice(data: Written) -> None:
    seen: list[str] = []
    shares: list[float] = []

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        seen.extend(texts)
        return at_random(texts)

    fit_encoder("told", data, encode, shares.append)
    assert len(seen) == len(set(seen))
    assert shares[-1] == 1.0


async def test_one_that_wins_nothing_is_not_asked(guessing: EncoderFit, model: Model, lexicon: Lexicon) -> None:
    encoder = Listening({"elder_card": 1.0})
    nlu = Understand(replace(model, encoder=guessing), encoder=encoder)
    heard = await nlu.understand("居住证怎么办", topic=None, lexicon=lexicon, now=NOW)
    assert heard.engine == "lexical"
    assert encoder.asked == 0
    assert nlu.encoder is None


async def test_one_that_counts_is_heard_with_its_weight(knowing: EncoderFit, model: Model, lexicon: Lexicon) -> None:
    encoder = Listening({"elder_card": 1.0})
    nlu = Understand(replace(model, encoder=knowing), encoder=encoder)
    heard = await nlu.understand("居住证怎么办", topic=None, lexicon=lexicon, now=NOW)
    assert heard.engine == "encoder"
    scores = {each.entry: each.score for each in heard.answers}
    assert scores["elder_card"] >= knowing.weight
    plain = {each.entry: each.score for each in lexicon.answers("居住证怎么办")}
    assert scores["residence_permit"] == pytest.approx((1 - knowing.weight) * plain["residence_permit"])


async def test_a_weight_is_for_the_encoder_it_was_found_with(guessing: EncoderFit, model: Model) -> None:
    other = replace(guessing, name="another")
    nlu = Understand(replace(model, encoder=other), encoder=Listening({}))
    assert read_thresholds().encoder.weight > 0
    assert nlu.encoder is not None


def test_the_weight_is_kept_in_the_models_folder(knowing: EncoderFit, model: Model, tmp_path: Path) -> None:
    keep(replace(model, encoder=knowing), (), tmp_path / "m")
    assert load_model(tmp_path / "m").encoder == knowing
    keep(model, (), tmp_path / "m")
    assert load_model(tmp_path / "m").encoder is None


def test_an_entry_that_only_the_encoder_finds_is_among_the_answers() -> None:
    known = (Answer("a", 0.5, 0.5), Answer("b", 0.4, 0.4))
    assert [each.entry for each in weighed(known, {"c": 0.9, "b": 0.1}, 0.5)] == ["c", "a", "b"]
    assert [each.entry for each in weighed(known, {"c": 0.9}, 0.0)] == ["a", "b"]
    assert weighed((), {}, 0.5) == ()
