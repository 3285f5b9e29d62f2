// Selecting rows of a table: all of the page, a range with Shift, all that match; how many; and what is left out of "all".

const rows = (form) => [...form.querySelectorAll('input[name="ids"]')];
const formOf = (element) => element.closest("form:has([data-bulk])");
const shown = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
let last = null;

function everything(form) {
  return form.querySelector('[data-bulk-all] input:checked') !== null;
}

function leftOut(form) {
  form.querySelectorAll('input[name="except"]').forEach((input) => input.remove());
  if (!everything(form)) return 0;
  const boxes = rows(form).filter((box) => !box.checked);
  for (const box of boxes) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name: "except", value: box.value });
    form.append(input);
  }
  return boxes.length;
}

function tell(form, words) {
  for (const place of form.querySelectorAll("[data-bulk-count]")) if (place.textContent !== words) place.textContent = words;
}

function sync(form) {
  const boxes = rows(form);
  const chosen = boxes.filter((box) => box.checked).length;
  const head = form.querySelector("input[data-all]");
  if (head) {
    head.hidden = false;
    head.checked = boxes.length > 0 && chosen === boxes.length;
    head.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const all = everything(form);
  const count = all ? Number(form.querySelector("[data-matching]").dataset.matching) - leftOut(form) : (leftOut(form), chosen);
  for (const label of form.querySelectorAll("[data-bulk-all]")) label.hidden = !all && (!boxes.length || chosen < boxes.length);
  tell(form, count ? `${shown(count)} selected:` : "With the selected:");
}

function range(form, box) {
  const boxes = rows(form);
  const from = boxes.indexOf(last), to = boxes.indexOf(box);
  if (from < 0) return;
  for (const each of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || !formOf(box)) return;
  const form = formOf(box);
  if (box.name === "ids") {
    if (event.shiftKey) range(form, box);
    last = box;
  } else if (box.matches("[data-all]")) {
    rows(form).forEach((each) => { each.checked = box.checked; });
  } else if (box.name === "all") {
    form.querySelectorAll('[data-bulk-all] input').forEach((each) => { each.checked = box.checked; });
    if (box.checked) rows(form).forEach((each) => { each.checked = true; });
  }
});
document.addEventListener("change", (event) => {
  const form = event.target.closest && formOf(event.target);
  if (form) sync(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!event.submitter?.closest("[data-bulk]") || everything(form) || rows(form).some((box) => box.checked)) return;
  event.preventDefault();
  tell(form, "Select orders first:");
});

const syncAll = () => document.querySelectorAll("form:has([data-bulk])").forEach(sync);
document.addEventListener("htmx:afterSettle", syncAll);
window.addEventListener("pageshow", syncAll);
syncAll();
