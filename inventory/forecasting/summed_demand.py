"""Distribution of demand summed over some days: the bootstrap of days, computed exactly.

A bootstrap draws as many days as asked for from the history, with replacement, and sums them.
Instead of drawing, the distribution that endless draws would have is computed: the probability
of each demand of one day is its share among the days, and that of a sum the convolution, a
power of the Fourier transform. So there is no seed and no sampling error, and thousands of
products take a fraction of a second. Days are taken for independent, as in the variance of
demand over an interval; docs/domain/forecasting.md has the comparison with whole windows.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (the ideal bootstrap).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inventory.arrays import FloatArray, IntArray

# Larger sums are counted in bins of several units: a quantile is then exact to about 1/2000 of
# the largest possible sum.
MAX_BINS = 4096
# What rounding of the transforms may take from a probability.
TOLERANCE = 1e-9
# Numbers held at once: bounds the memory of a chunk to some tens of MB.
CHUNK_NUMBERS = 1_000_000

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class DayWeights:
    """How likely each length of 0, 1, 2, … days is: (lengths,), or (products, lengths).

    Each row sums to 1. A fixed length has one weight; a lead time that varies has several.
    """

    weights: FloatArray

    @classmethod
    def exactly(cls, days: int) -> "DayWeights":
        """Return the weights of one whole length."""
        weights = np.zeros(days + 1)
        weights[days] = 1
        return cls(weights)

    def longest(self, products: int) -> IntArray:
        """Return the longest length that may occur, for each of so many products."""
        possible = self.weights > 0
        last = possible.shape[-1] - 1 - np.argmax(possible[..., ::-1], axis=-1)
        return np.broadcast_to(last, (products,))

    def of(self, products: IntArray) -> "DayWeights":
        """Return the weights of some products only, without lengths that none of them has."""
        if self.weights.ndim == 1:
            return self
        weights = self.weights[products]
        return DayWeights(weights[:, : int(np.flatnonzero(weights.any(axis=0)).max()) + 1])


@dataclass(frozen=True, slots=True)
class SummedDemand:
    """F of demand over one length, for some products.

    products: their columns. cumulated: (products, bins) P(sum <= bin); bin_units: (products,)
    units in a bin, 1 unless sums are large. length: index of the length asked for.
    """

    products: IntArray
    length: int
    cumulated: FloatArray
    bin_units: IntArray

    def quantile(self, level: float | FloatArray) -> FloatArray:
        """Return the smallest sum x with F(x) >= level; one level, or one a product."""
        wanted = np.broadcast_to(np.asarray(level) - TOLERANCE, self.bin_units.shape)
        bins = (self.cumulated < wanted[:, None]).sum(axis=1)
        quantile: FloatArray = np.minimum(bins, self.cumulated.shape[1] - 1) * self.bin_units * 1.0
        return quantile

    def above(self, units: FloatArray) -> FloatArray:
        """Return P(sum > units) per product; units 0 or more."""
        bins = np.minimum(units // self.bin_units, self.cumulated.shape[1] - 1).astype(np.int64)
        reached = np.take_along_axis(self.cumulated, bins[:, None], axis=1)[:, 0]
        return np.clip(1.0 - reached, 0.0, 1.0)

    def expected_above(self, units: FloatArray) -> FloatArray:
        """Return E[(sum − units)⁺] per product: the sum of P(sum > x) over x >= units."""
        beyond = np.clip(1.0 - self.cumulated, 0.0, 1.0)
        at_or_beyond = np.cumsum(beyond[:, ::-1], axis=1)[:, ::-1]
        bins = (units // self.bin_units).astype(np.int64)
        inside = bins < self.cumulated.shape[1]
        index = np.where(inside, bins, 0)[:, None]
        short = np.take_along_axis(at_or_beyond, index, axis=1)[:, 0]
        return np.where(inside, short, 0.0) * self.bin_units


def summed_demand(units: FloatArray, lengths: Sequence[DayWeights]) -> Iterator[SummedDemand]:
    """Yield F of demand over each length, some products at a time; those that sold anything.

    units: (days, products), all days counting, 1 or more; whole numbers, 0 or more. Products
    without a sale have no demand and are left out.
    """
    products = units.shape[1]
    longest = np.max([length.longest(products) for length in lengths], axis=0)
    for chunk in _chunks(units, longest):
        of_one_day = _transform(chunk)
        for index, length in enumerate(lengths):
            mixed = _mixed(of_one_day, length.of(chunk.products))
            probabilities = np.fft.irfft(mixed, n=chunk.size, axis=1)
            yield SummedDemand(
                products=chunk.products,
                length=index,
                cumulated=np.cumsum(probabilities, axis=1),
                bin_units=chunk.bin_units,
            )


def summed_demand_quantiles(
    units: FloatArray, lengths: Sequence[DayWeights], levels: Sequence[float]
) -> FloatArray:
    """Return quantiles of demand over each length, in units: (lengths, products, levels).

    levels: 0 < level < 1. A quantile is the smallest sum that is not passed with a chance of
    level or more. units as in summed_demand.
    """
    result = np.zeros((len(lengths), units.shape[1], len(levels)))
    for demand in summed_demand(units, lengths):
        for column, level in enumerate(levels):
            result[demand.length, demand.products, column] = demand.quantile(level)
    return result


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Products whose sums fit into the same number of bins.

    binned: (days, products of the chunk) demand in bins of bin_units.
    """

    products: IntArray
    binned: IntArray
    bin_units: IntArray
    size: int


def _chunks(units: FloatArray, longest_days: IntArray) -> Iterator[_Chunk]:
    """Yield the products that sold anything, by the length of transform that they need."""
    largest_day = units.max(axis=0, initial=0)
    # Rounding to bins may add one a day.
    bin_units = np.ceil(largest_day * longest_days / (MAX_BINS - 1 - longest_days))
    bin_units = np.maximum(1, bin_units).astype(np.int64)
    bins = np.ceil(largest_day / bin_units) * longest_days + 1
    sizes = 2 ** np.ceil(np.log2(np.maximum(bins, 2))).astype(np.int64)
    for size in np.unique(sizes[largest_day > 0]):
        members = np.flatnonzero((sizes == size) & (largest_day > 0))
        step = max(1, CHUNK_NUMBERS // int(size))
        for start in range(0, len(members), step):
            products = members[start : start + step]
            binned = np.rint(units[:, products] / bin_units[products]).astype(np.int64)
            yield _Chunk(products, binned, bin_units[products], int(size))


def _transform(chunk: _Chunk) -> ComplexArray:
    """Return the transform of one day's probabilities, (products, frequencies)."""
    days, products = chunk.binned.shape
    offsets = np.arange(products) * chunk.size
    counts = np.bincount((chunk.binned + offsets).ravel(), minlength=products * chunk.size)
    transform: ComplexArray = np.fft.rfft(counts.reshape(products, chunk.size) / days, axis=1)
    return transform


def _mixed(of_one_day: ComplexArray, length: DayWeights) -> ComplexArray:
    """Return the transform of the sum over a length that is drawn by its weights."""
    mixed = np.zeros_like(of_one_day)
    power = np.ones_like(of_one_day)
    for days in range(length.weights.shape[-1]):
        if days:
            power *= of_one_day
        weight = length.weights[..., days]
        if np.any(weight):
            mixed += power * (weight[:, None] if weight.ndim else weight)
    return mixed
