"""wuyou train, evaluate and ask on tiny data: figures, folders, and what is wrong said in one sentence."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from nlu import rows
from nlu.model import load_model
from tests.bot.commands import Wuyou, runs

CITY = [
    ("环保", "工厂冒黑烟味道很大"),
    ("环保", "河水发黑有臭味"),
    ("环保", "夜里烧塑料呛人"),
    ("环保", "污水直接排进河里"),
    ("交通", "公交车半天不来一辆"),
    ("交通", "红绿灯坏了路口很堵"),
    ("交通", "货车乱停占了车道"),
    ("交通", "公交线路绕得太远"),
]
#: Task -> lines that the tiny model can be examined on, and the keys of its figures.
EXAMS = {
    "faq": (["residence_permit\t居住证在哪里办", "elder_card\t老年卡几岁能办"], ["top1", "top3", "mrr"]),
    "category": (["service.light\t路灯坏了", "enforcement.garbage\t垃圾没人收"], ["accuracy", "macro_f1", "ece"]),
    "intent": (["greet_or_thanks\t谢谢你们", "human\t转人工"], ["accuracy", "macro_f1", "ece"]),
    "scope": (["in\t居住证怎么办", "near\t护照怎么办", "far\t晚上打牌吗"], ["auroc"]),
    "place": (["place\t桂花苑3幢门口有垃圾\t桂花苑3幢门口", "none\t吵死了\t"], ["f1"]),
    "duplicate": (["路灯坏了\t路灯不亮\t1", "路灯坏了\t垃圾没人收\t0"], ["auc"]),
}


@pytest.fixture
def wuyou(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_as_before: None) -> Wuyou:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return runs


@pytest.fixture(scope="session")
def model(little: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What wuyou train makes of the tiny data."""
    out = tmp_path_factory.mktemp("trained") / "model"
    done = runs("train", "--data", little, "--out", out)
    assert done.exit_code == 0, done.output
    assert str(out) in done.stdout
    assert "learnt in" in done.stdout
    return out


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    (folder / "city.tsv").write_text("\n".join("\t".join(row) for row in CITY), "utf-8")
    out = folder / "model"
    done = runs("train", "--task", "category", "--tsv", folder / "city.tsv", "--out", out)
    assert done.exit_code == 0, done.output
    return out


def lines(folder: Path, *rows: str) -> Path:
    file = folder / "exam.tsv"
    file.write_text("\n".join(rows) + "\n", "utf-8")
    return file


