// The card of an account's sync: asks how far it is while one is under way and somebody looks, and reads the page
// again once it has ended.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const EVERY_MS = 1000;
  const card = document.getElementById("account-sync");
  if (!card || card.dataset.over) return;
  const ask = async () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, {once: true});
      return;
    }
    try {
      const reply = await fetch(card.dataset.url, {headers: {Accept: "application/json"}});
      if (reply.redirected || reply.status === 403) return;
      const sync = await reply.json();
      if (sync.is_over) {
        location.reload();
        return;
      }
      for (const [name, text] of [["state", sync.state_label], ["done", sync.done]]) {
        card.querySelector(`[data-field="${name}"]`).textContent = text;
      }
    } catch {
      // The server does not answer: it is asked again.
    }
    setTimeout(ask, EVERY_MS);
  };
  setTimeout(ask, EVERY_MS);
});
