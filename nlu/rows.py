"""Rows: labelled messages in a file of tab-separated columns, each with its line; what is wrong is named by it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nlu.written import BadData

LONGEST = 200 * 2**20  #: Bytes of a file that is read; a larger one is no list of messages.


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number in the file, from 1, and its columns without blanks around them."""

    line: int
    columns: tuple[str, ...] = field(repr=False)


def read_rows(file: Path, columns: int, names: str) -> list[Row]:
    """Returns the rows of `file`, each of so many `columns`, empty lines left out.

    UTF-8, with or without a byte order mark, lines ended by LF or CRLF. Raises BadData with file and line for anything
    else; `names` says there what the columns are. The last column may be empty where there are three.
    """
    rows = []
    for number, text in enumerate(_lines(file), 1):
        if not text.strip():
            continue
        found = tuple(each.strip() for each in text.split("\t"))
        if columns == 3 and len(found) == 2:
            found = (*found, "")  # an editor that cuts blanks at the end of a line takes the last tab with them
        if len(found) != columns:
            raise BadData(f"{file}:{number}: {len(found)} columns, expected {columns}, tab between them: {names}")
        for place, each in enumerate(found[:2]):
            if not each:
                raise BadData(f"{file}:{number}: the {('first', 'second')[place]} column is empty; expected {names}")
        rows.append(Row(number, found))
    if not rows:
        raise BadData(f"{file}: no line in it; expected {names}, tab between them")
    return rows


def known(rows: Sequence[Row], labels: Collection[str], file: Path, column: int = 0) -> None:
    """Raises BadData for the first label that is none of `labels`, with the nearest that is."""
    for row in rows:
        label = row.columns[column]
        if label not in labels:
            near = difflib.get_close_matches(label, list(labels), 1, 0.5)
            few = ", ".join(sorted(labels)) if len(labels) <= 10 else f"one of {len(labels)} labels"
            hint = f"did you mean {near[0]!r}?" if near else f"expected {few}"
            raise BadData(f"{file}:{row.line}: unknown label {label[:60]!r}; {hint}")


def _lines(file: Path) -> list[str]:
    try:
        with file.open("rb") as stream:  # A pipe and /dev/zero have no size to ask for.
            raw = stream.read(LONGEST + 1)
        if len(raw) > LONGEST:
            raise BadData(f"{file}: larger than {LONGEST >> 20} MB")
    except OSError as error:
        raise BadData(f"{file}: cannot be read ({error.strerror})") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadData(f"{file}:{line}: is not UTF-8 text; save it as UTF-8") from error
    if "\0" in text:
        raise BadData(f"{file}:{text.count(chr(10), 0, text.index(chr(0))) + 1}: a NUL character; is it UTF-8 text?")
    # Not splitlines(): a message may hold U+2028 or a form feed, and the line numbers of editors know only these.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
