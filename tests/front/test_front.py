"""What the web server tells the application of a request, and what the client gets back."""

import json
import re

import pytest

from tests.front.server import Server, ask, read_until

# --- What the application learns --------------------------------------------------------------------------------------


def test_an_encoded_slash_can_be_told_from_a_slash(server: Server) -> None:
    encoded = ask(server, "/article/CAP-28%2FBLUE%252F%C3%A9?q=%20x")
    plain = ask(server, "/article/CAP-28/BLUE%252F%C3%A9?q=%20x")
    assert encoded["RAW_URI"] == "/article/CAP-28%2FBLUE%252F%C3%A9?q=%20x"
    assert plain["RAW_URI"] == "/article/CAP-28/BLUE%252F%C3%A9?q=%20x"
    assert encoded["PATH_INFO"] == plain["PATH_INFO"] == "/article/CAP-28/BLUE%2Fé"
    assert encoded["QUERY_STRING"] == "q=%20x"


def test_a_header_with_an_underscore_is_no_twin_of_the_hyphenated_one(server: Server) -> None:
    sent = {"api_key": "under", "Api-Key": "hyphen", "X_Forwarded_Proto": "https", "User_Id": "7"}
    facts = ask(server, "/", headers=sent)
    raw = dict(facts["raw"])
    assert (raw["api_key"], raw["api-key"], raw["user_id"]) == ("under", "hyphen", "7")
    assert facts["HTTP_API_KEY"] == "hyphen"
    assert "HTTP_X_FORWARDED_PROTO" not in facts
    assert "HTTP_USER_ID" not in facts


def test_repeated_header_lines_are_joined_and_kept(server: Server) -> None:
    request = (
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: \xc3\xa9\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n"
    )
    facts = json.loads(server.exchange(request).split(b"\r\n\r\n", 1)[1])
    assert facts["HTTP_X"] == "1,\u00c3\u00a9"
    assert facts["HTTP_COOKIE"] == "a=1; b=2"
    assert [value for name, value in facts["raw"] if name == "x"] == ["1", "\u00c3\u00a9"]


def test_bodies_arrive_with_a_length_and_in_chunks(server: Server) -> None:
    assert ask(server, "/", method="POST", body=b"abc" * 50_000)["body"] == "abc" * 50_000
    chunked = ask(server, "/", method="POST", body=iter([b"ab", b"c" * 70_000]), encode_chunked=True,
                  headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert chunked["body"] == "ab" + "c" * 70_000
    assert chunked["CONTENT_LENGTH"] == "70002"


def test_a_trailer_does_not_become_a_header(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    facts = json.loads(server.exchange(head + b"1\r\nx\r\n0\r\nAuthorization: me\r\n\r\n").split(b"\r\n\r\n", 1)[1])
    assert facts["body"] == "x"
    assert "HTTP_AUTHORIZATION" not in facts
    assert "authorization" not in dict(facts["raw"])


# --- What the client gets ---------------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests_and_then_a_stream(server: Server) -> None:
    client = server.client()
    client.connect()
    connection = client.sock
    for number in range(3):
        client.request("POST", f"/{number}", body=b"x" * number)
        assert json.loads(client.getresponse().read())["PATH_INFO"] == f"/{number}"
    assert client.sock is connection
    client.request("GET", "/stream?every=0.01&events=3")
    answer = client.getresponse()
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert re.findall(rb"id: (\d)", answer.read()) == [b"0", b"1", b"2"]


def test_requests_sent_ahead_are_answered_in_order(server: Server) -> None:
    ahead = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5))
    answers = server.exchange(ahead + b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert re.findall(rb'"PATH_INFO": "/(\w+)"', answers) == [b"0", b"1", b"2", b"3", b"4", b"last"]


def test_head_has_the_length_and_no_body(server: Server) -> None:
    client = server.client()
    client.request("HEAD", "/large?bytes=1234")
    answer = client.getresponse()
    assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "1234", b"")
    client.request("HEAD", "/stream")
    answer = client.getresponse()
    assert (answer.status, answer.headers["Content-Type"], answer.read()) == (200, "text/event-stream", b"")
    client.request("GET", "/large?bytes=2")  # the connection is still in step
    assert client.getresponse().read() == b"xx"


def test_a_body_made_in_pieces_is_sent_in_pieces(server: Server) -> None:
    client = server.client()
    for _ in range(2):
        client.request("GET", "/pieces")
        answer = client.getresponse()
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.read() == b"one,two,three"
    old = server.exchange(b"GET /pieces HTTP/1.0\r\n\r\n")
    assert old.endswith(b"\r\n\r\none,two,three")
    assert b"chunked" not in old


def test_a_client_that_waits_for_leave_to_send_gets_it(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ok")
        read_until(client, b'"body": "ok"')


def test_a_failing_application_costs_one_answer(server: Server) -> None:
    client = server.client()
    client.request("GET", "/broken")
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (500, b"Internal Server Error")
    client.request("GET", "/large?bytes=1")
    assert client.getresponse().read() == b"x"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
    ],
)
def test_what_is_no_proper_request_is_refused(server: Server, request_bytes: bytes) -> None:
    answer = server.exchange(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer


def test_a_header_without_an_end_is_not_read_to_its_end(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        with pytest.raises(ConnectionError):
            for _ in range(30_000_000 // 65_536):
                client.sendall(b"a" * 65_536)


def test_a_body_too_long_that_is_held_back_is_refused_without_it(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\nExpect: 100-continue\r\n\r\n"
    assert server.exchange(head).startswith(b"HTTP/1.1 400 ")  # and closed: what comes next would be taken for the body


@pytest.mark.parametrize("framing", [b"Content-Length: 30000000", b"Transfer-Encoding: chunked"])
def test_a_body_too_long_is_refused_by_the_application_while_it_is_still_sent(server: Server, framing: bytes) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if b"chunked" in framing else b"x" * 65_536
        for _ in range(30_000_000 // 65_536):
            client.sendall(piece)
        assert client.recv(65_536).startswith(b"HTTP/1.1 400 ")
