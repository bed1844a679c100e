"""Schemas and the grammar made from them: every tool has both, and numbers are bounded exactly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.tools import registry
from codey_tui.tools.grammar import _ranges, tool_call_grammar  # pyright: ignore[reportPrivateUsage]
from codey_tui.tools.schemas import function_of, operations_of, schema_of


def test_every_tool_has_a_schema_without_references() -> None:
    for tool in registry.TOOLS:
        schema = schema_of(tool)
        assert "$ref" not in str(schema)
        assert schema["additionalProperties"] is False
        assert set(schema["properties"]) == set(tool.Args.__struct_fields__)
        assert function_of(tool)["function"]["name"] == tool.name


def test_operations_name_arguments_that_there_are() -> None:
    for tool in registry.TOOLS:
        fields = set(tool.Args.__struct_fields__)
        operations = operations_of(tool)
        for needs, takes in operations.values():
            assert {*needs, *takes} <= fields
        if operations:
            assert set(operations) == set(schema_of(tool)["properties"]["op"]["enum"])


def test_every_rule_that_is_used_is_there() -> None:
    grammar = tool_call_grammar(registry.TOOLS)
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())
    for body in rules.values():
        plain = re.sub(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}', " ", body)
        assert set(re.findall(r"[a-z][a-z0-9-]*", plain)) <= set(rules)
    with pytest.raises(ValueError, match="at least one"):
        tool_call_grammar(())


@given(low=st.integers(0, 12_000), span=st.integers(0, 15_000), number=st.integers(0, 40_000))
def test_numbers_are_bounded_exactly(low: int, span: int, number: int) -> None:
    patterns = [re.sub(r'"(\d)"| ', r"\1", pattern) for pattern in _ranges(low, low + span)]
    for value in (number, low, low + span, low - 1, low + span + 1):
        fits = any(re.fullmatch(pattern, str(value)) for pattern in patterns)
        assert fits == (low <= value <= low + span)
