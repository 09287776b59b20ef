"""The ring of keys comes from the settings, and in development from a file that is made once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from settings import Settings
from storage.errors import StorageError
from stores import DEVELOPMENT_KEYS, open_database, open_vault
from tests.support.keys import RING


def settings(folder: Path, **given: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, **given})


def test_the_ring_that_is_set_is_taken(tmp_path: Path) -> None:
    vault = open_vault(settings(tmp_path, keys=RING, development=True))
    assert vault.key_ids == ("test",)
    assert not list(tmp_path.iterdir())


def test_development_makes_a_key_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    sealed = open_vault(settings(folder, development=True)).seal(b"secret", about="x")
    assert open_vault(settings(folder, development=True)).open(sealed, about="x") == b"secret"
    (file,) = folder.iterdir()
    assert file.name == DEVELOPMENT_KEYS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = list(
            pool.map(lambda _: open_vault(settings(tmp_path, development=True)), range(8))
        )
    assert len({vault.fingerprint("one") for vault in vaults}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [DEVELOPMENT_KEYS]


def test_outside_development_a_key_must_be_set(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="yeoboseyo keys new") as error:
        open_vault(settings(tmp_path))
    assert error.value.code == "no_keys"
    assert not list(tmp_path.iterdir())


async def test_without_keys_the_database_opens_and_stays_sealed(tmp_path: Path) -> None:
    database = open_database(settings(tmp_path))
    try:
        await database.migrate()
        with pytest.raises(StorageError, match="no_keys"):
            _ = database.vault
    finally:
        await database.close()


def test_a_wrong_ring_is_refused_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as error:
        open_database(settings(tmp_path, keys="main:c2hvcnQ="))
    assert error.value.code == "bad_keys"
    assert "c2hvcnQ" not in str(error.value)
