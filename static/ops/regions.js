// One [data-live] region: asked for again at most once a second, swapped when that disturbs nobody, else told of.

import { holdFocus } from "./rows.js";

const EVERY_MS = 1000;
const known = new Map(); // id of the region → {url, etag, at: last asked, waits: timer}

/** Ask for the region as soon as it may be asked again. "lost", "signed out", "true"; nothing when it is asked for already. */
export async function refresh({ id }) {
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
  const same = words(region) === words(content);
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
  region.replaceChildren(...content.childNodes);
  globalThis.htmx?.process(region);
  giveBack();
  region.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true, detail: { elt: region } }));
}

/** Something in it is selected, half written or open. */
function inUse(region) {
  return region.querySelector("[name=ids]:checked, details.menu[open], dialog[open]") || [...region.querySelectorAll("input, select, textarea")].some(touched);
}

function touched(field) {
  if (field.type === "hidden") return false;
  if (/checkbox|radio/.test(field.type)) return field.checked !== field.defaultChecked;
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
