"""Bodies that are too large, too slow or too many."""

import asyncio
import json

from web.server.limits import Allowance, Limits


async def echo(scope, receive, send):
    message = await receive()
    assert not message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def asked(app, parts, headers=(), pause=0.0, gone=False):
    """Return the status and the body of the answer to a body in parts, and whether the connection is to be closed."""
    rest = list(parts)
    sent = []

    async def receive():
        await asyncio.sleep(pause)
        if rest:
            part = rest.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(rest) or gone}
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": list(headers)}
    await app(scope, receive, send)
    if not sent:
        return None
    closes = (b"connection", b"close") in sent[0]["headers"]
    return sent[0]["status"], sent[1]["body"], closes


def run(app, *arguments, **options):
    return asyncio.run(asked(app, *arguments, **options))


def test_a_body_arrives_as_a_whole():
    assert run(Limits(echo, Allowance()), [b"ab", b"", b"c"]) == (200, b"abc", False)


def test_the_largest_body_and_one_byte_more():
    app = Limits(echo, Allowance(body=4))
    assert run(app, [b"ab", b"cd"])[0] == 200
    status, body, closes = run(app, [b"ab", b"cd", b"e"])
    assert (status, closes) == (413, True)
    assert json.loads(body)["error"]["expected"] == "at most 4 bytes"


def test_an_announced_length_is_enough_to_refuse():
    for length in (b"5", b"9" * 400):
        assert run(Limits(echo, Allowance(body=4)), [], [(b"content-length", length)])[0] == 413
    assert run(Limits(echo, Allowance(body=4)), [b"a"], [(b"content-length", b"nonsense")])[0] == 200


def test_a_slow_body():
    status, _, closes = run(Limits(echo, Allowance(seconds=0.05)), [b"a"] * 100, pause=0.01)
    assert (status, closes) == (408, True)


def test_a_client_that_goes_gets_no_answer():
    assert run(Limits(echo, Allowance()), [b"a"], gone=True) is None


def test_too_many_at_once_and_then_again_room():
    app = Limits(echo, Allowance(requests=2))

    async def several():
        return await asyncio.gather(*(asked(app, [b"a"], pause=0.01) for _ in range(5)))

    assert sorted(status for status, *_ in asyncio.run(several())) == [200, 200, 503, 503, 503]
    assert run(app, [b"a"])[0] == 200


def test_a_failing_request_leaves_room():
    async def broken(scope, receive, send):
        raise RuntimeError

    app = Limits(broken, Allowance(requests=1))
    for _ in range(3):
        try:
            run(app, [b"a"])
        except RuntimeError:
            continue
        raise AssertionError("the error was lost")
