// What the eye and the finger need, measured on a page.
({
  // Contrast by WCAG 2: the worst ratio of every shown text against what lies behind it, as [ratio, text].
  contrast() {
    const light = (colour) => {
      const [r, g, b] = colour.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const parse = (css) => {
      const n = css.match(/[\d.]+/g).map(Number);
      return css.startsWith("color(srgb") ? [...n.slice(0, 3).map((v) => v * 255), n[3] ?? 1] : [...n.slice(0, 3), n[3] ?? 1];
    };
    const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
    const behind = (element) => {
      const stack = [];
      for (let e = element; e; e = e.parentElement) {
        const colour = parse(getComputedStyle(e).backgroundColor);
        if (colour[3] > 0) stack.push(colour);
        if (colour[3] === 1) break;
      }
      return stack.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    let worst = [99, ""];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement: e } = walker.currentNode;
      if (!textContent.trim() || !e.checkVisibility() || e.closest(".visually-hidden, [hidden], svg, noscript, [disabled]")) continue;
      const box = e.getBoundingClientRect();
      if (box.width < 3 || box.height < 3) continue;
      const back = behind(e);
      const front = parse(getComputedStyle(e).color);
      for (let p = e; p; p = p.parentElement) front[3] *= Number(getComputedStyle(p).opacity);
      const [more, less] = [light(over(front, back)), light(back)].sort((x, y) => y - x);
      const ratio = (more + 0.05) / (less + 0.05);
      if (ratio < worst[0]) worst = [ratio, textContent.trim().slice(0, 30)];
    }
    return worst;
  },

  // Everything that can be tapped and is smaller than 44 px. Links inside a sentence are excepted (WCAG 2.5.8).
  small() {
    const apart = ".visually-hidden, .text, .notice p, .skip, dialog:not([open]), label.round input, .tick input, .quote, .photo";
    return [...document.querySelectorAll("a, button, summary, label.round, input:not([type=hidden]), textarea")]
      .filter((e) => e.checkVisibility() && (!e.closest(apart) || e.matches(".second")))
      .map((e) => [e.getAttribute("aria-label") || e.textContent.trim() || e.id, e.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.width < 44 || box.height < 44))
      .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`);
  },
})
