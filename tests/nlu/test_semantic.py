"""An encoder loads in the background; while it is not there, and when it breaks, the lexical engine goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.lexical import Lexicon
from nlu.semantic import SentenceEncoder
from nlu.understand import EngineDown
from nlu.understanding import Entry

LEXICON = (Entry("permit", "居住证", ("暂住证",)), Entry("card", "老年卡", ("敬老卡", "老人证")))


class FakeModel:
    """Vectors of single characters: the likeness of words that share some."""

    def __init__(self) -> None:
        self.broken = False
        self.seen: list[str] = []

    def encode(self, sentences: list[str], **_: Any) -> NDArray[np.float32]:
        if self.broken:
            raise RuntimeError("CUDA error")
        self.seen += sentences
        vectors = np.zeros((len(sentences), 997), np.float32)
        for row, sentence in enumerate(sentences):
            for char in sentence:
                vectors[row, ord(char) % 997] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@asynccontextmanager
async def loaded(model: FakeModel) -> AsyncIterator[SentenceEncoder]:
    encoder = SentenceEncoder("fake", lambda name: model)
    encoder.start()
    await encoder.settled()
    try:
        yield encoder
    finally:
        await encoder.close()


async def test_likeness_is_that_of_the_nearest_phrasing() -> None:
    lexicon = Lexicon(LEXICON)
    async with loaded(FakeModel()) as encoder:
        await encoder.learn(lexicon)
        found = await encoder.likeness("敬老卡", lexicon)
    assert found["card"] == pytest.approx(1.0, abs=1e-5)
    assert found["permit"] < 0.5


async def test_an_edit_is_learnt_in_the_background() -> None:
    lexicon = Lexicon(LEXICON)
    async with loaded(FakeModel()) as encoder:
        await encoder.learn(lexicon)
        lexicon.add(Entry("water", "水费", ("自来水",)))
        assert "water" not in await encoder.likeness("水费", lexicon)
        await encoder.learn(lexicon)
        assert "water" in await encoder.likeness("水费", lexicon)


async def test_a_first_question_sets_the_learning_going() -> None:
    lexicon = Lexicon(LEXICON)
    async with loaded(FakeModel()) as encoder:
        with pytest.raises(EngineDown, match="still learning"):
            await encoder.likeness("老人证", lexicon)
        while True:
            try:
                assert (await encoder.likeness("老人证", lexicon))["card"] > 0.9
                break
            except EngineDown:
                await asyncio.sleep(0)


async def test_before_it_is_loaded_it_is_down_and_says_so() -> None:
    encoder = SentenceEncoder("fake", lambda name: FakeModel())
    with pytest.raises(EngineDown, match="not loaded yet"):
        await encoder.likeness("居住证", Lexicon(LEXICON))
    await encoder.close()


async def test_a_missing_library_is_one_sentence() -> None:
    def missing(name: str) -> FakeModel:
        raise ModuleNotFoundError("No module named 'sentence_transformers'", name="sentence_transformers")

    encoder = SentenceEncoder("bge", missing)
    encoder.start()
    await encoder.settled()
    assert encoder.trouble == "encoder bge: sentence_transformers is not installed (make semantic); going on without it"
    with pytest.raises(EngineDown):
        await encoder.likeness("居住证", Lexicon(LEXICON))
    await encoder.close()


async def test_a_broken_model_is_one_sentence() -> None:
    def broken(name: str) -> FakeModel:
        raise OSError("no file config.json\nmany\nlines")

    encoder = SentenceEncoder("/no/such", broken)
    encoder.start()
    await encoder.settled()
    assert "no file config.json" in encoder.trouble
    assert "\n" not in encoder.trouble
    await encoder.close()


async def test_a_model_that_breaks_while_running_is_down() -> None:
    lexicon, model = Lexicon(LEXICON), FakeModel()
    async with loaded(model) as encoder:
        await encoder.learn(lexicon)
        model.broken = True
        with pytest.raises(EngineDown, match="RuntimeError"):
            await encoder.likeness("居住证", lexicon)


@pytest.mark.semantic
async def test_a_real_library_loads_a_model_from_a_folder(tmp_path: Path) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers", reason="make semantic")
    tokenizers = pytest.importorskip("tokenizers")
    words = {char: place for place, char in enumerate("[居住证暂老年卡敬人]")}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="["))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    models = pytest.importorskip("sentence_transformers.models")
    part = models.StaticEmbedding(tokenizer, embedding_dim=16)
    sentence_transformers.SentenceTransformer(modules=[part], device="cpu").save(str(tmp_path / "tiny"))
    lexicon = Lexicon(LEXICON)
    encoder = SentenceEncoder(str(tmp_path / "tiny"))
    encoder.start()
    await encoder.settled()
    assert encoder.trouble == ""
    await encoder.learn(lexicon)
    assert (await encoder.likeness("老年卡", lexicon))["card"] == pytest.approx(1.0, abs=1e-4)
    await encoder.close()
