"""The key file: the secrets outside the database, readable by their owner only, changed in one step, old bytes wiped.

JSON: "index" makes blind indexes; "trees" (the first one wraps now) are what the data keys grow from, each without the
names that were cut out of it; "flat" are keys of files from before there were trees: they open, and wrap nothing.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.store.key_tree import Tree

SECRET = 32  #: Bytes of every secret.


class KeyTrouble(Exception):
    """The key file is missing, readable by others, or no key. The sentence says what to do; nothing was opened."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What stands in a key file."""

    index: bytes = field(repr=False)
    trees: tuple[Tree, ...] = field(repr=False)  #: The current one first.
    flat: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, secret: bytes) -> Secrets:
        """Everything from one secret of 32 bytes. Raises KeyTrouble for another length."""
        if len(secret) != SECRET:
            raise KeyTrouble(f"the key must have 32 bytes, not {len(secret)}")
        flat = _grown(secret, b"wuyou wrap")
        tree = Tree.of(_grown(secret, b"wuyou tree"))
        return cls(_grown(secret, b"wuyou index"), (tree,), {hashlib.sha256(flat).hexdigest()[:8]: flat})

    @classmethod
    def fresh(cls) -> Secrets:
        """New ones."""
        return cls(secrets.token_bytes(SECRET), (Tree.of(secrets.token_bytes(SECRET)),))


def read(path: Path) -> Secrets:
    """Returns what stands in the file. Raises KeyTrouble."""
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
    except FileNotFoundError:
        raise KeyTrouble(
            f"there is no key file {path}: put your copy back (for a new database wuyou run or wuyou import makes one)"
        ) from None
    except UnicodeDecodeError:
        raise KeyTrouble(f"the key file {path} holds no keys") from None
    if mode & 0o077:
        raise KeyTrouble(f"others can read the key file {path}: chmod 600 {path}")
    try:
        if not text.startswith("{"):
            return Secrets.of(base64.b64decode(text, validate=True))
        return _secrets_of(json.loads(text))
    except (binascii.Error, json.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError):
        raise KeyTrouble(f"the key file {path} holds no keys: neither JSON nor base64 of 32 bytes") from None


def make(path: Path) -> Secrets:
    """Makes a new file. Raises FileExistsError where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Secrets.fresh()
    with _locked(path):
        _put(path, new, os.O_EXCL)
    return new


def change(path: Path, turn: Callable[[Secrets], Secrets]) -> Secrets:
    """Reads the file, turns what stands in it and writes it back in one step, one process at a time; the bytes that
    were there before are overwritten, as far as the disk does what it is told. Returns what stands there now."""
    with _locked(path):
        old = read(path)
        new = turn(old)
        if new is old:
            return old
        beside = path.with_suffix(path.suffix + ".new")
        beside.unlink(missing_ok=True)  # Of a process that died here.
        _put(beside, new)
        with path.open("r+b") as former:
            beside.replace(path)
            _sync(path.parent)
            former.write(bytes(os.fstat(former.fileno()).st_size))
            former.flush()
            os.fsync(former.fileno())
        return new


def write(path: Path, content: Secrets) -> None:
    """Writes the secrets to a new file, as a copy to be kept elsewhere. Raises FileExistsError."""
    _put(path, content, os.O_EXCL)


def _grown(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) without a salt, of 32 bytes."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


def _secrets_of(content: Mapping[str, Any]) -> Secrets:
    trees = tuple(
        Tree(str(each["id"]), {int(place, 16): _bytes(node) for place, node in each["nodes"].items()})
        for each in content["trees"]
    )
    if not trees or any(len(tree.id) != 8 for tree in trees):
        raise ValueError("no trees")
    return Secrets(_bytes(content["index"]), trees, {id: _bytes(key) for id, key in content.get("flat", {}).items()})


def _bytes(written: str) -> bytes:
    found = base64.b64decode(written, validate=True)
    if len(found) != SECRET:
        raise ValueError("each secret has 32 bytes")
    return found


def _put(path: Path, content: Secrets, flags: int = 0) -> None:
    written = {
        "index": base64.b64encode(content.index).decode(),
        "trees": [
            {"id": tree.id, "nodes": {f"{at:x}": base64.b64encode(node).decode() for at, node in tree.nodes.items()}}
            for tree in content.trees
        ],
        "flat": {id: base64.b64encode(key).decode() for id, key in content.flat.items()},
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(written, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_suffix(path.suffix + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
