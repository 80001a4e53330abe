"""Alerts at the desk: composed, approved by a second person, watched, corrected, taken back; and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.outcome import Outcome
from bot.store import Stale
from bot.store.letter_rows import Post
from routing.alert import Alert, AlertStep, State, Verb
from routing.directory import Role
from tests import town
from tests.bot.web.alert_desk import REFERENCE, approve, carried, drafted, mother, picture, press, write
from tests.bot.web.desk_house import DeskHouse, at_work, desk_house, key_of

SHI, ZHANG, FENG = town.APPROVER_1, town.APPROVER_2, town.DESK_BY_DAY


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[DeskHouse]:
    async with desk_house(tmp_path) as house:
        yield house


async def now(here: DeskHouse, alert: str) -> Alert:
    found = await here.store.alert(alert)
    assert found is not None
    return found


def letters(here: DeskHouse, alert: str) -> list[tuple[str, str]]:
    """(chat, state) of the alert's letters to groups."""
    return here.store.db.read_now(
        lambda c: [
            (row.chat, row.state)
            for row in c.execute(text("SELECT chat, state FROM outbox WHERE \"case\" = :a AND tag <> ''"), {"a": alert})
        ]
    )


async def test_written_by_one_approved_by_another_and_told_to_the_first_ring(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here, photos=[picture()])
        assert (await now(here, alert)).state is State.WAITING
        assert letters(here, alert) == []
        assert "陈阿婆" in feng.page and "红色外套" in feng.page
    async with at_work(here, SHI) as shi:
        assert alert in await shi.open("/desk/alerts")
        await approve(shi, alert)
        assert shi.status == 200
    found = await now(here, alert)
    assert (found.state, found.approver, found.content.reference) == (State.LIVE, SHI, REFERENCE)
    assert {chat for chat, _ in letters(here, alert)} == {town.GROUP_GRID_1, town.WEB_GRID_1}


async def test_the_photo_is_of_this_alert_and_of_no_other(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert, other = await write(feng, here, photos=[picture()]), await drafted(here)
        key = (await now(here, alert)).content.photo
        await feng.open(f"/desk/alerts/{alert}/photos/{key}")
        assert (feng.status, feng.headers["Content-Type"]) == (200, "image/jpeg")
        for wrong in (f"{other}/photos/{key}", f"{alert}/photos/other.jpg", f"{alert}/photos/mother.jpg"):
            await feng.open(f"/desk/alerts/{wrong}")
            assert feng.status == 404


@pytest.mark.parametrize("role", [Role.APPROVER, Role.DESK])
async def test_nobody_approves_their_own_words_not_even_after_a_change_of_role(here: DeskHouse, role: Role) -> None:
    async with at_work(here, SHI if role is Role.APPROVER else FENG) as author:
        alert = await write(author, here)
        rows = town.rows()
        people = tuple(replace(person, role=Role.APPROVER) if person.id == FENG else person for person in rows.people)
        await here.store.replace_directory(replace(rows, people=people))
        page = await author.open(f"/desk/alerts/{alert}")
        assert 'id="form-approve"' not in page
        for _ in range(2):  # and not by asking again
            await author.send(f"/desk/alerts/{alert}/approve", key="a" * 32, confirmed="1", reference=REFERENCE)
            assert author.status == 422
    assert (await now(here, alert)).state is State.WAITING
    assert letters(here, alert) == []


@pytest.mark.parametrize(("fields", "status"), [({"confirmed": ""}, 422), ({"reference": ""}, 422)])
async def test_without_the_word_of_the_police_nothing_goes_out(
    here: DeskHouse, fields: dict[str, str], status: int
) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here)
    async with at_work(here, SHI) as shi:
        await approve(shi, alert, **fields)
        assert shi.status == status
        await approve(shi, alert)
        assert shi.status == 200


async def test_words_swapped_while_the_approver_reads_are_not_approved(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, SHI) as shi:
        alert = await write(feng, here)
        form = carried(await shi.open(f"/desk/alerts/{alert}"))
        await press(feng, alert, "edit", **mother(here, clothes="白色衬衫"))
        await press(feng, alert, "submit")
        for read in (form, {"key": "c" * 32}):
            await shi.send(f"/desk/alerts/{alert}/approve", **read, confirmed="1", reference=REFERENCE)
            assert shi.status == 422
        assert letters(here, alert) == []
        await approve(shi, alert)  # What stands there now was read.
        form = carried(await shi.open(f"/desk/alerts/{alert}"))
        await press(feng, alert, "correct", **mother(here, clothes="白色衬衫", features="戴眼镜", reference=REFERENCE))
        form = carried(await shi.open(f"/desk/alerts/{alert}"))
        await press(feng, alert, "correct", **mother(here, clothes="黑色大衣", reference=REFERENCE))
        await shi.send(f"/desk/alerts/{alert}/approve", **form, confirmed="1", reference=REFERENCE)
        assert shi.status == 422
    assert (await now(here, alert)).content.missing.clothes == "白色衬衫"  # type: ignore[union-attr]


