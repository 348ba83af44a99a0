"""Charts drawn as SVG on the server: numbers in, markup and a table of the same numbers out.

The plot is a stretched SVG with strokes that do not scale; its labels stand beside it, so text
is never distorted and the block has its final height before anything loads. No chart needs
script or a style attribute. A script adds the readout on pointer and arrow keys.
"""

from techmart.lib.charts.bars import Bar, BarList, bar_list, meter
from techmart.lib.charts.contributions import (
    ContributionPart,
    ContributionRow,
    Contributions,
    contributions,
)
from techmart.lib.charts.forecast import forecast
from techmart.lib.charts.model import Chart, Height, LegendItem
from techmart.lib.charts.pareto import ParetoBar, pareto
from techmart.lib.charts.sparkline import sparkline
from techmart.lib.charts.time_line import Band, Reference, Series, time_line
from techmart.lib.charts.waterfall import waterfall

__all__ = [
    "Band",
    "Bar",
    "BarList",
    "Chart",
    "ContributionPart",
    "ContributionRow",
    "Contributions",
    "Height",
    "LegendItem",
    "ParetoBar",
    "Reference",
    "Series",
    "bar_list",
    "contributions",
    "forecast",
    "meter",
    "pareto",
    "sparkline",
    "time_line",
    "waterfall",
]
