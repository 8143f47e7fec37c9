"""The dictionary has every word that names a public class of the domain."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import rufbus.domain

PAGE = (Path(__file__).parents[2] / "docs" / "dictionary.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")][
    1:
]
TERMS = [row[0] for row in ROWS]
WORDS = {word.lower() for term in TERMS for word in re.split(r"[ -]", term)}
MODULES = sorted({module.name for module in pkgutil.iter_modules(rufbus.domain.__path__)} - {"errors"})


def public_classes(module_name):
    module = importlib.import_module(f"rufbus.domain.{module_name}")
    return [
        name
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    ]


def known(word):
    return word in WORDS or word.removesuffix("s") in WORDS


@pytest.mark.parametrize("module_name", MODULES)
def test_every_word_in_the_name_of_a_public_class_is_in_the_dictionary(module_name):
    named = {name: re.findall(r"[A-Z][a-z]+", name) for name in public_classes(module_name)}
    assert {name: word for name, words in named.items() for word in words if not known(word.lower())} == {}


def test_the_dictionary_is_in_order_and_says_each_word_once():
    assert [term.lower() for term in TERMS] == sorted({term.lower() for term in TERMS})


def test_every_word_has_its_german_word_and_one_line_of_meaning():
    assert all(len(row) == 3 and all(row) and row[2].endswith(".") for row in ROWS)


def test_the_words_of_the_field_are_all_there():
    field = (
        "request quote hold promise booking leg ride visit stop call tour shift detour dwell ledger narrowing refusal"
    )
    assert set(field.split()) <= set(TERMS)
    phrases = {"stop list", "time window", "ride time", "boarding time", "prior notice", "pickup window", "service day"}
    assert phrases <= set(TERMS)
