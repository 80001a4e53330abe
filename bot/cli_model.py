"""wuyou train, wuyou evaluate: models learnt from written data, and how right they are on messages they never saw."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli_terminal import BROKEN, AsJson, quiet, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.config import Settings
    from nlu.city import City
    from nlu.exam import Pupil, Result, Task
    from nlu.lexical import Lexicon
    from nlu.model import EncoderFit, Model
    from nlu.rows import Row
    from nlu.semantic import Model as Encoder
    from nlu.understanding import Entry
    from nlu.written import Written

TaskName = Literal["faq", "category", "intent", "scope", "place", "duplicate"]
_MODELS = Path("data/model")  #: Where `wuyou run` keeps what it has learnt, with the configuration as it comes.


def train(
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of .yml files; else Wuyou's own.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the model goes; else data/model.")] = None,
    encoder: Annotated[
        str, typer.Option(metavar="NAME", help="A sentence-transformers model, by folder or hub name, to be weighed.")
    ] = "",
    task: Annotated[Literal["category"] | None, typer.Option(help="Learn this alone, from --tsv.")] = None,
    tsv: Annotated[Path | None, typer.Option(metavar="FILE", help="Label, tab, message; a line each.")] = None,
) -> None:
    """Learn from written data: kinds of message, categories, and what is rare. Seconds, on one core.

    The bot learns its own data by itself; this is for data of yours. It is in Rasa's YAML format, as in nlu/data; then
    `nlu.model: DIR` in the configuration makes the bot use it. With --task category --tsv a city's own messages with
    the city's own labels (2 to 200 of them) are learnt; wuyou evaluate --model DIR says how well.

    \b
    Examples:
      wuyou train
      wuyou train --data our-data --out our-model
      wuyou train --encoder models/bge-small-zh
      wuyou train --task category --tsv messages.tsv --out city-model
    """
    _one_thread()
    if (task is None) != (tsv is None):
        refuse("--task category and --tsv FILE belong together.", BROKEN)
    if task and data:
        refuse("--data is a folder of .yml files, --tsv a file of labelled messages; give one of them.", BROKEN)
    if task and out is None:
        refuse("Where shall the model go? Name a folder with --out DIR.", BROKEN)
    with _troubles():
        if tsv is not None and out is not None:
            _train_city(tsv, out)
        else:
            _train_all(data, out, encoder)


def evaluate(
    file: Annotated[Path, typer.Argument(help="Lines of a label, a tab and a message.")],
    task: Annotated[TaskName, typer.Option(help="What the file is about.")],
    model: Annotated[Path | None, typer.Option(metavar="DIR", help="A folder of wuyou train.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="With its encoder, Rasa and model.")
    ] = None,
    reliability: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw how sure against how often right.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how right the bot is on labelled messages, and how fast. Nothing is stored or sent.

    \b
    A line of FILE, with tabs between the columns:
      faq        id of the FAQ entry, question
      category   code of the category, message
      intent     ask, report, chat, points, missing, human or greet_or_thanks, message
      scope      in, near or far (of what the FAQ can answer), question
      place      any label, message, the place as it stands in the message (empty: none)
      duplicate  text, another text, 1 (the same matter) or 0

    Without --model it is the model of Wuyou's own data. Milliseconds are those of one message on one thread, all of
    its understanding. top3 and mrr look at the three answers that the bot would offer.

    \b
    Examples:
      wuyou evaluate questions.tsv --task faq
      wuyou evaluate messages.tsv --task category --model city-model --json
      wuyou evaluate messages.tsv --task intent --reliability intent.svg
    """
    _one_thread()
    quiet("error")
    from nlu.exam import Task

    if reliability is not None:
        if task not in ("faq", "category", "intent"):
            refuse("--reliability is for faq, category and intent: the others have no sureness to draw.", BROKEN)
        if reliability.suffix != ".svg":
            refuse(f"--reliability {reliability}: it is drawn as SVG; give a name that ends in .svg", BROKEN)
    with _troubles():
        result = _examined(file, Task(task), model, config)
        if reliability is not None:
            from nlu.reliability import drawn

            reliability.write_text(drawn(result.sureness, f"{task}: {file.name}"), encoding="utf-8")
    if as_json:
        rounded = {name: value if name == "n" else _number(value) for name, value in result.figures.items()}
        say(json.dumps(rounded))
        return
    rows = [(name, _shown(name, value)) for name, value in (result.figures | result.aside).items()]
    table((task, ""), rows)
    if result.confusions:
        table(("true", "guessed", "times"), result.confusions)
    if reliability is not None:
        say(f"Drawn: {reliability}")


