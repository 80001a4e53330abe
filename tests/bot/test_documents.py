"""Identity documents: every slip of one digit and every two neighbours that changed places are found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.consent import needs_guardian
from bot.documents import PROVINCES, Document, DocumentKind, check_of, read, tidy, years
from bot.ledger import Refusal
from bot.texts import LANGUAGES, Texts

TODAY = date(2026, 1, 5)
RESIDENT, PASSPORT, FOREIGNER = DocumentKind.RESIDENT, DocumentKind.PASSPORT, DocumentKind.FOREIGNER
HK_MACAO, TAIWAN = DocumentKind.HK_MACAO, DocumentKind.TAIWAN
BIRTHDAYS = st.dates(date(1910, 1, 1), TODAY)
AREAS = st.tuples(st.sampled_from(sorted(PROVINCES)), st.integers(1, 9999)).map(lambda both: f"{both[0]}{both[1]:04}")


@st.composite
def numbers(draw: st.DrawFn) -> str:
    first = draw(AREAS | st.sampled_from(["810000", "820000", "830000"]))
    digits = f"{first}{draw(BIRTHDAYS):%Y%m%d}{draw(st.integers(0, 999)):03}"
    return digits + check_of(digits)


def why(kind: DocumentKind, words: str, born: date | None = None) -> str:
    said = read(kind, words, TODAY, born)
    assert isinstance(said, Refusal), words
    return said.key


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_examples_of_the_standard_check(number: str) -> None:
    """GB 11643-1999, its two examples; the second one's holder lives no more."""
    assert check_of(number[:-1]) == number[-1]


@given(numbers())
def test_a_good_number_is_taken_with_its_birthday(number: str) -> None:
    said = read(RESIDENT, number, TODAY)
    assert said == Document(RESIDENT, number, date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}"))


@given(numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_wrong_character_is_found(number: str, at: int, other: str) -> None:
    wrong = number[:at] + other + number[at + 1 :]
    assert wrong == number or isinstance(read(RESIDENT, wrong, TODAY), Refusal)


@given(numbers(), st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_found(number: str, at: int) -> None:
    wrong = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert wrong == number or isinstance(read(RESIDENT, wrong, TODAY), Refusal)


def test_every_slip_in_one_number_is_found_one_by_one() -> None:
    number = "11010519491231002X"
    slips = {number[:at] + other + number[at + 1 :] for at in range(18) for other in "0123456789X"} - {number}
    slips |= {number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(17)} - {number}
    assert len(slips) > 180
    assert not [each for each in slips if not isinstance(read(RESIDENT, each, TODAY), Refusal)]


@given(st.text(max_size=40), st.sampled_from(DocumentKind), st.none() | st.dates())
def test_whatever_is_written_there_is_an_answer(words: str, kind: DocumentKind, born: date | None) -> None:
    assert isinstance(read(kind, words, TODAY, born), Document | Refusal)


@pytest.mark.parametrize(
    "words",
    ["１１０１０５１９４９１２３１００２Ｘ", "11010519491231002x", " 110105 19491231 002-x ", "11010519491231002×"],
)
def test_what_keyboards_make_of_it_is_tidied(words: str) -> None:
    said = read(RESIDENT, words, TODAY)
    assert isinstance(said, Document)
    assert said.number == "11010519491231002X"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("", "document.empty"),
        (" - ", "document.empty"),
        ("110105491231002", "document.old_form"),
        ("11010549123100X", "document.length"),
        ("1101051949123100", "document.length"),
        ("11010519491231002X1", "document.length"),
        ("1101051949123100A2", "document.characters"),
        ("X1010519491231002X", "document.characters"),
        ("٣١٠١٠٥١٩٤٩١٢٣١٠٠٢٢", "document.characters"),
        ("00010519491231002X", "document.area"),
        ("71010519491231002X", "document.area"),
        ("11000019491231002X", "document.area"),
        ("81000119491231002X", "document.area"),
        ("11010519490230002X", "document.born"),
        ("11010519490431002X", "document.born"),
        ("11010520260106002X", "document.born"),
        ("44052418800101001X", "document.born"),
        ("110105194912310021", "document.check"),
        ("220011194912310021", "document.check"),
        ("111111111111111111", "document.born"),
        ("123456789012345678", "document.born"),
    ],
)
def test_a_refused_number_has_its_reason(words: str, key: str) -> None:
    assert why(RESIDENT, words) == key


