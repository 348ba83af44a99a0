"""The processors of the structured log: key=value for people, JSON for machines."""

import sys
from typing import Any

import structlog

shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
processors: list[Any] = [
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    structlog.dev.ConsoleRenderer(colors=False)
    if sys.stderr.isatty()
    else structlog.processors.JSONRenderer(),
]
