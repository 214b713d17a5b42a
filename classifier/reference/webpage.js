// Search: every word that is typed must stand in an entry; what has none is hidden.
(function () {
  "use strict";
  var form = document.getElementById("find");
  var box = document.getElementById("q");
  var told = document.getElementById("told");
  var none = document.getElementById("none");
  var items = Array.prototype.slice.call(document.querySelectorAll(".item"));
  var groups = Array.prototype.slice.call(document.querySelectorAll(".group")).reverse();
  var texts = null;
  var opened = [];
  var timer = 0;
  form.hidden = false;

  // 5.7.26 is found where x.7.26 stands, too, but not in 5.7.260.
  function finder(word) {
    var status = /^([245])(\.\d{1,3}\.\d{1,3})$/.exec(word);
    if (!status) {
      return function (text) { return text.indexOf(word) >= 0; };
    }
    var tail = status[2].replace(/\./g, "\\.");
    var either = new RegExp("(?:^|[^\\d.])[" + status[1] + "x]" + tail + "(?!\\d)");
    return function (text) { return either.test(text); };
  }
  function search() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean).map(finder);
    if (!texts) {
      texts = items.map(function (item) { return item.textContent.toLowerCase(); });
    }
    opened.forEach(function (item) { item.open = false; });
    opened = [];
    var shown = items.filter(function (item, number) {
      var found = words.every(function (word) { return word(texts[number]); });
      item.hidden = !found;
      return found;
    });
    groups.forEach(function (group) {
      group.hidden = words.length > 0 && !group.querySelector(".item:not([hidden])");
    });
    document.querySelectorAll(".idle").forEach(function (part) { part.hidden = words.length > 0; });
    if (words.length && shown.length <= 8) {
      shown.forEach(function (item) {
        if (item.tagName === "DETAILS" && !item.open) { item.open = true; opened.push(item); }
      });
    }
    if (words.length) { window.scrollTo(0, 0); }
    none.hidden = !words.length || shown.length > 0;
    told.textContent = words.length ? shown.length + " of " + items.length : "";
  }
  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    if (target.closest("[hidden]")) { box.value = ""; search(); }
    var around = target.closest("details");
    if (around) { around.open = true; }
    target.scrollIntoView();
  }
  box.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); search(); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && document.activeElement !== box && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && document.activeElement === box) {
      box.value = "";
      search();
    }
  });
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
  });
  if (location.hash) { reveal(); }
  if (box.value) { search(); }
})();
