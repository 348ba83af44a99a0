"""Sign-in of programs: `Authorization: Bearer tm_…`."""

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from techmart.core.models import ApiToken, User
from techmart.core.tokens import find_token, note_use

SCHEME = "Bearer"


class ApiTokenAuthentication(BaseAuthentication):
    """Takes a program's token from the Authorization header."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return who calls, or None when no such header is there. Refuses an unknown token."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Use one token: Authorization: Bearer <token>.")
        try:
            token = find_token(words[1].decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed("The token has characters no token has.") from error
        if token is None:
            raise AuthenticationFailed("The token is unknown or was revoked.")
        note_use(token, now=timezone.now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in the answer 401."""
        return SCHEME


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """Describes the header in the OpenAPI document."""

    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
