"""Names of stacks and services."""

import pytest

from vrooli.stack.names import name_from, valid_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop (2)", "my-shop-2"),
        ("2024-shop", "shop"),
        ("Über_uns", "uber-uns"),
        ("a" * 60, "a" * 40),
        ("a" * 39 + " b", "a" * 39),
        ("日本", "default"),
        ("42", "default"),
        ("", "default"),
    ],
)
def test_a_stack_is_named_after_its_folder(folder: str, name: str) -> None:
    assert name_from(folder) == name
    assert valid_name(name)
