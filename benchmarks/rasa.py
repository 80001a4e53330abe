"""The built-in engine beside a real Rasa, trained on the same lines: `make bench-rasa` (ARGS="--lines 100" for a try).

Rasa is trained in a folder of its own and asked through its server on loopback, as the bot would; the built-in engine
is asked in its own process, as the bot does. All of the written data takes Rasa an hour or more on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlu.evaluate import classified, percentile
from nlu.lexical import Lexicon
from nlu.model import keep, load_entries, load_model
from nlu.rasa import Rasa, write_project
from nlu.rows import Row, read_rows
from nlu.train import train
from nlu.understand import EngineDown, Understand
from nlu.understanding import Guess
from nlu.written import BadData, Example, Written, read_folder

ROOT = Path(__file__).parents[1]
DEVELOPMENT = ROOT / "tests" / "nlu" / "development"
#: Of --lines, so many for each kind of label, and so many lines a label. Bare intents take all seven.
SMALL = {"report": (0.38, 4), "faq": (0.24, 3), "": (0.38, 6)}
STARTS = 180.0  #: Seconds a server may take to start.
CLIENTS = 8  #: Ask at the same time in the second measurement.
WARM = 20

Asked = tuple[Sequence[Guess], Sequence[Guess]]


def small(data: Written, lines: int) -> Written:
    """Returns about `lines` of the examples: some labels of every kind, some lines of each, more when all labels
    are in; all when 0."""
    if not lines:
        return data
    labels: dict[str, dict[str, int]] = {kind: {} for kind in SMALL}
    whole = {kind: {each.label for each in data.examples if (each.kind if each.name else "") == kind} for kind in SMALL}
    examples: list[Example] = []
    for each in data.examples:
        kind = each.kind if each.name else ""
        if kind not in SMALL:
            continue  # messages of danger: reports and talk to Rasa, of which it has enough
        share, most = SMALL[kind]
        most = max(most, round(lines * share / max(1, len(whole[kind]))))
        taken = labels[kind]
        if kind and each.label not in taken and len(taken) >= max(2, round(lines * share / most)):
            continue
        if taken.get(each.label, 0) < most:
            taken[each.label] = taken.get(each.label, 0) + 1
            examples.append(each)
    return Written(tuple(examples), tuple(each for each in data.articles if f"faq/{each.id}" in labels["faq"]))


def scored(rows: Sequence[Row], guessed: Sequence[Sequence[Guess]]) -> dict[str, float]:
    """Returns accuracy, macro_f1, ece and n of the best guesses."""
    best = [some[0] if some else Guess("", 0.0) for some in guessed]
    found = classified([row.columns[0] for row in rows], [each.label for each in best], [each.p for each in best])
    return {"n": found.n, "accuracy": found.accuracy, "macro_f1": found.macro_f1, "ece": found.ece}


def exams(options: argparse.Namespace, data: Written) -> dict[str, list[Row]]:
    """Returns the rows of both files whose labels the engines were taught."""
    known = {"intents": {str(each.intent) for each in data.examples}, "categories": set(data.categories)}
    found = {}
    for name, file in (("intents", options.intents), ("categories", options.categories)):
        rows = read_rows(file, 2, "label, message")
        found[name] = [row for row in rows if row.columns[0] in known[name]]
        if not found[name]:
            raise BadData(f"{file}: no line has a label that was learnt")
    return found


async def sat(ask: Callable[[str], Any], rows: dict[str, list[Row]], clients: int) -> dict[str, Any]:
    """Returns what `ask` makes of the rows: one after the other, then the same by several clients at once."""
    seconds: list[float] = []
    answers: dict[str, list[Asked]] = {name: [] for name in rows}
    first = next(iter(rows.values()))
    for row in first[:WARM]:
        await ask(row.columns[1])
    whole = time.perf_counter()
    for name, some in rows.items():
        for row in some:
            began = time.perf_counter()
            answers[name].append(await ask(row.columns[1]))
            seconds.append(time.perf_counter() - began)
    alone = len(seconds) / (time.perf_counter() - whole)
    crowd: list[float] = []
    texts = iter([row.columns[1] for some in rows.values() for row in some])

    async def client() -> None:
        for text in texts:
            began = time.perf_counter()
            await ask(text)
            crowd.append(time.perf_counter() - began)

    together = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return {
        "p50_ms": percentile(seconds, 0.5),
        "p99_ms": percentile(seconds, 0.99),
        "per_second": alone,
        f"p50_ms_{clients}_clients": percentile(crowd, 0.5),
        f"p99_ms_{clients}_clients": percentile(crowd, 0.99),
        f"per_second_{clients}_clients": len(crowd) / (time.perf_counter() - together),
        "intents": scored(rows["intents"], [intents for intents, _ in answers["intents"]]),
        "categories": scored(rows["categories"], [categories for _, categories in answers["categories"]]),
    }


# --- the built-in engine, in processes of its own so that memory is its own


def taught(data: Written, folder: Path) -> dict[str, Any]:
    """Trains into `folder`; returns seconds and the most memory that it took."""
    began = time.perf_counter()
    keep(train(data), data.entries(), folder)
    return {"train_seconds": time.perf_counter() - began, "train_mb": _peak()}


async def builtin(folder: Path, rows: dict[str, list[Row]]) -> dict[str, Any]:
    """Asks the whole understanding: FAQ, places, times and the rest as well, which Rasa is not asked for."""
    model = load_model(folder)
    nlu, lexicon, now = (
        Understand(model),
        Lexicon(load_entries(folder), (), model.background, model.entries),
        datetime.now(UTC),
    )

    async def ask(text: str) -> Asked:
        heard = await nlu.understand(text, topic=None, lexicon=lexicon, now=now)
        return heard.intents, heard.categories

    return await sat(ask, rows, CLIENTS) | {"memory_mb": _peak()}


def in_process(part: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Returns what this file prints when run for that part."""
    words = [sys.executable, "-m", "benchmarks.rasa", "--part", part, "--folder", str(folder)]
    words += ["--lines", str(options.lines), "--intents", str(options.intents), "--categories", str(options.categories)]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(words, cwd=ROOT, env=os.environ | one, stdout=subprocess.PIPE, check=True, timeout=1800)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- Rasa


