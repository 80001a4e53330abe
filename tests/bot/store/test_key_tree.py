"""The tree of keys: every name has one, a name that was cut out has none, and all others keep theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import key_file
from bot.store.key_tree import LEVELS, Tree
from bot.store.private import KeyTrouble
from tests.thorough import many

TREE = Tree.of(bytes(range(32)))
names = st.text(max_size=12)


@settings(max_examples=many(60))
@given(st.sets(names, max_size=5), st.sets(names, min_size=1, max_size=5))
def test_cut_out_names_have_no_key_and_all_others_keep_theirs(gone: set[str], stay: set[str]) -> None:
    less = TREE.without(gone)
    for name in gone:
        assert less.leaf(name) is None
    for name in stay - gone:
        assert less.leaf(name) == TREE.leaf(name) is not None
    assert len({TREE.leaf(name) for name in stay}) == len(stay)


def test_what_is_left_holds_nothing_from_which_a_cut_out_key_could_be_made() -> None:
    less = TREE.without(["gone"])
    assert len(less.nodes) == 3 * LEVELS
    assert bytes(range(32)) not in less.nodes.values()
    assert TREE.leaf("gone") not in less.nodes.values()
    assert less.without(["gone"]) is less
    assert less.without(["gone", "gone"]) is less


def test_the_file_is_changed_in_one_step_and_what_stood_there_is_wiped(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = key_file.make(path)
    link = tmp_path / "same-bytes"
    link.hardlink_to(path)  # The old file as the disk still has it.
    with pytest.raises(FileExistsError):
        key_file.make(path)

    def turn(old: key_file.Secrets) -> key_file.Secrets:
        return key_file.Secrets(old.index, (old.trees[0].without(["gone"]),))

    key_file.change(path, turn)
    assert key_file.read(path).trees[0].leaf("gone") is None
    assert key_file.read(path).index == first.index
    assert set(link.read_bytes()) == {0}
    before = path.stat().st_ino
    key_file.change(path, lambda old: old)
    assert path.stat().st_ino == before, "nothing to change, nothing written"


@pytest.mark.parametrize("text", ["{}", '{"trees": [], "index": ""}', "[1]", '{"index": "AA==", "trees": [{}]}', "{"])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyTrouble, match="holds no keys"):
        key_file.read(path)


def test_a_process_that_died_while_writing_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = key_file.make(path)
    (tmp_path / "keys.json.new").write_text("half of")
    assert key_file.change(path, lambda old: key_file.Secrets(old.index, (old.trees[0].without(["a"]),)))
    assert key_file.read(path).trees[0].leaf("b") == first.trees[0].leaf("b")
