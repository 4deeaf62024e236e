// Pages whose parts renew themselves: what happens when the server does not answer, or the log-in has ended.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const stale = document.getElementById("parts-stale");
  const seen = () => document.getElementById("live-head")?.dataset.seen;
  let before = seen();
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    // Logged out meanwhile: the answer is the page that asks who one is.
    if (event.detail.xhr.responseURL.includes("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => { if (stale) stale.hidden = event.detail.successful; });
  // Another state, or another limit that binds, has other reasons: they are read anew at once.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "live-now" || seen() === before) return;
    before = seen();
    htmx.trigger("#campaign-why", "changed");
  });
});
