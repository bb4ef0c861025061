"""Files that are there completely or not at all."""

from pathlib import Path

import pandas as pd
import pytest

from experiments.store.files import csv_text, remove, write


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_is_no_formula_to_a_spreadsheet(text: str) -> None:
    assert csv_text(pd.DataFrame({"name": [text]})).removeprefix("name\n").lstrip('"').startswith(f"'{text}")


def test_numbers_and_other_texts_stay_as_they_are() -> None:
    frame = pd.DataFrame({"name": ["a=b", "web-1"], "x": [-1.5, float("nan")], "n": [-3, 4]})
    assert csv_text(frame) == "name,x,n\na=b,-1.5,-3\nweb-1,,4\n"


@pytest.mark.parametrize("name", [".", "folder"])
def test_a_directory_in_place_of_a_file_is_told_by_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IsADirectoryError) as error:
        write(Path(name), "text")
    assert error.value.filename == name
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    for name in ("link", "nothing"):
        remove(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "file"]