@pytest.mark.parametrize("task", EXAMS)
def test_every_task_has_its_figures_and_its_speed(task: str, model: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    rows, names = EXAMS[task]
    file = lines(tmp_path, *rows)
    done = wuyou("evaluate", file, "--task", task, "--model", model, "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert list(figures) == [*names, "p50_ms", "p99_ms", "n"]
    assert figures["n"] == len(rows)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert figures[names[0]] == 1
    shown = wuyou("evaluate", file, "--task", task, "--model", model).stdout
    assert names[0] in shown
    assert done.stderr == ""


def test_a_city_has_labels_of_its_own(city: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    file = lines(tmp_path, "环保\t河里排污水", "交通\t公交车不来", "交通\t河里排污水")
    figures = json.loads(wuyou("evaluate", file, "--task", "category", "--model", city, "--json").stdout)
    assert figures["accuracy"] == pytest.approx(2 / 3, abs=0.001)
    assert list(figures) == ["accuracy", "macro_f1", "ece", "p50_ms", "p99_ms", "n"]
    table = wuyou("evaluate", file, "--task", "category", "--model", city).stdout
    assert "guessed" in table
    assert [line.split() for line in table.splitlines() if line.split()[:2] == ["交通", "环保"]] == [
        ["交通", "环保", "1"]
    ]


def test_the_same_messages_make_the_same_city(city: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    wuyou("train", "--task", "category", "--tsv", city.parent / "city.tsv", "--out", tmp_path / "again")
    for file in city.iterdir():
        if file.suffix == ".json":
            assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_a_trained_folder_can_be_trained_again_and_keeps_what_else_is_in_it(
    little: Path, city: Path, wuyou: Wuyou, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    tsv = city.parent / "city.tsv"
    assert wuyou("train", "--task", "category", "--tsv", tsv, "--out", out).exit_code == 0
    assert wuyou("train", "--data", little, "--out", out).exit_code == 0
    file = lines(tmp_path, *EXAMS["faq"][0])
    assert wuyou("evaluate", file, "--task", "faq", "--model", out).exit_code == 0
    assert (out / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob("unfinished-*"))


def test_a_mark_at_the_beginning_and_lines_of_windows_are_read(model: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    file = tmp_path / "windows.tsv"
    file.write_bytes("\ufeffhuman\t转人工\r\n\r\ngreet_or_thanks\t谢谢\r\n".encode())
    done = wuyou("evaluate", file, "--task", "intent", "--model", model, "--json")
    assert json.loads(done.stdout)["n"] == 2


def test_how_sure_against_how_often_right_is_drawn(model: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    file = lines(tmp_path, *EXAMS["intent"][0])
    for task in ("intent", "faq"):
        file = lines(tmp_path, *EXAMS[task][0])
        done = wuyou("evaluate", file, "--task", task, "--model", model, "--reliability", tmp_path / "r.svg")
        assert done.exit_code == 0, done.output
        words = (tmp_path / "r.svg").read_text("utf-8")
        assert ElementTree.fromstring(words).tag.endswith("svg")
        assert "prefers-color-scheme: dark" in words
    refused = wuyou("evaluate", file, "--task", "scope", "--model", model, "--reliability", tmp_path / "r.svg")
    assert refused.exit_code == 2


@pytest.mark.parametrize(
    ("task", "raw", "said"),
    [
        ("intent", None, "exam.tsv: cannot be read"),
        ("intent", b"", "exam.tsv: no line in it"),
        ("intent", b"\xef\xbb\xbf\r\n\r\n", "exam.tsv: no line in it"),
        ("intent", "human\t转人工\nhuman 转人工\n".encode(), "exam.tsv:2: 1 columns, expected 2"),
        ("intent", "human\t转\t人工\n".encode(), "exam.tsv:1: 3 columns, expected 2"),
        ("intent", "humann\t转人工\n".encode(), "exam.tsv:1: unknown label 'humann'; did you mean 'human'?"),
        ("intent", b"human\t \n", "exam.tsv:1: the second column is empty"),
        ("intent", "\t转人工\n".encode(), "exam.tsv:1: the first column is empty"),
        ("intent", "human\t好\nhuman\t转人工\n".encode("gb18030"), "exam.tsv:1: is not UTF-8"),
        ("intent", "human\t好\n".encode("utf-16"), "exam.tsv:1: is not UTF-8"),
        ("intent", b"human\tx\nhuman\ta\0b\n", "exam.tsv:2: a NUL character"),
        ("faq", "no_such\t问\n".encode(), "exam.tsv:1: unknown label 'no_such'"),
        ("category", "service.lights\t灯\n".encode(), "did you mean 'service.light'?"),
        ("scope", "inside\t问\n".encode(), "exam.tsv:1: unknown label 'inside'"),
        ("scope", "in\t问\n".encode(), "one kind of line only"),
        ("duplicate", "一\t二\t2\n".encode(), "exam.tsv:1: unknown label '2'"),
        ("duplicate", "一\t二\n".encode(), "exam.tsv:1: unknown label ''"),
        ("duplicate", "一\t二\t1\n".encode(), "one kind of line only"),
        ("place", "place\t路灯坏了\t\n".encode(), "exam.tsv:1: the label 'place' without a place"),
        ("place", "none\t路灯坏了\t路灯\n".encode(), "exam.tsv:1: a place beside the label 'none'"),
        ("place", "place\t路灯坏了\t桂花苑\n".encode(), "exam.tsv:1: the place in the third column does not stand"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    task: str, raw: bytes | None, said: str, model: Path, wuyou: Wuyou, tmp_path: Path
) -> None:
    if raw is not None:
        (tmp_path / "exam.tsv").write_bytes(raw)
    done = wuyou("evaluate", tmp_path / "exam.tsv", "--task", task, "--model", model)
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("kind", ["gone", "empty", "version", "city-version", "half", "no-entries", "city"])
def test_a_folder_that_does_not_serve_says_why(
    kind: str, model: Path, city: Path, wuyou: Wuyou, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    if kind != "gone":
        folder.mkdir()
    if kind not in ("gone", "empty"):
        for file in (city if "city" in kind else model).iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
    if kind in ("version", "city-version"):
        name = folder / ("model.json" if kind == "version" else "city.json")
        name.write_text(json.dumps(json.loads(name.read_text("utf-8")) | {"version": 0}), "utf-8")
    elif kind == "half":
        (folder / "intents.npz").write_bytes((folder / "intents.npz").read_bytes()[:300])
    elif kind == "no-entries":
        (folder / "entries.json").unlink()
    task = "category" if kind == "city-version" else "faq"
    done = wuyou("evaluate", lines(tmp_path, *EXAMS[task][0]), "--task", task, "--model", folder)
    assert done.exit_code == 2
    assert str(folder) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert {"version": "another version", "city": "--task category only"}.get(kind, "") in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "category"), "belong together"),
        (("--tsv", "x.tsv", "--out", "m"), "belong together"),
        (("--task", "category", "--tsv", "x.tsv"), "--out DIR"),
        (("--task", "category", "--tsv", "x.tsv", "--out", "m", "--data", "d"), "give one of them"),
        (("--task", "category", "--tsv", "x.tsv", "--out", "m"), "x.tsv: cannot be read"),
        (("--data", "nowhere", "--out", "m"), "nowhere: there is no such folder"),
        (("--data", "few", "--out", "m"), "few: too little to learn from"),
        (("--data", "wrong", "--out", "m"), "wrong.yml:3: there is no category no.such"),
        (("--data", "latin", "--out", "m"), "latin.yml:5: is not UTF-8"),
        (("--task", "category", "--tsv", "one.tsv", "--out", "m"), "one.tsv: 1 different labels"),
        (("--task", "category", "--tsv", "lonely.tsv", "--out", "m"), "one message only"),
        (("--task", "category", "--tsv", "pair.tsv", "--out", "pair.tsv"), "pair.tsv"),
        (("--task", "category", "--tsv", "blank.tsv", "--out", "m"), "no message has a character"),
        (("--task", "category", "--tsv", "/dev/zero", "--out", "m"), "larger than 1 MB"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    words: tuple[str, ...], said: str, wuyou: Wuyou, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LONGEST", 2**20)
    head = 'version: "3.1"\nnlu:\n'
    for name, text in (
        ("few", head + "- intent: chat\n  examples: |\n    - 好\n"),
        ("wrong", head + "- intent: report/no.such\n  examples: |\n    - 话\n"),
        ("latin", head + "- intent: chat\n  examples: |\n    - \xe9\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yml").write_bytes(text.encode("latin-1" if name == "latin" else "utf-8"))
    (tmp_path / "one.tsv").write_text("a\t一\na\t二\n", "utf-8")
    (tmp_path / "lonely.tsv").write_text("a\t一\na\t二\nb\t三\n", "utf-8")
    (tmp_path / "blank.tsv").write_text("a\t\u200b\n" * 2 + "b\t\u200b\n" * 2, "utf-8")
    (tmp_path / "pair.tsv").write_text("a\t一\na\t二\nb\t三\nb\t四\n", "utf-8")
    done = wuyou("train", *words)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "m" / "model.json").exists()


def test_a_trained_folder_serves_the_bot(model: Path, city: Path, wuyou: Wuyou, tmp_path: Path) -> None:
    from bot.config import ConfigError, load
    from bot.learnt import model_of

    (tmp_path / "model").mkdir()
    for file in model.iterdir():
        (tmp_path / "model" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "config.yaml").write_text("nlu: {model: model}\n", "utf-8")
    settings = load(tmp_path / "config.yaml")
    assert model_of(settings, tmp_path / "no data is read").categories.labels[0] == "enforcement.garbage"
    (tmp_path / "config.yaml").write_text(f"nlu: {{model: {city}}}\n", "utf-8")
    with pytest.raises(ConfigError, match="a city's own messages"):
        model_of(load(tmp_path / "config.yaml"), tmp_path)
    file = lines(tmp_path, *EXAMS["faq"][0])
    done = wuyou("evaluate", file, "--task", "faq", "--config", tmp_path / "config.yaml")
    assert done.exit_code == 2


def test_ask_says_how_sure_it_is_and_what_it_would_do_in_each_place(
    model: Path, wuyou: Wuyou, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlu.train.load_or_train", lambda *_: load_model(model))

    def asked(text: str) -> dict[str, Any]:
        done = wuyou("ask", "--demo", text, "--json")
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        assert set(found["would"]) == {"private", "mention", "listen"}
        assert 0 <= found["sureness"] <= 1
        return found

    report = asked("桂花苑3幢2单元门口垃圾堆了好几天没人收")
    assert report["would"]["mention"].startswith("opens a case of enforcement.garbage for ")
    assert report["sureness"] < report["thresholds"]["offer"]
    assert asked("晚上三缺一快来打牌")["would"]["listen"].startswith("keeps quiet")
    assert "names the emergency numbers (fire)" in asked("3幢着火了")["would"]["listen"]
    assert {"id", "title", "score", "coverage"} == set(asked("居住证怎么办")["answers"][0])
    shown = wuyou("ask", "--demo", "居住证怎么办").stdout
    assert "answers from 0." in shown
    assert "where it listens" in shown