@contextmanager
def running(words: list[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all its children; they end with the block, however it ends."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            words,
            cwd=folder,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env=os.environ | {"RASA_TELEMETRY_ENABLED": "false"},
        )
    try:
        yield process
    finally:
        for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            if process.poll() is None:
                os.killpg(process.pid, number)
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    continue


def with_rasa(rasa: Path, data: Written, rows: dict[str, list[Row]], folder: Path, patience: float) -> dict[str, Any]:
    """Trains a real Rasa, starts its server, asks it. Raises RuntimeError with the log's end when it does not work."""
    write_project(data, folder)
    log = folder / "rasa.log"
    began = time.perf_counter()
    most = 0.0
    with running([str(rasa), "train", "nlu", "--nlu", "data", "--fixed-model-name", "bench"], folder, log) as process:
        while process.poll() is None:
            if time.perf_counter() - began > patience:
                raise RuntimeError(f"Rasa's training took longer than {patience:.0f} s (--patience)")
            most = max(most, _memory(process.pid))
            time.sleep(0.5)
    seconds = time.perf_counter() - began
    model = folder / "models" / "bench.tar.gz"
    if process.returncode or not model.is_file():
        raise RuntimeError(f"Rasa could not be trained:\n{_end(log)}")
    port = _free()
    words = [str(rasa), "run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", str(model)]
    with running(words, folder, log) as process:
        url = f"http://127.0.0.1:{port}"
        started = _until_open(url, process, log)
        found = asyncio.run(_asked(url, rows))
        memory = _memory(process.pid)
    return found | {"train_seconds": seconds, "train_mb": most, "start_seconds": started, "memory_mb": memory}


async def _asked(url: str, rows: dict[str, list[Row]]) -> dict[str, Any]:
    async with Rasa(url, timeout=30.0) as rasa:
        return await sat(rasa.parse, rows, CLIENTS)


def _until_open(url: str, process: subprocess.Popen[bytes], log: Path) -> float:
    began = time.perf_counter()
    while time.perf_counter() - began < STARTS:
        if process.poll() is not None:
            raise RuntimeError(f"Rasa's server ended:\n{_end(log)}")
        try:
            with urllib.request.urlopen(f"{url}/status", timeout=5):
                return time.perf_counter() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"Rasa's server did not open within {STARTS:.0f} s:\n{_end(log)}")


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])


