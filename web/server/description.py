"""The OpenAPI description of the server."""

from typing import Any

from web.server.limits import Allowance
from web.server.requests import LARGEST, MOST_POINTS, MOST_STROKES, SMALLEST

_WORD = {"type": "string"}
_NUMBER = {"type": "number"}
_YES_OR_NO = {"type": "boolean", "default": False}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["what", "expected", "found", "advice"],
            "properties": dict.fromkeys(("what", "expected", "found", "advice"), _WORD),
        }
    },
}
_STATUSES = {
    "400": "not a request that can be understood",
    "403": "the page or the name of another server",
    "404": "no such address or model",
    "405": "not a method of this address",
    "408": "the body did not arrive in time",
    "409": "a training is running, or none is",
    "413": "the body or the picture is too large",
    "415": "not a kind of content, or of picture, that is read",
    "422": "a value that is wrong",
    "503": "too many requests at once, or too much to compute",
}


def _answer(text: str, schema: dict[str, Any] | None = None, kind: str = "application/json") -> dict[str, Any]:
    return {"description": text, "content": {kind: {"schema": schema or {"type": "object"}}}}


def _operation(summary: str, answers: dict[str, Any], errors: str = "403", **more: Any) -> dict[str, Any]:
    refused = {
        code: {"description": _STATUSES[code], "content": {"application/json": {"schema": {"$ref": _REFERENCE}}}}
        for code in errors.split()
    }
    return {"summary": summary, "responses": answers | refused, **more}


_REFERENCE = "#/components/schemas/Error"
_BODY = "400 403 408 413 415 422 503"


def _options() -> dict[str, Any]:
    return {
        "model": {"type": ["string", "null"], "description": "one of /api/models; null for the first of them"},
        "digits": {"enum": ["auto", "one", "several"], "default": "auto"},
        "steps": _YES_OR_NO | {"description": "pictures of the preparation"},
        "explain": _YES_OR_NO | {"description": "saliency, and the answers without each stroke"},
        "activations": _YES_OR_NO | {"description": "outputs of the hidden layers"},
    }


def _drawing() -> dict[str, Any]:
    point = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 3}
    side = {"type": "number", "minimum": SMALLEST, "maximum": LARGEST}
    strokes = {
        "type": "array", "maxItems": MOST_STROKES, "items": {"type": "array", "items": point},
        "description": f"[x, y, pressure] in pixels of the canvas and from 0 to 1; at most {MOST_POINTS:,} points",
    }  # fmt: skip
    pen = {"type": "number", "minimum": 1, "maximum": 200, "default": 18}
    properties = {"strokes": strokes, "width": side, "height": side, "pen": pen}
    required = ["strokes", "width", "height"]
    return {
        "type": "object",
        "required": required,
        "properties": properties | _options(),
        "additionalProperties": False,
    }


def _grey_values() -> dict[str, Any]:
    row = {"type": "array", "items": _NUMBER | {"minimum": 0, "maximum": 255}}
    pixels = {"type": "array", "items": row, "description": "rows of grey values, dark ink on bright paper"}
    properties = {"pixels": pixels} | _options()
    return {"type": "object", "required": ["pixels"], "properties": properties, "additionalProperties": False}


def _form() -> dict[str, Any]:
    properties = {"file": {"type": "string", "format": "binary"}} | _options()
    return {"type": "object", "required": ["file"], "properties": properties}


def description(prefix: str, allowance: Allowance) -> dict[str, Any]:
    """Return the description of all addresses.

    Parameters
    ----------
    prefix : str
        What comes before every address, such as ``/digits``; empty for nothing.
    allowance : Allowance
        The limits, for the text.
    """
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [_drawing(), _grey_values()]}},
            "multipart/form-data": {"schema": _form()},
        },
    }
    named = {"name": "name", "in": "query", "schema": _WORD, "description": "one of /api/models"}
    state = {"200": _answer("the state of the running or the last training")}
    begun = {"202": _answer("the state of the training")}
    settings = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    text = (
        "Reads handwritten digits. Errors have four parts: what is wrong, what was expected, what was found, and what "
        f"to do. A body has at most {allowance.body:,} bytes and arrives within {allowance.seconds:g} seconds."
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handwritten digits", "version": "1", "description": text},
        "servers": [{"url": prefix or "/"}],
        "paths": {
            "/healthz": {"get": _operation("Whether the server answers", {"200": _answer("it does")})},
            "/api/predict": {
                "post": _operation("Read a picture", {"200": _answer("the digits")}, f"{_BODY} 404", requestBody=body)
            },
            "/api/models": {"get": _operation("The models", {"200": _answer("the default first", {"type": "array"})})},
            "/api/model": {
                "get": _operation("A model", {"200": _answer("all about it")}, "403 404 503", parameters=[named])
            },
            "/api/training": {
                "get": _operation("The training", state),
                "post": _operation("Start a training", begun, f"{_BODY} 409", requestBody=settings),
            },
            "/api/training/options": {"get": _operation("What can be chosen", {"200": _answer("presets, options")})},
            "/api/training/stop": {"post": _operation("Stop it, and keep the best epoch", begun, "403 409")},
            "/api/training/events": {
                "get": _operation(
                    "Events: state, step, epoch, weights, end",
                    {"200": _answer("until the connection is closed", _WORD, "text/event-stream")},
                    "403 503",
                )
            },
        },
        "components": {"schemas": {"Error": _ERROR}},
    }
