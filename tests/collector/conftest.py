"""A command line over a store of its own, as a function call or as a process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from collector.__main__ import command_line
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import open_cipher
from data.accounts.models import Tenant
from data.accounts.tenants import add_tenant, operator, tenant_named
from data.repositories.models import Repository, RepositoryFacts
from data.repositories.repositories import add_repositories, repositories
from data.store import Store
from tests.fake_github import FakeGitHub, Token, World
from tests.fake_github import Repository as FakeRepository

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
SECRET = "ghp_octoMaintainer0123456789abcdefWXYZ"
BOTH = ("traffic", "control")  # databases


@dataclass
class CommandLine:
    """Runs commands over one data directory."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store as the commands left it."""
        return Store(self.directory, lock_timeout_s=30)

    def __call__(self, *words: object, typed: str | bytes | None = None) -> Result:
        """Run a command inside this process."""
        environment = {"TRAFFIC_DATA_DIR": str(self.directory), "TRAFFIC_DEBUG": None, **self.environment}
        return CliRunner().invoke(command_line(), [str(word) for word in words], input=typed, env=environment)

    def facts(self, *words: object) -> dict[str, Any]:
        """Run a command with --json and answer its last line."""
        return last_line(self(*words, "--json"))

    def start(self, *words: object, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        variables = {**os.environ, **self.environment, "TRAFFIC_DATA_DIR": str(self.directory), **(environment or {})}
        command = [sys.executable, "-m", "collector", *map(str, words)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=variables, text=True, stdin=pipe, stdout=pipe, stderr=pipe)

    def states(self) -> dict[str, str]:
        """Each repository's state by name."""
        store = self.store
        return {each.full_name: each.state.value for each in repositories(operator(store), store)}

    def tenant(self, name: str = "acme") -> Tenant:
        """A tenant as it is stored."""
        store = self.store
        return tenant_named(operator(store), store, name)

    def follow(self, *names: str, tenant: str = "acme") -> list[Repository]:
        """Have repositories followed without asking GitHub."""
        facts = [RepositoryFacts(github_id(name), name, "public", False, False) for name in names]
        return add_repositories(self.store, COMMAND_LINE, self.tenant(tenant).tenant_id, facts, datetime.now(UTC))


def github_id(full_name: str) -> int:
    """The id of a repository in the fake GitHub: 1 for octo/hello, 2 for octo/world, the number of a numbered one."""
    digits = "".join(filter(str.isdigit, full_name))
    return {"octo/hello": 1, "octo/world": 2}.get(full_name) or int(digits or len(full_name) + 1000)


def last_line(result: Result) -> dict[str, Any]:
    """The JSON object in the last line of stdout."""
    facts = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(facts, dict)
    return facts


def refused(result: Result, *words: str, code: int = 2) -> None:
    """Assert that a command ended with that code, a sentence with these words, and without a trace."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the tenant acme; never written to again."""
    directory = tmp_path_factory.mktemp("template") / "db"
    store = Store(directory)
    store.prepare()
    open_cipher(directory)
    add_tenant(store, COMMAND_LINE, "acme", "daily", NOW)
    store.close()
    return directory


@pytest.fixture
def run(template: Path, tmp_path: Path) -> CommandLine:
    """The command line over a copy of the template."""
    shutil.copytree(template, tmp_path / "db", symlinks=True)
    return CommandLine(tmp_path / "db")


@pytest.fixture
def run_nowhere(tmp_path: Path) -> CommandLine:
    """The command line over a directory that is not there yet."""
    return CommandLine(tmp_path / "nowhere")


@contextmanager
def github_of(run: CommandLine) -> Iterator[FakeGitHub]:
    """A GitHub with two repositories of octo and a token of its maintainer; the command line talks to it."""
    world = World([repository(1, "hello"), repository(2, "world")], [Token(SECRET)])
    with FakeGitHub(world) as github:
        run.environment |= {"GITHUB_API_URL": github.url, "TRAFFIC_REQUESTS_A_MINUTE": "60000", "OCTO_TOKEN": SECRET}
        yield github


@pytest.fixture
def github(run: CommandLine) -> Iterator[FakeGitHub]:
    """The GitHub of the command line."""
    with github_of(run) as github:
        yield github


@pytest.fixture(scope="session")
def template_with_token(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template after acme's token was stored."""
    run = CommandLine(shutil.copytree(template, tmp_path_factory.mktemp("with_token") / "db", symlinks=True))
    with github_of(run):
        assert run("tenant", "token", "acme", "--token-env", "OCTO_TOKEN").exit_code == 0
    return run.directory


@pytest.fixture
def with_token(run: CommandLine, github: FakeGitHub, template: Path, template_with_token: Path) -> CommandLine:
    """The command line after acme's token was stored."""
    if all((run.directory / f"{name}.duckdb").readlink() == (template / f"{name}.duckdb").readlink() for name in BOTH):
        shutil.rmtree(run.directory)
        shutil.copytree(template_with_token, run.directory, symlinks=True)
    else:  # another fixture has written to it
        assert run("tenant", "token", "acme", "--token-env", "OCTO_TOKEN").exit_code == 0
        github.requests.clear()
    return run


def repository(key: int, name: str, **facts: Any) -> FakeRepository:
    """A repository of octo with views and clones on each of the last 30 days."""
    days = [datetime.now(UTC).date() - timedelta(days=back) for back in range(30)]
    views, clones = dict.fromkeys(days, (10 * key, key)), dict.fromkeys(days, (2 * key, key))
    return FakeRepository(key, "octo", name, views=views, clones=clones, **facts)
