// Keeps [data-live] regions true: a hint says that something changed, the region is asked for again. Hints are not data.

import { tell } from "./notices.js";
import { holdFocus } from "./rows.js";

const { stream, worker, person } = document.body.dataset;
const POLL_MS = 5000; // without a stream
const HEAL_MS = 60000; // with one: a hint that got lost is missed no longer than this
const EVERY_MS = 1000; // the most often that one region is asked for
const known = new Map(); // id of a region → {url, etag, at: last asked, waits}
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

// --- One region: swapped when that disturbs nobody, else told of ---

/** Ask for the region as soon as it may be asked again. "lost", "signed out", "true"; nothing when it is asked for already. */
async function refresh({ id }) {
  const place = known.get(id) ?? { at: 0 };
  known.set(id, place);
  if (place.waits) return;
  const wait = place.at + EVERY_MS - Date.now();
  place.waits = true;
  if (wait > 0) await new Promise((done) => setTimeout(done, wait));
  place.waits = false; // a hint that comes from here on is asked for anew
  place.at = Date.now();
  const region = document.getElementById(id);
  return region && fetched(region, place);
}

async function fetched({ id, dataset: { liveUrl: url } }, place) {
  const headers = { "HX-Request": "true", "HX-Target": id, "HX-Current-URL": location.href, "X-By-Itself": "1" };
  if (place.etag && place.url === url) headers["If-None-Match"] = place.etag;
  const answer = await fetch(url, { headers, cache: "no-store" }).catch(() => null);
  if (answer?.status === 401) return "signed out";
  if (answer?.status !== 304 && !answer?.ok) return "lost";
  const fresh = document.createElement("template");
  fresh.innerHTML = await answer.text();
  const region = document.getElementById(id);
  // Filtered or sorted meanwhile: then this answers a question that nobody asks any more.
  if (answer.status === 304 || region?.dataset.liveUrl !== url) return "true";
  Object.assign(place, { url, etag: answer.headers.get("ETag") });
  put(region, fresh.content.querySelector(`#${CSS.escape(id)}`) ?? fresh.content, place);
  return "true";
}

function put(region, content, place) {
  const [before, after] = [rowsOf(region), rowsOf(content)];
  // Of a list its rows alone: how many are selected is said by us.
  const same = before.size ? [...before].join() === [...after].join() : words(region) === words(content);
  const sameRows = before.size ? [...before.keys()].join() === [...after.keys()].join() : same;
  const near = region.matches(":hover") || region.contains(document.activeElement);
  if (!inUse(region) && (sameRows || !near)) return swap(region, content);
  place.etag = ""; // what is not shown is asked for again
  if (same) return;
  const changed = [...after].filter(([id, said]) => before.get(id) !== said).length;
  const missing = [...before.keys()].filter((id) => !after.has(id)).length;
  note(region, before.size ? changed + missing : 0, () => swap(region, content));
}

function swap(region, content) {
  const giveBack = holdFocus();
  const chosen = [...region.querySelectorAll("[name=ids]:checked")].map(({ value }) => value);
  region.replaceChildren(...content.childNodes);
  for (const box of region.querySelectorAll("[name=ids]")) box.checked ||= chosen.includes(box.value);
  globalThis.htmx?.process(region);
  giveBack();
  region.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true, detail: { elt: region } }));
}

/** Something in it is selected, half written or open. */
const inUse = (region) => region.querySelector("details.menu[open], dialog[open]") || [...region.querySelectorAll("input, select, textarea")].some(touched);

function touched(field) {
  if (field.type === "hidden") return false;
  if (/checkbox|radio/.test(field.type)) return field.checked !== field.defaultChecked || (field.checked && field.name === "ids");
  if (field === document.activeElement) return true;
  return field.options ? field.selectedIndex > 0 && !field.selectedOptions[0].defaultSelected : field.value !== field.defaultValue;
}

const rowsOf = (root) => new Map([...root.querySelectorAll("tr[data-row]")].map((row) => [row.id, words(row)]));

/** What an element says, without times, which change by themselves, and without our own note. */
function words(element) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("time, [data-live-note]")) part.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function note(region, count, use) {
  const place = region.querySelector("[data-live-note]") ?? document.createElement("div");
  place.dataset.liveNote = "";
  if (!place.isConnected) region.prepend(place);
  place.innerHTML = '<p class="notice notice-info" role="status"><span></span><button type="button">Refresh</button></p>';
  place.querySelector("span").textContent = count ? `${count} row${count > 1 ? "s" : ""} changed` : "This has changed";
  place.querySelector("button").onclick = use;
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
