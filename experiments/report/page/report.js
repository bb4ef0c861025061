"use strict";

// Without this script the page is whole, one long text. It shows one page at a time, sorts tables, enlarges plots and
// changes the colours.

const root = document.documentElement;
root.classList.add("scripted");

function all(selector, within = document) {
  return [...within.querySelectorAll(selector)];
}

function button(text, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text);
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

// --- pages: the one that holds the place of the address is shown ---

function named(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return ""; // a stray percent sign
  }
}

function showPage() {
  const place = document.getElementById(named(location.hash));
  const pages = all("main > section");
  const page = place?.closest("main > section") ?? pages[0];
  for (const each of pages) each.classList.toggle("shown", each === page);
  const own = page.getAttribute("aria-labelledby") ?? page.id;
  for (const link of all("nav a")) {
    const current = named(link.hash) === own;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (current) link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.clientWidth / 2;
  }
  if (place && place.id !== own) place.scrollIntoView();
  else scrollTo(0, 0);
}

// --- tables: up, down, and as they were; what has no place is last ---

function makeSortable(table) {
  const groups = [...table.tBodies].map((body) => [body, [...body.rows]]);
  const rows = groups.flatMap(([, own]) => own);
  if (rows.length < 2) return;
  const heads = [...table.tHead.rows[0].cells];
  const sortBy = (column) => {
    const next = { none: "ascending", ascending: "descending", descending: "none" };
    const order = next[heads[column].getAttribute("aria-sort")];
    for (const head of heads) head.setAttribute("aria-sort", "none");
    heads[column].setAttribute("aria-sort", order);
    table.classList.toggle("sorted", order !== "none");
    if (order === "none") {
      for (const [body, own] of groups) body.append(...own);
      return;
    }
    const sign = order === "ascending" ? 1 : -1;
    const place = (row) => Number(row.cells[column].dataset.place ?? NaN);
    const known = rows.filter((row) => !Number.isNaN(place(row)));
    known.sort((one, other) => sign * (place(one) - place(other)));
    groups[0][0].append(...known, ...rows.filter((row) => Number.isNaN(place(row))));
  };
  heads.forEach((head, column) => {
    head.setAttribute("aria-sort", "none");
    const text = button("", "", () => sortBy(column));
    text.append(...head.childNodes);
    head.append(text);
  });
}

// --- plots: enlarged in a dialog, which Escape closes ---

let zoom = 1;

function enlarge(figure) {
  const drawing = figure.querySelector("svg");
  const dialog = document.getElementById("enlarged");
  dialog.setAttribute("aria-label", drawing.getAttribute("aria-label"));
  const stand = document.createComment("");
  drawing.replaceWith(stand);
  dialog.querySelector(".sheet").replaceChildren(drawing);
  dialog.addEventListener("close", () => stand.replaceWith(drawing), { once: true });
  resize(1);
  figure.querySelector("button").focus(); // where the dialog goes back to
  dialog.showModal();
}

function resize(to) {
  zoom = Math.min(Math.max(to, 0.5), 8);
  document.querySelector("#enlarged .sheet").style.setProperty("--zoom", zoom);
}

function makeEnlargeable(figure) {
  const drawing = figure.querySelector("svg");
  if (!drawing) return;
  figure.append(button("Enlarge", `Enlarge: ${drawing.getAttribute("aria-label")}`, () => enlarge(figure)));
  drawing.addEventListener("click", () => figure.contains(drawing) && enlarge(figure));
}

function makeDialog(dialog) {
  const acts = { smaller: () => resize(zoom / 1.4), larger: () => resize(zoom * 1.4), close: () => dialog.close() };
  for (const each of all("button", dialog)) each.addEventListener("click", acts[each.value]);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") acts.larger();
    if (event.key === "-") acts.smaller();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

// --- colours: those of the system, until the button is used ---

function remembered(theme) {
  try {
    if (theme) localStorage.setItem("kubenines-colours", theme);
    return localStorage.getItem("kubenines-colours");
  } catch {
    return theme; // a browser that keeps nothing
  }
}

function paint(theme) {
  if (theme) root.dataset.colours = theme;
  const dark = (theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const other = dark ? "light" : "dark";
  const switched = document.getElementById("colours");
  switched.hidden = false;
  switched.textContent = `${other[0].toUpperCase()}${other.slice(1)}`;
  switched.setAttribute("aria-label", `Show in ${other} colours`);
  switched.onclick = () => paint(remembered(other));
}

document.addEventListener("DOMContentLoaded", () => {
  paint(remembered());
  all("table.sortable").forEach(makeSortable);
  all("figure").forEach(makeEnlargeable);
  makeDialog(document.getElementById("enlarged"));
  showPage();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(remembered()));
  addEventListener("hashchange", showPage);
  addEventListener("load", showPage); // browsers have gone to the place of the address by themselves
});
