// Entry of the console's scripts. Every page works without them; they add fragments, keys and live data.

document.documentElement.dataset.js = "";
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
});
