"""GitHub Apps: made by a manifest, signed in by their key, with installations whose tokens last an hour."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from secrets import token_hex

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fake_github.answers import Answer, Request, json_answer, refused
from tests.fake_github.world import Lack, Token, World

FORM = """<!doctype html><title>Create GitHub App</title><h1>Create GitHub App</h1>
<form action="/settings/apps/made"><p>{asked}</p><input type="hidden" name="manifest" value="{manifest}">
<input type="hidden" name="state" value="{state}"><input type="hidden" name="account" value="{account}">
<button>Create GitHub App</button></form>"""


@dataclass(slots=True)
class Installation:
    """Of an account, with the ids of the repositories that it includes (None: all of the account)."""

    id: int
    account: str
    repositories: frozenset[int] | None = None
    suspended: bool = False
    administration: str | None = "read"
    actions: str | None = None


@dataclass(slots=True)
class App:
    """An App with the keys that GitHub takes, and its installations."""

    id: int = 77
    slug: str = "traffic-of-octo"
    installations: list[Installation] = field(default_factory=list)
    keys: list[RSAPrivateKey] = field(default_factory=list)

    def new_key(self) -> str:
        """Another private key, as the file that one downloads."""
        self.keys.append(generate_private_key(65537, 2048))
        pem = self.keys[-1].private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return pem.decode()

    def facts(self, url: str) -> dict[str, object]:
        return {"id": self.id, "slug": self.slug, "name": self.slug, "html_url": f"{url}/apps/{self.slug}"}


def answer(request: Request, world: World, now: datetime, url: str) -> Answer | None:
    """What concerns an App itself; None for all else."""
    match request.path.split("/")[1:]:
        case ["settings" | "organizations", *_, "apps", "new"]:
            return _form(request)
        case ["settings", "apps", "made"]:
            return _made(request, world)
        case ["app-manifests", code, "conversions"]:
            app = world.codes.pop(code, None)
            return refused("not_found") if app is None else json_answer(app.facts(url) | {"pem": app.new_key()}, 201)
        case ["app"]:
            return _signed(request, world, now) or json_answer(_app(world).facts(url))
        case ["app", "installations"]:
            return _signed(request, world, now) or json_answer([_listed(each) for each in _app(world).installations])
        case ["app", "installations", number, "access_tokens"]:
            return _signed(request, world, now) or _token(request, world, now, int(number))
    return None


def _app(world: World) -> App:
    assert isinstance(world.app, App)
    return world.app


def _signed(request: Request, world: World, now: datetime) -> Answer | None:
    """The refusal of a web token, if there is one."""
    secret = request.headers.get("authorization", "").removeprefix("Bearer ")
    for key in world.app.keys if isinstance(world.app, App) else ():
        try:
            claims = jwt.decode(secret, key.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False})
        except jwt.InvalidTokenError:
            continue
        if claims["iat"] > now.timestamp() or not now.timestamp() < claims["exp"] <= now.timestamp() + 600:
            text = "'Expiration time' claim ('exp') must be a numeric value representing the future time"
            return json_answer({"message": text}, 401)
        return None if claims["iss"] == str(_app(world).id) else json_answer({"message": "Integration not found"}, 404)
    return json_answer({"message": "A JSON web token could not be decoded"}, 401)


def _listed(each: Installation) -> dict[str, object]:
    permissions = {"metadata": "read", "administration": each.administration, "actions": each.actions}
    return {
        "id": each.id,
        "account": {"login": each.account},
        "repository_selection": "all" if each.repositories is None else "selected",
        "permissions": {name: level for name, level in permissions.items() if level},
        "suspended_at": "2026-05-01T00:00:00Z" if each.suspended else None,
    }


def _token(request: Request, world: World, now: datetime, number: int) -> Answer:
    each = next((each for each in _app(world).installations if each.id == number), None)
    if each is None:
        return refused("not_found")
    if each.suspended:
        return json_answer({"message": "This installation has been suspended"}, 403)
    wanted = json.loads(request.body or b"{}").get("permissions", {})
    if any(name in wanted and getattr(each, name) is None for name in ("administration", "actions")):
        return json_answer({"message": "The permissions requested are not granted to this installation."}, 422)
    own = frozenset(key for key, repository in world.repositories.items() if repository.owner == each.account)
    token = Token(
        f"ghs_eyJ{token_hex(40)}.eyJ{token_hex(80)}.{token_hex(120)}-{token_hex(20)}",
        owner_id=-number,
        kind="app",
        repositories=own if each.repositories is None else each.repositories,
        lack=None if "actions" in wanted else Lack.ACTIONS,
        expires_at=now + timedelta(hours=1),
    )
    world.add_token(token)
    until = f"{token.expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if token.expires_at else ""
    return json_answer({"token": token.secret, "expires_at": until, "permissions": wanted}, 201)


def _form(request: Request) -> Answer:
    """The page on which somebody confirms what a manifest asks for."""
    manifest = request.form.get("manifest", "")
    asked = escape(json.dumps(json.loads(manifest)["default_permissions"]))
    account = request.path.split("/")[2] if request.path.startswith("/organizations") else "maintainer"
    page = FORM.format(
        asked=asked, manifest=escape(manifest), state=escape(request.query.get("state", "")), account=escape(account)
    )
    return Answer(200, page.encode(), {"content-type": "text/html; charset=utf-8"})


def _made(request: Request, world: World) -> Answer:
    """The App is made; the browser takes the code back to where the manifest says. It is installed at once."""
    manifest, code = json.loads(request.query["manifest"]), token_hex(20)
    actions = manifest["default_permissions"].get("actions")
    slug = "-".join(manifest["name"].lower().split())
    world.app = world.codes[code] = App(78, slug, [Installation(501, request.query["account"], actions=actions)])
    place = f"{manifest['redirect_url']}?code={code}&state={request.query['state']}"
    return Answer(302, b"", {"location": place})
