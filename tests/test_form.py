"""The form of the house: who imports whom, what rules may not do, texts, settings and documents that keep step."""

from __future__ import annotations

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from bot.config import DingTalkApp, TelegramBot, keys
from bot.texts import LANGUAGES, Texts
from routing.alert import mermaid as of_an_alert
from routing.case import mermaid

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
TEXTS = Texts.load()

#: Library -> the files that may know it.
ONE_FILE = {
    "telegram": r"bot/channels/telegram\w*\.py",
    "sentence_transformers": r"nlu/semantic\.py",
    "sklearn": r"nlu/(train|tune)\.py",
    "pycrfsuite": r"nlu/crf\.py",
    "PIL": r"bot/cleaner\.py",
    "lxml": r"bot/xml_out\.py",
    "signxml": r"bot/xml_out\.py",
    "obstore": r"bot/photos\.py",
    "apscheduler": r"bot/clock\.py",
    "shapely": r"(routing|bot/web)/ground\.py",
    "reportlab": r"bot/data_pdf\.py",
    "jinja2": r"bot/web/pages\.py",
    "segno": r"bot/qr\.py",
    "cryptography": r"bot/(store/private|xml_out)\.py",
    "prometheus_client": r"bot/(figures|web/health)\.py",
    "typer": r"bot/cli\w*\.py",
    "rich": r"bot/cli\w*\.py",
    "opencc": r"nlu/normalise\.py",
    "pypinyin": r"routing/sounds\.py",
    "rapidfuzz": r"routing/library\.py",
    "psycopg": r"bot/store/\w+\.py",
    "aiogram": r"tests/.*",
}
#: What rules do not touch: time, chance, the world.
CLOSED = {"random", "secrets", "time", "asyncio", "os", "sys", "io", "pathlib", "socket", "subprocess", "threading",
          "uuid", "sqlite3", "aiohttp", "sqlalchemy", "structlog", "logging"}  # fmt: skip


@cache
def listed() -> tuple[Path, ...]:
    """The files of the project: what git knows or would take in."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in done.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def python(*folders: str) -> list[Path]:
    found = [path for path in listed() if path.suffix == ".py"]
    return [path for path in found if not folders or name_of(path).startswith(folders)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules a file imports, wherever in it; those for the type checker alone count, too."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def test_nlu_and_routing_import_neither_the_bot_nor_each_other() -> None:
    for folder, others in (("nlu/", ("bot", "routing")), ("routing/", ("bot", "nlu"))):
        wrong = [f"{name_of(path)}: {each}" for path in python(folder) for each in imports(path)
                 if each.split(".")[0] in others]  # fmt: skip
        assert not wrong


def test_nothing_imports_the_tests_or_the_benchmarks() -> None:
    outside = ("tests", "benchmarks", "docs")
    wrong = [f"{name_of(path)}: {each}" for path in python("bot/", "nlu/", "routing/") for each in imports(path)
             if each.split(".")[0] in outside]  # fmt: skip
    assert not wrong


def test_inside_the_bot_imports_go_one_way() -> None:
    allowed = ("bot.messages", "bot.codes", "bot.consent", "bot.tenancy", "bot.ledger", "bot.outcome", "bot.desks")
    for path in python("bot/desks/"):
        wrong = [each for each in imports(path) if each.startswith("bot.") and not each.startswith(allowed)]
        assert not wrong, f"{name_of(path)}: a desk knows messages, points and outcomes only"
    for path in python(
        "bot/store/", "bot/channels/", "bot/outbox.py", "bot/messages.py", "bot/ledger/", "bot/outcome.py"
    ):
        wrong = [each for each in imports(path) if each.startswith(("bot.desks", "bot.intake", "bot.__main__"))]
        assert not wrong, f"{name_of(path)} knows a desk or a door"
    builders = ("bot/__main__.py", "bot/cli", "bot/sample/demo.py")
    for path in python("bot/"):
        if not name_of(path).startswith(builders):
            assert "bot.__main__" not in imports(path), f"{name_of(path)} imports the wiring"


@pytest.mark.parametrize("path", python("routing/", "bot/desks/", "bot/ledger/"), ids=name_of)
def test_rules_wait_for_nothing_read_no_clock_roll_no_dice_and_open_no_file(path: Path) -> None:
    tree = tree_of(path)
    for node in ast.walk(tree):
        where = f"line {getattr(node, 'lineno', 0)}"
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)), where
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in ("open", "print", "input", "exec", "eval"), where
            elif isinstance(called, ast.Attribute):
                assert called.attr not in ("now", "utcnow", "today", "read_text", "read_bytes", "write_text"), where
    assert not {each.split(".")[0] for each in imports(path)} & CLOSED


@pytest.mark.parametrize("library", ONE_FILE)
def test_one_library_one_file(library: str) -> None:
    allowed = re.compile(ONE_FILE[library])
    knowing = {name_of(path) for path in python("bot/", "nlu/", "routing/")
               if library in {each.split(".")[0] for each in imports(path)}}  # fmt: skip
    assert not [name for name in knowing if not allowed.fullmatch(name)]


@pytest.mark.parametrize("path", python(), ids=name_of)
def test_every_file_says_first_what_lives_there_and_is_not_too_long(path: Path) -> None:
    words = path.read_text("utf-8")
    if words.strip():
        assert words.startswith(('"""', 'r"""')), "the first line is the docstring"
        assert ast.get_docstring(tree_of(path))
    if "/migrations/versions/" not in name_of(path):
        assert words.count("\n") <= MOST_LINES, "look for the second noun"


def test_no_file_names_a_place_of_one_machine() -> None:
    places = ["/" + name + "/" for name in ("work", "root", "tmp")]
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))
    ]
    wrong = re.compile("|".join([*(rf"(?<![\w.~$}}]){re.escape(place)}" for place in places), *map(re.escape, hosts)]))
    binary = (".png", ".jpg", ".npz", ".ico", ".webp", ".gz")
    for path in listed():
        if path.suffix not in binary:
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
                assert not wrong.search(line), f"{name_of(path)}:{number}"


# --- texts


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_text_stands_in_every_language_with_the_same_placeholders() -> None:
    first, *others = LANGUAGES
    for language in others:
        assert TEXTS.keys(language) ^ TEXTS.keys(first) == set()
    for key in sorted(TEXTS.keys(first)):
        sets = [placeholders(TEXTS.template(key, language)) for language in LANGUAGES]
        assert all(each == sets[0] for each in sets), f"{key}: {sets}"


def test_no_text_is_empty() -> None:
    for language in LANGUAGES:
        assert not [key for key in TEXTS.keys(language) if not TEXTS.template(key, language).strip()]


_KEY = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)+")
_BEGINNING = re.compile(r"[a-z_]+\.[a-z0-9_.]*")
_TOPS = {key.split(".")[0] for key in TEXTS.keys(LANGUAGES[0])}
_FILES = (".csv", ".yml", ".yaml", ".toml", ".html", ".json")


def spoken(node: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """(line, words, whole) of every string that may be a text's key, or the beginning of one. What a desk notes for
    the log (`outcome("faq.answered")`, `note=`) and the log's own events are none."""
    if isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if name == "outcome" or (isinstance(called, ast.Attribute) and ast.unparse(called.value) == "log"):
            return
    if isinstance(node, ast.keyword) and node.arg == "note":
        return
    if isinstance(node, ast.JoinedStr):
        first = node.values[0]
        if isinstance(first, ast.Constant):
            yield node.lineno, str(first.value), False
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value, True
        return
    for child in ast.iter_child_nodes(node):
        yield from spoken(child)


