"""Conversations as data: who does what, and beneath it what every chat gets by that. Nothing else may arrive.

    # a broken lamp goes to the cadre and back
    alice in willow: @bot 柳岸路3号的路灯坏了
      willow: case.status next.dispatched [wrong_kind wrong_place withdraw human]
      li: card.case head.usual
    li presses accept
      willow~ next.accepted
      li~ state.accepted
      case: accepted service.light holder=li

Acts: "<who> in <group> (flags): words", "<who> alone (flags): words", "<who> presses <label> [in <group>] [on <key>]",
"<who> forges <data> [in <group>]", "<who> edits in <group>: words", "<n> seconds|minutes|hours|days pass", "again"
(the last message once more), "<who> blocks", "<who> starts with the link" (of the newest button that leads somewhere),
"bot joins|leaves <group>". Flags: photo, 2 photos, broken, voice, sticker, video, pin LAT LON, admin, album NAME (and
last), reply KEY (to the bot's newest such message), reply NAME (to that neighbour's message). "{n}" in an act is the
number of the newest case, "{code}" the code that was shown last.

Expected lines: "<chat>: words" is a new message, "<chat>~ words" an edit,
"<chat>* " anything more. A word is a text key or its end ("next.accepted"), a "literal" of the plain words; !word must
not be there; (photo) has pictures, (reply) replies to something; [labels] are its buttons, all of them, in order.
"case:" looks at the newest case, "cases: 2" counts them, "clocks:" names those that run ("dispatch=paused").
Lines "given ..." at the top furnish the house: see `Given`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from bot.messages import Address, Inbound, Kind, Media, MediaKind, Quoted, Sender
from bot.store.tables import CASE
from nlu.model import Model
from nlu.understanding import Answer, Guess, Intent, Stance
from routing.case import Case
from routing.directory import DirectoryRows
from tests import town
from tests.fakes import Clock, Event, Message
from tests.rig import GROUPS, Rig, rig

_ACT = re.compile(
    r"^(?P<who>\w+) (?:in (?P<group>[\w-]+)|(?P<alone>alone))(?: \((?P<flags>[^)]*)\))?:\s?(?P<text>.*)$", re.S
)
_EDIT = re.compile(r"^(?P<who>\w+) edits in (?P<group>\w+):\s?(?P<text>.*)$")
_PRESS = re.compile(
    r"^(?P<who>\w+) (?P<verb>presses|forges) (?P<label>\S+)"
    r"(?: in (?P<group>\w+))?(?: on (?P<key>\S+))?( \((?P<flags>\w+)\))?$"
)
_TIME = re.compile(r"^(?P<n>\d+) (?P<unit>seconds|minutes|hours|days) pass$")
_BOT = re.compile(r"^bot (?P<verb>joins|leaves) (?P<group>\S+)$")
_GETS = re.compile(r"^(?P<chat>[\w-]+)(?P<how>[:~*])\s*(?P<words>.*)$")
_CODE = re.compile(r"\b[2-9A-HJKMNP-Z]{4} [2-9A-HJKMNP-Z]{4}\b")
_WORD = re.compile(r'!?"[^"]*"|\[[^\]]*\]|\S+')


@dataclass(frozen=True)
class Act:
    text: str
    gets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialog:
    title: str
    given: tuple[str, ...]
    acts: tuple[Act, ...]


@dataclass
class Given:
    """What is otherwise in this house: "night", "not first" (the bot may not write first), "started li feng" (with
    "not first": only these of the staff ever wrote to it), "blocked li", "without li feng" (not in the directory),
    "off duty li", "heard WORDS as report .9 service.road .4 enforcement.noise .4 offer garbage_sorting" (how words are
    understood where the dialog needs a doubt)."""

    at: object = town.NOON
    can_first: bool = True
    started: tuple[str, ...] | None = None
    blocked: tuple[str, ...] = ()
    rows: DirectoryRows = field(default_factory=town.rows)
    heard: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: tuple[str, ...]) -> Given:
        given = cls()
        for line in lines:
            match line.split():
                case ["night"]:
                    given.at = town.NIGHT
                case ["not", "first"]:
                    given.can_first = False
                case ["started", *who]:
                    given.started = tuple(who)
                case ["blocked", *who]:
                    given.blocked = tuple(who)
                case ["without", *who]:
                    rows = given.rows
                    people = tuple(person for person in rows.people if person.id not in who)
                    duty = tuple(shift for shift in rows.duty if shift.person not in who)
                    given.rows = replace(rows, people=people, duty=duty)
                case ["off", "duty", *who]:
                    duty = tuple(shift for shift in given.rows.duty if shift.person not in who)
                    given.rows = replace(given.rows, duty=duty)
                case ["heard", words, "as", *means]:
                    given.heard[words] = _meaning(means)
                case _:
                    raise AssertionError(f"given {line}?")
        return given


def _meaning(words: list[str]) -> dict[str, object]:
    pairs = list(zip(words[::2], words[1::2], strict=True))
    named = {each.value for each in Intent}
    answers = tuple(Answer(entry, 0.5, 0.5) for what, entry in pairs if what in ("offer", "answer"))
    stance = next((Stance(what) for what, _ in pairs if what in ("offer", "answer")), Stance.UNSURE)
    guesses = [Guess(label, float(p)) for label, p in pairs if label not in ("offer", "answer")]
    return {
        "intents": tuple(each for each in guesses if each.label in named),
        "categories": tuple(each for each in guesses if each.label not in named),
        "answers": answers,
        "stance": stance,
    }


def read(script: str) -> Iterator[Dialog]:
    """Yields the dialogs of a script."""
    for part in re.split(r"^# ", script, flags=re.M)[1:]:
        title, _, rest = part.partition("\n")
        given: list[str] = []
        acts: list[Act] = []
        for line in rest.splitlines():
            if not line.strip() or line.startswith("//"):
                continue
            if line[0] in " \t":
                acts[-1] = replace(acts[-1], gets=(*acts[-1].gets, line.strip()))
            elif line.startswith("given "):
                given.append(line.removeprefix("given "))
            else:
                acts.append(Act(line.strip()))
        yield Dialog(title.strip(), tuple(given), tuple(acts))


def dialogs(script: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Parametrizes a test `(dialog, tmp_path, model)` with every dialog of the script; ids are their sentences."""
    found = list(read(script))
    return pytest.mark.parametrize("dialog", found, ids=[each.title.replace(" ", "_") for each in found])


