// The account form: fill in the provider's usual address.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const provider = document.querySelector("[data-default-urls]");
  const address = document.getElementById("id_base_url");
  if (!provider || !address) return;
  const usual = JSON.parse(provider.dataset.defaultUrls);
  provider.addEventListener("change", () => {
    if (address.value && !Object.values(usual).includes(address.value)) return;
    address.value = usual[provider.value] || "";
    address.dispatchEvent(new Event("input"));
  });
});
