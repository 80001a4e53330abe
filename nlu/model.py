"""Model: what was learnt from the written data, in a folder of plain numbers and words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from nlu.lexical import Background
from nlu.linear import Linear, load

VERSION = 1  #: Of the folder's layout; a folder of another version is trained anew.


class BadModel(ValueError):
    """A model folder that is damaged or from another version; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Model:
    """The trained classifiers and how rare an n-gram is at large."""

    intents: Linear
    categories: Linear
    background: Background

    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder; model.json comes last, so that half a model is none."""
        self.intents.save(folder, "intents")
        self.categories.save(folder, "categories")
        words = {"version": VERSION, "unknown": self.background.unknown, "idf": dict(self.background.idf)}
        (folder / "model.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


def load_model(folder: Path) -> Model:
    """Returns the model in `folder`. Raises BadModel when it is missing, damaged or from another version."""
    try:
        words = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if words.get("version") != VERSION:
            raise BadModel(f"{folder}: of another version ({words.get('version')}, here {VERSION}); train again")
        background = Background(words["idf"], float(words["unknown"]))
        return Model(load(folder, "intents"), load(folder, "categories"), background)
    except BadModel:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise BadModel(f"{folder}: no model that can be read ({error})") from error