async def play(dialog: Dialog, folder: Path, model: Model) -> None:
    """Plays one dialog in a house of its own."""
    given = Given.of(dialog.given)
    clock = Clock(given.at)  # type: ignore[arg-type]
    async with rig(
        folder,
        model,
        rows=given.rows,
        can_first=given.can_first,
        started=given.started,
        clock=clock,
        heard=given.heard,
    ) as house:
        for who in given.blocked:
            house.app.kicks(town.user_of(who))
        stage = Stage(house)
        for act in dialog.acts:
            await stage.plays(act)


class Stage:
    """One dialog being played."""

    def __init__(self, house: Rig) -> None:
        self.house = house
        self.said: dict[tuple[str, str], Inbound] = {}  #: (who, where) -> their last message there.
        self.number = ""

    async def plays(self, act: Act) -> None:
        """Does it, and holds what comes of it against what was expected."""
        before = len(self.house.app.events)
        await self.acts(act.text)
        await self.check(act, self.house.app.events[before:])

    async def acts(self, text: str) -> None:
        house = self.house
        if "{n}" in text:
            text = text.replace("{n}", (await house.newest()).number)
        if "{code}" in text:
            shown = (found[0] for event in reversed(house.app.events) if (found := _CODE.search(event.text)))
            text = text.replace("{code}", next(shown))
        if found := _EDIT.match(text):
            old = self.said[found["who"], found["group"]]
            key = f"edit {house.last_in.key if house.last_in else ''}"
            await house.comes(replace(old, key=key, kind=Kind.EDITED, text=found["text"].removeprefix("@bot").strip()))
        elif found := _BOT.match(text):
            kind = Kind.JOINED if found["verb"] == "joins" else Kind.LEFT
            at = house.at("alice", found["group"])
            key = f"bot {text} {house.clock()}"
            await house.comes(
                Inbound(key, at, kind, house.clock(), sender=Sender("u-somebody"), title=f"title of {at.chat}")
            )
        elif found := _TIME.match(text):
            await house.passes(**{found["unit"]: int(found["n"])})
        elif text.endswith(" starts with the link"):
            url = next(url for event in reversed(house.app.events) for url in event.urls)
            who = text.split()[0]
            await house.says(who, "private", f"/start {url.partition('start=')[2]}")
        elif text == "again":
            assert house.last_in is not None
            await house.comes(house.last_in)
        elif text.endswith(" blocks"):
            house.app.kicks(town.user_of(text.removesuffix(" blocks")))
        elif found := _PRESS.match(text):
            where = found["group"] or found["who"]
            forged = found["label"] if found["verb"] == "forges" else ""
            message = self._any(where) if forged else self._with_button(where, found["label"], found["key"] or "")
            await house.presses(found["who"], message, found["label"], data=forged, admin=found["flags"] == "admin")
        elif found := _ACT.match(text):
            where = found["group"] or "private"
            sent = await house.says(
                found["who"], where, found["text"], **self._flags(found["flags"] or "", found["who"], where)
            )
            self.said[found["who"], where] = sent
        else:
            raise AssertionError(f"no such act: {text}")

    def _any(self, where: str) -> Message:
        """Some message there to press a forged button under."""
        chat = GROUPS.get(where) or town.user_of(where)
        return next(iter(self.house.app.chat(chat)), Message("m0", chat, ""))

    def _with_button(self, where: str, label: str, key: str) -> Message:
        for message in reversed(self.house.chat(where)):
            if message.has(label) and (not key or any(_is(key, word) for word in message.text.split())):
                return message
        shown = [(m.text, [b.text for row in m.buttons for b in row]) for m in self.house.chat(where)]
        raise AssertionError(f"no button {label} {key} in {where}: {shown}")

    def _flags(self, flags: str, who: str, where: str) -> dict[str, object]:
        asked: dict[str, object] = {}
        photos: list[str] = []
        for flag in filter(None, (each.strip() for each in flags.split(","))):
            match flag.split():
                case ["photo"]:
                    photos = self._photos(1)
                case [count, "photos"]:
                    photos = self._photos(int(count))
                case ["broken"]:
                    photos = self._photos(1, b"not a picture")
                case ["voice"]:
                    photos = self._photos(1, b"OggS and what was said")
                    asked["kind"] = MediaKind.VOICE
                case ["sticker" | "video" as kind]:
                    photos = self._photos(1)
                    asked["kind"] = MediaKind(kind)
                case ["pin", lat, lon]:
                    asked["pin"] = (float(lat), float(lon))
                case ["admin"]:
                    asked["admin"] = True
                case ["album", name]:
                    asked["album"] = name
                    asked["settle"] = False
                case ["last"]:
                    asked["settle"] = True
                case ["reply", to] if (to, where) in self.said:
                    old = self.said[to, where]
                    user = old.sender.user_id if old.sender else ""
                    asked["quoted"] = Quoted(old.message_id, False, user, old.text, old.media)
                case ["reply", key]:
                    chat = who if where == "private" else where
                    asked["reply_to"] = next(
                        message
                        for message in reversed(self.house.chat(chat))
                        if any(_is(key, word) for word in message.text.split())
                    )
                case _:
                    raise AssertionError(f"flag {flag}?")
        return asked | {"photos": photos}

    def _photos(self, count: int, data: bytes = b"") -> list[str]:
        names = [f"file{len(self.house.app.pictures) + index}" for index in range(count)]
        self.house.app.pictures.update(dict.fromkeys(names, data or _picture()))
        return names

    async def check(self, act: Act, events: list[Event]) -> None:
        """Holds what arrived against what was expected, chat by chat."""
        arrived: dict[str, list[Event]] = {}
        for event in events:
            arrived.setdefault(_name(event.chat), []).append(event)
        open_chats: set[str] = set()
        for line in act.gets:
            found = _GETS.match(line)
            assert found, f"{act.text}\n  cannot read: {line}"
            chat, how, words = found["chat"], found["how"], found["words"]
            if chat in ("case", "cases", "clocks"):
                await self._look(act, chat, words)
                continue
            if how == "*":
                open_chats.add(chat)
                continue
            queue = arrived.get(chat, [])
            assert queue, f"{act.text}\n  expected: {line}\n  nothing (more) in {chat}; all: {_shown(events)}"
            faults = [_fault(words, event, how == "~") for event in queue]
            # Lanes overtake each other: within one chat any that fits will do.
            fits = next((index for index, fault in enumerate(faults) if not fault), None)
            assert fits is not None, f"{act.text}\n  expected: {line}\n  faults: {faults}\n  arrived: {_shown(queue)}"
            queue.pop(fits)
        rest = [event for chat, queue in arrived.items() if chat not in open_chats for event in queue]
        assert not rest, f"{act.text}\n  not expected: {_shown(rest)}"

    async def _look(self, act: Act, what: str, words: str) -> None:
        house = self.house
        if what == "cases":
            count = await house.store.db.read(lambda c: c.scalar(select(func.count()).select_from(CASE)))
            assert count == int(words), f"{act.text}\n  {count} cases instead of {words}"
            return
        case = await house.newest()
        if what == "case":
            traits = _traits(case)
            for word in words.split():
                want = not word.startswith("!")
                assert (word.lstrip("!") in traits) == want, f"{act.text}\n  case: {word}?\n  {sorted(traits)}"
            return
        scene = await house.store.scene_for_case(case.number)
        shown = {
            f"{clock.kind}" + ("=paused" if clock.paused_at else "") for clock in scene.clocks if not clock.stopped_at
        }
        assert shown == set(words.split()), f"{act.text}\n  clocks: {sorted(shown)} instead of {words}"


