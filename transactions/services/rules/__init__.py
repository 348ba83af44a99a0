"""Rules of people on sales: their life, their lists, their trials, and which of them run."""

from transactions.services.rules.backtests import request_backtest, run_backtest
from transactions.services.rules.life_cycle import (
    activate,
    add_version,
    approve_version,
    create_rule,
    retire,
    start_shadow,
    stop_shadow,
)
from transactions.services.rules.lists import add_values, create_list, end_values
from transactions.services.rules.refusals import (
    ActivationRefused,
    RuleRefused,
    UnknownRule,
    WrongState,
)

__all__ = [
    "ActivationRefused",
    "RuleRefused",
    "UnknownRule",
    "WrongState",
    "activate",
    "add_values",
    "add_version",
    "approve_version",
    "create_list",
    "create_rule",
    "end_values",
    "request_backtest",
    "retire",
    "run_backtest",
    "start_shadow",
    "stop_shadow",
]
