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

  window.addEventListener("load", label);
  document.addEventListener("formset:added", () => setTimeout(label));
})();
