"""The same conversation with every engine; one that goes away in the middle of it, and one that never comes."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.__main__ import build, run
from bot.config import Channels, NluPart, Settings, Web
from nlu.model import EncoderFit, Model, keep
from nlu.rasa import Rasa
from nlu.semantic import SentenceEncoder
from nlu.thresholds import read_thresholds
from nlu.understanding import Intent
from nlu.written import Written
from tests.dialogs.conversation import CONVERSATION, KNOWN, hundred
from tests.dialogs.play import Dialog, Stage, read
from tests.rig import Rig, rig

(DIALOG,) = read(CONVERSATION)


async def hold(dialog: Dialog, house: Rig) -> None:
    stage = Stage(house)
    for act in dialog.acts:
        await stage.plays(act)
    number = (await house.newest()).number
    assert house.last("bob", "case.status").data("withdraw") == f"withdraw:{number}"
    assert len(number) == 8


def tiny_encoder(folder: Path) -> str:
    """Makes a real sentence-transformers model in `folder` that knows characters; returns its name."""
    from sentence_transformers import SentenceTransformer

    models = pytest.importorskip("sentence_transformers.models")
    tokenizers = pytest.importorskip("tokenizers")
    chars = dict.fromkeys("[" + CONVERSATION + "".join(chr(code) for code in range(0x4E00, 0x9FA6)))
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({char: place for place, char in enumerate(chars)}, unk_token="[")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    weights = np.random.default_rng(7).normal(size=(len(chars), 64)).astype(np.float32)
    part = models.StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[part], device="cpu").save(str(folder / "tiny"))
    return str(folder / "tiny")


def break_in_half(folder: Path) -> None:
    (weights,) = folder.rglob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])


@asynccontextmanager
async def loaded(name: str) -> AsyncIterator[SentenceEncoder]:
    encoder = SentenceEncoder(name)
    encoder.start()
    await encoder.settled()
    try:
        yield encoder
    finally:
        await encoder.close()


#: What each known line is, as Rasa names it.
HEARD = dict(zip(KNOWN, ("faq", "ask", "chat", "report", "greet_or_thanks", "human"), strict=True))


class Mortal:
    """Stands where Rasa would, knows what is said in this conversation, and can be ended."""

    async def __aenter__(self) -> Mortal:
        app = web.Application()
        app.router.add_post("/model/parse", self.parse)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dies()

    async def dies(self) -> None:
        await self._runner.cleanup()

    async def parse(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        name = next((intent for known, intent in HEARD.items() if known[:5] in text), "report")
        kinds = [{"intent_response_key": "report/service.light", "confidence": 0.9}]
        return web.json_response(
            {
                "intent_ranking": [{"name": name, "confidence": 0.95}, {"name": "chat", "confidence": 0.01}],
                "response_selector": {"report": {"ranking": kinds}},
            }
        )


# --- each engine


async def test_builtin_holds_the_conversation(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await hold(DIALOG, house)
        assert set(house.nlu.engines) == {"lexical"}


@pytest.mark.semantic
async def test_a_named_encoder_holds_the_conversation(tmp_path: Path, model: Model) -> None:
    async with (
        loaded(tiny_encoder(tmp_path / "encoder")) as encoder,
        rig(tmp_path / "house", model, encoder=encoder) as house,
    ):
        assert encoder.trouble == ""
        await encoder.learn(house.knowledge.lexicon)
        await hold(DIALOG, house)
        assert set(house.nlu.engines) == {"encoder"}
        assert house.nlu.fallbacks == 0


@pytest.mark.rasa
async def test_a_real_rasa_holds_the_conversation(tmp_path: Path, model: Model) -> None:
    async with Rasa(os.environ["WUYOU_RASA_URL"], timeout=30) as remote, rig(tmp_path, model, remote=remote) as house:
        await hold(DIALOG, house)
        assert set(house.nlu.engines) == {"rasa"}
        assert house.nlu.fallbacks == 0


def test_a_hundred_lines_teach_every_kind_of_message(written: Written) -> None:
    few = hundred(written)
    assert 80 <= len(few.examples) <= 125
    assert {each.label for each in few.examples} >= set(Intent)
    assert min(Counter(each.label for each in few.examples).values()) >= 2
    assert {each.text for each in few.examples} >= set(KNOWN), "the conversation is made of lines that are learnt"


# --- one that goes


@pytest.mark.parametrize("heard", [0, 1, 3])
async def test_a_rasa_that_dies_takes_nothing_with_it(heard: int, tmp_path: Path, model: Model) -> None:
    async with Mortal() as server, Rasa(server.url, timeout=30) as remote, rig(tmp_path, model, remote=remote) as house:
        stage = Stage(house)
        for place, act in enumerate(DIALOG.acts):
            if place == heard:
                await server.dies()
            await stage.plays(act)
        assert house.nlu.engines[:1] == (["rasa"] if heard else ["lexical"])
        assert house.nlu.engines[-1] == "lexical"
        assert house.nlu.fallbacks == house.nlu.engines.count("lexical")


# --- one that never comes


def settings_in(folder: Path, encoder: str) -> Settings:
    return Settings(
        database=f"sqlite:///{folder / 'town.db'}",
        photos=str(folder / "photos"),
        keys=str(folder / "keys"),
        web=Web(port=0),
        channels=Channels(),
        nlu=NluPart(encoder=encoder, model=str(folder / "model")),
    )


async def log_of_a_start(settings: Settings, model: Model) -> Sequence[MutableMapping[str, Any]]:
    """What the bot logs until its page is open and it knows about its encoder."""
    keep(model, (), Path(settings.nlu.model))
    with capture_logs() as lines:
        async with build(settings) as house:
            opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            running = asyncio.create_task(run(house, opened.set_result))
            try:
                await opened
                async with asyncio.timeout(60):
                    while not any(each["event"] == "encoder" for each in lines):  # noqa: ASYNC110 - the log has no event
                        await asyncio.sleep(0.01)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
    return [each for each in lines if each["event"] == "encoder"]


async def test_the_bot_starts_without_its_encoder_and_says_so(tmp_path: Path, model: Model) -> None:
    (said,) = await log_of_a_start(settings_in(tmp_path, str(tmp_path / "nowhere")), model)
    assert said["log_level"] == "warning"
    assert str(tmp_path / "nowhere") in said["trouble"]
    assert "going on without it" in said["trouble"]


async def test_an_encoder_that_wins_nothing_is_not_loaded(tmp_path: Path, model: Model) -> None:
    name = str(tmp_path / "nowhere")
    fitted = replace(model, encoder=EncoderFit(name, 0.0, read_thresholds().learnt, ()))
    (said,) = await log_of_a_start(settings_in(tmp_path, name), fitted)
    assert "won nothing" in said["trouble"]


@pytest.mark.semantic
async def test_the_bot_starts_without_a_broken_encoder_and_says_so(tmp_path: Path, model: Model) -> None:
    name = tiny_encoder(tmp_path / "encoder")
    break_in_half(Path(name))
    (said,) = await log_of_a_start(settings_in(tmp_path, name), model)
    assert "cannot be loaded" in said["trouble"]


@pytest.mark.semantic
async def test_an_encoder_in_its_folder_is_loaded_after_the_start(tmp_path: Path, model: Model) -> None:
    name = tiny_encoder(tmp_path / "encoder")
    (said,) = await log_of_a_start(settings_in(tmp_path, name), model)
    assert said["log_level"] == "info"
    assert said["name"] == name


@pytest.mark.semantic
async def test_without_its_encoder_the_conversation_goes_on(tmp_path: Path, model: Model) -> None:
    async with (
        loaded(str(tmp_path / "nowhere")) as encoder,
        rig(tmp_path / "house", model, encoder=encoder) as house,
    ):
        assert "cannot be loaded" in encoder.trouble
        await hold(DIALOG, house)
        assert set(house.nlu.engines) == {"lexical"}
