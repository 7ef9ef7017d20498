"""A real OpenID Connect provider on this machine (oidc-provider-mock), that can be made to lie or to stop. It holds no tests."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from oidc_provider_mock import User, app
from oidc_provider_mock._storage import storage
from werkzeug.serving import BaseWSGIServer, make_server

COOKIE_SECRET = "only for this test, long enough"
OWNER, OTHER, UNVERIFIED, UNSAID = "owner", "other", "unverified", "unsaid"
USERS = (
    User(sub=OWNER, claims={"email": "owner@example.com", "email_verified": True}),
    User(sub=OTHER, claims={"email": "other@example.com", "email_verified": True}),
    User(sub=UNVERIFIED, claims={"email": "owner@example.com", "email_verified": False}),
    User(sub=UNSAID, claims={"email": "owner@example.com"}),  # as Kakao does, whose tokens do not speak of it
)
Claims = dict[str, Any]
LIES: dict[str, Callable[[Claims], Claims]] = {
    "another audience": lambda claims: {**claims, "aud": "another-app"},
    "expired": lambda claims: {**claims, "iat": time.time() - 9000, "exp": time.time() - 5400},
    "another issuer": lambda claims: {**claims, "iss": "https://accounts.example.org"},
    "another nonce": lambda claims: {**claims, "nonce": "of another login"},
}
LIE_OF_A_KEY, NO_KEY = "another key", "no signature"


class Provider:
    """The provider. `lie`: what its next answers do; a key of LIES, another key, or no signature at all. `is_down`: it answers 503."""

    def __init__(self, server: BaseWSGIServer) -> None:
        self.lie, self.is_down = "", False
        self.address = f"http://localhost:{server.server_port}"

    def answer(self, response: Any) -> Any:
        """Change an answer on its way out, when a lie is asked for."""
        if self.is_down:
            response.status_code = 503
        told = response.get_json(silent=True)
        if self.lie and isinstance(told, dict) and "id_token" in told:
            key = RSAKey.import_key(storage.jwk.as_dict(is_private=True))
            claims = dict(jwt.decode(told["id_token"], key).claims)
            told["id_token"] = self._lied(claims, key)
            response.set_data(json.dumps(told))
        return response

    def _lied(self, claims: Claims, key: RSAKey) -> str:
        if self.lie == NO_KEY:
            return jwt.encode({"alg": "none"}, claims, RSAKey.generate_key(2048), algorithms=["none"])
        if self.lie == LIE_OF_A_KEY:
            return jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
        return jwt.encode({"alg": "RS256"}, LIES[self.lie](claims), key)


@contextmanager
def provider() -> Iterator[Provider]:
    """Until the end of the block."""
    made = app(user_claims=USERS)
    server = make_server("localhost", 0, made, threaded=True)
    found = Provider(server)
    made.after_request(found.answer)
    thread = Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_for(address: str, dashboard: str) -> str:
    """The dashboard's secrets file."""
    return (
        f'[auth]\nredirect_uri = "{dashboard}/oauth2callback"\ncookie_secret = "{COOKIE_SECRET}"\n'
        f'client_id = "malmoi"\nclient_secret = "malmoi-secret"\n'
        f'server_metadata_url = "{address}/.well-known/openid-configuration"\n'
    )
