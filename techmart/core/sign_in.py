"""Signing in and out, and setting a forgotten password: Django's views at our addresses."""

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpResponse
from django.urls import path


class SignIn(views.LoginView):
    """Signs in by e-mail. A refused attempt answers 422 with the form."""

    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show the form again; nothing says which field was wrong."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response


urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path(
        "password/",
        views.PasswordResetView.as_view(
            subject_template_name="registration/password_reset_subject.txt"
        ),
        name="password_reset",
    ),
    path("password/sent/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/saved/",
        views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]
