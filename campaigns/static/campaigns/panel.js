// The panel of an upload while it is read: its sums. It asks again every two seconds, slower when answers are slow.
"use strict";
(() => {
  const EVERY_MS = 2000;
  const number = (value) => Number(value).toLocaleString("en");
  const set = (root, name, text) => {
    const element = root.querySelector(`[data-field="${name}"]`);
    if (element && element.textContent !== String(text)) element.textContent = text;
    return element;
  };

  const showImport = (root, data) => {
    set(root, "state_label", data.state_label).dataset.state = data.state;
    set(root, "problem", data.problem);
    for (const name of ["total", "accepted", "duplicate", "refused"]) set(root, name, number(data[name]));
  };

  const follow = (root, show, isOver, firstMs) => {
    const ask = async () => {
      const began = performance.now();
      if (!document.hidden) {
        try {
          const reply = await fetch(root.dataset.url, {headers: {Accept: "application/json"}});
          if (reply.redirected || reply.status === 403) {
            set(root, "as_of", "Not followed any more: log in again.");
            return;
          }
          if (!reply.ok) throw new Error(String(reply.status));
          const data = await reply.json();
          show(root, data);
          if (isOver(data)) return;
        } catch {
          set(root, "as_of", "The server does not answer. Trying again…");
        }
      }
      setTimeout(ask, Math.max(EVERY_MS, 5 * (performance.now() - began)));
    };
    setTimeout(ask, firstMs);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("import-result");
    if (!root) return;
    const data = JSON.parse(document.getElementById("import-data").textContent);
    const isOver = (later) => {
      // The refused rows are a table of the page: read it again once they are all there.
      if (later.is_over) location.reload();
      return later.is_over;
    };
    showImport(root, data);
    if (!data.is_over) follow(root, showImport, isOver, EVERY_MS);
  });
})();
