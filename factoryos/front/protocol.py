"""The limits of a request's head, which uvicorn does not set with httptools, one Host, and an end to trailers."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 65_536  # bytes of target and headers
HEADER_LIMIT = 100  # header lines


class Protocol(HttpToolsProtocol):
    """httptools' parser is Node's in its strict mode, which refuses two lengths, folded lines and bare line feeds.

    What a callback raises is answered with 400, and the connection ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_read = True
        self._head_bytes = self._unparsed = 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_read or self.transport.is_closing():
            return
        self._unparsed += len(data)  # a field is told of when it is whole, so one without an end is counted here
        if self._unparsed > HEAD_LIMIT:
            self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_read = False
        self._head_bytes = self._unparsed = 0

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_read:
            return  # a trailer: fields that come after the body may not stand beside those that were checked
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_read = True
        if [name for name, _ in self.headers].count(b"host") > 1:
            raise ValueError("which of them a proxy looked at, nobody knows")
        super().on_headers_complete()

    def _count(self, data: bytes) -> None:
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_LIMIT or len(self.headers) >= HEADER_LIMIT:
            raise ValueError("the request's head is too long")
