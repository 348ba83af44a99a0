"""Admin of people, tokens, the shop's settings, and what the house notes of itself."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from techmart.core.adminkit.acts import Act, ActsAdmin, ConfirmForm
from techmart.core.adminkit.base import BaseAdmin, ViewOnlyAdmin, staff_of
from techmart.core.api.throttling import parse_rate
from techmart.core.models import (
    ApiToken,
    AuditEntry,
    CheckResult,
    ExportJob,
    Outbox,
    ReportDelivery,
    ReportSchedule,
    SavedView,
    ShopSettings,
    User,
)
from techmart.core.shop import change_shop_settings
from techmart.core.tokens import digest_of, issue_token, revoke_token

if TYPE_CHECKING:
    # Its type wants a user name, its code does not.
    BaseUserAdmin = admin.ModelAdmin[User]
    BaseUserChangeForm = UserChangeForm[User]
    BaseUserCreationForm = AdminUserCreationForm
    BaseTokenForm = forms.ModelForm[ApiToken]
else:
    BaseUserAdmin = DjangoUserAdmin
    BaseUserChangeForm = UserChangeForm
    BaseUserCreationForm = AdminUserCreationForm
    BaseTokenForm = forms.ModelForm

admin.site.site_header = "TechMart administration"
admin.site.site_title = "TechMart admin"
admin.site.index_title = "Rows behind the pages"


class PersonCreationForm(BaseUserCreationForm):
    """A new person, known by e-mail."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """Keep one spelling of an address."""
        return str(self.cleaned_data["email"]).lower()


class PersonChangeForm(BaseUserChangeForm):
    """A person and what they may do."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        """Keep one spelling of an address."""
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class PersonAdmin(BaseUserAdmin):
    """People sign in by e-mail; they are deactivated, never removed.

    Only a superuser gives rights, or changes another superuser.
    """

    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ("email", "name", "is_staff", "is_active", "is_superuser")
    list_filter = ("is_staff", "is_active", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    actions = None
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "is_active")}),
        ("Rights", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Look", {"fields": ("time_zone", "density", "theme", "single_key_shortcuts")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined")
    rights: ClassVar[tuple[str, ...]] = ("is_staff", "is_superuser", "groups", "user_permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let nobody give more than they have."""
        fields = tuple(self.readonly_fields)
        return fields if staff_of(request).is_superuser else (*fields, *self.rights)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody take over a superuser, by a new password or address."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not obj.is_superuser or staff_of(request).is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are named in what they did: they stay."""
        return False


class TokenForm(BaseTokenForm):
    """Whose rights the token has, what uses it, and how often it may."""

    issuer: ClassVar[User]

    class Meta:
        model = ApiToken
        fields = ("user", "name", "rate")
        help_texts: ClassVar[dict[str, str]] = {
            "user": "The token can do what this person or program may do.",
            "rate": "Requests such as 6000/min; empty for the rate of every caller.",
        }

    def clean_user(self) -> User:
        """Refuse to hand out rights that the issuer lacks."""
        user: User = self.cleaned_data["user"]
        issuer = self.issuer
        if issuer.is_superuser or user == issuer:
            return user
        if user.is_superuser or user.get_all_permissions() - issuer.get_all_permissions():
            raise forms.ValidationError("This person may do more than you may.")
        return user

    def clean_rate(self) -> str:
        """Refuse what the throttle could not read."""
        rate = str(self.cleaned_data["rate"])
        if rate:
            try:
                parse_rate(rate)
            except ValueError:
                raise forms.ValidationError(
                    "Write requests and period, such as 600/min or 10/s."
                ) from None
        return rate


