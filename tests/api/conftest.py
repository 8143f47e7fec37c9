"""One small town for all tests of the doors; each test that changes something has a copy of its own."""

import pytest

from .small_town import Sources, copy_home, open_doors


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    return Sources.write(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def made_home(sources, tmp_path_factory):
    return sources.make(tmp_path_factory.mktemp("made") / "town")


@pytest.fixture
def home(made_home, tmp_path):
    """A home of the test's own."""
    return copy_home(made_home, tmp_path / "town")


@pytest.fixture
def doors(home):
    """The doors of a home of the test's own."""
    with open_doors(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_doors(made_home, tmp_path_factory):
    """The doors that the tests of one file share."""
    with open_doors(copy_home(made_home, tmp_path_factory.mktemp("shared") / "town")) as opened:
        yield opened
