"""An organization's OpenID Connect provider as a server of this machine: oidc-provider-mock, which Authlib makes. Its
tokens are right; a test may spoil one before it is sent, signed anew by the provider's own key.
"""

import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import flask
import oidc_provider_mock
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.util import json_b64encode, urlsafe_b64encode
from werkzeug.serving import make_server

Spoil = Callable[[dict[str, Any], dict[str, Any]], None]  # changes the header and the claims of a token


@dataclass
class Organization:
    """The provider; whoever it does not know is a subject with an unverified address of that name."""

    issuer: str
    spoil: Spoil | None = None
    key: RSAKey | None = field(default=None, repr=False)  # another one than the provider tells everybody
    userinfo: dict[str, Any] = field(default_factory=dict)  # what it says besides there

    def settings(self, app_url: str) -> dict[str, str]:
        """The section [auth] of an app at that address."""
        return {
            "redirect_uri": f"{app_url}/oauth2callback",
            "cookie_secret": "a long text that is not random",
            "client_id": "traffic",
            "client_secret": "a secret",
            "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
        }

    def secrets(self, app_url: str) -> str:
        """The same as a file."""
        return "\n".join(["[auth]", *(f'{name} = "{value}"' for name, value in self.settings(app_url).items())])

    def knows(self, subject: str, **claims: object) -> None:
        """Tell it what it says of somebody from now on."""
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def sign_in(self, address: str, subject: str) -> str:
        """Sign somebody in who was sent to that address; the one to which they are sent back."""
        answer = requests.post(address, {"sub": subject}, timeout=10, allow_redirects=False)
        return answer.headers["location"]

    def spoiled(self, answer: flask.Response) -> flask.Response:
        if flask.request.path == "/.well-known/openid-configuration":
            metadata = {**answer.get_json(), "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
            answer.set_data(json.dumps(metadata))
        if flask.request.path == "/userinfo":
            answer.set_data(json.dumps(answer.get_json() | self.userinfo))
        if flask.request.path == "/oauth2/token" and self.spoil is not None:
            own = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
            token = jwt.decode(answer.get_json()["id_token"], own)
            self.spoil(token.header, token.claims)
            answer.set_data(json.dumps(answer.get_json() | {"id_token": encoded(token, self.key or own)}))
        return answer


def encoded(token: jwt.Token, key: RSAKey) -> str:
    """Also without a signature, or with one by the key that everybody knows, which libraries refuse to make."""
    parts = b".".join(json_b64encode(part) for part in (token.header, token.claims))
    match token.header["alg"]:
        case "none":
            return f"{parts.decode()}."
        case "HS256":
            code = urlsafe_b64encode(hmac.digest(key.as_pem(private=False), parts, "sha256"))
            return f"{parts.decode()}.{code.decode()}"
        case _:
            return jwt.encode(token.header, token.claims, key)


@contextmanager
def organization() -> Iterator[Organization]:
    app = oidc_provider_mock.app()
    server = make_server("localhost", 0, app, threaded=True)
    found = Organization(f"http://localhost:{server.server_port}")
    app.after_request(found.spoiled)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
