"use strict";

const byText = new Intl.Collator(undefined, { numeric: true }).compare;

function numberOf(text) {
  return text === "" ? NaN : Number(text.replace("−", "-").replace("∞", "Infinity").replace(/,/g, ""));
}

function compare(a, b) {
  const x = numberOf(a);
  const y = numberOf(b);
  if (Number.isNaN(x) || Number.isNaN(y)) {
    return byText(a, b);
  }
  return x - y;
}

function sortBy(heading) {
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  const column = heading.cellIndex;
  const body = heading.closest("table").tBodies[0];
  const rows = Array.from(body.rows);
  const textOf = (row) => row.cells[column].textContent.trim();
  rows.sort((a, b) => compare(textOf(a), textOf(b)) * (ascending ? 1 : -1));
  body.append(...rows);
  for (const other of heading.parentElement.cells) {
    other.setAttribute("aria-sort", "none");
  }
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
}

function filterBy(input) {
  const wanted = input.value.toLowerCase();
  const body = input.closest("section").querySelector("tbody");
  for (const row of body.rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
}

for (const heading of document.querySelectorAll("th[aria-sort]")) {
  heading.querySelector("button").addEventListener("click", () => sortBy(heading));
}
for (const input of document.querySelectorAll(".filter input")) {
  input.addEventListener("input", () => filterBy(input));
}
