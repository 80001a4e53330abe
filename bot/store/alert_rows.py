"""Alerts in rows: what they say of a person is sealed under a key of the alert's own, which is destroyed in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, bindparam, literal, select, update
from sqlmodel import Field, SQLModel

from bot.store.columns import Big, Bytes, Flag, Json, Utc, Words, instant, micros
from bot.store.private import DataKey, Keys, opened, photo_name
from bot.store.ready import Both, Ready
from bot.store.rows import Stale, Values, key_of
from bot.store.shredding import cut_out, shred
from bot.store.tables import CASE, PERSON_KEY, PHOTO, STRICT, one_of, table, where
from routing.alert import (
    OPEN,
    OUT,
    Alert,
    AlertStep,
    Colour,
    Content,
    Correction,
    Ending,
    Kind,
    Missing,
    Sex,
    State,
    Verb,
)
from routing.areas import AreaKind

_OUT = ", ".join(f"'{state}'" for state in sorted(OUT))
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))


class AlertRow(SQLModel, table=True):
    """An alert. The checks say once more what `Alert` itself insists on: nobody approves words of their own."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("alert_created", "created_at"),
        where("alert_open", f"state IN ({_OPEN})", "created_at"),
        where("alert_case", "\"case\" <> ''", "case"),
        one_of("kind", Kind),
        one_of("state", State),
        one_of("ending", ("", *Ending)),
        CheckConstraint("approver = '' OR approver <> writer", name="two_persons"),
        CheckConstraint(f"state NOT IN ({_OUT}) OR approver <> ''", name="out_is_approved"),
        CheckConstraint("version > 0", name="version_counts"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    kind: str = Field(sa_type=Words)
    state: str = Field(sa_type=Words)
    area: str = Field(sa_type=Words)
    author: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=Utc)
    sealed: bytes = Field(sa_type=Bytes)
    exercise: bool = Field(default=False, sa_type=Flag)
    case: str = Field(default="", sa_type=Words)
    writers: Any = Field(default_factory=list, sa_type=Json)
    writer: str = Field(sa_type=Words)  #: The last of them, for the check above.
    approver: str = Field(default="", sa_type=Words)
    asked: Any = Field(default_factory=list, sa_type=Json)
    confirmed: bool = Field(default=False, sa_type=Flag)
    ring: str = Field(default="", sa_type=Words)
    ring_at: datetime | None = Field(default=None, sa_type=Utc)
    life: int = Field(sa_type=Big)  #: Seconds.
    submitted_at: datetime | None = Field(default=None, sa_type=Utc)
    live_at: datetime | None = Field(default=None, sa_type=Utc)
    expires_at: datetime | None = Field(default=None, sa_type=Utc)
    corrected_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    ending: str = Field(default="", sa_type=Words)
    erased: bool = Field(default=False, sa_type=Flag)
    version: int = Field(sa_type=Big)


class AlertStepRow(SQLModel, table=True):
    """What was done to an alert, by whom and when. Only ever added to."""

    __tablename__ = "alert_step"
    __table_args__ = (
        Index("alert_step_alert", "alert", "id"),
        Index("alert_step_cause", "cause", "position", unique=True),
        one_of("verb", Verb),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    cause: str = Field(sa_type=Words)
    position: int = Field(sa_type=Big)
    alert: str = Field(sa_type=Words, foreign_key="alert.id")
    verb: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Words)
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    to: str = Field(default="", sa_type=Words)
    area: str = Field(default="", sa_type=Words)
    confirmed: bool = Field(default=False, sa_type=Flag)


ALERT, ALERT_STEP = table(AlertRow), table(AlertStepRow)

_COLUMNS = tuple(ALERT.c[name] for name in (
    "id", "kind", "state", "area", "author", "created_at", "sealed", "exercise", "case", "writers", "approver", "asked",
    "confirmed", "ring", "ring_at", "life", "submitted_at", "live_at", "expires_at", "corrected_at", "ended_at",
    "ending", "erased", "version",
))  # fmt: skip
_OWNER = literal("alert:", Words()) + ALERT.c.id
_ALERTS = select(*_COLUMNS, PERSON_KEY.c.wrapped).join_from(ALERT, PERSON_KEY, PERSON_KEY.c.id == _OWNER)
_ALERT = Ready(_ALERTS.where(ALERT.c.id == bindparam("its")))
_OF_ALERT = select(*(ALERT_STEP.c[name] for name in (
    "cause", "position", "alert", "verb", "at", "by", "sealed", "to", "area", "confirmed",
))).where(ALERT_STEP.c.alert == bindparam("its")).order_by(ALERT_STEP.c.id)  # fmt: skip
_STEPS = Ready(_OF_ALERT)
_SEEN = Ready(
    _OF_ALERT.where(
        ALERT_STEP.c.verb == bindparam("verb"), ALERT_STEP.c.at > bindparam("since", type_=ALERT_STEP.c.at.type)
    )
)
_NEW = Ready(Both(lambda insert: insert(ALERT).inline().on_conflict_do_nothing()))
_NEW_STEP = Ready(ALERT_STEP.insert().inline())


