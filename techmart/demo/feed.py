"""A small client of the public API, for the replay: posts sales in bulk and retries safely."""

import http.client
import json
import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

PATH = "/api/v1/transactions/bulk/"
BATCH = 200
_WAITS_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Posted:
    """What became of a batch: sales by status (created, replayed, refused)."""

    statuses: dict[str, int]


class FeedRefused(RuntimeError):
    """The API refused the request as a whole, for a reason that waiting does not cure."""


class Feed:
    """Posts to one site with one token. A batch is sent again until it is answered."""

    def __init__(self, *, address: str, token: str) -> None:
        parts = urlsplit(address)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._token = token

    def post(self, sales: list[dict[str, Any]]) -> Posted:
        """Post one batch. Waits while the site is away or says 429; raises FeedRefused."""
        body = json.dumps({"on_error": "skip", "sales": sales})
        attempt = 0
        while True:
            wait = _WAITS_SECONDS[min(attempt, len(_WAITS_SECONDS) - 1)]
            attempt += 1
            try:
                status, answer, retry_after = self._send(body)
            except (OSError, http.client.HTTPException) as error:
                logger.warning("the site is away (%s); trying again in %.0f s", error, wait)
            else:
                if status in {200, 201, 207}:
                    return Posted(statuses=_count(answer["results"]))
                if status not in {429, 502, 503, 504}:
                    raise FeedRefused(f"{status}: {answer}")
                wait = retry_after or wait
                logger.warning("answer %s; trying again in %.0f s", status, wait)
            time.sleep(wait)

    def _send(self, body: str) -> tuple[int, dict[str, Any], float]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.request(
                "POST",
                PATH,
                body=body,
                headers={
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                },
            )
            response = connection.getresponse()
            content = response.read()
            retry_after = float(response.headers.get("Retry-After") or 0)
        finally:
            connection.close()
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {"detail": content[:200].decode(errors="replace")}
        return response.status, answer, retry_after


def _count(results: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for result in results:
        counts[result["status"]] = counts.get(result["status"], 0) + 1
    return counts
