"""The command wuyou on what is kept: import, faq, invite, parked, migrate, doctor; and their help."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.channels.base import Parcel
from bot.cli import app
from bot.directory_csv import write_directory
from bot.messages import Address, Inbound, Kind, Sender
from bot.store import Database, Keys, Store
from bot.store.letter_ink import opened
from bot.store.letter_rows import LETTERS, PAYLOADS
from bot.texts import Texts
from routing.directory import Hears
from tests import town
from tests.bot.commands import Wuyou, in_store

# --- help


def walked(command: Any, words: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found = [(words, command)]
    for name, each in getattr(command, "commands", {}).items():
        found += walked(each, (*words, name))
    return found


@pytest.mark.parametrize(
    ("words", "command"),
    walked(typer.main.get_command(app)),
    ids=lambda each: " ".join(each) or "wuyou" if isinstance(each, tuple) else "",
)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...], command: Any, wuyou: Wuyou) -> None:
    result = wuyou(*words, "--help")
    assert result.exit_code == 0
    assert "\b" not in result.output
    if words != ("faq",):
        assert "Example" in result.output
        assert f"wuyou {' '.join(words)}".strip() in result.output


def test_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = ["sqlalchemy", "sklearn", "numpy", "aiohttp", "pydantic", "alembic", "telegram", "rich", "structlog"]
    code = f"import sys; import bot.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_printed(wuyou: Wuyou) -> None:
    assert wuyou("version").output.strip()[0].isdigit()


# --- the configuration


def test_a_wrong_configuration_is_one_sentence_and_code_2(folder: Path, wuyou: Wuyou) -> None:
    (folder / "config.yaml").write_text("wbe: {}\n")
    for words in (("import", str(folder / "town")), ("faq", "list"), ("run",), ("ask", "hi"), ("migrate", "up")):
        result = wuyou(*words)
        assert result.exit_code == 2, words
        assert result.stderr.strip() == f"{folder}/config.yaml, line 1: wbe is no key; did you mean 'web'?"


def test_without_a_database_reading_commands_say_what_makes_one(folder: Path, wuyou: Wuyou) -> None:
    for words in (("faq", "list"), ("parked",), ("ask", "hi"), ("faq", "withdraw", "x")):
        result = wuyou(*words)
        assert result.exit_code == 2
        assert "wuyou import or wuyou run makes it" in result.stderr
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("channels: {telegram: {enabled: true, bots: [{name: bot1, token_env: WUYOU_NONE}]}}", "WUYOU_NONE"),
        ("channels: {telegram: {enabled: true}}", "names no account"),
        ("channels: {web: {enabled: false}}", "No channel is enabled"),
    ],
)
def test_what_cannot_run_is_not_started(text: str, said: str, folder: Path, wuyou: Wuyou) -> None:
    (folder / "config.yaml").write_text(text)
    result = wuyou("run")
    assert result.exit_code == 2
    assert said in result.output
    assert "The bot was not started." in result.stderr
    assert not (folder / "data").exists()


# --- import


def test_the_town_is_imported_and_counted(folder: Path, wuyou: Wuyou) -> None:
    result = wuyou("import", str(folder / "town"))
    assert result.exit_code == 0, result.output
    counts = dict(line.split() for line in result.stdout.splitlines() if ".csv " in line and len(line.split()) == 2)
    assert counts["groups.csv"] == "6"
    assert counts["people.csv"] == "17"
    # On Telegram nobody has started the bot yet, and no Telegram is configured.
    assert "never started the bot" in result.stdout
    assert "'bot1', which the configuration does not run" in result.stdout
    assert (folder / "data" / "keys.json").stat().st_mode & 0o777 == 0o600
    groups = in_store(folder, lambda store: asyncio.sleep(0, store.directory.groups))
    assert len(groups) == 6  # type: ignore[arg-type]


def test_every_wrong_row_is_listed_and_nothing_is_imported(folder: Path, wuyou: Wuyou) -> None:
    assert wuyou("import", str(folder / "town")).exit_code == 0
    with (folder / "town" / "people.csv").open("a") as people:
        people.write("new,新人,cadre,nowhere,,,,\nnew,新人,king,g1,,,,\n")
    result = wuyou("import", str(folder / "town"))
    assert result.exit_code == 1
    *rows, last = result.stderr.strip().splitlines()
    assert rows[0].startswith("people.csv, line 19: ")
    assert any(row.startswith("people.csv, line 20: ") for row in rows)
    assert "nothing was changed" in last
    people_now = in_store(folder, lambda store: asyncio.sleep(0, set(store.directory.people)))
    assert "new" not in people_now  # type: ignore[operator]


def test_a_folder_that_is_not_there_and_files_that_are_missing_say_so(folder: Path, wuyou: Wuyou) -> None:
    assert "is no folder" in wuyou("import", str(folder / "none")).stderr
    (folder / "town" / "duty.csv").unlink()
    result = wuyou("import", str(folder / "town"))
    assert result.exit_code == 1
    assert "duty.csv, line 1: is missing" in result.stderr


def test_where_an_import_switches_what_is_heard_the_bot_says_so(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    listening = tuple(replace(group, hears=Hears.LISTEN) for group in town.rows().groups)
    write_directory(replace(town.rows(), groups=listening), folder / "town")
    result = wuyou("import", str(folder / "town"))
    assert "4 groups are heard otherwise" in result.stdout

    async def said(store: Store) -> list[Parcel]:
        bodies = LETTERS.join(PAYLOADS, LETTERS.c.payload_id == PAYLOADS.c.id).select()
        wanted = bodies.with_only_columns(LETTERS.c.chat, LETTERS.c.payload_id, PAYLOADS.c.text)
        rows = await store.db.read(lambda c: c.execute(wanted).all())
        return [opened(store.house, row.payload_id, Parcel(0, Address("", "", row.chat), row.text)) for row in rows]

    letters: list[Parcel] = in_store(folder, said)  # type: ignore[assignment]
    groups = {town.GROUP_WILLOW, town.GROUP_GRID_1, town.WEB_WILLOW, town.WEB_GRID_1}
    assert {letter.to.chat for letter in letters} == groups
    assert all(letter.text == Texts.load().say("groups.hears_listen") for letter in letters)


# --- faq


def test_answers_are_imported_listed_added_and_withdrawn(folder: Path, wuyou: Wuyou) -> None:
    sheet = folder / "answers.csv"
    sheet.write_text(
        "id,title,answer,phrasings,source,date,title_en,answer_en\n"
        "library,图书馆几点开门,周二到周日。,图书馆开门吗|借书,文化站,2026-01-31,,\n"
    )
    assert "1 new, 0 replaced" in wuyou("faq", "import", str(sheet)).stdout
    assert "0 new, 1 replaced" in wuyou("faq", "import", str(sheet)).stdout
    added = wuyou("faq", "add", "--id", "pool", "--title", "游泳池", "--answer", "夏天开放。", "--phrasing", "哪里游泳")
    assert "pool: added" in added.stdout
    assert "pool: changed" in wuyou("faq", "add", "--id", "pool", "--title", "游泳池", "--answer", "全年开放。").stdout
    entries = {each["id"]: each for each in json.loads(wuyou("faq", "list", "--json").stdout)}
    assert entries["library"]["phrasings"] == ["图书馆开门吗", "借书"]
    assert entries["library"]["version"] == 1  # The same text again is no change.
    assert entries["pool"]["answer"] == "全年开放。"
    assert "图书馆几点开门" in wuyou("faq", "list").stdout
    assert wuyou("faq", "withdraw", "pool").exit_code == 0
    assert "pool" not in wuyou("faq", "list").stdout
    assert "found an answer" in wuyou("faq", "misses").stdout


def test_withdrawing_what_is_not_there_names_the_nearest(wuyou: Wuyou) -> None:
    wuyou("faq", "add", "--id", "library", "--title", "几点", "--answer", "开门")
    result = wuyou("faq", "withdraw", "libary")
    assert result.exit_code == 1
    assert "did you mean 'library'?" in result.stderr


def test_a_wrong_answer_is_refused_with_its_reason(folder: Path, wuyou: Wuyou) -> None:
    for words, reason in (
        (("--id", "Pool", "--title", "t", "--answer", "a"), 'id "Pool" is not'),
        (("--id", "pool", "--title", "t", "--answer", "a", "--date", "soon"), "is not a day"),
        (("--id", "pool", "--title", "t", "--answer", "a", "--title-en", "t"), "given together"),
    ):
        result = wuyou("faq", "add", *words)
        assert result.exit_code == 1
        assert reason in result.stderr
    (folder / "a.csv").write_text("id,title\n")
    result = wuyou("faq", "import", str(folder / "a.csv"))
    assert result.exit_code == 1
    assert "a.csv, line 1: has no column" in result.stderr
    assert not (folder / "data").exists()


async def test_a_running_bot_sees_what_another_process_changed(folder: Path) -> None:
    db = Database.open(f"sqlite:///{folder}/data/wuyou.db")
    from bot.store.migrate import migrate

    migrate(db)
    running = await Store.open(db, Keys.load(folder / "data" / "keys.json", create=True), Texts.load().render)
    code = ["faq", "add", "--id", "pool", "--title", "t", "--answer", "a", "--config", str(folder / "config.yaml")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", *code, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    assert "pool" not in running.faq
    await running.refresh()
    assert "pool" in running.faq
    await db.close()


# --- invite


def test_an_invitation_is_a_link_that_opens_the_chat_with_its_groups(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    result = wuyou("invite", "chen", "陈奶奶", "--groups", f"{town.WEB_WILLOW},{town.WEB_GRID_1}")
    assert result.exit_code == 0, result.stderr
    link = result.stdout.strip()
    assert link.startswith("https://wuyou.example/join/")

    async def opened(store: Store) -> object:
        from bot.store import web_chat, web_session
        from bot.store.store import utc_now

        session = await store.db.write(lambda c: web_session.redeem(c, link.rpartition("/")[2], utc_now()))
        again = await store.db.write(lambda c: web_session.redeem(c, link.rpartition("/")[2], utc_now()))
        chats = await store.db.read(lambda c: web_chat.chats_of(c, "chen"))
        return bool(session), again, {chat.id for chat in chats}

    assert in_store(folder, opened) == (True, None, {"chen", town.WEB_WILLOW, town.WEB_GRID_1})


def test_an_invitation_to_a_group_that_is_not_there_names_the_nearest(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    result = wuyou("invite", "chen", "陈奶奶", "--groups", "w-wilow")
    assert result.exit_code == 1
    assert "did you mean 'w-willow'?" in result.stderr
    assert wuyou("invite", "bot", "x").exit_code == 1


# --- parked, migrate, doctor


def test_a_parked_message_is_listed_without_its_words_and_put_back(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    inbound = Inbound("41", Address("telegram", "bot1", "5"), Kind.MESSAGE, town.NOON, True, Sender("5"), "1", "secret")

    async def park(store: Store) -> None:
        await store.keep([inbound])
        for _ in range(3):
            await store.fail(inbound.cause, "KeyError: 'x'", town.NOON)

    in_store(folder, park)
    for words in (("parked",), ("parked", "list")):
        shown = wuyou(*words).stdout
        assert "telegram:bot1:41" in shown
        assert "KeyError" in shown
        assert "secret" not in shown
    assert json.loads(wuyou("parked", "list", "--json").stdout)[0]["tries"] == 3
    wrong = wuyou("parked", "retry", "telegram:bot1:14")
    assert wrong.exit_code == 1
    assert "did you mean 'telegram:bot1:41'?" in wrong.stderr
    assert "back in line" in wuyou("parked", "retry", "telegram:bot1:41").stdout
    assert "Nothing is parked" in wuyou("parked").stdout


def test_tables_go_up_and_down(folder: Path, wuyou: Wuyou) -> None:
    assert "from base to" in wuyou("migrate", "up").stdout
    assert "are at" in wuyou("migrate", "up").stdout
    assert wuyou("migrate", "down").exit_code == 1  # Asked, and nobody said yes.
    assert "to base" in wuyou("migrate", "down", "--to", "base", "--yes").stdout
    result = wuyou("migrate", "up", "--to", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_lost_key_file_ends_a_command_and_is_not_made_anew(folder: Path, wuyou: Wuyou) -> None:
    wuyou("import", str(folder / "town"))
    (folder / "data" / "keys.json").unlink()
    result = wuyou("import", str(folder / "town"))
    assert result.exit_code == 2
    assert "put your copy back" in result.stderr
    assert not (folder / "data" / "keys.json").exists()


def test_the_doctor_speaks_json_and_ends_with_its_code(folder: Path, wuyou: Wuyou) -> None:
    result = wuyou("doctor", "--json")
    told = json.loads(result.stdout)
    assert told["code"] == result.exit_code == 1
    assert {"level", "what", "mend"} == set(told["findings"][0])
    (folder / "config.yaml").write_text("web: {prot: 1}\n")
    result = wuyou("doctor")
    assert result.exit_code == 2
    assert "did you mean 'port'?" in result.stdout
    assert result.stdout.strip().endswith("Something is broken.")
