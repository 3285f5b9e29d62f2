// Shortcuts of a single key. Each has a control that one can see; all are off while somebody writes, or by choice.

import { closeMenu, help } from "./choices.js";
import { current, focusRow, rowOf, rows } from "./rows.js";

const WAIT_MS = 1500; // for the second key after g
let goUntil = 0;

const writing = (element) =>
  element.isContentEditable || element.matches?.("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select");

function step(by) {
  const all = rows(), row = current();
  const next = all[row ? all.indexOf(row) + by : by > 0 ? 0 : all.length - 1];
  if (!next) return;
  focusRow(next);
  next.scrollIntoView({ block: "nearest" });
}

function select({ shiftKey }) {
  const box = current()?.querySelector("[name=ids]");
  box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }));
}

/** Focus or press what a letter stands for: of the row first, else of the page. */
function use({ key }) {
  const places = [current(), document].filter(Boolean);
  const found = places.flatMap((place) => [...place.querySelectorAll(`[data-key=${key}]`)]).find((each) => each.getClientRects().length);
  found?.focus();
  if (found?.matches("a, button, summary")) found.click();
  return found;
}

function leave({ target }) {
  if (closeMenu()) return;
  const row = current();
  if (!writing(target)) return document.querySelector("a[data-back]")?.click();
  target.blur();
  if (row) focusRow(row);
}

// What answers false has found nothing to do, and leaves the key to the browser.
const DO = {
  "/": () => {
    const field = document.querySelector("main [name=q]") ?? document.getElementById("search");
    field?.focus();
    field?.select();
  },
  "?": help,
  j: () => step(1),
  k: () => step(-1),
  x: select,
  X: select,
  g: () => { goUntil = Date.now() + WAIT_MS; },
  s: use,
  p: use,
  n: use,
  Enter: ({ target }) => target === rowOf(target) && target.querySelector("a.open")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog:modal")) return; // it closes itself
  if (event.key === "Escape") return leave(event);
  if (!("keys" in document.documentElement.dataset) || writing(event.target)) return;
  const link = Date.now() < goUntil && document.querySelector(`a[data-goto="${CSS.escape(event.key)}"]`);
  goUntil = 0;
  if (link) link.click();
  else if (!Object.hasOwn(DO, event.key) || (event.repeat && !"jk".includes(event.key)) || DO[event.key](event) === false) return;
  event.preventDefault();
});
