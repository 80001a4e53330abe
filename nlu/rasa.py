"""Rasa: another engine for intents and categories, asked over HTTP. The only file that knows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from nlu.understand import EngineDown
from nlu.understanding import Guess, Intent
from nlu.written import CALM, DANGER, ELSEWHERE, FORMAT, Written

OWN_FILES = Path(__file__).with_name("rasa")  #: config.yml and requirements.txt; without __init__.py no package.

#: How Rasa's retrieval intents are called here; all others have our own names.
_INTENTS = {"faq": Intent.ASK, "reporting": Intent.REPORT} | {str(each): each for each in Intent}


class Rasa:
    """A client for `rasa run --enable-api`. Use as an async context manager, or close() it.

    After `patience` failures in a row it is left alone for `rest` seconds, so that a dead server costs nothing;
    then one message tries again.
    """

    name = "rasa"

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 0.18,
        tries: int = 2,
        patience: int = 5,
        rest: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parse = url.rstrip("/") + "/model/parse"
        self._timeout = timeout
        self._tries = tries
        self._patience = patience
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._again = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections; a later parse opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def resting(self) -> bool:
        """Whether the server is left alone for now."""
        return self._failures >= self._patience and self._clock() < self._again

    async def parse(self, text: str) -> tuple[tuple[Guess, ...], tuple[Guess, ...]]:
        """Returns (intents, categories), each best first and summing to 1. Raises EngineDown, never anything else."""
        if self.resting:
            raise EngineDown("rasa does not answer; left alone for a while")
        try:
            async with asyncio.timeout(self._timeout):
                guesses = _read(await self._asked(text))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._fail()
            raise EngineDown(f"rasa: {type(error).__name__}") from error
        except asyncio.CancelledError:
            self._fail()  # whoever asked had no more time: to a slow server that is the same
            raise
        self._failures = 0
        return guesses

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= self._patience:
            self._again = self._clock() + self._rest

    async def _asked(self, text: str) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        for last in range(self._tries - 1, -1, -1):
            try:
                async with self._session.post(self._parse, json={"text": text}) as response:
                    if response.status >= 500 and last:
                        continue
                    response.raise_for_status()
                    return await response.json()
            except aiohttp.ClientConnectionError:
                if not last:
                    raise
        raise AssertionError("unreachable")


def _read(answer: Mapping[str, Any]) -> tuple[tuple[Guess, ...], tuple[Guess, ...]]:
    """Returns the guesses in a /model/parse answer. Raises ValueError, KeyError or TypeError when it is none."""
    intents: dict[str, float] = {}
    for each in answer["intent_ranking"]:
        intent = _INTENTS.get(str(each["name"]).partition("/")[0])
        if intent is not None:
            intents[intent] = intents.get(intent, 0.0) + float(each["confidence"])
    categories: dict[str, float] = {}
    for each in answer.get("response_selector", {}).get("report", {}).get("ranking", ()):
        kind, _, code = str(each["intent_response_key"]).partition("/")
        if kind == "report" and code:
            categories[code] = float(each["confidence"])
    if not intents or not sum(intents.values()) > 0:
        raise ValueError("no intent that is known here")
    missing = categories.get("order.missing", 0.0) / (sum(categories.values()) or 1.0)
    moved = intents.get(Intent.REPORT, 0.0) * missing
    if moved:
        intents[Intent.REPORT] -= moved
        intents[Intent.MISSING] = intents.get(Intent.MISSING, 0.0) + moved
    return _ranked(intents), _ranked(categories)


def _ranked(shares: Mapping[str, float]) -> tuple[Guess, ...]:
    whole = sum(shares.values())
    if whole <= 0:
        return ()
    return tuple(sorted((Guess(str(label), p / whole) for label, p in shares.items()), key=lambda each: -each.p))


def write_project(data: Written, out: Path) -> None:
    """Writes a Rasa project into `out`: config.yml, domain.yml and data/nlu.yml, from the data every engine shares.

    There `rasa train nlu` makes a model. Every retrieval intent needs a response; a category's is its own code.
    """
    (out / "data").mkdir(parents=True, exist_ok=True)
    (out / "config.yml").write_bytes((OWN_FILES / "config.yml").read_bytes())
    by_label: dict[str, list[str]] = {}
    for each in data.examples:
        # A bare report has no category; Rasa allows no intent both with and without a response.
        plain = str(each.intent) if each.kind in (DANGER, CALM) else each.label
        label = {Intent.REPORT: "reporting", ELSEWHERE: Intent.ASK}.get(plain, plain)
        by_label.setdefault(label, []).append(each.text.replace("](", "] (").replace("]{", "] {"))
    lines = [f'version: "{FORMAT}"', "nlu:"]
    for label, texts in by_label.items():
        lines += [f"- intent: {label}", "  examples: |", *(f"    - {text}" for text in texts)]
    (out / "data" / "nlu.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "domain.yml").write_text(_domain(by_label, data), encoding="utf-8")


def _domain(labels: Sequence[str] | Mapping[str, Any], data: Written) -> str:
    titles = {f"faq/{each.id}": each.title for each in data.articles}
    lines = [f'version: "{FORMAT}"', "intents:"]
    lines += [f"- {intent}" for intent in dict.fromkeys(label.partition("/")[0] for label in labels)]
    lines.append("responses:")
    for label in labels:
        if "/" in label:
            text = titles.get(label, label).replace("\\", "\\\\").replace('"', '\\"')
            lines += [f"  utter_{label}:", f'  - text: "{text}"']
    return "\n".join(lines) + "\n"
