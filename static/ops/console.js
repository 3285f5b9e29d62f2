// Entry of the console's scripts. Every page works without them; they add fragments, keys, live data and a careful word.

import "./choices.js";
import "./guards.js";
import "./keys.js";
import "./live.js";
import { tell, token } from "./notices.js";
import { holdFocus } from "./rows.js";

let giveBack;

document.documentElement.dataset.js = "";
document.querySelector("main [data-focus]")?.focus();

const saved = ({ requestConfig }) => (requestConfig?.verb === "get" ? "Nothing was changed." : "It is not known whether your change was saved: look before you send it again.");

document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-CSRFToken"] = token();
});

// A failure that has no place of its own, or is a whole page, is told on top; the page stays as it was.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr } = detail;
  giveBack = holdFocus();
  if (xhr.status < 400 || xhr.getResponseHeader("HX-Retarget")) return;
  if (xhr.status < 500 && !/^\s*<!doctype/i.test(xhr.responseText)) return;
  detail.shouldSwap = false;
  tell("error", `That failed (${xhr.status}). ${saved(detail)} Reference ${xhr.getResponseHeader("X-Request-Id") ?? "none"}`);
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  const found = target.querySelector("[data-focus]");
  if (found) found.focus();
  else giveBack?.();
  giveBack = undefined;
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, ({ detail }) => tell("error", `The server cannot be reached. ${saved(detail)}`));
}