async def test_another_reference_than_the_one_written_is_refused(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here, reference="G110-1")
    async with at_work(here, SHI) as shi:
        await approve(shi, alert, reference="G110-2")
        assert shi.status == 422
    assert letters(here, alert) == []


async def test_the_desk_may_not_approve_and_a_grid_elsewhere_is_none_of_a_community_leaders(here: DeskHouse) -> None:
    alert = await drafted(here, area=town.GRID_3)
    async with at_work(here) as feng:
        await feng.open("/desk/alerts")
        await feng.send(f"/desk/alerts/{alert}/approve", key="a" * 32, confirmed="1", reference="x")
        assert feng.status == 403
    async with at_work(here, town.COMMUNITY_LEADER) as leader:
        assert alert not in await leader.open("/desk/alerts")
        await leader.open(f"/desk/alerts/{alert}")
        assert leader.status == 404


async def test_wider_at_once_paused_cancelled_and_taken_back(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here)
        async with at_work(here, SHI) as shi:
            await approve(shi, alert)
        await press(feng, alert, "pause")
        assert {state for _, state in letters(here, alert)} == {Post.HELD}
        await press(feng, alert, "resume")
        assert {state for _, state in letters(here, alert)} == {Post.WAITING}
        await press(feng, alert, "widen", to="street")
        assert {chat for chat, _ in letters(here, alert)} >= {town.GROUP_GRID_1, town.GROUP_WILLOW, town.GROUP_BRIDGE}
        await press(feng, alert, "cancel")
        assert {state for _, state in letters(here, alert)} == {Post.WITHDRAWN}
        await press(feng, alert, "take_back", ending="found")
        assert (await now(here, alert)).state is State.TAKEN_BACK
        await feng.send(f"/desk/alerts/{alert}/take_back", key="b" * 32, ending="found")
        assert feng.status == 409


async def test_a_correction_waits_for_a_second_person_too(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, SHI) as shi:
        alert = await write(feng, here)
        await approve(shi, alert)
        await press(feng, alert, "correct", **mother(here, clothes="蓝色外套"))
        found = await now(here, alert)
        assert found.content.missing and found.content.missing.clothes == "红色外套"
        assert "蓝色外套" in await shi.open(f"/desk/alerts/{alert}")
        await approve(shi, alert)
        found = await now(here, alert)
        assert found.content.missing and found.content.missing.clothes == "蓝色外套"


async def test_who_declines_says_why_and_the_author_reads_it(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, SHI) as shi:
        alert = await write(feng, here)
        await press(shi, alert, "decline", why="照片不清楚")
        assert (await now(here, alert)).state is State.DECLINED
        assert "照片不清楚" in await feng.open(f"/desk/alerts/{alert}")
        await press(feng, alert, "edit", **mother(here, features="戴眼镜"))
        await press(feng, alert, "submit")
        assert (await now(here, alert)).state is State.WAITING


async def test_an_edit_keeps_the_photo_replaces_it_or_takes_it_away(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here, photos=[picture()])
        first = (await now(here, alert)).content.photo
        await press(feng, alert, "edit", **mother(here))
        assert (await now(here, alert)).content.photo == first
        await press(feng, alert, "edit", photos=[picture("red")], **mother(here))
        assert (await now(here, alert)).content.photo not in ("", first)
        await press(feng, alert, "edit", no_photo="1", **mother(here))
        assert (await now(here, alert)).content.photo == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"age": "seventy"}, {"age": "999"}, {"height": "-3"}, {"seen_at": "yesterday"}, {"area": "nowhere"},
        {"seen_at": "2999-01-01T00:00"}, {"seen_at": "1999-01-01T00:00"}, {"words": "有事打13812345678"},
        {"clothes": "红" * 121}, {"photos": [b"no picture"]},
    ],
)  # fmt: skip
async def test_what_cannot_stand_in_an_alert_is_said_and_what_was_typed_is_kept(
    here: DeskHouse, fields: dict[str, object]
) -> None:
    async with at_work(here) as feng:
        page = await feng.open("/desk/alerts/new")
        await feng.send("/desk/alerts", key=key_of(page), then="submit", **mother(here, **fields))
        assert feng.status == 422
        assert 'role="alert"' in feng.page and 'value="陈阿婆"' in feng.page
    assert await here.store.alerts(tuple(State)) == []


