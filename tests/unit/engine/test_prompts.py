"""The prompt texts that training and the engine share."""

from typing import get_args

from codey_tui.engine import prompts
from codey_tui.protocol.models import RouteKind


def test_label_has_the_request_last_and_on_one_line() -> None:
    text = prompts.label("  push {it}\n\tif the tests pass ")
    assert text == "Say with one label what kind of request this is.\nRequest: push {it} if the tests pass"


def test_every_kind_has_one_label() -> None:
    assert tuple(prompts.LABELS) == get_args(RouteKind)
    assert set(prompts.LABELS.values()) == {f"<|{kind}|>" for kind in get_args(RouteKind)}
