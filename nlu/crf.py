"""CRF: where in a message a place begins and ends, told character by character. The only file that knows CRFsuite."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pycrfsuite

#: Characters of a message that are tagged: the place stands early, and the cost stays bounded.
READ = 300
LEAST = 20  #: Messages without which there is nothing to learn: then the rules stand alone.
NEAR = 8  #: Characters to either side in which the end of a name counts.

_B, _I, _O = "B", "I", "O"
_KINDS = {
    "d": "0123456789",
    "n": "零一二两三四五六七八九十百",
    "r": "路街道巷弄里胡同段",
    "u": "号幢栋座楼单元室层排栋户组队期区门牌",
    "e": "苑园城府庭庄村墅邸寓坊厦院屯寨",
    "w": "河江湖塘港浜桥坝埠渡堤溪沟湾岸码头",
    "s": "店厂场馆校站所铺库亭市行社局院",
    "b": "旁边面口前后侧角下上附近隔壁底头处内",
    "x": "东南西北中大小新老",
    "v": "在到从往去于离过是有把被给跟和与向",
    "f": "的了吗呢吧啊呀嘛哦着都也又就还很太没不",
    "p": ",.!?;:、。~…()《》\"'“”-/ ",
}
_KIND = {char: kind for kind, chars in reversed(_KINDS.items()) for char in chars}
_ENDS = frozenset(_KINDS["r"] + _KINDS["u"] + _KINDS["e"] + _KINDS["w"] + _KINDS["s"])

Piece = tuple[int, int]  #: Start and end (excluded) in a normalised text.


class Crf:
    """A trained linear-chain CRF; `body` is CRFsuite's own file, numbers and words that run nothing."""

    def __init__(self, body: bytes) -> None:
        """Raises ValueError when `body` is no such file."""
        self.body = body
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(body)

    def pieces(self, text: str, hints: Iterable[Piece] = ()) -> tuple[Piece, ...]:
        """Returns the places in normalised `text` from left to right; `hints` are those that the rules found."""
        text = text[:READ]
        return _joined(self._tagger.tag(features(text, hints))) if text else ()


def learn(messages: Sequence[tuple[str, Sequence[Piece], Sequence[Piece]]]) -> Crf | None:
    """Returns a CRF trained on (normalised text, its places, what the rules found in it); None with under LEAST."""
    if len(messages) < LEAST:
        return None
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.08, "c2": 0.02, "max_iterations": 120, "feature.possible_transitions": True})
    for text, pieces, hints in messages:
        if cut := text[:READ]:
            trainer.append(features(cut, hints), _marks(cut, pieces))
    with tempfile.TemporaryDirectory(prefix="wuyou-crf-") as folder:
        file = Path(folder) / "places"
        trainer.train(str(file))
        return Crf(file.read_bytes())


def features(text: str, hints: Iterable[Piece] = ()) -> list[list[str]]:
    """Returns what is seen at each character of `text`: itself and its neighbours, their kinds, how far the next end
    of a name is, and what the rules made of it. Learning and tagging both come through here."""
    size = len(text)
    chars = ["^^", "^", *text, "$", "$$"]
    kinds = ["^", "^", *(_kind(char) for char in text), "$", "$"]
    chars[2 : size + 2] = ["0" if kind == "d" else char for char, kind in zip(text, kinds[2:], strict=False)]
    ruled = _marks(text, hints)
    ahead, behind = _distances(text)
    seen = []
    for at in range(size):
        c0, c1, c2, c3, c4 = chars[at : at + 5]
        k0, k1, k2, k3, k4 = kinds[at : at + 5]
        rule = ruled[at]
        before = ruled[at - 1] if at else "^"
        after = ruled[at + 1] if at + 1 < size else "$"
        seen.append(
            [
                "0" + c2,
                "-" + c1,
                "+" + c3,
                "=" + c0,
                "*" + c4,
                "a" + c1 + c2,
                "b" + c2 + c3,
                "c" + c0 + c1,
                "d" + c3 + c4,
                "e" + c1 + c2 + c3,
                "f" + c0 + c1 + c2,
                "g" + c2 + c3 + c4,
                "k" + k2,
                "l" + k1 + k2,
                "m" + k2 + k3,
                "n" + k1 + k2 + k3,
                "o" + k0 + k1 + k2 + k3 + k4,
                "p" + k3 + k4,
                "q" + k0 + k1,
                "r" + rule,
                "s" + before + rule + after,
                "t" + rule + c2,
                "u" + ahead[at],
                "v" + behind[at],
                "w" + behind[at] + ahead[at],
            ]
        )
    return seen


def _kind(char: str) -> str:
    kind = _KIND.get(char)
    if kind:
        return kind
    if "一" <= char <= "\u9fff":
        return "h"
    return "a" if char.isalpha() else "d" if char.isdigit() else "z"


def _distances(text: str) -> tuple[list[str], list[str]]:
    """Returns for each character the next end of a name with how far it is, and the last one before."""
    size = len(text)
    ahead, behind = ["-"] * size, ["-"] * size
    last = -1
    for at, char in enumerate(text):
        if last >= 0 and at - last <= NEAR:
            behind[at] = f"{min(at - last, 4)}{_KIND[text[last]]}"
        if char in _ENDS:
            last = at
    last = -1
    for at in range(size - 1, -1, -1):
        if text[at] in _ENDS:
            last = at
        if last >= 0 and last - at <= NEAR:
            ahead[at] = f"{last - at}{text[last]}"
    return ahead, behind


def _marks(text: str, pieces: Iterable[Piece]) -> list[str]:
    marks = [_O] * len(text)
    for start, end in pieces:
        for at in range(start, min(end, len(text))):
            marks[at] = _B if at == start else _I
    return marks


def _joined(marks: Sequence[str]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for at, mark in enumerate(marks):
        if mark == _B or (mark == _I and (not pieces or pieces[-1][1] != at)):
            pieces.append((at, at + 1))
        elif mark == _I:
            pieces[-1] = (pieces[-1][0], at + 1)
    return tuple(pieces)
