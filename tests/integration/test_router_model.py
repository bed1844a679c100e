"""Real llama.cpp models of random weights in the router's place: whatever they say becomes a valid route, in both notations."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest
from msgspec.structs import replace

from codey_tui.engine.router import Counsel, Opinion, route
from codey_tui.engine.router_model import KINDS, ModelRouter, RouterModel
from codey_tui.inference.frames import LoadOptions
from codey_tui.protocol.models import Route
from codey_tui.tools.call_forms import FUNCTIONGEMMA, JSON, CallForm, form_of
from codey_tui.tools.grammar import tool_call_grammar
from codey_tui.tools.registry import BUILT_IN, NAMES, TOOLS
from tests.fakes.generating import Answer, answer, llama
from tests.fakes.tiny_gguf import CHATML, write_tiny_gguf

pytestmark = pytest.mark.model
FUNCTION_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
    "{% if m['role'] == 'developer' %}{% for tool in tools or [] %}<start_function_declaration>declaration:{{ tool['function']['name'] }}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)
TEXT = "show me the tide"
COUNT = 24


def model_of(folder: Path, form: CallForm) -> Path:
    """A model of random weights that knows the notation's control tokens."""
    template = FUNCTION_TEMPLATE if form is FUNCTIONGEMMA else CHATML
    return write_tiny_gguf(folder / "router.gguf", n_ctx=8192, controls=form.control, template=template)


def routed(opinion: Opinion | None, tools: Collection[str], workspace: Path) -> Route:
    return route(TEXT, tools, workspace, counsel=Counsel(lambda _text: opinion, instead=True))


@pytest.mark.parametrize("form", [JSON, FUNCTIONGEMMA])
def test_every_answer_is_a_call_and_becomes_a_valid_route(tmp_path: Path, form: CallForm) -> None:
    chosen = RouterModel(model="random", form=form, problem=lambda: "")
    router = ModelRouter(chosen, BUILT_IN, max_text=8)
    # random weights seldom leave the functions that they like, so that each tool has a grammar of its own as well
    grammars = [router.request(TEXT).grammar]
    grammars += [tool_call_grammar((tool,), form=form, max_text=8, max_items=3) for tool in TOOLS]

    async def scenario() -> None:
        names: set[str] = set()
        options = LoadOptions(render_special=form.control)
        async with llama(model_of(tmp_path, form), n_ctx=8192, options=options) as provider:
            for number in range(COUNT):
                wild = replace(
                    router.request(TEXT),
                    grammar=grammars[number % len(grammars)],
                    temperature=4.0,
                    top_k=0,
                    top_p=1.0,
                    seed=number,
                    max_tokens=900,
                )
                said: Answer = await answer(provider, wild)
                assert said.finished.reason == "eos", said.text
                name, args = form.read(said.text)
                names.add(name)
                if name in KINDS:
                    assert args == {}
                else:
                    BUILT_IN.decode(BUILT_IN.find(name), args)
                found = routed(router.opinion(said.text, TEXT, 0.5), NAMES, tmp_path)
                assert (found.tool in NAMES) == (found.kind == "tool")
                # as if a person had written all that the model made up
                trusted = router.opinion(said.text, f"{TEXT} {said.text} {args}", 0.5)
                assert trusted is None or routed(trusted, NAMES, tmp_path).decided_by == "random"
        assert names >= set(NAMES)

    asyncio.run(scenario())


@pytest.mark.parametrize("form", [JSON, FUNCTIONGEMMA])
def test_the_model_is_asked_in_its_own_notation(tmp_path: Path, form: CallForm) -> None:
    path = model_of(tmp_path, form)
    router = ModelRouter(RouterModel(model="random", form=form, problem=lambda: ""), BUILT_IN)

    async def scenario() -> None:
        async with llama(path, n_ctx=8192, options=LoadOptions(render_special=form.control)) as provider:
            opinion = await router.ask(TEXT, provider)
            assert opinion is None or opinion.by == "random"
            first = await answer(provider, replace(router.request(TEXT), max_tokens=1))
            again = await answer(provider, replace(router.request("another one"), max_tokens=1))
            assert again.finished.tokens_cached > 10 * again.finished.tokens_new, "the functions stay in the cache"
            # the functions of the template are part of the prompt
            bare = await answer(provider, replace(router.request(TEXT), max_tokens=1, functions=()))
            tokens = [said.finished.tokens_new + said.finished.tokens_cached for said in (first, bare)]
            assert (tokens[0] > tokens[1]) == (form is FUNCTIONGEMMA)

    asyncio.run(scenario())


def test_the_notation_is_known_by_the_template() -> None:
    assert form_of(FUNCTION_TEMPLATE) is FUNCTIONGEMMA
    assert form_of("{{ messages }}") is JSON
