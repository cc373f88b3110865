/* [data-push]: turns notifications of this browser on and off. What can be done here, and the words for it, depend on the device:
   every child marked data-push-state is shown in its own state alone. Permission is asked for by a tap, never before. */
(() => {
  const root = () => document.querySelector("[data-push]");
  const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const isInstalled = () => navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
  const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  function bytesOf(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  }

  function deviceName() {
    const agent = navigator.userAgent;
    const system = /iPhone/.test(agent) ? "iPhone" : isApple ? "iPad" : /Android/.test(agent) ? "Android" : /Mac/.test(agent) ? "Mac" : /Windows/.test(agent) ? "Windows" : "Linux";
    const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : "Safari";
    return `${browser} · ${system}`;
  }

  const subscription = async () => (await navigator.serviceWorker.ready).pushManager.getSubscription();

  async function stateNow() {
    if (!window.isSecureContext) return "insecure";
    if (isApple && !isInstalled() && !canPush()) return "install";
    if (!canPush()) return "unable";
    if (Notification.permission === "denied") return "blocked";
    const held = await subscription();
    return held && root().dataset.known ? "on" : "off";
  }

  async function show() {
    const place = root();
    if (!place) return;
    const state = await stateNow();
    for (const part of place.querySelectorAll("[data-push-state]")) part.hidden = !part.dataset.pushState.split(" ").includes(state);
    const system = isApple ? "apple" : /Android/.test(navigator.userAgent) ? "android" : "desk";
    for (const part of place.querySelectorAll("[data-push-system]")) part.hidden = part.dataset.pushSystem !== system;
    place.dataset.pushNow = state;
  }

  function say(text, tone) {
    document.dispatchEvent(new CustomEvent("done", { detail: { text, tone } }));
  }

  async function turnOn(place) {
    if ((await Notification.requestPermission()) !== "granted") return show();
    const worker = await navigator.serviceWorker.ready;
    const former = await worker.pushManager.getSubscription();
    if (former) await former.unsubscribe(); // it may be signed for another key
    const fresh = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(place.dataset.push) });
    const answer = await fetch(place.dataset.pushAdd, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": place.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify({ name: place.querySelector("[name=device]").value.trim() || deviceName(), subscription: fresh.toJSON() }),
    });
    const said = await answer.json();
    if (answer.ok) place.dataset.known = "yes";
    else await fresh.unsubscribe();
    say(answer.ok ? said.text : `${said.error.message} ${said.error.hint}`, answer.ok ? "success" : "error");
    return show();
  }

  async function turnOff(place) {
    const held = await subscription();
    if (held) await held.unsubscribe();
    delete place.dataset.known;
    say(place.dataset.pushOff, "success");
    return show();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-push-act]");
    if (!button) return;
    const act = button.dataset.pushAct === "on" ? turnOn : turnOff;
    button.disabled = true;
    act(root())
      .catch((error) => say(`${root().dataset.pushFailed} ${error.message}`, "error"))
      .finally(() => { button.disabled = false; });
  });
  document.addEventListener("DOMContentLoaded", () => {
    const field = root()?.querySelector("[name=device]");
    if (field) field.placeholder = deviceName();
    show();
  });
})();
