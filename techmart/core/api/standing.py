"""Serializers that stand: their fields are built with the first use, not anew with each request.

Building them costs several times what reading or writing one body does. An instance without data
keeps nothing of what passes through it, so threads may share it, as the items of a list do.
"""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import Serializer


class StandingSerializer:
    """One serializer for all requests, for bodies that need nothing of the request itself."""

    def __init__(self, serializer: Serializer[Any]) -> None:
        self._serializer = serializer

    def read(self, body: Any) -> dict[str, Any]:
        """Return a body as `validated_data` has it. Raises ValidationError as `is_valid` does."""
        if body is None:
            missing = ErrorDetail("No data provided", code="null")
            raise ValidationError({"non_field_errors": [missing]})
        said: dict[str, Any] = self._serializer.run_validation(body)
        return said

    def written(self, row: Any) -> dict[str, Any]:
        """Return a row's answer, as `data` does."""
        answer: dict[str, Any] = self._serializer.to_representation(row)
        return answer
