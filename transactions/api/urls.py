"""Addresses of sales and customers under /api/v1/."""

from rest_framework.routers import SimpleRouter

from transactions.api.review_views import ReviewViewSet
from transactions.api.views import CustomerViewSet, TransactionViewSet

router = SimpleRouter()
router.register("transactions", TransactionViewSet, basename="transaction")
router.register("reviews", ReviewViewSet, basename="review")
router.register("customers", CustomerViewSet, basename="customer")
urlpatterns = router.urls
