"""Starts the real server for `./scripts/demo`, and stops it when the demonstration is over."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console

from scripts.keys import new_key_id
from settings import Settings
from storage.vault import new_key

ENV_FILE = Path(".env")
START_TIMEOUT_S = 120.0

_EMBEDDED = {
    "STT_MODEL": "demo",
    "YEOBOSEYO_BRAIN": "local",
    "YEOBOSEYO_VOICES": "espeak",
    "CHROMA_URL": "",
    "YEOBOSEYO_DEVELOPMENT": "false",
}
"""The demonstration needs no key and no network, whatever the machine is set up for."""

_LOOK_S = 0.1

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Exit status: 0 only if all was right."""
    _make_env_file()
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ |= _EMBEDDED | {"YEOBOSEYO_PORT": str(port), "YEOBOSEYO_PUBLIC_URL": url}
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log = settings.data_dir / "demo-server.log"
    began = time.monotonic()
    try:
        with _server(log) as process:
            with console.status("starting the server"):
                # The caller's side is loaded while the server starts.
                from scripts.demo_call import show_call

                _wait_until_ready(process, url)
            console.print(f"· the server is ready after {time.monotonic() - began:.1f} s ({url})")
            return show_call(console, url, settings)
    except _NoServerError as error:
        console.print(f"[red]✗[/red] {error}\n  its log: {log}")
        return 1


class _NoServerError(Exception):
    """The server did not start."""


def _make_env_file() -> None:
    """A newcomer's `.env`: what `yeoboseyo serve` and `yeoboseyo call` must agree on."""
    if ENV_FILE.exists():
        if not Settings().keys.get_secret_value():
            # What the demonstration stores, `yeoboseyo serve` must be able to read.
            with ENV_FILE.open("a", encoding="utf-8") as file:
                file.write(f"\nYEOBOSEYO_KEYS={_new_ring()}\n")
            console.print("· added YEOBOSEYO_KEYS to .env: a random key that seals personal data")
        return
    ENV_FILE.touch(mode=0o600)
    ENV_FILE.write_text(
        "# Made by scripts/demo for this machine alone; see .env.example for all settings.\n"
        f"TWILIO_AUTH_TOKEN={secrets.token_hex(16)}\n"
        "YEOBOSEYO_HUMAN_NUMBER=+8220000000\n"
        f"YEOBOSEYO_KEYS={_new_ring()}\n",
        encoding="utf-8",
    )
    console.print("· made .env with a random token and key and an invented number for the human")


def _new_ring() -> str:
    return f"{new_key_id()}:{new_key()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real server as a process of its own, which may still be starting."""
    command = [sys.executable, "-c", "from scripts.cli import main; main(['serve'])"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - ours
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _NoServerError(f"the server stopped with status {process.returncode}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(_LOOK_S)
    raise _NoServerError(f"the server was not ready after {START_TIMEOUT_S:.0f} s")


if __name__ == "__main__":
    raise SystemExit(main())
