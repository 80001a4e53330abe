"""The Rasa client against a small server that answers, breaks, and comes back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from ruamel.yaml import YAML

from nlu.rasa import Rasa, write_project
from nlu.understand import EngineDown
from nlu.understanding import Intent
from nlu.written import Written

HEARD = {
    "text": "路灯坏了",
    "intent": {"name": "report", "confidence": 0.8},
    "intent_ranking": [
        {"name": "report", "confidence": 0.8},
        {"name": "faq", "confidence": 0.1},
        {"name": "ask", "confidence": 0.05},
        {"name": "chat", "confidence": 0.04},
        {"name": "nlu_fallback", "confidence": 0.3},
    ],
    "response_selector": {
        "all_retrieval_intents": ["report", "faq"],
        "report": {
            "ranking": [
                {"intent_response_key": "report/service.light", "confidence": 0.75},
                {"intent_response_key": "report/order.missing", "confidence": 0.25},
            ]
        },
    },
}


class FakeServer:
    """Stands where Rasa would."""

    def __init__(self) -> None:
        self.answer: Any = HEARD
        self.status = 200
        self.fail_next = 0
        self.hold: asyncio.Event | None = None
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    async def parse(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if self.hold is not None:
            await self.hold.wait()
        if self.fail_next:
            self.fail_next -= 1
            return web.Response(status=503)
        if self.status != 200:
            return web.Response(status=self.status)
        return web.json_response(self.answer)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    app = web.Application()
    app.router.add_post("/model/parse", fake.parse)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield fake
    if fake.hold is not None:
        fake.hold.set()
    await runner.cleanup()


async def test_rankings_become_our_intents_and_categories(server: FakeServer) -> None:
    async with Rasa(server.url, timeout=5) as rasa:
        intents, categories = await rasa.parse("路灯坏了")
    assert server.asked == [{"text": "路灯坏了"}]
    shares = {guess.label: guess.p for guess in intents}
    assert intents[0].label == Intent.REPORT
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["ask"] == pytest.approx(0.15 / 0.99)
    assert shares["missing"] == pytest.approx(0.2 / 0.99)
    assert [guess.label for guess in categories] == ["service.light", "order.missing"]


async def test_a_hiccup_is_tried_again(server: FakeServer) -> None:
    server.fail_next = 1
    async with Rasa(server.url, timeout=5) as rasa:
        intents, _ = await rasa.parse("路灯坏了")
    assert intents
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "answer", [{}, [], None, "x", {"intent_ranking": []}, {"intent_ranking": [{"name": "weather", "confidence": 1}]}]
)
async def test_an_answer_that_makes_no_sense_is_an_engine_down(server: FakeServer, answer: Any) -> None:
    server.answer = answer
    async with Rasa(server.url, timeout=5) as rasa:
        with pytest.raises(EngineDown):
            await rasa.parse("路灯坏了")


async def test_a_late_answer_is_an_engine_down(server: FakeServer) -> None:
    server.hold = asyncio.Event()
    async with Rasa(server.url, timeout=0.02) as rasa:
        with pytest.raises(EngineDown):
            await rasa.parse("路灯坏了")


async def test_a_server_that_is_not_there_is_an_engine_down() -> None:
    async with Rasa("http://127.0.0.1:9", timeout=5) as rasa:
        with pytest.raises(EngineDown):
            await rasa.parse("路灯坏了")


async def test_a_dead_server_is_left_alone_and_found_again(server: FakeServer) -> None:
    now = 0.0
    server.status = 500
    async with Rasa(server.url, timeout=5, tries=1, patience=3, rest=30, clock=lambda: now) as rasa:
        for _ in range(10):
            with pytest.raises(EngineDown):
                await rasa.parse("路灯坏了")
        assert len(server.asked) == 3
        assert rasa.resting
        server.status, now = 200, 31.0
        assert (await rasa.parse("路灯坏了"))[0]
        assert not rasa.resting


def test_the_project_for_rasa_is_made_of_the_same_data(data: Written, tmp_path: Path) -> None:
    write_project(data, tmp_path)
    yaml = YAML(typ="safe", pure=True)
    nlu = yaml.load((tmp_path / "data" / "nlu.yml").read_text(encoding="utf-8"))
    domain = yaml.load((tmp_path / "domain.yml").read_text(encoding="utf-8"))
    labels = [item["intent"] for item in nlu["nlu"]]
    assert "faq/elder_card" in labels
    assert "report/service.light" in labels
    assert set(domain["intents"]) == {label.partition("/")[0] for label in labels}
    assert {f"utter_{label}" for label in labels if "/" in label} == set(domain["responses"])
    assert sum(item["examples"].count("- ") for item in nlu["nlu"]) == len(data.examples)
    assert yaml.load((tmp_path / "config.yml").read_text(encoding="utf-8"))["language"] == "zh"


@pytest.mark.rasa
async def test_a_real_server_is_understood() -> None:
    url = os.environ.get("WUYOU_RASA_URL")
    if not url:
        pytest.skip("WUYOU_RASA_URL names no server (make rasa)")
    async with Rasa(url, timeout=10) as rasa:
        intents, categories = await rasa.parse("楼道灯坏了好几天没人管")
    assert intents[0].label in set(Intent)
    assert categories
