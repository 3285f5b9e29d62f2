// Which row the person is at, kept by its id: the row itself is replaced whenever the table is.

const ROW = "table.grid tr[data-row]";
let at = "";

export const rows = () => [...document.querySelectorAll(ROW)].filter((row) => row.getClientRects().length);
export const rowOf = (element) => element?.closest?.(ROW) ?? null;
/** The row with the focus, else the one that had it last and is still shown. */
export const current = () => rowOf(document.activeElement) ?? (at && document.getElementById(at)) ?? null;

export function focusRow(row, options) {
  row.tabIndex = -1;
  row.focus(options);
}

document.addEventListener("focusin", ({ target }) => {
  const row = rowOf(target);
  if (!row?.id) return;
  at = row.id;
  document.querySelector("tr[data-current]")?.removeAttribute("data-current");
  row.dataset.current = "";
});

/** Remember where the focus is; what comes back puts it there again if a swap has taken it away. */
export function holdFocus() {
  const had = document.activeElement;
  if (!had || had === document.body) return () => {};
  const row = rowOf(had)?.id, { id, name, selectionStart } = had;
  return () => {
    if (had.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
    const again = row && document.getElementById(row);
    // A row that had the focus itself takes it only as a row.
    const same = id !== row && (id && document.getElementById(id)) || (again && name && again.querySelector(`[name="${CSS.escape(name)}"]`));
    if (same) {
      same.focus({ preventScroll: true });
      if (typeof selectionStart === "number") same.setSelectionRange?.(selectionStart, selectionStart);
    } else if (again) focusRow(again, { preventScroll: true });
  };
}
