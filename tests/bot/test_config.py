"""config.yaml -> Settings, or one sentence with file, line, key and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import ConfigError, Settings, TelegramBot, keys, load, secrets_of
from routing.rings import Pace
from routing.sla import CATALOGUE, Span

ROOT = Path(__file__).parents[2]


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "config.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


WRONG = (
    # (the file, its line, what the sentence holds)
    ("databse: sqlite:///x.db\n", 1, ("databse is no key", "'database'")),
    ("web:\n  prot: 80\n", 2, ("web.prot is no key", "'port'")),
    ("web:\n  port: eighty\n", 2, ("web.port", "'eighty'")),
    ("web:\n  port: 70000\n", 2, ("web.port", "65535")),
    ("web:\n  port: -1\n", 2, ("web.port",)),
    (
        "web:\n  trusted_proxies: [127.0.0.1, proxy.example]\n",
        2,
        ("web.trusted_proxies", "'proxy.example' is no address"),
    ),
    ("web:\n  trusted_proxies: [10.0.0.1/8]\n", 2, ("'10.0.0.1/8' is no address",)),
    ("web:\n  trusted_proxies: [0.0.0.0/0]\n", 2, ("'0.0.0.0/0' is everybody",)),
    ("alerts:\n  police: family\n", 2, ("alerts.police",)),
    ("alerts:\n  hours: 24\n", 2, ("alerts.hours", "less than or equal to 23")),
    ("alerts:\n  hours: 0\n", 2, ("alerts.hours", "greater than or equal to 1")),
    ("alerts:\n  approver: 1wd\n", 2, ("alerts.approver", "counts office hours")),
    ("alerts:\n  street: soon\n", 2, ("alerts.street", "is no length of time")),
    ("alerts:\n  community: 3h\n", 1, ("alerts", "one after the other")),
    ("alerts:\n  district: 30h\n", 1, ("alerts", "before the alert's hours end")),
    ("alerts:\n  quiet: at night\n", 2, ("alerts.quiet",)),
    ("alerts:\n  quite: 22:00-07:00\n", 2, ("alerts.quite is no key", "'quiet'")),
    ("web: here\n", 1, ("web", "'here'")),
    ("web: [1, 2]\n", 1, ("web",)),
    ("channels:\n  telegarm:\n    enabled: true\n", 2, ("channels.telegarm is no key", "'telegram'")),
    ("channels:\n  telegram:\n    mode: pull\n", 3, ("channels.telegram.mode", "polling")),
    ("channels:\n  telegram:\n    enabled: perhaps\n", 3, ("channels.telegram.enabled", "perhaps")),
    ("channels:\n  telegram:\n    bots:\n      - {name: bot1}\n", 4, ("token_env",)),
    (
        "channels:\n  telegram:\n    bots:\n      - {name: bot1, token_env: A}\n      - {name: bot2, tokenenv: B}\n",
        5,
        ("tokenenv is no key", "'token_env'"),
    ),
    ("channels:\n  telegram:\n    bots:\n      - {name: a b, token_env: A}\n", 4, ("name", "'a b'")),
    ("channels:\n  telegram:\n    bots: bot1\n", 3, ("channels.telegram.bots",)),
    ("nlu:\n  engine: rosa\n", 2, ("nlu.engine", "'rosa'", "rasa")),
    ("points:\n  tenent: 60\n", 2, ("points.tenent is no key", "'tenant'")),
    ("points:\n  tenant: -60\n", 2, ("points.tenant", "-60")),
    ("points:\n  hazard: 10000000\n", 2, ("points.hazard", "1000000")),
    ("points:\n  per_yuan: 0\n", 2, ("points.per_yuan",)),
    ("points:\n  period: week\n", 2, ("points.period", "'week'", "quarter")),
    ("points:\n  tenant: 700\n", 1, ("points", "day_cap 600 is less than one thing earns (700)")),
    ("points:\n  month_cap: 500\n", 1, ("points", "month_cap 500 is less than day_cap 600")),
    ("points:\n  hold_days: a week\n", 2, ("points.hold_days", "'a week'")),
    ("texts:\n  language: de\n", 2, ("texts.language", "'de'", "zh")),
    ("clocks:\n  soon: {call: 3m}\n", 1, ("'soon' is no urgency", "now")),
    ("clocks:\n  nwo: {call: 3m}\n", 1, ("'nwo'", "did you mean 'now'")),
    ("clocks:\n  now: {cal: 3m}\n", 1, ("'cal' is no clock", "'call'")),
    ("clocks:\n  now: {call: 3 minutes}\n", 1, ("'3 minutes' is no length of time", "30s")),
    ("clocks:\n  now: {call: 0s}\n", 1, ("'0s' is no length of time",)),
    ("database: a\ndatabase: b\n", 2, ("database",)),
    ("web:\n\tport: 80\n", 2, ("key: value",)),
    ("web: {port: 80\n", 2, ("key: value",)),
    ("- database\n", 1, ("key: value",)),
    ("just words\n", 1, ("key: value",)),
)


@pytest.mark.parametrize(("text", "line", "said"), WRONG, ids=[repr(each[0])[:50] for each in WRONG])
def test_a_mistake_is_one_sentence_with_file_line_and_key(
    text: str, line: int, said: tuple[str, ...], tmp_path: Path
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    sentence = str(caught.value)
    assert sentence.startswith(f"{file}, line {line}: ")
    assert "\n" not in sentence
    for words in said:
        assert words in sentence, sentence


@pytest.mark.parametrize(
    ("text", "said"), [(b"\xff\xfe\x00w", "UTF-8"), (None, "No such file"), ("", None), ("# nothing\n", None)]
)
def test_a_file_that_cannot_be_read_says_so_and_an_empty_one_has_the_defaults(
    text: bytes | str | None, said: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml" if text is None else written(tmp_path, text)
    if said is None:
        assert load(file).web == Settings().web
        return
    with pytest.raises(ConfigError, match=said):
        load(file)


def test_a_folder_instead_of_a_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, "photos: pictures\ndatabase: sqlite:///kept/my.db\n"))
    assert settings.photos == str(tmp_path / "pictures")
    assert settings.database == f"sqlite:///{tmp_path}/kept/my.db"
    assert settings.keys == str(tmp_path / "data" / "keys.json")


def test_addresses_and_absolute_paths_stay_as_they_are(tmp_path: Path) -> None:
    text = "photos: s3://bucket/prefix\ndatabase: postgresql://me@host/name\nkeys: /etc/wuyou.key\n"
    settings = load(written(tmp_path, text))
    assert settings.photos == "s3://bucket/prefix"
    assert settings.database == "postgresql://me@host/name"
    assert settings.keys == "/etc/wuyou.key"


def test_the_example_holds_the_defaults() -> None:
    example, defaults = load(ROOT / "config.yaml"), Settings()
    assert example.web == defaults.web
    assert example.channels == defaults.channels
    assert example.nlu == defaults.nlu
    assert example.texts == defaults.texts
    assert example.clocks == {}
    assert example.database.endswith("/data/wuyou.db")


def test_a_changed_clock_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    table = load(written(tmp_path, "clocks:\n  now: {call: 3m}\n")).table()
    assert table["now"]["call"] == Span(180)
    assert table["now"]["arrive"] == CATALOGUE["now"]["arrive"]
    assert table["days"] == CATALOGUE["days"]


def test_a_token_comes_from_the_variable_the_file_names(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = TelegramBot(name="bot1", token_env="WUYOU_T", secret_env="WUYOU_S")
    monkeypatch.setenv("WUYOU_T", "12:ab")
    monkeypatch.setenv("WUYOU_S", "hush")
    assert secrets_of(bot).token == "12:ab"
    assert secrets_of(bot).secret == "hush"
    assert "12:ab" not in repr(secrets_of(bot))
    monkeypatch.delenv("WUYOU_T")
    with pytest.raises(ConfigError, match="WUYOU_T"):
        secrets_of(bot)


def test_settings_cannot_be_changed_while_running() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().web.port = 1  # type: ignore[misc]


def test_alerts_spread_as_the_file_says(tmp_path: Path) -> None:
    said = 'alerts:\n  community: 1m\n  street: 1h\n  hours: 5\n  approver: 30s\n  keep_days: 7\n  quiet: ""\n'
    pace = load(written(tmp_path, said)).alerts.pace()
    assert [after.total_seconds() / 60 for after in pace.after.values()] == [1, 60, 120]
    assert (pace.approver.seconds, pace.life.seconds / 3600, pace.keep.days) == (30, 5, 7)
    assert pace.quiet_from == pace.quiet_until
    assert Settings().alerts.pace() == Pace()


def test_the_keys_that_stay_are_there() -> None:
    stay = [
        "database",
        "photos",
        "web.host",
        "web.port",
        "web.public_url",
        "channels.web.enabled",
        "channels.telegram.enabled",
        "channels.telegram.base_url",
        "channels.telegram.mode",
        "channels.telegram.bots",
        "nlu.engine",
        "nlu.encoder",
        "nlu.rasa_url",
        "clocks",
        "texts.language",
    ]
    assert set(stay) <= set(keys())
    assert {"name", "token_env", "secret_env"} == set(TelegramBot.model_fields)
