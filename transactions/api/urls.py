"""Addresses of sales and customers under /api/v1/."""

from rest_framework.routers import SimpleRouter

from transactions.api.model_views import FraudModelViewSet
from transactions.api.review_views import ReviewViewSet
from transactions.api.rule_views import FraudRuleViewSet, ValueListViewSet
from transactions.api.views import CustomerViewSet, TransactionViewSet

router = SimpleRouter()
router.register("transactions", TransactionViewSet, basename="transaction")
router.register("reviews", ReviewViewSet, basename="review")
router.register("fraud-models", FraudModelViewSet, basename="fraud-model")
router.register("fraud-rules", FraudRuleViewSet, basename="fraud-rule")
router.register("value-lists", ValueListViewSet, basename="value-list")
router.register("customers", CustomerViewSet, basename="customer")
urlpatterns = router.urls
