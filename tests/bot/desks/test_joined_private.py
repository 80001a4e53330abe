"""A case that others were joined to turns out to be private: they hear the end of their own, and nothing of it."""

from __future__ import annotations

from dataclasses import replace

from bot.desks import closing, status
from bot.desks.turn import Turn
from bot.messages import Address, Letter
from bot.outcome import Fresh, Joined, Resident, Scene, Thread
from routing.case import Case, State, Verb
from tests import town

GROUP = Address(town.CHANNEL, town.BOT, town.GROUP_WILLOW)
LEAD = Case(
    "38164275", State.ACCEPTED, "alice", "t1", "m1", town.NOON, "门口在吵", "enforcement.noise",
    grid=town.GRID_1, place="柳岸路3号", holder=town.LI,
)  # fmt: skip
OTHER = replace(
    LEAD, number="51234567", reporter="bob", thread="t2", message="m2", state=State.JOINED, joined_to="38164275"
)


def talk(who: str, id: str) -> Thread:
    return Thread(id, GROUP, Resident(who, town.CHANNEL, f"u-{who}", who, version=1), version=1)


def heard_by_bob(lead: Case) -> list[Letter]:
    scene = Scene(
        Fresh("1", "2", ()), case=lead, reporter=talk("alice", "t1"), joined=(Joined(OTHER, talk("bob", "t2")),)
    )
    turn = Turn("x", scene, town.town(), town.NOON)
    turn.step(Verb.FINISH, town.LI, "她丈夫打了她，已送医院", ("result.jpg",))
    closing.ask_whether_solved(turn)
    status.show(turn)
    return [letter for letter in turn.outcome("").letters if letter.case == OTHER.number]


def test_of_a_public_case_everybody_joined_hears_what_was_done() -> None:
    done = next(letter for letter in heard_by_bob(LEAD) if letter.key == "same.done")
    assert "已送医院" in str(done.params["words"]) and done.photos == ("result.jpg",)


def test_of_a_case_that_turned_out_private_nobody_joined_reads_kind_words_or_pictures() -> None:
    letters = heard_by_bob(replace(LEAD, category="order.family", private=True))
    assert {letter.key for letter in letters} == {"same.done", "case.status"}
    for letter in letters:
        assert "order.family" not in repr(letter.params) and "医院" not in str(letter.params)
        assert letter.photos == ()
        assert "kind.enforcement.noise" in repr(letter.params)
