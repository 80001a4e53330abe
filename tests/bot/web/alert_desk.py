"""Alerts on the desk's pages: what an author types, what an approver ticks."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

from PIL import Image

from bot import alert_door
from bot.desks import missing
from bot.web.console.alert_form import moment
from routing.alert import Alert, Kind
from tests import town
from tests.bot.desks.alert_cast import MOTHER
from tests.bot.web.desk_house import DeskHouse, key_of
from tests.bot.web.visiting import Guest

REFERENCE = "G110-7"


def picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return out.getvalue()


def mother(here: DeskHouse, **fields: Any) -> dict[str, Any]:
    """The form about somebody who is missing, filled."""
    seen = moment(here.clock() - timedelta(hours=2))
    return {
        "kind": "missing", "name": "陈阿婆", "age": "78", "sex": "female", "height": "155", "clothes": "红色外套",
        "features": "拄拐杖", "place": "桂花苑门口", "seen_at": seen, "area": town.GRID_1, "words": "", **fields,
    }  # fmt: skip


async def drafted(here: DeskHouse, area: str = town.GRID_1, by: str = town.DESK_BY_DAY) -> str:
    """A draft, made without a page. Returns its id."""
    cause = f"click:draft:{area}:{by}"
    outcome = await alert_door.do(
        here.store, "", cause,
        lambda scene, directory, now: missing.begin(
            cause, scene, directory, now, kind=Kind.MISSING, by=by, area=area, content=MOTHER
        ),
        here.clock,
    )  # fmt: skip
    assert outcome is not None
    return next(change.id for change in outcome.changes if isinstance(change, Alert))


async def write(visitor: Guest, here: DeskHouse, **fields: Any) -> str:
    """Fills the form and asks for approval. Returns the alert's id."""
    page = await visitor.open("/desk/alerts/new")
    await visitor.send("/desk/alerts", key=key_of(page), then="submit", **mother(here, **fields))
    assert visitor.status == 200, visitor.page
    return visitor.url.split("?")[0].rpartition("/")[2]


def carried(page: str) -> dict[str, Any]:
    """What a form of the page carries: the key of the click, and what was read."""
    read = re.search(r'name="read" value="(\w+)"', page)
    return {"key": key_of(page), **({"read": read[1]} if read else {})}


async def press(visitor: Guest, alert: str, act: str, **fields: Any) -> str:
    """Opens the alert and presses one of its buttons."""
    page = await visitor.open(f"/desk/alerts/{alert}")
    return await visitor.send(f"/desk/alerts/{alert}/{act}", **carried(page), **fields)


async def approve(visitor: Guest, alert: str, **fields: str) -> str:
    return await press(visitor, alert, "approve", **{"confirmed": "1", "reference": REFERENCE, **fields})
