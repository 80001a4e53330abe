"""Private fields: AES-256-GCM under the person's own data key, which a key outside the database wraps; blind indexes.

A stored value is one byte of format, a 96-bit random nonce, the ciphertext and its tag. The associated data is
table|column|row|data key, so that a value copied into another row, column or person does not open. What wraps a
person's key grows from a tree (key_tree.py) and can be cut out of it: then nothing opens that key, in backups neither.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import PydanticSerializationError, from_json, to_json

from bot.store import key_file
from bot.store.drawn import drawn
from bot.store.key_file import KeyTrouble, Secrets
from bot.store.key_tree import Tree

__all__ = ["HOUSE", "DataKey", "KeyTrouble", "Keys", "Tampered", "opened"]

_FORMAT = b"\x01"
_NONCE = 12
#: A wrapped key: this byte, then an entry or, while it is being changed, several: the first one seals.
_RING = b"\x02"
#: Of an entry: the tree's id; when the key was made, in seconds since 1970; how often the owner was erased before (who
#: may come back under the same name); nonce, the secret and its tag.
_ID, _AGE, _LIFE, _SEALED = 8, 4, 1, 48
_ENTRY = _ID + _AGE + _LIFE + _NONCE + _SEALED
_LIVES = 256

#: Owner of what belongs to no one person: waiting inbox rows, questions without an answer, ways to write to people.
HOUSE = "house"

#: Unwrapped keys in memory at most.
MOST_KNOWN = 20_000


class Tampered(Exception):
    """A stored value does not belong where it stands, or was changed. The row needs a person."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of an owner's keys, unwrapped."""

    tree: str
    age: int
    life: int
    secret: bytes = field(repr=False)


@dataclass(slots=True)
class DataKey:
    """One person's key, unwrapped. Lives in memory only."""

    id: str  #: The owner: a resident's id, "staff:" and a person id, or HOUSE.
    cipher: AESGCM = field(repr=False)
    older: tuple[AESGCM, ...] = field(default=(), repr=False)  #: While keys are changed: these open as well.

    def seal(self, place: str, row: str, value: Any) -> bytes:
        """Returns the JSON-able value encrypted for `place` ("table|column") and row."""
        try:
            plain = to_json(value)
        except (UnicodeEncodeError, PydanticSerializationError):
            # Chat apps may send half a surrogate pair, which is no UTF-8: it becomes a question mark.
            plain = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return self.seal_bytes(place, row, plain)

    def seal_bytes(self, place: str, row: str, plain: bytes) -> bytes:
        nonce = drawn(_NONCE)
        return _FORMAT + nonce + self.cipher.encrypt(nonce, plain, f"{place}|{row}|{self.id}".encode())

    def open(self, place: str, row: str, sealed: bytes) -> Any:
        """Returns the value. Raises Tampered when it was sealed for another place, row or person."""
        return from_json(self.open_bytes(place, row, sealed))

    def open_bytes(self, place: str, row: str, sealed: bytes) -> bytes:
        aad = f"{place}|{row}|{self.id}".encode()
        try:
            return self.cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], aad)
        except InvalidTag:
            for cipher in self.older:
                try:
                    return cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], aad)
                except InvalidTag:
                    continue
            raise Tampered(f"a value of {place} in row {row} was not sealed there") from None

    def opens_newly(self, place: str, row: str, sealed: bytes) -> bool:
        """Whether the value was sealed with the key that seals now, not with an older one."""
        try:
            replace(self, older=()).open_bytes(place, row, sealed)
        except Tampered:
            return False
        return True

    def renew(self, other: DataKey) -> None:
        """From now on it seals and opens as the other one does, for everybody who holds it."""
        self.cipher, self.older = other.cipher, other.older


