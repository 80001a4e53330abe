"""Every page of the desk by every role, in and out of area, signed in or not: as the one table of rights says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.desks.clicks import Act
from bot.desks.permits import RIGHTS, Right
from bot.ledger import Goods
from bot.store.mall import put_goods
from bot.web.console.guard import PAGES, SIGNING, Page
from routing.case import State
from routing.directory import Person, Role
from tests import town
from tests.bot.web.alert_desk import drafted
from tests.bot.web.desk_house import DeskHouse, desk_house
from tests.bot.web.visiting import Guest, guest

#: One of every role that there is, at home in the street; and one of every role at home in a community that is not the
#: case's.
HERE = {role: f"here-{role}" for role in Role}
THERE = {role: f"there-{role}" for role in Role}
NOBODY = ""
#: Pages that end a session.
ENDING = ("sign_out", "sign_out_everywhere")


@dataclass(frozen=True)
class Row:
    """Who asks for which page of which case, and what must come of it."""

    page: Page
    who: str
    case: str  #: Which case: "public", "private", "staff" (a complaint about the visitor's own unit), or "".
    status: int

    def __str__(self) -> str:
        return f"{self.page.method} {self.page.path} {self.who or 'signed out'} {self.case} {self.status}"


#: What comes of it for whom the page is open: a page, or a redirect after a form that was taken. A form without its
#: fields is refused: by then everything else was in order.
_OPEN = {
    "goods_add": 400, "goods_picture": 404, "goods_change": 400, "goods_stock": 400, "goods_offer": 400,
    "order_find": 422, "order": 404, "order_press": 400, "review_decide": 400,
    "alert_begin": 422, "alert_act": 400, "alert_photo": 404, "alert_resolve": 303, "home": 303,
    "act": 400, "unmask": 422, "retry": 303, "drop": 303, "photo": 404, "sign_out": 303,
    "sign_out_everywhere": 303, "password": 403, "sign_in": 403, "set_up": 403,
}  # fmt: skip


def rows() -> Iterator[Row]:
    """The whole table."""
    for page in (*PAGES, *SIGNING):
        cases = ("public", "private", "complaint") if page.of_case else ("",)
        for case in cases:
            yield Row(page, NOBODY, case, 303 if page.right else _OPEN.get(page.name, 200))
            for role in Role:
                yield Row(page, HERE[role], case, expected(page, role, case, here=True))
                yield Row(page, THERE[role], case, expected(page, role, case, here=False))


def expected(page: Page, role: Role, case: str, *, here: bool) -> int:
    """What the table of rights says, spelled out a second time."""
    answer = _OPEN.get(page.name, 200)
    rights = RIGHTS.get(role, frozenset())
    if page.right is None:
        # Who is signed in already is led on.
        return 303 if page.name == "signin" and rights else answer
    if not rights:
        return 303  # No page for this role: the session is worth nothing.
    if page.of_case:
        seen = Right.CASES in rights and here and (case != "private" or Right.PRIVATE in rights)
        if not seen or (case == "complaint" and role is Role.DESK):
            return 404
    if page.of_alert and not here:
        return 404
    return answer if page.right in rights else 403


def people() -> tuple[Person, ...]:
    """The cast, and one of every role at home in the street, and in the other community."""
    made = [
        Person(name, f"测{number}{role}", role, area, None, None, town.CHANNEL, f"u-{name}")
        for area, names in ((town.STREET, HERE), (town.BRIDGE, THERE))
        for number, (role, name) in enumerate(names.items())
    ]
    return (*town.rows().people, *made)


@dataclass
class Stage:
    """The house with one case of each kind in Willow, and a session for everybody."""

    house: DeskHouse
    numbers: dict[str, str]
    alert: str
    sessions: dict[str, str] = field(default_factory=dict)  #: By person.

    def path(self, row: Row) -> str:
        return filled(row.page.path, number=self.numbers.get(row.case, ""), alert=self.alert)


def filled(path: str, **known: str) -> str:
    """The page's path with something in every place of it."""
    usual = {"number": "11111111", "alert": "a12345678", "key": "no.jpg", "goods": "rice", "code": "222222"}
    return path.format_map(usual | known)


async def staged(here: DeskHouse) -> Stage:
    await here.store.replace_directory(replace(town.rows(), people=people()))
    await here.store.db.write(lambda c: put_goods(c, Goods("rice", "大米", 60, 3)))
    public = await here.case("路灯不亮", category="service.light")
    private = await here.case("隔壁打人", category="order.family", private=True)
    complaint = await here.case("你们接线的人态度很差", category="order.staff")
    numbers = {"public": public.number, "private": private.number, "complaint": complaint.number}
    return Stage(here, numbers, await drafted(here, area=town.WILLOW))


