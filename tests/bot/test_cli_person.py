"""wuyou person: what is kept of somebody is written to a file, with a reason they are shown; and erased."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

from bot.messages import Sender
from bot.store import Store, held
from tests.bot.commands import Wuyou, in_store
from tests.bot.store.cast import case_of, message, opened

WHO = Sender("51239876", "沈阿姨")


def _reported(street: Path) -> str:
    async def report(store: Store) -> str:
        return (await opened(store, replace(message(words="楼道堆满纸箱"), sender=WHO), place="桂花苑九幢")).number

    return str(in_store(street, report))


def test_all_that_is_kept_is_handed_out_with_a_reason_they_are_shown(street: Path, wuyou: Wuyou) -> None:
    number = _reported(street)
    for name in ("shen.json", "shen.pdf"):
        out = street / name
        done = wuyou("person", "file", number, str(out), "--reason", "本人到窗口，电话13812345678")
        assert done.exit_code == 0, done.output
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        assert "沈阿姨" not in done.output
    told = json.loads((street / "shen.json").read_text("utf-8"))
    assert told["person"]["name"] == "沈阿姨"
    assert told["matters"][0]["place"] == "桂花苑九幢"
    assert (street / "shen.pdf").read_bytes().startswith(b"%PDF-")

    async def looks(store: Store) -> list[tuple[str, str]]:
        case = await case_of(store, number)
        found = await store.db.read(lambda c: held.held(c, store.keys, store.house, case.reporter))
        return [(look.by, look.reason) for look in found.looks]

    assert in_store(street, looks) == [("console", "本人到窗口，电话138****5678")] * 2


def test_bad_wishes_are_refused_in_one_sentence(street: Path, wuyou: Wuyou) -> None:
    number = _reported(street)
    there = street / "there.json"
    there.write_text("mine")
    for words, said in (
        (("file", "99999999", "x.json", "--reason", "sure"), "no matter"),
        (("file", "1 OR 1=1", "x.json", "--reason", "sure"), "no matter"),
        (("file", number, "x.exe", "--reason", "sure"), ".pdf or .json"),
        (("file", number, "x.json", "--reason", " "), "--reason"),
        (("file", number, str(there), "--reason", "sure"), "there already"),
        (("erase", "99999999", "--yes"), "no matter"),
    ):
        done = wuyou("person", *words)
        assert done.exit_code == 1 and said in done.output, (words, done.output)
    assert there.read_text() == "mine"


def test_who_is_erased_is_so_once(street: Path, wuyou: Wuyou) -> None:
    number = _reported(street)
    assert wuyou("person", "erase", number, "--yes").exit_code == 0
    again = wuyou("person", "erase", number, "--yes")
    assert again.exit_code == 1 and "erased before" in again.output
    file = wuyou("person", "file", number, str(street / "x.json"), "--reason", "too late")
    assert file.exit_code == 1 and "was erased" in file.output

    async def words(store: Store) -> tuple[str, str]:
        case = await case_of(store, number)
        return case.words, case.place

    assert in_store(street, words) == ("", "")
