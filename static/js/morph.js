/* Changes the page into what the server sent, touching only what differs: focus, scroll, selected text, open details, ticks
   and half-typed fields stay. Children are matched by id or data-key, the others by place and element name. What is inside an
   element with the same data-keep on both sides is left alone: it keeps itself up to date. */
(() => {
  const OWN = new Set(["open", "data-held", "aria-selected", "aria-busy", "tabindex"]); // attributes that belong to the browser
  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");
  const isAlike = (a, b) => a && a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const isTick = (field) => field.type === "checkbox" || field.type === "radio";
  /* Of a menu without a default the browser chooses the first option by itself. */
  function isChosen(menu) {
    const options = [...menu.options];
    const byItself = !menu.multiple && !options.some((option) => option.defaultSelected);
    return byItself ? menu.selectedIndex > 0 : options.some((option) => option.selected !== option.defaultSelected);
  }

  const isTyped = (field) => {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field.nodeName === "SELECT") return isChosen(field);
    return field.value !== field.defaultValue;
  };

  /* Whether somebody is in the middle of something in here: a typed field with the focus, or an open dialog. */
  const isInUse = (element) => {
    const focused = document.activeElement;
    const typing = focused && element.contains(focused) && focused.matches("input, select, textarea") && isTyped(focused);
    return Boolean(typing || element.querySelector("dialog[open]"));
  };

  /* A section that keeps itself live, where the server sent the empty place it is fetched into. */
  const isKept = (have, want) => have.nodeType === 1 && have.matches("[data-live]") && !want.matches("[data-live]") && want.matches("[hx-get]");

  /* Replaces only what differs within a text, so that a selection in the rest of it stays. */
  function setText(node, text) {
    const had = node.nodeValue;
    if (had === text) return;
    const most = Math.min(had.length, text.length);
    let start = 0, end = 0;
    while (start < most && had[start] === text[start]) start += 1;
    while (end < most - start && had[had.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    node.replaceData(start, had.length - start - end, text.slice(start, text.length - end));
  }

  function move(parent, node, before) {
    if (parent.moveBefore) parent.moveBefore(node, before);
    else parent.insertBefore(node, before);
  }

  function morphAttributes(have, want) {
    for (const { name } of [...have.attributes]) {
      if (!want.hasAttribute(name) && !OWN.has(name)) have.removeAttribute(name);
    }
    for (const { name, value } of want.attributes) {
      if (name === "open" && have.nodeName === "DETAILS") continue;
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
  }

  function morphField(have, want) {
    const isOther = isTick(have) && have.getAttribute("value") !== want.getAttribute("value"); // another row's box
    const typed = isTyped(have) && !isOther;
    morphAttributes(have, want);
    if (typed || have.type === "file") return;
    if (isTick(have)) have.checked = want.defaultChecked;
    if (have.nodeName === "SELECT") morphChildren(have, want);
    if (have.nodeName === "TEXTAREA") have.defaultValue = want.defaultValue;
    if (have.value !== want.value) have.value = want.value;
  }

  function morphElement(have, want) {
    if (have.matches("input, select, textarea")) return morphField(have, want);
    const isKept = want.dataset?.keep && want.dataset.keep === have.dataset.keep;
    morphAttributes(have, want);
    if (isKept) return;
    morphChildren(have, want);
  }

  function morphChildren(have, want) {
    const wanted = [...want.childNodes];
    const wantedKeys = new Set(wanted.map(keyOf).filter(Boolean));
    const keyed = new Map([...have.children].filter(keyOf).map((child) => [keyOf(child), child]));
    let at = have.firstChild;
    const drop = (node) => {
      const next = node.nextSibling;
      node.remove();
      return next;
    };
    for (const node of wanted) {
      while (at && keyOf(at) && !wantedKeys.has(keyOf(at))) at = drop(at);
      const key = keyOf(node);
      const match = key ? keyed.get(key) : isAlike(at, node) && at;
      if (match && (match.nodeName === node.nodeName || isKept(match, node))) {
        if (match === at) at = at.nextSibling;
        else move(have, match, at);
        if (!isKept(match, node)) morphNode(match, node);
      } else {
        have.insertBefore(document.importNode(node, true), at);
      }
    }
    while (at) at = drop(at);
  }

  function morphNode(have, want) {
    if (have.nodeType !== 1) setText(have, want.nodeValue);
    else if (!have.isEqualNode(want) || have.matches("input, select, textarea") || have.querySelector("input, select, textarea")) {
      morphElement(have, want);
    }
  }

  /* Morphs, and gives the focus back where moving took it away. */
  function morph(have, want) {
    const focused = document.activeElement;
    morphNode(have, want);
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  }

  htmx.defineExtension("morph", {
    isInlineSwap: (style) => style === "morph",
    handleSwap(style, target, fragment) {
      if (style !== "morph") return false;
      const want = fragment.firstElementChild;
      if (!want || want.id !== target.id) return [];
      morph(target, want);
      return [target];
    },
  });
  /* What scripts say, in the language of the page: templates/_toasts.html holds the words. */
  function word(name, values = {}) {
    const said = document.getElementById("script-words").content.querySelector(`[data-say="${name}"]`).textContent;
    return said.replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
  }

  window.victor = { isInUse, isTyped, morph, setText, word };
})();
