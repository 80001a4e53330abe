"""The written data: examples and FAQ entries in Rasa's YAML training format, read with file and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from nlu.understanding import Emergency, Entry, Intent

FORMAT = "3.1"  #: The version of Rasa's format that these files are written in.
SECTIONS = ("version", "nlu", "responses")
#: The label of messages that are there for their places alone: no intent, and nothing for Rasa to tell apart.
PLACE = "place"
#: The label of questions of the field that no entry answers: from these it is learnt when to say so.
ELSEWHERE = "elsewhere"
#: Labels of messages that tell of somebody in danger (`danger/<an Emergency>`), and of those that only have its words
#: (`calm/<an Intent>`): news, drills, jokes, the past, trifles.
DANGER, CALM = "danger", "calm"

#: Control, bidi and private characters, and all zero-width ones but the joiner that emoji need.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff]"
)

#: An entity in Rasa's notation: [text](entity), [text]{"entity": "place", ...}.
_ENTITY = re.compile(
    r"\[(?P<text>[^\[\]]*)\](?:\((?P<name>[^()]*)\)|\{[^{}]*\"entity\": *\"(?P<long>[^\"]*)\"[^{}]*\})"
)


#: Who asks one of these wants more than an answer.
_ASKED = {"human": Intent.HUMAN}
_KINDS: Mapping[str, tuple[str, ...]] = {DANGER: tuple(Emergency), CALM: tuple(Intent)}


class BadData(ValueError):
    """The written data cannot be used; the message names file, line and reason. Nothing was read."""


@dataclass(frozen=True, slots=True)
class Example:
    """One line somebody might write, and its label: an Intent, ELSEWHERE, `faq/<id>`, `report/<category code>`,
    `danger/<an Emergency>` or `calm/<an Intent>`."""

    label: str
    text: str
    file: str
    line: int

    @property
    def kind(self) -> str:
        return self.label.partition("/")[0]

    @property
    def name(self) -> str:
        """What stands after the slash: a FAQ id or a category code; empty for a bare intent."""
        return self.label.partition("/")[2]

    @property
    def intent(self) -> Intent:
        """The kind of message this is an example of."""
        if self.kind == "faq":
            return Intent.POINTS if self.name.startswith("points_") else _ASKED.get(self.name, Intent.ASK)
        if self.label == ELSEWHERE:
            return Intent.ASK
        if self.kind == "report":
            return Intent.MISSING if self.name == "order.missing" else Intent.REPORT
        if self.kind == DANGER:
            return Intent.REPORT
        if self.kind == CALM:
            return Intent(self.name)
        return Intent(self.label)


@dataclass(frozen=True, slots=True)
class Marked:
    """A message with the places in it marked, as they were written: "[人民路12号](place)有个坑"."""

    text: str  #: Without the marks.
    places: tuple[str, ...]  #: From left to right, as they stand in the text; () when it names none.
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Article:
    """A written FAQ answer with what it rests on."""

    id: str
    title: str
    text: str
    source: str = ""
    date: str = ""  #: As written, usually YYYY-MM-DD.
    title_en: str = ""
    text_en: str = ""
    sample: bool = False  #: Of the sample street, and says so aloud.
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)  #: All of its metadata, as written.


@dataclass(frozen=True, slots=True)
class Written:
    """All that was written, in the order of files and lines."""

    examples: tuple[Example, ...] = ()
    articles: tuple[Article, ...] = ()
    marked: tuple[Marked, ...] = ()  #: For finding places; what kind of message it is, these do not say.

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.name for each in self.examples if each.kind == "report" and each.name))

    def entries(self) -> tuple[Entry, ...]:
        """Returns the FAQ as the index needs it: every phrasing under its entry's title."""
        phrasings: dict[str, list[str]] = {article.id: [] for article in self.articles}
        for each in self.examples:
            if each.kind == "faq":
                phrasings[each.name].append(each.text)
        return tuple(Entry(each.id, each.title, tuple(phrasings[each.id]), each.text) for each in self.articles)


def read(files: Iterable[Path], categories: Collection[str] | None = None) -> Written:
    """Returns the examples and articles of `files`. Raises BadData for anything unknown, twice or unprintable.

    `categories`: the codes that exist; None lets any code be.
    """
    examples: list[Example] = []
    marked: list[Marked] = []
    articles: dict[str, Article] = {}
    where: dict[str, str] = {}
    for file in files:
        sections = _sections(file)
        for label, line, texts in _labels(sections.get("nlu"), file):
            at = f"{file.name}:{line}"
            if label in where:
                raise BadData(f"{at}: {label} was already written at {where[label]}")
            where[label] = at
            if label != PLACE:
                _known(label, at, categories)
            for number, text in texts:
                plain, places = _unmarked(text, f"{file.name}:{number}")
                if places or label == PLACE:
                    marked.append(Marked(plain, places, file.name, number))
                if label != PLACE:
                    examples.append(Example(label, plain, file.name, number))
        for article, line in _articles(sections.get("responses"), file):
            if article.id in articles:
                raise BadData(f"{file.name}:{line}: a second answer for faq/{article.id}")
            articles[article.id] = article
            where.setdefault(f"answer {article.id}", f"{file.name}:{line}")
    asked = {label.partition("/")[2]: at for label, at in where.items() if label.startswith("faq/")}
    for id, at in asked.items():
        if id not in articles:
            raise BadData(f"{at}: faq/{id} has no answer (utter_faq/{id} under responses)")
    for id in articles:
        if id not in asked:
            raise BadData(f"{where[f'answer {id}']}: utter_faq/{id} has no phrasings (intent faq/{id} under nlu)")
    return Written(tuple(examples), tuple(articles.values()), tuple(marked))


