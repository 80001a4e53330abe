"""The doctor: each finding with its mend; nothing is changed by looking."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import doctor
from bot.config import Channels as ChannelSettings
from bot.config import Exports, NluPart, Settings, Telegram, TelegramBot, Web
from bot.doctor import Level, configuration, exit_code, faq_findings
from bot.doctor_store import _skew as skew
from bot.finding import Finding
from bot.messages import Address, Inbound, Kind, Letter, Sender
from bot.outcome import FaqEntry, GroupChange, Outcome
from bot.store import Database, Keys, Store
from bot.texts import Texts
from routing.roster import Shift
from tests import town
from tests.tables import tables_at


def settings_in(folder: Path, **parts: Any) -> Settings:
    return Settings(
        database=f"sqlite:///{folder}/wuyou.db",
        photos=str(folder / "photos"),
        keys=str(folder / "keys.json"),
        **parts,
    )


def telegram(mode: str = "polling", base_url: str = "https://api.telegram.org", **bot: str) -> ChannelSettings:
    account = TelegramBot(**{"name": "bot1", "token_env": "WUYOU_T", **bot})
    return ChannelSettings(telegram=Telegram(enabled=True, mode=mode, base_url=base_url, bots=(account,)))  # type: ignore[arg-type]


async def examined(settings: Settings, now: datetime = town.NOON) -> list[Finding]:
    return [finding async for finding in doctor.examine(settings, now)]


def about(found: list[Finding], words: str) -> Finding:
    """The one finding that speaks of it."""
    (finding,) = [each for each in found if words in each.what]
    return finding


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The town in a database, with one answer; nobody has written yet."""
    db = Database.open(tables_at(tmp_path / "wuyou.db"))
    store = await Store.open(
        db, Keys.load(tmp_path / "keys.json", create=True), Texts.load().render, now=lambda: town.NOON
    )
    await store.replace_directory(town.rows())
    await store.faq_put([FaqEntry("library", "几点", "开门")])
    yield store
    await db.close()


# --- settings


def test_the_defaults_are_fit_to_run() -> None:
    assert Level.BROKEN not in {finding.level for finding in configuration(Settings())}


