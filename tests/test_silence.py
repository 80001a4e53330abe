"""The guard over all logs: what it must find, and what it must let pass."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import conftest
from tests.silence import told


@pytest.mark.parametrize(
    "line",
    [
        "user=330106199003071234 said",
        "id 11010519491231002X.",
        "phone=13812345678",
        "call +86 138 1234 5678 now",
        "POST https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9/sendMessage",
        "key wy_" + "a" * 43,
        "GET /my/" + "t" * 43,
        "https://t.me/wuyou_bot?start=" + "s" * 43,
        "Authorization: Bearer abcdefghijklmnop1234",
    ],
)
def test_it_is_found(line: str) -> None:
    assert told(f"first line\n{line}\nlast line")
    report = SimpleNamespace(outcome="passed", sections=[("Captured stdout call", line)], longrepr=None)
    assert conftest._silent(report).outcome == "failed"  # type: ignore[arg-type]
    assert line not in str(report.longrepr)


@pytest.mark.parametrize(
    "line",
    [
        "case=38164275 cause=telegram:bot1:41 letters=2",
        "at=1767585600000000 late=0.02 id=1381234567890123",
        "photo=k3jx9.jpg 138****5678 3301**********1234",
        "sqlite:///dev/shm/x.db 2026-01-05T04:00:00+00:00",
        "seed 13812345678.5 t1:13800138000",
    ],
)
def test_it_is_let_pass(line: str) -> None:
    assert told(line) == ""
    report = SimpleNamespace(outcome="passed", sections=[("Captured log call", line)], longrepr=None)
    assert conftest._silent(report).outcome == "passed"  # type: ignore[arg-type]
