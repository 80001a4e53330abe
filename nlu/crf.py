"""CRF: where in a message a place begins and ends, told character by character. The only file that knows CRFsuite."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pycrfsuite

from nlu.lexical import Background
from nlu.place_words import WORDS, kinds

#: Characters of a message that are tagged: the place stands early, and the cost stays bounded.
READ = 300
LEAST = 20  #: Messages without which there is nothing to learn: then the rules stand alone.
SWAPPED = 1
ITERATIONS = 70
SPARE, SMOOTH = 0.05, 0.5  #: How much weights cost: by their size (few stay), and by its square (all stay small).
_STRIDE = 7919  #: A prime, so that the places come in an order that repeats late.
FAR = 6  #: Characters to a known word past which it is far.
NEAR = 8  #: Characters to either side in which the end of a name counts.

_B, _I, _O = "B", "I", "O"
_E, _S = "E", "S"  #: The last character of a place, and the only one: where a place ends is what is hard to tell.
_KINDS = {
    "d": "0123456789",
    "n": "零一二两三四五六七八九十百",
    "r": "路街道巷弄里胡同段",
    "u": "号幢栋座楼单元室层排栋户组队期区门牌",
    "e": "苑园城府庭庄村墅邸寓坊厦院屯寨",
    "w": "河江湖塘港浜桥坝埠渡堤溪沟湾岸码头",
    "s": "店厂场馆校站所铺库亭市行社局院",
    "b": "旁边面口前后侧角下上附近隔壁底头处内",
    "g": "坑坡岭坞圩洲畈埂坎岗垭坪冲峪甸堡集营浦泾荡墩岙垟埭郢山谷川源泉井台阁轩居宅坟社湖寺庙祠宫殿塔亭关村镇乡",
    "x": "东南西北中大小新老",
    "v": "在到从往去于离过是有把被给跟和与向",
    "f": "的了吗呢吧啊呀嘛哦着都也又就还很太没不",
    "p": ",.!?;:、。~…()《》\"'“”-/ ",
}
_KIND = {char: kind for kind, chars in reversed(_KINDS.items()) for char in chars}
_ENDS = frozenset(_KINDS["r"] + _KINDS["u"] + _KINDS["e"] + _KINDS["w"] + _KINDS["s"] + _KINDS["g"])

_TOLD = {kind: tuple(f"{kind}{far}" for far in range(FAR + 1)) for kind in ("-", *WORDS)}

Piece = tuple[int, int]  #: Start and end (excluded) in a normalised text.


class Crf:
    """A trained linear-chain CRF; `body` is CRFsuite's own file, numbers and words that run nothing."""

    def __init__(self, body: bytes, background: Background) -> None:
        """`background` is the one it was trained with. Raises ValueError when `body` is no such file."""
        self.body = body
        self._background = background
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(body)

    def pieces(self, text: str, hints: Iterable[Piece] = ()) -> tuple[Piece, ...]:
        """Returns the places in normalised `text` from left to right; `hints` are those that the rules found."""
        text = text[:READ]
        return pieces_of(self._tagger.tag(features(text, hints, self._background))) if text else ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A normalised message and the places in it, from left to right."""

    text: str
    pieces: tuple[Piece, ...]


def learn(lessons: Sequence[Lesson], rule: Callable[[str], Iterable[Piece]], background: Background) -> Crf | None:
    """Returns a CRF trained on `lessons`, which is told what `rule` finds; None with fewer than LEAST.

    Every message is learnt as it is, and SWAPPED times with places of other messages in it: else the same names always
    stand in the same sentences.
    """
    if len(lessons) < LEAST:
        return None
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": SPARE, "c2": SMOOTH, "max_iterations": ITERATIONS, "feature.possible_transitions": True})
    for lesson in (*lessons, *_swapped(lessons)):
        if cut := lesson.text[:READ]:
            trainer.append(features(cut, rule(cut), background), labels(cut, lesson.pieces))
    with tempfile.TemporaryDirectory(prefix="wuyou-crf-") as folder:
        file = Path(folder) / "places"
        trainer.train(str(file))
        return Crf(file.read_bytes(), background)


def _swapped(lessons: Sequence[Lesson]) -> Iterator[Lesson]:
    """Yields the lessons with places taken from others, the same ones in every run."""
    pool = [each.text[start:end] for each in lessons for start, end in each.pieces]
    turn = 0
    for _ in range(SWAPPED):
        for each in lessons:
            text, pieces, done = "", [], 0
            for start, end in each.pieces:
                turn += 1
                text += each.text[done:start]
                place = pool[turn * _STRIDE % len(pool)]
                pieces.append((len(text), len(text) + len(place)))
                text, done = text + place, end
            if pieces:
                yield Lesson(text + each.text[done:], tuple(pieces))


def features(text: str, hints: Iterable[Piece], background: Background) -> list[list[str]]:
    """Returns what is seen at each character of `text`: itself and its neighbours, their kinds and how common they are
    together, known words there and nearby, how far the next end of a name is, and what the rules made of it.

    Learning and tagging both come through here.
    """
    size = len(text)
    kinds_of = [_kind(char) for char in text]
    plain = ["0" if kind == "d" else char for char, kind in zip(text, kinds_of, strict=True)]
    chars = ["^^", "^", *plain, "$", "$$"]
    kind = ["^", "^", *kinds_of, "$", "$"]
    rule = ["^", *_marks(text, hints), "$"]
    word = ["^", *kinds(text), "$"]
    rare, bound = _rareness(text, background)
    ahead, behind = _distances(text)
    later, before = _words_near(word[1:-1])
    seen = []
    for at in range(size):
        c0, c1, c2, c3, c4 = chars[at : at + 5]
        k0, k1, k2, k3, k4 = kind[at : at + 5]
        r0, r1, r2 = rule[at : at + 3]
        w0, w1, w2 = word[at : at + 3]
        f1, f2, f3 = rare[at : at + 3]
        b1, b2, b3 = bound[at : at + 3]
        seen.append(
            [
                *("0" + c2, "-" + c1, "+" + c3, "=" + c0, "*" + c4),
                *("a" + c1 + c2, "b" + c2 + c3, "c" + c0 + c1, "d" + c3 + c4),
                *("e" + c1 + c2 + c3, "f" + c0 + c1 + c2, "g" + c2 + c3 + c4),
                *("k" + k2, "l" + k1 + k2, "m" + k2 + k3, "n" + k1 + k2 + k3),
                *("o" + k0 + k1 + k2 + k3 + k4, "p" + k3 + k4, "q" + k0 + k1),
                *("r" + r1, "s" + r0 + r1 + r2, "t" + r1 + c2),
                *("u" + ahead[at], "v" + behind[at], "w" + behind[at] + ahead[at]),
                *("A" + w1, "B" + w0 + w1, "C" + w1 + w2, "D" + w0 + w1 + w2),
                *("E" + f1, "F" + f2, "G" + f1 + f2, "H" + f2 + f3),
                *("L" + b1, "M" + b2, "N" + b1 + "," + b2, "O" + b1 + "," + b2 + "," + b3),
                *("I" + later[at], "J" + before[at], "K" + before[at] + w1 + later[at]),
            ]
        )
    return seen


def _rareness(text: str, background: Background) -> tuple[list[str], list[str]]:
    """Returns for each gap between characters how rare the pair around it is, and how much more often than by chance
    the two stand together: pairs of common words are no name, and a name ends where two do not belong together."""
    marked = f"^{text}$"
    known, unknown = background.idf.get, background.unknown
    alone = [known(char, unknown) for char in marked]
    pairs = [known(marked[at : at + 2], unknown) for at in range(len(text) + 1)]
    rare = [str(min(9, int(pair))) for pair in pairs]
    together = [one + other - pair for one, other, pair in zip(alone, alone[1:], pairs, strict=False)]
    return [*rare, "$"], [*[str(max(-1, int(each))) for each in together], "$"]


def _words_near(word: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns for each character the kind of the next known word with how far it is, and of the last one before."""
    size = len(word)
    later, before = ["-"] * size, ["-"] * size
    for order, found in ((range(size - 1, -1, -1), later), (range(size), before)):
        told, far = _TOLD["-"], 0
        for at in order:
            found[at] = told[far]
            if word[at] != "-":
                told, far = _TOLD[word[at][0]], 0
            if far < FAR:
                far += 1
    return later, before


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


def labels(text: str, pieces: Iterable[Piece]) -> list[str]:
    """Returns what the CRF learns for each character: as `_marks`, and where a place ends."""
    found = _marks(text, pieces)
    for at, label in enumerate(found):
        if label != _O and found[at + 1 : at + 2] != [_I]:
            found[at] = _S if label == _B else _E
    return found


def pieces_of(told: Sequence[str]) -> tuple[Piece, ...]:
    """Returns the places that such labels mark, whatever their order."""
    pieces: list[Piece] = []
    within = False
    for at, label in enumerate(told):
        if label == _O:
            within = False
            continue
        if label in (_B, _S) or not within:
            pieces.append((at, at + 1))
        else:
            pieces[-1] = (pieces[-1][0], at + 1)
        within = label not in (_E, _S)
    return tuple(pieces)
