"""The command wuyou ask: what the bot would understand and do."""

from __future__ import annotations

import json

import pytest

from tests import town
from tests.bot.commands import Wuyou

pytestmark = pytest.mark.usefixtures("street", "learnt")


def test_ask_shows_what_would_be_understood_and_done(wuyou: Wuyou) -> None:
    wuyou("faq", "add", "--id", "residence_permit", "--title", "居住证怎么办理", "--answer", "带身份证。")
    found = json.loads(wuyou("ask", "桂花苑3幢2单元门口垃圾堆了好几天没人收", "--json").stdout)
    assert found["intents"][0]["label"] == "report"
    assert found["desk"] == "report.opened"
    assert found["places"]
    assert found["case"]["grid"] == town.GRID_1
    assert [each["key"] for each in found["letters"]].count("case.status") == 1
    shown = wuyou("ask", "桂花苑3幢2单元门口垃圾堆了好几天没人收", "--private").stdout
    assert "report.opened" in shown
    in_group = json.loads(wuyou("ask", "垃圾", "--group", town.GROUP_BRIDGE, "--json").stdout)
    assert in_group["where"] == "新桥社区平安群"
    assert wuyou("ask", "垃圾", "--group", "-10").exit_code == 1


def test_ask_shows_a_person_plates_and_two_matters(wuyou: Wuyou) -> None:
    found = json.loads(wuyou("ask", "我爸走丢了，75岁，一米七，开走一辆浙A12345", "--private", "--json").stdout)
    assert found["person"]["age"] == 75
    assert found["person"]["height"] == 170
    assert found["plates"] == ["浙A*****"]
    assert found["matters"] == []
    assert json.loads(wuyou("ask", "Où est la station de police", "--json").stdout)["foreign"]
    assert "age 75" in wuyou("ask", "我爸走丢了，75岁，一米七，开走一辆浙A12345").stdout


@pytest.mark.parametrize("text", ["", "  ", "\x00", "😀", "1", "x" * 100_000])
def test_ask_survives_anything(text: str, wuyou: Wuyou) -> None:
    assert "desk" in json.loads(wuyou("ask", text, "--json").stdout)
