"""Optional packages."""

import json

import pytest

from backend import InputError
from training.exchange.tools import tool


def test_an_installed_module_is_returned():
    assert tool("json", "json", "JSON") is json


def test_the_error_names_the_command_that_installs_the_package():
    with pytest.raises(InputError, match="python -m pip install absent-package"):
        tool("absent_module", "absent-package", "ABC")
