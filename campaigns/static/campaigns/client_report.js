// The report of a campaign: its button prints it.
"use strict";
document.getElementById("print")?.addEventListener("click", () => window.print());
