"""Alerts at the desk: the list, the form, one alert with how far it is; and its buttons, pressed once each."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection

from bot import alert_door
from bot.alert_door import Decide
from bot.desks import missing
from bot.desks.missing import Refused, words
from bot.desks.permits import Right, covers, rights_on
from bot.limits import Limits
from bot.outcome import Outcome, Scene
from bot.photos import PhotoGone, PhotoRefused
from bot.store import Stale, Store, bookings, fanout_reads
from bot.store.accounts_audit import Deed
from bot.store.fanout_reads import Count, Progress
from bot.web.chat import PhotoStore
from bot.web.console import alert_form
from bot.web.console.board import deep
from bot.web.console.book import write_down
from bot.web.console.guard import DEEDS, WRITTEN, Visit
from bot.web.pages import Pages
from bot.web.postbox import typed
from bot.web.readers import Cookies
from nlu.masks import mask
from routing.alert import RINGS, Alert, AlertStep, Colour, Content, Ending, Kind, Sex, State, Verb
from routing.areas import Area, AreaKind
from routing.case import Case
from routing.directory import Directory, Group
from routing.rings import Ring, reached, rings

MOST = 100  #: Alerts on the list.
SHOWN_FOR = timedelta(days=30)  #: After their end.
UNREACHED = 100  #: Groups that are named.
_NUMBER = re.compile(r"[1-9]{8}")


@dataclass(frozen=True, slots=True)
class Part:
    """A ring, told or to be told, and how its groups stand."""

    kind: AreaKind
    area: str
    groups: int
    count: Count | None  #: None: not told yet.
    due: datetime | None = None


class AlertPages:
    """Shows alerts, and does to them what was pressed."""

    def __init__(
        self,
        store: Store,
        photos: PhotoStore,
        pages: Pages,
        cookies: Cookies,
        now: Callable[[], datetime],
        committed: Callable[[Outcome], None],
        limits: Mapping[str, Limits],
    ) -> None:
        self._store, self._photos, self._pages, self._cookies = store, photos, pages, cookies
        self._now, self._committed, self._limits = now, committed, limits

    async def listed(self, visit: Visit) -> web.Response:
        """Those somebody has something to do with first, then those that ended of late."""
        now, person, directory = self._now(), visit.operator.person, self._store.directory
        found = [each for each in await self._store.alerts(tuple(State), MOST) if covers(person, each.area, directory)]
        recent = [each for each in found if not each.open and each.ended_at and each.ended_at > now - SHOWN_FOR]
        return self._pages.page(
            "console/alerts.html",
            self._cookies.reader(visit.request),
            visit=visit,
            now=now,
            open=sorted((each for each in found if each.open), key=lambda each: not each.may_approve(visit.person)),
            recent=recent,
            directory=directory,
            kinds=list(Kind),
            gist=_gist,
        )

    async def blank(self, visit: Visit) -> web.Response:
        """The empty form; of a case, with what the case says."""
        kind = alert_form.kind_of(visit.request.query.get("kind", ""))
        case = await self._case(visit, visit.request.query.get("case", ""))
        return self._form(visit, kind, alert_form.of_case(case) if case else {}, case)

    async def begin(self, visit: Visit) -> web.StreamResponse:
        """A draft; with "submit", a second person is asked at once."""
        kind, form = alert_form.kind_of(visit.form.get("kind")), visit.form
        kept, case = {name: typed(value) for name, value in form.fields.items()}, None
        try:
            case = await self._case(visit, form.get("case"))
            shown = [key for key in case.photos if key == form.get("of_case")] if case else []
            photo = await self._photo(visit, shown[0] if shown else "")
            sheet = alert_form.read(form, kind, self._now(), photo)
            if self._store.directory.area(sheet.area) is None:
                raise Refused("area")
            cause, number = visit.cause("begin"), case.number if case else ""

            def decide(scene: Scene, directory: Directory, now: datetime) -> Outcome:
                return missing.begin(
                    cause, scene, directory, now, kind=kind, by=visit.person, area=sheet.area, content=sheet.content,
                    exercise=sheet.exercise, case=number, life=sheet.life,
                )  # fmt: skip

            outcome = await alert_door.do(self._store, "", cause, decide, self._now)
            if outcome is None:  # Sent twice: the first one began it.
                raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts")
            self._committed(outcome)
            started = next(change.id for change in outcome.changes if isinstance(change, Alert))
        except (Refused, PhotoRefused) as refused:
            return self._form(visit, kind, kept, case, wrong=_reason(refused))
        if form.get("then") == "submit":
            try:
                await self._press(visit, started, "submit")
            except Refused as refused:
                raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts/{started}?wrong={refused.reason}") from None
            raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts/{started}?said=submit")
        raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts/{started}?said=begin")

    async def show(self, visit: Visit) -> web.Response:
        return await self._page(
            visit, said=visit.request.query.get("said", ""), wrong=visit.request.query.get("wrong", "")[:32], status=200
        )

    async def act(self, visit: Visit) -> web.StreamResponse:
        """A button was pressed. The same form twice is one click."""
        act, alert = visit.request.path.rpartition("/")[2], _alert(visit)
        try:
            await self._press(visit, alert.id, act)
        except (Refused, PhotoRefused) as refused:
            kept = {name: typed(value) for name, value in visit.form.fields.items()}
            status = 409 if _reason(refused) == "late" else 422
            return await self._page(visit, wrong=_reason(refused), kept={**kept, "act": act}, status=status)
        raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts/{alert.id}?said={act}#said")

    async def resolve(self, visit: Visit) -> web.StreamResponse:
        """What a person decides of a group that was not reached, or perhaps was not: once more, or let be."""
        alert, row, again = _alert(visit), visit.form.get("letter"), visit.form.get("again") == "1"
        now, wanted = self._now(), int(row) if row.isdecimal() and len(row) < 19 else 0

        def settle(connection: Connection) -> bool:
            theirs = {each.letter for each in fanout_reads.unreached(connection, alert.id)}
            return wanted in theirs and bookings.resolve(connection, wanted, now, resend=again)

        # On record before it is done: whoever asks later why a group was left out finds a name.
        await write_down(self._store, visit.person, Deed.RETRY if again else Deed.DROP, f"{alert.id}:{wanted}", now)
        done = await self._store.db.write(settle)
        said = ("again" if again else "let_be") if done else "gone"
        raise web.HTTPSeeOther(f"{self._base(visit)}/desk/alerts/{alert.id}?said={said}#said")

    async def photo(self, visit: Visit) -> web.Response:
        """A picture of this alert, and of no other."""
        alert, key = _alert(visit), visit.request.match_info["key"]
        if key not in _photos(alert):
            raise web.HTTPNotFound
        try:
            body = await self._photos.read(key)
        except PhotoGone:
            raise web.HTTPNotFound from None
        headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
        return web.Response(body=body, content_type="image/jpeg", headers=headers)

    # --- inside

    async def _press(self, visit: Visit, alert: str, act: str) -> None:
        if DEEDS[act] not in visit.operator_rights:
            raise Refused("not_yours")
        cause = visit.cause(alert, act)
        decide = await self._decide(visit, alert, act, cause)
        try:
            outcome = await alert_door.do(self._store, alert, cause, decide, self._now)
        except Stale:  # Others were quicker, again and again: the page shows how it stands.
            raise Refused("late") from None
        if outcome is not None:
            self._committed(outcome)

    async def _decide(self, visit: Visit, alert: str, act: str, cause: str) -> Decide:
        """What the button does, with what its form says."""
        form, by = visit.form, visit.person
        why = mask(typed(form.get("why")))[:300]
        if act in WRITTEN:
            known = await self._store.alert(alert)
            assert known is not None
            before = known.correction.content.photo if known.correction else known.content.photo
            content = alert_form.read(form, known.kind, self._now(), await self._photo(visit, before))
            if act == "correct":
                return lambda scene, directory, now: missing.correct(
                    cause, scene, directory, now, by=by, content=content.content
                )
            return lambda scene, directory, now: missing.edit(
                cause, scene, directory, now, by=by, content=content.content, area=content.area
            )
        if act == "approve":
            confirmed, reference = form.get("confirmed") == "1", typed(form.get("reference"))[:64]
            return lambda scene, directory, now: missing.approve(
                cause, scene, directory, now, by=by, confirmed=confirmed, reference=reference, read=form.get("read")
            )
        if act == "take_back":
            ending = Ending(form.get("ending")) if form.get("ending") in set(Ending) else Ending.WITHDRAWN
            return lambda scene, directory, now: missing.take_back(
                cause, scene, directory, now, by=by, ending=ending, why=why
            )
        if act == "widen":
            return lambda scene, directory, now: missing.widen(cause, scene, directory, now, by=by, to=form.get("to"))
        if act in ("decline", "abandon"):
            no = missing.decline if act == "decline" else missing.abandon
            return lambda scene, directory, now: no(cause, scene, directory, now, by=by, why=why)
        plain = {"submit": missing.submit, "pause": missing.pause, "resume": missing.resume, "cancel": missing.cancel}
        return lambda scene, directory, now: plain[act](cause, scene, directory, now, by=by)

    async def _photo(self, visit: Visit, before: str) -> str:
        """The key of the picture it is to have: a new one, none, or the one before. Raises PhotoRefused."""
        if visit.form.too_big:
            raise Refused("photo_large")
        if visit.form.photos:
            return await self._photos.keep(visit.form.photos[0])
        return "" if visit.form.get("no_photo") else before

    async def _case(self, visit: Visit, number: str) -> Case | None:
        """The case an alert is to come from; None where this person has no right to it."""
        if not _NUMBER.fullmatch(number):
            return None
        case = (await self._store.scene_for_case(number, person=visit.person)).case
        return case if case and rights_on(visit.operator.person, case, self._store.directory) else None

    def _base(self, visit: Visit) -> str:
        return self._cookies.reader(visit.request).base

    def _form(
        self, visit: Visit, kind: Kind, fields: Mapping[str, str], case: Case | None, *, wrong: str = ""
    ) -> web.Response:
        now = self._now()
        return self._pages.page(
            "console/alert_new.html",
            self._cookies.reader(visit.request),
            status=422 if wrong else 200,
            visit=visit,
            now=now,
            about=kind,
            case=case,
            shots=[key for key in case.photos if key.endswith(".jpg")][:6] if case else [],
            wrong=wrong,
            key=secrets.token_hex(16),
            **self._fields(visit, fields, now),
        )

    def _fields(self, visit: Visit, fields: Mapping[str, str], now: datetime) -> dict[str, object]:
        """What a form needs beside its key."""
        return {
            "fields": fields,
            "areas": _areas(visit, self._store.directory),
            "colours": list(Colour),
            "sexes": list(Sex),
            "hours": alert_form.HOURS,
            "latest": alert_form.moment(now),
            "drills": any(group.test for group in self._store.directory.groups),
        }

    async def _page(
        self, visit: Visit, *, said: str = "", wrong: str = "", kept: Mapping[str, str] | None = None, status: int
    ) -> web.Response:
        found, now, directory = await self._store.alert(_alert(visit).id), self._now(), self._store.directory
        assert found is not None
        reader, standing = self._cookies.reader(visit.request), self._store.standing
        steps = [_for(visit, step) for step in await self._store.alert_steps(found.id)]
        progress, unreached = await self._store.db.read(
            lambda c: (
                fanout_reads.progress(c, found.id, self._limits, now),
                fanout_reads.unreached(c, found.id, UNREACHED),
            )
        )
        verbs = [act for act, right in DEEDS.items() if right in visit.rights and found.may(Verb(act))]
        content = found.correction.content if found.correction else found.content
        return self._pages.page(
            "console/alert.html",
            reader,
            status=status,
            visit=visit,
            now=now,
            alert=found,
            content=content,
            gist=_gist(found),
            preview=self._preview(found, found.content, reader.language),
            corrected=self._preview(found, content, reader.language) if found.correction else "",
            acts=verbs,
            own=visit.person in found.unapproved_by,
            read=words.print_of(found),
            approvers=missing.can_approve(found, directory),
            people=directory.people,
            police=standing.police,
            steps=[(step, directory.person(step.by or None), directory.person(step.to or None)) for step in steps],
            parts=self._parts(found, progress, directory),
            progress=progress,
            unreached=[(each, self._group(each.to.channel, each.to.bot, each.to.chat)) for each in unreached],
            wider=self._wider(found, directory),
            area=directory.area(found.area),
            said=said if said in {*DEEDS, "begin", "again", "let_be", "gone"} else "",
            wrong=wrong if f"alerts.refused.{wrong}" in self._pages.texts.keys("zh") else "",
            kept=kept or {},
            key=secrets.token_hex(16),
            endings=[each for each in Ending if _ends(found, each)],
            about=found.kind,
            **self._fields(visit, kept if kept and kept.get("act") in WRITTEN else alert_form.filled(found), now),
        )

    def _group(self, channel: str, bot: str, chat: str) -> Group | None:
        return self._store.directory.group(channel, bot, chat)

    def _preview(self, alert: Alert, content: Content, language: str) -> str:
        """The words as a group gets them."""
        if not content.reference:  # The approver brings it.
            content = replace(content, reference=self._pages.texts.say("web.desk.alerts.to_come", language=language))
        letter = words.letter(replace(alert, content=content), self._store.standing)
        return self._pages.texts.render(replace(letter, language=language)).text

    def _parts(self, alert: Alert, progress: Progress, directory: Directory) -> list[Part]:
        """Every ring there is, from the innermost: what was told, and when the next one will be."""
        told = {ring.kind for ring in reached(alert, directory)}
        pace, found = self._store.standing.pace, []
        for ring in rings(directory, alert.area, exercise=alert.exercise):
            count = progress.parts.get(ring.kind.value)
            due = None
            if ring.kind not in told and alert.kind is Kind.MISSING and alert.state is State.LIVE and alert.live_at:
                due = alert.live_at + pace.after.get(ring.kind, timedelta())
            area = directory.area(ring.area)
            name = area.name if area else ring.area
            found.append(
                Part(ring.kind, name, len(ring.groups), count or (Count() if ring.kind in told else None), due)
            )
        return found

    @staticmethod
    def _wider(alert: Alert, directory: Directory) -> list[tuple[Ring, int]]:
        """The rings it can be told at once, each with how many groups that is."""
        inner, found, more = RINGS.index(alert.ring) if alert.ring else -1, [], 0
        for ring in rings(directory, alert.area, exercise=alert.exercise):
            if RINGS.index(ring.kind) > inner:
                more += len(ring.groups)
                found.append((ring, more))
        return found


def _alert(visit: Visit) -> Alert:
    assert visit.alert is not None
    return visit.alert


def _reason(refused: Refused | PhotoRefused) -> str:
    return refused.reason if isinstance(refused, Refused) else "photo_refused_here"


def _for(visit: Visit, step: AlertStep) -> AlertStep:
    """What somebody saw is for the police post and the desk alone."""
    return step if step.verb is not Verb.SIGHT or Right.ACT in visit.rights else replace(step, words="")


def _photos(alert: Alert) -> set[str]:
    corrected = alert.correction.content.photo if alert.correction else ""
    return {alert.content.photo, corrected} - {""}


def _ends(alert: Alert, ending: Ending) -> bool:
    """Whether a person may take it back for this."""
    return ending is not Ending.EXPIRED and (ending is not Ending.FOUND or alert.kind is Kind.MISSING)


def _gist(alert: Alert) -> str:
    """What it is about, in a line."""
    content = alert.content
    if content.missing:
        return content.missing.name or content.missing.place
    return content.headline


def _areas(visit: Visit, directory: Directory) -> list[Area]:
    """The areas an alert may be for, as a tree is read: the person's own and those below it that have rings."""
    wanted = (AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID)
    own = visit.operator.person
    found = [area for area in directory.areas.values() if area.kind in wanted and covers(own, area.code, directory)]
    return sorted(found, key=deep(directory))
