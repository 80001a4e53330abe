"""What somebody typed about goods, read from a form; and the same form filled again."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.ledger import MOST, Goods, PickUp
from bot.web.forms import Form
from bot.web.postbox import typed

PLACES = 4  #: Pick-up places of one thing.
MOST_NAME, MOST_PLACE, MOST_HOURS = 40, 60, 60


class Refused(Exception):
    """Nothing was written. `reason` is the last part of the text web.desk.mall.refused that says why."""

    def __init__(self, reason: str, **params: str) -> None:
        super().__init__(reason)
        self.reason, self.params = reason, params


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent."""

    name: str
    name_en: str
    price: int  #: Points, from 1 to MOST.
    most: int  #: For one person in a year; 0: no limit.
    pick_up: tuple[PickUp, ...]


def read(form: Form) -> Typed:
    """Returns what the form says. Raises Refused for a missing name, a number that is none or too large, and goods
    that could be fetched nowhere."""
    name, name_en = _line(form, "name", MOST_NAME), _line(form, "name_en", MOST_NAME)
    if not name:
        raise Refused("name")
    price = whole(form.get("price"), "price", least=1)
    most = whole(form.get("most") or "0", "most")
    spots = [
        PickUp(place, _line(form, f"hours{n}", MOST_HOURS))
        for n in range(PLACES)
        if (place := _line(form, f"place{n}", MOST_PLACE))
    ]
    if not spots:
        raise Refused("place")
    return Typed(name, name_en, price, most, tuple(dict.fromkeys(spots)))


def whole(words: str, field: str, *, least: int = 0) -> int:
    """The whole number that was typed, full-width digits too. Raises Refused for anything else, and for one below
    `least` or above MOST."""
    plain = unicodedata.normalize("NFKC", words[:100]).strip()
    number = plain.removeprefix("-")
    if not (number.isascii() and number.isdigit() and len(number) <= 9 and least <= int(plain) <= MOST):
        raise Refused(f"number_{field}", least=str(least), most=str(MOST))
    return int(plain)


def filled(goods: Goods) -> dict[str, str]:
    """The fields of a form that says what there is."""
    spots = {f"place{n}": each.place for n, each in enumerate(goods.pick_up)}
    spots |= {f"hours{n}": each.hours for n, each in enumerate(goods.pick_up)}
    return {
        "name": goods.name,
        "name_en": goods.name_en,
        "price": str(goods.price),
        "most": str(goods.most or ""),
        **spots,
    }


def kept(form: Form) -> Mapping[str, str]:
    """The fields as they were typed, to be shown again when it was refused."""
    return {name: typed(value)[:200] for name, value in form.fields.items() if name not in ("proof", "key")}


def _line(form: Form, name: str, most: int) -> str:
    """One line of words, without what no keyboard types. Raises Refused when it is too long."""
    words = " ".join(typed(form.get(name)).split())
    if len(words) > most:
        raise Refused("long", most=str(most))
    return words
