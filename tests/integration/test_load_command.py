"""`yeoboseyo bench load`: what it says when there is nothing to measure."""

import pytest
import typer
from typer.testing import CliRunner

from scripts import bench
from scripts.bench.load import load


def test_no_server() -> None:
    app = typer.Typer()
    app.command()(load)
    done = CliRunner().invoke(app, ["--url", "http://127.0.0.1:9"])
    assert done.exit_code == 1
    assert "no `yeoboseyo bench serve` at http://127.0.0.1:9" in done.output


def test_the_benchmarks_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.app([], "yeoboseyo bench")
    assert ended.value.code == 2
    assert "load" in capsys.readouterr().out
