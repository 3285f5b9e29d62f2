// Names the search boxes that the admin makes of its choices: the box takes the label of the field it stands for.
(() => {
  "use strict";

  function nameOf(select) {
    if (select.getAttribute("aria-label")) return select.getAttribute("aria-label");
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    return label ? label.textContent.trim().replace(/:$/, "") : select.name;
  }

  function label() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.nextElementSibling;
      for (const part of box ? box.querySelectorAll("[role=combobox], [role=textbox]") : []) {
        part.setAttribute("aria-label", nameOf(select));
      }
    }
  }

  // Whenever boxes come: with the page, which may make them after it has loaded, or with another row.
  label();
  new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
})();
