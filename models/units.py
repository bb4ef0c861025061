"""Durations, quantities and shares: parsed at the edge, plain numbers inside.

Every parser raises ValueError with a message for people; the caller knows the place.
"""

import re
from decimal import ROUND_UP, Context, Decimal
from typing import Annotated

from models.deployment import Percent
from models.input.problems import shown

Bytes = Annotated[int, "bytes"]
"""An amount of memory or disk: in files a quantity, "500Mi"."""

MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86_400.0, 365 * 86_400.0

_NUMBER = r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_DURATION = re.compile("".join(rf"(?:{_NUMBER}{unit})?" for unit in ("y", "d", "h", "m", "s", "ms", "us", "ns")))
_SECONDS = (YEAR, DAY, HOUR, MINUTE, 1.0, 1e-3, 1e-6, 1e-9)

_QUANTITY = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?[0-9]+))?")
_BINARY = {suffix: 1024 ** (i + 1) for i, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MAX_BINARY = Decimal(2**63 - 1)
_NANO = Decimal("1e-9")

_PERCENT = re.compile(rf"{_NUMBER}\s*%")

LONGEST_TEXT = 400
"""Characters: nobody writes a number that long, and reading one takes time that grows with its square."""
LONGEST_DURATION = 1e15
"""Seconds (30 million years): beyond it a clock in floating point is no longer exact to a second."""
LARGEST_PERCENTAGE = 1e9
LARGEST_AMOUNT = 2**53
"""Millicores, bytes (8 Pi) or pieces that a file may ask for: a thousand times as much still fits into 64 bits."""


def _text(value: object) -> str | None:
    """The value if it is a text, else None; an error if it is too long to be a number."""
    if not isinstance(value, str):
        return None
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"a number of more than {LONGEST_TEXT} characters makes no sense (got {shown(value)})")
    return value


def parse_duration(value: object) -> float:
    """Seconds of "30us", "400ms", "30s", "5m", "12h", "30d", "1y" (365 d) or a combination such as "1h30m"."""
    expected = "expected a duration like 30s, 5m, 12h, 30d or 1y"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{expected}: a number needs its unit (got {value!r}; for seconds write {value}s)")
    text = _text(value)
    if text is None:
        raise ValueError(f"{expected} (got {shown(value)})")
    if text.startswith("-"):
        raise ValueError(f"a duration must not be negative (got {shown(text)})")
    if re.fullmatch(_NUMBER, text):
        raise ValueError(f"{expected}: a number needs its unit (got {shown(text)}; for seconds write {text}s)")
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{expected} (got {shown(text)})")
    seconds = float(sum(Decimal(n) * Decimal(str(s)) for n, s in zip(match.groups(), _SECONDS, strict=True) if n))
    if seconds > LONGEST_DURATION:
        raise ValueError(f"a duration is at most {LONGEST_DURATION / YEAR:.0f}y (got {shown(text)})")
    return seconds


def format_duration(seconds: float) -> str:
    """The duration for people, at most two units, rounded: 6h02m, 31m, 45s, 3d04h, 400ms, 3.2us, 1.5e-11s."""
    if seconds < 0:
        return f"-{format_duration(-seconds)}"
    if 0 < seconds < 0.9995:
        return _fraction(seconds)
    if seconds < 9.95:
        return f"{round(seconds, 1):g}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return _two(whole, 60, "m", "s")
    minutes = round(whole / 60)
    if minutes < 24 * 60:
        return _two(minutes, 60, "h", "m")
    hours = round(minutes / 60)
    if hours < 365 * 24:
        return _two(hours, 24, "d", "h")
    years, days = divmod(round(hours / 24), 365)
    return f"{years}y{days}d" if days else f"{years}y"


