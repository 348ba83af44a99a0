"""Replays as files: the list of them, and of one its figures, its weeks and its products."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from inventory.models import Product, ReplayRun
from inventory.paths import REPLAYS_PATH, replay_path
from inventory.replay.comparison import METRICS
from inventory.replay_page.result import chosen_policy, most_different, result_url, verdict
from inventory.replay_page.runs import NEWEST, RUN_COLUMNS, policy_words, scope_words, shown_runs
from techmart.core.exports.registry import ExportList, Query, Subject, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.core.problems import Refusal
from techmart.lib import formats
from techmart.lib.export import Cell, Column, Kind, Table, pages_of
from techmart.lib.plain_list import parse_plain_list

_PAGE = 500
_PERMISSION = "inventory.view_replayrun"
RUN = Subject("replay", "pk", lambda: ReplayRun.objects.defer("courses").select_related("supplier"))
RUN_FILE = (
    Column("Replay", width=8),
    Column("From", Kind.DATE, 11, of="days"),
    Column("To", Kind.DATE, 11, of="days"),
    Column("Products", width=30, of="products"),
    Column("Policies", width=36, of="policies"),
    Column("Asked for", Kind.MOMENT, 19, of="asked"),
    Column("By", width=18, of="by"),
    Column("Status", width=12, of="status"),
    Column("Finished", Kind.MOMENT, 19),
)
_FIGURE_COLUMNS = (
    Column("Policy", width=26),
    Column("Figure", width=22),
    Column("Unit", width=8),
    Column("Value", Kind.NUMBER, 14),
    Column("Difference", Kind.NUMBER, 14),
    Column("90% from", Kind.NUMBER, 14),
    Column("90% to", Kind.NUMBER, 14),
    Column("Verdict", width=10),
)
_WEEK_COLUMNS = (
    Column("Policy", width=26),
    Column("Week from", Kind.DATE, 12),
    Column("Stock at cost", Kind.MONEY, 14),
    Column("Fill rate", Kind.SHARE, 10),
)
# What is kept of each product, as files name it.
_PRODUCT_FIGURES: Mapping[str, Column] = {
    "lost_margin": Column("Margin lost", Kind.MONEY, 14),
    "stock_value": Column("Average stock", Kind.MONEY, 14),
    "stockout_days": Column("Days out of stock", Kind.NUMBER, 12),
    "wanted_units": Column("Units asked for", Kind.NUMBER, 12),
    "sold_units": Column("Units sold", Kind.NUMBER, 12),
}


class NotReplayed(Refusal):
    """The replay has nothing to write out."""

    def __init__(self, run: ReplayRun) -> None:
        super().__init__(
            f"Replay {run.pk} has no results: it is {run.get_status_display().lower()}.",
            code="not_replayed",
            status=409,
        )


def register_lists() -> None:
    """Offer the replays, and the three tables of one."""
    register(ExportList("replays", "Replays", _PERMISSION, REPLAYS_PATH, runs_table))
    for part, title, build in (
        ("figures", "Figures of a replay", figures_table),
        ("weeks", "Weeks of a replay", weeks_table),
        ("products", "Products of a replay", products_table),
    ):
        register(
            ExportList(
                key=f"replay-{part}",
                title=title,
                permission=_PERMISSION,
                path=f"{REPLAYS_PATH}{{replay}}/",
                build=build,
                subject=RUN,
            )
        )


def runs_table(query: Query, _user: User, now: datetime) -> Table:
    """Return all replays, newest first."""
    view = parse_plain_list(query, path=REPLAYS_PATH, columns=RUN_COLUMNS)
    runs = shown_runs()

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: NEWEST.page(runs, size=_PAGE, cursor=cursor)):
            for run in page:
                yield (
                    str(run.pk),
                    run.first_day,
                    run.last_day,
                    scope_words(run),
                    policy_words(run),
                    run.requested_at,
                    str(run.requested_by),
                    run.get_status_display(),
                    run.finished_at,
                )

    return shop_table(
        title="Replays",
        columns=RUN_FILE,
        rows=rows,
        row_count=runs.count(),
        totals=[],
        filters=[],
        as_of=now,
        url=view.url(),
    ).in_columns(view.chosen)


def figures_table(query: Query, _user: User, now: datetime) -> Table:
    """Return each policy's figures, with the difference from the shop and its 90 % interval."""
    run, results = _replayed(query)

    def rows() -> Iterator[Sequence[Cell]]:
        for policy in results["policies"]:
            for metric in METRICS:
                difference = policy["differences"].get(metric.key, {})
                yield (
                    policy["name"],
                    metric.label,
                    metric.kind,
                    policy["figures"][metric.key],
                    difference.get("value"),
                    difference.get("low"),
                    difference.get("high"),
                    verdict(metric, difference.get("low"), difference.get("high")),
                )

    count = len(results["policies"]) * len(METRICS)
    return _table(run, "Figures", columns=_FIGURE_COLUMNS, rows=rows, row_count=count, now=now)