def read_folder(folder: Path, categories: Collection[str] | None = None) -> Written:
    """Returns all that is written in the *.yml files of `folder`. Raises BadData; an empty folder is Bad too."""
    if not folder.is_dir():
        raise BadData(f"{folder}: there is no such folder")
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise BadData(f"{folder}: no .yml file to learn from")
    return read(files, categories)


def _known(label: str, at: str, categories: Collection[str] | None) -> None:
    kind, slash, name = label.partition("/")
    if slash and kind in ("faq", "report") and name:
        if kind == "report" and categories is not None and name not in categories:
            raise BadData(f"{at}: there is no category {name}")
        return
    if slash and name in _KINDS.get(kind, ()):
        return
    if label not in {*Intent, ELSEWHERE}:
        known = ", ".join((*Intent, ELSEWHERE, PLACE))
        raise BadData(
            f"{at}: unknown label {label}; known are faq/<id>, report/<code>, danger/<danger>, calm/<kind>, {known}"
        )


def _unmarked(text: str, at: str) -> tuple[str, tuple[str, ...]]:
    """Returns the example without the marks of entities, and the places that were marked."""
    places = []
    for found in _ENTITY.finditer(text):
        if (name := found["name"] or found["long"]) != PLACE:
            raise BadData(f"{at}: unknown entity {name}; known is {PLACE}")
        if not found["text"].strip():
            raise BadData(f"{at}: an empty place")
        places.append(found["text"])
    return _ENTITY.sub(lambda found: found["text"], text) if places else text, tuple(places)


def _labels(root: Node | None, file: Path) -> Iterator[tuple[str, int, list[tuple[int, str]]]]:
    """Yields label, line and its numbered examples."""
    for item in _sequence(root, file):
        fields = _mapping(item, file)
        if "intent" not in fields or "examples" not in fields or len(fields) != 2:
            raise BadData(f"{_at(item, file)}: expected intent and examples, found {', '.join(fields) or 'nothing'}")
        block = fields["examples"]
        if not isinstance(block, ScalarNode) or block.style != "|":
            raise BadData(f"{_at(block, file)}: examples must be a block that begins with |")
        texts = []
        for number, line in enumerate(block.value.split("\n"), block.start_mark.line + 2):
            if line.strip() and not line.startswith("- "):
                raise BadData(f"{file.name}:{number}: an example begins with '- '")
            if line.strip():
                texts.append((number, line[2:].strip()))
        if not texts:
            raise BadData(f"{_at(block, file)}: no examples")
        yield _scalar(fields["intent"], file), item.start_mark.line + 1, texts


def _articles(root: Node | None, file: Path) -> Iterator[tuple[Article, int]]:
    for key, node in _mapping(root, file).items():
        if not key.startswith("utter_faq/"):
            raise BadData(f"{_at(node, file)}: unknown response {key}; expected utter_faq/<id>")
        variants = _sequence(node, file)
        if len(variants) != 1:
            raise BadData(f"{_at(node, file)}: {key} needs exactly one text")
        fields = _mapping(variants[0], file)
        if "text" not in fields:
            raise BadData(f"{_at(node, file)}: {key} has no text")
        notes = {name: _scalar(value, file) for name, value in _mapping(fields.get("metadata"), file).items()}
        id = key.removeprefix("utter_faq/")
        text = _scalar(fields["text"], file).strip()
        article = Article(
            id,
            notes.get("title", id),
            text,
            notes.get("source", ""),
            notes.get("date", ""),
            notes.get("title_en", ""),
            notes.get("text_en", "").strip(),
            notes.get("sample", "").lower() == "true",
            notes,
        )
        yield article, node.start_mark.line


def _sections(file: Path) -> dict[str, Node]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes().count(b"\n", 0, error.start) + 1
        raise BadData(f"{file.name}:{line}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise BadData(f"{file}: cannot be read ({error.strerror})") from error
    # One of these in an example aborts Rasa's training without a word about where.
    if control := CONTROL.search(text):
        number = text.count("\n", 0, control.start()) + 1
        raise BadData(f"{file.name}:{number}: control character U+{ord(control[0]):04X}")
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadData(f"{file.name}:{line}: {error.problem}") from error
    except YAMLError as error:
        raise BadData(f"{file.name}: {error}") from error
    except RecursionError as error:
        raise BadData(f"{file.name}: nested too deep to be read") from error
    sections = _mapping(root, file)
    for name, node in sections.items():
        if name not in SECTIONS:
            raise BadData(f"{_at(node, file)}: unknown section {name}; known are {', '.join(SECTIONS)}")
    if "version" not in sections or _scalar(sections["version"], file) != FORMAT:
        raise BadData(f'{file.name}:1: expected version: "{FORMAT}"')
    return sections


def _mapping(node: Node | None, file: Path) -> dict[str, Node]:
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        raise BadData(f"{_at(node, file)}: expected keys and values")
    fields: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise BadData(f"{_at(key, file)}: expected a text as a key")
        if key.value in fields:
            raise BadData(f"{_at(key, file)}: {key.value} stands twice")
        fields[key.value] = value
    return fields


def _sequence(node: Node | None, file: Path) -> list[Node]:
    if node is None:
        return []
    if not isinstance(node, SequenceNode):
        raise BadData(f"{_at(node, file)}: expected a list")
    return list(node.value)


def _scalar(node: Node, file: Path) -> str:
    if not isinstance(node, ScalarNode):
        raise BadData(f"{_at(node, file)}: expected a text")
    return str(node.value)


def _at(node: Node, file: Path) -> str:
    return f"{file.name}:{node.start_mark.line + 1}"