def _traits(case: Case) -> set[str]:
    return {
        str(case.state),
        case.category or "unsorted",
        case.urgency,
        "private" if case.private else "public",
        f"holder={case.holder}",
        f"grid={case.grid}",
        f"place={case.place}",
        f"unit={case.unit}",
        f"photos={len(case.photos)}",
        f"results={len(case.result_photos)}",
        f"asked={','.join(case.asked)}",
    }


def _fault(words: str, event: Event, edit: bool) -> str:
    """What of the expected words is not so; "" when all is."""
    if event.edit != edit:
        return "edited" if event.edit else "new"
    keys = event.text.partition(" | ")[0].split()
    for word in _WORD.findall(words):
        no, plain = word.startswith("!"), word.removeprefix("!")
        if plain.startswith("["):
            there = list(event.buttons) == plain.strip("[]").split()
        elif plain == "(photo)":
            there = bool(event.photos)
        elif plain == "(reply)":
            there = bool(event.reply_to)
        elif plain.startswith('"'):
            there = plain.strip('"') in event.text
        else:
            there = any(_is(plain, key) for key in keys)
        if there == no:
            return word
    return ""


def _is(wanted: str, key: str) -> bool:
    return key == wanted or key.endswith("." + wanted)


def _name(chat: str) -> str:
    groups = {value: name for name, value in GROUPS.items()}
    return groups.get(chat, chat.removeprefix("u-"))


def _line(event: Event) -> str:
    more = " (photo)" * bool(event.photos) + " (reply)" * bool(event.reply_to)
    return f"{_name(event.chat)}{'~' if event.edit else ':'} {event.text}{more} [{' '.join(event.buttons)}]"


def _shown(events: list[Event]) -> str:
    return "".join(f"\n    {_line(event)}" for event in events)


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()


__all__ = ["Address", "Media", "dialogs", "play", "read"]
