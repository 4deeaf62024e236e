// Tables of inputs (dialer/admin/rows.py): rows are added, copied and taken away, and a preset fills them.
"use strict";
(() => {
  const FIELD = /^(.*)-(\d+|__n__)-([a-z_]+)$/;
  const tableOf = (element) => element.closest("[data-rows]");
  const changed = (element) => element.dispatchEvent(new Event("rows-changed", {bubbles: true}));

  const number = (row, index) => {
    for (const element of row.querySelectorAll("[name], [id], [aria-describedby]")) {
      for (const attribute of ["name", "id", "aria-describedby"]) {
        const match = (element.getAttribute(attribute) || "").match(FIELD);
        if (match) element.setAttribute(attribute, `${match[1]}-${index}-${match[3]}`);
      }
    }
  };
  const next = (table) => {
    const index = Number(table.dataset.next);
    table.dataset.next = index + 1;
    return index;
  };
  const part = (row, name) => row.querySelectorAll(`[name$="-${name}"]`);

  const add = (table, kind) => {
    const template = table.querySelector(`template[data-rows-new="${kind}"]`);
    const row = template.content.querySelector("[data-row]").cloneNode(true);
    number(row, next(table));
    const list = table.querySelector(`[data-rows-list="${kind}"]`) || table.querySelector("[data-rows-list]");
    list.append(row);
    return row;
  };
  const copy = (row) => {
    const twin = row.cloneNode(true);
    // What is typed is no attribute: it is not cloned.
    const typed = row.querySelectorAll("input, select");
    twin.querySelectorAll("input, select").forEach((input, place) => {
      if (input.type === "checkbox") input.checked = typed[place].checked;
      else input.value = typed[place].value;
    });
    for (const stored of part(twin, "stored")) stored.value = "";
    twin.querySelector(".d-row-problems")?.remove();
    number(twin, next(tableOf(row)));
    row.after(twin);
    return twin;
  };
  const focusIn = (row) => row.querySelector("input:not([type=hidden]), select")?.focus();

  const fill = (row, cells) => {
    for (const input of row.querySelectorAll("input:not([type=hidden]), select")) {
      const texts = cells[input.name.match(FIELD)?.[3]] || [];
      if (input.type === "checkbox") input.checked = texts.includes(input.value);
      else input.value = texts[0] || "";
    }
  };
  const fillAll = (table, rows) => {
    const byOutcome = Object.fromEntries(rows.filter((cells) => cells.outcome).map((cells) => [cells.outcome[0], cells]));
    for (const row of [...table.querySelectorAll("[data-rows-list] > [data-row]")]) {
      if (row.dataset.outcome) fill(row, byOutcome[row.dataset.outcome] || {});
      else row.remove();
    }
    for (const cells of rows.filter((one) => one.said)) fill(add(table, "retry"), cells);
  };

  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-tick]");
    if (all) for (const box of all.closest("[data-ticks]").querySelectorAll("input")) box.checked = Boolean(all.dataset.tick);
    const button = event.target.closest("[data-rows-add], [data-row-copy], [data-row-remove]");
    if (!button) return;
    const table = tableOf(button);
    if (button.dataset.rowsAdd) {
      focusIn(add(table, button.dataset.rowsAdd));
    } else if (button.hasAttribute("data-row-copy")) {
      focusIn(copy(button.closest("[data-row]")));
    } else {
      const row = button.closest("[data-row]");
      const neighbour = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      (neighbour?.querySelector("[data-row-remove]") || table.querySelector("[data-rows-add]")).focus();
    }
    changed(table);
  });
  document.addEventListener("change", (event) => {
    const select = event.target.closest("[data-rows-preset]");
    if (!select || !select.value) return;
    const table = tableOf(select);
    fillAll(table, JSON.parse(document.getElementById(select.dataset.rowsPreset).textContent)[select.value]);
    table.querySelector("[data-rows-said]").textContent = `Filled in from “${select.value}”; nothing is saved yet.`;
    select.value = "";
    changed(table);
  });
})();
