"""wuyou demo and wuyou run as processes: the address, the doors, the signals, what is refused."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from nlu.model import Model

PATIENCE = 120  #: Seconds; a busy machine needs some, and nothing is judged by it.


class Running:
    """A wuyou command that goes on until it is stopped."""

    def __init__(self, *words: str, **env: str) -> None:
        self._lines: SimpleQueue[str] = SimpleQueue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | env | {"PYTHONUNBUFFERED": "1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def says(self, words: str) -> str:
        """Waits for a line with these words and returns it."""
        heard = []
        while True:
            try:
                heard.append(self._lines.get(timeout=PATIENCE))
            except Empty:
                pytest.fail(f"never said {words!r}, but: {''.join(heard)}")
            if words in heard[-1]:
                return heard[-1]

    def address(self) -> str:
        found = re.search(r"http://[\d.]+:\d+", self.says("is open at"))
        assert found
        return found[0]

    def ends(self, number: signal.Signals | None = None) -> int:
        """Returns the exit code, after the signal if one is named."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def started() -> Iterator[list[Running]]:
    """Commands that are ended with the test, whatever happens in it."""
    running: list[Running] = []
    yield running
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
            each.ends()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def opened(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return response.status, response.read().decode()


def test_the_demo_opens_beside_a_taken_port_and_stops_when_asked(
    started: list[Running], model: Model, model_folder: Path, taken: int, tmp_path: Path
) -> None:
    (tmp_path / "model").symlink_to(model_folder)
    demo = Running("demo", "--port", str(taken), "--data", str(tmp_path))
    started.append(demo)
    assert str(taken) in demo.says("in use by another program")
    address = demo.address()
    assert not address.endswith(f":{taken}")
    assert "Ctrl+C" in demo.says("Stop it")
    status, page = opened(address)
    assert status == 200
    assert "陈奶奶" in page
    assert opened(f"{address}/livez") == (200, "ok\n")
    with pytest.raises(OSError, match="refused"):  # Loopback's first address, and no other of this machine.
        socket.create_connection(("127.0.0.2", int(address.rpartition(":")[2])), timeout=PATIENCE).close()
    others = [path for path in tmp_path.rglob("*") if path.stat().st_mode & 0o077 and "model" not in path.parts]
    assert others == [], "what people wrote, and their photos, only the owner reads"

    second = Running("demo", "--port", "0", "--data", str(tmp_path))
    started.append(second)
    second.says("Another wuyou is running")
    assert second.ends() == 1

    assert demo.ends(signal.SIGINT) == 0
    demo.says("Stopping")


def test_in_earnest_there_are_no_seats_no_sample_and_sigterm_ends_it(
    started: list[Running], model: Model, model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "model").symlink_to(model_folder)
    config = tmp_path / "config.yaml"
    config.write_text("web: {port: 0}\n")
    running = Running("run", "--config", str(config))
    started.append(running)
    running.says("The directory is empty")
    running.says("The FAQ is empty")
    address = running.address()
    status, page = opened(address)
    assert status == 200
    assert "陈奶奶" not in page
    assert opened(f"{address}/livez") == (200, "ok\n")
    with pytest.raises(urllib.error.HTTPError):
        opened(f"{address}/s/resident1")
    assert running.ends(signal.SIGTERM) == 0


def test_a_taken_port_in_earnest_is_one_sentence(
    started: list[Running], model: Model, model_folder: Path, taken: int, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "model").symlink_to(model_folder)
    config = tmp_path / "config.yaml"
    config.write_text(f"web: {{port: {taken}}}\n")
    running = Running("run", "--config", str(config))
    started.append(running)
    assert str(taken) in running.says("in use")
    assert running.ends() == 2
