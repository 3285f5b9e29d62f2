"""Documents that are meant to hurt: refused while they are read, with nothing expanded and nothing fetched."""

import gc
import resource
import socket
import threading
import time
import tracemalloc
import xml.sax
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from xml.sax.handler import ContentHandler, feature_external_ges

import pytest

from factoryos.dialects.base.dialect import MEGABYTE
from factoryos.dialects.store.requests import NewOrder, TracedRun
from factoryos.dialects.store.xml_in import DEEPEST, MOST_NODES, MalformedXml, parse

ROOT = "productionOrderArticleTraceabilityDto"
BRIEF, LITTLE = (
    5.0,
    40_000_000,
)  # seconds of work and bytes: far more than is needed, far less than an attack would take


def reason(document: str | bytes) -> str:
    raw = document.encode() if isinstance(document, str) else document
    with pytest.raises(MalformedXml) as refusal:
        parse(raw, takes=TracedRun)
    return str(refusal.value.data["reason"])


@pytest.fixture
def little() -> Iterator[None]:
    """What happens in here takes little time and memory: Python's own, and the process's with the parser's."""
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    began = time.process_time()
    yield
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert seconds < BRIEF  # with the tracing, which takes most of it
    assert max(peak, grown) < LITTLE


@pytest.fixture
def listening() -> Iterator[tuple[str, Callable[[], int]]]:
    """An address on this machine, and how often anybody came there."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    came: list[object] = []
    over = threading.Event()

    def welcome() -> None:
        while not over.is_set():
            try:
                visitor, _ = server.accept()
            except TimeoutError:
                continue
            came.append(visitor)
            visitor.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
            visitor.close()

    thread = threading.Thread(target=welcome)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/x", lambda: len(came)
    over.set()
    thread.join()
    server.close()


EXTERNAL = [
    '<!DOCTYPE {root} SYSTEM "{url}"><{root}/>',
    '<!DOCTYPE {root} PUBLIC "-//x//y" "{url}"><{root}/>',
    '<!DOCTYPE {root} [<!ENTITY e SYSTEM "{url}">]><{root}><batch>&e;</batch></{root}>',
    '<!DOCTYPE {root} [<!ENTITY % e SYSTEM "{url}"> %e;]><{root}/>',
    '<?xml version="1.0" standalone="no"?><!DOCTYPE {root} [<!ENTITY % e SYSTEM "{url}"> %e;]><{root}/>',
    '<!DOCTYPE {root} [<!NOTATION n SYSTEM "{url}"><!ENTITY e SYSTEM "{url}" NDATA n>]><{root}/>',
]


@pytest.mark.parametrize("document", EXTERNAL)
def test_nothing_is_fetched(document: str, listening: tuple[str, Callable[[], int]]) -> None:
    url, visits = listening
    assert "DTD" in reason(document.format(root=ROOT, url=url))
    time.sleep(0.2)
    assert visits() == 0


def test_a_parser_that_is_not_defused_would_have_fetched(listening: tuple[str, Callable[[], int]]) -> None:
    url, visits = listening
    reader = xml.sax.make_parser()
    reader.setFeature(feature_external_ges, True)
    reader.setContentHandler(ContentHandler())
    with pytest.raises(Exception, match=r".*"):  # the entity is not to be had, once somebody has gone to look for it
        reader.parse(BytesIO(EXTERNAL[2].format(root=ROOT, url=url).encode()))
    time.sleep(0.2)
    assert visits() == 1


def test_links_that_are_no_entities_are_text(listening: tuple[str, Callable[[], int]]) -> None:
    url, visits = listening
    hints = f'xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:xsi="x" xsi:schemaLocation="x {url}"'
    document = f'<?xml-stylesheet href="{url}"?><{ROOT} {hints}><xi:include href="{url}"/></{ROOT}>'
    assert parse(document.encode(), takes=TracedRun) == {"include": ""}
    assert visits() == 0


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for document in EXTERNAL:
        assert "secret" not in reason(document.format(root=ROOT, url=secret.as_uri())).replace("secret.", "")


@pytest.mark.usefixtures("little")
def test_a_bomb_of_entities_does_not_go_off() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    bomb = f'<!DOCTYPE {ROOT} [<!ENTITY e0 "ha">{levels}]><{ROOT}><batch>&e29;</batch></{ROOT}>'
    blow_up = f'<!DOCTYPE {ROOT} [<!ENTITY e "{"x" * 500_000}">]><{ROOT}><batch>{"&e;" * 100_000}</batch></{ROOT}>'
    for document in (bomb, blow_up, f"<!DOCTYPE {ROOT}><{ROOT}/>", f"<!DOCTYPE {ROOT} []><{ROOT}/>"):
        assert "DTD" in reason(document)


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("name", ["a", "articles", "partTraceability", "serial", "batches"])
def test_depth_is_refused_where_it_begins(name: str) -> None:
    depth = min(200_000, (MEGABYTE - 100) // (len(name) + 2))
    # It is not even well-formed: whoever read on would say so.
    assert reason(f"<{ROOT}>" + f"<{name}>" * depth) == "more than 32 levels"


def test_depth_is_counted_to_the_level() -> None:
    def nested(levels: int) -> bytes:
        return f"<{ROOT}>{'<a>' * (levels - 1)}{'</a>' * (levels - 1)}</{ROOT}>".encode()

    assert parse(nested(DEEPEST), takes=TracedRun)
    assert reason(nested(DEEPEST + 1)) == "more than 32 levels"


CROWDS = {
    "elements": f"<{ROOT}>{{}}<!</{ROOT}>".format("<a/>" * 200_000),
    "ignored": "<productionOrderDto><articles>{}<!</articles>".format("<a/>" * 200_000),
    "attributes": f"<{ROOT} {{}}><!</{ROOT}>".format(" ".join(f"a{n}=''" for n in range(100_000))),
    "comments": f"<{ROOT}>{{}}<!</{ROOT}>".format("<!---->" * 140_000),
    "instructions": f"<{ROOT}>{{}}<!</{ROOT}>".format("<?a?>" * 200_000),
}


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
def test_crowds_are_refused_before_the_end_is_seen(crowd: str) -> None:
    assert len(crowd) <= MEGABYTE
    with pytest.raises(MalformedXml) as refusal:
        parse(crowd.encode(), takes=NewOrder if crowd.startswith("<productionOrderDto>") else TracedRun)
    assert refusal.value.data["reason"] == "more than 50000 nodes"


def test_nodes_are_counted_to_the_last() -> None:
    def crowd(nodes: int) -> bytes:
        return f"<{ROOT}>{'<a/>' * (nodes - 1)}</{ROOT}>".encode()

    assert len(parse(crowd(MOST_NODES), takes=TracedRun)["a"]) == MOST_NODES - 1
    assert reason(crowd(MOST_NODES + 1)) == "more than 50000 nodes"


LONG = {
    "text": f"<{ROOT}><batch>{'x' * 1_000_000}</batch></{ROOT}>",
    "lines": f"<{ROOT}><batch>{chr(10) * 1_000_000}</batch></{ROOT}>",
    "returns": f"<{ROOT}><batch>{chr(13) * 1_000_000}</batch></{ROOT}>",
    "references": f"<{ROOT}><batch>{'&#38;' * 200_000}</batch></{ROOT}>",
    "sections": f"<{ROOT}><batch>{'<![CDATA[x]]>' * 70_000}</batch></{ROOT}>",
    "attribute": f"<{ROOT} a='{'x' * 1_000_000}'/>",
    "comment": f"<{ROOT}><!--{'x' * 1_000_000}--></{ROOT}>",
    "name": f"<{ROOT}><{'x' * 1_000_000}/></{ROOT}>",
    "namespaces": f"<{ROOT} {' '.join(f'''xmlns:a{n}='x' ''' for n in range(40_000))}/>",
    "batches": f"<{ROOT}><partTraceability>{'<batches><batchId>LN-77</batchId></batches>' * 24_000}</partTraceability></{ROOT}>",
}


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("document", LONG.values(), ids=LONG)
def test_a_megabyte_of_anything_is_read_in_no_time(document: str) -> None:
    assert len(document) <= MEGABYTE
    parse(document.encode(), takes=TracedRun)


@pytest.mark.usefixtures("little")
def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    for document in (
        f"<{'x' * 1_000_000}/>",
        f"<{ROOT}><{'batch' * 100_000}>a<b/></{'batch' * 100_000}></{ROOT}>",
        f"<{ROOT}>" + "x" * 1_000_000,
    ):
        assert len(reason(document)) < 300
