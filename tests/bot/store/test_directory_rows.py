"""The address book, the FAQ and the groups in rows: replaced whole, seen by other processes, moved with their talks."""

import gc
import weakref
from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import text

from bot.messages import Address
from bot.outcome import FaqEntry, GroupChange, Outcome
from bot.store import Database, Keys, Store
from bot.store.directory_rows import read_directory
from bot.store.reads import thread_by_id
from routing.directory import DirectoryRows, Group, Hears, Holiday, Leave, Opening
from tests.bot.store.cast import ALICE, BOB, GROUP, case_of, click, everything, message, opened, private, thread_of
from tests.bot.store.conftest import render
from tests.town import GRID_1, LI, NOON, WANG, rows, user_of


@pytest.fixture
async def other(db: Database, keys: Keys, store: Store) -> Store:
    """The same database in another process."""
    return await Store.open(db, keys, render, now=lambda: NOON)


async def test_the_address_book_is_read_back_as_it_was_imported(store: Store, keys: Keys) -> None:
    read = await store.db.read(lambda connection: read_directory(connection, keys))
    town = rows()
    for name in ("areas", "people", "units", "groups", "addresses"):
        assert set(getattr(read, name)) == set(getattr(town, name)), name
    assert read.duty == town.duty
    person = store.directory.person_by_user("telegram", user_of(LI))
    assert person is not None
    assert person.name == "李建国"


async def test_leave_holidays_and_office_hours_are_read_back_and_go_with_the_next_import(
    store: Store, keys: Keys
) -> None:
    leave = (Leave(LI, date(2026, 10, 1), date(2026, 10, 3), WANG), Leave(WANG, date(2026, 11, 1), date(2026, 11, 2)))
    holidays = (Holiday(date(2026, 10, 1), "国庆节"), Holiday(date(2026, 10, 10), "补班", works=True))
    hours = (Opening(GRID_1, 1, time(9), time(12)), Opening(GRID_1, 6, time(14), time(17, 30)))
    await store.replace_directory(replace(rows(), leave=leave, holidays=holidays, hours=hours))
    read = await store.db.read(lambda connection: read_directory(connection, keys))
    assert (set(read.leave), read.holidays, read.hours) == (set(leave), holidays, hours)
    assert store.directory.absences.deputy(LI, date(2026, 10, 2)) == WANG
    await store.replace_directory(rows())
    read = await store.db.read(lambda connection: read_directory(connection, keys))
    assert (read.leave, read.holidays, read.hours) == ((), (), ())


async def test_an_import_replaces_everything_or_nothing(store: Store) -> None:
    before = everything(store)
    twice = replace(rows(), areas=(*rows().areas, rows().areas[0]))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.replace_directory(twice)
    assert everything(store) == before
    await store.replace_directory(DirectoryRows(areas=rows().areas))
    assert store.directory.people == {}
    assert "staff:" not in repr(everything(store)["person_key"])


async def test_an_administrators_switch_outlives_an_import_that_says_the_same(store: Store) -> None:
    await store.commit(click("1", GroupChange(GROUP, hears="listen")))
    assert await store.replace_directory(rows()) == ()
    assert heard(store) is Hears.LISTEN
    changed = tuple(
        replace(group, hears=Hears.LISTEN) if group.chat_id == GROUP.chat else group for group in rows().groups
    )
    await store.replace_directory(replace(rows(), groups=changed))
    await store.commit(click("2", GroupChange(GROUP, hears="mention")))
    otherwise = await store.replace_directory(rows())
    assert (heard(store), otherwise) == (Hears.MENTION, ())
    assert {each.chat_id for each in await store.replace_directory(replace(rows(), groups=changed))} == {GROUP.chat}


def heard(store: Store) -> Hears:
    group = store.directory.group(GROUP.channel, GROUP.bot, GROUP.chat)
    assert group is not None
    return group.hears


async def test_a_group_the_bot_sits_in_stays_known_when_an_import_forgets_it(store: Store) -> None:
    await store.commit(click("1", GroupChange(GROUP, present=True, hears="listen")))
    otherwise = await store.replace_directory(replace(rows(), groups=()))
    assert [(group.chat_id, group.hears) for group in otherwise] == [(GROUP.chat, Hears.MENTION)]
    assert store.directory.groups == ()
    assert [row[2] for row in await store.unbound_groups()] == [GROUP.chat]
    await store.replace_directory(rows())
    assert await store.unbound_groups() == []


