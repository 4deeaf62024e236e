// The search of every page: Ctrl-K or ⌘K opens it, the arrows choose, Enter opens, Esc closes.
"use strict";
(() => {
  const dialog = () => document.getElementById("search");
  const input = () => document.getElementById("search-text");
  const hits = () => [...document.querySelectorAll("#search-found [role=option]")];
  const chosen = () => document.querySelector("#search-found [aria-selected=true]");

  const open = () => {
    if (!dialog() || dialog().open) return;
    dialog().showModal();
    input().select();
  };
  const choose = (hit) => {
    for (const one of hits()) one.setAttribute("aria-selected", String(one === hit));
    if (hit) {
      input().setAttribute("aria-activedescendant", hit.id);
      hit.scrollIntoView({block: "nearest"});
    } else {
      input().removeAttribute("aria-activedescendant");
    }
  };
  const step = (by) => {
    const all = hits();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    choose(all[(at + by + all.length) % all.length]);
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (!dialog()) return;
      event.preventDefault();
      open();
      return;
    }
    if (event.target !== input()) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      // A browser would only empty the input by the first one.
      event.preventDefault();
      dialog().close();
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      window.location.assign(chosen().href);
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-search]") && dialog() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      open();
    } else if (event.target.closest("[data-close-search]") || event.target === dialog()) {
      dialog().close();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "search-found") return;
    input().setAttribute("aria-expanded", String(hits().length > 0));
    choose(hits()[0]);
  });
})();
