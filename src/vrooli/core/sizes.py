"""Bytes for people."""


def rough_size(count: float) -> str:
    """`count` bytes in the largest unit of which there is one: `812 B`, `1.2 kB`, `134.0 MB`, where
    1 MB is 1,000,000 bytes.
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
