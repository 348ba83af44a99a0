"""Asking for a list as a file, and reading it."""

import csv
import io
from typing import Any

from django.test import Client


def export(page: Client, key: str, query: str = "", kind: str = "csv") -> Any:
    return page.post("/exports/new/", {"list": key, "query": query, "format": kind})


def lines_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200, response.get("Location")
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text[1:])))


def rows_and_about(lines: list[list[str]]) -> tuple[list[list[str]], dict[str, str]]:
    end = lines.index([])
    return lines[1:end], {line[0]: line[1] for line in lines[end + 1 :]}


def exported(
    page: Client, key: str, query: str = ""
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return a list's rows by column, and what the file says of itself."""
    lines = lines_of(export(page, key, query))
    rows, about = rows_and_about(lines)
    assert about["Rows"] == str(len(rows))
    return [dict(zip(lines[0], row, strict=True)) for row in rows], about