async def test_what_is_not_complete_is_kept_as_a_draft_and_says_what_is_missing(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        alert = await write(feng, here, clothes="", features="")
        assert 'role="alert"' in feng.page
        assert (await now(here, alert)).state is State.DRAFT


async def test_a_form_sent_twice_begins_one_alert(here: DeskHouse) -> None:
    async with at_work(here) as feng:
        key = key_of(await feng.open("/desk/alerts/new"))
        for _ in range(2):
            await feng.send("/desk/alerts", key=key, then="keep", **mother(here))
            assert feng.status == 200
    assert len(await here.store.alerts(tuple(State))) == 1


async def test_from_a_case_the_form_knows_the_place_and_a_strangers_case_gives_nothing(here: DeskHouse) -> None:
    said = "我妈不见了，78岁，身高1米55，穿红色外套"
    case = await here.case(said, category="order.missing", place="桂花苑3幢", grid=town.GRID_3)
    async with at_work(here) as feng:
        page = await feng.open(f"/desk/alerts/new?case={case.number}")
        assert 'value="桂花苑3幢"' in page and case.number in page and said in page
        for field, value in {"age": "78", "height": "155", "clothes": "红色外套"}.items():
            assert f'name="{field}"' in page and f'value="{value}"' in page, field
        await feng.open(f"/desk/cases/{case.number}")
        assert f"/desk/alerts/new?case={case.number}" in feng.page
        alert = await write(feng, here, case=case.number)
        assert (await now(here, alert)).case == case.number
    async with at_work(here, town.COMMUNITY_LEADER) as leader:
        assert "桂花苑3幢" not in await leader.open(f"/desk/alerts/new?case={case.number}")


async def test_a_group_of_unknown_fate_is_shown_and_a_person_decides(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, SHI) as shi:
        alert = await write(feng, here)
        await approve(shi, alert)
        here.store.db.write_now(lambda c: c.execute(text("UPDATE outbox SET state='unknown' WHERE tag <> ''")))
        page = await feng.open(f"/desk/alerts/{alert}")
        rows = here.store.db.read_now(
            lambda c: c.execute(text("SELECT id FROM outbox WHERE tag <> ''")).scalars().all()
        )
        row = rows[0]
        assert f'name="letter" value="{row}"' in page
        await feng.send(f"/desk/alerts/{alert}/resolve", letter="999999", again="1")
        assert {state for _, state in letters(here, alert)} == {"unknown"}
        await feng.send(f"/desk/alerts/{alert}/resolve", letter=str(row), again="1")
        book = here.store.db.read_now(lambda c: c.execute(text('SELECT "by", deed, subject FROM audit')).all())
        assert tuple(book[-1]) == (FENG, "retry", f"{alert}:{row}")
        assert sorted(state for _, state in letters(here, alert)) == ["unknown"] * (len(rows) - 1) + [Post.WAITING]


async def test_a_storm_and_a_notice_have_forms_of_their_own(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, ZHANG) as zhang:
        for kind, more in (("storm", {"colour": "red"}), ("notice", {})):
            page = await feng.open(f"/desk/alerts/new?kind={kind}")
            assert 'name="clothes"' not in page
            said = {"headline": "台风将至", "words": "请关好门窗。", "area": town.STREET, "hours": "6", **more}
            await feng.send("/desk/alerts", key=key_of(page), kind=kind, then="submit", **said)
            alert = feng.url.split("?")[0].rpartition("/")[2]
            await press(zhang, alert, "approve")
            found = await now(here, alert)
            assert found.state is State.LIVE and found.life == timedelta(hours=6)
            assert len(letters(here, alert)) > 1


async def test_what_somebody_saw_is_read_by_the_desk_and_not_by_the_approver(here: DeskHouse) -> None:
    async with at_work(here) as feng, at_work(here, SHI) as shi:
        alert = await write(feng, here)
        await approve(shi, alert)
        found = await now(here, alert)
        step = AlertStep(alert, Verb.SIGHT, here.clock(), "r-somebody", "在河边看到")
        await here.store.commit(Outcome("x:seen", (found.after(step), step)))
        assert "在河边看到" in await feng.open(f"/desk/alerts/{alert}")
        assert "在河边看到" not in await shi.open(f"/desk/alerts/{alert}")


async def test_a_picture_the_family_sent_may_be_used_and_no_other_case_s(here: DeskHouse) -> None:
    case = await here.case("我妈不见了", category="order.missing", grid=town.GRID_1, photos=("mum.jpg",))
    async with at_work(here) as feng:
        page = await feng.open(f"/desk/alerts/new?case={case.number}")
        assert f"/desk/cases/{case.number}/photos/mum.jpg" in page
        alert = await write(feng, here, case=case.number, of_case="mum.jpg")
        assert (await now(here, alert)).content.photo == "mum.jpg"
        other = await write(feng, here, case=case.number, of_case="somebody-elses.jpg")
        assert (await now(here, other)).content.photo == ""


async def test_a_draft_of_another_system_names_the_system(here: DeskHouse) -> None:
    alert = await drafted(here)
    found = await now(here, alert)
    made = replace(found, id="a11111111", author="systems:hospital", writers=("systems:hospital",), version=0)
    await here.store.commit(Outcome("x:made", (made,)))
    async with at_work(here) as feng:
        for path in ("/desk/alerts", "/desk/alerts/a11111111"):
            page = await feng.open(path)
            assert "hospital 系统" in page and "systems:" not in page


async def test_what_others_keep_changing_says_so_and_does_not_fail(
    here: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stale(*_: object, **__: object) -> None:
        raise Stale("x")

    async with at_work(here) as feng:
        alert = await write(feng, here)
        monkeypatch.setattr(here.store, "commit", stale)
        await press(feng, alert, "abandon")
        assert feng.status == 409