class Keys:
    """The keys outside the database: trees that wrap data keys, the newest first, and one that makes blind indexes."""

    def __init__(self, secrets: Secrets, path: Path | None = None) -> None:
        """`path`: the file they stand in; without one what is destroyed is so in memory only."""
        self.path = path
        self._unwrapped = lru_cache(maxsize=MOST_KNOWN)(self._unwrap)
        self._chats = lru_cache(maxsize=MOST_KNOWN)(partial(self.blind, "chat"))
        self._known: dict[str, DataKey] = {}
        self._take(secrets)

    @classmethod
    def of(cls, secret: bytes) -> Keys:
        """Keys from one secret of 32 bytes. Raises KeyTrouble for another length."""
        return cls(Secrets.of(secret))

    @classmethod
    def load(cls, path: Path | str, *, create: bool = False) -> Keys:
        """Reads the key file. With `create` a missing one is made, readable by its owner only. Raises KeyTrouble
        otherwise: a lost key cannot be replaced, so it is never made by surprise."""
        path = Path(path)
        if create and not path.exists():
            return cls(key_file.make(path), path)
        return cls(key_file.read(path), path)

    @property
    def current(self) -> str:
        """The id of the tree that wraps now."""
        return self._tree.id

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all that still open: trees, the current one first, then flat keys."""
        return (*self._trees, *self._flat)

    def blind(self, *parts: str) -> bytes:
        """Returns 16 bytes that are the same for the same parts and say nothing about them without the index key."""
        return hmac.digest(self._index, "\x1f".join(parts).encode(), "sha256")[:16]

    def chat_index(self, channel: str, bot: str, chat: str) -> bytes:
        """Returns the blind index of a chat. Of every message it is asked several times, so the last ones are kept."""
        return self._chats(channel, bot, chat)

    # --- data keys

    def fresh(self, owner: str) -> tuple[DataKey, bytes]:
        """Returns a new data key and its wrapped form. Use the key only once the wrapped form is in the database. Who
        was destroyed and comes again has nothing in common with who was there before."""
        tree, age, secret = self._tree, int(time.time()), drawn(32)
        life = next((life for life in range(_LIVES) if tree.leaf(leaf_name(owner, age, life))), 0)
        return DataKey(owner, AESGCM(secret)), self._ring(owner, [_Entry("", age, life, secret)])

    def unwrap(self, owner: str, wrapped: bytes | None) -> DataKey | None:
        """Returns the data key (from memory when seen before); None when it was destroyed, in the database or outside
        of it. Raises Tampered."""
        key = None if wrapped is None else self._unwrapped(owner, wrapped)
        if key is None:
            self._known.pop(owner, None)
            return None
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

    def forget(self, *owners: str) -> None:
        """Drops keys from memory; without names, all of them."""
        for owner in owners or tuple(self._known):
            self._known.pop(owner, None)
        self._unwrapped.cache_clear()

    def destroy(self, *names: str) -> None:
        """Cuts these names (`names_of`, `photo_name`) out of every tree, in the file too: nothing opens the keys that
        grew from them, whatever copy of the database they come from. Raises KeyTrouble, OSError."""
        if self.path is None:
            self._take(_cut(self._secrets, names))
        elif any(tree.leaf(name) is not None for tree in self._trees.values() for name in names):
            self._take(key_file.change(self.path, lambda secrets: _cut(secrets, names)))

    def is_destroyed(self, owner: str, wrapped: bytes) -> bool:
        """Whether this wrapped key was cut out: it stands in an older copy of the database."""
        trees = self._trees
        return any(id in trees and trees[id].leaf(name) is None for id, name in _grown_from(owner, wrapped))

    # --- other keys instead of these

    def reload(self) -> None:
        """Takes what stands in the file now, which another process may have changed; what is in memory is dropped."""
        self._take(self._secrets if self.path is None else key_file.read(self.path))

    def add_tree(self) -> str:
        """Puts a new tree in front, in the file too; the older ones still open. Returns its id."""
        assert self.path is not None, "only a file's keys are changed"
        self._take(key_file.change(self.path, lambda old: replace(old, trees=(Tree.of(drawn(32)), *old.trees))))
        return self.current

    def drop(self, id: str) -> None:
        """Throws an older tree or flat key away, in the file too. Raises KeyError for the current or an unknown one."""
        assert self.path is not None, "only a file's keys are changed"
        if id == self.current or id not in self.ids:
            raise KeyError(id)

        def without(old: Secrets) -> Secrets:
            trees = tuple(tree for tree in old.trees if tree.id != id)
            return replace(old, trees=trees, flat={each: key for each, key in old.flat.items() if each != id})

        self._take(key_file.change(self.path, without))

    def rewrapped(self, owner: str, wrapped: bytes) -> bytes | None:
        """Returns the wrapped key under the current tree; the fields it opens stay as they are. None: destroyed."""
        entries = self._entries(owner, wrapped)
        if entries is None or all(entry.tree == self.current for entry in entries):
            return None if entries is None else wrapped
        return self._ring(owner, entries)

    def with_next(self, owner: str, wrapped: bytes, age: int) -> bytes | None:
        """Returns the ring with a new key behind the others: it opens, and seals nothing yet."""
        entries = self._entries(owner, wrapped)
        if entries is None:
            return None
        return self._ring(owner, [*entries, _Entry("", age, entries[0].life, drawn(32))])

    def turned(self, owner: str, wrapped: bytes) -> bytes | None:
        """Returns the ring with the last key in front: it seals from now on, the others still open."""
        entries = self._entries(owner, wrapped)
        return None if entries is None else self._ring(owner, [entries[-1], *entries[:-1]])

    def settled(self, owner: str, wrapped: bytes) -> bytes | None:
        """Returns the ring with the key alone that seals."""
        entries = self._entries(owner, wrapped)
        return None if entries is None else self._ring(owner, entries[:1])

    def of_photo(self, key: str, tree: str = "") -> DataKey | None:
        """The key of a picture in the photo store, from the current tree or the named one; None when it was destroyed
        or that tree is gone."""
        name = photo_name(key)
        grown = self._trees[tree or self.current].leaf(name) if (tree or self.current) in self._trees else None
        return DataKey(name, AESGCM(grown)) if grown else None

    # --- inside

    def _take(self, secrets: Secrets) -> None:
        self._secrets, self._tree = secrets, secrets.trees[0]
        self._trees = {tree.id: tree for tree in secrets.trees}
        self._flat, self._index = dict(secrets.flat), secrets.index
        self.forget()

    def _ring(self, owner: str, entries: Iterable[_Entry]) -> bytes:
        """The entries, wrapped under the current tree."""
        tree, wrapped = self._tree, _RING
        for entry in entries:
            grown = tree.leaf(leaf_name(owner, entry.age, entry.life))
            if grown is None:
                raise KeyTrouble(f"{owner} was erased: there is no key for them any more")
            nonce = drawn(_NONCE)
            sealed = AESGCM(grown).encrypt(nonce, entry.secret, _bound(owner, tree.id, entry.age, entry.life))
            wrapped += tree.id.encode() + entry.age.to_bytes(_AGE) + entry.life.to_bytes(_LIFE) + nonce + sealed
        return wrapped

    def _unwrap(self, owner: str, wrapped: bytes) -> DataKey | None:
        entries = self._entries(owner, wrapped)
        if entries is None:
            return None
        first, *older = (AESGCM(entry.secret) for entry in entries)
        return DataKey(owner, first, tuple(older))

    def _entries(self, owner: str, wrapped: bytes) -> list[_Entry] | None:
        """None when the owner was destroyed. Raises Tampered, KeyTrouble."""
        if not wrapped.startswith(_RING):
            return self._flatly(owner, wrapped)
        found = []
        for id, age, life, rest in _split(wrapped):
            if id not in self._trees:
                self.reload()  # Another process may have put a new tree into the file.
            if id not in self._trees:
                raise KeyTrouble(f"the database was written with another key ({id}); give that key file")
            grown = self._trees[id].leaf(leaf_name(owner, age, life))
            if grown is None:
                return None
            try:
                secret = AESGCM(grown).decrypt(rest[:_NONCE], rest[_NONCE:], _bound(owner, id, age, life))
            except InvalidTag:
                raise Tampered(f"the data key of {owner} was not wrapped for it") from None
            found.append(_Entry(id, age, life, secret))
        return found

    def _flatly(self, owner: str, wrapped: bytes) -> list[_Entry] | None:
        """A key of before there were trees. Who is cut out of the tree is destroyed all the same."""
        ((id, name),) = _grown_from(owner, wrapped)
        if id not in self._flat:
            raise KeyTrouble(f"the database was written with another key ({id}); give that key file")
        if self._tree.leaf(name) is None:
            return None
        rest = wrapped.partition(b"|")[2]
        try:
            aad = f"person_key|{owner}|{id}".encode()
            return [_Entry(id, 0, 0, AESGCM(self._flat[id]).decrypt(rest[:_NONCE], rest[_NONCE:], aad))]
        except InvalidTag:
            raise Tampered(f"the data key of {owner} was not wrapped for it") from None


def leaf_name(owner: str, age: int, life: int = 0) -> str:
    """What the key that wraps an owner's keys is called in a tree. The house has another one for each of its keys, so
    that one can be cut out alone."""
    if owner == HOUSE:
        return f"key:{owner}#{age}"
    return f"key:{owner}/{life}" if life else f"key:{owner}"


def photo_name(key: str) -> str:
    """What a picture's key is called in a tree."""
    return f"photo:{key}"


