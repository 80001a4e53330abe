"""DingTalk's HTTP: Wire, the one connection pool of all apps, and App with its token, its files, its stream's door."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from bot.channels.base import Fate, SendError
from bot.channels.dingtalk_fate import PATIENCE, Answer, bad_token, lost, trouble

log = structlog.get_logger(__name__)

MOST_DOWNLOAD = 20 * 1024 * 1024
#: A token is left this many seconds before its end.
EARLY = 300.0
_SUBSCRIPTIONS = (
    {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"},
    {"type": "CALLBACK", "topic": "/v1.0/card/instances/callback"},
    {"type": "EVENT", "topic": "*"},
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app as DingTalk's console shows it."""

    client_id: str
    secret: str = field(repr=False)
    robot_code: str = ""  #: Empty: the client id, as for every new app.
    template: str = ""  #: Of cards; empty: DingTalk's public one with Markdown and buttons.


class Wire:
    """The way to DingTalk's servers. When they say that too much comes from here, everybody keeps silent for so long:
    who goes on knocking is let in later."""

    def __init__(self, base_url: str, oapi_url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.base_url, self.oapi_url = base_url.rstrip("/"), oapi_url.rstrip("/")
        self._monotonic = monotonic
        self._quiet_until = 0.0
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Made when it is first needed: there must be a loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=PATIENCE)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, url: str, *, safe: bool = False, **more: Any) -> Answer:
        """One call. Raises SendError when there is no answer, or when the whole address has to wait."""
        left = self._quiet_until - self._monotonic()
        if left > 0:
            raise SendError(Fate.WAIT, "DingTalk wants silence", after=left)
        try:
            async with self.session.request(method, url, allow_redirects=False, **more) as answer:
                status, text = answer.status, await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise lost(error, safe=safe) from None
        found = Answer(status, _object(text))
        wrong = trouble(found)
        if (found.body is None or found.body.get("status") == 1111) and wrong and wrong.fate is Fate.WAIT:
            self._quiet_until = self._monotonic() + wrong.after
            log.warning("dingtalk.crowded", seconds=wrong.after)
        return found


class App:
    """One of our apps at DingTalk. Its token is shared by all who call; a refused one is fetched anew, once."""

    def __init__(
        self, name: str, credentials: Credentials, wire: Wire, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.wire, self._monotonic = name, wire, monotonic
        self._own = credentials
        self.robot_code = credentials.robot_code or credentials.client_id
        self._token, self._token_until = "", 0.0
        self._fetching = asyncio.Lock()

    @property
    def template(self) -> str:
        return self._own.template

    async def call(self, path: str, values: Mapping[str, Any], *, method: str = "POST", safe: bool = False) -> Answer:
        """Calls the new interface; with another token when this one is refused. Raises SendError when there is no
        answer, or no token."""
        url = self.wire.base_url + path
        answer = Answer(401, {})
        for _ in range(2):
            token = await self.token()
            headers = {"x-acs-dingtalk-access-token": token}
            answer = await self.wire.ask(method, url, safe=safe, json=values, headers=headers)
            if not bad_token(answer):
                break
            self._drop(token)
        return answer

    async def upload(self, data: bytes, kind: str, name: str) -> str:
        """Returns DingTalk's name (media_id) for a picture ("image") or another file ("file"). Raises SendError."""
        answer = Answer(401, {})
        for _ in range(2):
            token = await self.token()
            form = aiohttp.FormData()
            form.add_field("media", data, filename=name, content_type="application/octet-stream")
            query = {"access_token": token, "type": kind}
            url = f"{self.wire.oapi_url}/media/upload"
            answer = await self.wire.ask("POST", url, safe=True, params=query, data=form)
            if not bad_token(answer):
                break
            self._drop(token)
        if wrong := trouble(answer):
            raise wrong
        return _said(answer, "media_id")

    async def download(self, code: str) -> bytes:
        """Returns the bytes behind a downloadCode: the link lives for seconds only and is followed at once. Raises
        SendError, GONE for what DingTalk has no more."""
        asked = {"downloadCode": code, "robotCode": self.robot_code}
        answer = await self.call("/v1.0/robot/messageFiles/download", asked, safe=True)
        if wrong := trouble(answer):
            raise wrong
        url = _said(answer, "downloadUrl")
        try:
            async with self.wire.session.get(url) as file:
                if file.status != 200:
                    fate = Fate.RETRY if file.status >= 500 else Fate.GONE
                    raise SendError(fate, f"the file's link answers {file.status}")
                data = await _all(file)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SendError(Fate.RETRY, f"the file did not come ({type(error).__name__})") from None
        if len(data) > MOST_DOWNLOAD:
            raise SendError(Fate.GONE, "the file is too large")
        return data

    async def door(self) -> tuple[str, str]:
        """Returns (address, ticket) of a stream connection; the ticket is good for one, within 90 s. Raises
        SendError."""
        asked = {
            "clientId": self._own.client_id,
            "clientSecret": self._own.secret,
            "subscriptions": _SUBSCRIPTIONS,
            "ua": "wuyou",
            "localIp": "127.0.0.1",
        }
        answer = await self.wire.ask(
            "POST", f"{self.wire.base_url}/v1.0/gateway/connections/open", safe=True, json=asked
        )
        if wrong := trouble(answer):
            raise wrong
        return _said(answer, "endpoint"), _said(answer, "ticket")

    async def token(self) -> str:
        """The access token, from memory while it is good. Raises SendError."""
        async with self._fetching:  # Whoever comes meanwhile takes what this one brings.
            if self._monotonic() >= self._token_until:
                asked = {"appKey": self._own.client_id, "appSecret": self._own.secret}
                url = f"{self.wire.base_url}/v1.0/oauth2/accessToken"
                answer = await self.wire.ask("POST", url, safe=True, json=asked)
                if wrong := trouble(answer):
                    log.error("dingtalk.no_token", app=self.name, reason=wrong.reason)
                    waits = wrong.fate is Fate.WAIT
                    raise wrong if waits else SendError(Fate.RETRY, f"no token for {self.name}: {wrong.reason}")
                self._token, lives = _said(answer, "accessToken"), _said(answer, "expireIn")
                self._token_until = self._monotonic() + max(float(lives if lives.isdecimal() else 0) - EARLY, 1.0)
            return self._token

    def _drop(self, token: str) -> None:
        """A refused token; one that somebody fetched meanwhile stays."""
        if token == self._token:
            self._token_until = 0.0


def _said(answer: Answer, name: str) -> str:
    """What must stand in a good answer. Raises SendError when it does not: nothing was done then."""
    value = (answer.body or {}).get(name)
    if isinstance(value, str | int) and value:
        return str(value)
    raise SendError(Fate.RETRY, f"DingTalk's answer has no {name}")


async def _all(file: aiohttp.ClientResponse) -> bytes:
    """The bytes, and a few more than allowed when there are too many."""
    data = bytearray()
    async for piece in file.content.iter_chunked(65_536):
        data += piece
        if len(data) > MOST_DOWNLOAD:
            break
    return bytes(data)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
