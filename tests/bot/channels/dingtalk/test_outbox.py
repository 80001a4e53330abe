"""DingTalk behind the real outbox: whatever it answers, every letter arrives once, within its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.dingtalk import DingTalkChannel
from bot.channels.dingtalk_robots import Robot
from bot.limits import DINGTALK
from bot.messages import Address, Button, Lane
from bot.outbox import Outbox, Timing
from bot.store.database import Database
from bot.store.letter_rows import Post
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.dingtalk.conftest import credentials
from tests.bot.outbox.app import Time, fanout, letter, says, states
from tests.bot.outbox.conftest import tables
from tests.servers.bot_api_clock import Clock
from tests.servers.dingtalk import DingTalk

YES = ((Button("yes", "place:1:yes"),),)


class House:
    """An outbox that knows no app but DingTalk, a clock that jumps, and the fake on the same clock."""

    def __init__(self, db: Database, server: DingTalk, channel: DingTalkChannel, time: Time) -> None:
        self.db, self.server, self.time = db, server, time
        timing = Timing(look=timedelta(days=30))
        self.outbox = Outbox(
            db, {"dingtalk": channel}, {"dingtalk": DINGTALK}, time, "one", timing=timing, sleep=time.sleep,
            dice=lambda: 1.0,
        )  # fmt: skip
        time.workers.append(self.outbox)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    time = Time()
    clock = Clock(lambda: time().timestamp(), lambda: time().timestamp())
    db = Database.open(f"sqlite:///{tmp_path / 'letters.db'}")
    tables(db)
    async with DingTalk(clock=clock) as server:
        robot = server.robot(server.group("only hears", [], bots=[]))
        channel = DingTalkChannel(
            {"app1": credentials(server.app)},
            Drawer(),
            mark="m",
            robots={"robot-willow": Robot(robot.token, robot.secret)},
            base_url=server.url,
            oapi_url=server.url,
            now=time,
            monotonic=clock.monotonic,
        )
        yield House(db, server, channel, time)
        await channel.close()
    db.close_now()


FAULTS: dict[str, Callable[[DingTalk], Any]] = {
    "nothing": lambda server: None,
    "a burst of 90018": lambda server: server.refuse_next(200, 90018, times=25),
    "a burst of 403": lambda server: server.refuse_next(403, "Forbidden.AccessDenied.QpsLimitForApi", times=25),
    "a page": lambda server: server.html_next(2),
    "a crowd": lambda server: server.busy_next(5, 3),
    "the month is over": lambda server: server.refuse_next(403, "Forbidden.AccessDenied.ApiCountLimitForOrg", times=3),
    "a token that is refused": lambda server: server.refuse_next(401, "InvalidAuthentication", times=3),
    "a server that fails": lambda server: server.refuse_next(500, "ServiceUnavailable", times=6),
    "requests that are dropped": lambda server: server.drop_next(3, path="/createAndDeliver"),
    "answers that are lost": lambda server: server.lose_next(5, path="/createAndDeliver"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_forty_groups_get_their_card_once_whatever_goes_wrong(house: House, fault: str) -> None:
    server = house.server
    groups = [server.group(f"group {number}", []) for number in range(40)]
    to = [Address("dingtalk", "app1", group.id) for group in groups]
    says(house.db, fanout("hello", to, buttons=YES, lane=Lane.ALERT))
    FAULTS[fault](server)

    assert await house.outbox.drain(30)

    assert [group.texts for group in groups] == [["hello"]] * 40
    assert states(house.db) == {Post.SENT: 40}
    if fault == "nothing":
        assert not [call for call in server.calls if call.status != 200], "its own limits hold"


async def test_a_plain_alert_whose_answer_was_lost_is_shown_to_a_person(house: House) -> None:
    group = house.server.group("3rd village", [])
    says(house.db, letter("alert", Address("dingtalk", "app1", group.id), lane=Lane.ALERT))
    house.server.lose_next(path="/groupMessages/send")

    assert await house.outbox.drain(30)

    assert group.texts == ["alert"]
    assert states(house.db) == {Post.UNKNOWN: 1}


async def test_a_group_that_only_hears_gets_fifteen_a_minute_and_is_never_too_fast(house: House) -> None:
    (robot,) = house.server.robots.values()
    began = house.time()
    for number in range(40):
        says(house.db, letter(str(number), Address("dingtalk", "robots", "robot-willow"), lane=Lane.ALERT))

    assert await house.outbox.drain(30)

    assert robot.group.texts == [str(number) for number in range(40)], "all, and in their order"
    assert not [call for call in house.server.calls if call.code]
    minutes = (house.time() - began) / timedelta(minutes=1)
    assert 40 / 20 < minutes < 40 / 8


async def test_a_robot_that_was_too_fast_elsewhere_gets_its_letters_ten_minutes_later(house: House) -> None:
    (robot,) = house.server.robots.values()
    house.server.refuse_next(200, 130101, "send too fast, exceed 20 times per minute")
    began = house.time()
    says(house.db, letter("later", Address("dingtalk", "robots", "robot-willow")))

    assert await house.outbox.drain(30)

    assert robot.group.texts == ["later"]
    assert house.time() - began >= timedelta(minutes=10)


async def test_who_is_not_of_the_organisation_any_more_keeps_nobody_else_waiting(house: House) -> None:
    li = house.server.person("Li")
    for chat in ("left-long-ago", li.staff_id):
        says(house.db, letter("card", Address("dingtalk", "app1", chat), buttons=YES, lane=Lane.DUTY))

    assert await house.outbox.drain(30)

    assert li.texts == ["card"]
    assert states(house.db) == {Post.SENT: 1, Post.GONE: 1}
