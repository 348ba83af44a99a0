"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("techmart.core.sign_in")),
    path("admin/", admin.site.urls),
]
