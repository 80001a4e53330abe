"""Why a case was routed so, as it is kept: codes, ids and numbers, to be said in whoever's language."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Why:
    """What led to a route, at its moment. Whatever stands at its default was not so, or not known."""

    category: str = ""
    platform: str = ""
    unit: str = ""  #: Code of the lead unit.
    assist: tuple[str, ...] = ()
    place: str = ""  #: Name of the grid or community; empty while it is not known.
    person: str = ""  #: Id; empty: nobody could be written to.
    level: str = ""
    on_duty: bool = False
    in_hand: int = 0  #: Cases the person had in hand.
    metres: int | None = None  #: How far away they were, of a patrol.
    skilled: bool = False  #: They belong to the unit that settles such matters.
    after: tuple[str, ...] = ()  #: Who was asked before.
    passed: int = 0  #: Passed on so often as "not ours": the person decides whose it is.
    rule: str = ""  #: Empty: the catalogue decided.
    rules: str = ""  #: The mark of the rules' version.
    sent_by: str = ""  #: A person of the desk who decided it; then nothing else is said.

    @property
    def line(self) -> str:
        """One English line, for logs and for those who run it."""
        if self.sent_by:
            return f"sent by the desk ({self.sent_by})"
        said = f"{self.category} -> {self.platform}" + (f", {self.unit}" if self.unit else "")
        said += f" with {', '.join(self.assist)}" if self.assist else ""
        said += f"; {self.place or 'an unknown place'}: "
        version = f" of rules {self.rules}" if self.rules else ""
        by = f'; rule "{self.rule}"{version}' if self.rule else "; catalogue"
        if not self.person:
            return f"{said}nobody can be written to{by}"
        parts = ["on duty" if self.on_duty else "not on duty, nobody else is"]
        parts += [f"{self.in_hand} in hand"] if self.in_hand else []
        parts += [f"{self.metres} m away"] if self.metres is not None else []
        parts += ["of that unit"] if self.skilled else []
        parts += [f"after {', '.join(self.after)}"] if self.after else []
        parts += [f"arbiter: passed on {self.passed} times"] if self.passed else []
        return f"{said}{self.level} {self.person}, {', '.join(parts)}{by}"

    def written(self) -> str:
        """As it is kept with the case: JSON of what is not at its default."""
        found = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) != each.default}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, written: str) -> Why | None:
        """What `written` wrote. None for anything else: a line that an earlier version wrote, or a later one."""
        try:
            found: Any = json.loads(written)
            lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
            return cls(**(found | lists)) if found else None
        except (ValueError, TypeError, AttributeError):
            return None


def line_of(written: str) -> str:
    """The English line of what is kept with a case."""
    why = Why.read(written)
    return why.line if why else written
