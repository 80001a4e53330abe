"""What is known when a message is decided: understanding, places and rows gathered into one Scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.channels.base import Channel
from bot.desks import family, mine, mydata, points
from bot.desks.missing import sightings
from bot.desks.presses import beside, subject
from bot.desks.sorting import first
from bot.desks.turn import JOINS
from bot.knowledge import Asker, Knowledge
from bot.ledger import Scheme, Shop, code_of
from bot.messages import Address, Inbound, Kind
from bot.outcome import Asking, Family, Held, Near, Scan, Scene, Thread
from bot.store import Store
from bot.store.alert_rows import is_alert
from bot.store.family_rows import of_guard, of_resident
from bot.store.held import held as held_of
from bot.store.letter_reads import case_of
from bot.store.points import at_the_mall
from nlu.similarity import SameMatter
from nlu.understanding import Intent, Nlu, Understanding
from routing.address import Candidate, match, proposals, sure
from routing.case import Case, State
from routing.directory import Directory
from routing.sla import LOCAL

#: Characters of one message that are read for meaning; a report is told in far fewer.
MOST_READ = 1000


class Scenery:
    """Gathers the scene of one message. It asks; it decides nothing."""

    def __init__(
        self,
        store: Store,
        nlu: Nlu,
        knowledge: Knowledge,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        usernames: Callable[[], Mapping[str, str]] = dict,
        same: SameMatter | None = None,
        scheme: Scheme | None = None,
        held_as: Held | None = None,
    ) -> None:
        """`held_as`: where the pages are, and how long what is kept, as people are told."""
        self._store, self._nlu, self._knowledge, self._channels = store, nlu, knowledge, channels
        self._now, self._usernames, self._same = now, usernames, same or SameMatter()
        self._scheme, self._held_as = scheme or Scheme(), held_as or Held()

    async def of(self, inbound: Inbound) -> tuple[Understanding, Scene, Directory]:
        """Returns what was said, all that is known about it, and the address book of this moment."""
        now = self._now()
        await self._store.look()  # An answer that was changed a moment ago is known to the next question.
        directory = self._store.directory
        thread = self._reachable(await self._store.thread(inbound))
        text = _said(inbound, thread)
        topic = thread.topic if thread.topic and thread.topic_until and thread.topic_until > now else None
        self._knowledge.follow(self._store.faq, directory, now.astimezone(LOCAL).date())
        known = self._knowledge.heard_by(await self._asker(inbound, thread, directory))
        heard = (
            await self._nlu.understand(text[:MOST_READ], topic=topic, lexicon=known.lexicon, now=now)
            if text
            else Understanding("")
        )
        named = _number(inbound) or _alert(inbound, thread, now)
        quoted = "" if named else await self._quoted_case(inbound)
        number = named or quoted or (thread.handed_case if thread.handed_to and not inbound.command else "")
        other = beside(inbound.press.data) if inbound.press else ""
        compare = self._compare(heard)
        kind = _kind(inbound, heard)
        scene = await self._store.scene(
            inbound, thread, number=number, other=other, now=now, likeness=compare, category=kind
        )
        if quoted and scene.case is not None and not scene.person and scene.case.reporter != thread.resident.id:
            # A word under what the bot said to a neighbour is about the writer's own matter, if about any.
            scene = await self._store.scene(inbound, thread, now=now, likeness=self._compare(heard), category=kind)
        of_nothing = scene.case is None and scene.alert is None
        if of_nothing and _talks(inbound) and not inbound.command and (going_on := _going_on(scene, now)):
            # The talk about it began in a group; it goes on here.
            scene = await self._store.scene(inbound, thread, number=going_on, now=now)
        if _talks(inbound) and inbound.kind is Kind.MESSAGE and not (inbound.command or quoted or thread.handed_to):
            scene = await self._with_a_person(inbound, thread, scene, now)
        if compare is None and (own := _unsettled(inbound, scene, thread)):
            scene = replace(scene, near=await self._near(own, text, now, kind))
        area = self._area(inbound.at, scene, directory)
        places: tuple[Candidate, ...] = ()
        proposed = False
        if inbound.kind is not Kind.PRESS or text:
            written = _given(inbound) or _named(heard) or _as_answer(inbound, thread)
            if written or inbound.location:
                places = match(written, inbound.location, area or None, directory)
            if written and thread.private and not (area or inbound.location or sure(places) or _chose(thread)):
                near = proposals(written, await self._store.homes_of(thread), directory)
                places, proposed = near or places, bool(near)
        shop, scan = await self._mall(inbound, thread, heard.intent, now)
        kin = await self._family(inbound, thread)
        held = await self._held(inbound, thread)
        scene = replace(scene, places=places, proposed=proposed, shop=shop, scan=scan, family=kin, held=held)
        return heard, replace(scene, faq=known.faq, usernames=self._usernames()), directory

    async def _mall(
        self, inbound: Inbound, thread: Thread, intent: Intent | None, now: datetime
    ) -> tuple[Shop | None, Scan | None]:
        """What the sender has and can have for it, and the order whose code they typed; where they speak of that."""
        if not points.concerns(inbound, intent):
            return None, None
        store, resident, code = self._store, thread.resident.id, code_of(points.asked(inbound)[1])
        return await store.db.read(lambda c: at_the_mall(c, store.keys, store.house, resident, code, now, self._scheme))

    async def _family(self, inbound: Inbound, thread: Thread) -> Family | None:
        """Who of the sender's family hears of whom, and what their code opens; whom a warning of a fraud is about."""
        if not family.concerns(inbound):
            return None
        store, code = self._store, family.code_in(inbound)
        if inbound.signal is not None:
            return await store.db.read(lambda c: of_guard(c, store.keys, store.house, code))
        return await store.db.read(lambda c: of_resident(c, store.keys, store.house, thread.resident, code))

    async def _held(self, inbound: Inbound, thread: Thread) -> Held | None:
        """What we hold of the sender, where they ask for it."""
        if not mydata.concerns(inbound):
            return None
        store, resident = self._store, thread.resident.id
        found = await store.db.read(lambda c: held_of(c, store.keys, store.house, resident))
        told = self._held_as
        return replace(found, pages=told.pages, photo_days=told.photo_days, case_days=told.case_days)

    async def _near(self, case: Case, text: str, now: datetime, kind: str) -> tuple[Near, ...]:
        """The open cases near one whose kind or place becomes known now."""
        words = "\n".join(part for part in (case.words, text) if part)
        return await self._store.near(case, self._same.to(words), case.grid, now, kind) if case.grid else ()

    async def _asker(self, inbound: Inbound, thread: Thread, directory: Directory) -> Asker:
        """Where this person is, for answers that hold in one place: the group's area; alone, those of the groups they
        spoke in and of their matters."""
        at = inbound.at
        if not thread.private:
            group = directory.group(at.channel, at.bot, at.chat)
            return Asker((group.area,) if group else ())
        person = directory.person_by_user(at.channel, inbound.sender.user_id) if inbound.sender else None
        areas = {person.area} if person else set[str]()
        if self._knowledge.by_area:
            areas |= await self._store.areas_of(thread)
        return Asker(tuple(sorted(areas)), staff=person is not None)

    async def _quoted_case(self, inbound: Inbound) -> str:
        """The case that the bot's message speaks of to which this one replies."""
        quoted = inbound.quoted
        if quoted is None or not quoted.mine or inbound.kind is not Kind.MESSAGE:
            return ""
        return await self._store.db.read(lambda c: case_of(c, inbound.at, quoted.message_id))

    async def _with_a_person(self, inbound: Inbound, thread: Thread, scene: Scene, now: datetime) -> Scene:
        """A private matter that began in a group and is with a person of the desk: it is spoken of alone, and what its
        reporter writes there is for that person."""
        for case in scene.mine:
            if case.open and case.private and case.thread != thread.id:
                there = await self._store.scene(inbound, thread, number=case.number, now=now)
                if there.reporter is not None and there.reporter.handed_case == case.number:
                    return there
        return scene

    def _reachable(self, thread: Thread) -> Thread:
        """In an app where the bot may write first, everybody can be written to alone."""
        channel = self._channels.get(thread.at.channel)
        if thread.resident.private is None and channel and channel.can.writes_first(thread.resident.user_id):
            private = Address(thread.at.channel, thread.at.bot, thread.resident.user_id)
            return replace(thread, resident=replace(thread.resident, private=private))
        return thread

    def _compare(self, heard: Understanding) -> Callable[[str], float] | None:
        """Open cases nearby are compared with a report only: it costs a look at each of them."""
        return self._same.to(heard.text) if heard.intent is Intent.REPORT and heard.text else None

    @staticmethod
    def _area(at: Address, scene: Scene, directory: Directory) -> str:
        if scene.group is not None:
            return scene.group.area
        return scene.case.grid if scene.case is not None else ""


