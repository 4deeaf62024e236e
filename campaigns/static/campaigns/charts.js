// Calls by outcome, as stacked bars with their numbers below: of home, of a campaign, of its results. What is asked anew
// is asked while somebody looks.
"use strict";
(() => {
  const EVERY_SECONDS = 30;
  const COLOURS = {
    ANSWERED: "#22c55e", NO_ANSWER: "#f59e0b", BUSY: "#fb923c", MACHINE: "#a855f7", CANCELED: "#475569",
    FAILED: "#ef4444", REFUSED: "#b91c1c", LOST: "#f87171", UNCERTAIN: "#fca5a5",
  };
  const WORDS = {
    ANSWERED: "Answered", NO_ANSWER: "No answer", BUSY: "Busy", MACHINE: "Machine", CANCELED: "Canceled",
    FAILED: "Failed", REFUSED: "Refused", LOST: "No result came (lost)", UNCERTAIN: "May have rung (uncertain)",
  };
  const clock = (seconds, timeZone) => (
    new Date(1000 * seconds).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone}));
  const sum = (values) => values.reduce((all, one) => all + one, 0);

  const legend = (box, outcomes, url, empty) => {
    box.replaceChildren(...outcomes.map(([outcome, calls]) => {
      const link = document.createElement("a");
      const dot = document.createElement("i");
      const count = document.createElement("b");
      dot.style.background = COLOURS[outcome] || "#94a3b8";
      count.textContent = sum(calls).toLocaleString("en");
      link.href = `${url}${url.includes("?") ? "&" : "?"}outcome__exact=${outcome}`;
      link.append(dot, WORDS[outcome] || outcome, " ", count);
      return link;
    }));
    if (!outcomes.length) box.textContent = empty || "No call has ended in this time.";
  };

  const labelsOf = (series, zone) => series.labels
    || Array.from({length: series.pieces}, (_, nth) => clock(series.from + nth * series.step, zone));

  const begin = (root) => {
    const every = 1000 * Number(root.dataset.every || EVERY_SECONDS);
    const state = {span: root.querySelector("[data-span]")?.dataset.span || "lately", data: null, chart: null};
    const draw = () => {
      const series = state.data[state.span];
      const outcomes = Object.keys(COLOURS).filter((one) => series.outcomes[one]).map((one) => [one, series.outcomes[one]]);
      const datasets = outcomes.map(([outcome, calls]) => (
        {label: WORDS[outcome], data: calls, backgroundColor: COLOURS[outcome], stack: "calls"}));
      const ink = getComputedStyle(root).color;
      const scale = {stacked: true, grid: {display: false}, ticks: {color: ink, maxRotation: 0, autoSkipPadding: 16, precision: 0}};
      state.chart ||= new Chart(root.querySelector("canvas"), {
        type: "bar",
        options: {
          animation: false, maintainAspectRatio: false, scales: {x: scale, y: {...scale, beginAtZero: true}},
          plugins: {legend: {display: false}}, datasets: {bar: {categoryPercentage: 0.95, barPercentage: 1}},
        },
      });
      for (const axis of ["x", "y"]) state.chart.options.scales[axis].ticks.color = ink;
      state.chart.data = {labels: labelsOf(series, root.dataset.zone), datasets};
      state.chart.update();
      legend(root.querySelector("[data-legend]"), outcomes, root.dataset.calls, root.dataset.empty);
    };
    const ask = async () => {
      const reply = await fetch(root.dataset.url, {headers: {Accept: "application/json"}}).catch(() => null);
      if (!reply?.ok || reply.redirected) return;
      state.data = await reply.json();
      state.askedAt = Date.now();
      draw();
    };
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-span]");
      if (!button || !state.data) return;
      state.span = button.dataset.span;
      for (const one of root.querySelectorAll("[data-span]")) one.setAttribute("aria-pressed", String(one === button));
      draw();
    });
    // Another theme: the words of the axes take its colour.
    new MutationObserver(() => state.data && draw()).observe(document.documentElement, {attributeFilter: ["class"]});
    if (root.dataset.of) {
      state.data = JSON.parse(document.getElementById(root.dataset.of).textContent);
      draw();
      return;
    }
    const askIfOld = () => {
      if (document.visibilityState === "visible" && Date.now() - (state.askedAt || 0) >= every) ask();
    };
    document.addEventListener("visibilitychange", askIfOld);
    // A reply that came late is not that old yet when its time is over.
    setInterval(() => { if (document.visibilityState === "visible") ask(); }, every);
    ask();
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll("[data-chart]")) begin(root);
  });
})();
