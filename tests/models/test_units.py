"""Durations, quantities, shares: the table of traps, and laws."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deployment import Percent
from models.units import (
    format_cpu,
    format_duration,
    format_memory,
    format_percent,
    parse_amount,
    parse_cpu,
    parse_duration,
    parse_int_or_percent,
    parse_percent,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("1y", 31_536_000),
        ("400ms", 0.4),
        ("1h30m", 5400),
        ("1y2d3h4m5s6ms", 31_719_845.006),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("0s", 0),
        ("1m500ms", 60.5),
        ("1ms30us5ns", 0.001030005),
    ],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5 minutes", "expected a duration like 30s, 5m, 12h, 30d or 1y (got '5 minutes')"),
        (30, "for seconds write 30s"),
        (0.5, "for seconds write 0.5s"),
        ("30", "for seconds write 30s"),
        ("-5m", "must not be negative"),
        ("", "expected a duration"),
        ("5m1h", "expected a duration"),
        ("1h1h", "expected a duration"),
        ("m", "expected a duration"),
        ("1w", "expected a duration"),
        ("5M", "expected a duration"),
        (True, "got true"),
        (None, "got nothing"),
        ([], "got a list"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_hint(text: object, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "400ms"),
        (0.9994, "999ms"),
        (0.0014, "1.4ms"),
        (0.0009996, "1ms"),
        (3.2e-6, "3.2us"),
        (29e-9, "29ns"),
        (1.5e-11, "1.5e-11s"),
        (0.9999, "1s"),
        (1.25, "1.2s"),
        (9.96, "10s"),
        (45, "45s"),
        (59.7, "1m"),
        (90, "1m30s"),
        (1860, "31m"),
        (3599.6, "1h"),
        (21_720, "6h02m"),
        (86_399, "1d"),
        (273_600, "3d04h"),
        (31_536_000, "1y"),
        (34_560_000, "1y35d"),
        (-90, "-1m30s"),
    ],
)
def test_a_duration_is_written_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.just(0.0) | st.floats(1e-9, 3e9))
def test_a_written_duration_reads_back_within_its_precision(seconds: float) -> None:
    again = parse_duration(format_duration(seconds))
    assert again == pytest.approx(seconds, rel=0.06)


QUANTITIES = [
    ("1.5Gi", "1610612736"),
    ("1.5Ki", "1536"),
    ("100m", "0.1"),
    ("0.1", "0.1"),
    ("1k", "1000"),
    ("1E", "1000000000000000000"),
    ("5E", "5000000000000000000"),
    ("5E3", "5000"),
    ("1E3", "1000"),
    ("1e3", "1000"),
    ("1e+3", "1000"),
    ("1e-3", "0.001"),
    ("8Ei", "9223372036854775807"),
    ("0.0000000001", "0.000000001"),
    ("-0.0000000001", "-0.000000001"),
    (".5", "0.5"),
    ("5.", "5"),
    ("+1", "1"),
    ("-1", "-1"),
    ("128974848000m", "128974848"),
    ("1n", "0.000000001"),
    ("1u", "0.000001"),
    ("0", "0"),
    ("0Ki", "0"),
    (4, "4"),
    (0.1, "0.1"),
    (1e16, "10000000000000000"),
    (0.5, "0.5"),
    (1e-7, "0.0000001"),
]


@pytest.mark.parametrize(("text", "value"), QUANTITIES)
def test_a_quantity_has_the_value_that_the_api_server_gives_it(text: object, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "K",
        "1K",
        "1KB",
        "1MB",
        "5e",
        "1 Gi",
        " 1",
        "1 ",
        "0x10",
        "1_000",
        "inf",
        "nan",
        "lots",
        "",
        "1.2.3",
        "1mi",
        "1gi",
        "--1",
        "1e1.5",
        "1Kii",
        "e3",
        ".",
        "١",
        True,
        None,
        [],
        {},
        float("inf"),
        "1e400",
    ],
)
def test_what_the_api_server_refuses_is_no_quantity(text: object) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(("text", "hint"), [("1 Gi", "1Gi"), ("1K", "1k"), ("5GB", "5G"), ("5GiB", "5Gi")])
def test_a_near_miss_gets_a_hint(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"write {hint}"):
        parse_quantity(text)


def test_reading_as_an_integer_rounds_up() -> None:
    assert parse_cpu("0.1") == 100
    assert parse_cpu("1n") == 1
    assert parse_cpu("1.0001") == 1001
    assert parse_cpu(4) == 4000
    assert parse_amount("100m") == 1
    assert parse_amount("1.5") == 2
    assert parse_amount("16Gi") == 16 * 2**30


@given(st.integers(0, 10**7))
def test_cpu_survives_writing_and_reading(millicores: int) -> None:
    assert parse_cpu(format_cpu(millicores)) == millicores


@given(st.one_of(st.integers(0, 2**53), st.builds(lambda n, k: n * 2**k, st.integers(0, 1000), st.integers(0, 43))))
def test_memory_survives_writing_and_reading(size: int) -> None:
    assert parse_amount(format_memory(size)) == size


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from([("", 1), ("k", 10**3), ("M", 10**6), ("Ki", 2**10), ("Mi", 2**20), ("m", Decimal("0.001"))]),
)
def test_a_quantity_is_its_digits_times_its_suffix(whole: int, fraction: int, suffix: tuple[str, int]) -> None:
    text = f"{whole}.{fraction}"
    assert parse_quantity(text + suffix[0]) == (Decimal(text) * suffix[1]).quantize(Decimal("1e-9"), "ROUND_UP")


@pytest.mark.parametrize(
    ("size", "text"), [(2**34, "16Gi"), (2**29, "512Mi"), (1_500_000_000, "1500M"), (123, "123"), (0, "0")]
)
def test_memory_is_written_shortly(size: int, text: str) -> None:
    assert format_memory(size) == text


@pytest.mark.parametrize(
    ("text", "share"), [("80%", 0.8), ("99.95%", 0.9995), ("10 %", 0.1), ("0%", 0.0), (".1%", 0.001)]
)
def test_a_percentage_is_a_share(text: str, share: float) -> None:
    assert parse_percent(text) == share


@pytest.mark.parametrize(
    ("text", "hint"),
    [(0.8, "write 80%"), (95, "write 95%"), ("80", "expected"), ("-1%", "expected"), (None, "nothing")],
)
def test_a_bare_number_is_no_percentage(text: object, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_percent(text)


@given(st.integers(0, 10**6).map(lambda n: n / 10**6))
def test_a_share_survives_writing_and_reading(share: float) -> None:
    assert parse_percent(format_percent(share)) == share


def test_an_int_or_string_is_a_number_or_a_percentage() -> None:
    assert parse_int_or_percent(1) == 1
    assert parse_int_or_percent("25%") == Percent(25)
    assert parse_int_or_percent(2.0) == 2


@pytest.mark.parametrize("value", ["25", "25 %", "2.5%", "-1%", -1, 1.5, True, None, "all"])
def test_other_forms_of_int_or_string_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"whole number|greater than or equal to 0"):
        parse_int_or_percent(value)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_duration, "9" * 50 + "y"),
        (parse_duration, "9" * 100_000 + "y"),
        (parse_duration, "9" * 100_000),
        (parse_quantity, "1" * 100_000),
        (parse_percent, "9" * 400 + "%"),
        (parse_percent, "9" * 40 + "%"),
        (parse_int_or_percent, "9" * 5000 + "%"),
    ],
)
def test_numbers_that_nobody_means_are_refused(parse: Callable[[object], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"makes no sense|is at most"):
        parse(text)


@pytest.mark.parametrize("text", ["8Ei", "1e50", "9" * 400, "-1e50", f"{2**53 + 1}"])
def test_amounts_of_which_a_thousand_do_not_fit_into_64_bits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than any machine has: expected at most 9007199254740992"):
        parse_amount(text)
    with pytest.raises(ValueError, match="more than any machine has: expected at most 9007199254740992"):
        parse_cpu(text)
    assert parse_amount("8Pi") == 2**53