def _unsettled(inbound: Inbound, scene: Scene, thread: Thread) -> Case | None:
    """The writer's own case, while a question about it is being answered by a button or in words."""
    case, draft = scene.case, thread.draft
    if case is None or case.reporter != thread.resident.id or case.state not in (State.RECEIVED, State.DISPATCHED):
        return None
    pressed = inbound.press is not None and inbound.press.data.startswith(("kind:", "place:"))
    answers = inbound.press is None and draft is not None and draft.asking in (Asking.KIND, Asking.PLACE)
    return case if pressed or answers else None


def _alert(inbound: Inbound, thread: Thread, now: datetime) -> str:
    """The id of the alert that a sighting is told for, or ""."""
    found = sightings.about(inbound, thread, now)
    return found if is_alert(found) else ""


def _kind(inbound: Inbound, heard: Understanding) -> str:
    """The kind of matter that was chosen on a button, or that a report is by its words; "" where it says nothing."""
    if inbound.press is not None and inbound.press.data.startswith("kind:"):
        return inbound.press.data.rpartition(":")[2]
    return heard.category.label if heard.intent is Intent.REPORT and heard.category else ""


def _named(heard: Understanding) -> str:
    """The places that were named; of two matters in one message those of the one that is taken now."""
    taken = first(heard)
    own = [span.text for span in heard.places if taken is not None and span.text in taken.text]
    return " ".join(own or [span.text for span in heard.places])


