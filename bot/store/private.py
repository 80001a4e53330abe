"""Private fields: AES-256-GCM under the person's own data key, which a key outside the database wraps; blind indexes.

A stored value is one byte of format, a 96-bit random nonce, the ciphertext and its tag. The associated data is
table|column|row|data key, so that a value copied into another row, column or person does not open. Destroying a
person's wrapped key erases their fields everywhere, in backups too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic_core import PydanticSerializationError, from_json, to_json

from bot.store.drawn import drawn

_FORMAT = b"\x01"
_NONCE = 12

#: Owner of what belongs to no one person: waiting inbox rows, questions without an answer, ways to write to people.
HOUSE = "house"

#: Unwrapped keys in memory at most.
MOST_KNOWN = 20_000


class KeyTrouble(Exception):
    """The key file is missing, readable by others, or no key. The sentence says what to do; nothing was opened."""


class Tampered(Exception):
    """A stored value does not belong where it stands, or was changed. The row needs a person."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """One person's key, unwrapped. Lives in memory only."""

    id: str  #: The owner: a resident's id, "staff:" and a person id, or HOUSE.
    cipher: AESGCM = field(repr=False)

    def seal(self, place: str, row: str, value: Any) -> bytes:
        """Returns the JSON-able value encrypted for `place` ("table|column") and row."""
        try:
            plain = to_json(value)
        except (UnicodeEncodeError, PydanticSerializationError):
            # Chat apps may send half a surrogate pair, which is no UTF-8: it becomes a question mark.
            plain = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        nonce = drawn(_NONCE)
        return _FORMAT + nonce + self.cipher.encrypt(nonce, plain, f"{place}|{row}|{self.id}".encode())

    def open(self, place: str, row: str, sealed: bytes) -> Any:
        """Returns the value. Raises Tampered when it was sealed for another place, row or person."""
        try:
            aad = f"{place}|{row}|{self.id}".encode()
            return from_json(self.cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], aad))
        except InvalidTag:
            raise Tampered(f"a value of {place} in row {row} was not sealed there") from None


class Keys:
    """The keys outside the database: one wraps data keys, older ones still unwrap, another makes blind indexes."""

    def __init__(self, wrapping: Mapping[str, bytes], index: bytes) -> None:
        """`wrapping` is key id -> 32 bytes, the current one first. Raises KeyTrouble for any other length."""
        if not wrapping or any(len(key) != 32 for key in (*wrapping.values(), index)):
            raise KeyTrouble("each key must have 32 bytes")
        self._wrapping = {id_: AESGCM(key) for id_, key in wrapping.items()}
        self._current = next(iter(wrapping))
        self._index = index
        self._unwrapped = lru_cache(maxsize=MOST_KNOWN)(self._unwrap)
        self._chats = lru_cache(maxsize=MOST_KNOWN)(partial(self.blind, "chat"))
        self._known: dict[str, DataKey] = {}

    @classmethod
    def of(cls, secret: bytes) -> Keys:
        """Keys from one secret of 32 bytes (as Settings gives it), by HKDF-SHA256."""
        if len(secret) != 32:
            raise KeyTrouble(f"the key must have 32 bytes, not {len(secret)}")
        wrap, index = (
            HKDF(SHA256(), 32, salt=None, info=info).derive(secret) for info in (b"wuyou wrap", b"wuyou index")
        )
        return cls({hashlib.sha256(wrap).hexdigest()[:8]: wrap}, index)

    @classmethod
    def load(cls, path: Path | str, *, create: bool = False) -> Keys:
        """Reads the key file (32 bytes in base64). With `create` a missing one is made, readable by its owner only.
        Raises KeyTrouble otherwise: a lost key cannot be replaced, so it is never made by surprise."""
        path = Path(path)
        if not path.exists():
            if not create:
                raise KeyTrouble(
                    f"there is no key file {path}: put your copy back, or for a new database make one with: "
                    f"(umask 077; head -c 32 /dev/urandom | base64 > {path})"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_new(path, base64.b64encode(secrets.token_bytes(32)) + b"\n")
        if path.stat().st_mode & 0o077:
            raise KeyTrouble(f"others can read the key file {path}: chmod 600 {path}")
        try:
            secret = base64.b64decode(path.read_text("ascii").strip(), validate=True)
        except (binascii.Error, UnicodeDecodeError):
            raise KeyTrouble(f"the key file {path} holds no base64") from None
        return cls.of(secret)

    @property
    def current(self) -> str:
        """The id of the key that wraps now."""
        return self._current

    def blind(self, *parts: str) -> bytes:
        """Returns 16 bytes that are the same for the same parts and say nothing about them without the index key."""
        return hmac.digest(self._index, "\x1f".join(parts).encode(), "sha256")[:16]

    def chat_index(self, channel: str, bot: str, chat: str) -> bytes:
        """Returns the blind index of a chat. Of every message it is asked several times, so the last ones are kept."""
        return self._chats(channel, bot, chat)

    def fresh(self, owner: str) -> tuple[DataKey, bytes]:
        """Returns a new data key and its wrapped form. Use the key only once the wrapped form is in the database."""
        secret = drawn(32)
        return DataKey(owner, AESGCM(secret)), self._wrap(owner, secret)

    def unwrap(self, owner: str, wrapped: bytes | None) -> DataKey | None:
        """Returns the data key (from memory when seen before); None when it was destroyed. Raises Tampered."""
        if wrapped is None:
            self._known.pop(owner, None)
            return None
        key = self._unwrapped(owner, wrapped)
        self.remember(key)
        return key

    def known(self, owner: str) -> DataKey | None:
        """The owner's key if it was read or remembered before."""
        return self._known.get(owner)

    def remember(self, key: DataKey) -> None:
        """Keeps a key whose wrapped form is in the database."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()  # Rare, and each comes back with the next read.
        self._known[key.id] = key

    def forget(self, owner: str) -> None:
        """Drops a destroyed key from memory."""
        self._known.pop(owner, None)
        self._unwrapped.cache_clear()

    def rewrapped(self, owner: str, wrapped: bytes) -> bytes:
        """Returns the wrapped key under the current key; the fields it opens stay as they are."""
        id_, _, rest = wrapped.partition(b"|")
        return wrapped if id_.decode() == self._current else self._wrap(owner, self._secret(owner, id_.decode(), rest))

    def _wrap(self, owner: str, secret: bytes) -> bytes:
        nonce = drawn(_NONCE)
        sealed = self._wrapping[self._current].encrypt(nonce, secret, f"person_key|{owner}|{self._current}".encode())
        return self._current.encode() + b"|" + nonce + sealed

    def _unwrap(self, owner: str, wrapped: bytes) -> DataKey:
        id_, _, rest = wrapped.partition(b"|")
        return DataKey(owner, AESGCM(self._secret(owner, id_.decode(), rest)))

    def _secret(self, owner: str, id_: str, rest: bytes) -> bytes:
        if id_ not in self._wrapping:
            raise KeyTrouble(f"the database was written with another key ({id_}); give that key file")
        try:
            return self._wrapping[id_].decrypt(rest[:_NONCE], rest[_NONCE:], f"person_key|{owner}|{id_}".encode())
        except InvalidTag:
            raise Tampered(f"the data key of {owner} was not wrapped for it") from None


def opened(key: DataKey | None, place: str, row: str, sealed: bytes | None) -> dict[str, Any]:
    """Returns the mapping sealed there; empty when nothing was sealed or its owner's key was destroyed."""
    if key is None or sealed is None:
        return {}
    value: dict[str, Any] = key.open(place, row, sealed)
    return value


def _write_new(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
