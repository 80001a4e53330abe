"""Semantic: likeness by meaning from a sentence-transformers model. The only file that knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from nlu import lexical
from nlu.normalise import normalise
from nlu.part import Part
from nlu.understand import EngineDown
from nlu.understanding import Lexicon

CHUNK = 32  #: Phrasings encoded at a time; between two chunks a resident's question gets its turn.
WAITING = 4  #: Questions that may wait for the encoder; past it the lexical answer decides at once.


class Model(Protocol):
    """What is used of a SentenceTransformer."""

    def encode(
        self, sentences: list[str], *, normalize_embeddings: bool, show_progress_bar: bool
    ) -> NDArray[np.float32]:
        """Returns one vector a sentence, of length 1."""
        ...


def load_named(name: str) -> Model:
    """Returns the model in a folder or of a hub name. Raises whatever the library raises; blocks for seconds."""
    from sentence_transformers import SentenceTransformer

    model: Model = SentenceTransformer(name, device="cpu")
    return model


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The phrasings of one lexicon as vectors, rows of an entry together."""

    version: int
    entries: tuple[str, ...]
    starts: NDArray[np.intp]
    vectors: NDArray[np.float32]


class SentenceEncoder:
    """Implements `nlu.understand.Encoder` over a named model, loaded and run in a thread of its own.

    start() returns at once; until the model is in, and for ever when it cannot be had, likeness() raises EngineDown
    and `trouble` says why in one sentence. An edited FAQ is learnt in the background; until then the old one counts.
    """

    def __init__(
        self, name: str, load: Callable[[str], Model] = load_named, begin: Callable[[], None] | None = None
    ) -> None:
        self.name = name
        self.trouble = f"encoder {name}: not loaded yet"  #: Empty once it works.
        self._load = load
        self._model: Model | None = None
        self._settled = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "encoder", begin)
        self._tasks: set[asyncio.Task[None]] = set()
        self._shelves: WeakKeyDictionary[lexical.Lexicon, _Shelf] = WeakKeyDictionary()
        self._learning: set[int] = set()
        self._waiting = 0

    def start(self) -> None:
        """Begins to load; needs a running loop."""
        self._spawn(self._loaded())

    async def settled(self) -> None:
        """Waits until the model is in or is known not to come."""
        await self._settled.wait()

    async def close(self) -> None:
        """Stops learning and lets the thread end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def likeness(self, text: str, lexicon: Lexicon) -> dict[str, float]:
        """Returns the cosine with the nearest phrasing of every entry learnt so far. Raises EngineDown."""
        if isinstance(lexicon, Part):
            return lexicon.likely(await self.likeness(text, lexicon.whole))
        model = self._model
        if model is None:
            raise EngineDown(self.trouble)
        if not isinstance(lexicon, lexical.Lexicon):
            raise EngineDown("an encoder needs the entries, not only their index")
        shelf = self._shelves.get(lexicon)
        if (shelf is None or shelf.version != lexicon.version) and id(lexicon) not in self._learning:
            self._learning.add(id(lexicon))
            self._spawn(self._learnt(model, lexicon))
        if shelf is None or not len(shelf.vectors):
            raise EngineDown(f"encoder {self.name}: still learning the FAQ")
        if self._waiting >= WAITING:
            raise EngineDown(f"encoder {self.name}: too slow for what is asked")
        self._waiting += 1
        try:
            vector = (await self._encoded(model, [text]))[0]
        finally:
            self._waiting -= 1
        best = np.maximum.reduceat(shelf.vectors @ vector, shelf.starts)
        return {entry: float(value) for entry, value in zip(shelf.entries, best, strict=True)}

    async def learn(self, lexicon: lexical.Lexicon) -> None:
        """Encodes what `lexicon` holds now and waits for it. Raises EngineDown while the model is not in."""
        if self._model is None:
            raise EngineDown(self.trouble)
        await self._learnt(self._model, lexicon)

    async def _loaded(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._model = await loop.run_in_executor(self._thread, self._load, self.name)
        except ModuleNotFoundError as error:
            self.trouble = f"encoder {self.name}: {error.name} is not installed (make semantic); going on without it"
        except Exception as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            self.trouble = f"encoder {self.name}: cannot be loaded ({said[:200]}); going on without it"
        else:
            self.trouble = ""
        finally:
            self._settled.set()

    async def _learnt(self, model: Model, lexicon: lexical.Lexicon) -> None:
        try:
            version = lexicon.version
            entries = [entry for entry in lexicon.entries.values() if entry.phrasings or entry.title]
            phrasings = [[normalise(each) for each in (entry.title, *entry.phrasings) if each] for entry in entries]
            flat = [each for some in phrasings for each in some]
            chunks = [await self._encoded(model, flat[at : at + CHUNK]) for at in range(0, len(flat), CHUNK)]
            ends = np.cumsum([0, *(len(some) for some in phrasings)])[:-1]
            vectors = np.concatenate(chunks) if chunks else np.zeros((0, 1), np.float32)
            self._shelves[lexicon] = _Shelf(version, tuple(entry.id for entry in entries), ends, vectors)
        except EngineDown as error:
            self.trouble = str(error)
        finally:
            self._learning.discard(id(lexicon))

    async def _encoded(self, model: Model, texts: Sequence[str]) -> NDArray[np.float32]:
        def encode() -> NDArray[np.float32]:
            return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

        try:
            return np.asarray(await asyncio.get_running_loop().run_in_executor(self._thread, encode), np.float32)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise EngineDown(f"encoder {self.name}: {type(error).__name__}") from error

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
