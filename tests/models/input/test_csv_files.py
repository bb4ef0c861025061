"""CSV files as rows that remember their lines."""

import gzip
from pathlib import Path

import pytest

from models.input.csv_files import CsvFile, number
from models.input.problems import InputError


def rows(folder: Path, contents: bytes) -> list[tuple[int, list[str]]]:
    path = folder / "x.csv"
    path.write_bytes(contents)
    return [(line, list(row)) for line, row in CsvFile(path).rows()]


def problems(folder: Path, contents: bytes) -> list[str]:
    with pytest.raises(InputError) as error:
        rows(folder, contents)
    return [str(problem).removeprefix(f"{folder}/") for problem in error.value.problems]


def test_rows_know_the_line_where_they_begin(tmp_path: Path) -> None:
    assert rows(tmp_path, b'a,b\n1,"x\ny"\n\n2,z\n') == [(2, ["1", "x\ny"]), (5, ["2", "z"])]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    expected = [(2, ["1", "2"])]
    assert rows(tmp_path, b"a,b\n1,2\n") == rows(tmp_path, b"\xef\xbb\xbfa,b\r\n1,2\r\n") == expected
    assert rows(tmp_path, "a,b\r\n1,2\r\n".encode("utf-16")) == expected


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "x.csv: the file is empty: expected a line with the columns' names"),
        (b"a,b\n1,2,3\n", "x.csv:2:1: expected 2 fields, as in the first line (got 3)"),
        (b"a,b\n1,\x002\n", "x.csv: not a text file (it has NUL bytes); expected CSV"),
        (b"a,b\n1,\xff\n", "x.csv:2:3: not UTF-8 text; expected CSV"),
        (b"a,b\n1," + b"x" * 200_000, "x.csv:2:1: not CSV: field larger than field limit (131072)"),
    ],
)
def test_what_is_no_csv_is_refused_with_its_place(tmp_path: Path, contents: bytes, said: str) -> None:
    assert problems(tmp_path, contents)[0].startswith(said)


def test_a_packed_file_that_is_damaged_or_larger_than_is_read_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a,b\n" * 1000))
    packed[20:24] = b"\xff\xff\xff\xff"
    (tmp_path / "x.csv.gz").write_bytes(packed)
    with pytest.raises(InputError, match=r"x\.csv\.gz"):
        CsvFile(tmp_path / "x.csv.gz")
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(bytes(2**26 + 1)))
    with pytest.raises(InputError, match="larger than 64 MiB"):
        CsvFile(tmp_path / "y.csv.gz")


def test_columns_are_found_by_a_name_that_is_there_once(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("start,end,end\n")
    assert CsvFile(path).column("start") == 0
    with pytest.raises(ValueError, match="'strat'; there is start, end, end; did you mean 'start'"):
        CsvFile(path).column("strat")
    with pytest.raises(ValueError, match="2 columns have the name 'end'"):
        CsvFile(path).column("end")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "1_000", "", "0x10", "١", "1,5", "9" * 500])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        number(text)


def test_numbers_are_read_as_they_are_written() -> None:
    assert [number(text) for text in ("1", " -2.5 ", "1e3", ".5", "+7")] == [1.0, -2.5, 1000.0, 0.5, 7.0]
