"""`yeoboseyo serve`: answer calls, and show the console."""

import logging
import sys

import typer
from pydantic import ValidationError

from app import create_app
from scripts.serving import make_server
from settings import Settings
from storage.errors import StorageError
from storage.home import ServerHome
from stores import open_vault
from voice.errors import VoiceError

app = typer.Typer(add_completion=False)

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def load_settings() -> Settings:
    """The settings, or an end with what is wrong in them."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"])
            typer.echo(f"error: setting {name}: {problem['msg']}", err=True)
        raise typer.Exit(2) from error


def complain(settings: Settings) -> list[str]:
    """What is missing before real calls can be served; nothing in development."""
    if settings.development:
        if settings.host in _LOOPBACK:
            return []
        return [
            "YEOBOSEYO_DEVELOPMENT accepts calls from anyone, so it listens on 127.0.0.1 alone."
        ]
    missing = []
    try:
        open_vault(settings)
    except StorageError as error:
        missing.append(error.message)
    if not settings.twilio_auth_token.get_secret_value():
        missing.append(
            "TWILIO_AUTH_TOKEN is missing: without it no webhook can be trusted. Copy "
            ".env.example to .env and fill it in, or set YEOBOSEYO_DEVELOPMENT=true to try "
            "things out on this machine."
        )
    if not settings.human_number:
        missing.append(
            "YEOBOSEYO_HUMAN_NUMBER is missing: callers who ask for a human could not be connected."
        )
    return missing


@app.command()
def serve() -> None:
    """Answer calls on YEOBOSEYO_HOST:YEOBOSEYO_PORT until stopped; SIGTERM lets live calls end."""
    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    missing = complain(settings)
    for problem in missing:
        typer.echo(f"error: {problem}", err=True)
    if missing:
        raise typer.Exit(2)
    home = ServerHome(settings.data_dir)
    try:
        home.lock()  # What is in the way is said in a line, before anything is loaded.
    except StorageError as error:
        typer.echo(f"error: {error.message}", err=True)
        raise typer.Exit(1) from error
    home.release()
    if settings.development:
        typer.echo("warning: development mode accepts calls from anyone", err=True)
    try:
        application = create_app(settings)
    except VoiceError as error:
        typer.echo(f"error: {error.message}", err=True)
        sys.exit(1)
    make_server(
        application,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        drain=application.state.yeoboseyo.drain,
    ).run()
