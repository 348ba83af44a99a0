"""Made-up card worlds: three kinds of fraud whose cut, duration and multiplier are parameters.

The kinds are those of the Fraud Detection Handbook's simulator: amounts above a cut; devices
through which all is fraud for some days; customers some of whose amounts are multiplied for some
days. Written for tests; amounts are log-normal here, and shops keep no calendar.
"""

from dataclasses import dataclass

import numpy as np

from transactions.fraud.frame import DAY_US, Flags, Ints, SalesFrame, text_column
from transactions.fraud.replay.engine import LabelledSales

START_US = 19_000 * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What makes fraud in a world. cut_share: of amounts above the cut, before multiplying."""

    seed: int
    customers: int = 250
    devices: int = 350
    days: int = 98
    cut_share: float = 0.0015
    bad_device_days: int = 28
    bad_devices_a_day: float = 0.25
    multiplier: float = 5.0
    bad_customer_days: int = 14
    bad_customers_a_day: float = 0.3


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A world's sales. hidden: frauds that nobody could know of: a bad device's first days."""

    history: LabelledSales
    hidden: Flags


def made_up(world: World, *, delay_days: int = 7) -> MadeUp:
    """Return a world's sales in time order."""
    rng = np.random.default_rng(world.seed)
    a_day = rng.uniform(0.5, 3.0, world.customers)
    customer = np.repeat(np.arange(world.customers), rng.poisson(a_day * world.days))
    n = len(customer)
    time = np.sort(rng.uniform(0, world.days, n))
    customer = rng.permutation(customer)
    near = rng.integers(world.devices, size=(world.customers, 12))
    device = near[customer, rng.integers(12, size=n)]
    usual = rng.uniform(10, 60, world.customers)
    amount = usual[customer] * rng.lognormal(0, 0.35, n)

    fraud = amount > np.quantile(amount, 1 - world.cut_share)
    bad, since = _spells(rng, world.devices, world.bad_devices_a_day, world.days)
    through = _within(device, time, bad, since, world.bad_device_days)
    bad, begun = _spells(rng, world.customers, world.bad_customers_a_day, world.days)
    stolen = ~np.isnan(_within(customer, time, bad, begun, world.bad_customer_days))
    stolen &= rng.random(n) < 1 / 3
    amount = np.where(stolen, amount * world.multiplier, amount)
    hidden = (through < delay_days) & ~stolen & ~fraud
    fraud = fraud | ~np.isnan(through) | stolen
    sales = SalesFrame(
        timestamp_us=START_US + (time * DAY_US).astype(np.int64),
        order_ref=text_column(f"t{i}" for i in range(n)),
        customer_id=customer.astype(np.int64) + 1,
        product_id=np.zeros(n, np.int64),
        quantity=np.ones(n, np.int64),
        amount_cents=np.round(amount * 100).astype(np.int64),
        channel=text_column([""] * n),
        ip_country=text_column([""] * n),
        ship_country=text_column([""] * n),
        device=text_column(f"d{i}" for i in device),
    )
    return MadeUp(LabelledSales(sales, fraud.astype(np.int64)), hidden)


def _spells(
    rng: np.random.Generator, members: int, a_day: float, days: int
) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    number = rng.poisson(a_day * days)
    return rng.integers(members, size=number), rng.uniform(0, days, number)


def _within(
    member: Ints,
    time: np.ndarray[tuple[int], np.dtype[np.float64]],
    bad: Ints,
    since: np.ndarray[tuple[int], np.dtype[np.float64]],
    days: int,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return days since the earliest spell that each line falls into, NaN for none."""
    ago = np.full(len(member), np.nan)
    for who, begun in zip(bad.tolist(), since.tolist(), strict=True):
        inside = (member == who) & (time >= begun) & (time < begun + days)
        ago[inside] = np.fmax(ago[inside], time[inside] - begun)
    return ago
