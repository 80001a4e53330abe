"""What the doctor says of understanding: the model, the encoder and the Rasa server that the configuration names."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.config import Settings
from bot.finding import Finding, Level
from nlu.model import BadModel, Model, load_model

#: Files of which a folder with a sentence-transformers model has one.
_OF_AN_ENCODER = ("modules.json", "config.json")


async def engines(settings: Settings, learnt: Path) -> AsyncIterator[Finding]:
    """Whether what the configuration names is there. Without a model the bot does not start; without an encoder or
    Rasa the built-in engine answers. `learnt` is the folder of what the bot learns by itself."""
    for finding in (*_model(settings.nlu.model), *_encoder(settings.nlu.encoder, Path(settings.nlu.model or learnt))):
        yield finding
    if settings.nlu.engine == "rasa":
        yield await _rasa(settings.nlu.rasa_url)


def _model(folder: str) -> Iterator[Finding]:
    if not folder:
        return
    try:
        load_model(Path(folder))
    except BadModel as error:
        yield Finding(
            Level.BROKEN, f"nlu.model: {error}.", "Make it with wuyou train --out DIR, or leave nlu.model empty."
        )
    else:
        yield Finding(Level.WELL, f"The model in {folder} can be read.")


def _encoder(name: str, learnt: Path) -> Iterator[Finding]:
    if not name:
        return
    folder = Path(name)
    if importlib.util.find_spec("sentence_transformers") is None:
        yield Finding(
            Level.WARNING,
            f"nlu.encoder names {name}, but sentence-transformers is not installed; the bot goes on without it.",
            "make semantic, or leave nlu.encoder empty.",
        )
    elif folder.is_dir() and not any((folder / each).is_file() for each in _OF_AN_ENCODER):
        yield Finding(
            Level.WARNING,
            f"nlu.encoder names the folder {name}, which holds no sentence-transformers model; the bot goes on"
            " without it.",
            "Give the folder that holds its modules.json or config.json, or its name on the hub.",
        )
    elif ("/" not in name or name.startswith((".", "/"))) and not folder.is_dir():
        yield Finding(
            Level.WARNING,
            f"nlu.encoder names the folder {name}, which is not there; the bot goes on without it.",
            "Give the folder of a sentence-transformers model, or its name on the hub.",
        )
    else:
        yield _weighed(name, _read(learnt))


def _weighed(name: str, model: Model | None) -> Finding:
    """Whether it is known how much the encoder counts, and whether it counts at all."""
    fit = model.encoder if model else None
    if model is not None and (fit is None or fit.name != name):
        return Finding(
            Level.NOTE,
            f"How much nlu.encoder {name} should count has not been tried; it counts as much as thresholds.toml says.",
            f"wuyou train --encoder {name} (with the --data and --out of your nlu.model, if you have one)",
        )
    if fit is not None and not fit.weight:
        return Finding(
            Level.NOTE,
            f"The encoder {name} won nothing when wuyou train weighed it: it is neither loaded nor asked.",
            "Leave nlu.encoder empty, or try another.",
        )
    return Finding(Level.WELL, f"The encoder {name} is there; it is loaded in the background when the bot starts.")


def _read(folder: Path) -> Model | None:
    try:
        return load_model(folder)
    except BadModel:
        return None


async def _rasa(url: str) -> Finding:
    from nlu.rasa import Rasa
    from nlu.understand import EngineDown

    async with Rasa(url, timeout=5.0, tries=1) as rasa:
        try:
            await rasa.parse("你好")
        except EngineDown as error:
            return Finding(
                Level.WARNING,
                f"nlu.rasa_url: Rasa at {url} does not answer ({error}); the built-in engine answers instead.",
                "make rasa, start its server, or set nlu.engine to builtin.",
            )
    return Finding(Level.WELL, f"Rasa answers at {url}.")
