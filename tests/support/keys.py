"""The ring of keys that tests seal with; known to everybody, so of no use elsewhere."""

from storage.vault import Vault

RING = "test:dGhpcyBrZXkgaXMga25vd24gdG8gZXZlcnlib2R5ISE="
VAULT = Vault.parse(RING)
