"""A file of FAQ entries: Rasa's YAML training format or CSV, read whole or refused with every wrong row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from bot.csv_sheet import Fault, Faults, ImportRefused, Row, rows_of
from bot.outcome import FaqEntry
from nlu.written import CONTROL, Article, BadData, Written, read

__all__ = ["COLUMNS", "ImportRefused", "entry_faults", "read_faq"]

COLUMNS = ("id", "title", "answer", "phrasings", "source", "date", "title_en", "answer_en")

#: Also what a button carries behind "faq:yes:", 64 bytes in all.
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
_LONGEST = {"title": 100, "answer": 1500, "source": 200, "title_en": 200, "answer_en": 1500}
_LONGEST_PHRASING = 200
_PLACE = re.compile(r"(?P<file>.+?):(?:(?P<line>\d+):)? (?P<reason>.*)", re.DOTALL)


def read_faq(file: Path) -> tuple[FaqEntry, ...]:
    """The entries of a .csv, .yml or .yaml file, all of them checked. Raises ImportRefused with every wrong row by
    file, line and reason; in YAML the first that cannot be read ends the search."""
    if not file.is_file():
        raise ImportRefused((Fault(file.name, 1, "there is no such file"),))
    faults = Faults()
    entries = _from_csv(file, faults) if file.suffix.lower() == ".csv" else _from_yaml(file, faults)
    faults.refuse_if_any()
    return entries


def entry_faults(entry: FaqEntry) -> Iterator[str]:
    """What is wrong with an entry, one reason each."""
    if not _ID.fullmatch(entry.id):
        yield f'id "{entry.id[:40]}" is not 1 to 40 of a-z, 0-9, "_", "." and "-"'
    for name, most in _LONGEST.items():
        words: str = getattr(entry, name)
        if len(words) > most:
            yield f"{name} is {len(words)} characters long, at most {most} are allowed"
        if control := CONTROL.search(words):
            yield f"{name} holds a control character (U+{ord(control[0]):04X})"
    for name in ("title", "answer"):
        if not getattr(entry, name).strip():
            yield f"{name} is empty"
    for phrasing in entry.phrasings:
        if len(phrasing) > _LONGEST_PHRASING or CONTROL.search(phrasing):
            yield f'the phrasing "{phrasing[:20]}…" is longer than {_LONGEST_PHRASING} characters or unprintable'
    if bool(entry.title_en) != bool(entry.answer_en):
        yield "title_en and answer_en are given together or both left empty"


def day(text: str) -> date | None:
    """The day written as YYYY-MM-DD; None when nothing is. Raises ValueError."""
    return date.fromisoformat(text.strip()) if text.strip() else None


def _from_csv(file: Path, faults: Faults) -> tuple[FaqEntry, ...]:
    found: dict[str, FaqEntry] = {}
    lines: dict[str, int] = {}
    for row in rows_of(file, COLUMNS, faults):
        entry = _entry_of(row)
        if lines.setdefault(entry.id, row.line) != row.line:
            row.wrong(f'id "{entry.id[:40]}" is already on line {lines[entry.id]}')
        for reason in entry_faults(entry):
            row.wrong(reason)
        found[entry.id] = entry
    return tuple(found.values())


def _entry_of(row: Row) -> FaqEntry:
    def words(column: str) -> str:
        return row.maybe(column, 20_000) or ""

    dated = None
    try:
        dated = day(words("date"))
    except ValueError:
        row.wrong(f'date "{words("date")[:40]}" is not a day YYYY-MM-DD')
    phrasings = tuple(dict.fromkeys(each.strip() for each in words("phrasings").split("|") if each.strip()))
    return FaqEntry(
        words("id"),
        words("title"),
        words("answer"),
        phrasings,
        words("source"),
        dated,
        words("title_en"),
        words("answer_en"),
    )


def _from_yaml(file: Path, faults: Faults) -> tuple[FaqEntry, ...]:
    try:
        written = read([file])
    except BadData as error:
        place = _PLACE.fullmatch(str(error))
        line = int(place["line"] or 1) if place else 1
        faults.add(file.name, line, place["reason"] if place else str(error))
        return ()
    except UnicodeDecodeError as error:
        faults.add(file.name, error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8; save it as UTF-8")
        return ()
    except OSError as error:
        faults.add(file.name, 1, f"cannot be read: {error.strerror}")
        return ()
    if not written.articles:
        faults.add(file.name, 1, "holds no answer (utter_faq/<id> under responses)")
    lines = _lines(file, (article.id for article in written.articles))
    return tuple(_entry(article, written, file.name, lines[article.id], faults) for article in written.articles)


def _entry(article: Article, written: Written, file: str, line: int, faults: Faults) -> FaqEntry:
    dated = None
    try:
        dated = day(article.date)
    except ValueError:
        faults.add(file, line, f'date "{article.date[:40]}" is not a day YYYY-MM-DD')
    phrasings = tuple(each.text for each in written.examples if each.label == f"faq/{article.id}")
    entry = FaqEntry(
        article.id,
        article.title,
        article.text,
        phrasings,
        article.source,
        dated,
        article.title_en,
        article.text_en,
        article.sample,
    )
    for reason in entry_faults(entry):
        faults.add(file, line, reason)
    return entry


def _lines(file: Path, ids: Iterable[str]) -> dict[str, int]:
    """Where each answer stands."""
    at = {line.strip(): number for number, line in enumerate(file.read_text("utf-8").split("\n"), start=1)}
    return {id_: at.get(f"utter_faq/{id_}:", 1) for id_ in ids}
