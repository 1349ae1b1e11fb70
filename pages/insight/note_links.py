"""The link of a note as Markdown. Pure."""

_BRACKETS = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "|": "%7C", "$": "%24"})


def to_open(link: str | None) -> str:
    """A link to follow, with a space before it, or nothing: no sign in it ends the link and begins other markup."""
    return f" [Open]({link.translate(_BRACKETS)})" if link else ""
