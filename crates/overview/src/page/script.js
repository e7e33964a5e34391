(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  // Warn if the page is out of date.
  const old = one("old");
  const hours = (Date.now() - Date.parse(old.dataset.at)) / 36e5;
  if (hours > 26) {
    old.textContent = `This page is ${Math.floor(hours)} hours old. Its schedule may have stopped.`;
    old.hidden = false;
  }

  // Filter: a row, list entry or group must contain every word.
  const words = one("filter"), bad = one("bad"), count = one("count");
  const rows = all("[data-row]").map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0, databases = 0;
    for (const { row, text } of rows) {
      const fits = wanted.every((word) => text.includes(word)) && (!bad.checked || !row.dataset.row.includes("ok"));
      row.hidden = !fits;
      if (row.dataset.row.startsWith("db")) { databases += 1; shown += fits ? 1 : 0; }
    }
    for (const group of all("details[data-group]")) {
      group.hidden = !group.querySelector("[data-row]:not([hidden])");
    }
    heads();
    count.textContent = wanted.length || bad.checked ? `${shown} of ${databases} databases` : "";
  };
  // Hide headings without databases, and all headings while the table is sorted.
  const heads = () => {
    for (const head of all("tbody.g")) {
      let next = head.nextElementSibling, any = false;
      for (; next && !next.classList.contains("g"); next = next.nextElementSibling) any ||= !next.hidden;
      head.hidden = !any || Boolean(head.closest("table").querySelector("[aria-sort]:not([aria-sort=none])"));
    }
  };

  // Sort: whole table bodies are moved, so that members stay with their cluster.
  const value = (body, index) => {
    const cell = body.rows[0].cells[index];
    return cell.dataset.v !== undefined ? parseFloat(cell.dataset.v) : cell.textContent.trim().toLowerCase();
  };
  const compare = (a, b) => {
    const none = (x) => x === "" || Number.isNaN(x);
    if (none(a) || none(b)) return none(a) - none(b);
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  for (const table of all("table.sort")) {
    const start = all("tbody", table);
    const columns = all("thead th", table);
    columns.forEach((column, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...column.childNodes);
      column.append(button);
      column.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const now = column.getAttribute("aria-sort");
        const next = now === "none" ? column.dataset.first || "ascending"
          : now === (column.dataset.first || "ascending") ? (now === "ascending" ? "descending" : "ascending") : "none";
        for (const other of columns) other.setAttribute("aria-sort", "none");
        column.setAttribute("aria-sort", next);
        let bodies = start;
        if (next !== "none") {
          const sign = next === "ascending" ? 1 : -1;
          bodies = start.filter((body) => !body.classList.contains("g"))
            .map((body) => ({ body, key: value(body, index) }))
            .sort((a, b) => {
              const empty = compare(a.key, "") === 0 || compare(b.key, "") === 0;
              return empty ? compare(a.key, b.key) : sign * compare(a.key, b.key);
            })
            .map(({ body }) => body);
        }
        table.append(...start.filter((body) => body.classList.contains("g") && next !== "none"), ...bodies);
        heads();
      });
    });
  }
  words.addEventListener("input", apply);
  bad.addEventListener("change", apply);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { words.value = ""; apply(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA/.test(event.target.tagName)) { event.preventDefault(); words.focus(); }
  });
  one("bar").hidden = false;
})();
