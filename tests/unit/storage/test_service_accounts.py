"""The application's account: told alike everywhere, and no administrator's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from storage.faults import SERVICE_ACCOUNTS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
def test_the_readme_tells_what_errors_tell(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    for script in SERVICE_ACCOUNTS.values():
        assert script in text


def test_compose_gives_the_application_no_administrator() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]

    assert "://yeoboseyo:" in services["app"]["environment"]["YEOBOSEYO_DATABASE_URL"]
    assert "POSTGRES_USER" not in services["postgres"]["environment"]
    assert services["mariadb"]["environment"]["MARIADB_USER"] == "yeoboseyo"
    assert services["mariadb"]["profiles"], "it starts only where it is named"
    script = (ROOT / "scripts" / "postgres.sql").read_text(encoding="utf-8")
    made = script.replace(":'password'", "'PASSWORD'")
    assert SERVICE_ACCOUNTS["postgresql"] in made


@pytest.mark.parametrize("service", ["postgres", "mariadb"])
def test_databases_are_reached_from_this_machine_only(service: str) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert all(port.startswith("127.0.0.1:") for port in services[service]["ports"])
