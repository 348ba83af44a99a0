"""What the analytics pages are made of: panels of figures with their meaning, source and age.

Pages and API show the same panels; values stay as they are, so that both may write them in their
own way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analytics.metrics import METRICS
from analytics.reports.heat import Heat
from techmart.lib.charts import Chart
from techmart.lib.page_parts import AsOf, Tile

# change: a pair (now, before). share: 0 to 1, with a bar.
Kind = Literal[
    "text", "money", "money_exact", "count", "rate", "share", "decimal", "points", "change", "day"
]


@dataclass(frozen=True, slots=True)
class Field:
    """A column. hide: leaves the page where it is narrow, as page_parts.Column says."""

    key: str
    label: str
    kind: Kind = "text"
    hide: Literal["", "opt-s", "opt-m", "opt-l"] = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Values in the order of the table's fields. url: the rows behind it. sub: under the first."""

    values: Sequence[Any]
    url: str = ""
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures. total: what they sum to, None where they do not add up."""

    fields: Sequence[Field]
    rows: Sequence[Row]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: a chart, a heat map or a table; a chart carries its own table.

    metric: key of the dictionary of metrics, for its definition. url: the rows behind it.
    aside: muted words beside the title. listed: the rows of a heat map that matter most, as a
    list. table_below: the table says more than the chart's own, and stands under it. empty: said
    when there is nothing to show.
    """

    key: str
    title: str
    metric: str
    as_of: AsOf
    table: Table | None = None
    chart: Chart | None = None
    table_below: bool = False
    heat: Heat | None = None
    listed: Table | None = None
    listed_label: str = ""
    url: str = ""
    url_label: str = "Show the sales"
    aside: str = ""
    footer: str = ""
    empty: str = "No sales in this period"

    @property
    def definition(self) -> str:
        """What its figures count, in plain sentences."""
        return METRICS[self.metric].definition

    @property
    def filled(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.chart or self.heat or (self.table and self.table.rows))


@dataclass(frozen=True, slots=True)
class Stack:
    """Panels under each other in one place of a section."""

    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Section:
    """Panels side by side. css: the grid they stand in."""

    places: Sequence[Panel | Stack]
    css: Literal["", "grid g-2", "grid g-21", "grid g-32"] = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One tab: key figures, then sections from top to bottom."""

    key: str
    tiles: Sequence[Tile]
    sections: Sequence[Section]
    as_of: AsOf

    @property
    def panels(self) -> list[Panel]:
        """All panels in reading order."""
        found: list[Panel] = []
        for section in self.sections:
            for place in section.places:
                found += place.panels if isinstance(place, Stack) else [place]
        return found