def _memory(session: int) -> float:
    """Megabytes resident in all processes of a session, as Linux counts them (shared pages more than once)."""
    pages = 0
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if int((each / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                pages += int((each / "statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _peak() -> float:
    """The most megabytes this process had resident (macOS counts bytes, Linux kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# --- side by side


def table(found: dict[str, Any]) -> str:
    """Returns the figures, a line each, the engines side by side."""
    engines = list(found["engines"])
    flat: dict[str, dict[str, float]] = {}
    for engine in engines:
        for name, value in found["engines"][engine].items():
            pairs = value.items() if isinstance(value, dict) else [("", value)]
            for inner, figure in pairs:
                flat.setdefault(f"{name} {inner}".strip(), {})[engine] = figure
    lines = [
        f"{found['lines']} lines learnt · {found['machine']}",
        "",
        f"{'':<28}" + "".join(f"{e:>14}" for e in engines),
    ]
    for name, row in flat.items():
        digits = 3 if name.endswith(("accuracy", "macro_f1", "ece")) else 0 if name.endswith((" n", "_mb")) else 2
        cells = (f"{row[each]:>14,.{digits}f}" if each in row else f"{'':>14}" for each in engines)
        lines.append(f"{name:<28}" + "".join(cells))
    return "\n".join(lines)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.rasa", description=__doc__)
    parser.add_argument("--lines", type=int, default=0, help="learn about so many lines (40 or more); else all")
    parser.add_argument("--intents", type=Path, default=DEVELOPMENT / "intent.tsv", help="intent, tab, message")
    parser.add_argument("--categories", type=Path, default=DEVELOPMENT / "category.tsv", help="code, tab, message")
    parser.add_argument("--rasa", type=Path, default=ROOT / ".venv/rasa/bin/rasa", help="the program rasa")
    parser.add_argument("--patience", type=float, default=4 * 3600, help="seconds that Rasa's training may take")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--part", choices=("train", "sit"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = read_options()
    options.intents, options.categories = options.intents.resolve(), options.categories.resolve()
    try:
        data = small(read_folder(ROOT / "nlu" / "data"), options.lines)
        rows = exams(options, data)
    except BadData as error:
        print(error, file=sys.stderr)
        return 2
    if options.part:
        part = taught(data, options.folder) if options.part == "train" else asyncio.run(builtin(options.folder, rows))
        print(json.dumps(part))
        return 0
    if not options.rasa.is_file():
        print(f"There is no Rasa at {options.rasa}: make rasa, or name one with --rasa", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-rasa-") as folder:
        try:
            print("Training and asking the built-in engine ...", file=sys.stderr)
            ours = in_process("train", Path(folder) / "builtin", options)
            ours |= in_process("sit", Path(folder) / "builtin", options)
            print("Training and asking Rasa ...", file=sys.stderr)
            theirs = with_rasa(options.rasa.absolute(), data, rows, Path(folder) / "rasa", options.patience)
        except (RuntimeError, EngineDown, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
            return 1
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    learnt = Counter(each.kind if each.name else "intent" for each in data.examples)
    engines = {"builtin": {name: ours[name] for name in theirs if name in ours}, "rasa": theirs}
    found = {"lines": len(data.examples), "kinds": dict(learnt), "machine": machine, "engines": engines}
    print(json.dumps(found, ensure_ascii=False) if options.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
