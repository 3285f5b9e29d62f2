"""Safe text: what no text from outside may hold, wherever it comes from."""

import re

# NUL and the other C0/C1 controls but tab, line feed and carriage return; and lone surrogates, which are not text at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def is_safe(text: str, *, multiline: bool = False) -> bool:
    """Whether `text` holds no NUL, control character or lone surrogate (line breaks and tabs only if `multiline`)."""
    return not (_FORBIDDEN if multiline else _FORBIDDEN_IN_LINE).search(text)


def pattern_within(text: str) -> str:
    """The LIKE pattern that finds `text` anywhere, as the characters it is: no sign of it is a wildcard."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
