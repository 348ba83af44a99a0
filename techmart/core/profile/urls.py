"""Addresses of one's own profile."""

from django.urls import path

from techmart.core.profile.views import ChangePassword, profile

urlpatterns = [
    path("profile/", profile, name="profile"),
    path("profile/password/", ChangePassword.as_view(), name="password_change"),
]