def test_a_proxy_that_is_not_named_is_noted() -> None:
    outside = Web(public_url="https://wuyou.example")
    assert any("trusted_proxies" in each.what for each in configuration(Settings(web=outside)))
    named = outside.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
    assert not any("trusted_proxies" in each.what for each in configuration(Settings(web=named)))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (Settings(channels=ChannelSettings(web={"enabled": False})), "No channel is enabled"),  # type: ignore[arg-type]
        (Settings(channels=ChannelSettings(telegram=Telegram(enabled=True))), "names no account"),
        (Settings(channels=telegram()), "WUYOU_T"),
        (Settings(web=Web(public_url="wuyou.example")), "is no address"),
        (Settings(channels=telegram("webhook")), "no https address"),
        (Settings(exports=Exports(sign_key="none.pem", sign_certificate="none.pem")), "exports.sign_key"),
    ],
)
def test_what_cannot_run_is_broken_and_has_a_mend(
    settings: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WUYOU_T", raising=False)
    finding = about(
        [each for each in configuration(settings) if each.level is Level.BROKEN and what in each.what], what
    )
    assert finding.mend


def test_a_webhook_needs_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUYOU_T", "1:a")
    settings = Settings(channels=telegram("webhook", secret_env="WUYOU_S"), web=Web(public_url="https://x.example"))
    assert about(list(configuration(settings)), "no secret").level is Level.BROKEN
    monkeypatch.setenv("WUYOU_S", "hush")
    assert not [each for each in configuration(settings) if each.level is Level.BROKEN]


def test_the_same_account_twice_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUYOU_T", "1:a")
    bots = tuple(TelegramBot(name="bot1", token_env="WUYOU_T") for _ in range(2))
    settings = Settings(channels=ChannelSettings(telegram=Telegram(enabled=True, bots=bots)))
    assert about(list(configuration(settings)), "twice").level is Level.BROKEN


def test_a_page_open_to_the_network_without_https_is_a_warning() -> None:
    assert about(list(configuration(Settings(web=Web(host="0.0.0.0")))), "without https").level is Level.WARNING


# --- the machine and the database


async def test_before_the_first_start_nothing_is_broken_and_nothing_is_made(tmp_path: Path) -> None:
    found = await examined(settings_in(tmp_path / "none"))
    assert exit_code(found) == 1
    assert about(found, "There is no database").level is Level.WARNING
    assert about(found, "no key file").level is Level.NOTE
    assert not (tmp_path / "none").exists()


async def test_a_house_in_order_has_no_warning(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = town.rows()
    night = [
        Shift(person, day, time(19), time(7))
        for person in (town.LI, town.WANG, town.ZHAO, town.CHEN)
        for day in range(1, 8)
    ]
    people = tuple(replace(person, channel="web") for person in rows.people)
    groups = tuple(group for group in rows.groups if group.channel == "web")
    await store.replace_directory(replace(rows, people=people, groups=groups, duty=(*rows.duty, *night)))
    found = await examined(settings_in(tmp_path))
    assert [each for each in found if each.level in (Level.WARNING, Level.BROKEN)] == []
    assert exit_code(found) == 0


async def test_a_key_file_others_can_read_is_broken(store: Store, tmp_path: Path) -> None:
    (tmp_path / "keys.json").chmod(0o644)
    found = await examined(settings_in(tmp_path))
    assert about(found, "Others can read").mend.startswith("chmod 600")
    assert exit_code(found) == 2


async def test_a_lost_key_file_is_broken_once_there_is_a_database(store: Store, tmp_path: Path) -> None:
    (tmp_path / "keys.json").unlink()
    found = await examined(settings_in(tmp_path))
    assert about(found, "personal fields cannot be opened").level is Level.BROKEN
    assert not (tmp_path / "keys.json").exists()


async def test_anothers_key_file_is_broken(store: Store, tmp_path: Path) -> None:
    (tmp_path / "keys.json").unlink()
    Keys.load(tmp_path / "keys.json", create=True)
    assert about(await examined(settings_in(tmp_path)), "written with another key").level is Level.BROKEN


async def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    (tmp_path / "wuyou.db").write_text("not a database, but a letter of many words" * 100)
    assert about(await examined(settings_in(tmp_path)), "cannot be used").level is Level.BROKEN


async def test_a_database_out_of_reach_is_broken_and_its_password_is_not_shown(tmp_path: Path) -> None:
    settings = settings_in(tmp_path).model_copy(update={"database": "postgresql://me:hush@127.0.0.1:1/none"})
    found = await examined(settings)
    assert about(found, "cannot be used").level is Level.BROKEN
    assert "hush" not in repr(found)


async def test_tables_behind_are_a_warning(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/wuyou.db")
    db.write_now(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER)"))
    await db.close()
    assert about(await examined(settings_in(tmp_path)), "newest revision").level is Level.WARNING


async def test_photos_that_cannot_be_written_are_broken(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file, no folder")
    assert about(await examined(settings_in(tmp_path)), "Photos cannot be written").level is Level.BROKEN


async def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for left, level in ((500, Level.WARNING), (50, Level.BROKEN)):
        usage = type("Usage", (), {"free": left * 1024**2})
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, usage=usage: usage)
        assert {each.level for each in doctor.space(settings_in(tmp_path))} == {level}


async def test_sqlites_bug_is_explained_while_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 2))
    assert about(await examined(settings_in(tmp_path)), "mended in 3.51.3").level is Level.NOTE
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    assert not [each for each in await examined(settings_in(tmp_path)) if "mended in 3.51.3" in each.what]


async def test_what_is_parked_and_what_waits_too_long_is_told(store: Store, tmp_path: Path) -> None:
    at = Address("telegram", "bot1", "5")
    inbounds = [Inbound(str(n), at, Kind.MESSAGE, town.NOON, True, Sender("5"), str(n), "hello") for n in (1, 2)]
    await store.keep(inbounds)
    for _ in range(3):
        await store.fail(inbounds[0].cause, "KeyError", town.NOON)
    found = await examined(settings_in(tmp_path), town.NOON + timedelta(hours=1))
    assert "wuyou parked" in about(found, "1 message failed three times").mend
    assert "60 minutes" in about(found, "A message has waited").what
    await store.commit(Outcome("click:1", letters=(Letter(at, "greet.thanks"),)))
    later = await examined(settings_in(tmp_path), town.NOON + timedelta(hours=3))
    assert about(later, "1 letter to be sent").level is Level.WARNING


async def test_a_clock_that_was_set_back_is_told(store: Store, tmp_path: Path) -> None:
    await store.keep([Inbound("1", Address("web", "web", "5"), Kind.MESSAGE, town.NOON, text="x")])
    found = await examined(settings_in(tmp_path), town.NOON - timedelta(hours=3))
    assert "3 hours in the future" in about(found, "set back").what


def test_two_clocks_apart_are_told() -> None:
    assert list(skew(timedelta(seconds=1))) == []
    assert "behind" in next(skew(timedelta(seconds=-90))).what


async def test_a_group_nobody_bound_is_told(store: Store, tmp_path: Path) -> None:
    await store.commit(Outcome("x:1", (GroupChange(Address("telegram", "bot1", "-99"), "新群", present=True),)))
    assert "新群" in about(await examined(settings_in(tmp_path)), "no import names").what


async def test_sample_answers_in_earnest_are_told(store: Store, tmp_path: Path) -> None:
    await store.faq_put([FaqEntry("permit", "证", "去窗口", sample=True)])
    assert "permit" in about(await examined(settings_in(tmp_path)), "sample street").what
    for id_ in ("permit", "library"):
        await store.faq_withdraw(id_)
    assert about(await examined(settings_in(tmp_path)), "FAQ is empty").level is Level.WARNING


def test_answers_that_end_soon_or_have_ended_are_told() -> None:
    today = date(2026, 1, 5)
    faq = {
        id_: FaqEntry(id_, id_, "x", valid_until=until, area=area, instead_of=general)
        for id_, until, area, general in (
            ("over", date(2026, 1, 4), "", ""),
            ("soon", date(2026, 1, 30), "", ""),
            ("later", date(2026, 6, 1), "", ""),
            ("lost", None, "atlantis", "nothing"),
        )
    }
    told = list(faq_findings(faq, today, town.town()))
    assert [("over" in each.what, "soon (" in each.what, "lost" in each.what) for each in told] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, True),
    ]
    assert not any("later" in each.what for each in told)
    assert list(faq_findings({"later": faq["later"]}, today)) == []


