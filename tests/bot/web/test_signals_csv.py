"""POST /signals with text/csv: many at once, all or none, once per id, the same way as one by one."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import webhooks
from bot.store import tidying
from bot.store.tables import INBOX
from routing.working_hours import LOCAL
from tests import town
from tests.bot.web.systems_house import Town

HEAD = "id,description,service_code,address_string,address_id,lat,long\n"
TIMED = "id,description,requested_datetime\n"
SHEET = f"""{HEAD}call-1,柳岸路3号门口井盖没了,service.manhole,柳岸路3号,,,
call-2,小区里有马蜂窝，就在儿童滑梯旁边,,,{town.GRID_1},,
call-3,树倒了,service.facilities,,,30.005,120.005
"""


async def send(doors: Town, key: str, sheet: str | bytes = SHEET, **headers: str) -> tuple[int, Any]:
    body = sheet.encode() if isinstance(sheet, str) else sheet
    return await doors.post(
        "/signals", data=io.BytesIO(body), headers={"Content-Type": "text/csv", "X-API-Key": key} | headers
    )


async def decide(doors: Town) -> None:
    """The running bot takes up what was laid in."""
    running = asyncio.create_task(doors.rig.intake.run())
    for _ in range(200):
        await asyncio.sleep(0.02)
        await doors.rig.intake.idle()
        if not await kept(doors, INBOX.c.payload.is_not(None)):
            break
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def kept(doors: Town, *which: Any) -> int:
    rows = INBOX.select().where(*which)
    return len(await doors.rig.store.db.read(lambda c: c.execute(rows).all()))


async def test_each_row_becomes_a_case_once_and_the_numbers_come_with_the_same_sheet(doors: Town) -> None:
    key, _ = await doors.key("police-110", "signals")
    status, said = await send(doors, key)
    assert (status, said["rows"], said["new"]) == (202, 3, 3)
    assert {each["service_request_id"] for each in said["signals"]} == {""}
    await decide(doors)
    assert await doors.cases() == 3
    status, said = await send(doors, key)
    assert (status, said["rows"], said["new"]) == (202, 3, 0)
    numbers = {each["id"]: each["service_request_id"] for each in said["signals"]}
    cases = {id: await doors.rig.case(number) for id, number in numbers.items()}
    assert {id: case.category for id, case in cases.items()} == {
        "call-1": "service.manhole", "call-2": "service.insects", "call-3": "service.facilities"
    }  # fmt: skip
    assert {case.grid for case in cases.values()} == {town.GRID_1}
    # One by one under the same id it is the same signal.
    body = {"data": {"description": "another"}}
    by_key = {"X-API-Key": key, "Idempotency-Key": "call-2"}
    assert (await doors.post("/signals", json=body, headers=by_key))[1]["service_request_id"] == numbers["call-2"]
    assert await doors.cases() == 3


async def test_the_same_id_is_the_same_signal_a_year_later(doors: Town) -> None:
    key, _ = await doors.key("police-110", "signals")
    await send(doors, key)
    await decide(doors)
    doors.rig.clock.forward(days=365)
    await doors.rig.store.db.write(lambda c: tidying.tidy(c, doors.rig.clock()))
    assert await kept(doors) == 0, "ids of messages are forgotten"
    status, said = await send(doors, key)
    assert (status, said["new"]) == (202, 0)
    by_key = {"X-API-Key": key, "Idempotency-Key": "call-1"}
    again = await doors.post("/signals", json={"data": {"description": "again"}}, headers=by_key)
    assert again[1]["service_request_id"] == said["signals"][0]["service_request_id"]
    assert (await kept(doors), await doors.cases()) == (0, 3)


async def test_a_case_says_when_it_was_told_there_and_its_clocks_start_when_it_is_taken_in(doors: Town) -> None:
    key, _ = await doors.key("police-110", "signals")
    now = doors.rig.clock()
    told = now - timedelta(hours=30)
    sheet = f"""id,description,service_code,address_id,requested_datetime
