// The order page with JavaScript: steps in a dialog instead of a page, and the product field as a combobox.
// A page without it works the same: links lead to forms, forms are sent whole.

const dialog = document.getElementById("step");
let opener = "";

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-step]");
  if (link && dialog && window.htmx) {
    event.preventDefault();
    opener = link.getAttribute("href");
    window.htmx.ajax("GET", link.href, { target: dialog, swap: "innerHTML", source: dialog });
  } else if (dialog?.open && event.target.closest("#step a[data-close], #step .button[href]")) {
    event.preventDefault();
    dialog.close();
  }
});

dialog?.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  const values = Object.fromEntries([...new FormData(form, event.submitter)]);
  window.htmx.ajax("POST", form.action, { target: dialog, swap: "innerHTML", source: form, values, event });
});

// Done: what was typed is kept on the server and need not be guarded on the way to the page that shows it.
dialog?.addEventListener("htmx:beforeOnLoad", ({ target, detail }) => {
  if (detail.xhr.getResponseHeader("HX-Redirect")) target.removeAttribute("data-guard");
});
dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  // The browser gives the focus back, unless a live update has put another link in the place of the one that was pressed.
  if (document.activeElement === document.body) document.querySelector(`a[data-step][href="${CSS.escape(opener)}"]`)?.focus();
});

dialog?.addEventListener("htmx:afterSwap", () => {
  if (!dialog.open) dialog.showModal();
  const heading = dialog.querySelector("h2");
  heading.id = "step-title";
  (dialog.querySelector("[data-focus]") ?? dialog.querySelector("input:not([type=hidden]), select, textarea, button, a"))?.focus();
});

// --- Combobox (ARIA APG: editable, list autocomplete): arrows move, Enter takes, Escape closes ---
for (const input of document.querySelectorAll("input[data-combobox]")) {
  const list = document.createElement("ul");
  list.id = `${input.id}-list`;
  list.className = "combobox";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Products");
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]])
    input.setAttribute(name, value);
  let timer, asked = 0, current = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) mark(-1);
  };
  const mark = (place) => {
    current = place;
    options().forEach((option, number) => {
      option.id = `${list.id}-${number}`;
      option.setAttribute("aria-selected", String(number === place));
      if (number === place) option.scrollIntoView({ block: "nearest" });
    });
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${list.id}-${place}`);
  };
  const take = (option) => { input.value = option.dataset.value; show(false); };
  const look = async () => {
    const mine = ++asked;
    const answer = await fetch(`${input.dataset.combobox}?q=${encodeURIComponent(input.value)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (mine !== asked || !answer?.ok) return;
    list.innerHTML = await answer.text();
    show(document.activeElement === input);
    mark(-1);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look();
      else if (count) mark((current + (event.key === "ArrowDown" ? 1 : current < 0 ? 0 : -1) + count) % count);
    } else if (event.key === "Enter" && !list.hidden && current >= 0) {
      event.preventDefault();
      take(options()[current]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      show(false);
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  input.addEventListener("blur", () => show(false));
}
