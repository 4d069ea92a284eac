"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const cards = all(".card");
  const wide = matchMedia("(min-width: 72rem)");
  const bar = document.getElementById("walker");
  const help = document.getElementById("help");
  const live = document.getElementById("live");
  let card = null;
  let step = 0; // 0 is the whole path at once; 1 is the first step

  const seen = (one) => !root.classList.contains("no-" + one.dataset.severity);
  const stepsOf = (one) => all(".steps a", one);
  const rowOf = (link) => document.getElementById(link.dataset.row);

  function wipe() {
    for (const row of all("tr.path, tr.walked, tr.now")) row.classList.remove("path", "walked", "now");
    for (const mark of all("td.mark")) mark.textContent = "";
    for (const token of all(".here")) token.classList.remove("here");
    for (const one of all(".pending")) one.classList.remove("pending");
    for (const link of all(".steps [aria-current]")) link.removeAttribute("aria-current");
    for (const link of all(".steps .walked")) link.classList.remove("walked");
  }

  function draw() {
    wipe();
    for (const one of cards) {
      one.classList.toggle("open", one === card);
      one.querySelector("button.head").setAttribute("aria-expanded", String(one === card));
    }
    bar.hidden = !card || step === 0;
    if (!card) return;
    const links = stepsOf(card);
    links.forEach((link, index) => {
      const number = index + 1;
      const row = rowOf(link);
      if (step && number < step) link.classList.add("walked");
      if (!row) return;
      const mark = row.querySelector("td.mark");
      mark.textContent += (mark.textContent ? " " : "") + number;
      if (!step) row.classList.add("path");
      else if (number < step) row.classList.add("walked");
      else if (number === step) {
        row.classList.add("now");
        for (const token of all(".tok", row)) if (token.dataset.column === link.dataset.column) token.classList.add("here");
      }
    });
    if (!links.length) return;
    if (!step) {
      card.querySelector(".progress").textContent = links.length + (links.length === 1 ? " step" : " steps");
      return;
    }
    const link = links[step - 1];
    link.setAttribute("aria-current", "step");
    for (const move of all("[data-step]", card)) move.classList.toggle("pending", Number(move.dataset.step) > step);
    const where = "step " + step + " of " + links.length;
    card.querySelector(".progress").textContent = where;
    bar.querySelector(".where").textContent = where;
    bar.querySelector(".what").textContent = link.querySelector(".said").textContent;
    live.textContent = where + ": " + link.querySelector(".said").textContent;
  }

  function within(panel, element) {
    const outer = panel.getBoundingClientRect();
    const inner = element.getBoundingClientRect();
    const top = Math.max(outer.top, 0) + 8;
    const bottom = Math.min(outer.bottom, window.innerHeight) - 8;
    if (inner.top < top) panel.scrollTop += inner.top - top;
    else if (inner.bottom > bottom) panel.scrollTop += inner.bottom - bottom;
  }

  function centre(element) {
    const box = element.getBoundingClientRect();
    window.scrollTo({ top: Math.max(0, box.top + window.scrollY - window.innerHeight * 0.38) });
    const token = element.querySelector(".here");
    const outer = token && element.closest(".scroll");
    if (!outer) return;
    const inner = token.getBoundingClientRect();
    const edge = outer.getBoundingClientRect();
    if (inner.right > edge.right || inner.left < edge.left) outer.scrollLeft += inner.left - edge.left - edge.width / 4;
  }

  function go(number, focus = true) {
    if (!card) open(cards.find(seen));
    if (!card) return;
    const links = stepsOf(card);
    if (!links.length) return;
    step = Math.max(1, Math.min(number, links.length));
    draw();
    const link = links[step - 1];
    if (focus) link.focus({ preventScroll: true });
    centre(rowOf(link) || link);
    if (wide.matches) within(card.closest(".panel"), link);
  }

  function open(one, focus = false) {
    if (!one) return;
    card = one;
    step = 0;
    draw();
    if (!focus) return;
    one.querySelector("button.head").focus({ preventScroll: true });
    if (!wide.matches) return centre(one);
    const panel = one.closest(".panel");
    panel.scrollTop += one.getBoundingClientRect().top - panel.getBoundingClientRect().top - 8;
    centre(document.getElementById(one.dataset.row) || one);
  }

  function turn(by) {
    const shown = cards.filter(seen);
    if (!shown.length) return;
    const at = shown.indexOf(card);
    open(shown[at < 0 ? 0 : (at + by + shown.length) % shown.length], true);
  }

  function back() {
    if (!card) return;
    if (step) {
      step = 0;
      draw();
      const head = card.querySelector("button.head");
      head.focus({ preventScroll: true });
      if (!wide.matches) centre(card);
    } else {
      const head = card.querySelector("button.head");
      card = null;
      draw();
      head.focus({ preventScroll: true });
    }
  }

  const actions = {
    next: () => go(step + 1),
    previous: () => go(step - 1),
    first: () => go(1),
    last: () => go(Infinity),
    whole: back,
    help: () => help.showModal(),
    shut: () => help.close(),
    theme: () => {
      const dark = getComputedStyle(root).colorScheme.split(" ");
      const now = dark.length === 1 ? dark[0] : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      root.dataset.theme = now === "dark" ? "light" : "dark";
    },
  };

  document.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-action], [data-filter], button.head, .steps a, .remark a, .place .at");
    if (!hit) return;
    if (hit.dataset.action) return actions[hit.dataset.action]();
    if (hit.dataset.filter) {
      const off = root.classList.toggle("no-" + hit.dataset.filter);
      hit.setAttribute("aria-pressed", String(!off));
      if (card && !seen(card)) {
        card = cards.find(seen) || null;
        step = 0;
        draw();
      }
      return;
    }
    const own = hit.closest(".card");
    if (hit.matches("button.head")) return own === card ? ((card = null), (step = 0), draw()) : open(own, true);
    event.preventDefault();
    if (hit.closest(".remark")) return open(document.getElementById(hit.hash.slice(1)), true);
    if (own !== card) open(own);
    if (hit.closest(".place")) {
      const row = document.getElementById(hit.hash.slice(1));
      if (row) centre(row);
      return;
    }
    go(stepsOf(own).indexOf(hit) + 1);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.closest("input, textarea, select")) return;
    const inside = at.closest(".card, #walker") !== null;
    const scrolls = at.closest(".scroll") !== null;
    const keys = {
      j: actions.next,
      k: actions.previous,
      n: () => turn(1),
      p: () => turn(-1),
      "?": actions.help,
      Escape: back,
      ArrowRight: scrolls ? null : actions.next,
      ArrowLeft: scrolls ? null : actions.previous,
      ArrowDown: inside ? actions.next : null,
      ArrowUp: inside ? actions.previous : null,
      Home: inside ? actions.first : null,
      End: inside ? actions.last : null,
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  // A smooth scroll ends later, and where the lines end, the panel moves with them.
  addEventListener("scrollend", () => {
    if (card && step && wide.matches) within(card.closest(".panel"), stepsOf(card)[step - 1]);
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });

  // Shows what the address names; returns whether that is a finding.
  function name() {
    const named = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (named && named.matches("details")) named.open = true;
    const found = Boolean(named) && named.matches(".card");
    if (found && named !== card) open(named, true);
    return found;
  }
  addEventListener("hashchange", name);

  root.classList.add("js");
  if (!name()) {
    open(["error", "warning", "note"].map((name) => cards.find((one) => one.dataset.severity === name)).find(Boolean));
    if (card && wide.matches) within(card.closest(".panel"), card.querySelector("button.head"));
  }
})();