@pytest.mark.parametrize("role", [NOBODY, *Role])
async def test_every_page_by_every_role_in_and_out_of_area(tmp_path: Path, role: str) -> None:
    wanted = {NOBODY} if not role else {HERE[Role(role)], THERE[Role(role)]}
    async with desk_house(tmp_path) as here:
        stage = await staged(here)
        wrong = []
        for who in wanted:
            async with guest(here.house) as visitor:
                await visitor.open("/desk/signin")  # For the proof of this browser.
                for row in rows():
                    if row.who == who and (seen := await asked(stage, visitor, row)) != row.status:
                        wrong.append(f"{row}: {seen}")
        assert wrong == []
        for number in stage.numbers.values():
            assert (await here.now(number)).state is State.RECEIVED  # Nothing of all that changed anything.


async def asked(stage: Stage, visitor: Guest, row: Row) -> int:
    """What the page answers. A session holds until a page ends it: then there is another."""
    if row.who:
        if row.who not in stage.sessions:
            stage.sessions[row.who] = stage.house.session(row.who)
        visitor.keep("wuyou-desk", stage.sessions[row.who])
    if row.page.name in ENDING:
        stage.sessions.pop(row.who, None)
    return await _status(visitor, row.page.method, stage.path(row))


async def _status(visitor: Guest, method: str, path: str, **fields: str) -> int:
    if method == "GET":
        await visitor.open(path, follow=False)
    else:
        await visitor.send(path, follow=False, **fields)
    return visitor.status


def test_the_table_has_every_page_and_every_act_and_no_page_twice() -> None:
    every = [(page.method, page.path) for page in (*PAGES, *SIGNING)]
    assert len(every) == len(set(every))
    assert {page.path.rpartition("/")[2] for page in PAGES if page.name == "act"} == {act.value for act in Act}
    assert all(page.right is not None for page in PAGES)
    assert len(list(rows())) > 500


async def test_no_route_of_the_desk_stands_outside_the_table(tmp_path: Path) -> None:
    async with desk_house(tmp_path) as here:
        routes = {
            (route.method, resource.canonical)
            for resource in here.house.application.router.resources()
            for route in resource
            if resource.canonical.startswith("/desk") and route.method != "HEAD"
        }
    assert routes == {(page.method, page.path) for page in (*PAGES, *SIGNING)}


EVERY = (*PAGES, *SIGNING)


async def test_a_form_without_the_proof_or_from_elsewhere_is_refused(tmp_path: Path) -> None:
    async with desk_house(tmp_path) as here, guest(here.house) as visitor:
        case = await here.case()
        visitor.keep("wuyou-desk", here.session(town.DESK_BY_DAY))
        for page in (page for page in EVERY if page.method == "POST"):
            await visitor.open("/desk/account")
            assert visitor.url == "/desk/account"
            path = filled(page.path, number=case.number)
            proof = visitor.proof
            for given, headers in (
                ("", {}),
                ("0" * 64, {}),
                (proof, {"Sec-Fetch-Site": "cross-site"}),
                (proof, {"Origin": "https://evil.example"}),
            ):
                await visitor.send(path, proof=given, key="k" * 32, words="x", headers=headers, follow=False)
                assert visitor.status == 403, path
        assert (await here.now(case.number)).version == case.version


async def test_a_session_that_is_over_or_was_revoked_leads_to_the_sign_in(tmp_path: Path) -> None:
    async with desk_house(tmp_path) as here, guest(here.house) as visitor:
        case = await here.case()
        await visitor.open("/desk/signin")
        old = here.session(town.DESK_BY_DAY)
        here.clock.forward(minutes=31)
        for session in (old, here.revoked(town.DESK_BY_NIGHT), "forged", ""):
            visitor.keep("wuyou-desk", session)
            for page in (page for page in EVERY if page.right):
                path = filled(page.path, number=case.number)
                assert await _status(visitor, page.method, path, key="k" * 32) == 303
                assert visitor.headers["Location"].startswith("/desk/signin"), path


async def test_another_method_is_refused(tmp_path: Path) -> None:
    async with desk_house(tmp_path) as here, guest(here.house) as visitor:
        visitor.keep("wuyou-desk", here.session(town.DESK_BY_DAY))
        await visitor.open("/desk/account")
        for path in {page.path for page in EVERY}:
            for method in {"GET", "POST"} - {page.method for page in EVERY if page.path == path}:
                assert await _status(visitor, method, filled(path)) == 405, path
