"""What is usual around a few lines, from the table that the daily refresh fills."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from transactions.choices import StatisticKind
from transactions.fraud.baselines import large_amount, quantity_q99, usual_amount
from transactions.fraud.calendar import shop_hours
from transactions.fraud.frame import Floats, SalesFrame, text_column
from transactions.fraud.habits import Limits
from transactions.fraud.history import CHAMPION, Statistic, load_statistics
from transactions.fraud.risk import LineBaselines, LineRisk, worst_risk
from transactions.fraud.watch import ListSpell, Watched, limits_of, live_names, watched_lines

# Without sales to learn from: hold what is more likely fraud than not.
FIRST_REVIEW_THRESHOLD = 0.5
_THRESHOLD = (StatisticKind.REVIEW_THRESHOLD, "")


class StoredStatistics:
    """The statistics and lists that scoring these lines needs, read in one query.

    lines: with their categories. customers, skus: how lists spell each line's customer ("" for
    anonymous) and product.
    """

    def __init__(self, lines: SalesFrame, *, customers: Sequence[str], skus: Sequence[str]) -> None:
        self._lines_asked = lines
        categories = lines.texts("category").tolist()
        hours = shop_hours(lines.timestamp_us, ZoneInfo(settings.TIME_ZONE))
        products = [str(product) for product in lines.product_id.tolist()]
        countries, channels = lines.country.tolist(), lines.channel.tolist()
        markets = [market_key(*pair) for pair in zip(countries, channels, strict=True)]
        self._keys = {
            StatisticKind.CATEGORY_AMOUNT: list(categories),
            StatisticKind.SHOP_AMOUNT: [""] * len(lines),
            StatisticKind.CATEGORY_UPPER: list(categories),
            StatisticKind.SHOP_UPPER: [""] * len(lines),
            StatisticKind.CATEGORY_TAIL: list(categories),
            StatisticKind.SHOP_TAIL: [""] * len(lines),
            StatisticKind.PRODUCT_QUANTITY: products,
            StatisticKind.CATEGORY_QUANTITY: list(categories),
            StatisticKind.SHOP_QUANTITY: [""] * len(lines),
            StatisticKind.MARKET_RATE: markets,
            StatisticKind.SHOP_HOUR: [str(hour) for hour in hours.tolist()],
            StatisticKind.CATEGORY_REFUNDS: list(categories),
            StatisticKind.SHOP_REFUNDS: [""] * len(lines),
            StatisticKind.PRODUCT_RISK: products,
            StatisticKind.COUNTRY_RISK: countries,
            StatisticKind.CHANNEL_RISK: channels,
        }
        names = live_names(lines, customers=customers, skus=skus)
        self._stored, spells = load_statistics(
            [(kind, key) for kind, keys in self._keys.items() for key in keys] + [_THRESHOLD],
            watched=names,
        )
        self._spells = [
            ListSpell(each.kind, names.get((each.kind, each.value), each.value), *each.span)
            for each in spells
        ]

    def limits(self) -> Limits:
        """Return the amounts that are known to be looked at."""
        return limits_of(self._spells)

    def watched(self) -> Watched:
        """Return what of each line stands in a watch list."""
        return watched_lines(self._lines_asked, self._spells)

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
        (q80, q90), (q95, q999) = (
            large_amount(
                category=self._spreads(category),
                category_lines=self._lines(category),
                shop=self._spreads(shop),
            )
            for category, shop in (
                (StatisticKind.CATEGORY_UPPER, StatisticKind.SHOP_UPPER),
                (StatisticKind.CATEGORY_TAIL, StatisticKind.SHOP_TAIL),
            )
        )
        own_refunds = self._values(StatisticKind.CATEGORY_REFUNDS)
        shop_refunds = self._values(StatisticKind.SHOP_REFUNDS)
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
            amount_q80=q80,
            amount_q90=q90,
            hour_share=self._values(StatisticKind.SHOP_HOUR),
            refund_base=np.where(np.isnan(own_refunds), shop_refunds, own_refunds),
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
    return _threshold(load_statistics([_THRESHOLD])[0])


def _threshold(stored: Mapping[tuple[str, str], Statistic]) -> float:
    found = stored.get(_THRESHOLD)
    return found.value if found else FIRST_REVIEW_THRESHOLD


def market_key(country: str, channel: str) -> str:
    """Return the key of a market's statistic."""
    return f"{country}|{channel}"
