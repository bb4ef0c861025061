"use strict";
// What a reader of the page that is open could not read, name or reach: lists of complaints, empty where all is well.

const audit = (() => {
  const LARGE = 24, LARGE_AND_BOLD = 18.66; // pixels from which letters need less contrast

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  function rgba(colour) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }

  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));

  function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  function opacity(element) {
    let whole = 1;
    for (let each = element; each; each = each.parentElement) whole *= getComputedStyle(each).opacity;
    return whole;
  }

  const inSvg = (element) => element instanceof SVGElement && !(element instanceof SVGSVGElement);

  // The colour with which an element covers a point, transparent where it does not.
  function covers(element, x, y) {
    const style = getComputedStyle(element);
    if (!inSvg(element)) return rgba(style.backgroundColor);
    if (!(element instanceof SVGGeometryElement)) return [0, 0, 0, 0];
    const at = new DOMPoint(x, y).matrixTransform(element.getScreenCTM().inverse());
    const filled = style.fill !== "none" && element.isPointInFill(at);
    const [r, g, b, a] = rgba(filled ? style.fill : style.stroke === "none" ? "transparent" : style.stroke);
    return [r, g, b, a * (filled ? style.fillOpacity : style.strokeOpacity) * opacity(element)];
  }

  // What is behind a text at a point: all that is painted before it, from the paper up.
  function background(element, x, y) {
    const stack = document.elementsFromPoint(x, y);
    const own = stack.findIndex((each) => each === element || element.contains(each));
    const behind = stack.slice(Math.max(own, 0)).filter((each) => !(each instanceof SVGTextContentElement));
    return behind.reverse().reduce((below, each) => over(covers(each, x, y), below), rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3));
  }

  function* texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, element = node.parentElement;
      if (!node.data.trim() || !element.checkVisibility() || element.closest("script, style, title, noscript")) continue;
      if (getComputedStyle(element).clipPath !== "none") continue; // only for those who listen
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) yield [node, element, box];
    }
  }

  const path = (element) => {
    const own = element.id ? `#${element.id}` : element.getAttribute("class") ? `.${element.getAttribute("class").trim().replace(/\s+/g, ".")}` : "";
    return `${element.parentElement && !element.id ? `${path(element.parentElement).split(" ").slice(-2).join(" ")} ` : ""}${element.localName}${own}`;
  };

  // Texts with too little contrast. All of the page has to be in the window.
  function faint() {
    const painted = document.createElement("style");
    painted.textContent = "svg :is(path, rect, polygon, polyline, circle, line, use, text) { pointer-events: visiblePainted !important; }";
    document.head.append(painted);
    const found = new Map();
    for (const [node, element, box] of texts()) {
      const style = getComputedStyle(element);
      const scale = inSvg(element) ? element.getScreenCTM().a : 1;
      const size = parseFloat(style.fontSize) * scale;
      const least = size >= LARGE || (size >= LARGE_AND_BOLD && style.fontWeight >= 700) ? 3 : 4.5;
      const [r, g, b, a] = rgba(inSvg(element) ? style.fill : style.color);
      const y = box.top + box.height / 2;
      const x = [0.1, 0.5, 0.9].map((share) => box.left + share * box.width).filter((at) => at > 0 && at < innerWidth && document.elementFromPoint(at, y));
      const worst = Math.min(...x.map((at) => {
        const behind = background(element, at, y);
        return contrast(over([r, g, b, a * opacity(element)], behind), behind);
      }));
      if (worst < least) found.set(`${path(element)}: ${worst.toFixed(1)}`, node.data.trim().slice(0, 40));
    }
    painted.remove();
    return [...found].map(([where, text]) => `${where} (${text})`);
  }

  // The page as such, its headings and its tables.
  function structure() {
    const wrong = [];
    const need = (holds, what) => holds || wrong.push(what);
    need(document.documentElement.lang, "no lang");
    need(document.title.trim(), "no title");
    need(document.querySelectorAll("h1").length === 1, "not one h1");
    for (const landmark of ["header", "nav", "main"]) need(document.querySelectorAll(`body > ${landmark}`).length === 1, `not one ${landmark}`);
    const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
    headings.forEach((each, i) => need(i === 0 ? each.localName === "h1" : each.localName[1] - headings[i - 1].localName[1] <= 1, `after a gap: ${each.textContent}`));
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    need(new Set(ids).size === ids.length, "an id twice");
    for (const table of document.querySelectorAll("table")) {
      need(table.caption || table.getAttribute("aria-label"), `no name: ${path(table)}`);
      const heads = [...table.querySelectorAll("th")];
      need(heads.length, `no headings: ${path(table)}`);
      for (const head of heads) need(head.scope, `no scope: ${path(head)} (${head.textContent})`);
    }
    for (const svg of document.querySelectorAll("svg")) {
      const named = svg.getAttribute("role") && svg.getAttribute("aria-label");
      need(named || svg.getAttribute("aria-hidden") === "true", `neither named nor hidden: ${path(svg)}`);
    }
    return wrong;
  }

  // What the Tab key reaches, in order.
  function reachable(within = document.body) {
    const all = within.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
    return [...all].filter((each) => each.checkVisibility() && !each.disabled && each.closest("dialog:not([open])") === null);
  }

  // Whether one sees where the focus is: an outline that differs from the paper, not behind what stays at the top.
  function lost() {
    const element = document.activeElement, style = getComputedStyle(element), wrong = [];
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push(`no outline: ${path(element)}`);
    const paper = rgba(getComputedStyle(document.body).backgroundColor);
    if (contrast(rgba(style.outlineColor).slice(0, 3), paper.slice(0, 3)) < 3) wrong.push(`a faint outline: ${path(element)}`);
    const nav = document.querySelector("nav"), box = element.getBoundingClientRect();
    if (!nav.contains(element) && nav.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING && box.bottom <= nav.getBoundingClientRect().bottom)
      wrong.push(`behind the navigation: ${path(element)} (${element.textContent.trim().slice(0, 40)})`);
    return wrong;
  }

  return { faint, structure, reachable, lost, path };
})();
