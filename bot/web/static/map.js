// Choosing a place on the drawing of the street: grids as shapes, no tiles, nothing from elsewhere.

let map = null;
let marker = null;
let grids = null;
let chosen = null;
let done = () => {};
const $ = (id) => document.getElementById(id);

function load(words) {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: words.leafletCss });
  document.head.append(style);
  return new Promise((ready, failed) => {
    const script = Object.assign(document.createElement("script"), { src: words.leaflet });
    script.addEventListener("load", ready);
    script.addEventListener("error", failed);
    document.head.append(script);
  });
}

function inside(ring, lat, lon) {
  let within = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[j];
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

function nameAt(lat, lon) {
  const found = grids.features.find(({ geometry: { type, coordinates } }) =>
    (type === "Polygon" ? [coordinates] : coordinates).some(([outer, ...holes]) => inside(outer, lat, lon) && !holes.some((hole) => inside(hole, lat, lon))));
  return found ? `${found.properties.community} ${found.properties.name}`.trim() : "";
}

function choose(words, lat, lon) {
  const L = window.L;
  const name = nameAt(lat, lon) || words.sayOutside;
  chosen = { lat, lon, name };
  if (marker) marker.setLatLng([lat, lon]);
  else marker = L.circleMarker([lat, lon], { radius: 11, color: "#fff", weight: 3, fillColor: "#b0431d", fillOpacity: 1 }).addTo(map);
  $("picked").textContent = words.sayPicked.replace("{}", name);
  $("map-use").disabled = false;
}

async function draw(words) {
  await load(words);
  const L = window.L;
  const street = await (await fetch(`${words.base}/chat/street.json`)).json();
  const kind = (wanted) => ({ ...street, features: street.features.filter((one) => one.properties.kind === wanted) });
  grids = kind("grid");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map = L.map("map", { attributionControl: false, zoomAnimation: !still, fadeAnimation: !still, minZoom: 10, maxZoom: 19, zoomSnap: 0.5 });
  const ground = L.geoJSON(grids, { style: { color: "#b3a88f", weight: 1, fillColor: "#f7f3e9", fillOpacity: 1 } }).addTo(map);
  const around = L.geoJSON(kind("community"), { interactive: false, style: { color: "#6f6650", weight: 2, fill: false } }).addTo(map);
  const name = (layer, className) => layer.eachLayer((one) => one.bindTooltip(one.feature.properties.name, { permanent: true, direction: "center", className }));
  name(ground, "grid-name");
  name(around, "community-name");
  map.fitBounds(ground.getBounds(), { padding: [8, 8] });
  const home = words.home && words.home.split(",").map(Number);
  if (home) map.setView(home, 16);
  // Names where there is room for them: communities from afar, grids from near.
  const show = (layer, shown) => layer.eachLayer((one) => (shown ? one.openTooltip() : one.closeTooltip()));
  const names = () => {
    const near = map.getZoom() >= 15.5 || grids.features.length < 20;
    show(ground, near);
    show(around, !near && map.getZoom() >= 13);
  };
  map.on("zoomend", names);
  names();
  map.on("click", (event) => choose(words, event.latlng.lat, event.latlng.lng));
  const center = () => { const at = map.getCenter(); choose(words, at.lat, at.lng); };
  map.getContainer().addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); center(); } });
  $("map-center").addEventListener("click", center);
  $("map-mine").addEventListener("click", () => {
    $("picked").textContent = words.sayFinding;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { map.setView([coords.latitude, coords.longitude], 17); choose(words, coords.latitude, coords.longitude); },
      () => { $("picked").textContent = words.sayDenied; },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 30000 },
    );
  });
  $("map-use").addEventListener("click", () => { $("picker").close(); done(chosen.lat, chosen.lon, chosen.name); });
  $("picker").querySelector("[data-close]").addEventListener("click", () => $("picker").close());
}

/** Opens the map; calls `then(lat, lon, name)` when a place was chosen. */
export async function pick(words, then) {
  done = then;
  $("picker").showModal();
  if (!map) await draw(words);
  else map.invalidateSize();
}