@pytest.mark.parametrize(
    ("kind", "words", "number"),
    [
        (PASSPORT, "e12345678", "E12345678"),
        (PASSPORT, "AB 1234567", "AB1234567"),
        (PASSPORT, "123456789", "123456789"),
        (HK_MACAO, "h12345678", "H12345678"),
        (HK_MACAO, "M1234567801", "M1234567801"),
        (TAIWAN, "01234567", "01234567"),
        (FOREIGNER, "CAN310090080810", "CAN310090080810"),
    ],
)
def test_what_tells_no_birthday_is_asked_for_it(kind: DocumentKind, words: str, number: str) -> None:
    born = date(1990, 8, 8)
    assert read(kind, words, TODAY, born) == Document(kind, number, born)
    assert why(kind, words) == "document.born_missing"
    assert why(kind, words, TODAY + timedelta(days=1)).startswith("document.born")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PASSPORT, "ABCDEFGH"), (PASSPORT, "E123"), (PASSPORT, "E1234567890"), (PASSPORT, "护照123456"),
        (HK_MACAO, "A12345678"), (HK_MACAO, "H1234567"), (HK_MACAO, "H123456789"),
        (TAIWAN, "1234567"), (TAIWAN, "123456789"), (TAIWAN, "A1234567"),
        (FOREIGNER, "110105194912310021"), (FOREIGNER, "CAN31009008081"), (FOREIGNER, "12345678"),
    ],
)  # fmt: skip
def test_another_form_is_refused_by_the_name_of_the_document(kind: DocumentKind, words: str) -> None:
    assert why(kind, words, date(1990, 8, 8)) == f"document.form.{kind}"


def test_the_new_card_of_a_foreigner_is_checked_like_a_resident_number() -> None:
    digits = "9331241990080801" + "2"
    number = digits + check_of(digits)
    assert read(FOREIGNER, number, TODAY) == Document(FOREIGNER, number, date(1990, 8, 8))
    assert why(FOREIGNER, digits + ("1" if number[-1] != "1" else "2")) == "document.check"
    assert why(FOREIGNER, "99" + number[2:]) == "document.area"
    assert why(RESIDENT, number) == "document.area"


def test_a_birthday_that_was_said_has_to_agree() -> None:
    number = "11010519491231002X"
    assert why(RESIDENT, number, date(1949, 12, 30)) == "document.born_differs"
    assert isinstance(read(RESIDENT, number, TODAY, date(1949, 12, 31)), Document)
    assert why(FOREIGNER, "CAN310057080810", date(1957, 8, 9)) == "document.born_differs"


@pytest.mark.parametrize(("born", "child"), [("20120105", False), ("20120106", True)])
def test_the_number_tells_who_needs_a_guardian(born: str, child: bool) -> None:
    digits = f"330109{born}123"
    said = read(RESIDENT, digits + check_of(digits), TODAY)
    assert isinstance(said, Document)
    assert (years(said, TODAY) < 14, needs_guardian(said.born, TODAY)) == (child, child)


def test_a_document_shows_its_last_four_characters_alone() -> None:
    said = read(RESIDENT, "11010519491231002X", TODAY)
    assert isinstance(said, Document)
    assert said.hint == "**************002X"
    assert "1949" not in repr(said) and "1101" not in repr(said)
    assert tidy("　ｅ１２ ３") == "E123"


def test_every_refusal_is_a_sentence() -> None:
    texts = Texts.load()
    keys = {"empty", "length", "old_form", "characters", "area", "born", "born_missing", "born_differs", "check"}
    keys |= {f"form.{kind}" for kind in DocumentKind if kind is not RESIDENT}
    for key in keys:
        for language in LANGUAGES:
            assert texts.say(f"document.{key}", {"length": "17"}, language)
