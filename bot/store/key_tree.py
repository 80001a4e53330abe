"""A secret from which a key grows for every name, and from which single names can be cut out for ever.

A puncturable pseudo-random function (Goldreich, Goldwasser, Micali 1986; Green and Miers 2015): the name's hash is a
way down a tree of 28 levels with four branches each; each branch's secret is the hash of the one above it. To cut a
name out, the secrets on its way are thrown away and those of the branches beside it are kept: every other name still
has its key, and nobody can make this one's again. So a copy of the database that was taken before is of no use for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

LEVELS = 28  #: 56 bits of a name's hash: among a million names two share a way with a chance of 1 in 140,000.
_BITS = 2 * LEVELS
_ROOT = 1  #: A place in the tree: the branches so far in base 4, behind a leading 1.
_BRANCH = tuple(bytes((number,)) for number in range(4))


def id_of(root: bytes) -> str:
    """What a tree is called: eight characters that say nothing about its secret."""
    return sha256(b"wuyou tree" + root).hexdigest()[:8]


class Tree:
    """The secrets that are left. `nodes` is place -> 32 bytes; a whole tree is its root alone."""

    def __init__(self, id: str, nodes: Mapping[int, bytes]) -> None:
        self.id, self.nodes = id, dict(nodes)
        self._last: tuple[str, bytes | None] = ("", None)  #: Who is new is asked for twice in a row.

    @classmethod
    def of(cls, root: bytes) -> Tree:
        return cls(id_of(root), {_ROOT: root})

    def leaf(self, name: str) -> bytes | None:
        """Returns the 32 bytes that belong to this name; None when it was cut out."""
        last, leaf = self._last
        if last == name and leaf is not None:
            return leaf
        way = _way(name)
        found = _nearest(self.nodes, way)
        if found is None:
            return None
        left, secret = found
        while left:
            left -= 2
            secret = sha256(secret + _BRANCH[way >> left & 3]).digest()
        leaf = sha256(secret + b"leaf").digest()
        self._last = name, leaf
        return leaf

    def without(self, names: Iterable[str]) -> Tree:
        """Returns the tree from which these names were cut; itself when they were before."""
        nodes, changed = dict(self.nodes), False
        for name in names:
            way = _way(name)
            found = _nearest(nodes, way)
            if found is None:
                continue
            changed = True
            left, secret = found
            del nodes[way >> left]
            while left:
                left -= 2
                for branch in range(4):
                    if branch != way >> left & 3:
                        nodes[way >> left + 2 << 2 | branch] = sha256(secret + _BRANCH[branch]).digest()
                secret = sha256(secret + _BRANCH[way >> left & 3]).digest()
        return Tree(self.id, nodes) if changed else self


def _way(name: str) -> int:
    return 1 << _BITS | int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[: _BITS // 8])


def _nearest(nodes: Mapping[int, bytes], way: int) -> tuple[int, bytes] | None:
    """(bits that are left below it, secret) of the branch from which the way goes on; None when there is none."""
    for left in range(_BITS, -1, -2):
        secret = nodes.get(way >> left)
        if secret is not None:
            return left, secret
    return None
