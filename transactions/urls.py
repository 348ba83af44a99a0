"""Addresses of the pages of sales and of their review."""

from django.urls import path

from transactions import views
from transactions.quality import views as quality
from transactions.reviews import views as reviews
from transactions.rule_pages import builder_views as rule_builder
from transactions.rule_pages import list_views as rule_lists
from transactions.rule_pages import views as rules

app_name = "transactions"

urlpatterns = [
    path("", views.transaction_list, name="list"),
    path("<int:pk>/", views.transaction_detail, name="detail"),
    path("<int:pk>/cancel/", views.act, {"act": "cancel"}, name="cancel"),
    path("<int:pk>/refund/", views.refund, name="refund"),
    path("<int:pk>/dispute/", views.act, {"act": "dispute"}, name="dispute"),
    path("<int:pk>/dispute-won/", views.act, {"act": "dispute-won"}, name="dispute-won"),
    path("<int:pk>/denied/", views.act, {"act": "denied"}, name="denied"),
    path("<int:pk>/confirmed/", views.act, {"act": "confirmed"}, name="confirmed"),
    path("<int:pk>/charge-back/", views.book, {"act": "charge-back"}, name="charge-back"),
    path(
        "<int:pk>/charge-back-reversed/",
        views.book,
        {"act": "charge-back-reversed"},
        name="charge-back-reversed",
    ),
    path("<int:pk>/approve/", reviews.decide_case, {"verdict": "approve"}, name="approve"),
    path("<int:pk>/decline/", reviews.decide_case, {"verdict": "decline"}, name="decline"),
    path(
        "<int:pk>/decline-burst/",
        reviews.decide_case,
        {"verdict": "decline", "burst": True},
        name="decline-burst",
    ),
    path("<int:pk>/claim/", reviews.claim_case, name="claim"),
    path("<int:pk>/release/", reviews.claim_case, {"release": True}, name="release"),
    path("<int:pk>/assign/", reviews.arrange_case, {"act": "assign"}, name="assign"),
    path("<int:pk>/snooze/", reviews.arrange_case, {"act": "snooze"}, name="snooze"),
    path("<int:pk>/wake/", reviews.arrange_case, {"act": "wake"}, name="wake"),
    path("quality/", quality.quality, name="quality"),
    path("quality/roll-back/", quality.roll_back, name="roll-back"),
    path("quality/models/<int:pk>/promote/", quality.promote, name="promote"),
    path("review/", reviews.queue, name="review"),
    path("review/next/", reviews.first_case, name="review-next"),
    path("review/bulk/", reviews.bulk, name="review-bulk"),
    path("review/undo/<uuid:batch>/", reviews.undo_decision, name="review-undo"),
    path("rules/", rules.rule_list, name="rules"),
    path("rules/new/", rule_builder.new_rule, name="rule-new"),
    path("rules/<int:pk>/", rules.rule_detail, name="rule"),
    path("rules/<int:pk>/edit/", rule_builder.edit_rule, name="rule-edit"),
    path("rules/<int:pk>/<slug:act>/", rules.act, name="rule-act"),
    path("rules/lists/", rule_lists.value_lists, name="value-lists"),
    path("rules/lists/<slug:key>/", rule_lists.value_list, name="value-list"),
    path("rules/lists/<slug:key>/add/", rule_lists.add_values, name="value-list-add"),
    path("rules/lists/<slug:key>/end/", rule_lists.end_values, name="value-list-end"),
]
