"""What a refused or failed call to DingTalk means for the letter: trouble(), refused(), lost(). Rules only.

DingTalk answers in five shapes: {"code": ...} with a status, {"errcode": ...} with 200, {"status": 1111, "wait": 5},
a page of HTML when too much came from one address, and nothing. The codes are those of its documents; what they mean
for a chat or a letter is ours. A call that may be repeated safely (a card with our own outTrackId) is never UNKNOWN.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bot.channels.base import Fate, SendError

#: Seconds of silence. An app's limit counts single seconds; a robot that was too fast is deaf for ten minutes; an
#: address for five; the month's quota is looked at again every hour.
APP, ROBOT, ADDRESS, QUOTA = 2.0, 600.0, 300.0, 3600.0

_QUOTA = ("apicountlimit", "90020")
_TOO_FAST = ("qpslimit", "throttl", "flowcontrol", "toomanyrequests")
#: "Not now": global, of the app, of the app and the method; 43: of webhooks.
_TOO_FAST_NUMBERS = (90002, 90018, 90019, 90030, 88)
_ROBOT_TOO_FAST = (130101, 130102)
#: The chat takes nothing from us any more.
_GONE = (
    "openconversationid",
    "robotcode.notexsit",  # their spelling
    "robotcode.notexist",
    "robotnotexist",
    "chatbotnot",
    "bot.stopped",
    "staffid.notexist",
    "useridnotexist",
    "usernotexist",
    "downloadcode",
)
_GONE_NUMBERS = (300001, 300005, 400013)
#: Nothing is wrong with the letter: it leaves when the app, its permissions or its template have been put right.
_OURS = ("authentication", "permission", "robotcode.auth", "clientid", "template", "accessdenied", "iplimit")
_BAD_TOKEN = (40001, 40014, 41001, 42001)
_ABSENT = ("notexist", "notfound")
_THERE = ("outtrackidexist", "duplicate", "alreadyexist", "instanceexist")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is None when it is no JSON object."""

    status: int
    body: Mapping[str, Any] | None

    @property
    def code(self) -> str:
        body = self.body or {}
        return str(body.get("code") or body.get("errcode") or "")

    @property
    def reason(self) -> str:
        """In one line, for the log; it holds no token."""
        body = self.body or {}
        words = str(body.get("message") or body.get("errmsg") or "")
        return f"{self.status} {self.code} {words}".strip()[:300]


def bad_token(answer: Answer) -> bool:
    """Whether the access token is the trouble: once, a new one helps."""
    return answer.status == 401 or answer.code in map(str, _BAD_TOKEN)


def is_there(answer: Answer) -> bool:
    """Whether a card with this outTrackId was made before."""
    return answer.status >= 400 and any(each in answer.code.lower() for each in _THERE)


def trouble(answer: Answer, *, edit: bool = False) -> SendError | None:
    """Returns what to do with the letter, or None when all is well. `edit`: the call would have changed a card."""
    if answer.body is None:
        return _no_json(answer)
    if answer.body.get("status") == 1111:
        return SendError(Fate.WAIT, "DingTalk is crowded", after=_seconds(answer.body.get("wait")))
    body = answer.body
    if answer.status < 300 and str(body.get("errcode") or 0) == "0" and body.get("success") is not False:
        return None
    return refused(answer.code, answer.reason, answer.status, edit=edit)


def refused(code: str, reason: str, status: int = 400, *, edit: bool = False) -> SendError:
    """The same for a code alone, such as a part of an answer has."""
    low, number = code.lower(), int(code) if code.isascii() and code.isdigit() else 0
    if _has(low, _QUOTA):
        return SendError(Fate.WAIT, f"the month's calls are used up: {reason}", after=QUOTA)
    if number in _ROBOT_TOO_FAST:
        return SendError(Fate.WAIT, reason, after=ROBOT)
    if status == 429 or number in _TOO_FAST_NUMBERS or _has(low, _TOO_FAST):
        return SendError(Fate.WAIT, reason, after=APP)
    if edit and _has(low, _ABSENT):
        return SendError(Fate.SEND_ANEW, reason)
    if number in _GONE_NUMBERS or _has(low, _GONE):
        return SendError(Fate.GONE, reason)
    if status == 401 or number in _BAD_TOKEN or _has(low, _OURS):
        return SendError(Fate.RETRY, reason)
    if number == 310000:
        # Signature, clock or address: ours to mend. A keyword that the group wants: this letter never has it.
        return SendError(Fate.REFUSED if "keyword" in reason.lower() else Fate.RETRY, reason)
    if status >= 500:
        return SendError(Fate.UNKNOWN if status == 504 and not edit else Fate.RETRY, reason)
    return SendError(Fate.REFUSED, reason)


def lost(error: Exception, *, safe: bool) -> SendError:
    """What to do after a call without an answer. `safe`: it may be made once more without a second copy."""
    unsent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL)
    name = "no answer in time" if isinstance(error, asyncio.TimeoutError) else type(error).__name__
    return SendError(Fate.RETRY if safe or unsent else Fate.UNKNOWN, name)


def _no_json(answer: Answer) -> SendError:
    if answer.status >= 500:
        return SendError(Fate.UNKNOWN if answer.status == 504 else Fate.RETRY, f"a page with status {answer.status}")
    return SendError(Fate.WAIT, "a page instead of an answer: too many calls from this address", after=ADDRESS)


def _seconds(wait: object) -> float:
    return min(max(float(wait), 1.0), ADDRESS) if isinstance(wait, int | float) else 5.0


def _has(low: str, words: tuple[str, ...]) -> bool:
    return any(each in low for each in words)


#: How long one call may take, seconds.
PATIENCE: Final = aiohttp.ClientTimeout(total=20, connect=10)
