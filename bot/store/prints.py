"""Prints of pictures in rows: kept with the picture, named with their case, and looked up by parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.store.ready import Both, Ready
from bot.store.tables import PICTURE, PICTURE_PART
from routing.duplicates import ALIKE, COPY, differing

_BITS = 64
#: More parts than bits may differ: so one of them is equal in every copy. (COPY is 4: five parts of 12 or 13 bits.)
PARTS = COPY + 1
#: Pictures that are compared bit by bit: a part has 4,096 values or more, so of a hundred thousand tens share one.
MOST = 400

_PICTURE = Ready(Both(lambda insert: insert(PICTURE).inline().on_conflict_do_nothing()))
_PART = Ready(Both(lambda insert: insert(PICTURE_PART).inline().on_conflict_do_nothing()))
_LINK = Ready(
    update(PICTURE)
    .where(PICTURE.c.key == bindparam("its"), PICTURE.c.case == bindparam("none"))
    .values(case=bindparam("of"))
)
_PRINT = Ready(select(PICTURE.c.print).where(PICTURE.c.key == bindparam("its")))
_WITH_A_PART = (
    select(PICTURE.c.case, PICTURE.c.print)
    .select_from(PICTURE_PART.join(PICTURE, PICTURE.c.key == PICTURE_PART.c.picture))
    .where(PICTURE_PART.c.part.in_([bindparam(f"part{n}", type_=PICTURE_PART.c.part.type) for n in range(PARTS)]))
    .order_by(PICTURE.c.kept_at.desc())
    .limit(bindparam("most"))
)
_ALIKE = Ready(_WITH_A_PART.where(PICTURE.c.case != bindparam("none")))
_TWINS = Ready(_WITH_A_PART.with_only_columns(PICTURE.c.key, PICTURE.c.print))


def keep(connection: Connection, key: str, print_: int, now: datetime) -> None:
    """A picture was kept; `print_` has 64 bits. Once."""
    row = {"key": key, "print": _signed(print_), "case": "", "kept_at": now}
    if _PICTURE.count(connection, row):
        _PART.many(connection, [{"part": part, "picture": key} for part in parts(print_)])


def link(connection: Connection, keys: Iterable[str], case: str) -> None:
    """These pictures came with a case; one that came with another first stays with that."""
    for key in keys:
        _LINK.count(connection, {"its": key, "none": "", "of": case})


def alike(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Returns the cases with pictures much like one of these -> in how many bits the nearest differs. Each copy is
    found (up to COPY bits), and some of what is only alike."""
    found: dict[str, int] = {}
    for key in keys:
        row = _PRINT.first(connection, {"its": key})
        if row is None:
            continue
        asked = {f"part{n}": part for n, part in enumerate(parts(row[0]))}
        for case, print_ in _ALIKE.rows(connection, {**asked, "none": "", "most": MOST}):
            bits = differing(_unsigned(row[0]), _unsigned(print_))
            if bits <= ALIKE:
                found[case] = min(bits, found.get(case, ALIKE))
    return found


def twins(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Keys of kept pictures that are copies of one of these, whatever they came with."""
    found: set[str] = set()
    for key in keys:
        row = _PRINT.first(connection, {"its": key})
        if row is not None:
            asked = {f"part{n}": part for n, part in enumerate(parts(row[0]))}
            near = _TWINS.rows(connection, {**asked, "most": MOST})
            bits = _unsigned(row[0])
            found |= {twin for twin, print_ in near if differing(bits, _unsigned(print_)) <= COPY}
    return found - set(keys)


def forget(connection: Connection, before: datetime, most: int) -> int:
    """Forgets the prints of pictures that were sent with nothing. Returns how many."""
    old = select(PICTURE.c.key).where(PICTURE.c.case == "", PICTURE.c.kept_at < before).limit(most)
    return int(connection.execute(delete(PICTURE).where(PICTURE.c.key.in_(old))).rowcount)


def parts(print_: int) -> list[int]:
    """The bits of a print in pieces, each with its place before it."""
    bits, pieces, at = _unsigned(print_), [], 0
    for n in range(PARTS):
        wide = (_BITS - at) // (PARTS - n)
        pieces.append(n << 16 | (bits >> at) & ((1 << wide) - 1))
        at += wide
    return pieces


def _signed(bits: int) -> int:
    return bits - (1 << _BITS) if bits >> (_BITS - 1) else bits


def _unsigned(stored: int) -> int:
    return stored & ((1 << _BITS) - 1)
