"""The web server: uvicorn on one port for requests and streams, Django over WSGI in threads.

    python -m factoryos.front --port 8000 --workers 2 --threads 4

Two kinds of work meet on this port. Requests burn Python, so they want WSGI threads in one process per core. Streams
(server-sent events) are open for hours and mostly silent, so they want an event loop. uvicorn owns the port, the
processes and HTTP; `asgi.py` hands each request to a thread. When a view returns a `StreamingHttpResponse` with an
*asynchronous* iterator, the event loop iterates it and the thread is free again. So a stream is an ordinary view behind
the ordinary URL map, credentials and error format, and nothing is registered here:

    def events(request):
        actor = ...                       # refused like any other request
        async def feed():
            try:
                while True:
                    yield f"data: {...}\\n\\n"
                    await ...             # in here the ORM only through sync_to_async
            finally:
                ...                       # the reader left, or the server stops
        return StreamingHttpResponse(feed(), content_type="text/event-stream")

    __main__.py     the command, uvicorn's settings         environ.py      request to WSGI environ, with two facts more
    asgi.py         requests to threads, streams to loop    protocol.py     what uvicorn's parser does not refuse

`python tests/bench/front.py` measures it beside granian's WSGI, which is the fastest we know and has no streams. On
2026-11-21, two cores shared with other work (load 3.4), POST requests that burn 1.5 ms of Python, two processes of four
threads; requests per second at 1, 4 and 8 connections as a share of granian's without streams (533, 819 and 737):

                                     no streams              200 streams          memory    cpu a request
    factoryos.front               0.91   0.74   0.76      0.89   0.75   0.78      121 MB    1.80 – 1.91 ms
    granian WSGI                  1.00   1.00   1.00       cannot                  82 MB    1.66 – 1.72 ms
    granian WSGI, 128 threads     1.06   0.78   0.82      0.98   0.68   0.81      119 MB    1.63 – 1.73 ms

128 threads serve 200 streams only as long as nobody opens a 257th, and each may hold a database connection. Granian
also hides the raw target, and makes one header of `api_key` and `api-key`. Linux only.
"""
