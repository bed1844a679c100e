"""Frames between the engine and a model's process."""

import io
import subprocess
import sys

import msgspec
import pytest

from codey_tui.inference.frames import (
    HEADER,
    MAX_FRAME_BYTES,
    Cancel,
    Failed,
    FromChild,
    Generate,
    Load,
    LoadOptions,
    SetThreads,
    body_size,
    decode_from_child,
    encode,
    read_from_parent,
)
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, Token


def test_commands_come_back_as_they_were_sent() -> None:
    turn = ChatTurn(role="user", text="grüß \0 \U0001f600")
    sent = [
        Load(path="/m.gguf", options=LoadOptions(render_special=("<|a|>",))),
        Generate(id=3, request=GenerateRequest(messages=(turn,), stop=("```",), temperature=0.5)),
        Cancel(id=3),
        SetThreads(threads=1),
    ]
    stream = io.BytesIO(b"".join(encode(frame) for frame in sent))
    assert [read_from_parent(stream) for _ in sent] == sent
    assert read_from_parent(stream) is None


@pytest.mark.parametrize(
    "frame",
    [Token(text="\n", tokens=2), Finished(reason="stop", stop_text="```"), Failed(kind="broken", sentence="No.")],
)
def test_answers_come_back_as_they_were_sent(frame: FromChild) -> None:
    raw = encode(frame)
    assert body_size(raw[: HEADER.size]) == len(raw) - HEADER.size
    assert decode_from_child(raw[HEADER.size :]) == frame


def test_a_frame_cut_short_is_the_end() -> None:
    raw = encode(Cancel(id=1))
    for size in range(len(raw)):
        assert read_from_parent(io.BytesIO(raw[:size])) is None


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        body_size(HEADER.pack(MAX_FRAME_BYTES + 1))
    with pytest.raises(msgspec.MsgspecError):
        decode_from_child(b'{"type":"Unknown"}')
    with pytest.raises(msgspec.MsgspecError):
        read_from_parent(io.BytesIO(HEADER.pack(2) + b"{]"))


def test_the_provider_loads_neither_llama_cpp_nor_numpy() -> None:
    """Both are for the child alone: they cost the engine time and memory."""
    code = (
        "import sys, codey_tui.inference.providers.llama_cpp as m; "
        "print([n for n in ('llama_cpp', 'numpy', 'jinja2', 'psutil') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
