"""What people do in the app, from the first start on: each act is what they would click, and ends when it is done."""

from pathlib import Path

from playwright.sync_api import expect

from tests.pages.app import PASSWORD
from tests.pages.browser.visitor import Visitor


def set_up(visitor: Visitor, code: str) -> None:
    """Make the first user of a new server."""
    visitor.open()
    for label, text in {"Set-up code": code, "Username": "first", "Your name": "The first"}.items():
        visitor.fill(label, text)
    choose_password(visitor, "Password", PASSWORD)
    visitor.press("Continue")
    expect(visitor.heading("Your first tenant")).to_be_visible()


def choose_password(visitor: Visitor, label: str, password: str) -> None:
    """Type a new password, and again."""
    visitor.fill(label, password)
    visitor.fill(f"Repeat {label.lower()}", password)


def make_tenant(visitor: Visitor, name: str, token: str) -> None:
    """Make the first tenant, whose token GitHub accepts."""
    visitor.fill("Name", name)
    visitor.fill("GitHub token", token)
    visitor.press("Continue")
    expect(visitor.heading("Add repositories")).to_be_visible()


def track(visitor: Visitor, names: list[str]) -> None:
    """Track these of the repositories that the token sees; ends on the overview, when their first days are there."""
    visitor.fill("Filter", ", ".join(names))
    visitor.page.keyboard.press("Enter")
    visitor.press(f"Track {len(names)} repositories")
    expect(visitor.heading("Overview")).to_be_visible()
    expect(visitor.page.get_by_text("The collection is complete.")).to_be_visible()
    visitor.settle()


def invite(visitor: Visitor, repository: str) -> str:
    """Make a link for somebody who is to see one repository."""
    visitor.follow("Users")
    visitor.choose("Invitations")
    visitor.pick("Repositories", repository)
    visitor.press("Create invitation")
    link = visitor.page.get_by_test_id("stCode").locator("code")
    expect(link).to_be_visible()
    return link.inner_text().strip()


def accept(visitor: Visitor, link: str, username: str) -> None:
    """Make an account by a link."""
    visitor.page.goto(link)
    visitor.fill("Username", username)
    visitor.fill("Your name", f"The {username}")
    choose_password(visitor, "Password", PASSWORD)
    visitor.press("Create account")
    visitor.is_signed_in()
    visitor.settle()


def disable(visitor: Visitor, shown: str) -> None:
    """Disable a user, and confirm it."""
    visitor.follow("Users")
    visitor.pick("Manage", shown)
    expect(visitor.page.get_by_role("heading", name=shown.partition(" (")[0])).to_be_visible()
    visitor.press("Disable")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_text("Yes, I am sure").click()
    dialog.locator("button", has_text="Disable").click()
    expect(visitor.button("Enable")).to_be_visible()


def change_password(visitor: Visitor, old: str, new: str) -> None:
    """Change one's own password."""
    visitor.choose_in_menu("Profile")
    visitor.fill("Current password", old)
    choose_password(visitor, "New password", new)
    visitor.press("Change password")
    expect(visitor.page.get_by_text("Your password is changed")).to_be_visible()


def read_everything(visitor: Visitor, directory: Path) -> str:
    """Open every page of a reader, save what can be saved; all that the browser was sent and has saved, as text."""
    saved = []
    for title in ("Overview", "Compare", "Chart", "Daily traffic", "Weekly traffic", "Repositories"):
        visitor.follow(title)
        files = visitor.page.get_by_test_id("stDownloadButton").or_(visitor.page.get_by_test_id("stLinkButton"))
        for name in files.all_inner_texts():
            saved.append(visitor.save(name.split("\n")[-1], directory))
    return "\n".join([*visitor.received, *saved])