def _going_on(scene: Scene, now: datetime) -> str:
    """The number of the case this person opened minutes ago, if it is still open; else of the newest one that waits
    for their word whether it is solved."""
    newest = scene.mine[0] if scene.mine else None
    if newest and newest.open and newest.opened_at > now - JOINS:
        return newest.number
    return next((case.number for case in scene.mine if case.state is State.DONE), "")


def _said(inbound: Inbound, thread: Thread) -> str:
    """The words to understand: what was written; for "yes, report it", what was overheard."""
    if inbound.press is not None:
        draft = thread.draft
        yes = inbound.press.data.startswith("offer:yes:")
        another = inbound.press.data.startswith("another:")
        waits = draft and ((yes and draft.asking is Asking.OFFER) or (another and draft.asking is Asking.BELONGS))
        return draft.text if draft and waits else ""
    if inbound.quoted is None or inbound.quoted.mine:
        return inbound.argument or inbound.text
    # "@bot please report that", said under a neighbour's words: both together say what it is.
    return "\n".join(part for part in (inbound.argument or inbound.text, inbound.quoted.text) if part)


def _chose(thread: Thread) -> bool:
    """Whether places were put on buttons already: who writes again means none of them."""
    draft = thread.draft
    return draft is not None and draft.asking is Asking.PLACE and bool(draft.choices)


def _as_answer(inbound: Inbound, thread: Thread) -> str:
    """Asked "where?", the whole short answer is the place."""
    draft = thread.draft
    asked = draft is not None and draft.asking is Asking.PLACE
    return inbound.text[:80] if asked and inbound.press is None else ""


def _talks(inbound: Inbound) -> bool:
    """Whether a person speaks with the bot alone. Another system has no talk that could go on."""
    return inbound.private and inbound.signal is None


def _given(inbound: Inbound) -> str:
    """The address that another system names beside its words."""
    return inbound.signal.place[:200] if inbound.signal else ""


def _number(inbound: Inbound) -> str:
    """The case number a button, a command or another system names; "" if none."""
    if inbound.signal is not None:
        return inbound.signal.case
    if inbound.press is not None:
        return subject(inbound.press.data)
    if inbound.kind is Kind.MESSAGE and (spoken := mine.spoken(inbound)) and spoken[0] == "case":
        return spoken[1]
    if inbound.command == "case":
        digits = "".join(char for char in inbound.argument if char.isdigit())
        return digits if len(digits) == 8 else "0"
    return ""
