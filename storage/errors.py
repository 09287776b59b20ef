"""Storage's one error: a code for machines, a message for people, and whether to try again."""

from __future__ import annotations


class StorageError(Exception):
    """Something could not be stored or read.

    Codes: `unavailable` (retryable: locked, unreachable, out of connections), `conflict`,
    `refused` (the database did not take the value), `unknown_call`, `unknown_customer`,
    `unknown_row`, `unknown_organization`, `wrong_organization`, `user_exists`,
    `unsupported_database`,
    `access_denied` (the server refuses the account), `no_database`, `unknown_schema`,
    `half_migrated` (a migration was cut off where the database cannot take it back),
    `unconfined` (a statement that no organization can be added to), `no_keys`, `bad_keys`,
    `in_use` (the data directory is another server's),
    `unknown_key`, `damaged` (what was sealed or saved was changed or moved), `exists`,
    `not_empty` (a place that a backup cannot be restored to), `unknown_backup`, `bad_phone`,
    `call_goes_on` (what is to be erased is still being written), `journal_waits` (the journal
    holds some of it yet), `not_erased` (something was found afterwards).
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