async def test_a_group_with_a_new_id_keeps_its_talks_its_place_and_its_letters(store: Store) -> None:
    alice, bob = message(ALICE), message(BOB)
    case = await opened(store, alice)
    thread = await thread_of(store, alice)
    new = replace(GROUP, chat="-100500")
    early = await opened(store, message(ALICE, at=new))  # written under the new id before we heard of the move
    await store.keep([bob])
    await store.commit(click("move", GroupChange(GROUP, moved_to=new.chat)))
    assert store.directory.group(*_key(GROUP)) is None
    group = store.directory.group(*_key(new))
    assert group == Group("telegram", "bot1", new.chat, GRID_1, "柳岸第一网格平安群")
    moved = await thread_of(store, message(ALICE, at=new))
    assert (moved.id, moved.at) == (thread.id, new)
    assert await store.known_thread(alice) is None
    for number in (case.number, early.number):
        assert (await case_of(store, number)).thread == thread.id
    letters = await store.db.read(lambda c: {row.chat for row in c.execute(text("SELECT chat FROM outbox"))})
    assert letters == {new.chat}
    await store.commit(click("again", GroupChange(GROUP, moved_to=new.chat)))


def _key(at: Address) -> tuple[str, str, str]:
    return at.channel, at.bot, at.chat


async def test_a_move_is_not_heard_twice_by_the_directory(store: Store) -> None:
    new = replace(GROUP, chat="-100500")
    await store.commit(click("1", GroupChange(new, present=True, title="title")))
    await store.commit(click("2", GroupChange(GROUP, moved_to=new.chat)))
    group = store.directory.group(*_key(new))
    assert group is not None
    assert (group.area, group.name) == (GRID_1, "柳岸第一网格平安群")
    assert await store.unbound_groups() == []


ENTRY = FaqEntry("elder_card", "老年优待证", "去社区", ("老年证怎么办",), "街道", date(2026, 1, 5), "Card", "Go.", True)


async def test_faq_entries_come_change_and_go(store: Store, other: Store) -> None:
    assert await store.faq_put([ENTRY]) == 1
    assert store.faq == {ENTRY.id: replace(ENTRY, version=1)}
    await other.refresh()
    assert other.faq == store.faq
    await store.faq_put([replace(ENTRY, answer="改了")])
    assert store.faq[ENTRY.id] == replace(ENTRY, answer="改了", version=2)
    assert await store.faq_withdraw(ENTRY.id)
    assert not await store.faq_withdraw(ENTRY.id)
    assert await store.faq_list() == ()
    await store.faq_put([ENTRY])
    assert [entry.id for entry in await store.faq_list()] == [ENTRY.id]


async def test_another_process_sees_an_import_after_its_next_look(store: Store, other: Store) -> None:
    await store.replace_directory(replace(rows(), people=()))
    assert other.directory.person(WANG) is not None
    await other.refresh()
    assert other.directory.person(WANG) is None


async def test_who_is_erased_from_the_staff_list_is_erased(store: Store) -> None:
    await store.keep([private(user_of(LI))])
    fewer = tuple(person for person in rows().people if person.id != LI)
    await store.replace_directory(replace(rows(), people=fewer))
    assert LI not in store.reach
    await store.replace_directory(rows())
    person = store.directory.person(LI)
    assert person is not None
    assert person.phone == "19900000001"
    assert LI in store.reach


async def test_old_address_books_are_let_go(store: Store) -> None:
    inbound, known = message(), []
    thread = await store.thread(inbound)
    for n in range(6):
        await store.scene(inbound, thread, likeness=lambda words: 0.0)
        known.append(weakref.ref(store.directory))
        await store.commit(Outcome(f"click:{n}", (GroupChange(GROUP, present=bool(n % 2)),)))
    gc.collect()
    assert not [book for book in known if book() is not None]


async def test_old_things_are_tidied_away(store: Store) -> None:
    inbound = message()
    case = await opened(store, inbound)
    thread = await thread_of(store, inbound)
    await store.keep([message()])  # unfinished: stays however old
    done = message()
    await store.keep([done])
    await store.drop(done.cause)
    await store.commit(Outcome("click:1"))
    later = NOON.replace(year=2027)
    await store.tidy(later)
    left = everything(store)
    assert len(left["inbox"]) == 1
    assert left["cause"] == []
    read = await store.db.read(lambda c: thread_by_id(c, store.keys, store.house, thread.id))
    assert read is not None
    assert (read.draft, read.at) == (None, GROUP)
    assert (await case_of(store, case.number)).words == case.words