def weeks_table(query: Query, _user: User, now: datetime) -> Table:
    """Return each policy's stock at cost and fill rate by week."""
    run, results = _replayed(query)

    def rows() -> Iterator[Sequence[Cell]]:
        for policy in results["policies"]:
            weekly = policy["weekly"]
            for week, stock, fill in zip(
                results["weeks"], weekly["stock_value"], weekly["fill_rate"], strict=True
            ):
                yield (policy["name"], date.fromisoformat(week), round(stock, 2), fill)

    count = len(results["policies"]) * len(results["weeks"])
    return _table(run, "Weeks", columns=_WEEK_COLUMNS, rows=rows, row_count=count, now=now)


def products_table(query: Query, _user: User, now: datetime) -> Table:
    """Return all products under the shop's orders and under the policy that the page compares.

    Those that differ most come first, as on the page, which shows the first ones.
    """
    run, results = _replayed(query)
    chosen = chosen_policy(query.get("policy", ""), results)
    shop, policy = results["policies"][0], results["policies"][chosen]
    names = {
        key: (sku, name)
        for key, sku, name in Product.objects.filter(pk__in=run.product_ids).values_list(
            "pk", "sku", "name"
        )
    }
    columns = [
        Column("Code", width=14),
        Column("Product", width=30),
        *(
            Column(f"{column.label}, {side['name'].lower()}", column.kind, column.width)
            for column in _PRODUCT_FIGURES.values()
            for side in (shop, policy)
        ),
    ]

    def rows() -> Iterator[Sequence[Cell]]:
        for row, _difference in most_different(results, chosen):
            figures = [
                side["by_product"][name][row]
                for name in _PRODUCT_FIGURES
                for side in (shop, policy)
            ]
            yield (*names[run.product_ids[row]], *figures)

    sums = [
        (f"All: {column.label}", round(sum(side["by_product"][name]), 2))
        for (name, side), column in zip(
            ((name, side) for name in _PRODUCT_FIGURES for side in (shop, policy)),
            columns[2:],
            strict=True,
        )
    ]
    return _table(
        run,
        "Products",
        columns=columns,
        rows=rows,
        row_count=len(run.product_ids),
        totals=sums,
        filters=[f"{shop['name']} and {policy['name']}"],
        url=result_url(run.pk, chosen),
        now=now,
    )


def _replayed(query: Query) -> tuple[ReplayRun, Mapping[str, Any]]:
    run = RUN.of(query)
    if run.results is None:
        raise NotReplayed(run)
    return run, run.results


def _table(
    run: ReplayRun,
    part: str,
    *,
    columns: Sequence[Column],
    rows: Callable[[], Iterator[Sequence[Cell]]],
    row_count: int,
    now: datetime,
    totals: Sequence[tuple[str, Cell]] = (),
    filters: Sequence[str] = (),
    url: str = "",
) -> Table:
    days = f"{formats.day(run.first_day)} to {formats.day(run.last_day)}"
    return shop_table(
        title=f"{part} of replay {run.pk}",
        columns=columns,
        rows=rows,
        row_count=row_count,
        totals=totals,
        filters=[f"Replay {run.pk}", days, scope_words(run), *filters],
        as_of=run.finished_at or now,
        url=url or replay_path(run.pk),
    )
