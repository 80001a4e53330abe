"""PFIF 1.4: records against the standard's rules, written down here once more; and what is left of one that is over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree

from bot import pfif
from bot.xml_out import Element, written
from routing.alert import Content, Ending, Missing, Verb
from tests.bot.alerts_told import HOUSE, Told

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: The standard's order; of one that is over, the ids and dates alone.
PERSON = (
    "person_record_id", "entry_date", "expiry_date", "author_name", "author_phone", "source_name", "source_date",
    "full_name", "description", "sex", "age", "photo_url", "note",
)  # fmt: skip
NOTE = (
    "note_record_id", "person_record_id", "entry_date", "author_name", "author_phone", "source_date", "status",
    "last_known_location", "text",
)  # fmt: skip
EMPTIED = {"person_record_id", "note_record_id", "entry_date", "source_date", "expiry_date", "note"}


def record(told: Told, after: timedelta = timedelta(0)) -> etree._Element:
    xml = written(Element("pfif", (pfif.person(told.alert, HOUSE, told.now + after),)), {None: pfif.PFIF})
    (found,) = etree.fromstring(xml, etree.XMLParser(resolve_entities=False))
    return found


def fields(element: etree._Element) -> dict[str, str]:
    return {etree.QName(each).localname: each.text or "" for each in element if etree.QName(each).localname != "note"}


def notes(element: etree._Element) -> list[dict[str, str]]:
    return [fields(each) for each in element if etree.QName(each).localname == "note"]


def names(element: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in element]


STORIES: dict[str, Callable[[], Told]] = {
    "missing": lambda: Told().goes_out(),
    "corrected": lambda: Told().goes_out().is_corrected(words="带着狗"),
    "found": lambda: Told().goes_out().ends(Ending.FOUND),
    "false": lambda: Told().goes_out().ends(Ending.FALSE),
    "nameless": lambda: Told(Content("", "", Missing(clothes="红衣"), "", "G110-7")).goes_out(),
}


@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=6)])
@pytest.mark.parametrize("story", STORIES)
def test_a_record_keeps_to_the_order_the_dates_and_what_must_be_there(story: str, after: timedelta) -> None:
    told = STORIES[story]()
    person = record(told, after)
    assert names(person) == sorted(names(person), key=PERSON.index)
    said = fields(person)
    over = set(names(person)) <= EMPTIED
    assert over == (after > timedelta(0) or story == "false")
    assert {"person_record_id", "source_date", "entry_date", "expiry_date"} <= set(said)
    assert over or said["full_name"]
    inside = [each for each in person if etree.QName(each).localname == "note"]
    assert len(inside) == (2 if story == "found" else 1)
    for note in inside:
        assert names(note) == sorted(names(note), key=NOTE.index)
        assert {"note_record_id", "source_date"} <= set(names(note))
        assert over or {"author_name", "text"} <= set(names(note))
        assert not over or set(names(note)) <= EMPTIED
    for each in person.iter():
        if etree.QName(each).localname.endswith("_date"):
            assert INSTANT.fullmatch(each.text)
        if etree.QName(each).localname.endswith("_id"):
            assert re.fullmatch(r"wuyou\.example/a[1-9]{8}(\.[12])?", each.text)


def test_who_is_missing_is_described_and_whom_to_call_is_the_police() -> None:
    person = record(Told().goes_out())
    said = fields(person)
    assert (said["full_name"], said["sex"], said["age"], said["author_phone"]) == ("陈阿婆", "female", "78", "110")
    assert said["photo_url"] == "https://wuyou.example/pfif/a38164275.jpg"
    assert "红色外套" in said["description"]
    (note,) = notes(person)
    assert (note["status"], note["last_known_location"]) == ("believed_missing", "桂花苑门口")
    assert "13812345678" not in etree.tostring(person, encoding="unicode")


def test_who_was_found_is_no_longer_described_and_nobody_is_told_where() -> None:
    person = record(Told().goes_out().ends(Ending.FOUND))
    assert set(fields(person)) == set(PERSON[:8])
    assert [each["status"] for each in notes(person)] == ["believed_missing", "believed_alive"]
    shown = etree.tostring(person, encoding="unicode")
    for gone in ("桂花苑", "红色外套", "photo_url", "last_known_location"):
        assert gone not in shown


def test_at_its_expiry_it_is_emptied_at_once_whether_or_not_a_clock_has_fired() -> None:
    told = Told().goes_out()
    left = told.expiry - told.now
    assert "full_name" in fields(record(told, left - timedelta(seconds=1)))
    before = record(told, left)
    assert set(fields(before)) <= EMPTIED
    assert fields(before)["source_date"] == fields(before)["entry_date"] == pfif.instant(told.expiry)
    told.now = told.expiry + timedelta(seconds=3)
    told.does(Verb.EXPIRE, "clock").does(Verb.ERASE, "clock")
    assert etree.tostring(record(told)) == etree.tostring(before)


def test_what_changes_is_newer_each_time() -> None:
    told = Told().goes_out()
    dates = [pfif.entry_date(told.alert, told.now)]
    for act in (lambda: told.is_corrected(words="带着狗"), lambda: told.ends(Ending.FOUND)):
        act()
        dates.append(pfif.entry_date(told.alert, told.now))
    dates.append(pfif.entry_date(told.alert, told.expiry + timedelta(days=1)))
    assert dates == sorted(set(dates))
