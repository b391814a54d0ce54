"""The application: every address of the server, behind its protection and its limits."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from backend.errors import InputError
from web.server import answers
from web.server.description import description
from web.server.errors import Refusal, answer_defect, answer_http_error, answer_input_error
from web.server.limits import Allowance, Limits
from web.server.models import ModelStore
from web.server.requests import json_object
from web.server.security import HEADERS, Security
from web.server.training.manager import TrainingManager
from web.server.training.settings import offered
from web.server.workers import Workers

PAGE = Path(__file__).resolve().parents[1] / "page"
_MOST_FIELDS = 12
_LONGEST_FIELD = 1000  # bytes


@dataclass(frozen=True)
class Settings:
    """How the server works.

    Attributes
    ----------
    store : ModelStore
        The models.
    processes : int
        Processes that read pictures; 0 for threads.
    names : tuple of str
        Host names under which it is reached, besides localhost and addresses.
    prefix : str
        What comes before every address, such as ``/digits``; empty for nothing.
    allowance : Allowance
        The limits for clients.
    page : Path
        Folder of the page.
    training : dict
        Where trainings write their model and read their data (``output``, ``data_dir``), if not where the scripts do.
    """

    store: ModelStore = field(default_factory=ModelStore)
    processes: int = 0
    names: tuple[str, ...] = ()
    prefix: str = ""
    allowance: Allowance = field(default_factory=Allowance)
    page: Path = PAGE
    training: dict[str, str] = field(default_factory=dict)


def new_app(settings: Settings) -> Starlette:
    """Return the application; ``app.state.manager`` is where its trainings are."""
    mimetypes.add_type("text/javascript", ".js")  # some systems have another type, which browsers then refuse to run
    server = _Server(settings)
    routes: list[BaseRoute] = server.routes()
    if settings.prefix:
        routes = [
            Route(settings.prefix, lambda _: RedirectResponse(f"{settings.prefix}/"), methods=["GET"]),
            Mount(settings.prefix, routes=routes),
        ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Security, names=settings.names),
            Middleware(Limits, allowance=settings.allowance),
        ],
        exception_handlers={
            InputError: answer_input_error,
            HTTPException: answer_http_error,
            Exception: _answer_defect,
        },
        lifespan=server.lifespan,
    )
    app.state.manager = server.manager
    return app


def _answer_defect(request: Request, error: Exception) -> Response:
    """Answer a defect; this happens outside of `Security`, so the headers are added here."""
    response = answer_defect(request, error)
    response.headers.update(HEADERS)
    return response


class _Server:
    """The endpoints, and what they share."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, settings.store
        self.manager = TrainingManager(settings.training)
        self.workers: Workers

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Start the workers, and end them and a training with the server."""
        self.workers = Workers(self.settings.processes, self.settings.allowance.seconds)
        await self.workers.warm_up(answers.model_list, self.store)
        try:
            yield
        finally:
            await self.manager.close()
            self.workers.close()

    def routes(self) -> list[BaseRoute]:
        """Return all addresses."""
        api = [
            Route("/predict", self.predict, methods=["POST"]),
            Route("/models", self.models),
            Route("/model", self.model),
            Route("/training", self.training, methods=["GET"]),
            Route("/training", self.start, methods=["POST"]),
            Route("/training/options", self.options),
            Route("/training/stop", self.stop, methods=["POST"]),
            Route("/training/events", self.events),
        ]
        there = self.settings.page.is_dir()
        page = [Mount("/", StaticFiles(directory=self.settings.page, html=True))] if there else []
        return [
            Route("/healthz", self.health),
            Route("/openapi.json", self.openapi),
            Mount("/api", routes=api),  # of its own, so that a wrong method is not taken for a file of the page
            *page,
        ]

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def openapi(self, _: Request) -> Response:
        return JSONResponse(description(self.settings.prefix, self.settings.allowance))

    async def predict(self, request: Request) -> Response:
        """Read a picture; everything but receiving it happens in a worker."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            call = self.workers.call(answers.predicted_json, self.store, await request.body())
        elif kind == "multipart/form-data":
            call = self.workers.call(answers.predicted_form, self.store, *await _form(request))
        else:
            raise _other_content(kind, "application/json or multipart/form-data")
        return _json(*await call)

    async def models(self, _: Request) -> Response:
        return _json(*await self.workers.call(answers.model_list, self.store))

    async def model(self, request: Request) -> Response:
        name = request.query_params.get("name") or None
        return _json(*await self.workers.call(answers.model_described, self.store, name))

    async def options(self, _: Request) -> Response:
        return JSONResponse(offered())

    async def training(self, _: Request) -> Response:
        return JSONResponse(self.manager.state)

    async def start(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # a form of a foreign page could be sent without asking
            raise _other_content(kind, "application/json")
        return JSONResponse(await self.manager.start(json_object(await request.body())), 202)

    async def stop(self, _: Request) -> Response:
        return JSONResponse(self.manager.stop(), 202)

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self.manager.listen(), media_type="text/event-stream")


async def _form(request: Request) -> tuple[dict[str, str], str, bytes]:
    """Return the fields of a form, and name and content of its file."""
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                expected, found = "a picture in the field file", "none"
                raise Refusal(422, "the form", expected=expected, found=found, advice="Choose a picture.")
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return fields, file.filename or "picture", await file.read()
    except Refusal:
        raise
    except (HTTPException, ClientDisconnect, ValueError, KeyError) as error:
        found = str(error.detail) if isinstance(error, HTTPException) else type(error).__name__
        advice = "Send one picture in the field file."
        raise Refusal(400, "the form", expected="multipart/form-data", found=found, advice=advice) from None


def _json(status: int, body: bytes) -> Response:
    headers: dict[str, Any] = {"Retry-After": "1"} if status == 503 else {}
    return Response(body, status, headers, media_type="application/json")


def _other_content(kind: str, expected: str) -> Refusal:
    advice = "Name its kind in the header Content-Type."
    return Refusal(415, "the body", expected=expected, found=kind or "no Content-Type", advice=advice)