def format_to_the_second(seconds: float) -> str:
    """The duration for people who go by it, rounded to a second, in all its units: 45s, 1m00s, 6d23h59m00s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    while len(units) > 1 and not units[0][0]:
        del units[0]
    return "".join(f"{n:02d}{unit}" if i else f"{n}{unit}" for i, (n, unit) in enumerate(units))


def _fraction(seconds: float) -> str:
    """Less than a second, more than none."""
    for unit, size in (("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)):
        if (amount := seconds / size) >= 0.9995:
            return f"{round(amount) if amount >= 9.95 else round(amount, 1):g}{unit}"
    return f"{seconds:.1e}s"


def _two(amount: int, base: int, unit: str, smaller: str) -> str:
    large, small = divmod(amount, base)
    return f"{large}{unit}{small:02}{smaller}" if small else f"{large}{unit}"


def parse_quantity(value: object) -> Decimal:
    """The exact value of a Kubernetes quantity, e.g. "250m", "4Gi", "1e3", 0.5.

    The grammar is the API server's (k8s.io/apimachinery/pkg/api/resource): finer than nano is rounded away from
    zero, and binary suffixes are capped at 2^63 - 1. Numbers from YAML go through their shortest spelling.
    """
    text = repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)
    match = _QUANTITY.fullmatch(text) if text is not None else None
    if match is None:
        raise ValueError(f"expected a quantity like 250m, 0.5, 4Gi or 500M (got {shown(value)}{_quantity_hint(text)})")
    sign, digits, binary, decimal, exponent = match.groups()
    exact = Context(prec=len(digits) + 40)
    amount = Decimal(digits)
    if binary:
        amount = exact.multiply(amount, Decimal(_BINARY[binary]))
    else:
        power = _DECIMAL[decimal] if decimal else int(exponent or 0)
        if abs(power) > 99:
            raise ValueError(f"a quantity this large or small makes no sense (got {shown(value)})")
        amount = amount.scaleb(power, exact)
    amount = amount.quantize(_NANO, ROUND_UP, exact) if amount.as_tuple().exponent < -9 else amount  # type: ignore[operator]
    if binary:
        amount = min(amount, _MAX_BINARY)
    return -amount if sign == "-" else amount


def _quantity_hint(text: object) -> str:
    """What was probably meant by "1 Gi", "5GB", "10K"."""
    if not isinstance(text, str):
        return ""
    guess = text.replace(" ", "")
    guess = guess.removesuffix("B").removesuffix("b")
    guess = f"{guess[:-1]}k" if guess.endswith("K") else guess
    return f"; write {guess}" if guess != text and _QUANTITY.fullmatch(guess) else ""


def parse_cpu(value: object) -> int:
    """Millicores, rounded up."""
    return _whole(parse_quantity(value).scaleb(3), value)


def parse_amount(value: object) -> int:
    """Bytes of memory, or pieces of any other resource, rounded up."""
    return _whole(parse_quantity(value), value)


def _whole(amount: Decimal, value: object) -> int:
    """The next whole number, which must fit into machine words together with others."""
    if abs(amount) > LARGEST_AMOUNT:
        raise ValueError(f"more than any machine has: expected at most {LARGEST_AMOUNT} (got {shown(value)})")
    return int(amount.to_integral_value(ROUND_UP))


def format_cpu(millicores: int) -> str:
    """The shortest spelling: "250m", "4"."""
    return f"{millicores}m" if millicores % 1000 else str(millicores // 1000)


def format_memory(size: int) -> str:
    """The shortest exact spelling: "16Gi", "1500M", "123"."""
    for suffix, factor in reversed(_BINARY.items()):
        if size and size % factor == 0:
            return f"{size // factor}{suffix}"
    for suffix in ("E", "P", "T", "G", "M", "k"):
        if size and size % 10 ** _DECIMAL[suffix] == 0:
            return f"{size // 10 ** _DECIMAL[suffix]}{suffix}"
    return str(size)


def parse_percent(value: object) -> float:
    """The share that a percentage stands for: "80%" -> 0.8."""
    text = _text(value)
    match = _PERCENT.fullmatch(text) if text is not None else None
    if match is None:
        hint = ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            hint = f"; write {format_percent(value) if 0 <= value < 1 else f'{_plain(value)}%'}"
        raise ValueError(f"expected a percentage like 80% (got {shown(value)}{hint})")
    percentage = Decimal(match[1])
    if percentage > LARGEST_PERCENTAGE:
        raise ValueError(f"a percentage this large makes no sense (got {shown(value)})")
    return float(percentage / 100)


def format_percent(share: float) -> str:
    """The shortest spelling that reads back as the same share: 0.9995 -> "99.95%"."""
    return f"{_plain(share, shift=2)}%"


def _plain(number: float, shift: int = 0) -> str:
    text = f"{Decimal(repr(number)).scaleb(shift):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_int_or_percent(value: object) -> int | Percent:
    """An IntOrString such as maxSurge, not negative: 1, or "25%"."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"must be greater than or equal to 0 (got {value})")
        return value
    if isinstance(value, float) and value.is_integer():
        return parse_int_or_percent(int(value))
    text = _text(value)
    match = re.fullmatch(r"([0-9]+)%", text) if text is not None else None
    if match is None:
        raise ValueError(
            "expected a whole number, or a percentage: "
            f"a valid percent string must be a numeric value followed by an ending '%' (got {shown(value)})"
        )
    return Percent(int(match[1]))


def parse_int_or_share(value: object) -> int | Percent:
    """An IntOrString such as minAvailable, a percentage of which is at most 100%."""
    parsed = parse_int_or_percent(value)
    if isinstance(parsed, Percent) and parsed.value > 100:
        raise ValueError("must not be greater than 100%")
    return parsed


def counted(number: int, one: str, more: str = "") -> str:
    """So many of something in words: "1 policy", "2 policies"; `more` is the plural, by default with an s."""
    return f"{number} {one if number == 1 else more or one + 's'}"
