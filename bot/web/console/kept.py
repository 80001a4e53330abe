"""What was being written when the session ended: it goes along through the sign-in, and is sent after it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from bot.web.forms import Form

_AT = re.compile(r"/desk/(?:cases/[1-9]{8}/[a-z]{2,20}|parked/[a-z]{2,20}|alerts(?:/[A-Za-z0-9-]{1,40}/[a-z_]{2,20})?)")
_CODE = re.compile(r"[a-z0-9_.:-]*")
#: What a form carries beside what somebody wrote or chose.
_INNER = ("proof", "key", "cause")


@dataclass(frozen=True, slots=True)
class Kept:
    """A form of the desk's that came too late."""

    at: str  #: Where it was sent to.
    fields: dict[str, str] = field(repr=False)

    @property
    def back(self) -> str:
        """The page it stood on."""
        return f"{self.at}/new" if self.at == "/desk/alerts" else self.at.rpartition("/")[0]

    @property
    def words(self) -> list[str]:
        """What somebody wrote. (Codes of what was chosen go along, but say nothing to people.)"""
        return [
            value for name, value in self.fields.items() if name not in _INNER and not _CODE.fullmatch(value.strip())
        ]

    def packed(self) -> str:
        return json.dumps([self.at, self.fields], ensure_ascii=False)


def kept_of(path: str, form: Form) -> Kept | None:
    """The form, if it is one of those that are kept, and holds anything that would be lost."""
    fields = {name: value for name, value in form.fields.items() if name != "proof"}
    kept = Kept(path, fields) if _AT.fullmatch(path) else None
    return kept if kept and kept.words else None


def unpacked(packed: str) -> Kept | None:
    """What `packed` made; None for anything else."""
    try:
        at, fields = json.loads(packed)
    except (ValueError, TypeError, RecursionError):
        return None
    fine = isinstance(at, str) and _AT.fullmatch(at) and isinstance(fields, dict)
    if not fine or not all(isinstance(value, str) for value in fields.values()):
        return None
    return Kept(at, fields)
