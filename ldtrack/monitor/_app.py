"""The web application: the SDK's endpoints, the page, and the guard before both."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ldtrack.monitor._guard import Guard
from ldtrack.monitor._monitor import Monitor
from ldtrack.monitor.page import add_page


def app_of(monitor: Monitor, token: str | None, tell: Callable[[str], object]) -> FastAPI:
    """Make the application, the only one of this process; `tell` gets lines for the terminal."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        async with monitor.running(tell):
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend(monitor.routes())
    add_page(app, monitor)
    app.add_middleware(Guard, token=token)
    return app
