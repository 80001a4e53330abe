"""Private fields: a value opens only where it was sealed; a destroyed key opens nothing; key files are guarded."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.private import Keys, KeyTrouble, Tampered, opened

KEYS = Keys.of(bytes(range(32)))
words = st.text(max_size=80)


@given(words, words)
def test_what_was_sealed_opens_there_and_never_shows_itself(name: str, user_id: str) -> None:
    key, _ = KEYS.fresh("r1")
    value = {"name": name, "user_id": user_id}
    sealed = key.seal("resident|sealed", "r1", value)
    assert opened(key, "resident|sealed", "r1", sealed) == value
    assert len(name) < 4 or name.encode() not in sealed


def test_a_value_moved_to_another_row_column_or_person_is_detected() -> None:
    key, wrapped = KEYS.fresh("r1")
    sealed = key.seal("resident|sealed", "r1", {"name": "王"})
    other, _ = KEYS.fresh("r2")
    for where in (("resident|sealed", "r2"), ("thread|sealed", "r1")):
        with pytest.raises(Tampered):
            key.open(*where, sealed)
    with pytest.raises(Tampered):
        other.open("resident|sealed", "r1", sealed)
    with pytest.raises(Tampered):
        key.open("resident|sealed", "r1", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Tampered):
        KEYS.unwrap("r2", wrapped)


def test_the_same_words_are_never_sealed_alike() -> None:
    key, _ = KEYS.fresh("r1")
    assert len({key.seal("a|b", "1", "same") for _ in range(50)}) == 50


def test_a_wrapped_key_comes_back_and_a_destroyed_one_is_nothing() -> None:
    key, wrapped = KEYS.fresh("r1")
    sealed = key.seal("a|b", "1", {"x": 1})
    again = Keys.of(bytes(range(32))).unwrap("r1", wrapped)
    assert opened(again, "a|b", "1", sealed) == {"x": 1}
    assert KEYS.unwrap("r1", None) is None
    assert opened(None, "a|b", "1", sealed) == {}


def test_keys_are_wrapped_anew_without_touching_what_they_seal() -> None:
    key, wrapped = KEYS.fresh("r1")
    sealed = key.seal("a|b", "1", "words")
    old, new, index = bytes(range(32)), bytes(range(32, 64)), bytes(32)
    first = Keys({"old": old}, index)
    both = Keys({"new": new, "old": old}, index)
    data, wrapped = first.fresh("r1")
    sealed = data.seal("a|b", "1", "words")
    renewed = both.rewrapped("r1", wrapped)
    assert renewed != wrapped
    assert both.rewrapped("r1", renewed) == renewed
    after = Keys({"new": new}, index).unwrap("r1", renewed)
    assert after is not None
    assert after.open("a|b", "1", sealed) == "words"
    with pytest.raises(KeyTrouble, match="another key"):
        Keys({"new": new}, index).unwrap("r1", wrapped)


def test_a_blind_index_is_the_same_for_the_same_and_of_use_only_with_the_key() -> None:
    assert KEYS.blind("user", "telegram", "7") == KEYS.blind("user", "telegram", "7")
    assert KEYS.blind("user", "telegram", "7") != KEYS.blind("user", "web", "7")
    assert KEYS.blind("user", "a", "b") != KEYS.blind("user", "ab", "")
    assert KEYS.blind("user", "telegram", "7") != Keys.of(bytes(32)).blind("user", "telegram", "7")


def test_half_a_surrogate_pair_is_a_question_mark() -> None:
    key, _ = KEYS.fresh("r1")
    assert key.open("a|b", "1", key.seal("a|b", "1", "x\ud83d")) == "x?"


def test_a_missing_key_file_is_made_only_when_that_was_said(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    with pytest.raises(KeyTrouble, match="no key file"):
        Keys.load(path)
    first = Keys.load(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.load(path).blind("x") == first.blind("x")


def test_a_key_file_that_others_can_read_or_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    Keys.load(path, create=True)
    path.chmod(0o644)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        Keys.load(path)
    path.chmod(0o600)
    path.write_text("c2hvcnQ=")
    with pytest.raises(KeyTrouble, match="32 bytes"):
        Keys.load(path)
    path.write_text("not base64 !")
    with pytest.raises(KeyTrouble, match="base64"):
        Keys.load(path)
