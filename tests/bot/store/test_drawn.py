"""Random bytes in handfuls: nothing is given out twice, and every number has its turn."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from bot.store.drawn import HANDFUL, below, drawn, token


def test_nothing_is_given_out_twice_in_any_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        loads = list(threads.map(lambda _: [drawn(12) for _ in range(2 * HANDFUL // 12)], range(8)))
    given = [each for load in loads for each in load]
    assert {len(each) for each in given} == {12}
    assert len(set(given)) == len(given)


def test_more_than_a_handful_comes_whole() -> None:
    assert len(drawn(3 * HANDFUL)) == 3 * HANDFUL


def test_a_child_process_draws_other_bytes_than_its_parent() -> None:
    drawn(1)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - measured in the parent
        os.write(writes, drawn(16))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reads, 16)
    os.close(reads)
    os.close(writes)
    assert len(theirs) == 16
    assert theirs != drawn(16)


def test_every_number_below_the_end_has_its_turn() -> None:
    assert {below(5) for _ in range(400)} == set(range(5))


def test_a_token_is_fit_for_an_address() -> None:
    assert len(token(32)) == 43
    assert token(18).replace("-", "").replace("_", "").isalnum()
