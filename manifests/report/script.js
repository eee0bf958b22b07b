"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // ---- tables sort by the column whose head is pressed

  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  for (const table of document.querySelectorAll("table")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", "", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const falling = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => {
          const [a, b] = [value(one, column), value(other, column)];
          const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
          return falling ? -order : order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // ---- the gallery

  const rows = JSON.parse(byId("rows").textContent);
  if (!rows.length) return;
  const state = { shown: rows, at: 0, overlay: true, bricks: true };

  const color = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));

  // COCO's compressed run lengths: 5 bits a character, differences to the last but one from the fourth on.
  const runsOf = (text) => {
    const runs = [];
    for (let at = 0; at < text.length;) {
      let number = 0, shift = 0, char;
      do {
        char = text.charCodeAt(at++) - 48;
        number += (char & 31) * 2 ** shift;
        shift += 5;
      } while (char & 32);
      if (char & 16) number -= 2 ** shift;
      runs.push(runs.length > 2 ? number + runs[runs.length - 2] : number);
    }
    return runs;
  };

  const maskOf = (rle, height, width) => {
    const mask = new Uint8Array(height * width);
    let at = 0;
    runsOf(rle).forEach((run, number) => {
      if (number % 2) {
        for (let end = at + run, p = at; p < end; p++) mask[(p % height) * width + Math.floor(p / height)] = 1;
      }
      at += run;
    });
    return mask;
  };

  const tint = (pixels, at, [red, green, blue], share) => {
    pixels[at] += (red - pixels[at]) * share;
    pixels[at + 1] += (green - pixels[at + 1]) * share;
    pixels[at + 2] += (blue - pixels[at + 2]) * share;
  };

  const isEdge = (mask, x, y, height, width, thick) =>
    (x >= thick && !mask[y * width + x - thick]) || (x + thick < width && !mask[y * width + x + thick]) ||
    (y >= thick && !mask[(y - thick) * width + x]) || (y + thick < height && !mask[(y + thick) * width + x]);

  const surface = (row, image) => {
    const canvas = make("canvas");
    [canvas.width, canvas.height] = [row.width, row.height];
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    if (image) pen.drawImage(image, 0, 0, row.width, row.height);
    else { pen.fillStyle = "#3a3f47"; pen.fillRect(0, 0, row.width, row.height); }
    return [canvas, pen];
  };

  const drawRegions = (row, image) => {
    const [canvas, pen] = surface(row, image);
    if (!state.overlay) return canvas;
    const { width, height } = row;
    const shown = pen.getImageData(0, 0, width, height);
    const thick = Math.max(1, Math.round(Math.max(width, height) / 400));
    for (const region of row.regions) {
      const mask = maskOf(region.rle, height, width), rgb = color(region.color);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const p = y * width + x;
          if (mask[p]) tint(shown.data, 4 * p, rgb, isEdge(mask, x, y, height, width, thick) ? 1 : 0.42);
        }
      }
    }
    pen.putImageData(shown, 0, 0);
    pen.lineWidth = thick;
    for (const region of row.regions) {
      const [left, top, right, bottom] = region.box;
      pen.strokeStyle = region.color;
      pen.strokeRect(left + thick / 2, top + thick / 2, right - left - thick, bottom - top - thick);
    }
    return canvas;
  };

  const drawCells = (row, image) => {
    const [canvas, pen] = surface(row, image);
    const { width, height } = row, n = row.canvas.n;
    const shown = pen.getImageData(0, 0, width, height);
    for (let at = 0; at < shown.data.length; at += 4) {
      const gray = 20 + 0.35 * (0.3 * shown.data[at] + 0.59 * shown.data[at + 1] + 0.11 * shown.data[at + 2]);
      shown.data[at] = shown.data[at + 1] = shown.data[at + 2] = gray;
    }
    const rowOf = Array.from({ length: height }, (_, y) => Math.floor(y * n / height));
    const columnOf = Array.from({ length: width }, (_, x) => Math.floor(x * n / width));
    for (const region of row.canvas.regions) {
      const mask = maskOf(region.rle, n, n), rgb = color(region.color);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          if (!mask[rowOf[y] * n + columnOf[x]]) continue;
          const line = (y && rowOf[y] !== rowOf[y - 1]) || (x && columnOf[x] !== columnOf[x - 1]);
          tint(shown.data, 4 * (y * width + x), rgb, line ? 0.45 : 0.8);
        }
      }
    }
    pen.putImageData(shown, 0, 0);
    return canvas;
  };

  const panel = (canvas, title) => {
    const box = make("div");
    box.append(canvas, make("span", "", title));
    return box;
  };

  // ---- the conversation, with descriptors as walls of bricks

  const ENTRY = /<ref>([^]*?)<\/ref><box>([^]*?)<\/box>(?:<seg>([^]*?)<\/seg>)?|<seg>([^]*?)<\/seg>/g;
  const BRICK = /<?([fb])g(\d+)>?/g;

  const coursesOf = (text, width) => {
    if (text.includes("\n") || !width) return text.split("\n").map((line) => [...line.matchAll(BRICK)]);
    const courses = [[]];
    let filled = 0;
    for (const brick of text.matchAll(BRICK)) {
      if (filled === width) { courses.push([]); filled = 0; }
      courses.at(-1).push(brick);
      filled += Number(brick[2]);
    }
    return courses;
  };

  const wall = (courses) => {
    const box = make("div", "wall");
    for (const course of courses) {
      const line = make("div", "course");
      for (const { cells, kind, fill, title } of course) {
        const brick = make("i", kind, cells > 1 ? cells : "");
        brick.style.setProperty("--k", cells);
        if (fill) brick.style.background = fill;
        brick.title = title;
        line.append(brick);
      }
      box.append(line);
    }
    return box;
  };

  const spelled = (text, fill) => {
    const box = make("span", "text");
    let end = 0;
    for (const brick of text.matchAll(BRICK)) {
      box.append(text.slice(end, brick.index));
      const span = make("span", "brick", brick[0]);
      if (brick[1] === "f") { span.style.background = fill; span.style.color = "#fff"; }
      box.append(span);
      end = brick.index + brick[0].length;
    }
    box.append(text.slice(end));
    return box;
  };

  const entry = (row, [, label, place, bricks], number) => {
    const fill = row.regions[number] ? row.regions[number].color : "#888888";
    const box = make("div", "descriptor");
    const name = make("span", "tag", label);
    name.style.background = fill;
    box.append(make("span", "tagname", "<ref>"), name, make("span", "tagname", "<box>"), place);
    if (bricks === undefined) return box;
    const [x1, , x2] = place.match(/\d+/g).map(Number);
    box.append(make("span", "tagname", " <seg>"));
    if (!state.bricks) { box.append(spelled(bricks, fill)); return box; }
    const courses = coursesOf(bricks, x2 - x1 + 1).map((course) => course.map((brick) => ({
      cells: Number(brick[2]), kind: brick[1] === "f" ? "fg" : "bg", fill: brick[1] === "f" ? fill : "", title: brick[0],
    })));
    box.append(wall(courses));
    return box;
  };

  const map = (row, text) => {
    const box = make("div", "descriptor");
    box.append(make("span", "tagname", "<seg>"));
    const fills = new Map(row.canvas.regions.map((region) => [region.label, region.color]));
    if (!state.bricks) { box.append(make("span", "text", text)); return box; }
    const n = row.canvas.n, full = row.codec.includes("-full"), runs = [];
    for (const item of text.split(/\|\s?|\n\s?/)) {
      if (!item) continue;
      const cut = full ? item.length : item.lastIndexOf("*");
      runs.push([item.slice(0, cut).trim(), full ? 1 : Number(item.slice(cut + 1))]);
    }
    const courses = [[]];
    let filled = 0;
    for (let [label, cells] of runs) {
      while (cells > 0) {
        if (filled === n) { courses.push([]); filled = 0; }
        const part = Math.min(cells, n - filled), fill = fills.get(label), last = courses.at(-1).at(-1);
        if (full && last && last.title === label) last.cells += part;
        else courses.at(-1).push({ cells: part, kind: fill ? "fg" : "bg", fill: fill || "", title: label });
        filled += part;
        cells -= part;
      }
    }
    box.append(wall(courses));
    return box;
  };

  const turn = (row, message, first) => {
    const box = make("div", `turn ${message.role}`);
    box.append(make("b", "", message.role));
    let end = 0, number = first;
    for (const found of message.role === "assistant" && row.canvas ? message.content.matchAll(ENTRY) : []) {
      const before = message.content.slice(end, found.index);
      if (before.trim()) box.append(before.trim());
      box.append(found[4] === undefined ? entry(row, found, number++) : map(row, found[4]));
      end = found.index + found[0].length;
    }
    box.append(end ? message.content.slice(end).trimStart() : message.content);
    return box;
  };

  // ---- one row

  const facts = (row) => {
    const box = make("div", "facts");
    const [descriptor, answer, total] = row.tokens.map((count) => count.toLocaleString("en"));
    box.append(make("code", "", row.id), ` · ${row.source} · ${row.split} · ${row.task} · ${row.codec} · text tokens: `);
    box.append(`descriptor ${descriptor}, answer ${answer}, total ${total}`);
    const tags = make("div");
    for (const region of row.regions) {
      const share = `${(100 * region.share).toFixed(region.share < 0.01 ? 2 : 1)} %`;
      const tag = make("span", "tag", `${region.label} · ${share}${region.rescued ? " · rescued" : ""}`);
      tag.style.background = region.color;
      tags.append(tag);
    }
    box.append(tags);
    return box;
  };

  const draw = (row, image) => {
    const panels = make("div", "panels");
    if (row.width) {
      const lacks = image || !row.pictured ? "" : ", the image is not in the corpus";
      panels.append(panel(drawRegions(row, image), `${row.width} x ${row.height} pixels${lacks}`));
      if (row.canvas) {
        panels.append(panel(drawCells(row, image), `decoded from the answer: ${row.canvas.n} x ${row.canvas.n} cells`));
      }
    }
    const exhibit = byId("exhibit");
    exhibit.style.setProperty("--cell", `${row.canvas ? Math.max(4, Math.min(12, 640 / row.canvas.n)) : 8}px`);
    exhibit.replaceChildren(panels, facts(row), ...row.messages.map((message) => turn(row, message, 0)));
    exhibit.dataset.id = row.id;
  };

  const show = () => {
    byId("place").textContent = `${state.shown.length ? state.at + 1 : 0} of ${state.shown.length}`;
    const row = state.shown[state.at];
    if (!row) { byId("exhibit").replaceChildren(make("p", "muted", "No row of this kind is in the gallery.")); return; }
    if (!row.image) { draw(row, null); return; }
    const image = new Image();
    image.onload = () => { if (state.shown[state.at] === row) draw(row, image); };
    image.src = row.image;
  };

  const step = (by) => {
    if (!state.shown.length) return;
    state.at = (state.at + by + state.shown.length) % state.shown.length;
    show();
  };

  const filter = () => {
    const [source, task] = [byId("source").value, byId("task").value];
    state.shown = rows.filter((row) => (!source || row.source === source) && (!task || row.task === task));
    state.at = 0;
    show();
  };

  const toggle = (name) => {
    state[name] = !state[name];
    byId(name).setAttribute("aria-pressed", state[name]);
    show();
  };

  for (const name of ["source", "task"]) {
    for (const item of [...new Set(rows.map((row) => row[name]))].sort()) byId(name).append(new Option(item, item));
    byId(name).addEventListener("change", filter);
  }
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("overlay").addEventListener("click", () => toggle("overlay"));
  byId("bricks").addEventListener("click", () => toggle("bricks"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const action = {
      ArrowLeft: () => step(-1), ArrowRight: () => step(1), o: () => toggle("overlay"), b: () => toggle("bricks"),
    }[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  show();
})();