def owner(alert: str) -> str:
    """Whose key seals what an alert says."""
    return f"alert:{alert}"


def is_alert(number: str) -> bool:
    """Whether a number is that of an alert, not of a case."""
    return number.startswith("a")


# --- reading


def alert(connection: Connection, keys: Keys, its: str) -> Alert | None:
    """The alert of that id; None where there is none."""
    row = _ALERT.first(connection, {"its": its})
    return _alert_of(row, keys) if row else None


def alerts(connection: Connection, keys: Keys, states: Iterable[State], limit: int) -> list[Alert]:
    """The alerts in one of the states, the newest first."""
    names = [state.value for state in states]
    rows = connection.execute(
        _ALERTS.where(ALERT.c.state.in_(names)).order_by(ALERT.c.created_at.desc(), ALERT.c.id).limit(limit)
    )
    return [_alert_of(row, keys) for row in rows]


def holding(connection: Connection, keys: Keys, since: datetime) -> list[Alert]:
    """The alerts that went out and whose time was not over at that instant, taken back or not, the first approved
    first."""
    rows = connection.execute(_ALERTS.where(ALERT.c.expires_at > since).order_by(ALERT.c.live_at, ALERT.c.id))
    return [_alert_of(row, keys) for row in rows]


def steps(connection: Connection, keys: Keys, its: str) -> tuple[AlertStep, ...]:
    """What was done to an alert, the oldest first. What was said of a person is gone once it was erased."""
    key = key_of(connection, keys, owner(its))
    return tuple(_step_of(row, key) for row in _STEPS.rows(connection, {"its": its}))


def sightings(connection: Connection, keys: Keys, its: str, since: datetime) -> tuple[AlertStep, ...]:
    """What people said after that instant that they saw, the oldest first."""
    rows = list(_SEEN.rows(connection, {"its": its, "verb": Verb.SIGHT.value, "since": since}))
    key = key_of(connection, keys, owner(its)) if rows else None
    return tuple(_step_of(row, key) for row in rows)


def _alert_of(row: Sequence[Any], keys: Keys) -> Alert:
    id_, kind, state, area, author, created, sealed, exercise, case, writers, approver, asked, *rest = row
    confirmed, ring, ring_at, life, submitted, live, expires, corrected, ended, ending, erased, version, wrapped = rest
    words = opened(keys.unwrap(owner(id_), wrapped), "alert|sealed", id_, sealed or None)
    said = words.get("correction")
    return Alert(
        id_, Kind(kind), State(state), area, author, created, _content_of(words.get("content")), exercise, case,
        tuple(writers), approver, tuple(asked),
        Correction(_content_of(said["content"]), said["by"], instant(said["at"])) if said else None,
        confirmed, AreaKind(ring) if ring else None, ring_at, timedelta(seconds=life), submitted, live, expires,
        corrected, ended, Ending(ending) if ending else None, erased, version,
    )  # fmt: skip


def _step_of(row: Sequence[Any], key: DataKey | None) -> AlertStep:
    cause, position, its, verb, at, by, sealed, to, area, confirmed = row
    words = opened(key, "alert_step|sealed", f"{cause}#{position}", sealed or None)
    content = _content_of(words["content"]) if words.get("content") else None
    said, reference = words.get("words", ""), words.get("reference", "")
    return AlertStep(its, Verb(verb), at, by, said, to, content, area, confirmed, reference)


# --- writing


