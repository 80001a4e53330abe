"""Topics: a day's texts put together by what they are about, each topic with a name from their own words."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from nlu.concepts import SETTINGS, concepts
from nlu.grams import grams
from nlu.lexical import Background
from nlu.normalise import normalise
from nlu.similarity import SameMatter, same_topic

READ = 150  #: Characters of a text that are looked at.
ALIKE = 0.6  #: So likely the same kind of thing, two texts stand in one topic.
NEIGHBOURS, LEAST = 12, 0.12  #: How many others each text is compared with, and their least cosine.
JOINED = 0.6  #: Cosine of two topics' middles from which on they are one.
THING, SETTING, TROUBLE = 7.0, 2.0, 4.0  #: What a concept counts; a rare pair of characters counts about 6.
ALONE = 0.3  #: What an n-gram that no other text has counts in the length of its own.
COMMON = 0.25  #: An n-gram in more than this share of many texts tells none from another.
_FEW = 40  #: So few texts that no n-gram is common.
SAMPLE = 1_000  #: Of so many texts, evenly drawn, it is counted how many have a phrase.
_AT_ONCE = 1_000  #: Rows of likeness in memory.

_ALONE = 16  #: Characters of the name of a text that stands alone.
_LONGEST = 6  #: Characters of a phrase in a name.
_CLAUSE = re.compile(r"[^\u4e00-\u9fff]+")
#: What no phrase of a name begins or ends with: it would be a piece of talk.
_EDGE = frozenset(
    "的了着过吗呢吧啊呀哦嘛就都也还又在是有个这那我你他她它们很太真不没和跟被把给让请上下里到去来要会能可以得地之其么什怎几多点"
)
_TALK = re.compile(
    r"没人|怎么|什么|请问|麻烦|谢谢|你好|我们|他们|一直|已经|就是|还是|这个|那个|能不|可以|天天|今天|昨天"
)


@dataclass(frozen=True, slots=True)
class Topic:
    """Texts of one matter or of one kind: places in what was given, the most typical first."""

    members: tuple[int, ...]
    name: str


def group(texts: Sequence[str], background: Background | None = None, alike: float = ALIKE) -> tuple[Topic, ...]:
    """Returns the topics of `texts`, the largest first; every text stands in exactly one: with others
    when they are at least so much `alike`, 0 to 1.

    The same texts in the same order give the same topics. Empty ones, and those without letters, are a topic without a
    name. Five thousand texts take some seconds.
    """
    said = [normalise(text)[:READ] for text in texts]
    heard = [place for place, text in enumerate(said) if any(char.isalpha() for char in text)]
    rest = tuple(place for place in range(len(said)) if place not in set(heard))
    if not heard:
        return (Topic(rest, ""),) if rest else ()
    matrix = _matrix([said[place] for place in heard], background)
    found = _joined(matrix, _led(matrix, [said[place] for place in heard], background, alike))
    names = _names([[said[heard[row]] for row in rows] for rows in found], [said[place] for place in heard], background)
    topics = [Topic(tuple(heard[row] for row in rows), name) for rows, name in zip(found, names, strict=True)]
    topics.sort(key=lambda topic: (-len(topic.members), topic.members[0]))
    return (*topics, Topic(rest, "")) if rest else tuple(topics)


def _matrix(said: Sequence[str], background: Background | None) -> sparse.csr_matrix:
    """One row of unit length for each text: its n-grams by how rare they are, and what it is about."""
    counts = [Counter(f"{gram}" for gram in grams(text)) for text in said]
    seen: Counter[str] = Counter(gram for each in counts for gram in each)
    most = len(said) * COMMON if len(said) > _FEW else math.inf
    columns: dict[str, int] = {}
    data: list[float] = []
    indices: list[int] = []
    ends, lengths = [0], []
    for text, each in zip(said, counts, strict=True):
        length = 0.0
        for gram in each:
            if seen[gram] > most:
                continue
            rare = background.weight(gram) if background else math.log(1 + len(said) / seen[gram])
            weight = rare * (0.3 if len(gram) == 1 else 1.0)
            if seen[gram] > 1:
                indices.append(columns.setdefault(gram, len(columns)))
                data.append(weight)
                length += weight * weight
            else:  # In no other text: it makes this one unlike them all, though less than what it is about.
                length += weight * weight * ALONE
        things, troubles = concepts(text)
        about = [(f"#{each}", SETTING if each in SETTINGS else THING) for each in sorted(things)]
        for name, weight in (*about, *((f"!{each}", TROUBLE) for each in sorted(troubles))):
            indices.append(columns.setdefault(name, len(columns)))
            data.append(weight)
            length += weight * weight
        ends.append(len(indices))
        lengths.append(math.sqrt(length) or 1.0)
    matrix = sparse.csr_matrix((data, indices, ends), shape=(len(said), max(1, len(columns))), dtype=np.float32)
    return sparse.csr_matrix(sparse.diags(1 / np.array(lengths, np.float32)) @ matrix)


def _unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix)


def _led(
    matrix: sparse.csr_matrix, said: Sequence[str], background: Background | None, alike: float
) -> list[list[int]]:
    """Groups around leaders: whoever is like most others takes them, then the next of those that are left."""
    count = matrix.shape[0]
    near: list[set[int]] = [{row} for row in range(count)]
    told = [SameMatter(background).read(text) for text in said]
    for one, other in _candidates(matrix):
        if same_topic(told[one], told[other]) >= alike:
            near[one].add(other)
            near[other].add(one)
    left = [True] * count
    groups = []
    for leader in sorted(range(count), key=lambda row: (-len(near[row]), row)):
        if left[leader]:
            rows = [leader, *(row for row in sorted(near[leader]) if left[row] and row != leader)]
            groups.append(rows)
            for row in rows:
                left[row] = False
    return groups


def _candidates(matrix: sparse.csr_matrix) -> list[tuple[int, int]]:
    """Pairs of rows worth a look: each with the few that share most with it."""
    turned = sparse.csc_matrix(matrix.T)
    pairs: set[tuple[int, int]] = set()
    for start in range(0, matrix.shape[0], _AT_ONCE):
        likeness = (matrix[start : start + _AT_ONCE] @ turned).tocsr()
        for row in range(likeness.shape[0]):
            begin, end = likeness.indptr[row], likeness.indptr[row + 1]
            values, columns = likeness.data[begin:end], likeness.indices[begin:end]
            # By value, then by place: so that ties are always broken alike.
            best = np.lexsort((columns, -values.round(5)))[: NEIGHBOURS + 1]
            one = start + row
            pairs.update((min(one, int(columns[i])), max(one, int(columns[i]))) for i in best if values[i] >= LEAST)
    return sorted(pair for pair in pairs if pair[0] != pair[1])


def _joined(matrix: sparse.csr_matrix, groups: list[list[int]]) -> list[list[int]]:
    """Joins groups whose middles are alike, the smaller into the larger, and puts the most typical member first."""
    for _ in range(3):
        middles = _middles(matrix, groups)
        likeness = (middles @ sparse.csc_matrix(middles.T)).tocoo()
        close = (likeness.data >= JOINED) & (likeness.row < likeness.col)
        ends = (-likeness.data[close]).tolist(), likeness.row[close].tolist(), likeness.col[close].tolist()
        pairs = zip(*ends, strict=True)
        taken: set[int] = set()
        for _value, one, other in sorted(pairs):
            if one not in taken and other not in taken:
                groups[one] = [*groups[one], *groups[other]]
                groups[other] = []
                taken |= {one, other}
        groups = [rows for rows in groups if rows]
        if not taken:
            break
    middles = _middles(matrix, groups)
    found = []
    for place, rows in enumerate(groups):
        if len(rows) > 2:  # Of two neither is more typical.
            typical = np.asarray((matrix[rows] @ middles[place].T).todense()).ravel().round(5).tolist()
            rows = [row for _, row in sorted(zip((-value for value in typical), rows, strict=True))]
        found.append(rows)
    return found


def _middles(matrix: sparse.csr_matrix, groups: list[list[int]]) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    members = np.fromiter((row for group in groups for row in group), np.intp, len(rows))
    which = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, members)), shape=(len(groups), matrix.shape[0]))
    return _unit(sparse.csr_matrix(which @ matrix))


def _names(groups: Sequence[Sequence[str]], said: Sequence[str], background: Background | None) -> list[str]:
    """For each group the phrase, and perhaps a second one, that its members share and others have not."""
    step = 1 + len(said) // SAMPLE
    everywhere: Counter[str] = Counter()
    for text in said[::step]:
        everywhere.update(_phrases(text))
    names = []
    for texts in groups:
        if len(texts) == 1:
            names.append(next(filter(None, re.split(r"\W+", texts[0])), texts[0])[:_ALONE])
            continue
        here: Counter[str] = Counter()
        for text in texts[:200]:
            here.update(_phrases(text))
        size = min(len(texts), 200)
        least = max(2, math.ceil(size * 0.2))
        worth = {
            phrase: _telling(phrase, times, size, max(times, everywhere[phrase] * step), len(said), background)
            for phrase, times in here.items()
            if times >= least
        }
        names.append(_name(worth, here, texts[0]))
    return names


def _phrases(text: str) -> set[str]:
    found: set[str] = set()
    for clause in _CLAUSE.split(text):
        for start in range(len(clause)):
            if clause[start] in _EDGE:
                continue
            for end in range(start + 2, min(start + _LONGEST, len(clause)) + 1):
                if clause[end - 1] not in _EDGE:
                    found.add(clause[start:end])
    return found


def _telling(phrase: str, here: int, size: int, everywhere: int, of: int, background: Background | None) -> float:
    """How much a phrase tells of its topic: by how many share it, how few others do, and how rare it is at large."""
    if _TALK.search(phrase):
        return 0.0
    share = here / size
    lift = math.log(1 + (here / size) / ((everywhere - here + 0.5) / (of - size + 1)))
    pairs = [phrase[at : at + 2] for at in range(len(phrase) - 1)]
    rare = sum(background.weight(pair) for pair in pairs) / len(pairs) if background else 4.0
    known = sum(map(len, concepts(phrase))) > 0
    return share * lift * rare * math.sqrt(min(4, len(phrase))) * (1.5 if known else 1.0)


def _name(worth: dict[str, float], here: Counter[str], typical: str) -> str:
    ranked = sorted(worth, key=lambda phrase: (-worth[phrase], phrase))
    if not ranked or worth[ranked[0]] <= 0:
        return next(filter(None, re.split(r"\W+", typical)), typical)[:_ALONE]
    first = _grown(ranked[0], worth, here)
    for other in ranked[1:30]:
        second = _grown(other, worth, here)
        if worth[other] >= worth[ranked[0]] * 0.45 and not _overlap(first, second):
            return f"{first} {second}"
    return first


def _grown(phrase: str, worth: dict[str, float], here: Counter[str]) -> str:
    """The longest phrase around it that nearly as many share: 圾没人 grows to 垃圾没人收."""
    longer = [
        each for each in worth if phrase in each and len(each) > len(phrase) and here[each] >= 0.75 * here[phrase]
    ]
    return max(longer, key=lambda each: (len(each), here[each], each), default=phrase)


def _overlap(one: str, other: str) -> bool:
    pairs: dict[str, int] = defaultdict(int)
    for at in range(len(one) - 1):
        pairs[one[at : at + 2]] += 1
    return any(other[at : at + 2] in pairs for at in range(len(other) - 1))
