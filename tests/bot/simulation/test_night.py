"""A night on virtual time: the same for the same seed, kept promises at twenty times the load, real rows underneath."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
import structlog

from bot.cli_simulate import _kept, _lasted
from bot.simulation import night as night_of
from bot.simulation.figures import ClockFigures, Figures, percentile
from bot.simulation.night import Night, simulate
from bot.simulation.street import rows
from routing.areas import AreaKind
from routing.directory import Role
from routing.sla import PROMISED
from tests.bot.commands import runs

SMALL = Night(reports=15, hours=0.1, seed=3)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def small() -> Figures:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    return simulate(SMALL, "balanced")


def test_the_same_seed_gives_the_same_night(small: Figures) -> None:
    assert json.dumps(asdict(simulate(SMALL, "balanced"))) == json.dumps(asdict(small))


def test_every_report_becomes_a_case_with_its_clocks(small: Figures) -> None:
    assert small.reports == small.cases == SMALL.reports
    assert set(small.clocks) == set(PROMISED)
    assert small.clocks["sign"].count == SMALL.reports
    for clock in small.clocks.values():
        assert 0 <= clock.p50 <= clock.p95 <= clock.p99
        assert clock.broken <= clock.count
    assert small.states.get("received", 0) == 0
    assert {"done", "closed"} & set(small.states)


def test_a_letter_takes_its_way_so_no_clock_is_nothing(small: Figures) -> None:
    assert 0.05 < small.clocks["sign"].p50 < 2.0
    assert small.clocks["call"].p50 > small.clocks["dispatch"].p50


def test_at_twenty_times_the_load_the_first_two_promises_hold() -> None:
    found = simulate(Night(reports=60, hours=0.33, load=20.0, seed=2), "balanced")
    assert found.clocks["sign"].p99 <= 2.0
    assert found.clocks["dispatch"].p99 <= 10.0
    assert found.talk > 60 * 40  # Neighbours talked all the while.


def test_another_seed_gives_another_night(small: Figures) -> None:
    other = simulate(replace(SMALL, seed=4), "balanced")
    assert asdict(other) != asdict(small)


def test_a_policy_changes_who_is_asked_and_nothing_of_what_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, list[tuple[str, object, str]]] = {}

    def play(policy: str) -> Figures:
        class Pen(night_of.Pen):
            def writes(self, number: int, at: Any) -> Any:
                report = super().writes(number, at)
                written.setdefault(policy, []).append((report.words, at, report.group.chat_id))
                return report

        with monkeypatch.context() as patch:
            patch.setattr(night_of, "Pen", Pen)
            return simulate(Night(reports=40, hours=1.5, people=24, areas=2, seed=3), policy)

    figures = [play(policy) for policy in ("nearest", "least-loaded")]
    assert written["nearest"] == written["least-loaded"]
    assert figures[0].clocks != figures[1].clocks


@pytest.mark.parametrize(("people", "areas"), [(221, 12), (60, 5), (9, 1)])
def test_the_street_has_so_many_patrols_in_so_many_areas_and_each_grid_lies_in_one(people: int, areas: int) -> None:
    found = rows(people, areas).directory()
    patrols = [each for each in found.people.values() if each.role is Role.PATROL]
    assert len(patrols) == people
    assert len([area for area in found.areas.values() if area.kind is AreaKind.PATROL]) == areas
    for area in found.areas.values():
        if area.kind is AreaKind.GRID:
            assert found.patrol_area_of(area.code) is not None
            assert found.patrols_of(area.code)


def test_with_the_usual_numbers_it_is_the_sample_street_in_another_app() -> None:
    from bot.sample.street import street

    ours, sample = rows(), street()
    assert {each.code for each in ours.areas} == {each.code for each in sample.areas}
    assert len(ours.groups) == len(sample.groups) == 446
    assert set(ours.duty) == set(sample.duty)


def test_percentiles_are_values_that_were_there() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 50) == 0.0


def test_the_command_prints_json_with_the_clocks_in_seconds(small: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    # The night itself, in processes of its own, is played for the next test.
    monkeypatch.setattr("bot.cli_simulate._played", lambda *_, **__: [small])
    done = runs("simulate", "--reports", "3", "--hours", "0.05", "--policy", "balanced", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["clocks"]["sign"]["p99"] == small.clocks["sign"].p99 < 2
    assert found["night"]["reports"] == 3
    assert found["policies"]["balanced"]["clocks"] == found["clocks"]


def test_the_command_prints_policies_side_by_side() -> None:
    done = runs(
        "simulate", "--reports", "2", "--hours", "0.05", "--people", "30", "--areas", "3",
        "--policy", "balanced", "--policy", "least-loaded",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    for word in ("sign", "dispatch", "call", "arrive", "done", "balanced", "least-loaded", "p99", "30 patrols"):
        assert word in done.stdout
    assert "promises broken" in done.stdout


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0.00 s"), (0.234, "0.23 s"), (9.96, "10 s"), (58.7, "59 s"), (99.4, "99 s"), (99.6, "1 min 40 s"),
        (245.2, "4 min 05 s"), (3599.4, "59 min 59 s"), (3599.7, "1 h 00 min"), (6546.2, "1 h 49 min"),
    ],
)  # fmt: skip
def test_times_are_told_as_people_tell_them(seconds: float, told: str) -> None:
    assert _lasted(seconds) == told


def test_all_promises_are_kept_only_when_none_was_broken() -> None:
    def clock(count: int, broken: int) -> ClockFigures:
        return ClockFigures(count, 0, 0.0, 0.0, 0.0, {"busy": broken} if broken else {})

    assert [_kept(clock(2000, broken)) for broken in (0, 1, 200, 2000)] == ["100 %", "99.9 %", "90 %", "0 %"]
    assert _kept(clock(0, 0)) == "-"


def test_an_unknown_policy_is_one_sentence() -> None:
    done = runs("simulate", "--policy", "dearest")
    assert done.exit_code == 1
    assert "'dearest' is no policy" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reports", "0"), "'--reports'"),
        (("--hours", "nan"), "'--hours'"),
        (("--people", "1000000"), "'--people'"),
        (("--areas", "151"), "'--areas'"),
        (("--load", "inf"), "'--load'"),
        (("--load", "-1"), "'--load'"),
        (("--seed", "x"), "'--seed'"),
    ],
)
def test_what_nobody_could_play_is_refused_by_its_name(words: tuple[str, str], told: str) -> None:
    done = runs("simulate", *words)
    assert done.exit_code == 2
    assert f"Invalid value for {told}" in done.output
