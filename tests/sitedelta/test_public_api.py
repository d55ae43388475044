"""The verbs as functions, imported when they are first used."""

import subprocess
import sys

import pytest

import sitedelta


@pytest.mark.parametrize("name", [n for n in sitedelta.__all__ if n != "__version__"])
def test_every_public_name_is_a_documented_function(name):
    verb = getattr(sitedelta, name)

    assert callable(verb)
    assert verb.__name__ == name
    assert verb.__doc__


def test_dir_lists_the_public_names():
    assert set(sitedelta.__all__) <= set(dir(sitedelta))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'chnage'"):
        _ = sitedelta.chnage


@pytest.mark.parametrize(
    "first", ["sitedelta.report", "sitedelta.running.demo", "sitedelta.settings.init", "sitedelta.running.runs"]
)
def test_a_submodule_of_the_same_name_does_not_hide_a_function(first):
    code = (
        f"import importlib, sitedelta; importlib.import_module({first!r}); print(*map(callable, "
        "[sitedelta.report, sitedelta.demo, sitedelta.init, sitedelta.run]))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["True"] * 4


def test_importing_a_name_gives_the_function_not_the_module():
    from sitedelta import demo, init

    assert callable(demo)
    assert callable(init)
