"""Keeps a spreadsheet from taking a text that GitHub gave for a formula. Pure."""

import re

# A spreadsheet skips what it does not show before the first sign, and takes the wide forms for the narrow ones.
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")


def formula_safe(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would calculate it.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if _FORMULA.match(text) else text