def names_of(owner: str, wrapped: bytes) -> tuple[str, ...]:
    """The names in the trees from which this wrapped key grew: cut out, it opens no more."""
    return tuple(dict.fromkeys(name for _, name in _grown_from(owner, wrapped)))


def ages(wrapped: bytes) -> tuple[tuple[str, int], ...]:
    """(tree, age) of each key in a wrapped form, the one that seals first; a flat one has age 0."""
    if not wrapped.startswith(_RING):
        return ((wrapped.partition(b"|")[0].decode("ascii", "replace"), 0),)
    return tuple((id, age) for id, age, _, _ in _split(wrapped))


def opened(key: DataKey | None, place: str, row: str, sealed: bytes | None) -> dict[str, Any]:
    """Returns the mapping sealed there; empty when nothing was sealed or its owner's key was destroyed."""
    if key is None or sealed is None:
        return {}
    value: dict[str, Any] = key.open(place, row, sealed)
    return value


def _grown_from(owner: str, wrapped: bytes) -> list[tuple[str, str]]:
    """(tree or flat key, name in the tree) of each entry."""
    if not wrapped.startswith(_RING):
        return [(ages(wrapped)[0][0], leaf_name(owner, 0))]
    return [(id, leaf_name(owner, age, life)) for id, age, life, _ in _split(wrapped)]


def _bound(owner: str, tree: str, age: int, life: int) -> bytes:
    return f"person_key|{owner}|{tree}|{age}|{life}".encode()


def _split(wrapped: bytes) -> list[tuple[str, int, int, bytes]]:
    """(tree, age, life, nonce and sealed secret) of each entry. Raises Tampered for a form of another length."""
    body = wrapped[1:]
    if not body or len(body) % _ENTRY:
        raise Tampered("a wrapped key has another form")
    rows = [body[at : at + _ENTRY] for at in range(0, len(body), _ENTRY)]
    cut = _ID + _AGE
    return [
        (row[:_ID].decode("ascii", "replace"), int.from_bytes(row[_ID:cut]), row[cut], row[cut + _LIFE :])
        for row in rows
    ]


def _cut(secrets: Secrets, names: Iterable[str]) -> Secrets:
    names = tuple(names)
    trees = tuple(tree.without(names) for tree in secrets.trees)
    same = all(new is old for new, old in zip(trees, secrets.trees, strict=True))
    return secrets if same else replace(secrets, trees=trees)