# --- others over the network


class BotApi:
    """Answers getMe and getWebhookInfo as told."""

    def __init__(self) -> None:
        self.me: dict[str, Any] = {
            "username": "wuyou_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": True,
        }
        self.hook: dict[str, Any] = {"url": ""}
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != "1:a":
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        what = self.me if request.match_info["method"] == "getMe" else self.hook
        return web.json_response({"ok": True, "result": what})


@pytest.fixture
async def bot_api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BotApi]:
    api, application = BotApi(), web.Application()
    application.router.add_get("/bot{token}/{method}", api.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    monkeypatch.setenv("WUYOU_T", "1:a")
    yield api
    await runner.cleanup()


async def test_telegram_in_order_is_well_and_leaving_the_mainland_is_said(bot_api: BotApi, tmp_path: Path) -> None:
    found = await examined(settings_in(tmp_path, channels=telegram(base_url=bot_api.url)))
    assert about(found, "@wuyou_bot").level is Level.WELL
    assert "DingTalk" in about(found, "leave the mainland").what


async def test_a_wrong_token_is_broken_and_is_not_shown(
    bot_api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUYOU_T", "9:secretive")
    found = await examined(settings_in(tmp_path, channels=telegram(base_url=bot_api.url)))
    assert about(found, "does not know the token").level is Level.BROKEN
    assert "secretive" not in repr(found)


async def test_telegram_out_of_reach_is_broken_and_the_token_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUYOU_T", "9:secretive")
    found = await examined(settings_in(tmp_path, channels=telegram(base_url="http://127.0.0.1:1")))
    assert about(found, "does not answer").level is Level.BROKEN
    assert "secretive" not in repr(found)


async def test_privacy_mode_is_a_warning_where_a_group_is_listened_to(
    bot_api: BotApi, store: Store, tmp_path: Path
) -> None:
    bot_api.me["can_read_all_group_messages"] = False
    settings = settings_in(tmp_path, channels=telegram(base_url=bot_api.url))
    assert about(await examined(settings), "privacy mode").level is Level.WARNING
    quiet = tuple(group for group in town.rows().groups if group.chat_id != town.GROUP_BRIDGE)
    await store.replace_directory(replace(town.rows(), groups=quiet))
    assert about(await examined(settings), "privacy mode").level is Level.NOTE


async def test_a_webhook_that_fails_or_leads_elsewhere_is_told(
    bot_api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUYOU_S", "hush")
    told = telegram("webhook", bot_api.url, secret_env="WUYOU_S")
    settings = settings_in(tmp_path, channels=told, web=Web(public_url="https://wuyou.example/"))
    bot_api.hook = {"url": "https://elsewhere.example/x", "last_error_message": "SSL error"}
    found = await examined(settings)
    assert "https://wuyou.example/telegram/bot1" in about(found, "should be").what
    assert "SSL error" in about(found, "could not deliver").what
    bot_api.hook = {"url": "https://wuyou.example/telegram/bot1"}
    assert not [each for each in await examined(settings) if "webhook of" in each.what]


async def test_polling_beside_a_webhook_is_told(bot_api: BotApi, tmp_path: Path) -> None:
    bot_api.hook = {"url": "https://elsewhere.example/x"}
    found = await examined(settings_in(tmp_path, channels=telegram(base_url=bot_api.url)))
    assert about(found, "still has a webhook").level is Level.WARNING


async def test_engines_that_are_not_there_are_warnings(tmp_path: Path) -> None:
    nlu = NluPart(engine="rasa", rasa_url="http://127.0.0.1:1", encoder=str(tmp_path / "model"))
    found = await examined(settings_in(tmp_path, nlu=nlu))
    assert about(found, "Rasa at").level is Level.WARNING
    assert about(found, "nlu.encoder").level is Level.WARNING
