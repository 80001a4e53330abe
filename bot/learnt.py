"""Which model the bot understands with: that of the configuration, or what it learns from its own written data."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from bot.config import ConfigError, Settings
from nlu import train
from nlu.model import BadModel, Model, load_model


def model_of(settings: Settings, data: Path, folder: Path | None = None) -> Model:
    """Returns the model in `nlu.model`; without one, that of `data`, kept in `folder` (None: beside the keys).

    Blocks for some seconds when it has to learn. Raises ConfigError when the named folder holds no such model.
    """
    if settings.nlu.model:
        try:
            return load_model(Path(settings.nlu.model))
        except BadModel as error:
            raise ConfigError(
                f"nlu.model: {error}. Make it with wuyou train --out, or leave nlu.model empty."
            ) from error
    return train.load_or_train(data, folder or _kept(settings))


def learnt_in(settings: Settings) -> Path:
    """Returns the folder of the model that the bot learns from its own written data; it may not be there yet."""
    return _kept(settings) / train.fingerprint(Path(str(files("nlu"))) / "data")


def _kept(settings: Settings) -> Path:
    return Path(settings.keys).parent / "model"
