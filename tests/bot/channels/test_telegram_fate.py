"""What a failed call means for the letter, and into which calls a letter falls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.base import Fate, Parcel
from bot.channels.telegram_fate import fate
from bot.channels.telegram_parts import Part, Shape, cut, parts, units
from bot.messages import Address

TOKEN = "7000000001:AAFwuyou_bot________________________"


class PoolTimeout(Exception): ...


class ConnectTimeout(Exception): ...


class ConnectError(Exception): ...


class ReadTimeout(Exception): ...


class WriteTimeout(Exception): ...


class ReadError(Exception): ...


class RemoteProtocolError(Exception): ...


def caused(error: TelegramError, cause: type[Exception]) -> TelegramError:
    error.__cause__ = cause()
    return error


@pytest.fixture(autouse=True)
def _periods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.mark.parametrize(
    ("error", "new", "edit"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), Fate.GONE, Fate.GONE),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Fate.GONE, Fate.GONE),
        (BadRequest("Bad Request: chat not found"), Fate.GONE, Fate.GONE),
        (BadRequest("Bad Request: not enough rights to send text messages to the chat"), Fate.GONE, Fate.GONE),
        (BadRequest("Bad Request: not enough rights to send photos to the chat"), Fate.REFUSED, Fate.REFUSED),
        (BadRequest("Bad Request: message is too long"), Fate.REFUSED, Fate.REFUSED),
        (BadRequest("Bad Request: BUTTON_DATA_INVALID"), Fate.REFUSED, Fate.REFUSED),
        (BadRequest("Bad Request: message can't be edited"), Fate.REFUSED, Fate.SEND_ANEW),
        (BadRequest("Bad Request: message to edit not found"), Fate.REFUSED, Fate.SEND_ANEW),
        (BadRequest("Bad Request: there is no text in the message to edit"), Fate.REFUSED, Fate.SEND_ANEW),
        (ChatMigrated(-1002), Fate.MOVED, Fate.MOVED),
        (InvalidToken("Unauthorized"), Fate.RETRY, Fate.RETRY),
        (Conflict("Conflict: terminated"), Fate.RETRY, Fate.RETRY),
        (caused(TimedOut(), PoolTimeout), Fate.RETRY, Fate.RETRY),
        (caused(TimedOut(), ConnectTimeout), Fate.RETRY, Fate.RETRY),
        (caused(NetworkError("httpx.ConnectError"), ConnectError), Fate.RETRY, Fate.RETRY),
        (caused(TimedOut(), ReadTimeout), Fate.UNKNOWN, Fate.RETRY),
        (caused(TimedOut(), WriteTimeout), Fate.UNKNOWN, Fate.RETRY),
        (caused(NetworkError("httpx.ReadError"), ReadError), Fate.UNKNOWN, Fate.RETRY),
        (caused(NetworkError("httpx.RemoteProtocolError"), RemoteProtocolError), Fate.UNKNOWN, Fate.RETRY),
        (NetworkError("Internal Server Error: restart"), Fate.RETRY, Fate.RETRY),
        (NetworkError("Bad Gateway"), Fate.RETRY, Fate.RETRY),
        (NetworkError("Gateway Timeout (504)"), Fate.UNKNOWN, Fate.RETRY),
        (NetworkError("Request Entity Too Large"), Fate.REFUSED, Fate.REFUSED),
        (NetworkError("Too Many Requests (429)"), Fate.WAIT, Fate.WAIT),
        (TelegramError("Invalid server response"), Fate.UNKNOWN, Fate.RETRY),
    ],
    ids=str,
)
def test_an_error_says_what_to_do_with_the_letter(error: TelegramError, new: Fate, edit: Fate) -> None:
    assert (fate(error).fate, fate(error, edit=True).fate) == (new, edit)


@pytest.mark.parametrize("after", [7, 7.0, timedelta(seconds=7)])
def test_a_429_says_how_long_to_wait(after: float | timedelta) -> None:
    error = fate(RetryAfter(after))

    assert (error.fate, error.after) == (Fate.WAIT, 7.0)


def test_a_group_that_moved_says_where_to() -> None:
    assert fate(ChatMigrated(-1002000000044)).moved_to == "-1002000000044"


def test_no_reason_shows_the_token() -> None:
    for error in (
        NetworkError(f"cannot reach https://t/bot{TOKEN}/x"),
        InvalidToken(f"The token `{TOKEN}` was rejected"),
    ):
        assert TOKEN not in fate(error).reason


# --- which calls


def parcel(text: str = "", *photos: str, location: tuple[float, float] | None = None) -> Parcel:
    return Parcel(1, Address("telegram", "one", "-1"), text, photos=photos, location=location)


LONG = "很" * 1025


@pytest.mark.parametrize(
    ("letter", "calls"),
    [
        (parcel("好"), [Part(Shape.TEXT, "好", main=True)]),
        (parcel("好", "a.jpg"), [Part(Shape.PHOTO, "好", ("a.jpg",), main=True)]),
        (parcel("", "a.jpg"), [Part(Shape.PHOTO, "", ("a.jpg",), main=True)]),
        (parcel("听", "a.ogg"), [Part(Shape.VOICE, "听", ("a.ogg",), main=True)]),
        (parcel(LONG, "a.jpg"), [Part(Shape.PHOTO, "", ("a.jpg",)), Part(Shape.TEXT, LONG, main=True)]),
        (
            parcel("好", "a.jpg", "b.jpg"),
            [Part(Shape.ALBUM, "", ("a.jpg", "b.jpg")), Part(Shape.TEXT, "好", main=True)],
        ),
        (
            parcel("好", "a.jpg", "v.ogg"),
            [Part(Shape.PHOTO, "", ("a.jpg",)), Part(Shape.VOICE, "", ("v.ogg",)), Part(Shape.TEXT, "好", main=True)],
        ),
        (
            parcel("", "a.jpg", "b.jpg"),
            [Part(Shape.PHOTO, "", ("a.jpg",)), Part(Shape.PHOTO, "", ("b.jpg",), main=True)],
        ),
        (parcel("好", location=(30.0, 120.0)), [Part(Shape.TEXT, "好", main=True), Part(Shape.PLACE)]),
        (parcel("", location=(30.0, 120.0)), [Part(Shape.PLACE, main=True)]),
        (parcel(), []),
    ],
)
def test_a_letter_falls_into_calls(letter: Parcel, calls: list[Part]) -> None:
    assert list(parts(letter)) == calls


def test_eleven_pictures_are_an_album_and_one_more() -> None:
    shapes = [(part.shape, len(part.keys)) for part in parts(parcel("好", *(f"{n}.jpg" for n in range(11))))]

    assert shapes == [(Shape.ALBUM, 10), (Shape.PHOTO, 1), (Shape.TEXT, 0)]


@pytest.mark.parametrize("number", range(14))
def test_exactly_one_call_carries_the_words(number: int) -> None:
    for text in ("", "好", LONG):
        for voice in ((), ("v.ogg",)):
            found = parts(parcel(text, *(f"{n}.jpg" for n in range(number)), *voice))
            assert sum(part.main for part in found) == (1 if found else 0)


def test_a_text_is_cut_behind_a_sentence() -> None:
    short = cut("第一句。" * 2000, 4096)

    assert (units(short) <= 4096, short[-3:]) == (True, "句。…")


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert cut("好。" * 2048, 4096) == "好。" * 2048


def test_a_text_without_sentences_is_cut_between_letters_not_through_one() -> None:
    short = cut("a" + "🔥" * 4000, 4096)

    assert units(short) <= 4096
    assert short == "a" + "🔥" * 2047 + "…"
