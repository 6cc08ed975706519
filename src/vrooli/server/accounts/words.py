"""What people say of themselves, checked: addresses and passwords. Pure."""

import unicodedata

from vrooli.core.errors import UsageError

MAX_EMAIL = 254
"""Characters of an address (RFC 5321, as corrected in its erratum 1690)."""

MIN_PASSWORD, MAX_PASSWORD = 12, 256
"""Characters. NIST SP 800-63B asks for 8 at least and takes no other rule; the upper bound keeps
one request small.
"""


def email_of(text: str) -> str:
    """`text` as the one name of its user.

    Raises:
        UsageError: it is no address.
    """
    email = unicodedata.normalize("NFC", text.strip()).lower()
    name, _, host = email.rpartition("@")
    plain = all(char.isprintable() and not char.isspace() for char in email)
    if not name or not host or not plain or "/" in email or len(email) > MAX_EMAIL:
        raise UsageError(
            "this is no e-mail address", where="email", next_step="write it as name@example.org"
        )
    return email


def new_password(text: str, email: str) -> str:
    """`text`, when it is good enough.

    Raises:
        UsageError: too short, too long, or the address itself.
    """
    if len(text) < MIN_PASSWORD:
        said = f"the password has fewer than {MIN_PASSWORD} characters"
    elif len(text) > MAX_PASSWORD:
        said = f"the password has more than {MAX_PASSWORD} characters"
    elif text.lower() in (email, email.rpartition("@")[0]):
        said = "the password is the e-mail address"
    elif len(set(text)) < 4:
        said = "the password repeats a few characters"
    else:
        return text
    raise UsageError(said, where="password", next_step="choose another; several words do well")