def _train_city(tsv: Path, out: Path) -> None:
    from nlu.city import learn
    from nlu.exam import COLUMNS, Task
    from nlu.rows import read_rows
    from nlu.written import BadData

    began = time.perf_counter()
    rows = read_rows(tsv, *COLUMNS[Task.CATEGORY])
    _writable(out)
    with _progress() as tell:
        try:
            city = learn([(row.columns[1], row.columns[0]) for row in rows], lambda share: tell("categories", share))
        except BadData as error:
            raise BadData(f"{tsv}: {error}") from error
    city.keep(out)
    seconds = time.perf_counter() - began
    say(f"{len(rows)} messages with {len(city.labels)} labels learnt in {seconds:.1f} s; the model is in {out}")
    say(f"How right it is on others: wuyou evaluate FILE --task category --model {out}")


def _train_all(data: Path | None, out: Path | None, encoder: str) -> None:
    from bot.__main__ import written
    from nlu.model import keep
    from nlu.train import fingerprint
    from nlu.train import train as learn
    from nlu.written import BadData, read_folder
    from routing.platforms import CATEGORIES

    began = time.perf_counter()
    folder = data or written()
    lines = read_folder(folder, set(CATEGORIES))
    place = out or _MODELS / fingerprint(folder)
    _writable(place)
    loaded = _encoder(encoder) if encoder else None  # What cannot be had is said before all the training.
    with _progress() as tell:
        try:
            model = learn(lines, tell)
        except BadData as error:
            raise BadData(f"{folder}: {error}") from error
    if loaded is not None:
        with _progress() as tell:
            fit = _weigh(encoder, loaded, lines, lambda share: tell(f"encoder {encoder}", share))
        model = replace(model, encoder=fit)
    keep(model, lines.entries(), place)
    seconds = time.perf_counter() - began
    say(
        f"{len(lines.examples)} messages, {len(lines.articles)} FAQ entries, {len(model.categories.labels)} categories"
        f" learnt in {seconds:.1f} s; the model is in {place}"
    )
    if data is not None or out is not None:
        say(f"To use it: nlu.model: {place} in the configuration, or wuyou demo --model {place}")


def _encoder(name: str) -> Encoder:
    """Loads it, or says in one sentence why not."""
    from nlu.semantic import load_named

    logging.disable(logging.WARNING)  # The library says at length what is said here.
    try:
        return load_named(name)
    except ModuleNotFoundError as error:
        refuse(f"--encoder {name}: {error.name} is not installed (make semantic)", BROKEN)
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        refuse(f"--encoder {name}: cannot be loaded ({said[:200]})", BROKEN)
    finally:
        logging.disable(logging.NOTSET)


def _weigh(name: str, loaded: Encoder, lines: Written, tell: Callable[[float], None]) -> EncoderFit:
    """Says how much the encoder shall count."""
    from nlu.tune_encoder import fit_encoder

    fit = fit_encoder(
        name,
        lines,
        lambda texts: loaded.encode(list(texts), normalize_embeddings=True, show_progress_bar=False),
        tell,
    )
    found = ", ".join(f"{weight:g}: {share:.3f}" for weight, share in fit.top1)
    say(f"Encoder {name} counts {fit.weight:g}; questions that find their entry first, by weight: {found}")
    if not fit.weight:
        say("It wins nothing on what was left out of training, so the bot does not ask it.")
    return fit


