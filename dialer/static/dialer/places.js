// Inputs that offer names while one types (dialer/admin/places.py): fetched when the first of them gets the focus.
"use strict";
document.addEventListener("focusin", async (event) => {
  const input = event.target;
  const address = input.dataset?.places;
  if (!address || input.getAttribute("list")) return;
  const id = `places-${address.replace(/\W+/g, "-")}`;
  input.setAttribute("list", id);
  if (document.getElementById(id)) return;
  const list = document.createElement("datalist");
  list.id = id;
  document.body.append(list);
  try {
    const reply = await fetch(address, {headers: {Accept: "application/json"}});
    for (const [value, label] of (await reply.json()).places) list.append(new Option(label ? `${value} · ${label}` : value, value));
  } catch {
    input.removeAttribute("list"); // it can be typed all the same
    list.remove();
  }
});
