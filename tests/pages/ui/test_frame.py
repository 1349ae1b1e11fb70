"""The frame of every page: whether the collection is well, shown to whom it concerns."""

from tests.pages.app import App, store_token


def dot(app: App, username: str) -> list[str]:
    return [str(each.proto.popover.label) for each in app.opened(username, "profile").get("popover")]


def test_a_dot_tells_whether_the_collection_is_well(app: App) -> None:
    assert dot(app, "viewer") == [":green[●] Healthy"], "tokens are not a viewer's business"
    assert dot(app, "tenant") == [":red[●] 1 problem"]
    assert dot(app, "admin") == [":red[●] 2 problems"]
    assert dot(app, "nobody") == []
    store_token(app)
    assert dot(app, "tenant") == [":green[●] Healthy"]
