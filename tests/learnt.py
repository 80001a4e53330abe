"""The model of the written data, learnt once for all workers and kept between runs.

python -m tests.learnt FOLDER  learns it ahead, beside the tests that can do without.
"""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nlu

if TYPE_CHECKING:
    from nlu.model import Model


def learnt(folder: Path) -> Model:
    """Returns it, from `folder` once one process has learnt it; the others wait for that one."""
    from nlu.train import load_or_train  # scikit-learn comes with it: a second for those who ask for one test.

    with (folder / "one at a time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return load_or_train(Path(nlu.__file__).parent / "data", folder)


if __name__ == "__main__":
    learnt(Path(sys.argv[1]))
