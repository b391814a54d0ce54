"""Errors as answers: a status and the four parts of an `InputError` as JSON."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from backend.errors import InputError

Parts = dict[str, dict[str, str]]

_LONGEST = 300  # characters of a part; longer ones repeat what the client sent
_HTTP = {
    404: ("an address of this server", "an unknown one", "The addresses are listed in openapi.json."),
    405: ("a method of this address", "another one", "The methods are listed in openapi.json."),
}


class Refusal(InputError):  # noqa: N818 - an answer to a request, as designed
    """A request that cannot be answered, with the HTTP status that says so.

    Parameters
    ----------
    status : int
        From 400 to 599.
    wrong, expected, found, advice : str
        As for `InputError`.

    Examples
    --------
    >>> refusal = Refusal(404, "model a.pkl", expected="a model", found="none", advice="Choose another.")
    >>> refusal.status, str(refusal)
    (404, 'model a.pkl: expected a model, found none. Choose another.')
    """

    def __init__(self, status: int, wrong: str, *, expected: str, found: str, advice: str) -> None:
        super().__init__(wrong, expected=expected, found=found, advice=advice)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error cross from one process to another."""
        return _refusal, (self.status, self.wrong, self.expected, self.found, self.advice)


def _refusal(status: int, wrong: str, expected: str, found: str, advice: str) -> Refusal:
    return Refusal(status, wrong, expected=expected, found=found, advice=advice)


def parts_of(error: InputError) -> Parts:
    """Return an error's four parts as JSON has them, each of limited length.

    Examples
    --------
    >>> parts_of(InputError("pen", expected="a number", found="a list", advice="Use 18."))
    {'error': {'what': 'pen', 'expected': 'a number', 'found': 'a list', 'advice': 'Use 18.'}}
    """
    parts = {"what": error.wrong, "expected": error.expected, "found": error.found, "advice": error.advice}
    return {"error": {name: _short(text) for name, text in parts.items()}}


def status_of(error: InputError) -> int:
    """Return the HTTP status of an error; 422 if it does not name one."""
    return error.status if isinstance(error, Refusal) else 422


def error_bytes(error: InputError) -> bytes:
    """Return an error's body as JSON."""
    return json.dumps(parts_of(error)).encode()


def answer_input_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an `InputError` with its status and its four parts."""
    assert isinstance(error, InputError)
    headers = {"Retry-After": "1"} if status_of(error) == 503 else None
    return JSONResponse(parts_of(error), status_of(error), headers)


def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an error of the router (no such address, no such method) with the same four parts."""
    assert isinstance(error, HTTPException)
    expected, found, advice = _HTTP.get(
        error.status_code, ("a request as described in openapi.json", str(error.detail), "Send another one.")
    )
    what = f"{request.method} {request.url.path}"
    refusal = Refusal(error.status_code, what, expected=expected, found=found, advice=advice)
    return JSONResponse(parts_of(refusal), error.status_code, error.headers)


def answer_defect(_: Request, __: Exception) -> JSONResponse:
    """Answer a defect of the server without a word about its insides; the log has the traceback."""
    refusal = Refusal(
        500, "the server", expected="an answer", found="a defect of the program",
        advice="Its output shows what happened; please report it.",
    )  # fmt: skip
    return JSONResponse(parts_of(refusal), 500)


def _short(text: str) -> str:
    """Return a text of limited length that JSON can hold: lone surrogates are replaced."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."
