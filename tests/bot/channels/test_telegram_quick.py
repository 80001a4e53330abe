"""The quick drawing of an update says what the library's objects say, or declines."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import telegram
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram_quick import sketch
from bot.channels.telegram_read import Me, Unreadable, interpret
from bot.messages import Inbound
from tests.thorough import many

FOLDER = Path(__file__).parents[2] / "updates" / "telegram"
RECORDED = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
NOW = datetime(2026, 9, 21, 8, tzinfo=UTC)
ME = Me("bot1", 7_000_000_001, "wuyou_bot")

COMMON = [
    "text",
    "mention",
    "mention_after_emoji",
    "bot_command",
    "private_text",
    "start_with_payload",
    "photo",
    "album_1",
    "album_2",
    "caption_1024",
    "mention_replies_to_photo",
    "reply_to_bot",
    "edited_message",
    "callback_query",
    "telephone_in_group",
    "bidi_zero_width_and_nul",
    "text_4096",
]


def by_the_library(raw: dict[str, Any]) -> Inbound | None:
    return interpret(telegram.Update.de_json(dict(raw), None), ME, NOW)


@pytest.mark.parametrize("name", COMMON)
def test_what_people_write_most_is_drawn(name: str) -> None:
    assert sketch(RECORDED[name]) is not None


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_update_reads_the_same_drawn_and_by_the_library(name: str) -> None:
    assert interpret(RECORDED[name], ME, NOW) == by_the_library(RECORDED[name])


@pytest.mark.parametrize(
    "change",
    [
        {"via_bot": {"id": 5, "is_bot": True, "first_name": "x"}},
        {"sender_chat": {"id": -5, "type": "channel", "title": "x"}},
        {"something_new": 1},
        {"text": 5},
        {"date": 0},
        {"date": "1790000101"},
        {"chat": None},
        {"entities": [{"type": "text_mention", "offset": 0, "length": 2, "user": {"id": ME.id}}]},
    ],
    ids=str,
)
def test_what_is_not_as_usual_is_declined(change: dict[str, Any]) -> None:
    raw = RECORDED["text"]
    assert sketch({**raw, "message": {**raw["message"], **change}}) is None


def test_two_things_in_one_update_are_declined() -> None:
    assert sketch({**RECORDED["text"], "callback_query": RECORDED["callback_query"]["callback_query"]}) is None


# --- whatever is changed in them


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in _keys(each)}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()


def _parts(value: Any) -> list[Any]:
    """Every mapping and list inside."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(part for each in inside for part in _parts(each))] if isinstance(value, dict | list) else []


ALL_KEYS = sorted({key for raw in RECORDED.values() for key in _keys(raw)})
ALL_PARTS = [part for raw in RECORDED.values() for part in _parts(raw)]
LEAVES = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, ME.id, 777000, 1087968824, 136817688, 2**33, 2**63, -1002000000003])
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["", "@wuyou_bot", "/help", "/help@wuyou_bot", "/x@other_bot", "private", "channel", "\ud83d", "a\0"]
    )
)
VALUES = LEAVES | st.sampled_from(ALL_PARTS) | st.lists(LEAVES, max_size=2)


@st.composite
def changed(draw: st.DrawFn) -> dict[str, Any]:
    """A recorded update with one to three things in it put in another's place, added or taken away."""
    raw: dict[str, Any] = deepcopy(RECORDED[draw(st.sampled_from(COMMON))])
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.sampled_from([part for part in _parts(raw) if part] or [raw]))
        places = [*sorted(part), *ALL_KEYS] if isinstance(part, dict) else range(len(part))
        place = draw(st.sampled_from(places))
        if draw(st.booleans()):
            part[place] = deepcopy(draw(VALUES))
        elif isinstance(part, list) or place in part:
            del part[place]
    return raw


@settings(max_examples=many(600))
@given(changed())
def test_a_changed_update_reads_the_same_or_is_declined(raw: dict[str, Any]) -> None:
    if not isinstance(raw.get("update_id"), int) or sketch(raw) is None:
        return
    assert interpret(raw, ME, NOW) == by_the_library(raw)


@settings(max_examples=many(200))
@given(changed())
def test_a_changed_update_is_read_or_unreadable_and_nothing_else(raw: dict[str, Any]) -> None:
    with suppress(Unreadable):
        interpret(raw, ME, NOW)
