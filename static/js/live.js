/* Keeps every section marked data-live equal to what the server would render now. A hint says only which topics moved and
   to what version; the section's own address is fetched once for it. Hints are merged: the first paints at once, the last
   is never lost, at most four repaints a second. Without a socket the page polls; it always says how fresh it is. */
(() => {
  const PAINT_MS = 250, SILENCE_MS = 15000, POLL_MS = 5000, LONGEST_MS = 10000;
  const latest = new Map();
  const failures = new WeakMap(); // section -> how often in a row its address brought nothing newer
  const resting = new WeakSet();
  let socket = null, watched = "", wait = 250, lastWord = 0, lastPaint = 0, timer = 0, polls = 0, isSignedOut = false;

  const sections = () => [...document.querySelectorAll("[data-live]")];
  const topicsOf = (section) => section.dataset.live.split(" ").filter(Boolean);

  function known() {
    const versions = {};
    for (const section of sections()) {
      const numbers = section.dataset.version.split(" ").map(Number);
      topicsOf(section).forEach((topic, i) => {
        versions[topic] = Math.min(versions[topic] ?? Infinity, numbers[i] || 0);
      });
    }
    return versions;
  }

  function isStale(section) {
    const numbers = section.dataset.version.split(" ").map(Number);
    return topicsOf(section).some((topic, i) => (latest.get(topic) ?? 0) > (numbers[i] || 0));
  }

  /* --- painting --- */
  function hear(topics) {
    for (const [topic, version] of Object.entries(topics)) {
      if (version > (latest.get(topic) ?? 0)) latest.set(topic, version);
    }
    schedule();
  }

  function schedule() {
    if (timer) return;
    timer = setTimeout(paint, Math.max(0, lastPaint + PAINT_MS - Date.now()));
  }

  function paint() {
    timer = 0;
    lastPaint = Date.now();
    for (const section of sections()) {
      if (isStale(section)) refresh(section);
      else section.removeAttribute("data-held");
    }
  }

  function refresh(section) {
    if (section.dataset.fetching || "gone" in section.dataset) return;
    const isHeld = victor.isInUse(section);
    section.toggleAttribute("data-held", isHeld);
    if (isHeld || resting.has(section)) return;
    const before = section.dataset.version;
    section.dataset.fetching = "1";
    htmx
      .ajax("GET", section.getAttribute("hx-get"), { source: section, target: section, swap: "morph", headers: { "X-Live": "1" } })
      .catch(() => {})
      .then(() => settle(section, before));
  }

  function settle(section, before) {
    delete section.dataset.fetching;
    if (!section.isConnected) return;
    if (section.dataset.version !== before || !isStale(section)) failures.delete(section);
    else rest(section);
    if (isStale(section)) schedule();
    rewatch();
  }

  /* The server may be away or busy: ask again, ever more rarely, but never give up. */
  function rest(section) {
    const count = (failures.get(section) ?? 0) + 1;
    failures.set(section, count);
    resting.add(section);
    setTimeout(() => { resting.delete(section); schedule(); }, Math.min(PAINT_MS * 2 ** count, LONGEST_MS));
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, target } = event.detail;
    if (!requestConfig.headers["X-Live"]) return;
    if (xhr.status === 403 || xhr.status === 404) target.dataset.gone = "";
    if (target.matches("[data-live]") && victor.isInUse(target)) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const copy of document.querySelectorAll("[data-tally]")) {
      copy.textContent = document.getElementById(copy.dataset.tally)?.textContent ?? "";
    }
  });
  document.addEventListener("focusout", () => setTimeout(schedule, 0));
  document.addEventListener("close", () => schedule(), true);
  document.addEventListener("htmx:load", () => rewatch());
  document.addEventListener("done", () => ask());

  setInterval(() => {
    if (document.hidden) return;
    for (const section of document.querySelectorAll("[data-refresh]")) {
      const due = Number(section.dataset.refreshed || 0) + Number(section.dataset.refresh) * 1000;
      if (Date.now() < due || victor.isInUse(section)) continue;
      const isFirst = !section.dataset.refreshed;
      section.dataset.refreshed = Date.now();
      if (!isFirst) refresh(section);
    }
  }, 1000);

  /* --- hearing --- */
  function connect() {
    if (isSignedOut || !sections().length) return;
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`);
    socket.onopen = () => { watched = ""; rewatch(); };
    socket.onmessage = (event) => {
      wait = 250;
      polls = 0;
      lastWord = Date.now();
      show();
      hear(JSON.parse(event.data).topics);
    };
    socket.onclose = (event) => {
      socket = null;
      isSignedOut = event.code === 4401;
      show();
      if (!isSignedOut) setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, 5000);
    };
  }

  const isOpen = () => socket?.readyState === WebSocket.OPEN;

  function rewatch() {
    const versions = known();
    const names = Object.keys(versions).sort().join(" ");
    if (!isOpen() || names === watched) return;
    watched = names;
    socket.send(JSON.stringify({ watch: versions }));
  }

  function ask() {
    watched = "";
    if (isOpen()) rewatch();
    else poll();
  }

  async function poll() {
    const versions = known();
    const query = Object.keys(versions).map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    if (!query || isSignedOut) return;
    try {
      const answer = await fetch(`/live/versions?${query}`, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") isSignedOut = true;
      if (!answer.ok) return;
      lastWord = Date.now();
      polls += 1;
      hear((await answer.json()).topics);
    } catch { /* Away: show() says since when, and the next round asks again. */ }
    show();
  }

  setInterval(() => {
    if (document.hidden) return;
    if (!isOpen()) poll();
    else if (Date.now() - lastWord > SILENCE_MS) ask();
    show();
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  addEventListener("pageshow", (event) => event.persisted && ask());
  addEventListener("online", () => ask());

  /* --- saying so --- */
  function show() {
    const place = document.querySelector("[data-live-state]");
    if (!place || !sections().length) return;
    const silent = Date.now() - lastWord;
    let state = ["wait", "half", "connecting", "connecting"];
    if (isSignedOut) state = ["bad", "cross", "signed out: reload to sign in", "signed-out"];
    else if (isOpen() && silent < SILENCE_MS + 2 * POLL_MS) state = ["good", "seal", "live", "live"];
    else if (polls && silent < 3 * POLL_MS) state = ["wait", "half", "live by asking every 5 s", "polling"];
    else if (lastWord && silent > POLL_MS) state = ["bad", "dashed", `stale since ${new Date(lastWord).toTimeString().slice(0, 8)}`, "stale"];
    else if (lastWord) state = ["wait", "half", "reconnecting", "reconnecting"];
    const [tone, shape, words, name] = state;
    place.dataset.tone = tone;
    place.dataset.liveState = name;
    place.title = lastWord ? `Last word from the server ${new Date(lastWord).toTimeString().slice(0, 8)}` : "";
    const word = place.querySelector("[data-word]");
    if (word.textContent !== words) word.textContent = words;
    place.querySelector("use").setAttribute("href", `#shape-${shape}`);
  }

  document.addEventListener("DOMContentLoaded", () => { connect(); show(); });
})();
