// Words to the person, at the top of the page, where screen readers hear them.

export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** Show a notice; the same words are not said twice. `link`: {href, words}. */
export function tell(kind, words, link) {
  const place = document.getElementById("notices");
  if (!place || [...place.children].some((notice) => notice.dataset.words === words)) return;
  const notice = document.createElement("p");
  notice.className = `notice notice-${kind}`;
  notice.dataset.words = words;
  if (kind === "error") notice.setAttribute("role", "alert");
  notice.append(Object.assign(document.createElement("span"), { textContent: words }));
  if (link) notice.append(" ", Object.assign(document.createElement("a"), { href: link.href, textContent: link.words }));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "bare", textContent: "Close" });
  close.addEventListener("click", () => notice.remove());
  notice.append(close);
  place.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
}
