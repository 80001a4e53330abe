"""Two processes and one account: whoever signs in while the password changes is in with the new one, or out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from bot.store import accounts
from bot.store.database import Database
from tests.bot.store.test_accounts import ready
from tests.town import NOON

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.fixture
def houses(postgres_url: str) -> Iterator[tuple[Database, Database]]:
    one, other = Database.open(postgres_url), Database.open(postgres_url)
    yield one, other
    one.close_now()
    other.close_now()


@pytest.fixture
def postgres_url(servers: object) -> Iterator[str]:
    url = servers.postgres(tables=True)  # type: ignore[attr-defined]
    yield url
    servers.drop(url)  # type: ignore[attr-defined]


def meanwhile(connection: Connection, change: Callable[[], None]) -> threading.Thread:
    """Begins the change in the other process, and goes on when it is done or waits for this transaction."""
    thread = threading.Thread(target=change)
    thread.start()
    until = time.monotonic() + 10
    while thread.is_alive() and not connection.scalar(WAITING) and time.monotonic() < until:
        time.sleep(0.01)
    return thread


@pytest.mark.postgres
@pytest.mark.parametrize("change", ["password", "revoke"])
def test_a_session_of_the_old_password_does_not_outlive_it(houses: tuple[Database, Database], change: str) -> None:
    one, other = houses
    ready(one)
    threads: list[threading.Thread] = []

    def another() -> None:
        if change == "password":
            other.write_now(lambda c: accounts.change_password(c, "feng", "new", NOON, "none"))
        else:
            other.write_now(lambda c: accounts.revoke(c, "feng", NOON))

    def enter(connection: Connection) -> str:
        held = accounts.held_password_of(connection, "feng")
        threads.append(meanwhile(connection, another))
        assert held == "hash"
        return accounts.sign_in(connection, "feng", NOON)

    token = one.write_now(enter)
    threads[0].join()
    assert one.read_now(lambda c: accounts.session_of(c, token, NOON)) is None


@pytest.mark.postgres
def test_tries_in_two_processes_are_counted_together(houses: tuple[Database, Database]) -> None:
    one, other = houses
    key, minute = b"k", timedelta(minutes=1)
    one.write_now(lambda c: accounts.tried(c, key, NOON, 2, minute))
    threads: list[threading.Thread] = []

    def count(connection: Connection) -> timedelta:
        wait = accounts.tried(connection, key, NOON, 2, minute)
        threads.append(meanwhile(connection, lambda: seen.append(other.write_now(again))))
        return wait

    def again(connection: Connection) -> timedelta:
        return accounts.tried(connection, key, NOON, 2, minute)

    seen: list[timedelta] = []
    assert one.write_now(count) == timedelta(0)
    threads[0].join()
    assert seen == [minute]
