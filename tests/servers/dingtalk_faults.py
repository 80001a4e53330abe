"""What goes wrong on purpose at the fake DingTalk, and its own refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

HTML = "<!DOCTYPE html><html><body><h1>\u8bbf\u95ee\u8fc7\u4e8e\u9891\u7e41</h1></body></html>"


class Refused(Exception):
    """An answer that is an error, of the new interface (status, code) or of the old one (200, errcode)."""

    def __init__(self, status: int, code: str | int, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def body(self) -> str:
        if isinstance(self.code, int):
            return json.dumps({"errcode": self.code, "errmsg": self.message or "error"})
        return json.dumps({"code": self.code, "message": self.message or self.code, "requestid": "R"})


@dataclass(slots=True)
class Fault:
    """One fault and how often it will still happen."""

    kind: str  #: refuse, html, busy, drop (not performed) or lose (performed, not answered)
    path: str  #: The end of the path it hits; "": any path.
    times: int
    refusal: Refused | None = None
    wait: int = 5


@dataclass
class Faults:
    """The faults that are waiting; each verb adds one."""

    waiting: list[Fault] = field(default_factory=list)

    def refuse_next(self, status: int, code: str | int, message: str = "", *, times: int = 1, path: str = "") -> None:
        """Answer the next calls with an error, performing nothing."""
        self.waiting.append(Fault("refuse", path, times, Refused(status, code, message)))

    def html_next(self, times: int = 1, *, path: str = "") -> None:
        """Answer with the page that says that there are too many calls from this address."""
        self.waiting.append(Fault("html", path, times))

    def busy_next(self, wait: int = 5, times: int = 1, *, path: str = "") -> None:
        self.waiting.append(Fault("busy", path, times, wait=wait))

    def drop_next(self, times: int = 1, *, path: str = "") -> None:
        self.waiting.append(Fault("drop", path, times))

    def lose_next(self, times: int = 1, *, path: str = "") -> None:
        self.waiting.append(Fault("lose", path, times))

    def heal(self) -> None:
        self.waiting.clear()

    def due(self, path: str) -> Fault | None:
        """Return the fault that hits a call of this path, counting it off."""
        for fault in self.waiting:
            if path.endswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


def need(values: dict[str, Any], *names: str) -> None:
    """Refuse a call that lacks one of these."""
    for name in names:
        if not values.get(name):
            raise Refused(400, f"Missing{name}", f"{name} is mandatory for this action.")
