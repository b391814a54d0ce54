"""Errors as answers."""

import json
import pickle

import pytest

from backend.errors import InputError
from web.server.errors import Refusal, error_bytes, parts_of, status_of


def test_a_refusal_crosses_processes_with_its_status():
    refusal = Refusal(413, "the body", expected="less", found="more", advice="Send less.")
    other = pickle.loads(pickle.dumps(refusal))
    assert (other.status, str(other)) == (413, str(refusal))


def test_other_input_errors_are_wrong_values():
    assert status_of(InputError("a", expected="b", found="c", advice="d")) == 422
    assert status_of(Refusal(409, "a", expected="b", found="c", advice="d")) == 409


@pytest.mark.parametrize("found", ["x" * 10_000, "\ud800", "\x00", "</script>"])
def test_parts_are_short_and_can_be_encoded(found):
    error = InputError("a", expected="b", found=found, advice="d")
    parts = parts_of(error)["error"]
    assert len(parts["found"]) <= 300
    assert json.loads(error_bytes(error)) == {"error": parts}
    json.dumps(parts, ensure_ascii=False).encode()
