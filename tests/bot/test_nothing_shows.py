"""What would stand in a log or a traceback: no name, no word, no door, no number of a person, no token."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.channels.base import Parcel, RenderedButton
from bot.config import Secrets
from bot.messages import Address, Button, Inbound, Kind, Letter, Quoted, Said, Sender
from bot.outcome import Draft, Fresh, Link, Outcome, Resident, Thread
from bot.store.misses import Miss
from bot.store.reads import Wanted
from bot.store.web_chat import Message, Quote
from bot.texts import Rendered
from bot.web.forms import Form
from bot.web.readers import Visitor
from bot.web.seats import Seat
from nlu.understanding import Span, Understanding
from routing.address import Candidate
from routing.case import Case, State, Step, Verb
from routing.directory import Person, Role

NOON = datetime(2026, 1, 5, 4, tzinfo=UTC)
S, WHERE = "SECRET", (30.12345, 120.54321)
AT = Address("telegram", "bot1", "-1001")
BUTTON = RenderedButton(S, "press:1", f"https://t.me/bot?start={S}")


@pytest.mark.parametrize(
    "thing",
    [
        Inbound(
            "1", AT, Kind.MESSAGE, NOON, sender=Sender(S, S), text=S, argument=S, location=WHERE,
            quoted=Quoted("2", user_id=S, text=S),
        ),
        Letter(
            AT, "case.status", {"words": S, "said": Said("k", {"name": S})}, location=WHERE,
            buttons=((Button("b", url=S, params={"place": S}),),),
        ),
        Parcel(1, AT, S, ((BUTTON,),), location=WHERE),
        Rendered(S, ((BUTTON,),)),
        Draft(NOON, text=S, choices=(S,)),
        Resident("r1", "telegram", S, S),
        Thread("t1", AT, Resident("r1", "telegram", S, S), draft=Draft(NOON, text=S)),
        Link(S, "seat", S, "r1", NOON),
        Fresh("38164275", S),
        Wanted(NOON, token=S, location=WHERE),
        Outcome("c", (Link(S, "seat", S, "r1", NOON),), (Step("38164275", Verb.NOTE, NOON, "li", S),), misses=(S,)),
        Case(
            "38164275", State.RECEIVED, "r1", "t1", "m1", NOON, words=S, place=S, address_id=S, location=WHERE, result=S
        ),
        Candidate(S, S, "g1", 1.0, *WHERE),
        Understanding(S, places=(Span(S, 0, 6),)),
        Person("li", S, Role.CADRE, "g1", phone=S, user_id=S),
        Secrets(S, S),
        Miss(S, 1, NOON, NOON),
        Message("u1", "w", "chen", NOON, S, text=S, buttons=((BUTTON,),), location=WHERE, quote=Quote("q", "a", S, S)),
        Form({"text": S}, [S.encode()]),
        Visitor("chen", S),
        Seat("chen", S, "resident", "web.seat.young"),
    ],
    ids=lambda thing: type(thing).__name__,
)  # fmt: skip
def test_it_shows_nothing_personal(thing: object) -> None:
    shown = repr(thing)
    assert S not in shown
    assert "30.12345" not in shown
