// The template form: offer only the actions that the chosen provider can do.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const provider = document.querySelector("[data-actions]");
  const action = document.getElementById("id_action");
  if (!provider || !action) return;
  const can = JSON.parse(provider.dataset.actions);
  const narrow = () => {
    const allowed = can[provider.value] || [];
    for (const option of action.options) {
      option.hidden = option.disabled = Boolean(option.value) && !allowed.includes(option.value);
    }
    if (action.value && !allowed.includes(action.value)) action.value = "";
    if (!action.value && allowed.length === 1) action.value = allowed[0];
    action.dispatchEvent(new Event("change", {bubbles: true}));
  };
  provider.addEventListener("change", narrow);
  document.addEventListener("alpine:initialized", narrow);
  if (window.Alpine) setTimeout(narrow);
});
