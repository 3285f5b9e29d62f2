// One stream for all tabs of a browser, which gives a host six connections in all: a SharedWorker.
// A tab says {url} when it comes, {} while it is there and {bye} when it goes; ports have no close event.
// It hears {state: live | lost | gone, tries}, {hint: {topic, id, version, type}} and {reset}.

const SILENT_MS = 150000; // background tabs are woken once a minute
const LONGEST_MS = 30000;
const streams = new Map(); // url → stream

function connect(stream) {
  const source = (stream.source = new EventSource(stream.url));
  source.onopen = () => {
    stream.tries = 0;
    tell(stream, "live");
  };
  source.onerror = () => {
    stream.tries += 1;
    tell(stream, "lost");
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    const wait = Math.min(LONGEST_MS, 1000 * 2 ** stream.tries) * (0.5 + Math.random() / 2);
    stream.timer = setTimeout(connect, wait, stream);
  };
  source.addEventListener("hint", ({ data }) => say(stream, { hint: JSON.parse(data) }));
  source.addEventListener("reset", () => say(stream, { reset: true }));
  source.addEventListener("gone", () => {
    tell(stream, "gone");
    close(stream);
  });
  return stream;
}

function close(stream) {
  stream.source.close();
  clearTimeout(stream.timer);
  streams.delete(stream.url);
}

function tell(stream, state) {
  stream.state = state;
  say(stream, { state, tries: stream.tries });
}

function say(stream, message) {
  for (const port of stream.ports.keys()) port.postMessage(message);
}

function leave(port) {
  for (const stream of streams.values()) if (stream.ports.delete(port) && !stream.ports.size) close(stream);
}

function come(port, url) {
  const stream = streams.get(url) ?? connect({ url, ports: new Map(), tries: 0 });
  streams.set(url, stream);
  stream.ports.set(port, Date.now());
  if (stream.state) port.postMessage({ state: stream.state, tries: stream.tries });
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.bye) leave(port);
    else if (data.url) come(port, data.url);
    else for (const { ports } of streams.values()) if (ports.has(port)) ports.set(port, Date.now());
  };
};

setInterval(() => {
  for (const { ports } of streams.values()) {
    for (const [port, seen] of ports) if (Date.now() - seen > SILENT_MS) leave(port);
  }
}, 30000);
