"""Which model the bot understands with: that of the configuration, or what it learns from its own written data."""

from __future__ import annotations

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
    return train.load_or_train(data, folder or Path(settings.keys).parent / "model")
