"""The comparison with Rasa, against a program that behaves like it: trains, opens a server, answers, is ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.rasa import _memory, small, table, with_rasa
from nlu.rows import Row
from nlu.written import Written

#: Trains in no time; serves /status and /model/parse; finds every message a report of light.
PROGRAM = """#!{python}
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

if sys.argv[1] == "train":
    if Path("data/nlu.yml").read_text("utf-8").count("- intent") < 3:
        sys.exit("too few intents")
    Path("models").mkdir()
    Path("models/bench.tar.gz").write_bytes(b"model")
    sys.exit(0)

HEARD = {{"intent_ranking": [{{"name": "report", "confidence": 1.0}}], "response_selector": {{"report": {{"ranking": [
    {{"intent_response_key": "report/service.light", "confidence": 0.9}}]}}}}}}

class Parse(BaseHTTPRequestHandler):
    def do_GET(self): self.answer({{}})
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(HEARD)
    def answer(self, words):
        body = json.dumps(words).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass

HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("-p") + 1])), Parse).serve_forever()
"""
ROWS = {
    "intents": [Row(1, ("report", "路灯坏了")), Row(2, ("chat", "哈哈"))],
    "categories": [Row(1, ("service.light", "路灯坏了"))],
}


@pytest.fixture
def rasa(tmp_path: Path) -> Path:
    program = tmp_path / "rasa"
    program.write_text(PROGRAM.format(python=sys.executable), "utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    return place


def test_a_rasa_is_trained_asked_and_ended(rasa: Path, data: Written, project: Path) -> None:
    found = with_rasa(rasa, data, ROWS, project, 30.0)
    assert found["intents"]["accuracy"] == 0.5
    assert found["categories"]["accuracy"] == 1
    assert found["p50_ms"] > 0
    assert found["per_second_8_clients"] > 0
    shown = table({"lines": 3, "machine": "this one", "engines": {"builtin": {"p50_ms": 1.0}, "rasa": found}})
    assert "intents accuracy" in shown


def test_a_training_that_fails_or_takes_too_long_says_so(rasa: Path, data: Written, project: Path) -> None:
    few = Written(tuple(each for each in data.examples if each.label == "chat"))
    with pytest.raises(RuntimeError, match="too few intents"):
        with_rasa(rasa, few, ROWS, project, 30.0)
    rasa.write_text("#!/bin/sh\nsleep 60\n", "utf-8")
    with pytest.raises(RuntimeError, match="longer than 0 s"):
        with_rasa(rasa, data, ROWS, project, 0.0)


def test_a_few_lines_keep_every_kind_of_label(data: Written) -> None:
    few = small(data, 40)
    assert len(few.examples) < len(data.examples)
    assert {each.intent for each in few.examples} == {each.intent for each in data.examples}
    assert len(few.categories) >= 2
    assert {each.name for each in few.examples if each.kind == "faq"} == {each.id for each in few.articles}
    assert small(data, 0) is data


def test_memory_of_a_session_that_is_gone_is_nothing() -> None:
    assert _memory(2**30) == 0
