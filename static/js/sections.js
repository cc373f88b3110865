/* Keeps every section marked data-live equal to what the server would render now. Told which topics moved, it fetches the
   addresses of the sections that show them; first now, last later, never lost, at most four repaints a second a page. */
(() => {
  const PAINT_MS = 250, GATHER_MS = 50, PATIENCE_MS = 20000, LONGEST_MS = 10000, SHOWN_AFTER = 2;
  const latest = new Map(); // topic -> newest version heard of
  const marks = new WeakMap();
  const arrived = new Map(); // section -> what it is to become
  let lastPaint = 0, painter = 0, waker = 0, wakeAt = Infinity, spread = 0, isReloading = false;

  const sections = () => [...document.querySelectorAll("[data-live]:not([data-gone])")];
  const topicsOf = (section) => section.dataset.live.split(" ").filter(Boolean);
  const versionsOf = (section) => section.dataset.version.split(" ").map(Number);

  function markOf(section) {
    if (!marks.has(section)) marks.set(section, { busy: false, tag: "", began: 0, due: 0, rest: 0, failures: 0, since: 0, refreshed: Date.now() });
    return marks.get(section);
  }

  function known() {
    const versions = {};
    for (const section of sections()) {
      const numbers = versionsOf(section);
      topicsOf(section).forEach((topic, i) => {
        versions[topic] = Math.min(versions[topic] ?? Infinity, numbers[i] || 0);
      });
    }
    return versions;
  }

  function isStale(section) {
    const numbers = versionsOf(section);
    return topicsOf(section).some((topic, i) => (latest.get(topic) ?? 0) > (numbers[i] || 0));
  }

  /* --- what moved --- */
  function hear(topics, spreadMs = 0) {
    for (const [topic, version] of Object.entries(topics)) {
      if (version > (latest.get(topic) ?? 0)) latest.set(topic, version);
    }
    spread = Object.keys(topics).length ? spreadMs : spread;
    for (const section of sections()) {
      const mark = markOf(section);
      if (mark.due < Date.now() && isStale(section)) mark.due = Date.now() + Math.random() * (spreadMs > PAINT_MS ? spreadMs : 0);
    }
    pump();
  }

  function pump() {
    if (document.hidden) return; // on waking the page asks what moved
    for (const section of sections()) {
      const mark = markOf(section);
      if (!isStale(section)) note(section, "held", false);
      else if (!mark.busy && !waits(section)) {
        const at = Math.max(mark.due, mark.rest, mark.began + PAINT_MS);
        if (at > Date.now()) wake(at);
        else fetchSection(section, mark);
      }
    }
  }

  function wake(at) {
    if (at >= wakeAt) return;
    clearTimeout(waker);
    wakeAt = at;
    waker = setTimeout(() => { wakeAt = Infinity; pump(); }, at - Date.now());
  }

  /* Somebody is typing in here: it waits, and says so. */
  function waits(section) {
    const inUse = victor.isInUse(section);
    note(section, "held", inUse);
    return inUse;
  }

  /* --- fetching --- */
  async function fetchSection(section, mark) {
    mark.busy = true;
    mark.began = Date.now();
    try {
      take(section, mark, await ask(section, mark));
    } catch {
      fail(section, mark);
    }
    mark.busy = false;
    paintSoon();
  }

  async function ask(section, mark) {
    const headers = { "HX-Request": "true", "X-Live": "1", Accept: "text/html" };
    if (mark.tag) headers["If-None-Match"] = mark.tag;
    const how = { headers, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) };
    const answer = await fetch(section.getAttribute("hx-get"), how);
    return { answer, text: answer.status === 304 ? "" : await answer.text() };
  }

  function take(section, mark, { answer, text }) {
    if (answer.headers.has("HX-Refresh") || answer.type === "opaqueredirect") return leave();
    if ([403, 404, 410].includes(answer.status)) return lose(section, text);
    if (answer.status === 304) return isStale(section) ? fail(section, mark) : recover(section, mark);
    const want = answer.ok && parse(text, section.id);
    if (!want) return fail(section, mark);
    mark.tag = answer.headers.get("ETag") ?? "";
    arrived.set(section, want);
  }

  function parse(text, id) {
    const box = document.createElement("template");
    box.innerHTML = text;
    const root = box.content.firstElementChild;
    return root && root.id === id ? root : null;
  }

  /* --- painting --- */
  function paintSoon() {
    clearTimeout(painter);
    if (!arrived.size) return pump();
    const others = sections().some((section) => markOf(section).busy);
    const wait = Math.max(lastPaint + PAINT_MS - Date.now(), others ? GATHER_MS : 0);
    if (wait > 0) painter = setTimeout(paint, wait);
    else paint();
  }

  function paint() {
    lastPaint = Date.now();
    for (const [section, want] of arrived) if (section.isConnected && !waits(section)) change(section, want);
    arrived.clear();
    for (const copy of document.querySelectorAll("[data-tally]")) {
      copy.textContent = document.getElementById(copy.dataset.tally)?.textContent ?? "";
    }
    rename();
    document.dispatchEvent(new CustomEvent("victor:painted", { detail: lastPaint }));
    pump();
  }

  /* What a page is about may be called otherwise while it is open; its name stands outside of all sections. */
  function rename() {
    const name = document.querySelector("[data-live][data-page-name]:not([data-gone])")?.dataset.pageName;
    const heading = document.querySelector("main .titles h1");
    if (!name || !heading || heading.textContent === name) return;
    document.title = document.title.replace(heading.textContent, () => name);
    heading.textContent = name;
  }

  function change(section, want) {
    const mark = markOf(section);
    victor.morph(section, want);
    htmx.process(section);
    htmx.trigger(section, "htmx:afterSwap", { elt: section, target: section });
    htmx.trigger(section, "htmx:load", { elt: section });
    recover(section, mark);
  }

  /* --- failing --- */
  function recover(section, mark) {
    mark.failures = mark.since = mark.rest = 0;
    note(section, "failed", false);
  }

  /* The server may be away or busy: ask again, ever more rarely, but never give up; and say so where it is. */
  function fail(section, mark) {
    mark.failures += 1;
    mark.since = mark.since || Date.now();
    mark.rest = Date.now() + Math.min(PAINT_MS * 2 ** mark.failures, LONGEST_MS);
    if (mark.failures >= SHOWN_AFTER) note(section, "failed", true, mark.since);
    if (!isStale(section)) mark.refreshed = Date.now();
    wake(mark.rest);
  }

  /* It is gone, or the reader may see it no longer: what it showed must not stay. The page's own section takes the page along. */
  function lose(section, text) {
    const isPage = new URL(section.getAttribute("hx-get"), location).pathname === location.pathname;
    if (isPage && !isTyping()) return reload();
    if (isPage) {
      document.querySelector("main .titles")?.replaceChildren();
      document.title = "Victor.os";
    }
    const said = new DOMParser().parseFromString(text, "text/html").querySelector("[data-error]");
    section.dataset.gone = "";
    section.replaceChildren(...(said ? [document.importNode(said, true)] : [words("gone", section)]));
  }

  const isTyping = () => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].some(victor.isTyped);

  /* Once, however many sections learn of it: a second time would break off the first. */
  function reload() {
    if (!isReloading) location.reload();
    isReloading = true;
  }

  /* Signed out. A half-typed field is not thrown away; all else leads to the sign-in. */
  function leave() {
    document.dispatchEvent(new Event("victor:signed-out"));
    if (!isTyping()) return reload();
    for (const section of sections()) lose(section, "");
  }

  function words(kind, section, since) {
    const made = document.getElementById("live-words").content.querySelector(`[data-note="${kind}"]`).cloneNode(true);
    const name = made.querySelector("[data-name]"), when = made.querySelector("[data-since]");
    if (name) name.textContent = section.getAttribute("aria-label") || section.querySelector("h2")?.textContent || section.id;
    if (when && since) when.textContent = victor.hour(since);
    return made;
  }

  /* A note lies over its section and takes no room: nothing below it moves. */
  function note(section, kind, isWanted, since) {
    if (kind === "held") section.toggleAttribute("data-held", isWanted);
    const old = section.querySelector(`:scope > [data-note="${kind}"]`);
    if (isWanted && !old) section.append(words(kind, section, since));
    else if (!isWanted) old?.remove();
  }

  document.addEventListener("click", (event) => {
    const section = event.target.closest("[data-retry]")?.closest("[data-live], [hx-get]");
    if (!section) return;
    if (!section.matches("[data-live]")) return htmx.ajax("GET", section.getAttribute("hx-get"), { source: section, target: section, swap: section.getAttribute("hx-swap") || "innerHTML" });
    const mark = markOf(section);
    mark.rest = 0;
    if (!mark.busy) fetchSection(section, mark);
  });

  /* A section that is fetched after the page: when that fails, it says so in its place, with a way to try again. */
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      const section = event.target;
      if (!(section instanceof Element) || !section.matches('[hx-trigger~="load"]')) return;
      event.stopImmediatePropagation();
      if (event.detail.xhr?.status === 403 || event.detail.xhr?.status === 404) lose(section, event.detail.xhr.responseText);
      else note(section, "failed", true, Date.now());
    });
  }

  /* --- what ages by itself --- */
  setInterval(() => {
    if (document.hidden) return;
    for (const section of document.querySelectorAll("[data-refresh]:not([data-gone])")) {
      const mark = markOf(section), every = Math.max(Number(section.dataset.refresh) * 1000, spread);
      if (Date.now() < Math.max(mark.refreshed, mark.began) + every || Date.now() < mark.rest || mark.busy || victor.isInUse(section)) continue;
      mark.refreshed = Date.now();
      fetchSection(section, mark);
    }
  }, 1000);

  document.addEventListener("focusout", () => setTimeout(pump, 0));
  document.addEventListener("close", pump, true);
  document.addEventListener("visibilitychange", pump);

  /* Since when a section could not be brought up to date; 0: all are. */
  const failingSince = () => Math.min(...sections().map((section) => (markOf(section).failures >= SHOWN_AFTER ? markOf(section).since : Infinity)));
  Object.assign(victor, { hear, known, failingSince, leave, hasSections: () => sections().length > 0 });
})();
