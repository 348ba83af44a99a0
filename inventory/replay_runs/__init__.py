"""Policy replays as rows: asked for, worked through, cancelled."""

from inventory.replay_runs.requests import (
    MOST_PRODUCTS,
    ReplayRefused,
    ReplayRequest,
    ReplayScope,
    TooManyReplays,
    cancel_replay,
    request_replay,
)
from inventory.replay_runs.work import run_replay

__all__ = [
    "MOST_PRODUCTS",
    "ReplayRefused",
    "ReplayRequest",
    "ReplayScope",
    "TooManyReplays",
    "cancel_replay",
    "request_replay",
    "run_replay",
]
