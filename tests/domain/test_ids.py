"""Names from a source of chance."""

from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.ids import CODE_ALPHABET, ID_ALPHABET, new_code, new_id, seeded_chance, system_chance


@given(st.integers(), st.sampled_from("bqlv"))
def test_the_same_seed_gives_the_same_names(seed, prefix):
    first, second = seeded_chance(seed), seeded_chance(seed)
    assert [new_id(prefix, first), new_code(first)] == [new_id(prefix, second), new_code(second)]


@given(st.integers())
def test_an_identifier_has_its_kind_and_twenty_letters_of_its_alphabet(seed):
    kind, _, letters = new_id("b", seeded_chance(seed)).partition("_")
    assert kind == "b"
    assert len(letters) == 20
    assert set(letters) <= set(ID_ALPHABET)


@given(st.integers())
def test_a_code_can_be_spoken_in_three_groups_of_three(seed):
    groups = new_code(seeded_chance(seed)).split("-")
    assert [len(group) for group in groups] == [3, 3, 3]
    assert set("".join(groups)) <= set(CODE_ALPHABET)


def test_letters_that_look_or_sound_alike_are_not_in_codes():
    for pair in ("0O", "1I", "5S", "2Z", "8B"):
        assert not set(pair) <= set(CODE_ALPHABET)
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET)


def test_a_thousand_names_of_the_system_are_all_different():
    chance = system_chance()
    assert len({new_id("b", chance) for _ in range(1000)}) == 1000
    assert len({new_code(chance) for _ in range(1000)}) == 1000


def test_every_letter_of_an_alphabet_comes_up():
    chance = seeded_chance(7)
    assert set("".join(new_id("b", chance)[2:] for _ in range(200))) == set(ID_ALPHABET)
