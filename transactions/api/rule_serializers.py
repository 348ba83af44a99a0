"""Shapes of rules and value lists over the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from transactions.choices import Decision, ListKind
from transactions.models import (
    FraudRule,
    FraudRuleVersion,
    RuleBacktest,
    ValueList,
    ValueListEntry,
)
from transactions.services.rules.lists import MOST_AT_ONCE

EXPRESSION = (
    'A group {"all" | "any" | "none": [members]} or a condition {"field", "operator", "value"}; '
    "errors name the node, such as expression.0.value."
)


class VersionSerializer(serializers.ModelSerializer[FraudRuleVersion]):
    """What a rule says, once and for all."""

    author = serializers.StringRelatedField[Any]()
    approved_by = serializers.SerializerMethodField()

    class Meta:
        model = FraudRuleVersion
        fields: ClassVar[list[str]] = [
            "number",
            "expression",
            "sentence",
            "note",
            "author",
            "created_at",
            "approved_by",
        ]

    def get_approved_by(self, version: FraudRuleVersion) -> str | None:
        """Return the second person; None while there is none."""
        approval = getattr(version, "approval", None)
        return str(approval.approver) if approval else None


class RuleSerializer(serializers.ModelSerializer[FraudRule]):
    """A rule. live_version decides, shadow_version is only counted."""

    owner = serializers.StringRelatedField[Any]()
    live_version = serializers.IntegerField(source="live.number", default=None, read_only=True)
    shadow_version = serializers.IntegerField(source="shadow.number", default=None, read_only=True)
    newest_version = serializers.IntegerField(source="versions_made", read_only=True)

    class Meta:
        model = FraudRule
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "action",
            "state",
            "reason",
            "owner",
            "live_version",
            "shadow_version",
            "newest_version",
            "created_at",
            "changed_at",
        ]


class RuleDetailSerializer(RuleSerializer):
    """A rule with its versions."""

    versions = VersionSerializer(many=True, read_only=True)

    class Meta(RuleSerializer.Meta):
        fields: ClassVar[list[str]] = [*RuleSerializer.Meta.fields, "versions"]


class NewRuleSerializer(serializers.Serializer[Any]):
    """A rule to make."""

    name = serializers.CharField(max_length=120)
    action = serializers.ChoiceField(Decision.choices)
    reason = serializers.CharField(max_length=500)
    expression = serializers.JSONField(help_text=EXPRESSION)


class NewVersionSerializer(serializers.Serializer[Any]):
    """A rule written anew."""

    expression = serializers.JSONField(help_text=EXPRESSION)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class ActSerializer(serializers.Serializer[Any]):
    """Which version an act is about."""

    version = serializers.IntegerField(min_value=1)


class ApproveSerializer(ActSerializer):
    """A second person's word."""

    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class RetireSerializer(serializers.Serializer[Any]):
    """Why a rule runs no longer."""

    reason = serializers.CharField(max_length=500)


class NewBacktestSerializer(ActSerializer):
    """What to try, on the sales of [since, until): shop days; the last 90 when left out."""

    since = serializers.DateField(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)


class BacktestSerializer(serializers.ModelSerializer[RuleBacktest]):
    """A trial: its progress, and its figures once done (amounts in hundredths, shares 0 to 1)."""

    version = serializers.IntegerField(source="version.number", read_only=True)

    class Meta:
        model = RuleBacktest
        fields: ClassVar[list[str]] = [
            "id",
            "version",
            "since_date",
            "until_date",
            "status",
            "sales_done",
            "sales_total",
            "requested_at",
            "started_at",
            "finished_at",
            "result",
            "error",
        ]


class ValueListSerializer(serializers.ModelSerializer[ValueList]):
    """A value list. key: how rules name it."""

    class Meta:
        model = ValueList
        fields: ClassVar[list[str]] = ["key", "name", "kind", "watched", "reason", "created_at"]


class NewListSerializer(serializers.Serializer[Any]):
    """A list to make."""

    key = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(ListKind.choices)
    watched = serializers.BooleanField(
        required=False,
        default=False,
        help_text="What stands in it raises the score of a sale, beside what rules make of it.",
    )
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class EntrySerializer(serializers.ModelSerializer[ValueListEntry]):
    """A value, and how long it stands."""

    class Meta:
        model = ValueListEntry
        fields: ClassVar[list[str]] = ["value", "added_at", "expires_at", "reason"]


class _ValuesSerializer(serializers.Serializer[Any]):
    values = serializers.ListField(
        child=serializers.CharField(max_length=200), allow_empty=False, max_length=MOST_AT_ONCE
    )
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class AddValuesSerializer(_ValuesSerializer):
    """Values to add, all or none."""

    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class EndValuesSerializer(_ValuesSerializer):
    """Values to end now, all or none."""


class AddedSerializer(serializers.Serializer[Any]):
    """What became of values that were added."""

    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
