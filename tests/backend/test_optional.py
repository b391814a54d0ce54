"""Optional packages."""

import json

import pytest

from backend import InputError
from backend.optional import optional_module


def test_an_installed_module_is_returned():
    assert optional_module("json", "json", "format JSON") is json


def test_the_error_names_the_command_that_installs_the_package():
    with pytest.raises(InputError, match=r"^format ABC: .*python -m pip install absent-package"):
        optional_module("absent_module", "absent-package", "format ABC")
