/* Notifications: shows what the server pushes, takes the answer back to it, and says what came of it. The server writes ICON,
   BADGE, DECIDE, SHOWN, RENEW, HOME and WORDS above. Nothing is decided here, and nothing is kept for later: an answer that does
   not arrive is said not to have. */
self.addEventListener("push", (event) => event.waitUntil(receive(readPush(event))));
self.addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  notification.close();
  const isAnswer = action === "approve" || action === "reject";
  event.waitUntil(isAnswer ? decide(notification.data, action) : openPage(notification.data.url));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

function readPush(event) {
  try {
    return event.data.json();
  } catch {
    return null; // not ours, but a browser insists that something is shown
  }
}

async function receive(message) {
  if (!message) return show({ tag: "unknown", title: WORDS.unknown, body: "", url: HOME, actions: [] });
  if (message.kind === "settled") return takeAway(message);
  await show(message, { renotify: message.kind !== "item" });
  if (message.token || message.kind === "test") await post(SHOWN, { token: message.token || "" }).catch(() => {}); // it fell back
}

function show(message, how = {}) {
  return self.registration.showNotification(message.title, {
    body: message.body,
    tag: message.tag,
    icon: ICON,
    badge: BADGE,
    data: message,
    actions: (message.actions || []).slice(0, Notification.maxActions || 2),
    requireInteraction: Boolean(message.urgent),
    ...how,
  });
}

/* Settled elsewhere. Browsers want every push to leave something visible: where no page of ours is, the notification turns
   into a quiet word of what became of it, without buttons. */
async function takeAway(message) {
  const stale = await self.registration.getNotifications({ tag: message.tag });
  if (!stale.length) return undefined;
  const all = await self.registration.getNotifications();
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (all.length === stale.length && !pages.some((page) => page.visibilityState === "visible")) return show(message, { silent: true });
  for (const one of stale) one.close();
  return undefined;
}

async function decide(message, decision) {
  const told = { ...message, urgent: false };
  let answer;
  try {
    answer = await post(DECIDE, { token: message.token, decision });
  } catch {
    return show({ ...told, title: WORDS.notSent, body: `${WORDS.nothingDecided}\n${message.body}` }, { silent: true }); // buttons stay
  }
  if (answer.type === "opaqueredirect") return show({ ...told, title: WORDS.signIn, body: WORDS.nothingDecided, actions: [] }, { silent: true });
  const said = await answer.json().catch(() => ({}));
  const error = said.error;
  const title = answer.ok ? said.title : error ? error.message : WORDS.failed;
  const body = answer.ok ? said.body : error ? error.hint : WORDS.openIt;
  return show({ ...told, title, body, url: said.url || message.url, actions: [] }, { silent: true });
}

async function openPage(path) {
  const url = new URL(path || HOME, self.location.origin);
  if (url.origin !== self.location.origin) return undefined;
  const pages = await self.clients.matchAll({ type: "window" });
  const page = pages.find((one) => one.url === url.href) || pages[0];
  if (!page) return self.clients.openWindow(url.href);
  await page.focus();
  return page.url === url.href ? undefined : page.navigate(url.href);
}

async function renew(event) {
  const former = event.oldSubscription;
  if (!former) return;
  const fresh = event.newSubscription || (await self.registration.pushManager.subscribe(former.options));
  await post(RENEW, { former: former.endpoint, subscription: fresh.toJSON() });
}

function post(address, document) {
  return fetch(address, {
    method: "POST",
    credentials: "same-origin",
    redirect: "manual",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(document),
  });
}
