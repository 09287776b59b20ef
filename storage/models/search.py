"""In which calls two letters stand side by side, so that a search need not read them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, OfOrganization


class CallTermRow(OfOrganization, Base):
    """The calls of one block whose texts have one pair of letters; see `storage.search`.

    It holds no text. A call that is gone may keep its bits: what they lead to is read before it is
    believed.
    """

    __tablename__ = "call_terms"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  as SQLAlchemy wants it

    organization_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("organizations.id"), primary_key=True
    )
    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The code points of the two letters."""
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The calls' ids divided by the calls of a block."""
    calls: Mapped[int] = mapped_column(BigInteger)
    """One bit a call, its id's remainder."""
