"""Model: what was learnt from the written data, in a folder of plain numbers and words."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from nlu.alarm import CALM
from nlu.beyond import Beyond
from nlu.crf import Crf
from nlu.entries import NONE, SOME, Learnt, Scope
from nlu.lexical import Background
from nlu.linear import Linear, load
from nlu.thresholds import Sureness
from nlu.understanding import Emergency, Entry, Intent

VERSION = 4  #: Of the folder's layout; a folder of another version is trained anew.
PLACES = "places.crfsuite"


@dataclass(frozen=True, slots=True)
class EncoderFit:
    """How much a named encoder counts beside what is built in: 0 when it won nothing."""

    name: str
    weight: float  #: Of its likeness in an entry's score, beside 1 - weight.
    sureness: Sureness  #: Of an entry by scores with it in.
    top1: tuple[tuple[float, float], ...]  #: Weight -> share of left-out phrasings that find their entry first.


class BadModel(ValueError):
    """A model folder that is damaged or from another version; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Model:
    """The trained classifiers and how rare an n-gram is at large."""

    intents: Linear
    categories: Linear
    background: Background
    entries: Learnt | None = None  #: None when no FAQ entry was there to learn from.
    encoder: EncoderFit | None = None  #: None when none was named to `wuyou train`.
    alarm: Linear | None = None  #: None when no message of danger was there to learn from.
    places: Crf | None = None  #: None when no message with its places marked was there to learn from.

    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder; model.json comes last, so that half a model is none."""
        self.intents.save(folder, "intents")
        self.categories.save(folder, "categories")
        if self.entries is not None:
            self.entries.linear.save(folder, "faq")
            if self.entries.scope is not None:
                self.entries.scope.linear.save(folder, "scope")
        if self.alarm is not None:
            self.alarm.save(folder, "alarm")
        crf = self.places.body if self.places else b""
        (folder / PLACES).write_bytes(crf)
        seal = hashlib.sha256(crf).hexdigest()
        words = {
            "version": VERSION,
            "places": seal,
            "titles": dict(self.entries.titles) if self.entries else None,
            "beyond": self.entries.scope.beyond.questions if self.entries and self.entries.scope else None,
            "alarm": self.alarm is not None,
            "encoder": asdict(self.encoder) if self.encoder else None,
            "unknown": self.background.unknown,
            "idf": dict(self.background.idf),
        }
        (folder / "model.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")


def keep(model: Model, entries: Iterable[Entry], folder: Path) -> None:
    """Writes the model with the FAQ entries it was learnt with into `folder`, in place of one that was there.

    It is written beside and moved in, so that who reads meanwhile finds the old one, the new one, or none. Other files
    of the folder stay. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix="unfinished-"))
    try:
        model.save(unfinished)
        rows = [asdict(each) for each in entries]
        (unfinished / "entries.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        for name in ("model.json", "city.json"):
            (folder / name).unlink(missing_ok=True)
        for file in sorted(unfinished.iterdir(), key=lambda each: each.name == "model.json"):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def load_entries(folder: Path) -> tuple[Entry, ...]:
    """Returns the FAQ entries that were learnt with the model in `folder`. Raises BadModel."""
    try:
        rows = json.loads((folder / "entries.json").read_text(encoding="utf-8"))
        return tuple(Entry(row["id"], row["title"], tuple(row["phrasings"]), row["text"]) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadModel(f"{folder}: no FAQ entries that can be read beside the model ({error}); train again") from error


def load_model(folder: Path) -> Model:
    """Returns the model in `folder`. Raises BadModel when it is missing, damaged or from another version."""
    if (folder / "city.json").is_file():
        raise BadModel(f"{folder}: learnt the categories of a city's own messages alone; it serves --task category")
    try:
        words = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if words.get("version") != VERSION:
            raise BadModel(f"{folder}: of another version ({words.get('version')}, here {VERSION}); train again")
        background = _background(words)
        crf = (folder / PLACES).read_bytes()
        # CRFsuite trusts its file: a damaged one is found out here.
        if hashlib.sha256(crf).hexdigest() != words["places"]:
            raise ValueError(f"{PLACES} is damaged")
        intents = load(folder, "intents")
        if unknown := set(intents.labels) - set(Intent):
            raise ValueError(f"unknown kinds of message: {', '.join(sorted(map(str, unknown)))}")
        return Model(
            intents,
            load(folder, "categories"),
            background,
            entries=_entries(folder, words),
            encoder=_fit(words["encoder"]),
            alarm=_alarm(folder) if words["alarm"] else None,
            places=Crf(crf, background) if crf else None,
        )
    except BadModel:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError, BadZipFile) as error:
        raise BadModel(f"{folder}: no model that can be read ({error})") from error


def _entries(folder: Path, words: Mapping[str, Any]) -> Learnt | None:
    if words["titles"] is None:
        return None
    scope = None
    if words["beyond"] is not None:
        linear = load(folder, "scope")
        if set(linear.labels) != {NONE, SOME}:
            raise ValueError("the scope tells other things apart than it should")
        scope = Scope(linear, Beyond(map(str, words["beyond"])))
    return Learnt(load(folder, "faq"), dict(words["titles"]), scope)


def _alarm(folder: Path) -> Linear:
    linear = load(folder, "alarm")
    if unknown := set(linear.labels) - {*Emergency, CALM}:
        raise ValueError(f"unknown dangers: {', '.join(sorted(unknown))}")
    return linear


def _background(words: Mapping[str, Any]) -> Background:
    idf = {sys.intern(str(gram)): float(weight) for gram, weight in words["idf"].items()}
    unknown = float(words["unknown"])
    if not all(map(math.isfinite, (unknown, *idf.values()))):
        raise ValueError("how rare an n-gram is, is no number")
    return Background(idf, unknown)


def _fit(words: Mapping[str, Any] | None) -> EncoderFit | None:
    if words is None:
        return None
    top1 = tuple((float(weight), float(share)) for weight, share in words["top1"])
    return EncoderFit(str(words["name"]), float(words["weight"]), Sureness(**words["sureness"]), top1)
