"""The documentation page, /docs: Swagger UI from this machine, nothing from anywhere else."""

from collections.abc import Callable
from importlib.resources import files

import fastapi_swagger
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

ASSETS = {
    "/docs/ui.js": ("swagger-ui-bundle.js", "text/javascript"),
    "/docs/ui.css": ("swagger-ui.css", "text/css"),
    "/docs/icon.png": ("favicon-32x32.png", "image/png"),
}
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may load: itself. Swagger UI is begun by a script inside the page."""


def add_docs(app: FastAPI) -> None:
    """Add the page and what it loads."""
    for path, (name, kind) in ASSETS.items():
        app.add_api_route(path, _asset(name, kind), methods=["GET"], include_in_schema=False)
    app.add_api_route("/docs", lambda: _page(app), methods=["GET"], include_in_schema=False)


def _page(app: FastAPI) -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url="/openapi.json", title=app.title, swagger_js_url="/docs/ui.js", swagger_css_url="/docs/ui.css",
        swagger_favicon_url="/docs/icon.png", swagger_ui_parameters={"tryItOutEnabled": True},
    )  # fmt: skip
    page.headers["content-security-policy"] = POLICY
    return page


def _asset(name: str, kind: str) -> Callable[[], Response]:
    def asset() -> Response:
        return Response(files(fastapi_swagger).joinpath("resources", name).read_bytes(), media_type=kind)

    return asset
