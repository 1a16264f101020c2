"""How many different values there were: exactly while they are few, within about 1.6 % beyond.

See docs/methods/distinct.md.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assay.stats.arrays import FloatArray, read_only

HashArray = npt.NDArray[np.uint64]
RegisterArray = npt.NDArray[np.uint8]

EXACT = 1_000
"""Different values up to which they are counted one by one."""
LG_REGISTERS = 12
REGISTERS = 1 << LG_REGISTERS
RELATIVE_ERROR = 1.04 / math.sqrt(REGISTERS)
"""Standard error of an estimate, as a share of it."""
LARGEST_REGISTER = 64 - LG_REGISTERS + 1

_LONG_TEXT = 256


@dataclass(frozen=True, eq=False)
class Distinct:
    """Hashes of the different values seen, or HyperLogLog registers once there are more than a thousand.

    A commutative monoid whose merge is exact: hashes unite, registers take the larger; any partition and any order
    gives the same bits.

    Attributes
    ----------
    hashes : uint64 array, shape (n,)
        Ascending, at most 1,000; empty once registers are in use.
    registers : uint8 array, shape (4096,) or (0,)
        Largest position of the first set bit seen by each register; empty while hashes are kept.

    Examples
    --------
    >>> one, other = (Distinct.of(hashes_of_texts(pl.Series(texts))) for texts in (["a", "b"], ["b", "c"]))
    >>> one.merge(other).estimate
    3.0

    References
    ----------
    Flajolet, Fusy, Gandouet and Meunier (2007), AofA, 137-156. Ertl (2017), arXiv:1702.01284, algorithm 6.
    """

    hashes: HashArray
    registers: RegisterArray

    @staticmethod
    def empty() -> "Distinct":
        """No value."""
        return Distinct(read_only(np.empty(0, np.uint64)), read_only(np.empty(0, np.uint8)))

    @staticmethod
    def of(hashes: HashArray) -> "Distinct":
        """From the hashes of values, shape (n,), each as often as it comes."""
        # Registers do not mind repeats, so sorting all is spared where a part shows that there are many.
        many = np.unique(hashes[: 4 * EXACT]).size > EXACT
        return Distinct._of_different(hashes if many else np.unique(hashes))

    @staticmethod
    def _of_different(hashes: HashArray) -> "Distinct":
        if hashes.size <= EXACT:
            return Distinct(read_only(hashes), read_only(np.empty(0, np.uint8)))
        return Distinct(read_only(np.empty(0, np.uint64)), read_only(registers_of(hashes)))

    def merge(self, other: "Distinct") -> "Distinct":
        """Both together; neither is changed."""
        if not (self.registers.size or other.registers.size):
            return Distinct._of_different(np.union1d(self.hashes, other.hashes))
        registers = np.maximum(self.as_registers(), other.as_registers())
        return Distinct(read_only(np.empty(0, np.uint64)), read_only(registers))

    def as_registers(self) -> RegisterArray:
        """Registers, also of what is still kept as hashes; shape (4096,)."""
        return self.registers if self.registers.size else registers_of(self.hashes)

    @property
    def exact(self) -> bool:
        """Whether `estimate` is the count itself."""
        return not self.registers.size

    @property
    def estimate(self) -> float:
        """Different values seen; a whole number when exact, else within 1.6 % (one standard error)."""
        return float(self.hashes.size) if self.exact else _estimate(self.registers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distinct) and all(
            np.array_equal(a, b) for a, b in ((self.hashes, other.hashes), (self.registers, other.registers))
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content that numpy cannot hash


def registers_of(hashes: HashArray) -> RegisterArray:
    """Registers after these hashes: the upper 12 bits choose one, the others say how rare the hash is."""
    places = hashes >> np.uint64(64 - LG_REGISTERS)
    rest = hashes & np.uint64((1 << (64 - LG_REGISTERS)) - 1)
    # The exponent of a double is the length in bits of what it holds; 52 bits fit exactly.
    lengths = np.frexp(rest.astype(np.float64))[1]
    registers = np.zeros(REGISTERS, dtype=np.uint8)
    np.maximum.at(registers, places, (LARGEST_REGISTER - lengths).astype(np.uint8))
    return registers


def hashes_of_numbers(values: FloatArray) -> HashArray:
    """64-bit hashes of numbers, the same on every machine; shape (n,).

    Examples
    --------
    >>> hashes = hashes_of_numbers(np.array([1.0, 2.0, 1.0, -0.0, 0.0]))
    >>> len(set(hashes.tolist()))
    3
    """
    # Adding zero turns -0.0 into 0.0.
    return _mixed((values + 0.0).view(np.uint64))


def hashes_of_texts(values: pl.Series) -> HashArray:
    """64-bit hashes of strings, none of them null, by their UTF-8 bytes; the same on every machine; shape (n,).

    Up to 256 bytes by FNV-1a for many strings at once; longer ones by BLAKE2b one by one.

    References
    ----------
    Fowler, Noll, Vo and Eastlake, The FNV Non-Cryptographic Hash Algorithm. Steele, Lea and Flood (2014), OOPSLA,
    453-472, for the mixing of its bits.
    """
    lengths = values.str.len_bytes().to_numpy().astype(np.int64)
    texts = values.to_list()
    data = np.frombuffer("".join(texts).encode(), dtype=np.uint8)
    starts = np.cumsum(lengths) - lengths
    hashes = np.full(lengths.size, np.uint64(0xCBF29CE484222325))
    short = np.flatnonzero(lengths <= _LONG_TEXT)
    # Longest first, so that those with a byte at each position are the first few.
    order = short[np.argsort(-lengths[short], kind="stable")]
    left = np.searchsorted(-lengths[order], -np.arange(_LONG_TEXT), side="left")
    state, begin = hashes[order], starts[order]
    for position in range(int(lengths[order[0]]) if order.size else 0):
        n = left[position]
        state[:n] = (state[:n] ^ data[begin[:n] + position]) * np.uint64(0x100000001B3)
    hashes[order] = _mixed(state)
    for place in np.flatnonzero(lengths > _LONG_TEXT).tolist():
        digest = hashlib.blake2b(texts[place].encode(), digest_size=8).digest()
        hashes[place] = int.from_bytes(digest, "little")
    return hashes


def _mixed(bits: HashArray) -> HashArray:
    """Every bit of the input spread over all bits (the finisher of SplitMix64)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: HashArray = bits ^ (bits >> np.uint64(31))
    return mixed


