// Runs before the page is drawn: says that script is there, so that nothing jumps later.
document.documentElement.classList.add("js");