@pytest.mark.parametrize("path", python("bot/"), ids=name_of)
def test_every_key_in_the_code_is_a_text(path: Path) -> None:
    known = TEXTS.keys(LANGUAGES[0])
    notes = notes_of(path)
    for line, words, whole in spoken(tree_of(path)):
        if words.split(".")[0] not in _TOPS or words.endswith(_FILES) or words in notes:
            continue
        if whole and _KEY.fullmatch(words):
            assert words in known, f"line {line}: there is no text {words}"
        elif not whole and _BEGINNING.fullmatch(words):
            assert any(key.startswith(words) for key in known), f"line {line}: no text begins with {words}"


def notes_of(path: Path) -> set[str]:
    """What the file hands to `outcome` or as `note` by a variable: the desk's name of what it did."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "note" for t in node.targets):
            found |= {each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)}
    return found


def test_every_key_in_the_pages_is_a_text() -> None:
    known = TEXTS.keys(LANGUAGES[0])
    for path in listed():
        if name_of(path).startswith("bot/web/templates/"):
            page = path.read_text("utf-8")
            for key in re.findall(r"""\bsay\(\s*["']([a-z0-9_.]+)["']\s*[,)]""", page):
                assert f"web.{key}" in known, f"{path.name}: there is no text web.{key}"
            for beginning in re.findall(r"""\bsay\(\s*["']([a-z0-9_.]+)["']\s*~""", page):
                assert any(key.startswith(f"web.{beginning}") for key in known), f"{path.name}: {beginning}"


# --- documents


def test_every_setting_is_in_the_example_and_documented() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    example = (ROOT / "config.yaml").read_text("utf-8")
    for key in keys():
        assert f"`{key}`" in documented, f"docs/configuration.md lacks {key}"
        assert re.search(rf"^\s*{key.split('.')[-1]}:", example, re.MULTILINE), f"config.yaml lacks {key}"
    for key in {**TelegramBot.model_fields, **DingTalkApp.model_fields}:
        assert f"`{key}`" in documented
        assert f"{key}:" in example


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_diagram_of_a_case_is_drawn_from_its_moves(name: str) -> None:
    assert "\n".join(mermaid()) in (ROOT / name).read_text("utf-8"), "make diagram"


def test_the_diagram_of_an_alert_is_drawn_from_its_moves() -> None:
    assert "\n".join(of_an_alert()) in (ROOT / "docs" / "alerts.md").read_text("utf-8"), "make diagram"


def pages() -> list[Path]:
    return [path for path in listed() if path.suffix == ".md"]


def commands(page: Path) -> Iterator[list[str]]:
    """The `wuyou` command lines in a page's blocks of code."""
    for block in re.findall(r"```(?:sh|bash|console)?\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            words = line.split("#")[0].split()
            if "wuyou" in words:
                yield words[words.index("wuyou") + 1 :]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_in_the_documents_is_there(page: Path) -> None:
    for words in commands(page):
        command, left = typer.main.get_command(app), list(words)
        while left and hasattr(command, "commands") and not left[0].startswith("-"):
            name = left.pop(0)
            assert name in command.commands, f"wuyou {' '.join(words)}: there is no command {name}"
            command = command.commands[name]
        options = {option for each in command.params for option in each.opts} | {"--help"}
        strange = [word for word in left if word.startswith("--") and word.split("=")[0] not in options]
        assert not strange, f"wuyou {' '.join(words)}: no option {strange}"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_between_the_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"