def _examined(file: Path, task: Task, folder: Path | None, config: Path | None) -> Result:
    from nlu.city import is_city, load_city
    from nlu.exam import Pupil, Task, read_exam

    if folder is not None and not folder.is_dir():
        refuse(f"{folder}: there is no such folder; wuyou train --out {folder} makes it", BROKEN)
    if folder is not None and is_city(folder):
        if task is not Task.CATEGORY:
            refuse(f"{folder}: learnt from a city's own labelled messages; it serves --task category only", BROKEN)
        city = load_city(folder)
        return asyncio.run(_sat(task, read_exam(file, task, city.labels), city))
    from nlu.lexical import Lexicon
    from nlu.understand import Understand

    model, entries = _learnt(folder, config)
    labels = [each.id for each in entries] if task is Task.FAQ else model.categories.labels
    rows = read_exam(file, task, labels)
    lexicon = Lexicon(entries, (), model.background, model.entries)
    if config is not None:
        return asyncio.run(_sat_with_engines(task, rows, settings_of(config), model, lexicon))
    return asyncio.run(_sat(task, rows, Pupil(Understand(model), lexicon)))


async def _sat_with_engines(task: Task, rows: list[Row], settings: Settings, model: Model, lexicon: Lexicon) -> Result:
    from bot.cli_ask import engines
    from nlu.exam import Pupil

    nlu, trouble = await engines(settings, model, lexicon)
    if trouble:
        typer.echo(trouble, err=True)
    try:
        return await _sat(task, rows, Pupil(nlu, lexicon))
    finally:
        for engine in (nlu.remote, nlu.encoder):
            if engine is not None:
                await engine.close()


def _learnt(folder: Path | None, config: Path | None) -> tuple[Model, tuple[Entry, ...]]:
    """The model with its FAQ: of `folder`, of the configuration, or of Wuyou's own data."""
    from bot.__main__ import written
    from nlu import train as training
    from nlu.model import load_entries, load_model
    from nlu.written import read_folder

    settings = settings_of(config) if config else None
    if folder is None and settings is not None and settings.nlu.model:
        folder = Path(settings.nlu.model)
    if folder is not None:
        return load_model(folder), load_entries(folder)
    cache = Path(settings.keys).parent / "model" if settings else _MODELS
    return training.load_or_train(written(), cache), read_folder(written()).entries()


async def _sat(task: Task, rows: list[Row], pupil: Pupil | City) -> Result:
    from bot.__main__ import settle
    from nlu.exam import examine

    settle()  # As `run` does.
    with _progress() as tell:
        return await examine(task, rows, pupil, lambda share: tell("messages", share))


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar for each thing that is done, on stderr; nothing when it is no terminal."""
    if not sys.stderr.isatty():
        yield lambda what, share: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    bars: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:

        def tell(what: str, share: float) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=1.0)
            progress.update(bars[what], completed=share)

        yield tell


@contextmanager
def _troubles() -> Iterator[None]:
    """What is wrong with files and folders becomes one sentence and the exit code."""
    from bot.config import ConfigError
    from nlu.model import BadModel
    from nlu.written import BadData

    try:
        yield
    except (BadData, BadModel, ConfigError) as error:
        refuse(str(error), BROKEN)
    except OSError as error:
        refuse(f"{error.filename or 'The system'}: {error.strerror or error}", BROKEN)


def _writable(folder: Path) -> None:
    """Raises OSError before a long training, not after it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "cannot be written", str(folder))


def _one_thread() -> None:
    """The libraries under numpy take one thread each; only before numpy is imported."""
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _shown(name: str, value: float) -> str:
    if name == "n":
        return str(int(value))
    return "none to count" if math.isnan(value) else f"{value:.2f} ms" if name.endswith("_ms") else f"{value:.3f}"
