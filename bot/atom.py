"""An Atom feed (RFC 4287) of the CAP messages that hold now. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cap import House, Message, MsgType, instant
from bot.xml_out import Element
from routing.alert import Alert

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"


def feed(listed: Sequence[tuple[Alert, Message]], house: House, *, drills: bool) -> Element:
    """The feed, the newest message first. Its titles name nobody: readers keep them longer than they should."""
    query = "?status=Exercise" if drills else ""
    ordered = sorted(listed, key=lambda each: (each[1].sent, each[1].identifier), reverse=True)
    # Of an empty feed: since ever. A time of reading would make it another feed each time.
    updated = instant(ordered[0][1].sent) if ordered else "1970-01-01T08:00:00+08:00"
    address = f"{house.url}/cap/feed.atom{query}"
    parts = [
        Element("id", address),
        Element("title", house.say("cap.feed.drills" if drills else "cap.feed.title", {}, "zh")),
        Element("updated", updated),
        Element("author", (Element("name", house.domain),)),
        Element("link", attributes={"rel": "self", "href": address, "type": "application/atom+xml"}),
    ]
    return Element("feed", (*parts, *(_entry(alert, message, house, query) for alert, message in ordered)))


def _entry(alert: Alert, message: Message, house: House, query: str) -> Element:
    assert alert.expires_at is not None
    address = f"{house.url}/cap/{message.identifier}.xml{query}"
    kind = message.type if message.ending is None or message.type is MsgType.CANCEL else "found"
    title = house.say(f"cap.feed.{kind.lower()}", {"event": house.say(f"cap.event.{alert.kind}", {}, "zh")}, "zh")
    return Element("entry", (
        Element("id", f"tag:{house.domain},2026:{message.identifier}"),
        Element("title", title),
        Element("updated", instant(message.sent)),
        Element("published", instant(message.sent)),
        Element("summary", title),
        Element("link", attributes={"rel": "alternate", "href": address, "type": CAP_TYPE}),
    ))  # fmt: skip
