"""City: categories learnt from a city's own labelled messages, with whatever labels it has; a folder of its own."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

from nlu.linear import Linear, load
from nlu.model import BadModel
from nlu.normalise import normalise
from nlu.understanding import Guess
from nlu.written import BadData

VERSION = 1  #: Of the folder's layout and of `grams`.
READ = 600  #: Characters of a message that are read: letters to a city are longer than messages in a chat.
MOST_GRAM = 3
LABELS = (2, 200)  #: So many labels, from and to.
HEAD = 24  #: Characters that count twice, as what a letter begins with: its subject stands there.


class City:
    """A trained classifier of a city's messages."""

    def __init__(self, linear: Linear) -> None:
        self._linear = linear

    @property
    def labels(self) -> tuple[str, ...]:
        return self._linear.labels

    def guesses(self, text: str, most: int | None = None) -> tuple[Guess, ...]:
        """Returns the labels with their calibrated probabilities, best first."""
        return self._linear.guesses(grams(normalise(text)), most)

    def keep(self, folder: Path) -> None:
        """Writes the classifier into `folder`, in place of a model that was there. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix="unfinished-"))
        try:
            self._linear.save(unfinished, "city-categories")
            for name in ("model.json", "city.json"):
                (folder / name).unlink(missing_ok=True)
            for file in unfinished.iterdir():
                os.replace(file, folder / file.name)
            (folder / "city.json").write_text(json.dumps({"version": VERSION, "task": "category"}), encoding="utf-8")
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def is_city(folder: Path) -> bool:
    """Whether `folder` holds a city's classifier and not the models of everything."""
    return (folder / "city.json").is_file()


def load_city(folder: Path) -> City:
    """Returns the classifier in `folder`. Raises BadModel when it is missing, damaged or from another version."""
    try:
        words = json.loads((folder / "city.json").read_text(encoding="utf-8"))
        if words.get("version") != VERSION:
            raise BadModel(f"{folder}: of another version ({words.get('version')}, here {VERSION}); train again")
        return City(load(folder, "city-categories"))
    except BadModel:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise BadModel(f"{folder}: no classifier that can be read ({error})") from error


def grams(text: str) -> dict[str, float]:
    """Returns the n-grams of 1 to 3 characters of normalised `text`, log-damped; those of its beginning once more under
    a name of their own. Training and scoring both come through here."""
    text = text[:READ]
    counts: Counter[str] = Counter()
    for size in range(1, MOST_GRAM + 1):
        counts.update(text[start : start + size] for start in range(len(text) - size + 1))
    head = text[:HEAD]
    for size in range(1, MOST_GRAM + 1):
        counts.update("\x02" + head[start : start + size] for start in range(len(head) - size + 1))
    return {gram: 1.0 if times == 1 else 1.0 + math.log(times) for gram, times in counts.items()}


def learn(examples: Sequence[tuple[str, str]], tell: Callable[[float], None] | None = None) -> City:
    """Returns a classifier of (text, label), learnt from each message cut at 25 and 60 characters and whole.

    Raises BadData when there are too few or too many labels, or a label of one message only.
    """
    from nlu.train_city import fit_long

    counted = Counter(label for _, label in examples)
    least, most = LABELS
    if not least <= len(counted) <= most:
        raise BadData(f"{len(counted)} different labels, expected {least} to {most}")
    if lonely := [label for label, times in counted.items() if times < 2]:
        raise BadData(f"the label {lonely[0][:60]!r} has one message only; two or more are needed")
    if not any(normalise(text) for text, _ in examples):
        raise BadData("no message has a character that can be read")
    return City(fit_long(examples, grams, tell))
