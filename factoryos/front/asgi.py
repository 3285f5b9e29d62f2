"""WSGI within ASGI: requests in threads that keep their database connections, asynchronous responses in the event loop."""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import Context, copy_context
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import Any

from factoryos.front import environ

BODY_LIMIT = 8_388_608  # bytes kept in memory; the endpoints' own limits are lower
JOINED_LIMIT = 2_097_152  # bytes: a file up to this length is sent in one piece, without holding its thread
READ_SECONDS = 30  # for a body to arrive
SEND_SECONDS = 20  # for a client to take a piece of what it asked for

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LAST: Message = {"type": "http.response.body", "body": b""}


@dataclass(slots=True)
class Stream:
    """What a thread leaves to the event loop. `context`: the request's variables, so that logs carry its request id."""

    start: Message
    pieces: AsyncIterable[bytes]
    context: Context


class Bridge:
    """The ASGI application. `application`: the WSGI one as module:attribute, loaded in each process as it starts."""

    def __init__(self, *, application: str, threads: int) -> None:
        self._name, self._threads = application, threads
        self._feeds: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        try:
            body = await read_body(dict(scope["headers"]), receive)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 408, "headers": [(b"connection", b"close")]})
            await send(LAST)
            return
        if body is None:
            return
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._pool, self._answer, scope, body, loop, receive, send)
        if isinstance(answer, Stream):
            await self._stream(answer, receive, send)
            return
        for message in answer:
            await send(message)

    # --- In the threads -----------------------------------------------------------------------------------------------

    def _answer(
        self, scope: Message, body: bytes, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send
    ) -> Stream | tuple[Message, ...]:
        """Run the application; the messages that are left to send."""
        start: Message = {"type": "http.response.start"}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            start["status"] = int(status[:3])
            start["headers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]

        called = environ.build(scope, body=body)
        result: Any = self._application(called, start_response)
        try:
            headers = start["headers"]
            if "HTTP_EXPECT" in called and is_too_long(dict(scope["headers"])):
                headers.append((b"connection", b"close"))  # the client holds the body back, and will not send it now
            if start["status"] in (204, 304):
                start["headers"] = [header for header in headers if header[0].lower() != b"content-length"]
                return start, LAST
            if scope["method"] == "HEAD" and is_open_ended(result):
                return start, LAST
            if getattr(result, "is_async", False):
                return Stream(start=start, pieces=result, context=copy_context())
            length = next((int(value) for name, value in headers if name.lower() == b"content-length"), None)
            if is_open_ended(result) and scope["http_version"] != "1.0" and (length is None or length > JOINED_LIMIT):
                send_pieces(start, result, loop, receive, send)
                return ()
            whole = b"".join(result)
            if length is None:
                headers.append((b"content-length", b"%d" % len(whole)))
            return start, {**LAST, "body": whole}
        finally:  # now, also before a stream: Django's signals run in this thread, where its database connection is
            close = getattr(result, "close", None)
            if close is not None:
                close()

    # --- In the event loop --------------------------------------------------------------------------------------------

    async def _stream(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Send until the stream ends, the reader leaves or the server stops."""
        await send(stream.start)
        feed = asyncio.create_task(_feed(stream.pieces, send), context=stream.context)
        left = asyncio.create_task(_left(receive))
        self._feeds.add(feed)
        if self._stopping:
            feed.cancel()
        try:
            await asyncio.wait((feed, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._feeds.discard(feed)
            for task in (feed, left):
                task.cancel()
        await asyncio.wait((feed, left))
        if not feed.cancelled() and (error := feed.exception()) is not None:
            raise error  # without the last chunk: the reader sees that something is missing
        await send(LAST)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The process's life: load the application, serve, go."""
        await receive()
        module, _, attribute = self._name.partition(":")
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="web")
        # In a thread, for what is asked before anything is served (see factoryos.wsgi) asks the database too.
        loaded = await asyncio.get_running_loop().run_in_executor(self._pool, import_module, module)
        self._application: Callable[..., Iterable[bytes]] = getattr(loaded, attribute)
        _spare_the_collector()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._end_streams_at(number)
        _end_with_parent()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._pool.shutdown(wait=False, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    def _end_streams_at(self, number: signal.Signals) -> None:
        """The server itself would wait for streams as for requests, and tells the application only afterwards."""
        loop, before = asyncio.get_running_loop(), signal.getsignal(number)

        def stop(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._end_streams)
            if callable(before):
                before(number, frame)

        signal.signal(number, stop)

    def _end_streams(self) -> None:
        self._stopping = True
        for feed in self._feeds:
            feed.cancel()


def _spare_the_collector() -> None:
    """What is loaded by now lives as long as the process: looking through it again and again finds nothing to free.

    A request makes some thousand objects and nearly all go by themselves; the collector's usual 700 have it look several
    times a request. Rings of objects are still found, a little later.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _end_with_parent() -> None:
    """A process whose supervisor was killed would go on holding the port."""
    parent, loop = multiprocessing.parent_process(), asyncio.get_running_loop()
    if parent is None:
        return

    def end() -> None:
        loop.remove_reader(parent.sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, end)


def is_too_long(headers: dict[bytes, bytes]) -> bool:
    return int(headers.get(b"content-length", 0)) > BODY_LIMIT


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
    """The body, or as much of it as shows that it is too long; None if the client left."""
    if is_too_long(headers) or not headers.keys() & {b"content-length", b"transfer-encoding"}:
        return b""  # the application refuses the length in its own words; what still comes of the body is thrown away
    body = bytearray()
    async with asyncio.timeout(READ_SECONDS):
        while len(body) <= BODY_LIMIT:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if not message["more_body"]:
                break
    return bytes(body)


def is_open_ended(result: Iterable[bytes]) -> bool:
    """Django says of its responses whether they stream; of a plain WSGI application's answer, a list does not."""
    return bool(getattr(result, "streaming", not isinstance(result, list | tuple)))


def send_pieces(
    start: Message, result: Iterable[bytes], loop: asyncio.AbstractEventLoop, receive: Receive, send: Send
) -> None:
    """Send a long or open-ended body as it is made, holding this thread."""

    async def pass_on(message: Message) -> None:
        await send(message)

    def tell(message: Message) -> None:
        asyncio.run_coroutine_threadsafe(pass_on(message), loop).result(SEND_SECONDS)

    left = asyncio.run_coroutine_threadsafe(_left(receive), loop)
    tell(start)
    for data in result:
        if left.done():
            return
        if data:
            tell({**LAST, "body": data, "more_body": True})
    tell(LAST)


async def _feed(pieces: AsyncIterable[bytes], send: Send) -> None:
    async with aclosing(aiter(pieces)) as made:  # type: ignore[type-var]
        async for data in made:
            if data:
                await send({**LAST, "body": data, "more_body": True})


async def _left(receive: Receive) -> None:
    """Return when the client has left, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
