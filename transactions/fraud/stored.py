"""What is usual around a few lines, from the table that the daily refresh fills."""

from collections.abc import Mapping, Sequence

import numpy as np

from transactions.choices import StatisticKind
from transactions.fraud.baselines import large_amount, quantity_q99, usual_amount
from transactions.fraud.frame import Floats, SalesFrame, text_column
from transactions.fraud.history import CHAMPION, Statistic, load_statistics
from transactions.fraud.risk import LineBaselines, LineRisk, worst_risk

# Without sales to learn from: hold what is more likely fraud than not.
FIRST_REVIEW_THRESHOLD = 0.5
_THRESHOLD = (StatisticKind.REVIEW_THRESHOLD, "")


class StoredStatistics:
    """The statistics that scoring these lines needs, read in one query.

    categories: of each line's product.
    """

    def __init__(self, lines: SalesFrame, categories: Sequence[str]) -> None:
        products = [str(product) for product in lines.product_id.tolist()]
        countries, channels = lines.country.tolist(), lines.channel.tolist()
        markets = [market_key(*pair) for pair in zip(countries, channels, strict=True)]
        self._keys = {
            StatisticKind.CATEGORY_AMOUNT: list(categories),
            StatisticKind.SHOP_AMOUNT: [""] * len(lines),
            StatisticKind.CATEGORY_TAIL: list(categories),
            StatisticKind.SHOP_TAIL: [""] * len(lines),
            StatisticKind.PRODUCT_QUANTITY: products,
            StatisticKind.CATEGORY_QUANTITY: list(categories),
            StatisticKind.SHOP_QUANTITY: [""] * len(lines),
            StatisticKind.MARKET_RATE: markets,
            StatisticKind.PRODUCT_RISK: products,
            StatisticKind.COUNTRY_RISK: countries,
            StatisticKind.CHANNEL_RISK: channels,
        }
        self._stored = load_statistics(
            [(kind, key) for kind, keys in self._keys.items() for key in keys] + [_THRESHOLD]
        )

    @property
    def review_above(self) -> float:
        """Return the score above which a sale is held."""
        return _threshold(self._stored)

    @property
    def champion(self) -> int | None:
        """Return the key of the model that scores, None for the priors."""
        found = self._stored.get(CHAMPION)
        return int(found.value) if found else None

    def baselines(self) -> LineBaselines:
        """Return what is usual around each line."""
        median, mad = usual_amount(
            category=self._spreads(StatisticKind.CATEGORY_AMOUNT),
            category_lines=self._lines(StatisticKind.CATEGORY_AMOUNT),
            shop=self._spreads(StatisticKind.SHOP_AMOUNT),
        )
        q95, q999 = large_amount(
            category=self._spreads(StatisticKind.CATEGORY_TAIL),
            category_lines=self._lines(StatisticKind.CATEGORY_TAIL),
            shop=self._spreads(StatisticKind.SHOP_TAIL),
        )
        risk = worst_risk(
            [
                self._risk(StatisticKind.PRODUCT_RISK, "This product"),
                self._risk(StatisticKind.COUNTRY_RISK, "This country"),
                self._risk(StatisticKind.CHANNEL_RISK, "This channel"),
            ]
        )
        return LineBaselines(
            category_median=median,
            category_mad=mad,
            amount_q95=q95,
            amount_q999=q999,
            quantity_q99=quantity_q99(
                product_q99=self._values(StatisticKind.PRODUCT_QUANTITY),
                product_lines=self._lines(StatisticKind.PRODUCT_QUANTITY),
                category_q99=self._values(StatisticKind.CATEGORY_QUANTITY),
                category_lines=self._lines(StatisticKind.CATEGORY_QUANTITY),
                shop_q99=self._values(StatisticKind.SHOP_QUANTITY),
            ),
            market_rate_a_day=self._values(StatisticKind.MARKET_RATE),
            risk=risk,
        )

    def _of(self, kind: StatisticKind) -> list[Statistic | None]:
        return [self._stored.get((kind, key)) for key in self._keys[kind]]

    def _values(self, kind: StatisticKind) -> Floats:
        return np.array([row.value if row else np.nan for row in self._of(kind)])

    def _lines(self, kind: StatisticKind) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([row.lines if row else 0 for row in self._of(kind)], np.int64)

    def _spreads(self, kind: StatisticKind) -> tuple[Floats, Floats]:
        spreads = [row.spread if row else None for row in self._of(kind)]
        return self._values(kind), np.array(
            [np.nan if spread is None else spread for spread in spreads]
        )

    def _risk(self, kind: StatisticKind, name: str) -> LineRisk:
        rows = self._of(kind)
        return LineRisk(
            ratio=np.array([row.value if row else 1.0 for row in rows]),
            dimension=text_column([name] * len(rows)),
            window_days=np.array([(row and row.window_days) or 0 for row in rows], np.int64),
            frauds=np.array([(row and row.frauds) or 0 for row in rows], np.int64),
            lines=np.array([row.lines if row else 0 for row in rows], np.int64),
        )


def review_threshold() -> float:
    """Return the score above which a sale is held, 0 to 1."""
    return _threshold(load_statistics([_THRESHOLD]))


def _threshold(stored: Mapping[tuple[str, str], Statistic]) -> float:
    found = stored.get(_THRESHOLD)
    return found.value if found else FIRST_REVIEW_THRESHOLD


def market_key(country: str, channel: str) -> str:
    """Return the key of a market's statistic."""
    return f"{country}|{channel}"
