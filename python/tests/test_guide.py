"""The examples of the guide are what they say."""

import doctest

import pytest
from conftest import ROOT


@pytest.mark.parametrize("name", ["python", "clusters"])
def test_examples_of_the_guide(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / f"docs/guide/{name}.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 5 and failed == 0
