// Two presses are one, and nothing written is lost: the button of a form that is under way, and text not sent yet.

const sending = new Map(); // form → what puts its button right again
let leaving = false;

function start(form, button = form.querySelector("button.primary, button:not([type=button])")) {
  const words = [...(button?.childNodes ?? [])];
  if (button) button.style.minWidth = `${button.offsetWidth}px`;
  button?.setAttribute("aria-busy", "true");
  button?.replaceChildren("Saving…");
  sending.set(form, () => {
    sending.delete(form);
    button?.removeAttribute("aria-busy");
    button?.replaceChildren(...words);
  });
}

const changes = (form) => form.tagName === "FORM" && form.method === "post";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !changes(form)) return;
  if (sending.has(form)) return event.preventDefault();
  leaving = true;
  sending.set(form, () => sending.delete(form));
  // The browser collects the form's data after this event, and with it what is pressed.
  setTimeout(start, 0, form, event.submitter ?? undefined);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!changes(form)) return;
  if (sending.has(form)) event.preventDefault();
  else start(form, event.detail.requestConfig.triggeringEvent?.submitter ?? undefined);
});
document.addEventListener("htmx:afterRequest", ({ detail }) => sending.get(detail.elt)?.());

// Back from the next page: the form is as it was, and may be sent again.
addEventListener("pageshow", () => {
  leaving = false;
  for (const putRight of sending.values()) putRight();
});

const unsent = (field) => field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue;

addEventListener("beforeunload", (event) => {
  const guarded = [...document.querySelectorAll("form[data-guard]")];
  if (!leaving && guarded.some((form) => [...form.elements].some(unsent))) event.preventDefault();
});
