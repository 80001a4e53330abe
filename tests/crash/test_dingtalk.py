"""Killed with -9 around the store and the acknowledgement: what comes again is one case, a card is one card."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from bot.directory_csv import write_directory
from nlu.model import Model
from tests import town
from tests.crash.test_kill_minus_nine import NUMBER, PATIENCE, forge, rows, unsent
from tests.servers.bot_api_clients import picture
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group

POINTS = (
    "update read, not stored",
    "update stored, not acknowledged",
    "card leased, not sent",
    "card sent, not booked",
)


async def test_each_message_is_one_case_and_each_card_is_one_card(
    tmp_path: Path, model: Model, model_folder: Path
) -> None:
    async with DingTalk(limited=False) as server:
        alice = [server.person(f"Alice{number}") for number in range(len(POINTS) + 1)]
        cadre = server.person("Li")
        group = server.group("平安群", [*alice, cadre])
        write_directory(town.on("dingtalk", town.BOT, group.id, cadre.staff_id), tmp_path / "street")
        said: list[str] = []

        def says(number: int) -> None:
            said.append(alice[number].sends_rich(group, f"柳岸路{number + 1}号门口的路灯坏了", picture()))

        secrets = {"CRASH_ID": server.app.client_id, "CRASH_TOKEN": server.app.secret, "CRASH_APP": "dingtalk"}
        async with forge(tmp_path, server.url, model_folder, **secrets) as runs:
            for number, point in enumerate(POINTS):
                await runs.start(point)
                says(number)
                assert await runs.ended() == -signal.SIGKILL, point
                # Before that, it would come again over the line of a house that is no more.
                await server.until(lambda: not server.stream.connections, within=PATIENCE)
                server.stream.repeat_unanswered()
            last = await runs.start()
            says(len(POINTS))
            try:
                file = tmp_path / "crash.db"
                await server.until(lambda: not server.stream.frames, within=PATIENCE)
                await server.until(lambda: len(numbers(group)) == len(said), within=PATIENCE)
                await server.until(lambda: not unsent(file), within=PATIENCE)
            finally:
                os.kill(last, signal.SIGTERM)
                await runs.ended()
        cases = rows(tmp_path / "crash.db", "SELECT message, count(*) FROM cases GROUP BY message")
        assert dict(cases) == dict.fromkeys(said, 1), "a message became no or two cases"
        assert set(numbers(group).values()) == {1}, "a card became two"
        assert not unsent(tmp_path / "crash.db"), "a letter is not there"


def numbers(group: Group) -> Counter[str]:
    """Case number -> how many cards of the bot's speak of it."""
    return Counter(found[0] for each in group.messages if each.kind == "card" and (found := NUMBER.search(each.text)))


pytestmark = pytest.mark.crash
