"""Exponents are fitted to what was measured, and a size that grows faster than theory says is told."""

import numpy as np
import pytest

from rufbus.bench.scaling import THEORY, UNITS, Size, exponent, to_rows


def sizes(**growth: float) -> list[Size]:
    return [
        Size(k, 3600 * k, 24 * k, 700 * k, {name: 3.0 * k ** growth.get(name, THEORY[name]) for name in UNITS})
        for k in (1, 2, 4, 8)
    ]


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0, 2.0])
def test_a_power_law_gives_back_its_exponent(power: float):
    factors = [1, 2, 4, 8]
    assert exponent(factors, [5.0 * k**power for k in factors]) == pytest.approx(power)


def test_noise_about_a_power_law_moves_the_exponent_little():
    chance = np.random.default_rng(1)
    factors = [1, 2, 4, 8]
    values = [k**1.5 * chance.uniform(0.95, 1.05) for k in factors]
    assert exponent(factors, values) == pytest.approx(1.5, abs=0.1)


def test_what_grows_as_theory_says_meets_its_aim():
    assert [row.is_met for row in to_rows(sizes())] == [True] * len(UNITS)


def test_what_grows_faster_than_theory_says_does_not():
    rows = {row.figure: row for row in to_rows(sizes(insertion=1.6))}
    assert rows["insertion"].is_met is False
    assert rows["insertion"].compared == "exponent 1.60"
    assert rows["memory"].is_met is True


def test_one_size_alone_has_no_exponent():
    assert {row.is_met for row in to_rows(sizes()[:1])} == {None}
