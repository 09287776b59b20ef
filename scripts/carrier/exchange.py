"""The carrier's webhooks: signed form posts to the server, and where its URLs are reached."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import httpx

from scripts.carrier import documents
from scripts.carrier.errors import CarrierError
from voice.telephony.signature import HEADER, Signatures, form, stream_origin

_TIMEOUT_S = 15.0


class Exchange:
    """Posts to a server that is reached at `url` and believes to be at `public_url`."""

    def __init__(
        self, http: httpx.AsyncClient, *, url: str, public_url: str, auth_token: str
    ) -> None:
        self._http = http
        self._url = url
        self._public_url = public_url
        self._signatures = Signatures(auth_token=auth_token, public_url=public_url)

    async def post(self, path: str, fields: Mapping[str, str]) -> str:
        """What the server answers; `path` begins with a slash, or is one of its own URLs.

        Raises CarrierError: "unreachable", "forbidden", "bad-answer".
        """
        path = self._path(path, self._public_url)
        headers = {
            HEADER: self._signatures.sign_webhook(path, form(fields)),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        url = self._url + path
        try:
            response = await self._http.post(
                url, content=urlencode(fields), headers=headers, timeout=_TIMEOUT_S
            )
        except httpx.HTTPError as error:
            raise CarrierError(
                "unreachable", f"no server answers at {self._url}: {error or type(error).__name__}"
            ) from None
        if response.status_code == 403:
            raise CarrierError("forbidden", f"{url} answered 403: {response.text[:200]}")
        if not response.is_success:
            raise CarrierError(
                "bad-answer", f"{url} answered {response.status_code}: {response.text[:200]}"
            )
        return response.text

    async def ask(self, path: str, fields: Mapping[str, str]) -> list[documents.Verb]:
        """The document that the server answers with. Raises what `post` raises."""
        return documents.parse(await self.post(path, fields))

    def stream(self, url: str) -> tuple[str, dict[str, str]]:
        """Where the stream `url` of a document is reached, and the headers of its upgrade."""
        path = self._path(url, stream_origin(self._public_url))
        headers = {HEADER.lower(): self._signatures.sign_stream(path)}
        return stream_origin(self._url) + path, headers

    @staticmethod
    def _path(url: str, origin: str) -> str:
        """A URL of the server without its origin."""
        if url.startswith("/"):
            return url
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != origin:
            raise CarrierError("bad-answer", f"{url} does not lie at the public URL {origin}")
        return parts.path + (f"?{parts.query}" if parts.query else "")
