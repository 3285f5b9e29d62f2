// Menus, the help sheet, and how one likes the page: at once here, and on the server for the next desk.

import { tell, token } from "./notices.js";

const root = document.documentElement;
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest?.("[data-help]") && document.getElementById("help")) {
    event.preventDefault();
    help();
  }
});

export function help() {
  closeMenu();
  document.getElementById("help")?.showModal();
}

/** Close the open menu, and go back to what opened it. Whether there was one. */
export function closeMenu() {
  const [menu] = open();
  if (!menu) return false;
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
  return true;
}

document.addEventListener("change", async ({ target }) => {
  const form = target.closest?.("form[data-preferences]");
  if (!form) return;
  const { name, value } = target;
  if (name === "single_keys") root.toggleAttribute("data-keys", value === "on");
  else root.dataset[name] = value;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams({ [name]: value }),
    headers: { "X-CSRFToken": token(), "HX-Request": "true" },
  }).catch(() => null);
  if (!answer?.ok) tell("warning", "This holds for this page only: it could not be saved.");
});
