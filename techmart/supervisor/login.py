"""The staff login of the demo, with a password of its own for each data folder."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from techmart.core.models import User
from techmart.embedded.files import write_atomically

EMAIL = "demo@techmart.example"


@dataclass(frozen=True)
class Login:
    """How to sign in. `password` is empty once the person has chosen their own."""

    email: str
    password: str


def ensure_login(data: Path) -> Login:
    """Return the login, made at the first call; the password is kept for its owner alone."""
    password = _kept_password(data / "login.json")
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        User.objects.create_superuser(EMAIL, password, name="Demo")
        return Login(EMAIL, password)
    return Login(EMAIL, password if user.check_password(password) else "")


def _kept_password(path: Path) -> str:
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {"password": secrets.token_urlsafe(12)}
        write_atomically(path, json.dumps(kept))
    return kept["password"]
