"""DingTalk's settings: secrets, the file of custom robots, and what the doctor says of them."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Channels, ConfigError, DingTalk, DingTalkApp, Settings, load
from bot.dingtalk_accounts import credentials_of, first_of, robots_of
from bot.doctor_dingtalk import accounts, directory_findings, outside, settings_findings
from bot.finding import Finding, Level
from bot.limits import DINGTALK
from routing.directory import Directory, Group
from tests import town
from tests.servers.dingtalk import DingTalk as Server

APP = DingTalkApp(name="app1", client_id_env="DING_ID", secret_env="DING_SECRET")
FILE = "name,access_token,secret\nrobot-willow,abc,SECdef\n\nrobot-bridge,https://oapi.dingtalk.com/robot/send?access_token=ghi,SECjkl\n"


def settings(**told: object) -> Settings:
    return Settings(channels=Channels(dingtalk=DingTalk(**{"enabled": True, "apps": (APP,), **told})))  # type: ignore[arg-type]


def with_robots(folder: Path, text: str = FILE, mode: int = 0o600) -> Settings:
    file = folder / "robots.csv"
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return settings(robots=str(file))


def levels(found: list[Finding]) -> set[Level]:
    return {each.level for each in found}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DING_ID", "dingwuyoukey")
    monkeypatch.setenv("DING_SECRET", "secret-of-wuyou")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


# --- settings


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("channels:\n  dingtalk:\n    app: []\n", 3, ("channels.dingtalk.app is no key", "'apps'")),
        ("channels:\n  dingtalk:\n    apps:\n      - {name: a, client_id_env: A}\n", 4, ("secret_env",)),
        (
            "channels:\n  dingtalk:\n    apps:\n      - {name: a, client_id_env: A, secretenv: B}\n",
            4,
            ("secretenv is no key", "'secret_env'"),
        ),
        (
            "channels:\n  dingtalk:\n    apps:\n      - {name: robots, client_id_env: A, secret_env: B}\n",
            4,
            ("name", "'robots'"),
        ),
    ],
)
def test_a_mistake_is_one_sentence(text: str, line: int, said: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}, line {line}: ")
    assert all(words in str(caught.value) for words in said), str(caught.value)


def test_the_file_of_robots_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("channels:\n  dingtalk:\n    robots: robots.csv\n")
    assert load(tmp_path / "config.yaml").channels.dingtalk.robots == str(tmp_path / "robots.csv")


@pytest.mark.parametrize("missing", ["DING_ID", "DING_SECRET"])
def test_a_secret_that_is_not_set_is_named(missing: str, secrets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigError, match=missing):
        credentials_of(APP)


def test_secrets_are_not_shown(secrets: None, tmp_path: Path) -> None:
    assert "secret-of-wuyou" not in repr(credentials_of(APP))
    assert "SECdef" not in repr(robots_of(with_robots(tmp_path)))


def test_robots_are_read_by_name_with_a_token_or_the_whole_address(tmp_path: Path) -> None:
    robots = robots_of(with_robots(tmp_path, "\ufeff" + FILE))
    assert {name: (each.token, each.secret) for name, each in robots.items()} == {
        "robot-willow": ("abc", "SECdef"),
        "robot-bridge": ("ghi", "SECjkl"),
    }
    assert robots_of(settings()) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", None),
        ("name,token\n", "line 1: the header"),
        ("name,access_token,secret\nrobot-a,x\n", "line 2: write name"),
        ("name,access_token,secret\nrobot-a,tok,\n", "line 2: write name"),
        ("name,access_token,secret\nwillow,tok,SEC\n", "line 2: a robot's name"),
        ("name,access_token,secret\nrobot-a,tok,SEC\nrobot-a,tok,SEC\n", "line 3: the robot 'robot-a' is there twice"),
        ("name,access_token,secret\nrobot-a,https://x.example/,SEC\n", "line 2: the address"),
    ],
)
def test_a_wrong_file_of_robots_is_one_sentence_without_secrets(text: str, said: str | None, tmp_path: Path) -> None:
    told = with_robots(tmp_path, text)
    if said is None:
        assert robots_of(told) == {}
        return
    with pytest.raises(ConfigError) as caught:
        robots_of(told)
    assert said in str(caught.value)
    assert "tok" not in str(caught.value).replace("access_token", "")
    assert "SEC" not in str(caught.value)


def test_a_file_of_robots_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        robots_of(settings(robots=str(tmp_path / "nowhere.csv")))


def test_staff_are_written_to_by_the_first_app() -> None:
    assert first_of(settings()) == {"dingtalk": "app1"}
    assert first_of(settings(enabled=False)) == {}
    assert first_of(settings(apps=())) == {}


@pytest.mark.parametrize(
    ("chat", "private"),
    [("cid6KeBBLoveMJOGXoYKF5x7EeiodoA==", False), ("robot-willow", False), ("staff0001", True), ("$:LWCP", True)],
)
def test_groups_and_robots_have_the_limit_of_groups(chat: str, private: bool) -> None:
    assert (DINGTALK.chat(chat) is DINGTALK.private) is private


# --- the doctor


def test_what_cannot_run_is_broken_and_has_a_mend(
    secrets: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(settings_findings(settings())) == []
    assert list(settings_findings(settings(enabled=False, apps=()))) == []
    assert levels(list(settings_findings(settings(apps=())))) == {Level.BROKEN}
    assert levels(list(settings_findings(settings(apps=(APP, APP))))) == {Level.BROKEN}
    assert levels(list(settings_findings(with_robots(tmp_path)))) == {Level.WELL}
    assert levels(list(settings_findings(with_robots(tmp_path, "x")))) == {Level.BROKEN}
    (open_to_all,) = settings_findings(with_robots(tmp_path, mode=0o644))
    assert "chmod 600" in open_to_all.mend
    assert stat.S_IMODE((tmp_path / "robots.csv").stat().st_mode) == 0o644, "nothing is changed by looking"
    monkeypatch.delenv("DING_SECRET")
    (missing,) = settings_findings(settings())
    assert "DING_SECRET" in missing.what
    assert missing.mend


def test_groups_and_robots_are_held_against_each_other(tmp_path: Path) -> None:
    groups = (
        Group("dingtalk", "app1", "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==", town.GRID_1, "平安群"),
        Group("dingtalk", "robots", "robot-willow", town.GRID_1, "通知群"),
        Group("dingtalk", "robots", "robot-lost", town.GRID_1, "另一个群"),
    )
    directory = Directory(replace(town.rows(), groups=groups))
    found = list(directory_findings(with_robots(tmp_path), directory))
    assert [each.level for each in found] == [Level.BROKEN, Level.NOTE, Level.NOTE]
    assert "robot-lost" in found[0].what
    assert "robot-bridge" in found[1].what
    assert "1 calls" in found[2].what
    assert list(directory_findings(settings(enabled=False), directory)) == []


def test_the_accounts_that_run_are_apps_and_robots(tmp_path: Path) -> None:
    assert accounts(with_robots(tmp_path)) == {"dingtalk:app1", "dingtalk:robots"}
    assert accounts(settings(enabled=False)) == frozenset()


async def test_an_app_that_is_let_in_is_well(secrets: None, server: Server) -> None:
    found = [each async for each in outside(settings(base_url=server.url, oapi_url=server.url))]
    assert levels(found) == {Level.WELL}
    assert not server.stream.connections, "it only knocks"


async def test_an_app_that_is_not_let_in_is_broken_and_its_secret_is_not_shown(
    secrets: None, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DING_SECRET", "a-wrong-one")
    told = settings(base_url=server.url, oapi_url=server.url)
    (found,) = [each async for each in outside(told)]
    assert found.level is Level.BROKEN
    assert "a-wrong-one" not in found.what + found.mend
    (found,) = [each async for each in outside(settings(base_url="http://127.0.0.1:1"))]
    assert found.level is Level.BROKEN
    monkeypatch.delenv("DING_ID")
    assert [each async for each in outside(told)] == []
