// Shared by the admin pages: buttons that copy, and forms that are sent once only.
"use strict";
(() => {
  const copyText = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  // Choices that search while one types: their inner inputs are called as the field is.
  const nameOf = (part) => {
    const field = part.closest(".select2-container")?.previousElementSibling;
    return (field?.labels?.[0]?.textContent || "").replace(/[:*]/g, "").trim();
  };
  const nameSearches = () => {
    for (const input of document.querySelectorAll(".select2-search__field:not([aria-label])")) {
      input.setAttribute("aria-label", nameOf(input) || "Search");
    }
    // What is chosen is the name of the choice by itself, and nothing names one that is empty.
    for (const chosen of document.querySelectorAll(".select2-selection__rendered[role=textbox]")) {
      chosen.setAttribute("aria-label", [nameOf(chosen) || "Choice", chosen.title].filter(Boolean).join(": "));
    }
    // Of two lists side by side: pictures that Django names without saying that they are some.
    for (const sign of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) sign.setAttribute("role", "img");
  };
  // They are made when jQuery is ready, which may be later than the page.
  window.addEventListener("load", () => {
    if (window.django?.jQuery) window.django.jQuery(nameSearches);
    setTimeout(nameSearches);  // after what others make when the page is there
  });
  document.addEventListener("focusin", nameSearches);
  // What renews itself is left alone while it has the focus: who goes by keyboard would be thrown back to the top.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target?.contains(document.activeElement)) event.detail.shouldSwap = false;
  });
  const say = (button, text) => {
    const before = button.dataset.label || button.textContent;
    button.dataset.label = before;
    button.textContent = text;
    setTimeout(() => { button.textContent = before; }, 2000);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    await copyText(source.value ?? source.textContent);
    say(button, "Copied");
  });
  // A page that comes back by the browser's back button may be sent again. A form that was sent gets the key that it
  // was sent with: what was done is not done a second time. A reload, or coming by a link, makes it a new form.
  const keyOf = (form) => form.querySelector("input[name=form_key]");
  const placeOf = (form) => `${[...document.forms].indexOf(form)} ${form.getAttribute("action") || ""}`;
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
    const came = performance.getEntriesByType("navigation")[0]?.type;
    if (came !== "back_forward") return;
    for (const form of document.forms) {
      const sent = history.state?.sentKeys?.[placeOf(form)];
      if (sent && keyOf(form)) keyOf(form).value = sent;
    }
  });
  const rememberKey = (form) => {
    if (!keyOf(form) || form.id === "changelist-form") return;
    const sentKeys = {...history.state?.sentKeys, [placeOf(form)]: keyOf(form).value};
    history.replaceState({...history.state, sentKeys}, "");
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-copy-reply]")) {
      event.preventDefault();
      const button = form.querySelector("button");
      const reply = await fetch(form.action, {method: "POST", body: new FormData(form)});
      if (!reply.ok) return say(button, "Not allowed");
      await copyText((await reply.json()).text);
      return say(button, "Copied");
    }
    if (form.matches("[data-once]")) {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
    }
    rememberKey(form);
    return undefined;
  });
})();