@admin.register(ApiToken)
class TokenAdmin(ActsAdmin):
    """Tokens are issued, shown once, and revoked; who may not change tokens sees their own."""

    exact = ("name",)
    list_display = ("name", "user", "rate", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    fields = ("user", "name", "rate", "created_at", "last_used_at", "revoked_at")
    acts = (
        Act(
            name="revoke",
            label="Revoke",
            effect="programs that use this token are refused from now on. There is no way back.",
            form=ConfirmForm,
            run=lambda call: revoke_token(token_id=call.row.pk, now=call.now),
            possible=lambda token: token.revoked_at is None,
            # Whoever may issue tokens may end those they see.
            permission="add",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Show other people's tokens to those who may change tokens only."""
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        actor = staff_of(request)
        return rows if actor.has_perm("core.change_apitoken") else rows.filter(user=actor)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is not edited: another one is issued."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for what a new token needs."""
        return ("user", "name", "rate") if obj is None else tuple(self.fields)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Tell the form who issues."""
        if obj is not None:
            return super().get_form(request, obj, change=change, **kwargs)
        return type("TokenFormOfIssuer", (TokenForm,), {"issuer": staff_of(request)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Issue the token and keep it for the answer to this request."""
        token = issue_token(now=timezone.now(), **form.cleaned_data)
        obj.pk = ApiToken.objects.get(digest=digest_of(token)).pk
        obj.refresh_from_db()
        obj.issued = token

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token in this answer, and nowhere else: no message, no session, no cache."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Token issued",
            "token": obj.issued,
            "original": obj,
        }
        response = TemplateResponse(request, "admin/token_issued.html", context)
        add_never_cache_headers(response)
        return response


@admin.register(ShopSettings)
class ShopSettingsAdmin(BaseAdmin):
    """One row, made with its first change."""

    readonly_fields = ("simulated",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one shop."""
        return not ShopSettings.objects.exists() and self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The shop stays."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the one row at once."""
        row = ShopSettings.objects.first()
        if row is None:
            return super().changelist_view(request, extra_context)
        return HttpResponseRedirect(reverse("admin:core_shopsettings_change", args=(row.pk,)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Change what was changed through the service, which keeps what was."""
        change_shop_settings(
            changes={name: form.cleaned_data[name] for name in form.changed_data},
            actor=staff_of(request),
            now=timezone.now(),
        )


@admin.register(AuditEntry)
class AuditEntryAdmin(ViewOnlyAdmin):
    """Who corrected what, what it was, and why."""

    list_display = ("at", "action", "subject_kind", "subject_id", "actor", "reason")
    list_select_related = ("actor",)


@admin.register(Outbox)
class OutboxAdmin(ViewOnlyAdmin):
    """Side effects: those without a time of sending still wait."""

    list_display = ("kind", "created_at", "not_before", "attempts", "sent_at", "last_error")


@admin.register(CheckResult)
class CheckResultAdmin(ViewOnlyAdmin):
    """What recurring checks found last."""

    list_display = ("name", "checked_at", "differences")


@admin.register(ExportJob)
class ExportJobAdmin(ViewOnlyAdmin):
    """Files that workers write."""

    list_display = ("requested_at", "title", "format", "requested_by", "status", "rows_done")
    list_select_related = ("requested_by",)
    list_filter = ("status",)
    ordering = ("-requested_at", "-pk")


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ViewOnlyAdmin):
    """Reports; they are made and changed on their own page."""

    list_display = ("name", "list_key", "format", "frequency", "next_due_at", "enabled")
    list_select_related = ("owner",)
    ordering = ("name",)


@admin.register(ReportDelivery)
class ReportDeliveryAdmin(ViewOnlyAdmin):
    """What became of each sending."""

    list_display = ("due_at", "schedule", "status", "attempts", "sent_at", "error")
    list_select_related = ("schedule",)
    ordering = ("-due_at", "-pk")


@admin.register(SavedView)
class SavedViewAdmin(ViewOnlyAdmin):
    """Views of lists that people keep."""

    list_display = ("name", "list_key", "owner", "shared", "is_default")
    list_select_related = ("owner",)
    ordering = ("list_key", "name")
