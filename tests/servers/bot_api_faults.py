"""What goes wrong on purpose: refused, lost, dropped and slow calls, a number of times each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from tests.servers.bot_api_errors import Refused

#: The methods that put something in front of people. Faults hit these unless they name others; the limits always.
WRITES = frozenset(
    [
        "sendmessage",
        "sendphoto",
        "senddocument",
        "sendvoice",
        "sendlocation",
        "sendmediagroup",
        "editmessagetext",
        "editmessagecaption",
        "editmessagemedia",
        "editmessagereplymarkup",
    ]
)

_PHRASES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error", 502: "Bad Gateway"}


@dataclass(slots=True)
class Fault:
    """One fault and how often it will still happen."""

    kind: str  #: refuse, drop (not performed), lose (performed, not answered), delay, hold, schedule
    methods: Collection[str]
    times: int
    refusal: Refused | None = None
    seconds: float = 0.0
    gate: asyncio.Event | None = None


class Faults:
    """The faults that are waiting; each verb adds one. `methods` are names such as "sendMessage", or "any"."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def refuse_next(
        self,
        code: int,
        description: str = "",
        *,
        retry_after: int | None = None,
        times: int = 1,
        methods: str | Collection[str] = WRITES,
    ) -> None:
        """Answer the next calls with an error, performing nothing."""
        if code == 429:
            retry_after = retry_after or 1
            refusal = Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
        else:
            refusal = Refused(code, description or _PHRASES.get(code, "Error"))
        self._add(Fault("refuse", _names(methods), times, refusal))

    def lose_next_response(self, times: int = 1, *, methods: str | Collection[str] = WRITES) -> None:
        """Perform the next calls, then cut the connection instead of answering."""
        self._add(Fault("lose", _names(methods), times))

    def drop_next_request(self, times: int = 1, *, methods: str | Collection[str] = WRITES) -> None:
        """Cut the connection of the next calls without performing them."""
        self._add(Fault("drop", _names(methods), times))

    def delay_next(self, seconds: float, times: int = 1, *, methods: str | Collection[str] = WRITES) -> None:
        """Perform the next calls, then wait before answering."""
        self._add(Fault("delay", _names(methods), times, seconds=seconds))

    def hold_next_response(self, times: int = 1, *, methods: str | Collection[str] = WRITES) -> asyncio.Event:
        """Perform the next calls, then answer only when the returned event is set."""
        gate = asyncio.Event()
        self._add(Fault("hold", _names(methods), times, gate=gate))
        return gate

    def schedule_next(self, times: int = 1) -> None:
        """Answer the next messages with message_id 0: sent, "but scheduled", so they cannot be edited by number."""
        self._add(Fault("schedule", frozenset({"sendmessage", "sendphoto"}), times))

    def heal(self) -> None:
        """Forget all faults that did not happen yet."""
        self._waiting.clear()

    def _add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def due(self, method: str) -> Fault | None:
        """Return the fault that hits this call of `method` (lower case), counting it off."""
        for fault in self._waiting:
            if method in fault.methods or "any" in fault.methods:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None


def _names(methods: str | Collection[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in ([methods] if isinstance(methods, str) else methods))
