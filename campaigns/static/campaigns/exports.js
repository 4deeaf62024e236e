// The export centre: shows the inputs of what is exported, and hides the others.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const what = document.getElementById("id_what");
  if (!what) return;
  const show = (selector, is) => {
    for (const part of document.querySelectorAll(selector)) part.hidden = !is;
  };
  const follow = () => {
    const contacts = what.value === "contacts";
    for (const part of document.querySelectorAll("[data-columns]")) part.hidden = part.dataset.columns !== `columns_${what.value}`;
    show('[data-input="campaigns"]', !contacts);
    show('[data-input="contact_lists"]', contacts);
    show('[data-input="left"]', what.value === "attempts");
  };
  what.addEventListener("change", follow);
  follow();
});
