"""Nothing is undocumented: every check, action, kind, key and command stands in docs/reference."""


def test_the_reference_says_what_the_source_says() -> None:
    # Imported here: a fault in any plugin is this test's failure, not the whole run's.
    from scripts import reference

    assert not reference.stale(), "run: make reference"
