"use strict";
// Draws every timeline of the page from the JSON beside it: zoomed and moved by wheel, fingers, buttons and keys.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
  const WIDE = 960; // pixels on paper, and of what is not shown yet
  const CLOSEST = 0.2; // seconds across the picture
  const coarse = matchMedia("(pointer: coarse)").matches; // a finger needs more room than a mark has
  const RANK = { Normal: 0, Warning: 1, Fact: 2 };

  const two = (n) => String(n).padStart(2, "0");
  function lasts(seconds) {
    if (seconds < 59.5) return `${+seconds.toFixed(seconds < 10 ? 1 : 0)}s`;
    const s = Math.round(seconds), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    if (s < 3600) return `${m}m${two(s % 60)}s`;
    return d ? `${d}d${two(h)}h${two(m)}m` : `${h}h${two(m)}m${two(s % 60)}s`;
  }
  const round = (text) => text.replace(/(\D)00s$/, "$1").replace(/(\D)00m$/, "$1"); // on the axis: 5m, 2h
  const since = (t) => (Math.abs(t) < 0.05 ? "0s" : `${t < 0 ? "\u2212" : "+"}${lasts(Math.abs(t))}`);

  function element(name, attributes = {}, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // One row of text that fits: names are cut in the middle, where they differ least.
  function fitted(text, pixels) {
    const most = Math.max(3, Math.floor(pixels / 6.3));
    if (text.length <= most) return text;
    const end = Math.floor((most - 1) * 0.55);
    return text.slice(0, most - 1 - end) + "\u2026" + text.slice(text.length - end);
  }

  function timeline(box) {
    const data = JSON.parse(box.querySelector("script[type='application/json']").textContent);
    const whole = [data.begin, data.end];
    let view = [...whole], chosen = -1, told = [];
    const svg = element("svg", { role: "application", "aria-roledescription": "zoomable timeline", tabindex: "0", "aria-label": data.label });
    const words = box.querySelector(".told");
    box.querySelector(".drawing").append(svg);
    const lanes = data.rows.map((row) => ({ ...row, marks: [] }));
    const plane = { kind: "control plane", name: "control plane", intervals: [], marks: [] };
    const byObject = new Map(lanes.map((lane) => [lane.object, lane]));
    data.events.forEach((event, i) => (byObject.get(event.object) || plane).marks.push(i));
    if (plane.marks.length) lanes.splice(lanes.findIndex((l) => l.kind === "node" || l.kind === "pod") >>> 0, 0, plane);

    const sentence = (e) => {
      const often = e.count > 1 ? ` (\u00d7${e.count} over ${lasts(e.until - e.time)})` : "";
      return `${since(e.time)}  ${e.type}  ${e.reason}  ${e.object}: ${e.message}${often}`;
    };
    const endpointsAt = (t) => data.endpoints.reduce((now, each) => (each[0] <= t ? each : now), data.endpoints[0]);
    const counts = ([, answering, listed, desired]) => `${answering} answering, ${listed} listed as ready, ${desired} desired`;

    function show(view_) {
      const length = Math.min(Math.max(view_[1] - view_[0], CLOSEST), whole[1] - whole[0]);
      const begin = Math.min(Math.max(view_[0], whole[0]), whole[1] - length);
      view = [begin, begin + length];
      draw();
    }
    const zoom = (factor, at = (view[0] + view[1]) / 2) =>
      show([at - (at - view[0]) * factor, at + (view[1] - at) * factor]);
    const move = (share) => show(view.map((t) => t + share * (view[1] - view[0])));
    function around(time) {
      const half = Math.min(Math.max((whole[1] - whole[0]) / 40, 15), 300);
      show([time - half, time + half]);
    }

    let left = 0, width = 0, printing = false;
    const x = (t) => left + ((t - view[0]) / (view[1] - view[0])) * (width - left);
    const timeAt = (pixel) => view[0] + ((pixel - left) / (width - left)) * (view[1] - view[0]);

    function draw() {
      const total = Math.max((!printing && Math.round(box.clientWidth)) || WIDE, 280), narrow = total < 640;
      left = narrow ? 8 : 178;
      width = total - 6;
      told = [];
      svg.replaceChildren();
      const clip = `clip-${box.id}`, clipped = element("clipPath", { id: clip });
      svg.append(clipped);
      const behind = element("g", { "clip-path": `url(#${clip})` });
      const front = element("g", { "clip-path": `url(#${clip})` });
      svg.append(behind, front);
      let y = 22;
      const hint = (made, text) => {
        made.dataset.told = told.push(text) - 1;
        return made;
      };
      y = endpoints(front, y, narrow, hint) + 6;
      let kind = "";
      for (const lane of lanes) {
        if (lane.kind !== kind && !narrow) y += 5;
        kind = lane.kind;
        y = row(front, lane, y, narrow, hint);
      }
      clipped.append(element("rect", { x: left, y: 0, width: width - left + 6, height: y + 4 }));
      for (const each of data.down)
        behind.append(element("rect", { class: "outage", x: x(each[0]), y: 20, width: Math.max(1, x(each[1]) - x(each[0])), height: y - 18 }));
      axis(behind, y);
      svg.setAttribute("viewBox", `0 0 ${total} ${y + 6}`);
    }

    function axis(onto, bottom) {
      const step = STEPS.find((s) => (s / (view[1] - view[0])) * (width - left) >= 74) || STEPS.at(-1);
      for (let n = Math.ceil(view[0] / step); n * step <= view[1]; n++) {
        const at = x(n * step);
        onto.append(element("line", { class: n ? "tick" : "tick zero", x1: at, x2: at, y1: 18, y2: bottom }));
        if (at < width - 26) onto.append(element("text", { class: "axis", x: at + 2, y: 12 }, round(since(n * step))));
      }
    }

    function endpoints(onto, y, narrow, hint) {
      const height = 44, top = y + (narrow ? 18 : 4), most = Math.max(1, ...data.endpoints.flatMap((e) => e.slice(1)));
      const level = (n) => top + height - (n / most) * height;
      svg.append(element("text", { class: "name", x: narrow ? left : 4, y: narrow ? y + 12 : top + 12 }, "endpoints"));
      svg.append(element("text", { class: "note", x: narrow ? left + 66 : 4, y: narrow ? y + 12 : top + 27 }, `0 to ${most}`));
      const steps = data.endpoints.map((e, i) => [e, Math.max(e[0], view[0]), Math.min((data.endpoints[i + 1] || [whole[1]])[0], view[1])]);
      const visible = steps.filter(([, from, to]) => to > from);
      const levels = (index) => visible.map(([e, from, to]) => `${x(from)},${level(e[index])} ${x(to)},${level(e[index])}`).join(" ");
      const ends = visible.length ? [visible[0][1], visible.at(-1)[2]].map((t) => `${x(t)},${top + height}`) : ["", ""];
      onto.append(element("polygon", { class: "answering", points: `${ends[0]} ${levels(1)} ${ends[1]}` }));
      for (const [name, index] of [["desired", 3], ["listed", 2]]) {
        onto.append(element("polyline", { class: name, points: levels(index) }));
      }
      for (const [e, from, to] of visible)
        onto.append(hint(element("rect", { class: "hit", x: x(from), y: top, width: Math.max(3, x(to) - x(from)), height }), `endpoints from ${since(e[0])}: ${counts(e)}`));
      svg.append(element("line", { class: "base", x1: left, x2: width, y1: top + height, y2: top + height }));
      return top + height;
    }

    function row(onto, lane, y, narrow, hint) {
      const title = lane.kind === "cause" ? "because of" : lane.kind;
      const bar = narrow ? y + 16 : y + 2, height = 15;
      const room = narrow ? width - left : left - 10;
      const label = element("text", { class: "name", x: narrow ? left : 4, y: narrow ? y + 12 : y + 14 });
      const prefix = lane.kind === "control plane" ? "" : `${title} `;
      label.append(element("tspan", { class: "note" }, prefix), element("tspan", {}, fitted(lane.kind === "cause" ? lane.name.split("/")[0] : lane.name, room - prefix.length * 6.3)));
      if (narrow && lane.note) label.append(element("tspan", { class: "note" }, `  on ${lane.note}`));
      label.append(element("title", {}, `${title} ${lane.name}${lane.note ? ` on ${lane.note}` : ""}`));
      svg.append(label);
      for (const [from, to, look] of lane.intervals) {
        if (to < view[0] || from > view[1]) continue;
        const [state, tone, cause] = data.looks[look];
        const at = x(Math.max(from, view[0])), wide = Math.max(1.5, x(Math.min(to, view[1])) - at);
        const text = `${title} ${lane.name}${lane.note ? ` on ${lane.note}` : ""}: ${state} for ${lasts(to - from)}, from ${since(from)}${cause ? `, because of ${cause}` : ""}`;
        onto.append(hint(element("rect", { class: `bar ${tone}`, x: at, y: bar, width: wide, height, rx: 2 }), text));
        const inside = lane.kind === "cause" && wide > lane.name.length * 6 + 14 ? lane.name : state;
        if (wide > inside.length * 6 + 14) onto.append(element("text", { class: `state on-${tone}`, x: at + 9, y: bar + 11.5 }, inside));
      }
      marks(onto, lane, bar + height / 2, hint);
      return bar + height + 3;
    }

    function marks(onto, lane, y, hint) {
      const groups = [];
      for (const i of lane.marks) {
        const event = data.events[i], at = x(event.time);
        if (event.time < view[0] || event.time > view[1]) continue;
        const last = groups.at(-1);
        if (last && at - last.at < 7) last.events.push(i);
        else groups.push({ at, events: [i] });
      }
      for (const { at, events } of groups) {
        const type = events.map((i) => data.events[i].type).sort((a, b) => RANK[b] - RANK[a])[0];
        const isChosen = events.includes(chosen);
        const shape = {
          Normal: `M${at - 3.5} ${y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0`,
          Warning: `M${at} ${y - 5.5}l5 9h-10z`,
          Fact: `M${at} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z`,
        }[type];
        const lines = events.slice(0, 12).map((i) => sentence(data.events[i]));
        if (events.length > 12) lines.push(`and ${events.length - 12} more: zoom in`);
        if (coarse) onto.append(hint(element("circle", { class: "hit", cx: at, cy: y, r: 11 }), lines.join("\n")));
        onto.append(hint(element("path", { class: `mark ${type.toLowerCase()}${isChosen ? " chosen" : ""}`, d: shape }), lines.join("\n")));
      }
    }

    // --- what is said ------------------------------------------------------------------------------------------------

    const say = (text) => { words.textContent = text || data.help; };
    const toldBy = (target) => (target.dataset && target.dataset.told !== undefined ? told[target.dataset.told] : null);
    svg.addEventListener("pointerover", (e) => { const text = toldBy(e.target); if (text) say(text); });
    svg.addEventListener("click", (e) => say(toldBy(e.target)));
    function choose(step) {
      chosen = Math.min(Math.max(chosen + step, 0), data.events.length - 1);
      const event = data.events[chosen];
      if (!event) return;
      if (event.time < view[0] || event.time > view[1]) show(view.map((t) => t - (view[0] + view[1]) / 2 + event.time));
      else draw();
      say(`${sentence(event)}\n${counts(endpointsAt(event.time))}`);
    }

    // --- zooming and moving ------------------------------------------------------------------------------------------

    const pixel = (e) => { const r = svg.getBoundingClientRect(); return ((e.clientX - r.left) / r.width) * (width + 6); };
    svg.addEventListener("wheel", (e) => {
      if (Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey) move((e.deltaX || e.deltaY) / 800);
      else if (e.ctrlKey || e.metaKey || document.activeElement === svg) zoom(Math.exp(e.deltaY / 400), timeAt(pixel(e)));
      else return; // the page scrolls
      e.preventDefault();
    }, { passive: false });
    const fingers = new Map();
    svg.addEventListener("pointerdown", (e) => { fingers.set(e.pointerId, pixel(e)); });
    svg.addEventListener("pointermove", (e) => {
      if (!fingers.has(e.pointerId)) return;
      const before = fingers.get(e.pointerId), now = pixel(e);
      if (fingers.size === 1) {
        if (Math.abs(now - before) < 3) return; // a tap
        svg.setPointerCapture(e.pointerId);
        show(view.map((t) => t + timeAt(before) - timeAt(now)));
      } else {
        const other = [...fingers].find(([id]) => id !== e.pointerId)[1], apart = Math.abs(now - other);
        if (apart > 10) zoom(Math.abs(before - other) / apart, timeAt(other));
      }
      fingers.set(e.pointerId, now);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(name, (e) => fingers.delete(e.pointerId));
    const keys = {
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => show(whole), Home: () => show(whole),
      ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), ArrowDown: () => choose(1), ArrowUp: () => choose(-1),
    };
    svg.addEventListener("keydown", (e) => {
      if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
      keys[e.key]();
      e.preventDefault();
    });
    const acts = {
      in: () => zoom(0.5), out: () => zoom(2), earlier: () => move(-0.5), later: () => move(0.5), whole: () => show(whole),
      begins: () => around(0), ends: () => around(data.length), previous: () => choose(-1), next: () => choose(1),
    };
    box.querySelectorAll("button[data-act]").forEach((b) => b.addEventListener("click", acts[b.dataset.act]));
    box.querySelector("details").addEventListener("toggle", (e) => {
      const body = e.target.querySelector("tbody");
      if (!e.target.open || body.rows.length) return;
      for (const event of data.events) {
        const [, answering, listed, desired] = endpointsAt(event.time), cells = body.insertRow();
        const often = event.count > 1 ? ` (\u00d7${event.count} over ${lasts(event.until - event.time)})` : "";
        for (const text of [since(event.time), `${answering}/${listed}/${desired}`, event.type, event.reason, event.object, event.message + often])
          cells.insertCell().textContent = text;
      }
    });
    window.addEventListener("beforeprint", () => { printing = true; show(whole); });
    window.addEventListener("afterprint", () => { printing = false; draw(); });
    new ResizeObserver(draw).observe(box);
    box.dataset.drawn = "";
    say("");
    draw();
  }

  const all = () => document.querySelectorAll(".timeline:not([data-drawn])").forEach(timeline);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
