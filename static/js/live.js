/* Hears what moved and says how fresh the page is. One socket a page; without it the page asks every 5 s. On opening, after a
   break, on waking and after 15 s of silence it tells the server what it holds and hears what has moved since. */
(() => {
  const SILENCE_MS = 15000, POLL_MS = 5000, ANSWER_MS = 5000, OPENING_MS = 8000, LONGEST_MS = 3000, SIGNED_OUT = 4401;
  let socket = null, watched = "", wait = 250, opened = 0, lastWord = 0, asked = 0, lastPoll = 0, polls = 0, isSignedOut = false;
  const began = Date.now();

  const isOpen = () => socket !== null && socket.readyState === 1; // OPEN

  function heard(said) {
    lastWord = Date.now();
    asked = 0;
    victor.hear(said.topics, said.spread_ms);
    show();
  }

  /* --- by socket --- */
  function connect() {
    if (isSignedOut || !victor.hasSections()) return;
    opened = Date.now();
    let own;
    try {
      own = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/`);
    } catch {
      return lose(); // sockets are forbidden here: the page lives by asking
    }
    socket = own;
    own.onopen = () => own === socket && ask();
    own.onmessage = (event) => {
      if (own !== socket) return;
      wait = 250;
      polls = 0;
      heard(JSON.parse(event.data));
    };
    own.onclose = (event) => {
      if (own !== socket) return;
      if (event.code === SIGNED_OUT) signOut();
      lose();
    };
  }

  /* A connection that is dead may take minutes to say so: it is left behind and a new one is made. */
  function lose() {
    const old = socket;
    socket = null;
    old?.close();
    show();
    if (!isSignedOut) setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_MS);
  }

  function rewatch() {
    const versions = victor.known();
    const names = Object.keys(versions).sort().join(" ");
    if (!isOpen() || names === watched) return;
    watched = names;
    asked = asked || Date.now();
    socket.send(JSON.stringify({ watch: versions }));
  }

  function ask() {
    watched = "";
    if (isOpen()) rewatch();
    else poll();
  }

  /* --- by asking --- */
  async function poll() {
    const query = Object.keys(victor.known()).map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    if (!query || isSignedOut || document.hidden) return;
    lastPoll = Date.now();
    try {
      const how = { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) };
      const answer = await fetch(`/live/versions?${query}`, how);
      if (answer.type === "opaqueredirect") return signOut();
      if (!answer.ok) return;
      polls += 1;
      heard(await answer.json());
    } catch { /* Away: show() says since when, and the next round asks again. */ }
    show();
  }

  function signOut() {
    if (isSignedOut) return;
    isSignedOut = true;
    victor.leave();
    show();
  }

  function look() {
    if (document.hidden) return;
    const now = Date.now();
    if (!isOpen()) {
      if (now - lastPoll >= POLL_MS && now - began >= 1000) poll();
      if (socket && now - opened > OPENING_MS) lose();
    } else if (asked && now - asked > ANSWER_MS) lose();
    else if (now - Math.max(lastWord, asked) > SILENCE_MS) ask();
    show();
  }

  function awake() {
    if (document.hidden) return;
    if (!socket && !isSignedOut) lastPoll = 0;
    ask();
  }

  setInterval(look, 1000);
  document.addEventListener("visibilitychange", awake);
  document.addEventListener("resume", awake);
  addEventListener("pageshow", (event) => event.persisted && awake());
  addEventListener("online", awake);
  addEventListener("focus", () => Date.now() - lastWord > POLL_MS && awake());
  document.addEventListener("done", () => ask());
  document.addEventListener("htmx:load", rewatch);
  document.addEventListener("victor:painted", () => { rewatch(); show(); });
  document.addEventListener("victor:signed-out", () => { isSignedOut = true; show(); });

  /* --- saying so --- */
  function stateOf(silent, failing) {
    if (isSignedOut) return ["bad", "cross", "signed-out"];
    if (failing < Infinity) return ["bad", "dashed", "stale", failing];
    if (isOpen() && lastWord && silent < SILENCE_MS + ANSWER_MS + 1000) return ["good", "seal", "live"];
    if (polls && silent < 2 * POLL_MS) return ["wait", "half", "polling"];
    if (lastWord && silent > POLL_MS) return ["bad", "dashed", "stale", lastWord];
    return ["wait", "half", lastWord ? "reconnecting" : "connecting"];
  }

  function show() {
    const place = document.querySelector("[data-live-state]");
    if (!place || !document.querySelector("[data-live]")) return;
    const [tone, shape, name, since] = stateOf(Date.now() - lastWord, victor.failingSince());
    const said = document.getElementById("live-words").content.querySelector(`[data-say="${name}"]`).textContent;
    place.dataset.tone = tone;
    place.dataset.liveState = name;
    say(place.querySelector("[data-word]"), since ? said.replace("{since}", victor.hour(since)) : said);
    place.querySelector("use").setAttribute("href", `#shape-${shape}`);
    const asOf = place.querySelector("[data-as-of]");
    asOf.hidden = Boolean(since) || !lastWord || isSignedOut;
    if (!asOf.hidden) say(asOf.querySelector("time"), victor.hour(lastWord));
  }

  function say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  document.addEventListener("DOMContentLoaded", () => { connect(); show(); });
})();
