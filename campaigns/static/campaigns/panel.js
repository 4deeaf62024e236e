// Live panels: a campaign's progress and an upload's sums. They ask again every two seconds, slower when answers are slow.
"use strict";
(() => {
  const EVERY_MS = 2000;
  const number = (value) => Number(value).toLocaleString("en");
  const set = (root, name, text) => {
    const element = root.querySelector(`[data-field="${name}"]`);
    if (element && element.textContent !== String(text)) element.textContent = text;
    return element;
  };

  const legend = (box, items, key) => {
    box.replaceChildren(...items.filter((item) => item.count).map((item) => {
      const link = document.createElement("a");
      const dot = document.createElement("i");
      const count = document.createElement("b");
      dot.dataset.key = item[key];
      count.textContent = number(item.count);
      link.href = item.url;
      link.append(dot, item.label || item[key], " ", count);
      return link;
    }));
    if (!box.children.length) box.textContent = "None yet.";
  };

  const stack = (box, items, total) => {
    for (const item of items) {
      let part = box.querySelector(`[data-key="${item.state}"]`);
      if (!part) {
        part = document.createElement("i");
        part.dataset.key = item.state;
        box.append(part);
      }
      part.style.width = total ? `${(100 * item.count) / total}%` : "0";
      part.title = `${item.label}: ${number(item.count)}`;
    }
  };

  const time = (iso) => (iso ? iso.slice(0, 19).replace("T", " ") : "–");

  const soon = (iso, now) => (iso && iso.slice(0, 10) === now.slice(0, 10) ? time(iso).slice(11) : time(iso).slice(0, 16));

  const showCampaign = (root, data) => {
    const state = set(root, "state_label", data.state_label);
    state.dataset.state = data.tone || data.state;
    // Another state has other reasons: what holds it back is asked anew at once.
    const seen = `${data.state} ${data.state_reason}`;
    if (root.dataset.seen && root.dataset.seen !== seen && window.htmx) htmx.trigger("#campaign-why", "changed");
    root.dataset.seen = seen;
    set(root, "state_reason", data.state_reason);
    root.querySelector('[data-field="switchboard"]').hidden = data.dialing_allowed;
    for (const button of root.querySelectorAll("[data-verb]")) button.hidden = !data.verbs.includes(button.dataset.verb);
    set(root, "resume", data.due_now ? `Resume: ${number(data.due_now)}${data.due_now_is_at_least ? "+" : ""} due now` : "Resume");
    if (data.leads) showCounts(root, data);
  };

  const showCounts = (root, data) => {
    set(root, "waiting_for", data.waiting_for);
    const left = data.contacts_to_enrol;
    set(root, "to_enrol", left ? `${left.toLocaleString()} more contacts are becoming leads` : "");
    const held = root.querySelector('[data-field="held"]');
    const unknown = root.querySelector('[data-field="unknown"]');
    if (unknown) unknown.hidden = !data.calls_without_result;
    set(root, "calls_without_result", number(data.calls_without_result));
    if (held) held.hidden = !data.leads_held;
    set(root, "leads_held", number(data.leads_held));
    // Calls that are over and whose result is awaited hold no line.
    const taken = number(data.lines.taken);
    set(root, "live", data.live_limit === null ? taken : `${taken} of ${number(data.live_limit)}`);
    set(root, "lines", data.lines.said ? `Lines: ${data.lines.said}.` : "");
    const open = data.leads.filter((lead) => ["PENDING", "DIALING"].includes(lead.state));
    const done = data.leads_total - open.reduce((sum, lead) => sum + lead.count, 0);
    const waits = data.state === "DRAFT" || data.state === "SCHEDULED";
    const people = Number(root.dataset.contacts || 0);
    const total = data.leads_total || (waits ? people : 0);
    set(root, "done", `${number(done)} of ${number(total)}`);
    set(root, "done_label", waits && !data.leads_total ? "contacts called" : "leads finished");
    set(root, "due_now", number(data.due_now) + (data.due_now_is_at_least ? "+" : ""));
    set(root, "attempts_total", number(data.attempts_total));
    // What does not run calls nobody, whatever is due.
    const whenDue = data.due_now ? "now" : soon(data.next_due_at, data.as_of);
    const onceItRuns = {PAUSED: "once resumed", DRAFT: "once started", SCHEDULED: "once started"}[data.state];
    set(root, "next_due", data.state === "RUNNING" ? whenDue : onceItRuns || "–");
    set(root, "as_of", `As of ${time(data.as_of)} UTC`);
    stack(root.querySelector("[data-stack]"), data.leads, data.leads_total);
    legend(root.querySelector('[data-legend="leads"]'), data.leads, "state");
    legend(root.querySelector('[data-legend="attempts"]'), data.attempts, "outcome");
  };

  const showImport = (root, data) => {
    set(root, "state_label", data.state_label).dataset.state = data.state;
    set(root, "problem", data.problem);
    for (const name of ["total", "accepted", "duplicate", "refused"]) set(root, name, number(data[name]));
  };

  const follow = (root, show, isOver, firstMs) => {
    const ask = async () => {
      const began = performance.now();
      if (!document.hidden) {
        try {
          const reply = await fetch(root.dataset.url, {headers: {Accept: "application/json"}});
          if (reply.redirected || reply.status === 403) {
            set(root, "as_of", "Not followed any more: log in again.");
            return;
          }
          if (!reply.ok) throw new Error(String(reply.status));
          const data = await reply.json();
          show(root, data);
          if (isOver(data)) return;
        } catch {
          set(root, "as_of", "The server does not answer. Trying again…");
        }
      }
      setTimeout(ask, Math.max(EVERY_MS, 5 * (performance.now() - began)));
    };
    setTimeout(ask, firstMs);
  };

  const begin = (id, dataId, show, isOver, over, firstMs) => {
    const root = document.getElementById(id);
    if (!root) return;
    const data = JSON.parse(document.getElementById(dataId).textContent);
    show(root, data);
    if (!isOver(data)) follow(root, show, (later) => { if (isOver(later)) over(); return isOver(later); }, firstMs);
  };

  document.addEventListener("DOMContentLoaded", () => {
    begin("campaign-panel", "campaign-panel-data", showCampaign, () => false, () => {}, 0);
    // The refused rows are a table of the page: read it again once they are all there.
    begin("import-result", "import-data", showImport, (data) => data.is_over, () => location.reload(), EVERY_MS);
  });
})();
