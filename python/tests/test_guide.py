"""The examples of the guide are what they say."""

import doctest

from conftest import ROOT


def test_examples_of_the_guide() -> None:
    failed, tried = doctest.testfile(str(ROOT / "docs/guide/python.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 5 and failed == 0
