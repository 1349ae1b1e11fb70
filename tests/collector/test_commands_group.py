"""`group`: add, list, change, remove."""

from tests.collector.conftest import CommandLine, refused


def test_a_group_is_added_changed_and_removed(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world")
    assert "group add" in run("group", "list").stdout
    assert run("group", "add", "acme", "Web shop", "octo/hello").exit_code == 0
    assert run.facts("group", "list", "--tenant", "acme")["groups"] == [
        {"tenant": "acme", "group": "Web shop", "repositories": ["octo/hello"]}
    ]
    changes = ("--rename", "Shop", "--add", "octo/world", "--drop", "octo/hello")
    assert run.facts("group", "change", "acme", "web shop", *changes)["repositories"] == ["octo/world"]
    assert "octo/world" in run("group", "list").stdout
    assert "repositories stay" in run("group", "remove", "acme", "SHOP").stdout
    assert run.facts("group", "list")["groups"] == []


def test_what_cannot_be_is_refused_with_the_reason(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world")
    run("group", "add", "acme", "Shop", "octo/hello")
    refused(run("group", "add", "acme", "SHOP", "octo/hello"), "already a group")
    refused(run("group", "add", "acme", "Other", "octo/none"), "not tracked")
    refused(run("group", "change", "acme", "Other", "--rename", "B"), "no group 'Other'", "group list")
    refused(run("group", "change", "acme", "Shop"), "--rename")
    refused(run("group", "change", "acme", "Shop", "--drop", "octo/world"), "octo/world", "not in group Shop")
    refused(run("group", "change", "acme", "Shop", "--drop", "octo/hello"), "at least one")