def _estimate(registers: RegisterArray) -> float:
    """Ertl's improved estimate: unbiased from the first value to the last, without tables of corrections."""
    counts = np.bincount(registers, minlength=LARGEST_REGISTER + 1).tolist()
    z = REGISTERS * _tau(1 - counts[LARGEST_REGISTER] / REGISTERS)
    for count in reversed(counts[1:LARGEST_REGISTER]):
        z = 0.5 * (z + count)
    z += REGISTERS * _sigma(counts[0] / REGISTERS)
    return REGISTERS * REGISTERS / (2 * math.log(2) * z)


def _sigma(share: float) -> float:
    """``x + sum of x^(2^k) 2^(k-1)``: what registers that saw nothing contribute."""
    if share == 1.0:
        return math.inf
    total, power, previous = share, 1.0, -1.0
    while total != previous:
        share *= share
        previous, total, power = total, total + share * power, power * 2
    return total


def _tau(share: float) -> float:
    """``1/3 (1 - x - sum of (1 - x^(2^-k))^2 2^-k)``: what full registers contribute."""
    if share in (0.0, 1.0):
        return 0.0
    total, power, previous = 1 - share, 1.0, -1.0
    while total != previous:
        share = math.sqrt(share)
        power /= 2
        previous, total = total, total - (1 - share) ** 2 * power
    return total / 3
