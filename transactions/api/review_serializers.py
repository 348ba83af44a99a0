"""Shapes of the review of held orders over the API."""

from typing import Any

from rest_framework import serializers

from transactions.choices import Channel, ReviewReason, Verdict
from transactions.models import ReviewDecision


class ReviewQuerySerializer(serializers.Serializer[Any]):
    """What the queue is narrowed to, and where its page begins."""

    tab = serializers.ChoiceField(["open", "mine", "snoozed"], required=False, default="open")
    amount_min = serializers.DecimalField(
        14, 2, required=False, default=None, min_value=0, help_text="Of the whole case."
    )
    score_min = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=100, help_text="Of its riskiest line."
    )
    channel = serializers.ChoiceField(Channel.choices, required=False, default="", allow_blank=True)
    free = serializers.BooleanField(
        required=False, default=False, help_text="Only cases that nobody else holds."
    )
    cursor = serializers.CharField(required=False, default="", help_text="Take it from `next`.")
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=500)


class ReviewCaseSerializer(serializers.Serializer[Any]):
    """An order with held lines that nobody has decided on."""

    id = serializers.IntegerField(source="pk", help_text="Key of its riskiest held line.")
    order_ref = serializers.CharField()
    lines = serializers.ListField(child=serializers.IntegerField(), help_text="Riskiest first.")
    expected_loss = serializers.DecimalField(
        14, 2, source="loss", help_text="Sum of score × amount over the held lines."
    )
    amount = serializers.DecimalField(14, 2)
    score = serializers.FloatField(help_text="Of the riskiest line, 0 to 1.")
    held_since = serializers.DateTimeField(source="since")
    claimed_by = serializers.CharField(source="holder", allow_null=True)
    claimed_at = serializers.DateTimeField(source="held_since", allow_null=True)
    assigned_to = serializers.CharField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)


class ReviewQueueSerializer(serializers.Serializer[Any]):
    """A page of the queue, the dearest expected loss first."""

    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")
    results = ReviewCaseSerializer(many=True)


class ReviewDecisionSerializer(serializers.ModelSerializer[ReviewDecision]):
    """What was decided on one line, and what became of it."""

    actor = serializers.CharField()

    class Meta:
        model = ReviewDecision
        fields = [
            "transaction",
            "batch",
            "verdict",
            "reason",
            "note",
            "actor",
            "decided_at",
            "takes_effect_at",
            "applied_at",
            "withdrawn_at",
            "failed_at",
            "result",
        ]
        read_only_fields = fields


class ReviewDetailSerializer(serializers.Serializer[Any]):
    """The review of one order: its lines' decisions, and what labels say of it."""

    order_ref = serializers.CharField()
    open = serializers.BooleanField(help_text="Lines of it wait for a decision.")
    is_fraud = serializers.BooleanField(
        allow_null=True, help_text="By the surest label so far; null: unlabelled."
    )
    decisions = ReviewDecisionSerializer(many=True)


class ClaimSerializer(serializers.Serializer[Any]):
    """Until when a case is the caller's."""

    claimed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ChoiceSerializer(serializers.Serializer[Any]):
    """What is decided, and why."""

    verdict = serializers.ChoiceField(Verdict.choices)
    reason = serializers.ChoiceField(
        ReviewReason.choices,
        required=False,
        default="",
        allow_blank=True,
        help_text="One that fits the verdict; the usual one when empty.",
    )
    note = serializers.CharField(max_length=250, required=False, default="", allow_blank=True)


class BulkChoiceSerializer(ChoiceSerializer):
    """A verdict on many orders."""

    order_refs = serializers.ListField(
        child=serializers.CharField(max_length=80), allow_empty=False, max_length=500
    )


class RefusedOrderSerializer(serializers.Serializer[Any]):
    """An order that was left as it is, and why."""

    order_ref = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class DecidedSerializer(serializers.Serializer[Any]):
    """One act: undo it by its batch until it takes effect."""

    batch = serializers.UUIDField()
    takes_effect_at = serializers.DateTimeField()
    order_refs = serializers.ListField(child=serializers.CharField())
    refused = RefusedOrderSerializer(many=True)


class UndoSerializer(serializers.Serializer[Any]):
    """The act to take back."""

    batch = serializers.UUIDField()
