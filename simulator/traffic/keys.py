"""The luck of a request: a key drawn once, and as many numbers as are needed from it.

So a retry, or a policy that needs more luck than another, shifts nobody else's draws, and two policies that are
compared meet the same requests.
"""

from typing import Final

WORD: Final = 1 << 32
"""Keys and draws are whole numbers uniform in [0, WORD)."""


def of_attempt(key: int, attempt: int) -> int:
    """The key of an attempt of a request: the request's own for the first (0), another for each that follows."""
    return (key * 747796405 + attempt * 277803737) & 0xFFFFFFFF if attempt > 0 else key


def draw(key: int, number: int) -> int:
    """The `number`-th whole number in [0, 2**32) from a key; number >= 1, small.

    A permuted congruential generator's output function (O'Neill 2014, RXS-M-XS) of a state that the key and the number
    share. All products stay below 2**63, so that it is the same in Python and compiled.
    """
    state = ((key + number * 0x9E3779B9) & 0xFFFFFFFF) * 747796405 + 2891336453 & 0xFFFFFFFF
    word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737 & 0xFFFFFFFF
    return (word >> 22) ^ word
