"""Values that are kept as they come."""

from pathlib import Path

import pytest

from experiments.store import kept
from experiments.store.kept import Kept


def test_what_is_saved_is_there_for_the_next_who_opens_it(tmp_path: Path) -> None:
    first = Kept(tmp_path)
    first.keep("a", {"x": 1.5})
    assert first["a"] == {"x": 1.5}
    assert "a" in first
    assert "a" not in Kept(tmp_path)
    first.save()
    first.keep("b", float("inf"))
    first.save()
    again = Kept(tmp_path)
    assert (len(again), again["a"], again["b"]) == (2, {"x": 1.5}, float("inf"))
    with pytest.raises(KeyError):
        again["c"]


def test_a_damaged_file_is_skipped_and_told(tmp_path: Path) -> None:
    for name in "abc":
        one = Kept(tmp_path)
        one.keep(name, name)
        one.save()
    files = sorted(tmp_path.iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-1])
    files[1].write_bytes(b"")
    skipped: list[Path] = []
    assert len(Kept(tmp_path, skipped.append)) == 1
    assert skipped == files[:2]


def test_a_file_that_is_damaged_after_it_was_opened_is_said(tmp_path: Path) -> None:
    one = Kept(tmp_path)
    one.keep("a", 1)
    one.save()
    again = Kept(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    with pytest.raises(ValueError, match="is not as it was written"):
        again["a"]
    file.unlink()
    with pytest.raises(FileNotFoundError):
        again["a"]


def test_few_files_are_in_memory_at_a_time(tmp_path: Path) -> None:
    many = Kept(tmp_path)
    for i in range(3 * kept.FILES_AT_HAND):
        many.keep(str(i), i)
        many.save()
    assert [many[str(i)] for i in range(3 * kept.FILES_AT_HAND)] == list(range(3 * kept.FILES_AT_HAND))
    assert len(many._at_hand) == kept.FILES_AT_HAND
