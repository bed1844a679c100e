"""One and several of the nouns that applications are about."""

import pytest

from codey_tui.engine.slots.plurals import is_plural, plural, singular


@pytest.mark.parametrize(
    "pair",
    "recipe/recipes cookie/cookies story/stories curve/curves cave/caves olive/olives leaf/leaves knife/knives bookshelf/bookshelves "
    "goose/geese fisherman/fishermen human/humans lens/lenses axe/axes hero/heroes index/indexes cactus/cacti box/boxes bus/buses "
    "dress/dresses analysis/analyses mouse/mice child/children person/people cache/caches drive/drives movie/movies pie/pies".split(),
)
def test_one_and_several(pair: str) -> None:
    one, several = pair.split("/")
    assert (singular(several), plural(one), singular(one)) == (one, several, one)
    assert is_plural(several)
    assert not is_plural(one)


@pytest.mark.parametrize("word", ["tennis", "gas", "glass", "news", "sheep", "deer"])
def test_what_is_no_plural(word: str) -> None:
    assert not is_plural(word)
