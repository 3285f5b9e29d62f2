// Keeps [data-live] regions true: a hint says that something changed, the region is asked for again. Hints are not data.

import { tell } from "./notices.js";
import { refresh } from "./regions.js";

const { stream, worker, person } = document.body.dataset;
const POLL_MS = 5000; // without a stream
const HEAL_MS = 60000; // with one: a hint that got lost is missed no longer than this
const pill = document.getElementById("live");

let port, mode, timer, ended = false, since = 0, asked = 0;

function show(state) {
  mode = state;
  pill.hidden = false;
  pill.dataset.state = state;
  pill.textContent = state === "offline" ? `offline since ${new Date(since).toLocaleTimeString("en-GB")}` : state;
}

async function ask(region) {
  const answer = await refresh(region);
  if (ended || !answer) return;
  if (answer === "signed out") {
    end();
    tell("warning", "You are signed out: this page is no longer kept up to date.", { href: location.href, words: "Sign in" });
  } else if (mode !== "live") {
    since = answer === "lost" ? since || Date.now() : 0;
    show(since ? "offline" : "polling");
  }
}

/** Ask for the regions that `concerns` picks; `spread`: milliseconds over which tabs and browsers do not all ask at once. */
function askAll(spread = 0, concerns = () => true) {
  if (ended || document.hidden) return;
  asked = Date.now();
  const regions = [...document.querySelectorAll("[data-live][data-live-url]")].filter(concerns);
  setTimeout(() => regions.forEach(ask), Math.random() * spread);
}

function heard({ data: { state, tries, reset, hint } }) {
  if (state === "live") {
    since = 0;
    show(state);
  } else if (mode === "live" && (state === "gone" || tries > 1)) show("polling");
  if (state || reset) askAll(1000);
  if (hint) {
    askAll(0, ({ dataset: { live, liveId } }) => live.split(" ").includes(hint.topic) && (!liveId || !hint.id || liveId === hint.id));
  }
}

function join() {
  port?.postMessage({ url: stream });
  askAll();
}

function end() {
  ended = true;
  clearInterval(timer);
  port?.postMessage({ bye: 1 });
  since ||= Date.now();
  show("offline");
}

if (stream && worker && pill) {
  if (globalThis.SharedWorker && globalThis.EventSource) {
    // A worker a person: whoever signs in next hears nothing that the one before may hear.
    port = new SharedWorker(worker, { name: person }).port;
    port.onmessage = heard;
    port.postMessage({ url: stream });
  }
  setTimeout(() => mode || show("polling"), port ? 3000 : 0);
  timer = setInterval(() => {
    port?.postMessage({});
    if (Date.now() - asked > (mode === "live" ? HEAL_MS : POLL_MS) - 500) askAll();
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => askAll());
  addEventListener("pagehide", () => port?.postMessage({ bye: 1 }));
  addEventListener("pageshow", ({ persisted }) => persisted && join());
}
