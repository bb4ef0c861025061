"""Named random streams: all randomness of a run comes from here.

A stream is named by cause and subject ("failure/node-crash/node-17"), never by policy or by order of use. So two
policies meet the same bad luck (common random numbers), and adding a node or a failure mode shifts nobody else's draws.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


class _Digest(np.random.bit_generator.ISeedSequence):
    """Hands the words of a digest to a bit generator as its state: of one after the other, which all hold on to it."""

    def __init__(self) -> None:
        self.digest = b""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> npt.NDArray[Any]:
        # Little-endian whatever the machine, so that seeds mean the same everywhere.
        return np.frombuffer(self.digest, dtype=np.dtype(dtype).newbyteorder("<"), count=n_words).astype(dtype)


class Streams:
    """The streams of one replication."""

    def __init__(self, seed: int, replication: int | str) -> None:
        self._prefix = f"{seed}/{replication}/"
        self._state = _Digest()

    def stream(self, name: str) -> np.random.Generator:
        """A new generator for `name`: the same name always starts the same sequence.

        Its 256 bits of state are the BLAKE2b digest of seed, replication and name: independent of PYTHONHASHSEED, as
        well mixed as numpy's SeedSequence over the same digest, and several times as fast.
        """
        self._state.digest = hashlib.blake2b((self._prefix + name).encode(), digest_size=32).digest()
        return np.random.Generator(np.random.PCG64(self._state))  # type: ignore[arg-type]


class StreamsOf:
    """A stream for each of many subjects, which goes on from draw to draw: what befalls a node twice is drawn twice."""

    def __init__(self, streams: Streams, cause: str) -> None:
        """`cause`: what the streams are for; that of a subject is named "cause/subject"."""
        self._streams, self._cause = streams, cause
        self._begun: dict[str, np.random.Generator] = {}

    def __getitem__(self, subject: str) -> np.random.Generator:
        if subject not in self._begun:
            self._begun[subject] = self._streams.stream(f"{self._cause}/{subject}")
        return self._begun[subject]
