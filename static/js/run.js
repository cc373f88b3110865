/* A task's run: new steps come in as they finish, asked for by number; they follow the reader at the end of the run and wait
   for one who reads elsewhere. Steps open in place (click or Enter, j and k go on, Esc shuts). [data-copy] copies. Without
   this script every step is a link and the page shows new ones when it is reloaded. */
(() => {
  const MOST = 300, MARGIN = 48;
  let isFetching = false, isBehind = false;
  let wanted = null; // the step asked for last: an answer that comes after it was shut opens nothing

  const run = () => document.querySelector("[data-tail]");
  const list = (place = run()) => place?.querySelector("[data-rows]");
  const opened = () => document.querySelector(".opened[data-opened]");
  const number = (text) => Number(text) || 0;

  /* --- new steps --- */
  const isNewest = () => list() && !("openEnded" in list().dataset);
  const missing = () => {
    const rows = list();
    return rows ? Math.max(0, number(run().dataset.steps) - number(isNewest() ? rows.dataset.last : rows.dataset.seen)) : 0;
  };
  const isAtEnd = () => {
    const end = run()?.querySelector("[data-end]");
    return Boolean(end) && end.getBoundingClientRect().top <= innerHeight + MARGIN;
  };

  async function ask(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html" }, redirect: "manual" });
    if (!answer.ok) throw new Error(`The run answered ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function more() {
    const rows = list();
    const place = new URL(run().dataset.tail, location.href);
    place.searchParams.set("after", rows.dataset.last);
    if (number(rows.dataset.first)) place.searchParams.set("from", rows.dataset.first);
    if (rows.dataset.lastEntry) place.searchParams.set("entry", rows.dataset.lastEntry);
    return place;
  }

  /* Fetches what is new if the reader is at the end; else says how much it is. */
  async function follow(isWanted = false) {
    if (!list() || isFetching) { isBehind = isBehind || isFetching; return; }
    if (!isNewest() || (!isWanted && !isAtEnd())) { tell(); return; }
    isFetching = true;
    const had = list().dataset.last;
    try {
      const from = run().dataset.keep;
      const page = await ask(more());
      if (run()?.dataset.keep === from) put(page.querySelector("[data-more]"));
    } catch { /* Away or busy: the section's own next repaint asks again. */ }
    isFetching = false;
    tell();
    const hasMoved = list()?.dataset.last !== had; // else asking again at once would help nobody
    if (isBehind || (hasMoved && missing() && isAtEnd() && isNewest())) { isBehind = false; setTimeout(follow, 250); }
  }

  function put(news) {
    const rows = list();
    if (!news || !rows) return;
    const isFollowing = isAtEnd() && !opened();
    for (const row of [...news.querySelector("[data-new]").children]) {
      if (!row.id || !document.getElementById(row.id)) rows.append(document.importNode(row, true));
    }
    rows.dataset.first = number(rows.dataset.first) || number(rows.querySelector("[data-n]")?.dataset.n); // 0: it was opened before its first step
    rows.dataset.last = Math.max(number(rows.dataset.last), number(news.dataset.last));
    if (number(news.dataset.lastEntry) > number(rows.dataset.lastEntry)) rows.dataset.lastEntry = news.dataset.lastEntry;
    rows.toggleAttribute("data-open-ended", "openEnded" in news.dataset);
    swap("[data-now]", news);
    swap("[data-ticks]", news);
    swap("[data-run-sum]", news);
    swap("[data-legend]", news);
    redraw(JSON.parse(news.dataset.lanes || "{}"), JSON.parse(news.dataset.breaks || "{}"));
    trim(rows);
    document.dispatchEvent(new Event("htmx:afterSwap"));
    if (isFollowing) toEnd();
  }

  function swap(what, news) {
    const have = run().querySelector(what), want = news.querySelector(what);
    if (have && want) have.replaceChildren(...[...want.childNodes].map((node) => document.importNode(node, true)));
  }

  /* The axis has grown: every bar gets its new place, and a mark where it is drawn shorter than it was. */
  function redraw(lanes, breaks) {
    for (const [id, bars] of Object.entries(lanes)) {
      const lane = document.getElementById(id)?.querySelector(".lane");
      if (!lane) continue;
      const drawn = lane.querySelectorAll(":scope > .bar");
      bars.forEach(([x, width], i) => {
        drawn[i]?.setAttribute("x", `${x}%`);
        drawn[i]?.setAttribute("width", `${width}%`);
      });
      const mark = lane.querySelector(":scope > svg");
      if (!(id in breaks)) mark?.remove();
      else (mark || markIn(lane)).setAttribute("x", `${breaks[id]}%`);
    }
  }

  /* As `_timeline_rows.html` draws it. */
  function markIn(lane) {
    const place = "http://www.w3.org/2000/svg";
    const mark = document.createElementNS(place, "svg"), path = document.createElementNS(place, "path");
    mark.setAttribute("x", "0%");
    mark.setAttribute("overflow", "visible");
    path.setAttribute("class", "break");
    path.setAttribute("d", "M-1 1l-3 12M4 1l-3 12");
    mark.append(path);
    lane.append(mark);
    return mark;
  }

  function trim(rows) {
    while (rows.childElementCount > MOST) rows.firstElementChild.remove();
    const first = rows.querySelector("[data-n]");
    if (first && rows.childElementCount >= MOST) rows.dataset.first = Math.max(1, number(first.dataset.n));
  }

  function toEnd() {
    const end = run().querySelector("[data-end]").getBoundingClientRect();
    const bottom = innerHeight - (matchMedia("(max-width: 760px)").matches ? 72 : 12);
    if (end.bottom > bottom) scrollBy({ top: end.bottom - bottom, behavior: "instant" });
  }

  function tell() {
    const button = run()?.querySelector("[data-jump]");
    if (!button) return;
    const count = missing();
    const word = victor.word(count === 1 ? "new-step" : "new-steps", { count: count.toLocaleString(document.documentElement.lang) });
    button.hidden = !count;
    const place = button.querySelector("[data-jump-word]");
    if (place.textContent !== word) place.textContent = word;
  }

  async function jump(event) {
    if (!isNewest() || missing() > MOST) return; // the link opens the newest window as a page
    event.preventDefault();
    shut();
    toEnd();
    await follow(true);
    toEnd();
  }

  /* The section came without its run, because another attempt has begun: fetch it whole. */
  async function load() {
    const place = run();
    if (!place || place.childElementCount || place.dataset.loading) return;
    place.dataset.loading = "1";
    try {
      const fresh = (await ask(place.dataset.whole)).querySelector("#run");
      if (fresh && run() === place) place.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    } catch { /* The next repaint of the section asks again. */ }
    delete place.dataset.loading;
    ready();
  }

  /* --- one step opened --- */
  async function open(link) {
    const row = link.closest("[data-n]"), n = link.dataset.step;
    if (opened()?.dataset.opened === n) { shut(); return; }
    const tail = new URL(run().dataset.tail, location.href);
    wanted = n;
    try {
      const page = await ask(`${location.pathname}steps/${n}/?attempt=${tail.searchParams.get("attempt")}`);
      if (wanted !== n) return;
      shut();
      row.after(document.importNode(page.querySelector(".opened"), true));
      row.setAttribute("aria-current", "true");
      select(row);
      address("step", n);
      ready();
      row.scrollIntoView({ block: "nearest" });
    } catch { if (wanted === n) location.href = link.href; }
  }

  function shut() {
    wanted = null;
    opened()?.remove();
    run()?.querySelector("[data-rows] [aria-current]")?.removeAttribute("aria-current");
    address("step", null);
  }

  /* Opens the step that j or k has gone to; several sayings may belong to the one that is open. */
  function next() {
    const link = run().querySelector("[aria-selected=true] a[data-step]");
    if (link && link.dataset.step !== opened().dataset.opened) open(link);
  }

  function select(row) {
    for (const other of document.querySelectorAll("[data-keys] [aria-selected=true]")) other.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
  }

  function address(name, value) {
    const url = new URL(location.href);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    url.hash = "";
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /* --- copying --- */
  function copied(button) {
    if (button.dataset.copy) return document.querySelector(button.dataset.copy);
    return [...(button.closest(".opened")?.querySelectorAll("[data-copied]") ?? [])].find((place) => place.dataset.copied === button.dataset.copyOf);
  }

  function textOf(place) {
    const copy = place.cloneNode(true);
    for (const fold of copy.querySelectorAll(".fold > summary")) fold.remove();
    if (place.id !== "log") return copy.textContent.trim();
    return [...place.querySelectorAll(".entry")].map((line) => line.textContent.replace(/\s+/g, " ").trim()).join("\n");
  }

  async function copy(button) {
    const word = button.textContent;
    try {
      await navigator.clipboard.writeText(textOf(copied(button)));
      button.textContent = button.dataset.done || victor.word("copied");
    } catch { button.textContent = victor.word("not-copied"); }
    setTimeout(() => { button.textContent = word; }, 1500);
  }

  function ready() {
    for (const button of document.querySelectorAll("[data-copy][hidden], [data-copy-of][hidden]")) button.hidden = false;
  }

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const button = event.target.closest("[data-copy], [data-copy-of]");
    if (button) { copy(button); return; }
    if (!run()) return;
    const link = event.target.closest("#run a[data-step]");
    if (link) { event.preventDefault(); open(link); }
    else if (event.target.closest("#run [data-shut]")) { event.preventDefault(); shut(); follow(); }
    else if (event.target.closest("[data-jump]")) jump(event);
  });

  document.addEventListener("keydown", (event) => {
    const isBusy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
    if (isBusy || !opened() || event.target.closest("input, select, textarea")) return;
    if (event.key === "Escape") { shut(); follow(); }
    else if (event.key === "j" || event.key === "k") next();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.detail) return; // said by put() for the ages
    load();
    follow();
    ready();
  });
  document.addEventListener("scroll", () => { if (missing() && isNewest() && isAtEnd()) follow(); }, { passive: true });
  document.addEventListener("DOMContentLoaded", () => {
    ready();
    tell();
    const row = opened()?.previousElementSibling;
    if (row) { select(row); row.scrollIntoView({ block: "start" }); }
  });
})();
