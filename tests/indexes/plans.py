"""Which indexes the statements of a call use, and what the planner thinks they cost."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

_PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(")


@dataclass
class Plans:
    """Plans of the statements run, in order."""

    plans: list[dict[str, Any]] = field(default_factory=list)

    def indexes(self) -> set[str]:
        """Names of all indexes used."""
        return {name for plan in self.plans for name in _index_names(plan)}

    def users_of(self, index: str) -> list[int]:
        """Positions of the statements that use an index."""
        return [at for at, plan in enumerate(self.plans) if index in set(_index_names(plan))]

    def cost(self, statements: list[int]) -> float:
        """Estimated cost of some of the statements."""
        return sum(float(self.plans[at]["Total Cost"]) for at in statements)


def _decoded(answer: Any) -> Any:
    """Django leaves JSON columns of raw SQL as text; other drivers may not."""
    return json.loads(answer) if isinstance(answer, str) else answer


def _index_names(plan: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for part in plan.get("Plans", ()):
        yield from _index_names(part)


@contextmanager
def recorded_plans() -> Iterator[Plans]:
    """Explain every statement before it runs."""
    found = Plans()

    def explain(
        execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if isinstance(sql, str) and not many and sql.lstrip().upper().startswith(_PLANNED):
            execute(f"EXPLAIN (FORMAT JSON) {sql}", params, many, context)
            [answer] = context["cursor"].fetchone()
            found.plans.append(
                (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found
