"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SIGNS = { create: "+", import: "=", update: "~", replace: "±", delete: "-", moved: ">" };
  const WORDS = { moved: "renamed" };
  const PAGE = 200; // resources of a part that are shown at once: the rest follows on demand
  const byId = (id) => document.getElementById(id);

  // Texts of plans become text, never markup.
  const make = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const list = (parent, texts) => parent.append(...texts.map((text) => make("li", {}, text)));
  const section = (id, found, fill) => {
    const place = byId(id);
    place.hidden = !found;
    if (found) fill(place);
  };

  byId("title").append(`${data.stack}: `, make("span", { class: data.verdict.replace(" ", "-") }, data.verdict));
  byId("headline").textContent = `${data.headline}; ${data.evaluated}`;
  section("policies", data.policies.length, (place) => list(place.querySelector("ul"), data.policies));
  section("failure", data.failure, (place) => { place.querySelector("pre").textContent = data.failure; });
  section("losses", data.losses.length, (place) => list(place.querySelector("ul"), data.losses));
  section("refusals", data.refusals.length, (place) => list(place.querySelector("ul"), data.refusals));
  section("cost", data.cost.length, (place) => { place.querySelector("pre").textContent = data.cost.join("\n"); });
  section("applied", data.applied.stages.length, (place) => {
    const stages = make("ol");
    for (const stage of data.applied.stages) {
      const lines = make("ul");
      list(lines, stage.lines);
      stages.append(make("li", {}, make("strong", {}, stage.title), lines));
    }
    place.append(stages);
    if (data.applied.down.length) {
      const down = make("ul");
      list(down, data.applied.down);
      place.append(make("h3", {}, "Down meanwhile"), down);
    }
    for (const release of data.applied.releases) {
      const gates = make("ul");
      list(gates, release.gates);
      const rows = release.moments.map((moment) => make("tr", {}, make("th", { scope: "row" }, moment.at), make("td", {}, moment.text)));
      const head = make("tr", {}, make("th", { scope: "col" }, "time"), make("th", { scope: "col" }, "what"));
      place.append(make("h3", {}, `Release of ${release.system} ${release.version}`), gates,
        make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    }
  });

  const findings = byId("findings").querySelector("div");
  for (const [title, found] of [
    ["Violations", data.findings.filter((each) => each.blocks)],
    ["Warnings", data.findings.filter((each) => !each.blocks && !each.known)],
    ["Already there", data.findings.filter((each) => each.known)],
  ]) {
    if (!found.length) continue;
    const fold = make("details", {}, make("summary", {}, `${title}: ${found.length}`));
    fold.open = title === "Violations";
    for (const each of found) {
      const lines = [each.text, each.fix && `fix: ${each.fix}`, each.remedy, each.resources.join("\n")].filter(Boolean);
      fold.append(make("h3", {}, each.policy), make("pre", { tabindex: "0" }, lines.join("\n\n")));
    }
    findings.append(fold);
  }
  if (!data.findings.length) findings.append(make("p", {}, data.evaluated));

  for (const place of document.querySelectorAll("main > section:not([hidden])")) {
    byId("sections").append(make("li", {}, make("a", { href: `#${place.id}` }, place.querySelector("h2").textContent)));
  }

  // The picture: dagre says where in a system, this draws.
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const changed = (node) => (node.change === "same" ? "" : `, ${WORDS[node.change] || node.change}`);
  const picture = () => {
    const { nodes, edges } = data.graph;
    byId("picture").hidden = !nodes.length;
    if (!nodes.length) return;
    const names = Object.fromEntries(nodes.map((node) => [node.id, `${node.kind} ${node.label}`]));
    list(byId("words"), nodes.map((node) => `${names[node.id]}${node.parent ? ` of ${names[node.parent]}` : ""}${changed(node)}`));
    list(byId("words"), edges.map((edge) => `${names[edge.source]} calls ${names[edge.target]}${edge.label ? ` (${edge.label})` : ""}`));
    const used = [...new Set(nodes.map((node) => node.change))].filter((each) => each !== "same");
    byId("legend").append("Changes: ", ...(used.length ? used.map((op) => make("span", { class: `op ${op}` }, `${SIGNS[op]} ${WORDS[op] || op} `)) : ["none"]));
    const text = (node) => `${node.change === "same" ? "" : `${SIGNS[node.change]} `}${node.label}`;
    const systems = Object.fromEntries(nodes.filter((node) => node.kind === "system").map((node) => [node.id, node.label]));
    const sought = (node) => {
      if (node.kind === "cluster") return "";
      if (node.kind === "system") return node.label;
      return node.kind === "visitors" ? systems[node.parent] : `${systems[node.parent]}/${node.label}`;
    };
    const boxes = {}, paths = [];
    // Nothing leads from one system to another, so each is laid out by itself; systems fill rows like words.
    const GAP = 14, HEAD = 24, ROW = 1080;
    const layout = (own) => {
      const made = new dagre.graphlib.Graph();
      made.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 50, marginx: GAP, marginy: GAP });
      made.setDefaultEdgeLabel(() => ({}));
      for (const node of own) made.setNode(node.id, { width: 30 + 8 * text(node).length, height: 44 });
      for (const edge of edges) {
        if (made.hasNode(edge.source)) made.setEdge(edge.source, edge.target, { width: 6 * edge.label.length, height: 12, labelpos: "c" });
      }
      dagre.layout(made);
      return made;
    };
    let bottom = GAP, right = 0;
    for (const cluster of nodes.filter((node) => node.kind === "cluster")) {
      const top = bottom;
      let x = 2 * GAP, y = top + HEAD, row = 0, widest = 0;
      for (const system of nodes.filter((node) => node.parent === cluster.id)) {
        const own = nodes.filter((node) => node.parent === system.id), made = layout(own);
        const width = Math.max(made.graph().width || 0, 30 + 8 * system.label.length), height = (made.graph().height || 0) + HEAD;
        if (x > 2 * GAP && x + width > ROW) { x = 2 * GAP; y += row + GAP; row = 0; }
        boxes[system.id] = { x, y, width, height };
        for (const node of own) {
          const at = made.node(node.id);
          boxes[node.id] = { x: x + at.x - at.width / 2, y: y + HEAD + at.y - at.height / 2, width: at.width, height: at.height };
        }
        for (const edge of edges.filter((each) => made.hasNode(each.source))) {
          const at = made.edge(edge.source, edge.target);
          const points = at.points.map((point) => `${(x + point.x).toFixed(1)} ${(y + HEAD + point.y).toFixed(1)}`);
          paths.push({ d: `M${points.join("L")}`, label: edge.label, x: x + at.x, y: y + HEAD + at.y });
        }
        row = Math.max(row, height);
        widest = Math.max(widest, x + width);
        x += width + GAP;
      }
      bottom = y + row + GAP;
      boxes[cluster.id] = { x: GAP, y: top, width: Math.max(widest, 200) , height: bottom - top };
      right = Math.max(right, boxes[cluster.id].width + 2 * GAP);
      bottom += GAP;
    }
    const width = Math.ceil(right), height = Math.ceil(bottom);
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Architecture" });
    const holding = (node) => node.kind === "cluster" || node.kind === "system";
    const add = (node) => {
      const at = boxes[node.id], middle = at.x + at.width / 2, holds = holding(node), twice = node.kind !== node.label;
      const box = draw("a", { class: `${node.kind} ${node.change}`, href: `#q=${encodeURIComponent(sought(node))}` });
      box.append(draw("title", {}, `${node.kind} ${node.label}${changed(node)}`));
      box.append(draw("rect", { x: at.x, y: at.y, width: at.width, height: at.height, rx: 4 }));
      box.append(draw("text", holds ? { x: at.x + 6, y: at.y + 16 } : { x: middle, y: at.y + (twice ? 20 : 27), "text-anchor": "middle" }, text(node)));
      if (!holds && twice) box.append(draw("text", { x: middle, y: at.y + 36, "text-anchor": "middle", class: "edge-label" }, node.kind));
      svg.append(box);
    };
    const arrow = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
    arrow.append(draw("path", { d: "M0 0L8 4L0 8z" }));
    svg.prepend(draw("defs", {}));
    svg.firstChild.append(arrow);
    nodes.filter(holding).forEach(add);
    for (const path of paths) {
      svg.append(draw("path", { class: "edge", d: path.d, "marker-end": "url(#arrow)" }));
      if (path.label) svg.append(draw("text", { class: "edge-label", x: path.x, y: path.y - 3, "text-anchor": "middle" }, path.label));
    }
    nodes.filter((node) => !holding(node)).forEach(add);
    byId("drawing").append(svg);
  };
  picture();

  // The changes: parts are filled when they are opened, so that thousands of resources cost nothing until then.
  const all = data.changes.map((each) => ({ ...each, text: [each.op, each.type, each.name, each.group, ...each.lines].join("\n").toLowerCase() }));
  const groups = [...new Set(all.map((each) => each.group))];
  const ops = Object.keys(SIGNS).filter((op) => all.some((each) => each.op === op));
  const search = byId("search"), part = byId("group"), dataOnly = byId("data-only");
  part.append(make("option", { value: "" }, "all"), ...groups.map((name) => make("option", { value: name }, name)));
  for (const op of ops) {
    const box = make("input", { type: "checkbox", value: op, name: "op" });
    byId("ops").append(make("label", {}, box, ` ${SIGNS[op]} ${WORDS[op] || op}`));
  }
  const boxes = [...byId("ops").querySelectorAll("input")];

  const resource = (each) => {
    const title = make("summary", {}, make("span", { class: `op ${each.op}` }, `${SIGNS[each.op]} ${WORDS[each.op] || each.op} `), `${each.type} ${each.name} `);
    if (each.loses) title.append(make("span", { class: "loses" }, `loses ${each.loses}`));
    const fold = make("details", { "data-urn": each.urn }, title);
    fold.addEventListener("toggle", () => {
      if (fold.open && fold.childElementCount === 1) {
        fold.append(make("p", { class: "dim" }, make("a", { href: `#urn=${encodeURIComponent(each.urn)}` }, each.urn)));
        if (each.lines.length) fold.append(make("pre", { tabindex: "0" }, each.lines.join("\n")));
      }
    });
    return fold;
  };
  const fill = (fold, found, upTo) => {
    const shown = fold.querySelectorAll(":scope > details").length;
    fold.querySelector(":scope > button")?.remove();
    fold.append(...found.slice(shown, upTo).map(resource));
    if (upTo < found.length) {
      const more = make("button", { type: "button" }, `${found.length - upTo} more`);
      more.addEventListener("click", () => fill(fold, found, upTo + PAGE));
      fold.append(more);
    }
  };
  const state = () => {
    const words = new URLSearchParams();
    if (search.value) words.set("q", search.value);
    if (part.value) words.set("part", part.value);
    for (const box of boxes) if (box.checked) words.append("op", box.value);
    if (dataOnly.checked) words.set("data", "1");
    return words;
  };
  const show = (urn) => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = boxes.filter((box) => box.checked).map((box) => box.value);
    const found = all.filter((each) => urn ? each.urn === urn : (
      (!part.value || each.group === part.value) && (!wanted.length || wanted.includes(each.op))
      && (!dataOnly.checked || each.loses) && words.every((word) => each.text.includes(word))));
    const narrowed = Boolean(urn || words.length || wanted.length || part.value || dataOnly.checked);
    const tree = [];
    for (const name of groups) {
      const own = found.filter((each) => each.group === name);
      if (!own.length) continue;
      const fold = make("details", { "data-group": name }, make("summary", {}, make("strong", {}, name), ` ${own.length}`));
      fold.addEventListener("toggle", () => { if (fold.open && fold.childElementCount === 1) fill(fold, own, PAGE); });
      if (narrowed && own.length <= PAGE) { fill(fold, own, PAGE); fold.open = true; }
      tree.push(fold);
    }
    byId("tree").replaceChildren(...tree);
    byId("shown").textContent = `${found.length} of ${all.length} changes`;
    if (urn) {
      const fold = byId("tree").querySelector("details[data-urn]");
      if (fold) { fold.open = true; fold.querySelector("summary").focus(); }
    }
  };
  const follow = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    if (!["q", "part", "op", "data", "urn"].some((key) => words.has(key))) { show(); return; }
    search.value = words.get("q") || "";
    part.value = groups.includes(words.get("part")) ? words.get("part") : "";
    for (const box of boxes) box.checked = words.getAll("op").includes(box.value);
    dataOnly.checked = words.get("data") === "1";
    show(words.get("urn"));
    if (!words.get("urn")) byId("changes-title").scrollIntoView();
  };
  const changedFilter = () => {
    history.replaceState(null, "", `#${state()}`);
    show();
  };
  byId("filters").addEventListener("input", changedFilter);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(changedFilter));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); search.focus(); }
  });
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("main details")) fold.open = true;
  });
  for (const text of data.secrets) byId("tree").before(make("p", {}, text));
  follow();
})();
