"""Endpoints of the fraud models: what was learned, what scores, and one step back."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from techmart.core.api.views import ReadOnlyViewSet, caller
from techmart.lib.keyset import Keyset
from transactions.models import FraudModel
from transactions.services.fraud_models import promote_model, roll_back_model


class FraudModelSerializer(serializers.ModelSerializer[FraudModel]):
    """A fraud model without its artefact. metrics: by kind, on weeks that it had not seen."""

    class Meta:
        model = FraudModel
        fields: ClassVar[list[str]] = [
            "id",
            "version",
            "kind",
            "state",
            "learned_from",
            "learned_until",
            "lines",
            "frauds",
            "metrics",
            "created_at",
            "promoted_at",
            "problem",
        ]


class FraudModelViewSet(ReadOnlyViewSet):
    """Models learned from labels; the champion scores."""

    serializer_class = FraudModelSerializer
    queryset = FraudModel.objects.defer("artefact", "trees")
    keysets = {"newest": Keyset("-created_at", "-pk")}
    acts = frozenset({"promote", "roll_back"})

    @extend_schema(request=None, responses={200: FraudModelSerializer})
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        """Put a kept model in place."""
        model = promote_model(
            model_id=self.get_object().pk, actor=caller(request), now=timezone.now()
        )
        return Response(FraudModelSerializer(model).data)

    @extend_schema(request=None, responses={200: FraudModelSerializer})
    @action(detail=False, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request) -> Response:
        """Put the champion before this one back in place; the priors when there was none."""
        model = roll_back_model(actor=caller(request), now=timezone.now())
        return Response(FraudModelSerializer(model).data)
