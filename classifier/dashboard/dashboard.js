// Charts, filters, search, light and dark. Whatever a mail said is put in as text, never as markup.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var data = JSON.parse(document.getElementById("data").textContent);
  var SVG = "http://www.w3.org/2000/svg";
  var $ = function (id) { return document.getElementById(id); };
  var all = function (selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); };
  var box = $("q");
  var chosen = { category: $("category"), side: $("side"), provider: $("provider") };
  var items = all(".item");
  var texts = null;
  var timer = 0;

  function number(value) { return value.toLocaleString("en-US"); }
  function put(parent, name, attributes, text) {
    var element = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text !== undefined) { element.textContent = text; }
    parent.appendChild(element);
    return element;
  }

  // ---- what is chosen

  function wanted() {
    return {
      category: data.categories.indexOf(chosen.category.value),
      side: data.sides.indexOf(chosen.side.value),
      provider: chosen.provider.value === "" ? -1 : Number(chosen.provider.value)
    };
  }
  // Failures by bin and category; of one provider where it is given, else of the chosen one.
  function count(want, provider) {
    var only = provider === undefined ? want.provider : provider;
    var bins = data.bins.map(function () { return null; });
    var total = 0;
    for (var at = 0; at < data.cells.length; at += 5) {
      var cell = data.cells;
      if ((only < 0 || cell[at + 1] === only) &&
          (want.category < 0 || cell[at + 2] === want.category) &&
          (want.side < 0 || cell[at + 3] === want.side)) {
        var bin = bins[cell[at]] || (bins[cell[at]] = {});
        bin[cell[at + 2]] = (bin[cell[at + 2]] || 0) + cell[at + 4];
        total += cell[at + 4];
      }
    }
    return { bins: bins, total: total };
  }
  function sum(bin) {
    return bin ? Object.keys(bin).reduce(function (whole, key) { return whole + bin[key]; }, 0) : 0;
  }
  function ceiling(value) {
    var step = Math.pow(10, Math.floor(Math.log(value) / Math.LN10));
    var nice = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].filter(function (each) { return each * step >= value; });
    return Math.max(1, Math.ceil(nice[0] * step));
  }

  // ---- charts

  function stack(parent, bin, x, width, bottom, height, most) {
    var y = bottom;
    data.categories.forEach(function (name, at) {
      if (bin && bin[at]) {
        var tall = height * bin[at] / most;
        y -= tall;
        put(parent, "rect", {
          "class": "c-" + name, x: x.toFixed(2), y: y.toFixed(2),
          width: width.toFixed(2), height: tall.toFixed(2)
        });
      }
    });
  }
  function say(bin) {
    return data.categories.map(function (name, at) {
      return bin[at] ? name + " " + number(bin[at]) : "";
    }).filter(Boolean).join(", ");
  }
  function drawTime(want) {
    var place = $("chart");
    var counted = count(want);
    place.textContent = "";
    if (!counted.total) {
      var none = document.createElement("p");
      none.className = "none";
      none.textContent = data.bins.length ? "No failure fits the filter." : "No failure has a date.";
      place.appendChild(none);
      return counted;
    }
    var wide = Math.max(280, place.clientWidth), high = 250, left = 44, bottom = high - 26, top = 8;
    var most = ceiling(Math.max.apply(null, counted.bins.map(sum)));
    var svg = put(place, "svg", {
      viewBox: "0 0 " + wide + " " + high, role: "img",
      "aria-label": "Failures a " + data.unit + " by category, " + number(counted.total) +
        " in all from " + data.bins[0] + " to " + data.bins[data.bins.length - 1] +
        ". A table with the numbers follows."
    });
    var ticks = most >= 4 ? 4 : most;
    for (var tick = 0; tick <= ticks; tick += 1) {
      var value = most * tick / ticks, y = bottom - (bottom - top) * tick / ticks;
      if (value === Math.round(value)) {
        put(svg, "line", { x1: left, x2: wide, y1: y, y2: y });
        put(svg, "text", { x: left - 6, y: y + 4, "text-anchor": "end" }, number(value));
      }
    }
    var step = (wide - left) / data.bins.length;
    var labels = Math.max(1, Math.ceil(data.bins.length / Math.max(2, Math.floor((wide - left) / 92))));
    counted.bins.forEach(function (bin, at) {
      var x = left + at * step;
      if (bin) {
        var group = put(svg, "g", { "class": "bin" });
        put(group, "title", {}, data.bins[at] + ": " + number(sum(bin)) + "\n" + say(bin));
        stack(group, bin, x + step * 0.08, Math.min(step * 0.84, 46), bottom, bottom - top, most);
      }
      if (at % labels === 0 && x + 66 <= wide) {
        put(svg, "text", { x: x + 1, y: high - 8 }, data.bins[at]);
      }
    });
    return counted;
  }
  function drawEach(want) {
    var place = $("each");
    place.textContent = "";
    data.providers.forEach(function (name, provider) {
      var counted = count(want, provider);
      if (!counted.total || place.childElementCount >= 12) { return; }
      var button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(want.provider === provider));
      var head = document.createElement("b");
      [name, number(counted.total)].forEach(function (text) {
        var part = document.createElement("bdi");
        part.textContent = text;
        head.appendChild(part);
      });
      button.appendChild(head);
      var most = Math.max.apply(null, counted.bins.map(sum));
      var step = 200 / data.bins.length;
      var svg = put(button, "svg", {
        viewBox: "0 0 200 44", "aria-hidden": "true", preserveAspectRatio: "none", height: 44
      });
      var whole = {};
      counted.bins.forEach(function (bin, at) {
        if (!bin) { return; }
        stack(svg, bin, at * step, Math.max(0.8, step * 0.86), 44, 42, most);
        Object.keys(bin).forEach(function (key) { whole[key] = (whole[key] || 0) + bin[key]; });
      });
      var first = Object.keys(whole).sort(function (a, b) { return whole[b] - whole[a]; })[0];
      var told = document.createElement("small");
      told.textContent = Math.round(100 * whole[first] / counted.total) + " % " + data.categories[first];
      button.appendChild(told);
      button.addEventListener("click", function () {
        chosen.provider.value = want.provider === provider ? "" : String(provider);
        update();
        var again = $("each").children[Math.min(provider, $("each").childElementCount - 1)];
        if (again) { again.focus(); }
      });
      place.appendChild(button);
    });
  }

  // ---- lists

  function sift(want) {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) {
      texts = items.map(function (item) { return item.textContent.toLowerCase(); });
    }
    var shown = 0;
    items.forEach(function (item, at) {
      var fits = (want.category < 0 || item.dataset.c === chosen.category.value) &&
        (want.side < 0 || item.dataset.s === chosen.side.value) &&
        (want.provider < 0 || item.dataset.p.indexOf(" " + want.provider + " ") >= 0) &&
        words.every(function (word) { return texts[at].indexOf(word) >= 0; });
      item.hidden = !fits;
      shown += fits && item.tagName === "DETAILS" ? 1 : 0;
    });
    all(".none[hidden], #first>.none, #wordings>.none").forEach(function (none) {
      none.hidden = Boolean(none.parentNode.querySelector(".item:not([hidden])"));
    });
    return { words: words.length, shown: shown };
  }
  function update() {
    var want = wanted();
    var counted = drawTime(want);
    drawEach(want);
    var found = sift(want);
    all("#legend button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.c === chosen.category.value));
    });
    var on = want.category >= 0 || want.side >= 0 || want.provider >= 0 || found.words > 0;
    $("reset").disabled = !on;
    root.classList.toggle("sifted", on);
    $("shown").textContent = !on ? "" : number(counted.total) + " dated failures" +
      (found.words ? " (before the search)" : "") + ", " + number(found.shown) +
      (found.shown === 1 ? " wording" : " wordings");
  }
  function reset() {
    box.value = chosen.category.value = chosen.side.value = chosen.provider.value = "";
    update();
  }

  Object.keys(chosen).forEach(function (key) { chosen[key].addEventListener("change", update); });
  all("#legend button").forEach(function (button) {
    button.addEventListener("click", function () {
      chosen.category.value = chosen.category.value === button.dataset.c ? "" : button.dataset.c;
      update();
    });
  });
  $("reset").addEventListener("click", function () { reset(); box.focus(); });
  box.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(update, 120);
  });
  $("find").addEventListener("submit", function (event) { event.preventDefault(); update(); });
  all(".showmore").forEach(function (button) {
    button.addEventListener("click", function () {
      var rows = button.parentNode.querySelectorAll("[data-more]");
      Array.prototype.forEach.call(rows, function (row) { row.removeAttribute("data-more"); });
      var first = rows[0].querySelector("summary") || rows[0].querySelector("th");
      if (first.tagName === "TH") { first.tabIndex = -1; }
      first.focus();
      button.remove();
    });
  });
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && document.activeElement === box) {
      reset();
    }
  });

  // ---- light and dark; the choice lasts as long as the page, since the page stores nothing

  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function isDark() { return (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark"; }
  function name() { $("theme").textContent = isDark() ? "Light" : "Dark"; }
  $("theme").addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  dark.addEventListener("change", name);
  name();
  $("theme").hidden = false;
  $("filters").hidden = false;

  var width = 0;
  window.addEventListener("resize", function () {
    if ($("chart").clientWidth !== width) {
      width = $("chart").clientWidth;
      drawTime(wanted());
    }
  });
  update();
  width = $("chart").clientWidth;
})();
