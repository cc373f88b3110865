/* Changes the page into what the server sent, touching only what differs: focus, scroll, selection, open details and
   half-typed fields stay. Children are matched by id or data-key, the others by place and element name. */
(() => {
  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");
  const isAlike = (a, b) => a && a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const isTyped = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.nodeName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  };

  /* Whether somebody is in the middle of something in here: a typed field with the focus, or an open dialog. */
  const isInUse = (element) => {
    const focused = document.activeElement;
    const typing = focused && element.contains(focused) && focused.matches("input, select, textarea") && isTyped(focused);
    return Boolean(typing || element.querySelector("dialog[open]"));
  };

  function morphAttributes(have, want) {
    for (const { name } of [...have.attributes]) {
      const kept = name === "open" || name === "data-held" || name === "aria-selected" || name === "tabindex";
      if (!want.hasAttribute(name) && !kept) have.removeAttribute(name);
    }
    for (const { name, value } of want.attributes) {
      if (name === "open" && have.nodeName === "DETAILS") continue;
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
  }

  function morphElement(have, want) {
    const typed = have.matches("input, select, textarea") && isTyped(have);
    morphAttributes(have, want);
    if (have.nodeName === "TEXTAREA") {
      if (!typed && have.value !== want.value) have.value = want.value;
      if (have.defaultValue !== want.defaultValue && !typed) have.defaultValue = want.defaultValue;
      return;
    }
    if (have.nodeName === "INPUT" && !typed && have.type !== "file") have.value = want.value;
    if (have.nodeName === "SELECT" && typed) return;
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
      if (match && match.nodeName === node.nodeName) {
        if (match === at) at = at.nextSibling;
        else have.insertBefore(match, at);
        morphNode(match, node);
      } else {
        have.insertBefore(document.importNode(node, true), at);
      }
    }
    while (at) at = drop(at);
  }

  function morphNode(have, want) {
    if (have.nodeType !== 1) {
      if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    } else if (!have.isEqualNode(want) || have.querySelector("input, select, textarea")) {
      morphElement(have, want);
    }
  }

  htmx.defineExtension("morph", {
    isInlineSwap: (style) => style === "morph",
    handleSwap(style, target, fragment) {
      if (style !== "morph") return false;
      const want = fragment.firstElementChild;
      if (!want || want.id !== target.id) return [];
      morphNode(target, want);
      return [target];
    },
  });
  window.victor = { isInUse };
})();