def forget(connection: Connection, keys: Keys, its: str, now: datetime) -> None:
    """Destroys the alert's key, and those of its photos that are no case's and of what people sent who saw somebody:
    nothing opens them any more. The files are deleted by the next daily round."""
    found = alert(connection, keys, its)
    if found is None:
        return
    contents = [found.content, *(step.content for step in steps(connection, keys, its) if step.content)]
    photos = {content.photo for content in contents if content.photo}
    photos |= set(connection.scalars(select(PHOTO.c.key).where(PHOTO.c.case == its)))
    of_case = connection.scalar(select(CASE.c.photos).where(CASE.c.number == found.case)) if found.case else None
    shred(connection, keys, owner(its), now)
    cut_out(connection, map(photo_name, sorted(photos.difference(of_case or ()))), now)


def write(connection: Connection, changed: Alert, key: DataKey | None) -> None:
    """Writes an alert at the version it was read with, sealed under its key (None: destroyed). Raises Stale when it was
    changed since, or when its number is taken: by an alert, or by a case."""
    values = _values(changed, key)
    if changed.version:
        at_version = (ALERT.c.id == changed.id, ALERT.c.version == changed.version)
        done = connection.execute(update(ALERT).where(*at_version).values(values)).rowcount
    else:
        taken = connection.execute(select(CASE.c.number).where(CASE.c.number == changed.id[1:])).first()
        done = 0 if taken else _NEW.count(connection, values)
    if not done:
        raise Stale(f"{changed.id} is no longer at version {changed.version}")


def write_steps(
    connection: Connection, done: Iterable[AlertStep], cause: str, key_of_: Callable[[str], DataKey | None]
) -> None:
    """Adds steps of alerts that are there, in their order; `key_of_` gives the key of an owner."""
    rows: list[Values] = []
    for position, step in enumerate(done):
        key = key_of_(owner(step.alert))
        said: Values = {"words": step.words, "reference": step.reference}
        if step.content:
            said["content"] = _content_words(step.content)
        sealed = None
        if key is not None and any(said.values()):
            sealed = key.seal("alert_step|sealed", f"{cause}#{position}", said)
        rows.append({
            "cause": cause, "position": position, "alert": step.alert, "verb": step.verb.value, "at": step.at,
            "by": step.by, "sealed": sealed, "to": step.to, "area": step.area, "confirmed": step.confirmed,
        })  # fmt: skip
    _NEW_STEP.many(connection, rows)


def _values(its: Alert, key: DataKey | None) -> Values:
    said: Values = {"content": _content_words(its.content)}
    if its.correction:
        correction = its.correction
        said["correction"] = {
            "content": _content_words(correction.content), "by": correction.by, "at": micros(correction.at),
        }  # fmt: skip
    return {
        "id": its.id, "kind": its.kind.value, "state": its.state.value, "area": its.area, "author": its.author,
        "created_at": its.created_at, "sealed": key.seal("alert|sealed", its.id, said) if key else b"",
        "exercise": its.exercise, "case": its.case, "writers": its.writers, "writer": its.writers[-1],
        "approver": its.approver, "asked": its.asked, "confirmed": its.confirmed,
        "ring": its.ring.value if its.ring else "", "ring_at": its.ring_at, "life": int(its.life.total_seconds()),
        "submitted_at": its.submitted_at, "live_at": its.live_at, "expires_at": its.expires_at,
        "corrected_at": its.corrected_at, "ended_at": its.ended_at, "ending": its.ending.value if its.ending else "",
        "erased": its.erased, "version": its.version + 1,
    }  # fmt: skip


def _content_words(content: Content) -> Values:
    missing = content.missing
    words: Values = {
        "headline": content.headline, "words": content.words, "photo": content.photo, "reference": content.reference,
        "colour": content.colour.value if content.colour else "",
    }  # fmt: skip
    if missing:
        words["missing"] = {
            "name": missing.name, "age": missing.age, "sex": missing.sex.value if missing.sex else "",
            "height": missing.height, "clothes": missing.clothes, "features": missing.features,
            "place": missing.place, "location": missing.location,
            "seen_at": micros(missing.seen_at) if missing.seen_at else None,
        }  # fmt: skip
    return words


def _content_of(words: Values | None) -> Content:
    if not words:
        return Content()
    said = words.get("missing")
    colour = Colour(words["colour"]) if words["colour"] else None
    missing = None
    if said:
        at, location = said["seen_at"], said["location"]
        missing = Missing(
            said["name"], said["age"], Sex(said["sex"]) if said["sex"] else None, said["height"], said["clothes"],
            said["features"], said["place"], (location[0], location[1]) if location else None,
            instant(at) if at is not None else None,
        )  # fmt: skip
    return Content(words["headline"], words["words"], missing, words["photo"], words["reference"], colour)