call-1,井盖没了,service.manhole,{town.GRID_1},{told.isoformat()}
call-2,路灯不亮,service.light,{town.GRID_1},{told.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}
call-3,树倒了,service.facilities,{town.GRID_1},{(now + timedelta(minutes=4)).isoformat().replace("+00:00", "Z")}
call-4,树又倒了,service.facilities,{town.GRID_1},
"""
    assert (await send(doors, key, sheet))[0] == 202
    await decide(doors)
    _, said = await send(doors, key, sheet)
    numbers = [each["service_request_id"] for each in said["signals"]]
    cases = [await doors.rig.case(number) for number in numbers]
    assert [case.opened_at for case in cases] == [told, told, now, now]
    for number in numbers:
        clocks = (await doors.rig.store.scene_for_case(number)).clocks
        assert {clock.started_at for clock in clocks} == {now}
    _, (shown,) = await doors.get(f"/open311/v2/requests/{numbers[0]}.json")
    assert datetime.fromisoformat(shown["requested_datetime"]) == told


async def test_a_signed_sheet_needs_no_key(small: Town) -> None:
    _, secret = await small.key("police-110", "signals")
    raw, at = SHEET.encode(), small.rig.clock()
    signed = {
        "Content-Type": "text/csv; charset=utf-8",
        "webhook-id": "night-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhooks.sign(secret, "night-1", at, raw),
    }
    assert (await small.post("/signals", data=raw, headers=signed))[1]["new"] == 3
    assert (await small.post("/signals", data=raw + b" ", headers=signed))[0] == 401
    stale = small.rig.clock() - timedelta(minutes=6)
    late = {
        "webhook-timestamp": str(int(stale.timestamp())),
        "webhook-signature": webhooks.sign(secret, "night-1", stale, raw),
    }
    assert (await small.post("/signals", data=raw, headers=signed | late))[0] == 401


@pytest.mark.parametrize(
    ("sheet", "line", "reason"),
    [
        (f"{SHEET}call-1,again,,,,,\n", 5, "stands in line 2"),
        (f"{SHEET}call 4,blank,,,,,\n", 5, "letters"),
        (f"{SHEET}call-4,x,,,nowhere,,\n", 5, "address_id"),
        (f"{SHEET}call-4,x,,,,nan,1\n", 5, "lat"),
        (f"{SHEET}call-4,x\n", 5, "fields"),
        (f"{TIMED}call-1,x,2026-02-30 08:00\n", 2, "not an instant"),
        (f"{TIMED}call-1,x,yesterday\n", 2, "not an instant"),
        (f"{TIMED}call-1,x,2026-01-05T12:00:00+99:00\n", 2, "not an instant"),
        (f"{TIMED}call-1,x,2026-01-05T12:06:00+08:00\n", 2, "last year"),
        (f"{TIMED}call-1,x,2025-01-04T12:00:00+08:00\n", 2, "last year"),
        (SHEET.encode("utf-16"), 1, "UTF-16"),
        ("<signals/>", 1, "no column"),
        ("id,description\n" + "".join(f"n{n},x\n" for n in range(2001)), 2002, "at most 2,000"),
    ],
)
async def test_one_wrong_row_and_none_is_taken(sheet: str | bytes, line: int, reason: str, small: Town) -> None:
    key, _ = await small.key("police-110", "signals")
    status, said = await send(small, key, sheet)
    assert (status, said["status"]) == (422, 422)
    assert "nothing was taken" in said["detail"]
    assert said["errors"][-1]["line"] == line
    assert reason in said["errors"][-1]["detail"]
    assert await kept(small) == 0


async def test_a_sheet_too_large_or_of_nobody_is_refused(small: Town) -> None:
    key, _ = await small.key("police-110", "signals")
    other, _ = await small.key("city-app", "open311")
    assert (await send(small, key, HEAD + "x" * 1024 * 1024))[0] == 413
    assert (await send(small, other))[0] == 401
    assert (await send(small, "wy_none"))[0] == 401
    assert (await send(small, key, **{"Content-Type": "application/csv"}))[0] == 415
    assert await kept(small) == 0


async def test_sheets_come_one_after_the_other(small: Town) -> None:
    key, _ = await small.key("police-110", "signals")
    statuses = [(await send(small, key))[0] for _ in range(6)]
    assert statuses == [202] * 5 + [429]
    async with small.session.post(
        small.url + "/signals", data=SHEET.encode(), headers={"Content-Type": "text/csv", "X-API-Key": key}
    ) as refused:
        assert 1 <= int(refused.headers["Retry-After"]) <= 7
