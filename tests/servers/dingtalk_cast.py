"""Who is at the fake DingTalk: people with verbs, groups, what bots wrote to them, custom robots, apps."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.servers.bot_api_clock import Clock

Json = dict[str, Any]

#: So long the webhook that comes with a message takes answers.
SESSION_SECONDS = 5400.0
BOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"


@dataclass(eq=False)
class Message:
    """What an app or a robot wrote into a chat."""

    key: str  #: The processQueryKey, or the card's outTrackId.
    kind: str  #: text, picture, card, link or robot.
    text: str
    picture: str = ""  #: media_id.
    buttons: list[Json] = field(default_factory=list)
    at: float = 0.0
    recalled: bool = False
    edits: int = 0
    called: dict[str, str] = field(default_factory=dict)  #: Staff id -> name of those it names with @.

    @property
    def labels(self) -> list[str]:
        """Return what stands on the buttons."""
        return [str(button["text"]) for button in self.buttons]

    def button(self, label: str) -> Json:
        """Return the button with this label."""
        return next(button for button in self.buttons if button["text"] == label)


@dataclass(eq=False)
class App:
    """An internal app with a robot."""

    name: str
    client_id: str
    secret: str = field(repr=False)
    robot_code: str = ""


@dataclass(eq=False)
class Group:
    """A group chat; `bots` are the apps whose robot is in it."""

    id: str
    title: str
    members: list[Person] = field(default_factory=list)
    bots: list[App] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """Return what bots wrote, without what was taken back."""
        return [message.text for message in self.messages if not message.recalled]


@dataclass(eq=False)
class Robot:
    """A custom robot of one group: it sends, and hears nothing."""

    token: str
    secret: str = field(repr=False)
    group: Group
    keyword: str = ""
    sent: deque[float] = field(default_factory=deque)
    banned_until: float = 0.0


@dataclass(eq=False)
class Person:
    """Somebody with DingTalk; `staff_id` is empty for those outside the organisation."""

    cast: Cast
    name: str
    staff_id: str
    sender_id: str
    messages: list[Message] = field(default_factory=list)  #: What bots wrote to them alone.

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages if not message.recalled]

    def says(self, where: Group | App, text: str, **fields: Any) -> str:
        """Write; in a group with @ before it, else the bot hears nothing. Return the msgId."""
        return self._send(where, "text", {"text": {"content": f" {text}"}}, fields)

    def sends_picture(self, where: Group | App, picture: bytes) -> str:
        return self._send(where, "picture", {"content": {"downloadCode": self.cast.keeps(picture)}}, {})

    def sends_rich(self, where: Group | App, *parts: str | bytes) -> str:
        """Write words and pictures in one message, in this order."""
        rich = [
            {"text": part} if isinstance(part, str) else {"type": "picture", "downloadCode": self.cast.keeps(part)}
            for part in parts
        ]
        return self._send(where, "richText", {"content": {"richText": rich}}, {})

    def speaks(self, where: App, sound: bytes, recognition: str = "") -> str:
        content = {"duration": 3200, "downloadCode": self.cast.keeps(sound), "recognition": recognition}
        return self._send(where, "audio", {"content": content}, {})

    def presses(self, message: Message, label: str, app: App | None = None) -> str:
        """Press a card's button. Return the id of the frame that says so."""
        button = message.button(label)
        assert button.get("request"), f"{label} opens a page"
        content = {"cardPrivateData": {"actionIds": [button["id"]], "params": {}}}
        data = {
            "type": "actionCallback",
            "userIdType": 1,
            "userId": self.staff_id or self.sender_id,
            "corpId": "dingcorp",
            "outTrackId": message.key,
            "extension": "{}",
            "content": json.dumps(content),
        }
        return self.cast.pushes(app or self.cast.app, CARD_TOPIC, data)

    def _send(self, where: Group | App, kind: str, body: Json, fields: Json) -> str:
        cast = self.cast
        app = where if isinstance(where, App) else where.bots[0]
        group = where if isinstance(where, Group) else None
        number = cast.number()
        session = f"s{number}"
        cast.sessions[session] = (group or self, cast.clock.time() + SESSION_SECONDS)
        data = {
            "msgId": f"msg{number}==",
            "msgtype": kind,
            "createAt": int(cast.clock.time() * 1000),
            "conversationType": "2" if group else "1",
            "conversationId": group.id if group else f"cid1on1{number}==",
            "senderId": self.sender_id,
            "senderNick": self.name,
            "isAdmin": False,
            "chatbotCorpId": "dingcorp",
            "chatbotUserId": "$:LWCP_v1:$bot",
            "robotCode": app.robot_code,
            "sessionWebhook": f"{cast.url}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": int((cast.clock.time() + SESSION_SECONDS) * 1000),
            **body,
            **fields,
        }
        if self.staff_id:
            data |= {"senderStaffId": self.staff_id, "senderCorpId": "dingcorp"}
        if group:
            data |= {"conversationTitle": group.title, "isInAtList": True, "atUsers": [{"dingtalkId": "$:bot"}]}
        cast.pushes(app, BOT_TOPIC, data)
        return str(data["msgId"])


class Cast:
    """Everybody and everything that is there; the server adds sockets."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.people: list[Person] = []
        self.groups: dict[str, Group] = {}
        self.robots: dict[str, Robot] = {}
        self.apps: list[App] = []
        self.files: dict[str, bytes] = {}  #: downloadCode -> bytes.
        self.media: dict[str, bytes] = {}  #: media_id -> bytes.
        self.sessions: dict[str, tuple[Group | Person, float]] = {}
        self.cards: dict[str, Json] = {}  #: outTrackId -> {app, params, message or None}.
        self.flow_controlled: set[str] = set()  #: Staff who get too many messages.
        self.url = ""
        self._numbers: Iterator[int] = iter(range(1, 10**9))
        #: Pushes (app, topic, data); the stream puts itself here.
        self.pushes: Callable[[App, str, Json], str] = lambda app, topic, data: ""
        self.app = self.new_app("wuyou")

    def number(self) -> int:
        return next(self._numbers)

    def new_app(self, name: str) -> App:
        app = App(name, f"ding{name}key", f"secret-of-{name}", f"ding{name}key")
        self.apps.append(app)
        return app

    def person(self, name: str, *, inside: bool = True) -> Person:
        number = self.number()
        person = Person(self, name, f"staff{number:04}" if inside else "", f"$:LWCP_v1:$p{number}=")
        self.people.append(person)
        return person

    def group(self, title: str, members: list[Person], bots: list[App] | None = None) -> Group:
        group = Group(f"cid{self.number():016}abcd==", title, members, [self.app] if bots is None else bots)
        self.groups[group.id] = group
        return group

    def robot(self, group: Group, keyword: str = "") -> Robot:
        number = self.number()
        robot = Robot(f"token{number}", f"SEC{number}", group, keyword)
        self.robots[robot.token] = robot
        return robot

    def keeps(self, content: bytes) -> str:
        code = f"code{self.number()}"
        self.files[code] = content
        return code

    def staff(self, staff_id: str) -> Person | None:
        return next((person for person in self.people if staff_id and person.staff_id == staff_id), None)
