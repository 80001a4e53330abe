"""Identity documents: what a tenant wrote -> a number of the right form, whose parts can be true. Reads no register.

That a number is well formed says that it was not mistyped; whose it is, the cadre sees at the visit.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.consent import OLDEST, age
from bot.ledger import Refusal


class DocumentKind(StrEnum):
    """What people who rent a home here show."""

    RESIDENT = "resident"  #: Resident identity card, or the residence permit of Hong Kong, Macao and Taiwan residents.
    PASSPORT = "passport"
    HK_MACAO = "hk_macao"  #: Mainland travel permit for Hong Kong and Macao residents.
    TAIWAN = "taiwan"  #: Mainland travel permit for Taiwan residents.
    FOREIGNER = "foreigner"  #: Foreign permanent resident identity card.


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may exist."""

    kind: DocumentKind
    number: str = field(repr=False)  #: As it is printed: capitals, no blanks.
    born: date = field(repr=False)

    @property
    def hint(self) -> str:
        """The number with all but its last four characters as asterisks."""
        return "*" * (len(self.number) - 4) + self.number[-4:]


#: GB/T 2260: the first two digits of the provinces that register residents.
PROVINCES = frozenset(
    f"{region}{number}" for region, most in zip("123456", (5, 3, 7, 6, 4, 5), strict=True)
    for number in range(0 if region == "5" else 1, most + 1)
)  # fmt: skip
#: Of the residence permits of Hong Kong, Macao and Taiwan residents (State Council order of 19 August 2018).
_PERMITS = frozenset({"810000", "820000", "830000"})
_LENGTH, _OLD_LENGTH = 18, 15

#: Permits and passports: what is printed, without a birthday that could be held against it.
_FORMS = {
    #: ICAO Doc 9303: up to nine letters and digits in the machine-readable line.
    DocumentKind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}"),
    #: A number for life, then how many cards there were before (cards of before 2013 and readers print both).
    DocumentKind.HK_MACAO: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentKind.TAIWAN: re.compile(r"[0-9]{8}"),
}
#: Cards until November 2023: nationality, place of issue, birthday, serial number, a check of their own.
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{4}([0-9]{6})[0-9]{2}")

_ALIKE = str.maketrans("×хХ✕", "XXXX")  #: What keyboards make of the X at the end.
_BETWEEN = re.compile(r"[\s\-_·.\u200b-\u200d\u2010-\u2015\ufeff]+")
_MOST = 100  #: Characters that are looked at.


def tidy(words: str) -> str:
    """A number as it is printed: full-width characters narrow, capitals, nothing in between."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", words[:_MOST])).translate(_ALIKE).upper()


def read(kind: DocumentKind, words: str, today: date, born: date | None = None) -> Document | Refusal:
    """The document that somebody wrote down, or in one sentence what is wrong with it. `today`: the local day. `born`
    is asked for where the number does not tell; where it does, what was said must agree."""
    number = tidy(words)
    if not number:
        return Refusal("document.empty")
    match kind:
        case DocumentKind.RESIDENT:
            found: date | Refusal | None = _resident(number, today)
        case DocumentKind.FOREIGNER:
            found = _foreigner(number, born, today)
        case _:
            if _FORMS[kind].fullmatch(number) is None:
                return Refusal(f"document.form.{kind}")
            found = born
    if isinstance(found, Refusal):
        return found
    if found is None:
        return Refusal("document.born_missing")
    if not _possible(found, today):
        return Refusal("document.born")
    if born is not None and born != found:
        return Refusal("document.born_differs")
    return Document(kind, number, found)


def check_of(digits: str) -> str:
    """The last character of a number by its 17 digits: ISO 7064 MOD 11-2, as GB 11643 has it."""
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def years(document: Document, today: date) -> int:
    """Years of age on that local day."""
    return age(document.born, today)


def _resident(number: str, today: date) -> date | Refusal:
    """The birthday in a resident's number (GB 11643-1999)."""
    if len(number) == _OLD_LENGTH and number.isascii() and number.isdigit():
        return Refusal("document.old_form")
    if refused := _form_of_18(number):
        return refused
    if not (number[:6] in _PERMITS or (number[:2] in PROVINCES and number[2:6] != "0000")):
        return Refusal("document.area")
    return _checked(number, today)


def _foreigner(number: str, said: date | None, today: date) -> date | Refusal | None:
    """The birthday in a permanent resident's number. Of the older card only two digits of the year are printed, and
    its check is published nowhere: there the birthday is asked for, and held against the six digits."""
    if old := _OLD_FOREIGNER.fullmatch(number):
        if said is not None and f"{said:%y%m%d}" != old[1]:
            return Refusal("document.born_differs")
        return said
    if len(number) != _LENGTH or number[0] != "9" or _form_of_18(number):
        return Refusal("document.form.foreigner")
    if number[1:3] not in PROVINCES:
        return Refusal("document.area")
    return _checked(number, today)


def _form_of_18(number: str) -> Refusal | None:
    if len(number) != _LENGTH:
        return Refusal("document.length", {"length": str(len(number))})
    if not number.isascii() or not number[:-1].isdigit() or not (number[-1].isdigit() or number[-1] == "X"):
        return Refusal("document.characters")
    return None


def _checked(number: str, today: date) -> date | Refusal:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Refusal("document.born")
    if not _possible(born, today):
        return Refusal("document.born")
    return born if check_of(number[:-1]) == number[-1] else Refusal("document.check")


def _possible(born: date, today: date) -> bool:
    return born <= today and today.year - born.year < OLDEST
