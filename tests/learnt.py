"""What is learnt from the written data: once for all workers, and kept between runs under what it was learnt from.

python -m tests.learnt FOLDER  learns the model ahead, beside the tests that can do without.
"""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import nlu

if TYPE_CHECKING:
    from nlu.crf import Crf
    from nlu.lexical import Background
    from nlu.linear import Linear
    from nlu.model import Model
    from nlu.written import Marked, Written

DATA = Path(nlu.__file__).parent / "data"


def learnt(folder: Path) -> Model:
    """Returns the model of all of it, from `folder` once one process has learnt it; the others wait for that one."""
    from nlu.train import load_or_train  # scikit-learn comes with it: a second for those who ask for one test.

    with _one_at_a_time(folder):
        return load_or_train(DATA, folder)


@cache
def written() -> Written:
    """Returns all that is written, read once in each process."""
    from nlu.written import read_folder
    from routing.platforms import CATEGORIES

    return read_folder(DATA, set(CATEGORIES))


def linear_of(examples: Sequence[tuple[str, str]], folder: Path) -> Linear:
    """Returns the classifier of these messages and labels, a part of what is written: of `folder`, or learnt now."""
    from nlu.linear import load
    from nlu.train import fit

    return load(_kept(folder, examples, lambda there: fit(examples).save(there, "part")), "part")


def places_of(marked: Sequence[Marked], background: Background, folder: Path) -> Crf:
    """Returns what finds places as these messages mark them: of `folder`, or learnt now."""
    from nlu.crf import Crf
    from nlu.train import learn_places

    def learn(there: Path) -> None:
        found = learn_places(marked, background)
        assert found is not None, "too little to learn from"
        (there / "part").write_bytes(found.body)

    there = _kept(folder, [(each.text, each.places) for each in marked], learn)
    return Crf((there / "part").read_bytes(), background)


def _kept(folder: Path, lessons: object, learn: Callable[[Path], None]) -> Path:
    """Returns the folder into which `learn` wrote what it learns from `lessons`, now or in an earlier run."""
    from nlu.train import fingerprint  # of all data, and of the code that learns

    there = folder / f"{fingerprint(DATA)}-{hashlib.sha256(repr(lessons).encode()).hexdigest()[:16]}"
    with _one_at_a_time(folder):
        if not there.exists():
            unfinished = Path(mkdtemp(dir=folder, prefix="unfinished-"))
            learn(unfinished)
            unfinished.rename(there)
    return there


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "one at a time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    learnt(Path(sys.argv[1]))
