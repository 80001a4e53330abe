"""A file of FAQ entries: Rasa's YAML training format or CSV, read whole or refused with every wrong row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from bot.csv_sheet import Fault, Faults, ImportRefused, Row, rows_of
from bot.outcome import FaqEntry
from nlu.audience import Audience, audience_of
from nlu.written import CONTROL, Article, BadData, Written, read

__all__ = ["COLUMNS", "LATER", "ImportRefused", "entry_faults", "read_faq"]

COLUMNS = ("id", "title", "answer", "phrasings", "source", "date", "title_en", "answer_en")
#: Columns that a sheet may leave out.
LATER = ("valid_from", "valid_until", "area", "audience", "instead_of")

#: Also what a button carries behind "faq:yes:", 64 bytes in all.
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
_LONGEST = {"title": 100, "answer": 1500, "source": 200, "title_en": 200, "answer_en": 1500}
_LONGEST_PHRASING = 200
#: More ways of asking teach nothing that fewer do not, and whoever reads them loses sight of the answer.
MOST_PHRASINGS = 300
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
    if len(entry.phrasings) > MOST_PHRASINGS:
        yield (
            f"it has {len(entry.phrasings)} phrasings, at most {MOST_PHRASINGS} are allowed: keep those that differ in"
            " their words, or make two answers of it"
        )
    for phrasing in entry.phrasings:
        if len(phrasing) > _LONGEST_PHRASING or CONTROL.search(phrasing):
            yield f'the phrasing "{phrasing[:20]}…" is longer than {_LONGEST_PHRASING} characters or unprintable'
    if bool(entry.title_en) != bool(entry.answer_en):
        yield "title_en and answer_en are given together or both left empty"
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        yield f"valid_until {entry.valid_until} is before valid_from {entry.valid_from}"
    if len(entry.area) > 64 or CONTROL.search(entry.area):
        yield "area is no code of an area: at most 64 printable characters"
    if entry.instead_of and not _ID.fullmatch(entry.instead_of):
        yield f'instead_of "{entry.instead_of[:40]}" is no id of an answer'
    if entry.instead_of and entry.instead_of == entry.id:
        yield "instead_of names the answer itself"
    if entry.instead_of and not entry.area:
        yield "instead_of without an area: change the general answer itself"


def day(text: str) -> date | None:
    """The day written as YYYY-MM-DD; None when nothing is. Raises ValueError."""
    return date.fromisoformat(text.strip()) if text.strip() else None


def _from_csv(file: Path, faults: Faults) -> tuple[FaqEntry, ...]:
    found: dict[str, FaqEntry] = {}
    lines: dict[str, int] = {}
    for row in rows_of(file, COLUMNS, faults, LATER):
        entry = _entry_of(row)
        if lines.setdefault(entry.id, row.line) != row.line:
            row.wrong(f'id "{entry.id[:40]}" is already on line {lines[entry.id]}')
        for reason in entry_faults(entry):
            row.wrong(reason)
        found[entry.id] = entry
    return tuple(found.values())


def _entry_of(row: Row) -> FaqEntry:
    return entry_of({column: row.maybe(column, 20_000) or "" for column in (*COLUMNS, *LATER)}, row.wrong)


def entry_of(written: Mapping[str, str], wrong: Callable[[str], None]) -> FaqEntry:
    """The entry of these columns, phrasings with "|" between them; what cannot be read is told to `wrong`."""

    def words(column: str) -> str:
        return written.get(column, "").strip()

    phrasings = tuple(dict.fromkeys(each.strip() for each in words("phrasings").split("|") if each.strip()))
    return FaqEntry(
        words("id"),
        words("title"),
        words("answer"),
        phrasings,
        words("source"),
        _day(words("date"), "date", wrong),
        words("title_en"),
        words("answer_en"),
        **_where_it_holds({name: words(name) for name in LATER}, wrong),  # type: ignore[arg-type]
    )


def _where_it_holds(written: Mapping[str, str], wrong: Callable[[str], None]) -> dict[str, object]:
    """The fields of LATER; what cannot be read is told and left empty."""
    audience = Audience.ALL
    try:
        audience = audience_of(written.get("audience", ""))
    except ValueError:
        known = ", ".join(each.value for each in Audience if each.value)
        wrong(f'audience "{written["audience"][:40]}" is not one of {known}; empty is everybody')
    return {
        "valid_from": _day(written.get("valid_from", ""), "valid_from", wrong),
        "valid_until": _day(written.get("valid_until", ""), "valid_until", wrong),
        "area": written.get("area", "").strip(),
        "audience": audience,
        "instead_of": written.get("instead_of", "").strip(),
    }


def _day(text: str, column: str, wrong: Callable[[str], None]) -> date | None:
    try:
        return day(text)
    except ValueError:
        wrong(f'{column} "{text[:40]}" is not a day YYYY-MM-DD')
        return None


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
    def wrong(reason: str) -> None:
        faults.add(file, line, reason)

    phrasings = tuple(each.text for each in written.examples if each.label == f"faq/{article.id}")
    entry = FaqEntry(
        article.id,
        article.title,
        article.text,
        phrasings,
        article.source,
        _day(article.date, "date", wrong),
        article.title_en,
        article.text_en,
        article.sample,
        **_where_it_holds(article.notes, wrong),  # type: ignore[arg-type]
    )
    for reason in entry_faults(entry):
        wrong(reason)
    return entry


def _lines(file: Path, ids: Iterable[str]) -> dict[str, int]:
    """Where each answer stands."""
    at = {line.strip(): number for number, line in enumerate(file.read_text("utf-8").split("\n"), start=1)}
    return {id_: at.get(f"utter_faq/{id_}:", 1) for id_ in ids}
