"""Private fields: a value opens only where it was sealed; a destroyed key opens nothing; key files are guarded."""

import base64
import hashlib
import hmac
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from bot.store.private import Keys, KeyTrouble, Tampered, ages, names_of, opened, photo_name

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


def test_keys_are_wrapped_anew_without_touching_what_they_seal(tmp_path: Path) -> None:
    keys = Keys.load(tmp_path / "keys", create=True)
    before = Keys.load(tmp_path / "keys")
    data, wrapped = keys.fresh("r1")
    sealed = data.seal("a|b", "1", "words")
    old, new = keys.current, keys.add_tree()
    assert keys.ids == (new, old)
    renewed = keys.rewrapped("r1", wrapped)
    assert renewed is not None
    assert renewed != wrapped
    assert keys.rewrapped("r1", renewed) == renewed
    assert before.unwrap("r1", renewed), "who read the file before looks again"
    assert before.current == new
    keys.drop(old)
    after = Keys.load(tmp_path / "keys").unwrap("r1", renewed)
    assert after is not None
    assert after.open("a|b", "1", sealed) == "words"
    with pytest.raises(KeyTrouble, match="another key"):
        keys.unwrap("r1", wrapped)
    with pytest.raises(KeyError):
        keys.drop(new)


def test_a_key_is_changed_in_steps_and_each_opens_what_the_others_sealed() -> None:
    first, wrapped = KEYS.fresh("r1")
    announced = KEYS.with_next("r1", wrapped, 7)
    assert announced is not None
    both = KEYS.unwrap("r1", announced)
    turned = KEYS.turned("r1", announced)
    assert both is not None and turned is not None
    newly = KEYS.unwrap("r1", turned)
    assert newly is not None
    for writer in (first, both, newly):
        sealed = writer.seal("a|b", "1", "words")
        for reader in (both, newly):
            assert reader.open("a|b", "1", sealed) == "words"
        assert newly.opens_newly("a|b", "1", sealed) == (writer is newly)
    settled = KEYS.settled("r1", turned)
    last = KEYS.unwrap("r1", settled)
    assert last is not None
    assert last.open("a|b", "1", newly.seal("a|b", "1", "words")) == "words"
    with pytest.raises(Tampered):
        last.open("a|b", "1", first.seal("a|b", "1", "words"))


def test_an_older_copy_of_the_row_opens_nothing_for_who_was_cut_out(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys = Keys.load(path, create=True)
    rows = {owner: keys.fresh(owner) for owner in ("r1", "r2")}
    before = path.read_bytes()
    keys.add_tree()
    keys.destroy(*names_of("r1", rows["r1"][1]))
    for each in (keys, Keys.load(path)):
        assert each.unwrap("r1", rows["r1"][1]) is None
        assert each.unwrap("r2", rows["r2"][1]) is not None
        assert each.is_destroyed("r1", rows["r1"][1])
        assert not each.is_destroyed("r2", rows["r2"][1])
    assert path.read_bytes() != before
    again, wrapped = keys.fresh("r1")
    back = Keys.load(path).unwrap("r1", wrapped)
    assert back is not None and back.open("a|b", "1", again.seal("a|b", "1", "words")) == "words"
    assert keys.unwrap("r1", rows["r1"][1]) is None, "who comes back has nothing of who was there before"
    keys.destroy(*names_of("r1", rows["r1"][1]))
    assert keys.unwrap("r1", wrapped) is not None, "to destroy again what is gone touches nobody"
    assert not list(tmp_path.glob("*.new"))


def test_a_picture_has_a_key_of_its_own_until_it_is_cut_out() -> None:
    keys = Keys.of(bytes(32))
    key = keys.of_photo("a.jpg")
    assert key is not None
    sealed = key.seal_bytes("photo", "a.jpg", b"JPEG")
    again = keys.of_photo("a.jpg", keys.current)
    assert again is not None
    assert again.open_bytes("photo", "a.jpg", sealed) == b"JPEG"
    keys.destroy(photo_name("a.jpg"))
    assert keys.of_photo("a.jpg") is None
    assert keys.of_photo("b.jpg") is not None
    assert keys.of_photo("b.jpg", "unknown1") is None


def test_a_file_of_before_opens_what_it_wrapped_and_wraps_by_a_tree(tmp_path: Path) -> None:
    path, secret = tmp_path / "keys", bytes(range(32))
    path.write_bytes(base64.b64encode(secret))
    path.chmod(0o600)
    flat = HKDF(SHA256(), 32, salt=None, info=b"wuyou wrap").derive(secret)
    id_, nonce, data = hashlib.sha256(flat).hexdigest()[:8], bytes(12), bytes(32)
    wrapped = id_.encode() + b"|" + nonce + AESGCM(flat).encrypt(nonce, data, f"person_key|r1|{id_}".encode())
    keys = Keys.load(path)
    assert keys.unwrap("r1", wrapped) is not None
    anew = keys.rewrapped("r1", wrapped)
    assert anew is not None and ages(anew) == ((keys.current, 0),)
    index = keys.blind("user", "7")
    assert (
        index
        == hmac.digest(HKDF(SHA256(), 32, salt=None, info=b"wuyou index").derive(secret), b"user\x1f7", "sha256")[:16]
    )
    keys.drop(id_)
    after = Keys.load(path)
    assert after.blind("user", "7") == index
    assert after.unwrap("r1", anew) is not None
    with pytest.raises(KeyTrouble, match="another key"):
        after.unwrap("r1", wrapped)


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
    with pytest.raises(KeyTrouble, match="holds no keys"):
        Keys.load(path)
