"""What is said of points and the mall, in both languages, with every word filled in; and that it is short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.desks import mall, points
from bot.desks.turn import Turn
from bot.ledger import Account, Entry, Order, OrderState, Purse, Reason, Refusal, Scheme, Shop
from bot.messages import Address, Inbound, Kind, Letter, Sender
from bot.outcome import Fresh, Resident, Scan, Scene, Thread
from bot.sample.goods import GOODS
from bot.texts import Texts
from tests.rig import keys_of
from tests.town import BOT, CHANNEL, LI, NOON, town

TEXTS = Texts.load()
AT = Address(CHANNEL, BOT, "u1")
SCHEME = Scheme()


def order_(state: OrderState = OrderState.HELD, **more: object) -> Order:
    placed = Order("o1", "K7QF3M", "rice", "h1", 2400, ((2026, 2400),), state, NOON, NOON + timedelta(days=7), "t1")
    return replace(placed, **more)  # type: ignore[arg-type]


def lines() -> tuple[Entry, ...]:
    ways = {
        Reason.TENANT: (Account.STREET, Account.PENDING), Reason.MOVED_OUT: (Account.STREET, Account.PENDING),
        Reason.HAZARD: (Account.STREET, Account.PENDING), Reason.SETTLED: (Account.PENDING, Account.OWED),
        Reason.ORDERED: (Account.POINTS, Account.HELD), Reason.RETURNED: (Account.HELD, Account.POINTS),
        Reason.LAPSED: (Account.POINTS, Account.STREET), Reason.CLAWED: (Account.POINTS, Account.STREET),
        Reason.FREED: (Account.PENDING, Account.POINTS), Reason.FETCHED: (Account.HELD, Account.MALL),
    }  # fmt: skip
    return tuple(
        Entry(f"k{n}", "h1", *way, 60, reason, "t", NOON, 2026 if Account.POINTS in way else 0)
        for n, (reason, way) in enumerate(ways.items())
    )


def turn(
    language: str,
    *,
    private: bool = True,
    person: str = "",
    scan: Scan | None = None,
    have: int = 9000,
    older: bool = False,
) -> Turn:
    purse = Purse("h1", "r1", ((2025, 60), (2026, have - 60)), 60, 2400, 40, NOON, 3)
    told = lines()[::-1] if older else lines()
    shop = Shop(purse, SCHEME, () if older else GOODS, (order_(),), {}, told, "o2", "ABCDEF")
    resident = Resident("r1", CHANNEL, "u1", language=language, private=AT)
    thread = Thread("t1", AT if private else Address(CHANNEL, BOT, "g"), resident, private, version=1)
    scene = Scene(Fresh("11111111", "t"), thread=thread, shop=shop, scan=scan, person=person)
    return Turn("c", scene, town(), NOON)


INBOUND = Inbound("1", AT, Kind.MESSAGE, NOON, True, Sender("u1"), "m1", command="points", addressed=True)


def said(turn: Turn) -> list[Letter]:
    return list(turn.outcome("").letters)


def everything(language: str) -> list[Letter]:
    """Every letter of both desks."""
    letters: list[Letter] = []

    def tell(do: object, **more: object) -> None:
        one = turn(language, **more)  # type: ignore[arg-type]
        do(one)  # type: ignore[operator]
        letters.extend(said(one))

    tell(lambda t: points.show(t, INBOUND), older=True)
    tell(lambda t: mall.shelf(t, INBOUND), older=True)
    for alone in (True, False):
        tell(lambda t: points.show(t, INBOUND), private=alone)
        tell(lambda t: mall.shelf(t, INBOUND), private=alone)
    tell(lambda t: mall.shelf(t, INBOUND, "4"))
    for id_ in (*(goods.id for goods in GOODS), "none"):
        tell(lambda t, its=id_: mall.look(t, its))
    tell(lambda t: mall.redeem(t, "rice", "2400:3"))
    tell(lambda t: mall.redeem(t, "rice", "2400:2"))
    tell(lambda t: mall.redeem(t, "rice", "2400:3"), have=100)
    tell(lambda t: mall.code(t, "o1"))
    tell(lambda t: mall.unorder(t, "o1"))
    tell(lambda t: mall.unorder(t, "o9"))
    thread = turn(language).thread
    for found in (order_(), order_(OrderState.FETCHED, settled_at=NOON), order_(OrderState.RETURNED), None):
        scan = Scan(found, Purse("h1"), GOODS[-1], thread) if found else None
        for own in ("h1", "h9"):
            mine = replace(scan, order=replace(scan.order, holder=own)) if scan else None
            tell(mall.fetch, person=LI, scan=mine)
            tell(mall.give_back, person=LI, scan=mine)
    tell(mall.fetch)
    late = mall.unfetched(Scan(order_(), Purse("h1"), GOODS[-1], thread), NOON + timedelta(days=8), SCHEME)
    assert late is not None
    letters.extend(late.letters)
    for key, params in (
        ("points.amount", {}), ("points.no_rule", {}), ("points.counted", {}), ("points.day_full", {"most": 600}),
        ("points.month_full", {"most": 3000}), ("points.on_hold", {}), ("points.decided", {}), ("points.clock", {}),
        ("mall.not_offered", {}), ("mall.sold_out", {}), ("mall.limit", {"most": 2}),
    ):  # fmt: skip
        tell(partial(points.refused, refusal=Refusal(key, params)))
    return letters


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_is_filled_in_and_short(language: str) -> None:
    letters = everything(language)
    assert len(letters) > 40
    for letter in letters:
        rendered = TEXTS.render(letter)
        assert "{" not in rendered.text, letter.key
        assert rendered.text.strip()
        assert len(rendered.text.splitlines()) <= 12, letter.key
        buttons = [button for row in rendered.buttons for button in row]
        assert len(rendered.buttons) <= 7
        for button in buttons:
            assert len(button.data.encode()) <= 64, "what a button of Telegram may carry"
            assert "{" not in button.text


def test_the_keys_that_were_said_are_all_there_are() -> None:
    """So that a text nobody reads is noticed, and a new one is rendered here."""
    keys = {key for letter in everything("zh") for key in _keys(letter)}
    inside = {key for key in TEXTS.keys("zh") if key.startswith(("points.", "mall."))}
    assert inside - keys == set()


def _keys(letter: Letter) -> set[str]:
    return {letter.key, *(key for value in letter.params.values() for key in keys_of(value))}


def test_points_are_told_as_people_read_them() -> None:
    one = turn("zh")
    points.show(one, INBOUND)
    (letter,) = said(one)
    assert TEXTS.render(letter).text.startswith("您现在有 9000 分可以用（60 分等于 1 元）。")
    assert [line for line in TEXTS.render(letter).text.splitlines() if "登记租客" in line] == [
        "1月5日 12:00 +60 分，登记租客"
    ]
