"""Pages from templates, and the headers that every answer of the console carries."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TEMPLATES = Environment(
    loader=PackageLoader("console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class SecurityHeaders:
    """Adds the headers to each answer of the app inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def base_path(request: Request) -> str:
    """Where the console is mounted, such as `/console`, seen from outside."""
    path: str = request.scope.get("root_path", "")
    return path.rstrip("/")


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. `request.state` may hold the signed-in user and their form token."""
    console = request.app.state.console
    html = _TEMPLATES.get_template(template).render(
        base=base_path(request),
        organization_name=console.organization_name,
        sample=console.sample,
        user=getattr(request.state, "user", None),
        form_token=getattr(request.state, "form_token", ""),
        **values,
    )
    # Pages hold what callers said: no cache, shared or the browser's own, keeps them.
    return HTMLResponse(html, status, {**SECURITY_HEADERS, "Cache-Control": "no-store"})
